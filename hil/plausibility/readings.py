"""Rules on what the controller was given and gave back: readings agree with what they read, the setpoint is bounded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from controller import fields as c
from hil.columns import AMBIENT, CURRENT, CYCLE, MEASURED, PRESSURE, SETPOINT, STEP_ID
from hil.plausibility.findings import Array, Finding, Rows, Worst, not_checked
from hil.plausibility.ranges import Within, between
from hil.scaling import counts_to_pressure_of
from hil.schema import SensorSection
from hil.sensors import ADC_HALF, CALIBRATION_TEMPERATURE_K, counts_per_N, zero_counts
from twin.resolve import ZERO_CELSIUS

SIGMAS: Final = 8.0  # a normal number beyond them comes once in 10^15
CONVERSIONS: Final = 5  # the converter's filter looks back four, and a row may lie one behind


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
        """What was found; a closing record names the configuration that the bench ended with."""
        if outcome.get("configuration", self.configuration) != self.configuration:
            return [not_checked("load cell", "it was calibrated during the run")]
        return [self._worst.finding("load cell", "0 Pa between measured pressure and counts")]


@dataclass
class LoadCellAgrees:
    """The measured pressure is the true one of the last conversions, within calibration, drift and noise."""

    sensor: SensorSection
    area: float
    preload_Pa: float
    tick_s: float
    start_C: float
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
        furthest = float(np.max(np.abs(rows[AMBIENT] - calibrated)))
        self._warm = max(self._warm, abs(self.start_C - calibrated), furthest)
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
    """Largest of each ``width`` neighbours, shape (n - width + 1,): two running maxima (van Herk 1992)."""
    count = len(values) - width + 1
    padded = np.full(-(-len(values) // width) * width, -np.inf)
    padded[: len(values)] = values
    blocks = padded.reshape(-1, width)
    forth = np.maximum.accumulate(blocks, axis=1).ravel()
    back = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.maximum(back[:count], forth[width - 1 : width - 1 + count])


@dataclass
class CurrentAgrees:
    """The board's current is that of the row before, within offset, noise and resolution; on a bench, the row's own.

    The board reads what flows at the end of a tick, the log has the mean: rows are left out while a voltage is held,
    and after a step of the protocol has ended within a tick.
    """

    sensor: SensorSection
    measured: bool
    held_steps: frozenset[int] = frozenset()
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        said, now = rows["sensor_current_uA"], rows[CURRENT] * 1e6
        known = rows["sensor_sense"] & 2 == 0
        if self.measured:
            off, allowed = np.abs(said - now), 1.0
        else:
            sensor, before = self.sensor, rows.previous(CURRENT) * 1e6
            low, high = np.minimum(before, now), np.maximum(before, now)
            read = said - sensor.current_offset_uA
            off = np.maximum(low - read, read - high)
            allowed = SIGMAS * sensor.current_noise_uA + 0.5 * sensor.current_resolution_uA + 1.0
            known &= (rows.change(STEP_ID) == 0) & (rows.change(CYCLE) == 0)
            if self.held_steps:
                known &= ~np.isin(rows[STEP_ID], list(self.held_steps))
            if rows.first == 0:
                known[:2] = False  # what flowed before is not recorded, and the first tick may begin at any current
        self._worst.see(np.where(known, off - allowed, -allowed), off, rows)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        return [self._worst.finding("current sense", "0 uA between the board's current and the cell's, but for noise")]
