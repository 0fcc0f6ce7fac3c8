"""A cell cycled until it is worn out: the coupled, compiled model under a pressure policy.

Charge at constant current to the upper cut-off, discharge to the lower, no holds. Every mechanism that ages is on:
voids, penetration, contact of the cathode, interphase. The press holds whatever pressure the policy asks for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin import cache
from twin.errors import InputError
from twin.experiments.policies import Policy
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.laws import composite
from twin.laws.base import numbers
from twin.parameters import ParameterSet, load
from twin.plant import LOWER, UPPER, Inputs, Limits, Plant
from twin.resolve import options_of, values_of

STEP = 10.0  # s; capacities differ by less than 0.1 % from those of 1 s
PISTON_CM2 = 10.0
SHORT, CONTACT = "Separator is bridged", "Cathode contact is lost"
LEAST_CONTACT = 0.01  # at which the event of that name happens
FATAL = (SHORT, CONTACT)
LONGEST = 3.0  # times the nominal length of a half cycle


@dataclass(frozen=True)
class Cell:
    """What is cycled: names and sizes as in a file, ``values`` that replace parameters by name."""

    cathode: str
    electrolyte: str
    anode: str
    areal_capacity: float  # mAh/cm2
    area: float  # cm2
    layers: int
    lithium_um: float
    electrolyte_um: float
    temperature: float  # degC
    refill: str
    values: dict[str, float]


@dataclass(frozen=True)
class Half:
    """Half a cycle: its length [s], pressure times time [Pa.s], least contact [1], and the event that ended it."""

    seconds: float
    weighed: float
    contact: float
    event: str


@dataclass(frozen=True)
class Cycle:
    """One cycle: charge given back [A.h], what is left of contact and separator, and the mean pressure [Pa]."""

    number: int
    capacity: float
    contact: float
    cathode_contact: float
    penetrated: float
    pressure: float
    ended: str


class Ageing:
    """A cell in a press, cycle by cycle."""

    def __init__(self, cell: Cell, engine: str = "auto") -> None:
        chosen = load(f"{cell.cathode}|{cell.electrolyte}|{cell.anode}")
        if chosen.cathode != "insertion":
            raise InputError(f"cathode = {cell.cathode}: cycled here are insertion materials only; choose one of those")
        section = CellSection(
            cathode=cell.cathode,
            electrolyte=cell.electrolyte,
            anode=cell.anode,
            area_cm2=cell.area,
            layers=cell.layers,
            areal_capacity_mAh_per_cm2=cell.areal_capacity,
            lithium_um=cell.lithium_um if cell.anode == "lithium" else 0.0,
            electrolyte_um=cell.electrolyte_um,
            refill=cell.refill,
            ageing=True,
        )
        fixture = FixtureSection(kind="pneumatic", preload_MPa=5.0, piston_cm2=PISTON_CM2, seal_friction_percent=0.0)
        ambient = AmbientSection(temperature_C=cell.temperature)
        self.values = {**values_of(section, fixture, ambient), **_upper_cut_off(chosen), **cell.values}
        self.cell, self.metal = cell, chosen.anode == "metal"
        self.plant = Plant(cache.stepper(options_of(section, fixture), section.chemistry, engine=engine), self.values)
        self.lower, self.upper = (self.values[f"{end} voltage cut-off [V]"] for end in ("Lower", "Upper"))
        self.ambient = cell.temperature + 273.15
        # To a press, pressure is force over the area of a layer; to the regulator, over that of its piston.
        self.supplied = section.area_m2 / (PISTON_CM2 * 1e-4)
        self.grams = self._active_grams()

    def _active_grams(self) -> float:
        """Active material of the cathode [g]."""
        v = self.values
        volume = v["Positive electrode thickness [m]"] * v["Positive electrode active material volume fraction"]
        density = v["Positive electrode active material density [kg.m-3]"]
        return 1e3 * density * volume * self.cell.area * 1e-4 * self.cell.layers

    def cycles(self, current: float, policy: Policy, count: int) -> Iterator[Cycle]:
        """Up to ``count`` cycles at ``current`` [A]; the last one says what ended it."""
        for number in range(1, count + 1):
            charge = self._half(-current, policy)
            over = charge.event in FATAL
            discharge = Half(0.0, 0.0, 1.0, "") if over else self._half(current, policy)
            spent = charge.seconds + discharge.seconds
            margins = self.plant.margins
            ended = next((half.event for half in (charge, discharge) if half.event in FATAL), "")
            yield Cycle(
                number,
                current * discharge.seconds / 3600,
                min(charge.contact, discharge.contact),
                margins[CONTACT] + LEAST_CONTACT,
                1 - margins[SHORT] if self.metal else 0.0,
                (charge.weighed + discharge.weighed) / spent if spent else policy(0.0) * 1e6,
                ended,
            )
            if ended:
                return

    def _half(self, current: float, policy: Policy) -> Half:
        """Charge (``current`` [A] below 0) or discharge until a cut-off or an event, either found within a step."""
        plant, density = self.plant, 1e3 * current / (self.cell.area * self.cell.layers)
        plant.limits = Limits(upper_V=self.upper) if current < 0 else Limits(lower_V=self.lower)
        inputs = Inputs("current", current, supply=policy(density) * 1e6 * self.supplied, ambient=self.ambient)
        out = plant.step(inputs, 1.0)
        seconds, contact, weighed = plant.done, out.contact, plant.done * out.pressure
        longest = LONGEST * 3600 * self.cell.areal_capacity / abs(density)
        while plant.event is None and seconds < longest:
            out = plant.advance(STEP)
            seconds += plant.done
            weighed += plant.done * out.pressure
            contact = min(contact, out.contact)
        ended = plant.event or ""
        return Half(seconds, weighed, contact, "" if ended in (LOWER, UPPER) else ended)

    def press(self, pressure: float) -> None:
        """Take the cell apart and press its cathode once at ``pressure`` [Pa]."""
        at = self._where("Initial cathode contact fraction")
        state = list(self.plant.state)
        state[at] = float(composite.after_pressing(state[at], pressure, numbers(self.values)))
        self.plant.state = tuple(state)

    def _where(self, initial: str) -> int:
        """Place in the state of the variable that starts at the parameter ``initial``."""
        stepper = self.plant.stepper
        starts = [
            np.array(stepper.initial(np.array([{**self.values, initial: x}[name] for name in stepper.names]))).ravel()
            for x in (0.25, 0.75)
        ]
        (place,) = np.flatnonzero(starts[1] - starts[0] == 0.5)
        return int(place)


def _upper_cut_off(chosen: ParameterSet) -> dict[str, float]:
    """Charge ends at the open-circuit voltage of a full cell: the voltage that defines 100 %."""
    values, functions = chosen.values(), chosen.functions
    full = functions["Positive electrode OCP [V]"].call(values["Positive electrode stoichiometry at 100% SOC"])
    below = 0.0
    if chosen.anode != "metal":
        filled = values["Negative electrode stoichiometry limit"]
        below = functions["Negative electrode OCP [V]"].call(filled)
    return {"Upper voltage cut-off [V]": float(full - below)}
