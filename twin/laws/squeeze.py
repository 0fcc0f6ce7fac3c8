"""Metal between plates: how much of the pressure makes it flow out at the rim."""

from typing import Any

import numpy as np

from twin.laws.creep import creep_rate
from twin.laws.metals import Metal


def flow_stress(pressure: Any, radius: Any, thickness: Any) -> Any:
    """Uniaxial stress [Pa] that a mean ``pressure`` on a sticking disc leaves: p / (1 + 2 R / (3 sqrt(3) h)).

    The friction hill of plastic upsetting (Siebel 1923, sticking: friction at the shear yield stress): a thin wide film
    is held by its faces, and flows as if it were pulled far less. ``radius`` and ``thickness`` in [m].
    """
    return pressure / (1 + 2 * radius / (3 * np.sqrt(3.0) * thickness))


def thinning_rate(metal: Metal, pressure: Any, radius: Any, thickness: Any, T: Any) -> Any:
    """Thickness lost per time by a film with an open rim [m.s-1], ``T`` in [K]."""
    return thickness * creep_rate(metal, flow_stress(pressure, radius, thickness), T)
