"""Refill of the interface: a straight line through the two measured stripping limits."""

from typing import Any

import pybamm

from twin.submodels.base import arrhenius, parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.60 mA/cm2 at 5 MPa."""
    low, high = (parameter(f"{w} pressure of stripping limit [Pa]") for w in ("Lower", "Higher"))
    j_low, j_high = (parameter(f"Stripping limit at {w} pressure [A.m-2]") for w in ("lower", "higher"))
    line = j_low + (j_high - j_low) * (P - low) / (high - low)
    return pybamm.maximum(line, 0.0) * arrhenius(parameter("Lithium creep activation energy [J.mol-1]"), T)
