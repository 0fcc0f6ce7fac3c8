"""Refill of the interface: vacancy diffusion, whatever the pressure, plus creep ~ P^n."""

from typing import Any

import pybamm

from twin.submodels.base import arrhenius, parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.28 mA/cm2 at 5 MPa."""
    low, high = (parameter(f"{w} pressure of stripping limit [Pa]") for w in ("Lower", "Higher"))
    j_low, j_high = (parameter(f"Stripping limit at {w} pressure [A.m-2]") for w in ("lower", "higher"))
    n = parameter("Lithium creep exponent")
    ratio = (low / high) ** n
    creep = (j_high - j_low) / (1 - ratio)
    diffusion = j_low - creep * ratio
    return (diffusion + creep * (pybamm.maximum(P, 0.0) / high) ** n) * arrhenius(
        parameter("Lithium creep activation energy [J.mol-1]"), T
    )
