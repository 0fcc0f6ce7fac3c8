"""The critical stripping current, found by cycling an interface in the twin."""

from typing import Any

import numpy as np

from twin.experiments.interface import cycle

LEAST_CONTACT, LARGEST_FALL = 0.9, 1e-3
CRITERION = (
    f"Criterion: over the cycles, contact at the end of stripping stays at {LEAST_CONTACT:g} or more and is never "
    f"lower than in the cycle before by more than {LARGEST_FALL:g}."
)
RANGE = (1e-3, 1e3)  # mA/cm2, of the search
CANDIDATES = 24
ROUNDS = 4  # each narrows the range to two of its 23 intervals: a ten-millionth of its decades in the end


def holds(contact: Any) -> Any:
    """Whether contact [cycles, n] does not keep falling, shape (n,)."""
    falls = contact[:-1] - contact[1:]
    return (contact.min(axis=0) >= LEAST_CONTACT) & (falls.max(axis=0, initial=0.0) <= LARGEST_FALL)


def critical_stripping(
    values: dict[str, float], refill: str, pressures: Any, T: float, half_cycle: Any, cycles: int
) -> Any:
    """Largest density [mA/cm2] that holds at each of ``pressures`` [Pa]; 0 where none of `RANGE` does, inf where all.

    ``half_cycle`` is a function of the density [mA/cm2] that gives the half cycle's length [s].
    """
    P = np.asarray(pressures, float)
    low, high = np.full(P.shape, np.log(RANGE[0])), np.full(P.shape, np.log(RANGE[1]))
    unbounded = np.zeros(P.shape, bool)
    for i in range(ROUNDS):
        logs = np.linspace(low, high, CANDIDATES)
        j = np.exp(logs)
        cycled = cycle(values, refill, 10 * j, P, T, half_cycle(j), cycles)
        fine = holds(cycled.contact)
        # The first candidate that fails bounds the range, whatever holds beyond it.
        first = np.where(fine.all(axis=0), CANDIDATES, np.argmin(fine, axis=0))
        if i == 0:
            unbounded = first == CANDIDATES
        at = np.clip(first, 1, CANDIDATES - 1)
        low, high = (np.take_along_axis(logs, (at - back)[None], axis=0)[0] for back in (1, 0))
        none = first == 0
        low = np.where(none, logs[0], low)
        high = np.where(none, logs[0], high)
    return np.where(unbounded, np.inf, np.where(first == 0, 0.0, np.exp(low)))
