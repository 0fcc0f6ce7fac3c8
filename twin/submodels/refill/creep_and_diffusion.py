"""Refill of the interface: vacancy diffusion, whatever the pressure, plus creep ~ P^n."""

from typing import Any

from twin.laws.refill import creep_and_diffusion
from twin.submodels.base import parameter


def refill(P: Any, T: Any) -> Any:
    """Largest stripping current density [A.m-2] the interface refills at pressure ``P`` [Pa]: 0.28 mA/cm2 at 5 MPa."""
    return creep_and_diffusion(P, T, parameter)
