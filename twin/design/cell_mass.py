"""What a cell weighs, how much room it takes and what energy it holds, from its layers and their densities."""

from dataclasses import dataclass

import numpy as np

from twin.cell_values import cell_values
from twin.files import CellSection
from twin.fixture_values import pouch_width
from twin.parameters import ParameterSet, blend, load
from twin.parameters.entry import Entry

POUCH_AREAL_MASS = Entry(
    0.18, "aluminium laminate of 113 um: nylon, aluminium, polypropylene", 0.12, 0.25, "assumed"
)  # kg.m-2
POUCH_THICKNESS = Entry(113e-6, "the same", 88e-6, 153e-6, "assumed")  # m
POINTS = 11  # of the mean voltage


@dataclass(frozen=True)
class Cell:
    """Mass [kg], volume [m3] when charged, energy [W.h] and thickness [m] of a cell."""

    mass: float
    volume: float
    energy: float
    thickness: float


def cell_of(section: CellSection) -> Cell:
    """Of the cell described by a file's section: stack, collectors (shared by neighbours) and pouch foil."""
    values, full = at_charge(section, 0.0), at_charge(section, 1.0)
    layer = sum(thickness * density for thickness, density in _layers(section, values))
    foils = (section.layers + 1) / 2
    collectors = foils * sum(_collector(values, sign)[0] for sign in ("Positive", "Negative"))
    foil_thickness = foils * sum(_collector(values, sign)[1] for sign in ("Positive", "Negative"))
    area = section.area_m2
    pouch_area = 2 * pouch_width(section) ** 2
    thickness = section.layers * sum(t for t, _ in _layers(section, full)) + foil_thickness
    mass = area * (section.layers * layer + collectors) + pouch_area * POUCH_AREAL_MASS.value
    volume = (thickness + 2 * POUCH_THICKNESS.value) * pouch_area / 2
    return Cell(mass, volume, section.capacity_Ah * mean_voltage(section), thickness)


def mean_voltage(section: CellSection) -> float:
    """Open-circuit voltage over a full discharge, its mean [V]."""
    return float(np.mean([open_circuit_voltage(section, (i + 0.5) / POINTS) for i in range(POINTS)]))


def at_charge(section: CellSection, state_of_charge: float) -> dict[str, float]:
    """Scalars of the cell when it rests at ``state_of_charge`` [SI units]."""
    chosen = load(section.chemistry)
    if chosen.cathode == "metal":
        state_of_charge = 0.0
    at = section.model_copy(update={"state_of_charge": state_of_charge})
    return {**chosen.values(), **cell_values(at, chosen)}


def open_circuit_voltage(section: CellSection, state_of_charge: float) -> float:
    """Of the cell at rest [V]; 0 for a symmetric one."""
    chosen = load(section.chemistry)
    if chosen.cathode == "metal":
        return 0.0
    values = at_charge(section, state_of_charge)
    U = _potential(chosen, values, f"{blend.PHASES[0]}: " if chosen.cathode == "blend" else "", "Positive")
    return U if chosen.anode == "metal" else U - _potential(chosen, values, "", "Negative")


def _potential(chosen: ParameterSet, values: dict[str, float], phase: str, sign: str) -> float:
    """Of one electrode at the contents in ``values`` [V]."""
    electrode = f"{sign.lower()} electrode"
    held = values[f"{phase}Initial concentration in {electrode} [mol.m-3]"]
    sto = held / values[f"{phase}Maximum concentration in {electrode} [mol.m-3]"]
    return float(chosen.functions[f"{phase}{sign} electrode OCP [V]"].call(sto))


def _layers(section: CellSection, values: dict[str, float]) -> list[tuple[float, float]]:
    """(thickness [m], density [kg.m-3]) of what one layer is made of, without collectors."""
    chosen = load(section.chemistry)
    found = [(values["Separator thickness [m]"], values["Separator density [kg.m-3]"])]
    if chosen.cathode == "metal":
        counter = values["Initial positive electrode lithium thickness [m]"]
        found.append((counter, values["Lithium metal density [kg.m-3]"]))
    else:
        found.append((values["Positive electrode thickness [m]"], _positive_density(values)))
    if "Negative electrode thickness [m]" in values:
        found.append((values["Negative electrode thickness [m]"], values["Negative electrode density [kg.m-3]"]))
    if values.get("Initial lithium thickness [m]"):
        found.append((values["Initial lithium thickness [m]"], values["Lithium metal density [kg.m-3]"]))
    return found


def _positive_density(values: dict[str, float]) -> float:
    """Of the composite; a blend's from its two materials by volume [kg.m-3]."""
    known = values.get("Positive electrode density [kg.m-3]")
    if known is not None:
        return known
    active = sum(
        share * values[f"{phase}: Positive electrode active material density [kg.m-3]"]
        for phase, share in zip(blend.PHASES, blend.volume_shares(values), strict=True)
    )
    return (
        values["Positive electrode active material volume fraction"] * active
        + values["Positive electrode electrolyte volume fraction"] * values["Separator density [kg.m-3]"]
    )


def _collector(values: dict[str, float], sign: str) -> tuple[float, float]:
    """Areal mass [kg.m-2] and thickness [m] of one foil."""
    thickness = values[f"{sign} current collector thickness [m]"]
    return thickness * values[f"{sign} current collector density [kg.m-3]"], thickness
