"""Pressure policies: what a press is asked for while a cell is charged and discharged.

Stripping wants pressure, or voids open; plating wants little, or the separator is crossed sooner. A policy takes the
current density [mA/cm2], positive on discharge, which strips, and gives the pressure [MPa].
"""

from collections.abc import Callable
from typing import Literal

from twin.laws.base import numbers
from twin.laws.refill import LAWS

Policy = Callable[[float], float]
Name = Literal["constant", "two-level", "window-following"]
MARGIN = 1.1  # of the current density over the one the pressure is chosen for


def constant(pressure: float) -> Policy:
    """The same ``pressure`` [MPa] always."""
    return lambda _: pressure


def two_level(stripping: float, plating: float) -> Policy:
    """One pressure [MPa] while stripping, another while plating and at rest."""
    return lambda density: stripping if density > 0 else plating


def window_following(values: dict[str, float], refill: str, T: float, least: float, most: float) -> Policy:
    """While stripping the least pressure [MPa] that refills the interface, a tenth to spare, else ``least``.

    Bounded by ``least`` and ``most`` [MPa], the window; ``T`` [K].
    """
    of, law = numbers(values), LAWS[refill.replace("_", " ")]

    def policy(density: float) -> float:
        low, high = least, most
        for _ in range(60):
            middle = (low + high) / 2
            enough = law(middle * 1e6, T, of) >= 10 * MARGIN * max(density, 0.0)
            low, high = (low, middle) if enough else (middle, high)
        return high

    return lambda density: policy(density) if density > 0 else least


def chosen(name: Name, values: dict[str, float], refill: str, T: float, pressure: float, low_pressure: float) -> Policy:
    """The policy called ``name``: ``pressure`` [MPa] is what constant holds and the others have at most."""
    match name:
        case "constant":
            return constant(pressure)
        case "two-level":
            return two_level(pressure, low_pressure)
    return window_following(values, refill, T, low_pressure, pressure)
