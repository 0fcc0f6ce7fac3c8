"""Resistance of a metal pressed on its electrolyte: falls with pressure, and remembers the highest it has seen.

On loading R = R_ref (P_ref/P)^n, a fit in two parameters to three published points less the pellet's own resistance
(Doux 2020). Spots once pressed flat unload elastically: a flattened contact's radius goes as the cube root of the load
(Hertz; Johnson, Contact Mechanics, 1985), so on unloading R grows as (P_m/P)^(1/3) from where loading left it. What was
made decays with a time constant of its own, assumed.
"""

from typing import Any

import numpy as np

from twin.laws.base import Of, arrhenius

LEAST_PRESSURE = 5e4  # Pa; below it the power law has no data


def interface_resistance(P: Any, P_m: Any, T: Any, of: Of) -> Any:
    """Resistance [Ohm.m2] of one interface at ``P`` [Pa], the contact remembering ``P_m`` [Pa], at ``T`` [K]."""
    pressed = np.maximum(P_m, LEAST_PRESSURE)
    below = np.maximum(pressed / np.maximum(P, LEAST_PRESSURE), 1.0)
    return (
        of("Contact resistance on first loading [Ohm.m2]")
        * (of("Reference pressure [Pa]") / pressed) ** of("Contact loading exponent")
        * below ** of("Contact unloading exponent")
        / arrhenius(of("Interface resistance activation energy [J.mol-1]"), T, of)
    )
