"""What a log's metadata say of its fixture, of how its stack swells: bounds of pressure and thickness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from hil.actuators import OVERRUN_um
from hil.columns import ACTUATOR, AMBIENT, CONTACT, LITHIUM, PRESSURE, SURFACE, THICKNESS
from hil.plausibility.cell import Cell
from hil.plausibility.findings import Array, Rows
from hil.plausibility.ranges import Within, between
from twin.laws.voids import CONTACT_FLOOR
from twin.parameters.blend import PHASES, volume_shares
from twin.resolve import ZERO_CELSIUS

RIGID: Final = ("fixed_gap", "spring", "actuated_spring")
PRESSURE_SHARE, PRESSURE_Pa = 1e-3, 1e3  # rounding of a stepper; the stack's stiffness leaves no more
LENGTH_m: Final = 1e-9
LARGEST_Pa: Final = 1e9  # no cell has been pressed harder


@dataclass
class Mechanics:
    """Lengths and forces of the fixture, at a row.

    The frame's temperature is not recorded: it lies between the coldest and the warmest that the room has been.
    """

    cell: Cell
    fixture: Mapping[str, Any]
    supply_Pa: float
    _room: tuple[float, float] = (math.inf, -math.inf)
    _highest_Pa: float = 0.0

    def see(self, rows: Rows) -> tuple[Array, Array]:
        """Lowest and highest stack pressure of each row [Pa]."""
        room = rows[AMBIENT]
        self._room = min(self._room[0], float(np.min(room))), max(self._room[1], float(np.max(room)))
        kind = self.fixture["kind"]
        if kind in RIGID:
            low, high = self._rigid(rows)
        elif kind == "pneumatic":
            low, high = np.zeros(len(room)), np.full(len(room), self._supplied())
        else:
            low, high = np.zeros(len(room)), self._enclosed(rows)
        spare = PRESSURE_SHARE * np.abs(high) + PRESSURE_Pa
        return np.maximum(low - spare, 0.0), high + spare

    def _thermal(self, rows: Rows, frame_expands: float) -> tuple[Array, Array]:
        """Least and most that warmth presses [m]; a length ``frame_expands`` [m/K] of the frame presses."""
        of = self.cell.values
        start = of["Initial temperature [K]"] - ZERO_CELSIUS
        solid = of["Separator thickness [m]"] + of["Positive electrode thickness [m]"]
        cell = of["Cell thermal expansion coefficient [K-1]"] * self.cell.layers * solid * (rows[SURFACE] - start)
        frame = [frame_expands * (edge - start) for edge in (*self._room, start)]
        return cell + min(frame), cell + max(frame)

    @property
    def _give(self) -> float:
        """How far stack and frame give [m.Pa-1]."""
        of = self.cell.values
        stack = self.cell.layers * sum(
            of[f"{part} thickness [m]"] / of[f"{part} Young's modulus [Pa]"]
            for part in ("Separator", "Positive electrode")
        )
        return stack + self.cell.area / of["Frame stiffness [N.m-1]"]

    @property
    def _creeps(self) -> float:
        """Share of the frame's elastic give by which frame and pellet creep in the end [1]."""
        of = self.cell.values
        return sum(of[f"Frame relaxation fraction {i}"] for i in (1, 2)) if self.fixture["relaxation"] else 0.0

    def _rigid(self, rows: Rows) -> tuple[Array, Array]:
        """P = preload + (swelling + actuator + warmth - creep) / give, never negative."""
        of, give = self.cell.values, self._give
        expands = -of["Frame thermal expansion coefficient [K-1]"] * of["Frame length [m]"]
        if self.fixture["kind"] != "fixed_gap":
            give += self.cell.area / of["Spring stiffness [N.m-1]"]
            expands += of["Spring thermal expansion coefficient [K-1]"] * of["Spring length [m]"]
        preload = of["Preload pressure [Pa]"]
        least, most = self._thermal(rows, expands)
        pressed = preload + (rows[THICKNESS] + rows[ACTUATOR]) / give
        per_pressure = self._creeps * self.cell.area / of["Frame stiffness [N.m-1]"]
        self._highest_Pa = max(self._highest_Pa, preload, float(np.max(rows[PRESSURE])))
        lost = per_pressure * self._highest_Pa / give
        if self.fixture.get("spring_ageing", "none") != "none":
            lost = math.inf  # how far a spring sets is not recorded
        back = self.fixture["relaxed"] * per_pressure * preload / give
        return np.maximum(pressed + least / give - lost, 0.0), np.maximum(pressed + most / give + back, 0.0)

    def _supplied(self) -> float:
        """The most that the supply presses [Pa], its seal included."""
        of = self.cell.values
        most = max(of["Preload pressure [Pa]"], self.supply_Pa * of["Piston area [m2]"] / self.cell.area)
        # A seal stretched beyond its breakaway distance for a moment holds more than its share.
        return most * (1 + 2 * of["Seal friction fraction"]) + LARGEST_STRETCH * most * (
            of["Seal friction fraction"] > 0
        )

    def _enclosed(self, rows: Rows) -> Array:
        """A gas or liquid as if it gave nothing: stack and frame take all of the swelling and of its warmth [Pa]."""
        of, kind = self.cell.values, self.fixture["kind"]
        start = of["Initial temperature [K]"]
        hottest = max(self._room[1] + ZERO_CELSIUS, start)
        liquid = of["Fluid volume [m3]"] * of["Fluid thermal expansion coefficient [K-1]"] * (hottest - start)
        ratio = 1.0 if kind == "isostatic" else of["Piston area [m2]"] / self.cell.area
        absolute = of["Preload pressure [Pa]"] + ratio * of["Ambient pressure [Pa]"]
        warmed = absolute * (hottest / start - 1)
        if kind == "isostatic":
            gives = of["Fluid volume [m3]"] / of["Fluid bulk modulus [Pa]"] + of["Line compliance [m3.Pa-1]"]
            gives += of["Vessel volume [m3]"] * of["Vessel compliance [Pa-1]"]
            vessel = 3 * of["Frame thermal expansion coefficient [K-1]"] * of["Vessel volume [m3]"]
            volume = self.cell.area * (rows[THICKNESS] + 3 * self._thermal(rows, 0.0)[1])
            volume = volume + liquid + vessel * max(start - ZERO_CELSIUS - self._room[0], 0.0)
            pushed = np.maximum(volume, 0.0) / gives
        else:
            expands = -of["Frame thermal expansion coefficient [K-1]"] * of["Frame length [m]"]
            travel = rows[THICKNESS] + self._thermal(rows, expands)[1]
            travel = travel + (liquid / of["Piston area [m2]"] if kind == "hydraulic" else 0.0)
            back = self._creeps * self.cell.area / of["Frame stiffness [N.m-1]"] * of["Preload pressure [Pa]"]
            pushed = (np.maximum(travel, 0.0) + back) / self._give
        most = of["Preload pressure [Pa]"] + warmed + pushed
        most = np.maximum(most, self.supply_Pa * ratio + pushed + warmed if self.supply_Pa else 0.0)
        return np.asarray(most * (1 + of["Seal friction fraction"]), float)


