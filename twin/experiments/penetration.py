"""Time until a separator is bridged: an interface cycled until its contact repeats, then carried on at that rate."""

import math
from typing import Any

import numpy as np

from twin.experiments.interface import cycle
from twin.laws import short
from twin.laws.base import numbers

SETTLING = 8  # cycles simulated one by one; contact repeats, or is lost, within them
LONGEST = 1e5  # h; eleven years: beyond it no law here says anything


def time_to_short(
    values: dict[str, float], refill: str, density: Any, P: Any, T: float, half_cycle: float, resting: float
) -> Any:
    """Hours under current [h] until bridged: 0 dead before plating, inf never; shape of ``density`` and ``P`` together.

    ``density`` [mA/cm2], ``P`` [Pa] and ``T`` [K] are held, ``half_cycle`` [h] is the length of each, ``resting`` [h]
    is spent under pressure before the first current.
    """
    j, P = np.broadcast_arrays(np.asarray(density, float), np.asarray(P, float))
    before = np.asarray(short.penetration_rate(P, 0.0, T, numbers(values))) * resting * 3600
    per_cycle = cycle(values, refill, 10 * j.ravel(), P.ravel(), T, half_cycle * 3600, SETTLING).penetrated
    found = [_hours(start, share, 2 * half_cycle) for start, share in zip(before.ravel(), per_cycle.T, strict=True)]
    return np.array(found).reshape(j.shape)


def _hours(crossed: float, per_cycle: Any, length: float) -> float:
    """Hours until ``crossed`` reaches one; within a cycle the way is taken as even."""
    if crossed >= 1.0:
        return 0.0
    for n, share in enumerate(per_cycle):
        if crossed + share >= 1.0:
            return float((n + (1.0 - crossed) / share) * length)
        crossed += share
    rest = (1.0 - crossed) / per_cycle[-1] if per_cycle[-1] > 0 else math.inf
    total = (len(per_cycle) + rest) * length
    return float(total) if total <= LONGEST else math.inf
