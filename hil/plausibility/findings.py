"""What a rule found, and how it keeps the worst of many rows in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np

from hil.columns import CURRENT, TIME

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Mapping[str, Array]

HOLDS: Final = "holds"
VIOLATED: Final = "violated"
NOT_CHECKED: Final = "not checked"


@dataclass(frozen=True)
class Finding:
    """What one rule found in one log.

    Attributes:
        rule: its name, one of `hil.plausibility.RULES`.
        verdict: `holds`, `violated` or `not checked`.
        bound: what was asked of the rows, with unit; why nothing could be, where it was not checked.
        worst: the value furthest beyond the bound, or nearest to it; None where nothing was seen.
        time_s, row: where that is: test time [s], and number of the row from 0.
        column: the column it stands in; empty where the rule's name says it.
    """

    rule: str
    verdict: Literal["holds", "violated", "not checked"]
    bound: str
    worst: float | None = None
    time_s: float | None = None
    row: int | None = None
    column: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary; what is not finite becomes None, for JSON has no NaN."""
        return {
            "rule": self.rule,
            "verdict": self.verdict,
            "bound": self.bound,
            "worst": _finite(self.worst),
            "time_s": _finite(self.time_s),
            "row": self.row,
            "column": self.column,
        }

    def __str__(self) -> str:
        """One line: rule, worst value, place, bound."""
        if self.verdict == NOT_CHECKED:
            return f"{self.rule}: not checked: {self.bound}"
        of = f" of {self.column}" if self.column else ""
        where = "" if self.row is None else f" at {self.time_s:.6g} s (row {self.row})"
        return f"{self.rule}{of}: {self.value}{where}; must be {self.bound}"

    @property
    def value(self) -> str:
        """The worst value in words."""
        return "" if self.worst is None else f"{self.worst:.6g}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def not_checked(rule: str, why: str) -> Finding:
    """A rule that does not apply, or whose bounds are not known."""
    return Finding(rule, NOT_CHECKED, why)


class Rows:
    """One batch of rows, and what came before it.

    Attributes:
        columns: column name to array of shape (n,).
        first: number of its first row in the log.
        time, lasted: test time, and since the row before [s].
        charge: net charge passed by the end of each row [C], discharge positive.
    """

    def __init__(self, columns: Batch, first: int, before: Mapping[str, Any], started_s: float, charge: float) -> None:
        """``before``: the last row of the batch before; ``started_s`` where there is none; ``charge`` until then."""
        self.columns = columns
        self.first = first
        self._before = before
        self.time = columns[TIME]
        self.lasted = np.diff(self.time, prepend=before.get(TIME, started_s))
        self.charge: Array = charge + np.cumsum(columns[CURRENT] * self.lasted) if CURRENT in columns else np.zeros(0)

    def __getitem__(self, name: str) -> Array:
        """One column."""
        return self.columns[name]

    def previous(self, name: str) -> Array:
        """The column one row earlier; the first row of a log has itself before it."""
        values = self.columns[name]
        return np.concatenate(([self._before.get(name, values[0])], values[:-1]))

    def change(self, name: str) -> Array:
        """How far the column is from the row before."""
        return np.diff(self.columns[name], prepend=self._before.get(name, self.columns[name][0]))


class Worst:
    """The row that is furthest beyond a bound, over all batches."""

    def __init__(self) -> None:
        self.excess = -math.inf
        self.value: float | None = None
        self.time_s: float | None = None
        self.row: int | None = None
        self.column = ""

    def see(self, excess: Array, values: Array, rows: Rows, column: str = "") -> None:
        """``excess``: how far each row's value is beyond its bound, negative within; not a number is beyond any."""
        i = int(np.argmax(excess))  # the first NaN, where there is one
        beyond = float(excess[i])
        self.put(math.inf if math.isnan(beyond) else beyond, float(values[i]), rows, i, column)

    def put(self, excess: float, value: float, rows: Rows, i: int, column: str = "") -> None:
        """The same of one row, number ``i`` of the batch."""
        if excess > self.excess or self.row is None:
            self.excess, self.value, self.column = excess, value, column
            self.time_s, self.row = float(rows.time[i]), rows.first + i

    def finding(self, rule: str, bound: str) -> Finding:
        """What it comes to."""
        if self.row is None:
            return not_checked(rule, "there are no rows")
        verdict: Literal["holds", "violated"] = "violated" if self.excess > 0 else "holds"
        return Finding(rule, verdict, bound, self.value, self.time_s, self.row, self.column)


class Rule(Protocol):
    """Sees every batch once, in order, then says what it found."""

    def see(self, rows: Rows) -> None:
        """Take the next rows."""

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found; ``outcome`` is the log's closing record, empty where there is none."""