LARGEST_STRETCH: Final = 0.2  # of the pressure: what a stretched seal adds while a cell swells fast


def pressure_rules(cell: Cell, resolved: Mapping[str, Any], actuated: bool) -> list[Within]:
    """Pressure, swelling and the actuator, each within what the fixture and the cell can do."""
    actuator, fixture = resolved["actuator"], resolved["fixture"]
    supply = 0.0
    if actuator["kind"] == "regulator":
        supply = float(actuator["full_scale_MPa"]) * 1e6
    mechanics, swelling = Mechanics(cell, fixture, supply), Swelling(cell)
    rules = [
        Within("pressure", PRESSURE, mechanics.see, "0 Pa or more, and what preload, swelling and actuator make"),
        Within("thickness", THICKNESS, swelling.see, "what metal, voids and the electrodes' strain make"),
        Within("lithium", LITHIUM, *swelling.metal()),
        between("contact", CONTACT, 0.0, 1.0, ""),
    ]
    low, high = actuator.get("travel_um", (0.0, 0.0)) if actuated and actuator["kind"] == "stepper" else (0.0, 0.0)
    over = OVERRUN_um + float(actuator.get("backlash_um", 0.0)) if low < high else 0.0
    rules.append(between("actuator", ACTUATOR, (low - over) * 1e-6, (high + over) * 1e-6, "m"))
    return rules


