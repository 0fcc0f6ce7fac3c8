"""Refill of the interface: a straight line through the two measured stripping limits."""

from typing import Any

from twin.laws.refill import linear
from twin.submodels.base import parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.60 mA/cm2 at 5 MPa."""
    return linear(P, T, parameter)
