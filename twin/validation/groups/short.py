"""Times to short of symmetric lithium cells."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from twin.experiments import run, time_to_short
from twin.validation.framework import Group, Row, Scored, decades

DOUX = "Doux 2020, 10.1002/aenm.201903253"
TIMES = ((10.0, 474.0), (20.0, 190.0))  # MPa, h


def rows() -> list[Row]:
    """At 75 uA/cm2, an hour either way, room temperature."""

    def hours(pressure: float) -> float:
        return run("time-to-short", pressure_MPa=pressure).value

    return [
        Row(
            f"time to short, {pressure:g} MPa, 75 uA/cm2, 1 h/1 h", published, "h", DOUX, "transcribed, one cell",
            partial(hours, pressure), decades(0.11),
        )
        for pressure, published in TIMES
    ]  # fmt: skip


def draw(_: Sequence[Scored]) -> Any:
    """The sum of the mechanisms, what a single power law would say, and the two cells."""
    from twin.experiments import figures

    figure, axes = figures.new()
    result = time_to_short(pressure_MPa=10.0, rest_hours=0)
    pressure, hours = (np.array(column) for column in result.series.values())
    axes.loglog(pressure, hours, color=figures.OKABE_ITO[0], label="plating and creep")
    (p1, t1), (p2, t2) = TIMES
    single = t1 * (pressure / p1) ** (math.log(t2 / t1) / math.log(p2 / p1))
    axes.loglog(pressure, single, color=figures.OKABE_ITO[1], linestyle="--", label="one power law,\nnot used")
    axes.loglog(*zip(*TIMES, strict=True), "o", color="black", label="Doux 2020")
    axes.set(xlabel="Pressure [MPa]", ylabel="Time under current [h]", ylim=(1e-3, 1e5))
    figures.plain(axes.xaxis)
    figures.legend(axes)
    return figure


NOTE = (
    "Two prefactors through two points: the rows check the arithmetic, not the law. What the law says elsewhere rests "
    "on the exponents, one of plating and one of creep, which come from the mechanisms."
)
GROUP = Group("short", "Mechanical short", rows, NOTE, draw)
