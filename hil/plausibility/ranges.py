"""Rules on single rows: a value must be a number, rise, or lie between two bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from hil.columns import COLUMNS, STEP_ID
from hil.plausibility.findings import Finding, Rows, Worst

Bounds = Callable[[Rows], tuple[Any, Any]]
"""Lowest and highest value that each row may have: arrays or numbers."""

INT31: Final = 2**31 - 1
INTEGERS: Final[dict[str, tuple[int, int]]] = {
    "Cycle Count / 1": (1, INT31),
    "Step Count / 1": (1, INT31),
    "Step Index / 1": (1, INT31),
    "Step ID / 1": (1, INT31),
    "sensor_time_ms": (0, 2**30 - 1),
    "sensor_counts": (-(2**23), 2**23 - 1),
    "sensor_sample": (0, 2**16 - 1),
    "sensor_sense": (0, 3),
    "sensor_current_uA": (-INT31, INT31),
    "sensor_switches": (0, 2**20 + 15),
    "sensor_message": (0, 9),
    "sensor_key": (0, 2**16 - 1),
    "sensor_value": (-(2**30), 2**30 - 1),
    "command_move": (-(2**30), 2**30 - 1),
    "command_position": (-(2**30), 2**30 - 1),
    "command_outputs": (0, 7),
    "command_state": (0, 2),
    "command_faults": (0, 2**30 - 1),
    "command_blocks": (0, 2**30 - 1),
    "command_event": (0, 2**16 - 1),
    "command_pressure_hPa": (-(2**30), 2**30 - 1),
    "command_setpoint_hPa": (-(2**30), 2**30 - 1),
}
"""What each whole number can be: the bits it has, and the converter's 24."""
assert set(INTEGERS) == {column.name for column in COLUMNS if column.code == "i"}


@dataclass
class Finite:
    """Every value of these columns is a number."""

    columns: Sequence[str]
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        for name in self.columns:
            values = rows[name]
            # A sum is finite where all its terms are, but for overflow: then each is looked at.
            if math.isfinite(float(np.sum(values))):
                self._worst.put(-1.0, float(values[0]), rows, 0)
                continue
            self._worst.see(np.where(np.isfinite(values), -1.0, math.inf), values, rows, name)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        found = self._worst.finding("finite", "a finite number in every column that is recorded")
        return [found if found.verdict == "violated" else Finding(found.rule, found.verdict, found.bound)]


@dataclass
class Rising:
    """Time rises from row to row; by one tick, where the tick is known [s]."""

    tick_s: float | None = None
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        lasted = rows.lasted[1:] if rows.first == 0 and self.tick_s is None else rows.lasted
        if not len(lasted):
            return
        skipped = len(rows.lasted) - len(lasted)
        beyond = np.where(lasted > 0, -1.0, 1.0)
        if self.tick_s is not None:
            # Rows carry whole milliseconds; a float of that size keeps them to far better than half of one.
            beyond = np.maximum(beyond, np.abs(lasted - self.tick_s) - 5e-4)
        i = int(np.argmax(beyond))
        self._worst.put(float(beyond[i]), float(lasted[i]), rows, i + skipped, "step" if beyond[i] > 0 else "")

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        bound = "over 0 s after the row before" if self.tick_s is None else f"{self.tick_s:g} s after the row before"
        return [self._worst.finding("time", bound)]


@dataclass
class Within:
    """A column stays between bounds, which may depend on the row."""

    rule: str
    column: str
    bounds: Bounds
    bound: str
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        low, high = self.bounds(rows)
        values = rows[self.column]
        # Negated comparisons would lose a NaN; maximum keeps it.
        self._worst.see(np.maximum(low - values, values - high), values, rows)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        return [self._worst.finding(self.rule, self.bound)]


def between(rule: str, column: str, low: float, high: float, unit: str) -> Within:
    """A column that stays between two numbers."""
    return Within(rule, column, lambda _: (low, high), f"{low:.6g} to {high:.6g} {unit}".rstrip())


@dataclass
class Integers:
    """Every whole number within what its bits can say; steps within the protocol's."""

    last_step: int | None = None
    _worst: Worst = field(default_factory=Worst)

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        bounds = INTEGERS if self.last_step is None else INTEGERS | {STEP_ID: (1, self.last_step)}
        for name, (low, high) in bounds.items():
            if name not in rows.columns:
                continue  # a log of an older format
            values = rows[name]
            least, most = int(np.min(values)), int(np.max(values))
            if least < low:
                self._worst.put(low - least, least, rows, int(np.argmin(values)), name)
            if most > high:
                self._worst.put(most - high, most, rows, int(np.argmax(values)), name)
            self._worst.put(-1.0, least, rows, 0)

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found."""
        found = self._worst.finding("integers", "within the bits of its field")
        return [found if found.verdict == "violated" else Finding(found.rule, found.verdict, found.bound)]
