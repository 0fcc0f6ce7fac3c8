"""Creep of lithium and sodium in uniaxial tension, and what it leaves of a stress at fixed extension.

rate = A (stress / 1 MPa)^n exp(-Q/R (1/T - 1/298.15 K)): Norton's law with the measured exponent of each metal. It
holds where dislocation creep does: for lithium from -25 to 125 C (LePage 2019), for sodium near room temperature
(Wang 2020). A film between stiff plates is held by friction and flows more slowly than these rates.
"""

from typing import Any

import numpy as np

from twin.laws.metals import REFERENCE_TEMPERATURE, Metal, R

MPA = 1e6


def arrhenius(energy: Any, T: Any) -> Any:
    """exp(-E/R (1/T - 1/298.15 K)) [1] for ``energy`` [J.mol-1] at ``T`` [K]."""
    return np.exp(energy / R * (1 / REFERENCE_TEMPERATURE - 1 / T))


def creep_rate(metal: Metal, stress: Any, T: Any) -> Any:
    """Steady tensile strain rate [s-1] at ``stress`` [Pa] >= 0 and ``T`` [K]."""
    return (
        metal.creep_rate.value * (stress / MPA) ** metal.creep_exponent.value * arrhenius(metal.creep_energy.value, T)
    )


def stress_at(metal: Metal, rate: Any, T: Any) -> Any:
    """Stress [Pa] at which the metal creeps at ``rate`` [s-1]: the inverse of `creep_rate`."""
    return MPA * (rate / creep_rate(metal, MPA, T)) ** (1 / metal.creep_exponent.value)


def relaxed_stress(metal: Metal, stress: Any, seconds: Any, T: Any) -> Any:
    """Stress [Pa] left of ``stress`` [Pa] after ``seconds`` at fixed extension.

    Elastic strain turns into creep: ds/dt = -E rate(s), whose solution is
    s^(1-n) = s0^(1-n) + (n - 1) E B t with rate = B s^n.
    """
    n = metal.creep_exponent.value
    # Written so that no power of the stress overflows: with k = (n - 1) E rate(s0) t / s0, s = s0 (1 + k)^(-1/(n-1)).
    k = (n - 1) * metal.youngs_modulus.value * creep_rate(metal, stress, T) * seconds / stress
    return stress * (1 + k) ** (-1 / (n - 1))
