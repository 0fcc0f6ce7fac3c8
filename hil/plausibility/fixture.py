"""What a log's metadata say of its fixture, its load cell and its controller: bounds of pressure, thickness and counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from controller import fields as c
from hil.actuators import OVERRUN_um
from hil.columns import ACTUATOR, AMBIENT, CONTACT, CURRENT, LITHIUM, MEASURED, PRESSURE, SETPOINT, SURFACE, THICKNESS
from hil.plausibility.cell import Cell
from hil.plausibility.findings import Array, Finding, Rows, Worst
from hil.plausibility.ranges import Within, between
from hil.scaling import counts_to_pressure_of
from hil.schema import SensorSection
from hil.sensors import ADC_HALF, CALIBRATION_TEMPERATURE_K, counts_per_N, zero_counts
from twin.laws.voids import CONTACT_FLOOR
from twin.parameters.blend import PHASES, volume_shares
from twin.resolve import ZERO_CELSIUS

RIGID: Final = ("fixed_gap", "spring", "actuated_spring")
PRESSURE_SHARE, PRESSURE_Pa = 1e-3, 1e3  # rounding of a stepper; the stack's stiffness leaves no more
LENGTH_m: Final = 1e-9
SIGMAS: Final = 8.0  # a normal number beyond them comes once in 10^15
CONVERSIONS: Final = 5  # the converter's filter looks back four, and a row may lie one behind
LARGEST_Pa: Final = 1e9  # no cell has been pressed harder


@dataclass
class Mechanics:
    """Lengths and forces of the fixture, at a row.

    The frame's temperature is not recorded: it lies between the coldest and the warmest that the room has been.
    """

    cell: Cell
    fixture: Mapping[str, Any]
    supply_Pa: float
    actuated: bool
    _room: tuple[float, float] = (math.inf, -math.inf)
    _highest_Pa: float = 0.0
    _through: float = 0.0

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
        creeps = (
            sum(of.get(f"Frame relaxation fraction {i}", 0.0) for i in (1, 2)) if self.fixture["relaxation"] else 0.0
        )
        per_pressure = creeps * self.cell.area / of["Frame stiffness [N.m-1]"]
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
            creeps = 0.08 * self.cell.area / of["Frame stiffness [N.m-1]"] * of["Preload pressure [Pa]"]
            pushed = (np.maximum(travel, 0.0) + creeps) / self._give
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
    mechanics, swelling = Mechanics(cell, fixture, supply, actuated), Swelling(cell)
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
        depth = self.cell.values.get("Void depth [m]", 0.0)
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


def setpoint_rule(resolved: Mapping[str, Any], configuration: list[int]) -> Within:
    """The setpoint lies within its record's bounds; an idle controller's is 0, an arming one's where the stack is."""
    if not configuration:
        held = float(resolved["control"]["setpoint_MPa"]) * 1e6
        return between("setpoint", SETPOINT, held - 100.0, held + 100.0, "Pa")
    low = -configuration[c.HARD_hPa] / 10 * 100
    return between("setpoint", SETPOINT, low, configuration[c.SETPOINT_MAX_hPa] * 100.0, "Pa")


@dataclass
class CountsAgree:
    """The measured pressure is what the record's calibration makes of the counts: nothing else is known of a bench."""

    configuration: list[int]
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        zero = counts_to_pressure_of(self.configuration, 0)
        per_count = counts_to_pressure_of(self.configuration, 1) - zero
        off = rows[MEASURED] - (zero + per_count * rows["sensor_counts"])
        self._worst.see(np.abs(off) - abs(per_count), off, rows)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        return [self._worst.finding("load cell", "0 Pa between measured pressure and counts")]


@dataclass
class LoadCellAgrees:
    """The measured pressure is the true one of the last conversions, as far off as calibration, drift and noise take it."""

    sensor: SensorSection
    area: float
    preload_Pa: float
    tick_s: float
    _worst: Worst = field(default_factory=Worst)
    _counts: Worst = field(default_factory=Worst)
    _before: Array | None = None
    _warm: float = 0.0

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        per_count = 1 / (counts_per_N(self.sensor) * self.area)
        counts = rows["sensor_counts"]
        read = (counts - zero_counts(self.sensor)) * per_count
        back = math.ceil(CONVERSIONS / self.sensor.rate_Hz / self.tick_s) + CONVERSIONS
        before = np.full(back, self.preload_Pa) if self._before is None else self._before
        seen = np.concatenate((before, rows[PRESSURE]))
        self._before = seen[-back:]
        high, low = sliding_max(seen, back + 1), -sliding_max(-seen, back + 1)
        off = np.maximum(low - rows[MEASURED], rows[MEASURED] - high)
        self._worst.see(
            np.where(np.abs(counts) < ADC_HALF - 1, off - self._allowed(rows, high, per_count), -1.0), off, rows
        )
        wrong = rows[MEASURED] - read
        self._counts.see(np.abs(wrong) - abs(per_count) * 1e-3, wrong, rows)

    def _allowed(self, rows: Rows, pressure: Array, per_count: float) -> Array:
        sensor, calibrated = self.sensor, CALIBRATION_TEMPERATURE_K - ZERO_CELSIUS
        self._warm = max(self._warm, float(np.max(np.abs(rows[AMBIENT] - calibrated))))
        full_scale = sensor.load_cell_kN * 1e3 / self.area
        off = abs(sensor.calibration_error_percent_of_full_scale) / 100
        off += abs(sensor.zero_drift_percent_per_10K) / 1000 * self._warm
        lsb_nV = sensor.excitation_V / sensor.gain / (2 * ADC_HALF) * 1e9
        noise = SIGMAS * sensor.noise_nV_rms / lsb_nV + 2
        return (
            full_scale * off + pressure * abs(sensor.span_drift_percent_per_10K) / 1000 * self._warm + noise * per_count
        )

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        found = self._counts.finding("load cell", "0 Pa between measured pressure and counts")
        if found.verdict == "violated":
            return [found]
        return [self._worst.finding("load cell", "within calibration, drift and noise of the true pressure")]


def sliding_max(values: Array, width: int) -> Array:
    """Largest of each ``width`` neighbours, shape (n - width + 1,): van Herk's and Gil and Werman's two running maxima."""
    count = len(values) - width + 1
    blocks = np.full(-(-len(values) // width) * width, -np.inf)
    blocks[: len(values)] = values
    blocks = blocks.reshape(-1, width)
    forth = np.maximum.accumulate(blocks, axis=1).ravel()
    back = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.maximum(back[:count], forth[width - 1 : width - 1 + count])


@dataclass
class CurrentAgrees:
    """The board's measured current is that of the row before, within offset, noise and resolution; a bench's, its own."""

    sensor: SensorSection
    measured: bool
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        sensor, said = self.sensor, rows["sensor_current_uA"]
        current = rows[CURRENT] if self.measured else rows.previous(CURRENT)
        off = said - current * 1e6
        allowed = 1.0
        if not self.measured:
            off = off - sensor.current_offset_uA
            allowed = SIGMAS * sensor.current_noise_uA + 0.5 * sensor.current_resolution_uA + 1.0
        known = rows["sensor_sense"] & 2 == 0
        if rows.first == 0 and not self.measured:
            known[0] = False  # what flowed before the first row is not recorded
        self._worst.see(np.where(known, np.abs(off) - allowed, -1.0), off, rows)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        return [self._worst.finding("current sense", "0 uA between the board's current and the cell's, but for noise")]
