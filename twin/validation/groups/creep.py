"""Creep rates of lithium and sodium in tension."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from twin.experiments import run
from twin.laws.creep import creep_rate
from twin.laws.metals import METALS, REFERENCE_TEMPERATURE
from twin.validation.framework import Group, Row, Scored, factor

MASIAS = ((0.2, 2.00e-7), (0.396, 1.58e-5), (0.4, 1.34e-5), (0.4, 1.36e-5), (0.4, 1.72e-5))  # MPa, s-1
SODIUM = ((0.2, 0.53 * 0.2**5), (0.4, 0.53 * 0.4**5))


def rows() -> list[Row]:
    """Each tensile test of Masias 2019; sodium at two stresses of Wang's law."""

    def rate(metal: str, stress: float) -> float:
        return run("creep-rate", metal=metal, stress_MPa=stress).value

    lithium = [
        Row(
            f"lithium, {stress:g} MPa, 25 C", published, "1/s", "Masias 2019, Table S1", "transcribed, one specimen",
            partial(rate, "lithium", stress), factor(2.5),
        )
        for stress, published in MASIAS
    ]  # fmt: skip
    sodium = [
        Row(
            f"sodium, {stress:g} MPa, 25 C", published, "1/s", "Wang 2020", "the published fit",
            partial(rate, "sodium", stress), factor(2.5), "input",
        )
        for stress, published in SODIUM
    ]  # fmt: skip
    return lithium + sodium


def draw(scored: Sequence[Scored]) -> Any:
    """The laws as lines, the published figures as points."""
    from twin.experiments import figures

    figure, axes = figures.new()
    stress = np.logspace(-1, 0, 50)
    for i, (name, metal) in enumerate(METALS.items()):
        law = creep_rate(metal, stress * 1e6, REFERENCE_TEMPERATURE)
        axes.loglog(stress, law, color=figures.OKABE_ITO[i], linestyle=figures.LINES[i], label=f"{name}, law")
    axes.loglog(*zip(*MASIAS, strict=True), "o", color=figures.OKABE_ITO[0], label="lithium, Masias 2019")
    axes.loglog(*zip(*SODIUM, strict=True), "s", color=figures.OKABE_ITO[1], label="sodium, Wang 2020 (fit)")
    axes.set(xlabel="Stress [MPa]", ylabel="Creep rate [1/s]")
    figures.legend(axes)
    return figure


GROUP = Group("creep", "Creep of lithium and sodium", rows, draw=draw)
