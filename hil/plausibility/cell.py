"""What a log's metadata say of its cell: what it holds, what its voltage at rest is, what its current costs at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hil.plausibility.findings import Array
from twin import parameters
from twin.files import CellSection
from twin.parameters import ParameterSet
from twin.parameters.blend import PHASES, volume_shares
from twin.parameters.shapes import F, R
from twin.plant import HOTTEST
from twin.resolve import ZERO_CELSIUS

Values = Mapping[str, float]

POINTS: Final = 16_385  # of the tables over charge; between two of them an open-circuit voltage bends by microvolts
LEAST_STRIPPED_m: Final = 2e-9  # below nothing: what the model leaves to its solver's tolerance, twice
REST_V: Final = 0.25  # beyond its cut-offs, where a cell at rest may be
WARMEST_C: Final = HOTTEST - ZERO_CELSIUS
COLDEST_C: Final = -20.5  # no file asks for less
METAL_VOLUME: Final = "Lithium metal partial molar volume [m3.mol-1]"


@dataclass(frozen=True)
class Cell:
    """Bounds of one cell, from the values and the parameter set that a log names.

    Attributes:
        area: of one layer [m2].
        layers: cells in parallel [1].
        per_charge: metal that a charge density plates [m3.C-1]; 0 for anodes that take it up.
        lithium: metal under one layer at the start [m].
        fullest, emptiest: net charge at which the cell can give, or take, no more [C], discharge positive.
        at_rest: open-circuit voltage over net charge, as a table: charges [C], voltages [V], energy given out by then
            at that voltage [J]; None where the cell's materials share the charge in a way the log does not show.
        why_not: why there is no such table.
        lower_V, upper_V: the furthest that cut-offs, held voltages and the voltage at rest at the start are apart [V].
    """

    values: Values
    chosen: ParameterSet
    ageing: bool
    area: float
    layers: float
    per_charge: float
    lithium: float
    emptiest: float
    fullest: float
    at_rest: tuple[Array, Array, Array] | None
    why_not: str
    lower_V: float
    upper_V: float

    @property
    def active(self) -> float:
        """Area that carries the current [m2]."""
        return self.area * self.layers


def cell_of(metadata: Mapping[str, Any]) -> Cell:
    """The cell of a log.

    Raises:
        KeyError, TypeError, ValueError, twin.errors.InputError: the metadata do not say enough.
    """
    resolved, values = metadata["resolved"], {name: float(value) for name, value in metadata["parameters"].items()}
    section = CellSection.model_construct(**resolved["cell"])
    chosen = parameters.load(section.chemistry)
    area = values["Electrode width [m]"] * values["Electrode height [m]"]
    layers = values["Number of electrodes connected in parallel to make a cell"]
    plates = chosen.anode != "host"
    per_charge = values[METAL_VOLUME] / F if plates else 0.0
    lithium = values["Initial lithium thickness [m]"] if plates else 0.0
    made = _Charges(values, chosen, area * layers, per_charge, lithium)
    emptiest, fullest = made.range()
    table, why_not = None, made.unclear(bool(section.ageing))
    if not why_not:
        table = _table(made.voltage, emptiest, fullest)
    named = _cut_offs(resolved["protocol"], values)
    if table is not None:
        named.append(float(np.interp(0.0, table[0], table[1])))
    lower, upper = min(named), max(named)
    return Cell(
        values, chosen, bool(section.ageing), area, layers, per_charge, lithium, emptiest, fullest, table, why_not,
        lower, upper,
    )  # fmt: skip


def _cut_offs(protocol: Mapping[str, Any], values: Values) -> list[float]:
    named = [values["Lower voltage cut-off [V]"], values["Upper voltage cut-off [V]"]]
    named += [float(protocol[key]) for key in ("lower_V", "upper_V") if protocol.get(key) is not None]
    return named + [float(step["hold_V"]) for step in leaves(protocol["steps"]) if step.get("hold_V") is not None]


def leaves(steps: Any) -> list[Mapping[str, Any]]:
    """The steps of a resolved protocol in the order of their numbers, repeats taken apart."""
    found: list[Mapping[str, Any]] = []
    for step in steps:
        found += leaves(step["steps"]) if step.get("steps") else [step]
    return found


@dataclass(frozen=True)
class _Charges:
    """Charge that the electrodes hold, and the voltage at rest that follows [C], [V]; discharge positive."""

    values: Values
    chosen: ParameterSet
    active: float
    per_charge: float
    lithium: float

    def range(self) -> tuple[float, float]:
        """Net charge that may have passed when either electrode can take no more on charge, on discharge."""
        emptiest, fullest = self._cathode()
        if self.chosen.anode == "metal":
            fullest = min(fullest, self._metal(self.lithium))
        else:
            start, per_content = self._host()
            fullest = min(fullest, start * per_content + self._metal(self.lithium))
            if self.chosen.anode == "host":
                emptiest = max(emptiest, -(1 - start) * per_content)
        return emptiest, fullest

    def _metal(self, thickness: float) -> float:
        return thickness / self.per_charge * self.active if self.per_charge else 0.0

    def _cathode(self) -> tuple[float, float]:
        of = self.values
        if self.chosen.cathode == "metal":
            return -self._metal(of["Initial positive electrode lithium thickness [m]"]), math.inf
        solid = of["Positive electrode thickness [m]"] * of["Positive electrode active material volume fraction"]
        if self.chosen.cathode == "blend":
            held = [
                (of[f"{p}: {C_MAX_P}"], of[f"{p}: {START_P}"], s)
                for p, s in zip(PHASES, volume_shares(of), strict=True)
            ]
        else:
            held = [(of[C_MAX_P], of[START_P], 1.0)]
        charge = F * solid * self.active
        return -sum(start * share * charge for _, start, share in held), sum(
            (most - start) * share * charge for most, start, share in held
        )

    def _host(self) -> tuple[float, float]:
        """Content at the start [1], and charge that fills the host from nothing [C]."""
        of, name = self.values, "Maximum concentration in negative electrode [mol.m-3]"
        solid = of["Negative electrode thickness [m]"] * of["Negative electrode active material volume fraction"]
        start = of["Initial concentration in negative electrode [mol.m-3]"] / of[name]
        return start, F * of[name] * solid * self.active

    def unclear(self, ageing: bool) -> str:
        """Why charge alone does not say the voltage at rest; empty where it does."""
        if ageing:
            return "side reactions of an ageing cell take charge that is not recorded"
        if self.chosen.cathode == "blend":
            return "how a blend's two materials share the charge is not recorded"
        if self.chosen.anode == "plating host":
            return "what a plating host holds is not recorded"
        return ""

    def voltage(self, charge: Array) -> Array:
        """Open-circuit voltage at net charges [C]."""
        of = self.values
        if self.chosen.cathode == "metal":
            return np.zeros_like(charge)
        solid = of["Positive electrode thickness [m]"] * of["Positive electrode active material volume fraction"]
        content = (of[START_P] + charge / (F * solid * self.active)) / of[C_MAX_P]
        potential = self.chosen.functions["Positive electrode OCP [V]"].call(content)
        if self.chosen.anode == "host":
            start, per_content = self._host()
            potential = potential - self.chosen.functions["Negative electrode OCP [V]"].call(
                start - charge / per_content
            )
        return np.asarray(potential, float)


C_MAX_P: Final = "Maximum concentration in positive electrode [mol.m-3]"
START_P: Final = "Initial concentration in positive electrode [mol.m-3]"


def _table(voltage: Callable[[Array], Array], low: float, high: float) -> tuple[Array, Array, Array]:
    charges = np.linspace(low, high if math.isfinite(high) else abs(low), POINTS)
    volts = voltage(charges)
    energy = np.concatenate(([0.0], np.cumsum(0.5 * (volts[1:] + volts[:-1]) * np.diff(charges))))
    return charges, volts, energy - np.interp(0.0, charges, energy)


def largest_current(cell: Cell, protocol: Mapping[str, Any]) -> tuple[float, float]:
    """The largest constant current that the protocol asks for, and the most that can have flowed [A].

    What a hold or a profile draws is bounded by the separator: all of the voltage there is across it alone, at its
    warmest.
    """
    asked, drawn = [0.0], [0.0]
    for step in leaves(protocol["steps"]):
        asked += [_ampere(cell, key, float(step[key])) for key in step if key.startswith(("charge_", "discharge_"))]
        if "scale_peak_mA_per_cm2" in step:
            asked.append(float(step["scale_peak_mA_per_cm2"]) * 10 * cell.active)
        elif "profile" in step or "hold_V" in step:
            drawn.append(_through_separator(cell))
    return max(asked), max(asked + drawn) * (1 + 1e-9)


def _through_separator(cell: Cell) -> float:
    of, hot = cell.values, WARMEST_C + ZERO_CELSIUS
    warmed = math.exp(
        of["Separator conductivity activation energy [J.mol-1]"] / R * (1 / of["Reference temperature [K]"] - 1 / hot)
    )
    resistance = of["Separator thickness [m]"] / (of["Separator conductivity [S.m-1]"] * warmed)
    volts = cell.upper_V - cell.lower_V + 2.0  # 2 V: open circuits of the catalogue beyond their cut-offs, at most
    return volts / resistance * cell.active


def _ampere(cell: Cell, key: str, value: float) -> float:
    unit = key.split("_", 1)[1]
    if unit == "mA_per_cm2":
        return value * 10 * cell.active
    return value * cell.values["Nominal cell capacity [A.h]"] if unit == "C" else value
