"""One metal interface through half cycles of stripping and plating, by the same laws as the cell model.

What a symmetric cell does to each of its sides, without the rest of the cell: pressure and temperature are held, the
current is a square wave. Many interfaces advance at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.laws import short, voids
from twin.laws.base import F, Of, numbers
from twin.laws.refill import LAWS

STEPS = 120  # per half cycle; halving the step moves a critical current density by less than 0.2 %


@dataclass(frozen=True)
class Cycled:
    """What an interface did, one entry per cycle and column per interface.

    ``contact`` is what is left when stripping ends [1]; ``penetrated`` the share of the separator crossed per cycle
    [1], on the side that strips first.
    """

    contact: Any
    penetrated: Any


def cycle(values: dict[str, float], refill: str, j: Any, P: Any, T: float, half_cycle: Any, cycles: int) -> Cycled:
    """Strip and plate at ``j`` [A.m-2] (shapes broadcast), ``P`` [Pa], ``T`` [K] for ``half_cycle`` [s] each.

    The void's equation is stepped with its linear part, closing, exactly (exponential Euler).
    """
    of: Of = numbers(values)
    j, P = np.broadcast_arrays(np.asarray(j, float), np.asarray(P, float))
    per_charge = values["Lithium metal partial molar volume [m3.mol-1]"] / F
    limit = LAWS[refill.replace("_", " ")](P, T, of)
    closing = np.maximum(voids.closing_rate(P, T, of), 1e-30)
    h = half_cycle / STEPS
    kept = np.exp(-closing * h)
    gained = (1 - kept) / closing * per_charge
    void = np.zeros(j.shape)
    contacts, crossed = [], []
    for _ in range(cycles):
        share = np.zeros(j.shape)
        for current in (j, -j):
            for _ in range(STEPS):
                contact = voids.contact_fraction(void, of)
                share = share + short.penetration_rate(P, -current / contact, T, of) * h
                void = np.maximum(kept * void + gained * voids.opening_current_density(current, contact, limit), 0.0)
            if current is j:
                contacts.append(voids.contact_fraction(void, of))
        crossed.append(share)
    return Cycled(np.array(contacts), np.array(crossed))
