"""Where a parameter's value makes sense at all: bounds by name, for whoever sets values by PyBaMM's names.

A bound here is wider than an `Entry`'s range, which says what a material may be: beyond a bound, formulas fail.
"""

import math
import re
from typing import NamedTuple


class Bound(NamedTuple):
    """An interval; its lower end belongs to it unless ``above`` is set."""

    low: float
    high: float = math.inf
    above: bool = False

    def holds(self, value: float) -> bool:
        """Whether ``value`` is within; NaN never is."""
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        """In words."""
        if self.high < math.inf:
            return f"from {self.low:g} to {self.high:g}"
        return f"above {self.low:g}" if self.above else f"at least {self.low:g}"


POSITIVE, NOT_NEGATIVE, SHARE, COUNT = Bound(0, above=True), Bound(0), Bound(0, 1), Bound(1)

_RULES: tuple[tuple[str, Bound | None], ...] = (
    # Signed: a sign is a direction, or the zero is a convention.
    (r"^(Actuator position|Current function|Extra thickness|Supply pressure) \[", None),
    (r"(cut-off|potential) \[V\]$|thermal expansion coefficient", None),
    (r"^Cell Poisson's ratio$", Bound(0, 0.5)),
    (r"^Number of ", COUNT),
    # Zero is a cell without it.
    (r"^Initial .*\[m\]$|^(Lithium foil thickness|Frame length|Spring length|Accumulator gas volume) \[", NOT_NEGATIVE),
    (r"^(Preload pressure|Initial contact pressure memory|Ambient pressure) \[", NOT_NEGATIVE),
    (r"(capacity|conductivity) fraction$|^Cell heat capacity", POSITIVE),  # over another: may be above 1
    (r"fraction|share$|stoichiometry|Supply valve opening", SHARE),
    # Divided by, or the root or logarithm taken of.
    (r"\[(K|m|m2|m3|s|Pa|N\.m-1|S\.m-1|m2\.s-1|kg\.m-3|mol\.m-3|m3\.mol-1|A\.h|A\.h\.kg-1|A\.m-2)\]$", POSITIVE),
    (r"", NOT_NEGATIVE),
)
"""Patterns of names, the first that matches decides."""


def bound_of(name: str) -> Bound | None:
    """The bound of the parameter called ``name``; None where any finite value makes sense."""
    return next(bound for pattern, bound in _RULES if re.search(pattern, name))


def refusal(name: str, value: float) -> str | None:
    """What is wrong with ``value`` for the parameter called ``name``: value and bound in one phrase, or None."""
    bound = bound_of(name)
    if math.isnan(value) or (bound is not None and not bound.holds(value)):
        return f"{name} = {value:g}: out of bounds; must be {bound or 'a number'}"
    return None
