"""Largest stripping current density that lithium refills behind: flux balance J < J_diffusion + J_creep(P).

Two limits are measured, 0.2 mA/cm2 at 3 MPa and 1.0 at 7 (Kasemchainan 2019); three laws pass through both. Between and
beyond them they differ, and nobody knows which holds: 0.53, 0.28 and 0.60 mA/cm2 at 5 MPa, 0.02, 0.20 and 0 at 1 MPa.
All take ``P`` [Pa] and ``T`` [K] and give [A.m-2]; temperature enters as for lithium's creep (LePage 2019).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from twin.laws.base import Of, arrhenius


def _points(of: Of) -> tuple[Any, Any, Any, Any]:
    """Pressures [Pa] and limits [A.m-2] of the two measured points."""
    return (
        of("Lower pressure of stripping limit [Pa]"),
        of("Higher pressure of stripping limit [Pa]"),
        of("Stripping limit at lower pressure [A.m-2]"),
        of("Stripping limit at higher pressure [A.m-2]"),
    )


def _warmed(T: Any, of: Of) -> Any:
    return arrhenius(of("Lithium creep activation energy [J.mol-1]"), T, of)


def power_law(P: Any, T: Any, of: Of) -> Any:
    """A power of pressure through the two points: a fit, exponent 1.9."""
    low, high, j_low, j_high = _points(of)
    exponent = np.log(j_high / j_low) / np.log(high / low)
    return j_low * (np.maximum(P, 1.0) / low) ** exponent * _warmed(T, of)


def creep_and_diffusion(P: Any, T: Any, of: Of) -> Any:
    """Vacancy diffusion, whatever the pressure, plus creep ~ P^n with lithium's measured exponent."""
    low, high, j_low, j_high = _points(of)
    n = of("Lithium creep exponent")
    ratio = (low / high) ** n
    creep = (j_high - j_low) / (1 - ratio)
    diffusion = j_low - creep * ratio
    return (diffusion + creep * (np.maximum(P, 0.0) / high) ** n) * _warmed(T, of)


def linear(P: Any, T: Any, of: Of) -> Any:
    """A straight line through the two points; nothing below 2 MPa."""
    low, high, j_low, j_high = _points(of)
    line = j_low + (j_high - j_low) * (P - low) / (high - low)
    return np.maximum(line, 0.0) * _warmed(T, of)


LAWS: dict[str, Callable[[Any, Any, Of], Any]] = {
    "power law": power_law,
    "creep and diffusion": creep_and_diffusion,
    "linear": linear,
}
"""Laws by the value of the model's option "refill"."""
