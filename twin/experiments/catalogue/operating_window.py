"""Between voids and shorts: where a metal anode can be run."""

from typing import Any

import numpy as np
from pydantic import Field

from twin.experiments import figures
from twin.experiments.fields import (
    ZERO_CELSIUS,
    Cycles,
    HalfCycle,
    OnMetal,
    RefillLaw,
    Thickness,
)
from twin.experiments.framework import Experiment, Found, Result
from twin.experiments.materials import scaling, values_of
from twin.experiments.stripping import CRITERION, critical_stripping
from twin.laws import short
from twin.laws.base import numbers

PRESSURES = np.geomspace(0.1, 100, 61)  # MPa
DENSITIES = np.geomspace(0.05, 5, 41)  # mA/cm2; 1 is among them within rounding, and looked up exactly


class OperatingWindow(OnMetal):
    """A symmetric cell; what counts as long enough."""

    hours: float = Field(24.0, gt=0, le=1e5, description="time under current that it must not short within [h]")
    half_cycle_hours: HalfCycle = 1.0
    electrolyte_um: Thickness = 500.0
    cycles: Cycles = 10
    refill: RefillLaw = "creep_and_diffusion"
    current_density_mA_per_cm2: float = Field(
        1.0, gt=0, le=50, description="density at which the width is read [mA/cm2]"
    )


def run(given: OperatingWindow) -> Found:
    """Both edges over the current density."""
    values = values_of(given.metal, given.electrolyte, given.electrolyte_um)
    T = given.temperature_C + ZERO_CELSIUS
    limits = critical_stripping(
        values, given.refill, PRESSURES * 1e6, T, lambda _: given.half_cycle_hours * 3600.0, given.cycles
    )
    densities = np.unique(np.append(DENSITIES, given.current_density_mA_per_cm2))
    low = np.array([lower_edge(limits, j) for j in densities])
    high = np.array([upper_edge(values, j, T, given.hours) for j in densities])
    width = np.maximum(high - low, 0.0)
    at = int(np.argmin(np.abs(densities - given.current_density_mA_per_cm2)))
    return Found(
        width[at],
        {
            "Current density [mA.cm-2]": densities,
            "Voids below [MPa]": low,
            "Shorts above [MPa]": high,
            "Width [MPa]": width,
        },
        (
            f"Lower edge: the critical stripping current, simulated. {CRITERION}",
            f"Upper edge: the pressure at which a full-contact interface is bridged within {given.hours:g} h under "
            "current (time-to-short's laws); a longer life narrows the window.",
            f"Edges are sought between {PRESSURES[0]:g} and {PRESSURES[-1]:g} MPa; a density no pressure serves has a "
            "width of 0.",
            f"Refill law {given.refill!r}; the others move the lower edge where 3 to 7 MPa do not pin it.",
            *scaling(given.metal),
        ),
    )


def lower_edge(limits: Any, density: float) -> float:
    """Least pressure [MPa] whose limit [mA/cm2] is ``density``; the highest sought where none is."""
    enough = np.flatnonzero(limits >= density)
    if not len(enough):
        return float(PRESSURES[-1])
    i = enough[0]
    if i == 0 or limits[i - 1] <= 0 or not np.isfinite(limits[i]):
        return float(PRESSURES[i])
    x = np.log(limits[i - 1 : i + 1])
    return float(np.exp(np.interp(np.log(density), x, np.log(PRESSURES[i - 1 : i + 1]))))


def upper_edge(values: dict[str, float], density: float, T: float, hours: float) -> float:
    """Greatest pressure [MPa] at which full contact lasts ``hours``, 0 where none does."""
    of, low, high = numbers(values), 0.0, float(PRESSURES[-1])

    def lasts(pressure: float) -> bool:
        P, j = pressure * 1e6, 10 * density
        plating, resting = (float(short.penetration_rate(P, x, T, of)) for x in (j, 0.0))
        return (plating + resting) / 2 * hours * 3600 < 1.0

    if not lasts(low):
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if lasts(middle) else (low, middle)
    return low


def draw(result: Result) -> Any:
    """The map: voids below, shorts above, the window between."""
    figure, axes = figures.new()
    j, low, high, _ = (np.array(column) for column in result.series.values())
    bottom, top = PRESSURES[0], PRESSURES[-1]
    axes.fill_between(j, bottom, low, color=figures.OKABE_ITO[5], alpha=0.5, label="voids")
    axes.fill_between(j, np.maximum(high, bottom), top, color=figures.OKABE_ITO[1], alpha=0.5, label="shorts")
    axes.plot(j, low, color=figures.OKABE_ITO[0], label="stripping limit")
    axes.plot(j, np.maximum(high, bottom), color=figures.OKABE_ITO[1], linestyle="--", label="bridged in time")
    axes.set(xscale="log", yscale="log", xlabel="Current density [mA/cm²]", ylabel="Pressure [MPa]")
    axes.set(xlim=(j[0], j[-1]), ylim=(bottom, top))
    figures.plain(axes.xaxis)
    figures.plain(axes.yaxis)
    figures.legend(axes)
    density = result.parameters["current_density_mA_per_cm2"]
    axes.set_title(f"{figures.title(result)} at {density:g} mA/cm²", loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "operating-window",
    "width between voids and shorts at 1 mA/cm2",
    "MPa",
    OperatingWindow,
    run,
    draw,
)
