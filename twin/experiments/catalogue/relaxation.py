"""What creep leaves of a stress at fixed extension."""

import numpy as np
from pydantic import Field

from twin.experiments.fields import ZERO_CELSIUS, Hours, OfMetal
from twin.experiments.framework import Experiment, Found
from twin.laws.creep import relaxed_stress
from twin.laws.metals import metal


class Relaxation(OfMetal):
    """A specimen pulled to a stress, then held at that length."""

    stress_MPa: float = Field(0.5, gt=0, le=100, description="stress at the start [MPa]")
    strain_percent: float | None = Field(
        None, gt=0, le=20, description="elastic extension at the start; given, it sets the stress [%]"
    )
    hours: Hours = 1.0


def run(given: Relaxation) -> Found:
    """The closed solution, at the time asked for and on the way there."""
    found, T = metal(given.metal), given.temperature_C + ZERO_CELSIUS
    hours = given.hours * np.concatenate([[0.0], np.logspace(-4, 0, 41)])
    modulus = found.youngs_modulus
    start = given.stress_MPa * 1e6 if given.strain_percent is None else modulus.value * given.strain_percent / 100
    left = relaxed_stress(found, start, hours * 3600, T) / 1e6
    return Found(
        left[-1],
        {"Time [h]": hours, "Stress [MPa]": left},
        (
            f"Elastic strain turns into creep: modulus {modulus.value / 1e9:g} GPa ({modulus.source}), steady rates as "
            "by creep-rate.",
            "Primary creep, which relaxes faster at first, is left out; so is the give of the machine, which slows it.",
        ),
    )


EXPERIMENT = Experiment("relaxation", "stress left after a time at fixed extension", "MPa", Relaxation, run)
