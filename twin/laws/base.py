"""What laws share: constants, Arrhenius, and how a law asks for its parameters.

A law takes ``of``, which gives a parameter by its name: `twin.submodels.base.parameter` for symbols, a dictionary's
lookup for numbers. So the same line of code is the submodel's equation and the experiment's figure.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# As PyBaMM has them, digit by digit: a law gives a submodel the same bits.
R = 8.31446261815324  # J.mol-1.K-1
F = 96485.33212331001  # C.mol-1

Of = Callable[[str], Any]
"""Gives a parameter by its name with unit."""


def numbers(values: Mapping[str, float]) -> Of:
    """Look parameters up in ``values``."""
    return values.__getitem__


def arrhenius(energy: Any, T: Any, of: Of) -> Any:
    """exp(-E/R (1/T - 1/T_ref)) [1] for a rate with activation ``energy`` [J.mol-1] at ``T`` [K]."""
    return np.exp(energy / R * (1 / of("Reference temperature [K]") - 1 / T))