@dataclass
class Swelling:
    """How far the stack may have swelled: metal and voids are recorded, electrodes strain within their range."""

    cell: Cell
    _strains: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        cathode, anode = self._cathode(), self._host()
        self._strains = cathode[0] + anode[0], cathode[1] + anode[1]

    def metal(self) -> tuple[Any, str]:
        """Bounds of the metal's thickness [m], and how they read."""
        per_area = self.cell.per_charge / self.cell.active
        most = self.cell.lithium - per_area * self.cell.emptiest * (1 + 1e-3) + LENGTH_m
        if self.cell.chosen.anode == "host":
            most = 0.0
        least = -2 * LENGTH_m if self.cell.per_charge else 0.0
        if self.cell.ageing:
            most = most * 2
        return (lambda _: (least, most)), f"{least:.3g} to {most:.6g} m, from what there is"

    def see(self, rows: Rows) -> tuple[Array, Array]:
        """Least and most change of the stack's thickness [m]."""
        depth = self.cell.values["Void depth [m]"] if self.cell.chosen.anode == "metal" else 0.0
        open_ = np.clip((rows[CONTACT] - CONTACT_FLOOR) / (1 - CONTACT_FLOOR), 1e-12, 1.0)
        voids = -depth * np.log(open_)
        grown = rows[LITHIUM] - self.cell.lithium
        least, most = voids + grown, voids + grown
        if self.cell.chosen.cathode == "metal":  # the counter-electrode gives what the other takes, and has voids
            most = voids + self.cell.per_charge / self.cell.active * 2 * abs(self.cell.emptiest) + np.abs(grown)
            least = voids
        spare = LENGTH_m * self.cell.layers + 1e-3 * (np.abs(grown) + voids) * self.cell.layers
        low, high = self._strains
        return self.cell.layers * (least + low) - spare, self.cell.layers * (most + high) + spare

    def _cathode(self) -> tuple[float, float]:
        of, functions = self.cell.values, self.cell.chosen.functions
        if self.cell.chosen.cathode == "metal":
            return 0.0, 0.0
        solid = of["Positive electrode thickness [m]"] * of["Positive electrode active material volume fraction"]
        phases = [("", 1.0)]
        if self.cell.chosen.cathode == "blend":
            phases = [(f"{p}: ", share) for p, share in zip(PHASES, volume_shares(of), strict=True)]
        low = high = 0.0
        for prefix, share in phases:
            start = of[f"{prefix}Initial concentration in positive electrode [mol.m-3]"]
            start /= of[f"{prefix}Maximum concentration in positive electrode [mol.m-3]"]
            least, most = _strained(functions[f"{prefix}Positive electrode volume change"].call, start)
            low, high = low + share * solid * least, high + share * solid * most
        return low, high

    def _host(self) -> tuple[float, float]:
        of = self.cell.values
        if self.cell.chosen.anode == "metal":
            return 0.0, 0.0
        solid = of["Negative electrode thickness [m]"] * of["Negative electrode active material volume fraction"]
        start = of["Initial concentration in negative electrode [mol.m-3]"]
        start /= of["Maximum concentration in negative electrode [mol.m-3]"]
        least, most = _strained(self.cell.chosen.functions["Negative electrode volume change"].call, start)
        return solid * least, solid * most


def _strained(strain: Any, start: float) -> tuple[float, float]:
    """Least and most strain over all contents, from that at ``start``."""
    found = np.asarray(strain(np.linspace(0.0, 1.0, 1001)), float) - float(strain(start))
    return float(np.min(found)), float(np.max(found))
