"""How fast a metal creeps in tension."""

import numpy as np
from pydantic import Field

from twin.experiments.fields import ZERO_CELSIUS, OfMetal
from twin.experiments.framework import Experiment, Found, Result
from twin.laws.creep import creep_rate
from twin.laws.metals import metal


class CreepRate(OfMetal):
    """What is pulled, how hard, and how warm it is."""

    stress_MPa: float = Field(0.4, ge=0, le=100, description="uniaxial stress [MPa]")


def run(given: CreepRate) -> Found:
    """The law at the stress asked for, and over a decade around it."""
    found, T = metal(given.metal), given.temperature_C + ZERO_CELSIUS
    at = creep_rate(found, given.stress_MPa * 1e6, T)
    stress = max(given.stress_MPa, 1e-3) * np.logspace(-0.5, 0.5, 41)
    low, high = found.yield_stress.low / 1e6, found.yield_stress.high / 1e6
    return Found(
        at,
        {"Stress [MPa]": stress, "Creep rate [s-1]": creep_rate(found, stress * 1e6, T)},
        (
            f"Norton's law: exponent {found.creep_exponent.value:g} ({found.creep_exponent.source}), activation energy "
            f"{found.creep_energy.value / 1e3:g} kJ/mol ({found.creep_energy.source}).",
            f"Rate at 1 MPa and 25 C: {found.creep_rate.value:g} 1/s ({found.creep_rate.source}).",
            "Steady state in uniaxial tension; a film held between plates flows more slowly.",
            f"Yield is at {low:g} to {high:g} MPa; above it the law is an extrapolation.",
        ),
    )


def draw(result: Result) -> object:
    """Both axes logarithmic, the asked-for point marked."""
    from twin.experiments import figures

    figure, axes = figures.new()
    axes.loglog(result.series["Stress [MPa]"], result.series["Creep rate [s-1]"], color=figures.OKABE_ITO[0])
    if result.value > 0:
        axes.plot([result.parameters["stress_MPa"]], [result.value], "o", color=figures.OKABE_ITO[1])
    axes.set(xlabel="Stress [MPa]", ylabel="Creep rate [1/s]")
    figures.plain(axes.xaxis)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment("creep-rate", "steady strain rate of the metal in tension", "1/s", CreepRate, run, draw)
