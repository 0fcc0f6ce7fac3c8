"""How fast a metal can be stripped before its contact keeps falling."""

from typing import Any

import numpy as np
from pydantic import Field

from twin.experiments import figures
from twin.experiments.fields import (
    ZERO_CELSIUS,
    Cycles,
    HalfCycle,
    MaybeCapacity,
    OnMetal,
    Pressure,
    RefillLaw,
    half_cycle_hours,
)
from twin.experiments.framework import Experiment, Found, Result
from twin.experiments.materials import scaling, values_of
from twin.experiments.stripping import CRITERION, critical_stripping

SPREAD = np.geomspace(0.25, 4, 17)


class CriticalStrippingCurrent(OnMetal):
    """A symmetric cell cycled at held pressure."""

    pressure_MPa: Pressure = 5.0
    half_cycle_hours: HalfCycle = 1.0
    areal_capacity_mAh_per_cm2: MaybeCapacity = None
    cycles: Cycles = 10
    refill: RefillLaw = "creep_and_diffusion"
    void_um: float = Field(1.0, ge=0.1, le=10, description="void volume per area that leaves 1/e of the contact [um]")


def run(given: CriticalStrippingCurrent) -> Found:
    """Cycle many densities at once, narrow down, and do the same at pressures around the one asked for."""
    values = values_of(given.metal, given.electrolyte)
    values["Void depth [m]"] = given.void_um * 1e-6
    pressures = np.unique(np.append(given.pressure_MPa * SPREAD, given.pressure_MPa))

    def length(density: Any) -> Any:
        hours = half_cycle_hours(density, given.half_cycle_hours, given.areal_capacity_mAh_per_cm2)
        return 3600.0 * np.asarray(hours)

    found = critical_stripping(
        values, given.refill, pressures * 1e6, given.temperature_C + ZERO_CELSIUS, length, given.cycles
    )
    return Found(
        found[np.argmin(np.abs(pressures - given.pressure_MPa))],
        {"Pressure [MPa]": pressures, "Critical stripping current density [mA.cm-2]": found},
        (
            CRITERION,
            f"Simulated: {given.cycles} cycles of stripping and plating at each density, by the cell model's laws.",
            f"Refill law {given.refill!r} through 0.2 mA/cm2 at 3 MPa and 1.0 at 7 (Kasemchainan 2019); between and "
            "beyond them the three laws differ (0.28, 0.53, 0.60 at 5 MPa).",
            "Temperature enters by lithium's creep, 37 kJ/mol, alone.",
            "The electrolyte is taken not to matter: refill is the metal's, adhesion is left out.",
            *scaling(given.metal),
        ),
    )


def draw(result: Result) -> Any:
    """Both axes logarithmic, the asked-for point marked."""
    figure, axes = figures.new()
    x, y = result.series.values()
    axes.loglog(x, y, color=figures.OKABE_ITO[0])
    axes.plot([result.parameters["pressure_MPa"]], [result.value], "o", color=figures.OKABE_ITO[1])
    axes.set(xlabel="Pressure [MPa]", ylabel="Critical stripping current density [mA/cm²]")
    figures.plain(axes.xaxis)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "critical-stripping-current",
    "largest density at which contact does not keep falling over repeated half cycles",
    "mA/cm2",
    CriticalStrippingCurrent,
    run,
    draw,
)
