"""Shapes from which functions of state are made; written with numpy operations, so PyBaMM symbols pass through them."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

F = 96485.33212  # C.mol-1
R = 8.314462618  # J.mol-1.K-1


def clipped(x: Any, low: float, high: float) -> Any:
    """``x`` held within ``low`` and ``high``: a fit is not asked where it runs away."""
    return np.minimum(np.maximum(x, low), high)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)): nothing far below zero, ``x`` far above."""
    return np.log(1.0 + np.exp(x))


def rounded_polyline(points: Sequence[tuple[float, float]], width: float) -> Callable[[Any], Any]:
    """Straight lines through ``points``, their corners rounded; the first and last lines go on.

    Parameters
    ----------
    points : sequence of (x, y)
        In order of x, which lies within 0 and 1. The first is met exactly.
    width : float
        Half the length over which a corner turns; a corner is missed by ``width`` log 2 times its change of slope.

    Returns
    -------
    callable
        Analytic, so that it compiles into a stepper; its argument is held within -0.2 and 1.2.
    """
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    start, value = points[0]
    corners = [
        (x, (after - before) * width, float(softplus((start - x) / width)))
        for (x, _), (before, after) in zip(points[1:-1], pairwise(slopes), strict=True)
    ]

    def polyline(x: Any) -> Any:
        x = clipped(x, -0.2, 1.2)
        turned = sum(turn * (softplus((x - at) / width) - known) for at, turn, known in corners)
        return value + slopes[0] * (x - start) + turned

    return polyline


def exchange_current_density(half: float, activation_energy: float) -> Callable[[Any, Any], Any]:
    """A symmetric exchange-current density, ~ (sto (1 - sto))^1/2, as a function of stoichiometry and temperature [K].

    Parameters
    ----------
    half : float
        At half filling and 298.15 K [A.m-2].
    activation_energy : float
        [J.mol-1]
    """

    def exchange_current_density(sto: Any, T: Any) -> Any:
        """Exchange-current density [A.m-2]."""
        sto = clipped(sto, 1e-4, 1.0 - 1e-4)
        return half * 2.0 * (sto * (1.0 - sto)) ** 0.5 * np.exp(activation_energy / R * (1 / 298.15 - 1 / T))

    return exchange_current_density
