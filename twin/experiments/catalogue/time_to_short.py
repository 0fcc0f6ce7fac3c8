"""How long a separator holds under pressure and current."""

from typing import Any

import numpy as np
from pydantic import Field

from twin.experiments import figures
from twin.experiments.fields import (
    ZERO_CELSIUS,
    Density,
    HalfCycle,
    MaybeCapacity,
    OnMetal,
    Pressure,
    RefillLaw,
    Thickness,
    half_cycle_hours,
)
from twin.experiments.framework import Experiment, Found, Result
from twin.experiments.materials import scaling, values_of
from twin.experiments.penetration import LONGEST, time_to_short

SPREAD = np.geomspace(0.1, 10, 33)


class TimeToShort(OnMetal):
    """A symmetric cell cycled at held pressure until it shorts."""

    pressure_MPa: Pressure = 10.0
    current_density_mA_per_cm2: Density = 0.075
    half_cycle_hours: HalfCycle = 1.0
    areal_capacity_mAh_per_cm2: MaybeCapacity = None
    electrolyte_um: Thickness = 500.0
    rest_hours: float = Field(1.0, ge=0, le=1e4, description="time under pressure before the first current [h]")
    refill: RefillLaw = "creep_and_diffusion"


def run(given: TimeToShort) -> Found:
    """The time at the pressure asked for, and over two decades around it."""
    values = values_of(given.metal, given.electrolyte, given.electrolyte_um)
    density, T = given.current_density_mA_per_cm2, given.temperature_C + ZERO_CELSIUS
    length = half_cycle_hours(density, given.half_cycle_hours, given.areal_capacity_mAh_per_cm2)
    pressures = np.unique(np.append(given.pressure_MPa * SPREAD, given.pressure_MPa))
    hours = time_to_short(values, given.refill, density, pressures * 1e6, T, length, given.rest_hours)
    return Found(
        hours[np.argmin(np.abs(pressures - given.pressure_MPa))],
        {"Pressure [MPa]": pressures, "Time to short [h]": hours},
        (
            "Three mechanisms add: plating pushes metal into the separator (linear in pressure and charge), the metal "
            "creeps into it (its power law of stress), and above 2.0 mA/cm2 a crack runs.",
            "Two prefactors from two cells: 474 h at 10 MPa and 190 h at 20, 75 uA/cm2 (Doux 2020); exponents from the "
            "mechanisms. One cell each: expect a factor of 2 to 3.",
            "Voids left by stripping concentrate the current when plating; the time is simulated cycle by cycle until "
            "contact repeats, then carried on at that rate.",
            f"Creep during {given.rest_hours:g} h at pressure before the first current counts: where it bridges alone, "
            f"the time is 0. Beyond {LONGEST:g} h it is given as infinite.",
            "Temperature speeds creep alone; what it does to plating and cracks is not known.",
            "Time goes with the separator's thickness; the published pellets are taken as 0.5 mm. The electrolyte's "
            "own toughness is left out.",
            *scaling(given.metal),
        ),
    )


def draw(result: Result) -> Any:
    """Both axes logarithmic; infinite and zero times have no point."""
    figure, axes = figures.new()
    pressures, times = (np.array(column) for column in result.series.values())
    shown = np.isfinite(times) & (times > 0)
    axes.loglog(pressures[shown], times[shown], color=figures.OKABE_ITO[0])
    if 0 < result.value < np.inf:
        axes.plot([result.parameters["pressure_MPa"]], [result.value], "o", color=figures.OKABE_ITO[1])
    axes.set(xlabel="Pressure [MPa]", ylabel="Time under current until bridged [h]")
    figures.plain(axes.xaxis)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "time-to-short",
    "hours under current, both half cycles counted, until the separator is bridged",
    "h",
    TimeToShort,
    run,
    draw,
)
