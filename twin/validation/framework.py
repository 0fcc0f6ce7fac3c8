"""A row sets a figure of the model beside a published one; a group is rows that belong together, with their figure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Use = Literal["calibrated", "not used", "input"]
"""Whether the model was fitted to a figure, never saw it, or takes it as it is."""

ROUNDING = 1e-9


@dataclass(frozen=True)
class Tolerance:
    """How near is near enough; make one with `relative`, `factor`, `decades` or `absolute`."""

    kind: Literal["relative", "factor", "decades", "absolute", "sign"]
    limit: float = 0.0
    unit: str = ""

    def holds(self, model: float, published: float) -> bool:
        """Whether ``model`` is within the tolerance of ``published``; anything that is not a number is not."""
        if math.isnan(model):
            return False
        if model == published:
            return True
        match self.kind:
            case "absolute":
                return abs(model - published) <= self.limit
            case "sign":
                return math.copysign(1, model) == math.copysign(1, published)
        if published == 0 or model / published <= 0 or math.isinf(model):
            return False
        ratio = model / published
        match self.kind:
            case "relative":
                return abs(ratio - 1) <= self.limit * (1 + ROUNDING)
            case "factor":
                return 1 / self.limit <= ratio <= self.limit
        return abs(math.log10(ratio)) <= self.limit

    def __str__(self) -> str:
        match self.kind:
            case "relative":
                return f"{100 * self.limit:g} %"
            case "factor":
                return f"x{self.limit:g}"
            case "decades":
                return f"|log10| {self.limit:g}"
            case "absolute":
                return f"+-{self.limit:g} {self.unit}".rstrip()
        return "same sign"


def relative(share: float) -> Tolerance:
    """Within this share of the published value: 0.1 is 10 %."""
    return Tolerance("relative", share)


def factor(limit: float) -> Tolerance:
    """Between 1/limit and limit times the published value."""
    return Tolerance("factor", limit)


def decades(limit: float) -> Tolerance:
    """Ratio within this many decades: times to short are scored so."""
    return Tolerance("decades", limit)


def absolute(limit: float, unit: str) -> Tolerance:
    """Difference within ``limit`` [unit]."""
    return Tolerance("absolute", limit, unit)


@dataclass(frozen=True)
class Row:
    """One published figure.

    Attributes
    ----------
    quantity : str
        What it is, with the conditions.
    published : float
    unit : str
    source : str
        Paper and year.
    how : str
        How it was read: one cell, read off a figure, table, computed.
    model : callable
        Returns the model's figure in ``unit``; called once per validation.
    tolerance : Tolerance or None
        None: shown for comparison, not scored (a second laboratory, a figure that contradicts another).
    use : Use
    """

    quantity: str
    published: float
    unit: str
    source: str
    how: str
    model: Callable[[], float]
    tolerance: Tolerance | None
    use: Use = "calibrated"


@dataclass(frozen=True)
class Scored:
    """A row with the model's figure."""

    row: Row
    model: float

    @property
    def ratio(self) -> float | None:
        """Model over published; None where that means nothing."""
        return self.model / self.row.published if self.row.published else None

    @property
    def verdict(self) -> str:
        """``within``, ``MISS``, or ``-`` where nothing is scored."""
        if self.row.tolerance is None:
            return "-"
        return "within" if self.row.tolerance.holds(self.model, self.row.published) else "MISS"


@dataclass(frozen=True)
class Group:
    """Rows that belong together.

    ``note`` is what a reader should know beside the table: contradictions, what a miss means. ``draw`` returns a
    matplotlib figure of the scored rows; the default sets model against published.
    """

    name: str
    title: str
    rows: Callable[[], Sequence[Row]]
    note: str = ""
    draw: Callable[[Sequence[Scored]], Any] | None = None

    def scored(self) -> list[Scored]:
        """Every row with the model's figure."""
        return [Scored(row, float(row.model())) for row in self.rows()]
