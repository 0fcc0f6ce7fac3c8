"""Refill of the interface: a power law of pressure through the two measured stripping limits."""

from typing import Any

from twin.laws.refill import power_law
from twin.submodels.base import parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.53 mA/cm2 at 5 MPa."""
    return power_law(P, T, parameter)
