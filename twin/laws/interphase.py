"""The interphase where a sulfide meets carbon above its oxidation limit: grows on the first charge, then stops itself.

dz/dt = v exp(-z/z_0) above the limit: the products conduct no electrons, so growth dies with the tunnelling length z_0
(inverse-logarithmic growth, Cabrera and Mott 1949). Charge is lost in proportion to the film's volume, its thickness
times the surface of carbon: sixty times more carbon surface, sixty times more charge (review, section 2.2).
"""

from typing import Any

import numpy as np

from twin.laws.base import F, Of


def growth_rate(z: Any, potential: Any, of: Of) -> Any:
    """dz/dt [m.s-1] of a film ``z`` [m] thick at ``potential`` [V] against lithium; none below the oxidation limit."""
    above = 0.5 * (1 + np.tanh((potential - of("Electrolyte oxidation potential [V]")) / SHARPNESS))
    return of("Interphase growth rate [m.s-1]") * np.exp(-z / of("Interphase tunnelling length [m]")) * above


SHARPNESS = 0.05  # V; the limit as a smooth step


def charge_per_film(of: Of) -> Any:
    """Charge [C.m-3] per electrode area and film thickness: electrons of the electrolyte times carbon's surface [1]."""
    return (
        F * of("Electrons per oxidised electrolyte") / of("Electrolyte molar volume [m3.mol-1]") * of("Carbon surface")
    )


def resistance(z: Any, active_surface: Any, of: Of) -> Any:
    """Resistance [Ohm.m2] per electrode area of a film on ``active_surface`` [1], both per electrode area."""
    return z / (of("Interphase conductivity [S.m-1]") * active_surface)
