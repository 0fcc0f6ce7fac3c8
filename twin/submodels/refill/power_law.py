"""Refill of the interface: a power law of pressure through the two measured stripping limits."""

from typing import Any

import pybamm

from twin.submodels.base import arrhenius, parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.53 mA/cm2 at 5 MPa."""
    low, high = (parameter(f"{w} pressure of stripping limit [Pa]") for w in ("Lower", "Higher"))
    j_low, j_high = (parameter(f"Stripping limit at {w} pressure [A.m-2]") for w in ("lower", "higher"))
    exponent = pybamm.log(j_high / j_low) / pybamm.log(high / low)
    return (
        j_low
        * (pybamm.maximum(P, 1.0) / low) ** exponent
        * arrhenius(parameter("Lithium creep activation energy [J.mol-1]"), T)
    )
