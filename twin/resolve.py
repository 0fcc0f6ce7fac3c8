"""From the sections of a file, in practical units, to the model's parameters, in SI units."""

from typing import Any

from twin import parameters
from twin.cell_values import areal_charge, cell_values
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.fixture_values import STANDARD, fluid_values, spring_values
from twin.growth import anode_growth
from twin.parameters import mechanisms
from twin.parameters.shapes import F

ZERO_CELSIUS = 273.15  # K

DRIVEN = (
    "Current function [A]",
    "Actuator position [m]",
    "Supply pressure [Pa]",
    "Ambient temperature [K]",
    "Extra thickness [m]",
    "Leak conductance [S]",
)
"""What drives the model in time: a plant's inputs, an experiment's functions."""


def options_of(cell: CellSection, fixture: FixtureSection) -> dict[str, str]:
    """The model's options for these sections."""
    chosen = parameters.load(cell.chemistry)
    asked = chosen.options
    return {
        **asked,
        **(_ageing(metal=chosen.anode == "metal") if cell.ageing else {}),
        "cathode": asked.get("cathode", cell.cathode_model.replace("_", " ")),
        "fixture": fixture.kind.replace("_", " "),
        "refill": cell.refill.replace("_", " "),
        "relaxation": "viscoelastic" if fixture.relaxation else "none",
        "spring ageing": fixture.spring_ageing.replace("_", " "),
    }


def _ageing(*, metal: bool) -> dict[str, str]:
    """Options that change a cell for good, and the lithium contact's law that goes with them."""
    lithium = {"contact": "loading and unloading", "short": "penetration"} if metal else {}
    return {"cathode contact": "lost by shrinking", "interphase": "first charge", **lithium}


def values_of(cell: CellSection, fixture: FixtureSection, ambient: AmbientSection) -> dict[str, float]:
    """Every scalar of the model by name [SI units], the driven ones at their start."""
    chosen = parameters.load(cell.chemistry)
    values = {name: entry.value for name, entry in mechanisms.ENTRIES.items()}
    values.update(chosen.values())
    values.update(cell_values(cell, chosen))
    values.update(_fixture_values(fixture, cell, ambient))
    values.update(STANDARD)
    values.update(spring_values(fixture, cell, values))
    values.update(fluid_values(fixture, cell, values))
    return values


def anode_growth_per_charge(cell: CellSection) -> float:
    """Volume [m3.C-1] by which the anode grows as the cell is charged, its mean over a full charge."""
    chosen = parameters.load(cell.chemistry)
    values = {**chosen.values(), **cell_values(cell, chosen)}
    if chosen.cathode == "metal":
        return 0.0  # what one electrode gives, the other takes
    if chosen.anode == "metal":
        return values["Lithium metal partial molar volume [m3.mol-1]"] / F
    return anode_growth(chosen, values, areal_charge(cell), 0.0, 1.0) / areal_charge(cell)


def _fixture_values(fixture: FixtureSection, cell: CellSection, ambient: AmbientSection) -> dict[str, float]:
    start = ambient.temperature_C + ZERO_CELSIUS
    # Fixtures without a spring or piston never read these; 1 keeps the formula defined.
    spring = fixture.spring_N_per_mm or 1.0
    piston = (fixture.piston_cm2 or 1.0) * 1e-4
    preload = fixture.preload_MPa * 1e6
    if fixture.kind == "isostatic":  # the liquid lies on the cell itself
        piston = cell.area_m2
    return {
        "Preload pressure [Pa]": preload,
        "Frame stiffness [N.m-1]": fixture.frame_N_per_um * 1e6,
        "Frame length [m]": fixture.frame_length_mm * 1e-3,
        "Frame thermal expansion coefficient [K-1]": fixture.frame_expansion_ppm_per_K * 1e-6,
        "Frame thermal time [s]": fixture.thermal_minutes * 60,
        "Initial relaxed share": fixture.relaxed,
        "Spring stiffness [N.m-1]": spring * 1e3,
        "Spring length [m]": fixture.spring_length_mm * 1e-3,
        "Spring thermal expansion coefficient [K-1]": fixture.spring_expansion_ppm_per_K * 1e-6,
        "Piston area [m2]": piston,
        "Regulator lag [s]": fixture.regulator_lag_s,
        "Seal friction fraction": fixture.seal_friction_percent / 100,
        "Initial temperature [K]": start,
        "Current function [A]": 0.0,
        "Actuator position [m]": 0.0,
        "Supply pressure [Pa]": preload * cell.area_m2 / piston,
        "Ambient temperature [K]": start,
        "Extra thickness [m]": 0.0,
        "Leak conductance [S]": 0.0,
    }


def default_sections(kind: str) -> tuple[CellSection, FixtureSection, AmbientSection]:
    """A 13 mm die in a fixture of ``kind``, written as in a file."""
    special: dict[str, Any] = {}
    if kind in ("spring", "actuated_spring"):
        special["spring_N_per_mm"] = 2000.0
    if kind in ("pneumatic", "pneumatic_closed", "hydraulic"):
        special["piston_cm2"] = 10.0
    volume = {"pneumatic_closed": "gas_cm3", "hydraulic": "fluid_cm3", "isostatic": "vessel_cm3"}.get(kind)
    if volume:
        special[volume] = 50.0
    fixture = FixtureSection.model_validate({"kind": kind, **special})
    return CellSection(diameter_mm=13.0), fixture, AmbientSection()


def default_values(parameter_set: str, fixture: str) -> dict[str, float]:
    """Scalars of the default die in the fixture named by the model's option."""
    cell, fix, ambient = default_sections(fixture.replace(" ", "_"))
    return values_of(cell.model_copy(update={"parameter_set": parameter_set}), fix, ambient)
