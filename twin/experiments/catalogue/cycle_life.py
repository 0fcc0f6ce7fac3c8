"""Cycles until a cell is worn out or shorts, under a pressure policy."""

import math
from typing import Any

from pydantic import Field

from twin.experiments import figures, policies
from twin.experiments.ageing import SHORT, Cycle
from twin.experiments.cycled import ASSUMED, CycledCell
from twin.experiments.fields import ZERO_CELSIUS, Pressure
from twin.experiments.framework import Experiment, Found, Result, progress

END = 0.8  # of the first cycle's capacity


class CycleLife(CycledCell):
    """A cell in a press, cycled until its end."""

    policy: policies.Name = Field("constant", description="what the press does while current flows")
    low_pressure_MPa: Pressure = Field(1.0, gt=0, le=500, description="while plating, for policies that change [MPa]")
    cycles: int = Field(300, ge=1, le=5000, description="cycles after which to give up [1]")


def run(given: CycleLife) -> Found:
    """Cycle until 80 % of the first discharge, a short, or the cycles are over."""
    cell = given.assembled()
    policy = policies.chosen(
        given.policy,
        cell.values,
        given.refill,
        given.temperature_C + ZERO_CELSIUS,
        given.pressure_MPa,
        given.low_pressure_MPa,
    )
    done: list[Cycle] = []
    state: list[str] = []
    for cycle in cell.cycles(given.current, policy, given.cycles):
        done.append(cycle)
        state.append(_state(cycle, done[0].capacity))
        progress(cycle.number / given.cycles)
        if state[-1] != "cycling":
            break
    ended = state[-1] != "cycling"
    return Found(
        len(done) - 1 if ended else math.inf,
        {
            "Cycle": [cycle.number for cycle in done],
            "Discharge capacity [mA.h.cm-2]": [1e3 * c.capacity / (given.area_cm2 * given.layers) for c in done],
            "Least lithium contact": [cycle.contact for cycle in done],
            "Cathode contact": [cycle.cathode_contact for cycle in done],
            "Separator crossed": [cycle.penetrated for cycle in done],
            "Mean pressure [MPa]": [cycle.pressure / 1e6 for cycle in done],
            "State": state,
        },
        (
            _end(state[-1], given.cycles),
            *ASSUMED,
            "Shorts: the laws of time-to-short, calibrated on two symmetric cells; on the lithium side only.",
            f"Refill law {given.refill!r}; what voids do to the separator on the next charge is included.",
            "The press follows its policy behind a lag of 2 s and has no friction.",
        ),
    )


def _state(cycle: Cycle, first: float) -> str:
    if cycle.ended == SHORT:
        return "short"
    return "80 % capacity" if cycle.ended or cycle.capacity < END * first else "cycling"


def _end(state: str, cycles: int) -> str:
    if state == "cycling":
        return f"Ended by neither within {cycles} cycles: the value is infinite."
    return f"Ended by: {state}; the value counts whole cycles before it."


def draw(result: Result) -> Any:
    """Capacity above, contact and separator below."""
    figure, axes = figures.new(2, 5.6)
    cycle = result.series["Cycle"]
    axes[0].plot(cycle, result.series["Discharge capacity [mA.h.cm-2]"], color=figures.OKABE_ITO[0])
    axes[0].set_ylabel("Discharge capacity\n[mAh/cm²]")
    axes[0].set_ylim(bottom=0)
    for i, name in enumerate(("Least lithium contact", "Cathode contact", "Separator crossed")):
        axes[1].plot(cycle, result.series[name], label=name, color=figures.OKABE_ITO[i], linestyle=figures.LINES[i])
    axes[1].set(xlabel="Cycle", ylabel="Share [1]", ylim=(-0.02, 1.02))
    figures.legend(axes[1])
    state = str(result.series["State"][-1])
    axes[0].set_title(f"{figures.title(result)}: {state}, {result.parameters['policy']}", loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "cycle-life", "whole cycles to 80 % capacity or to a short, whichever is first", "cycles", CycleLife, run, draw
)
