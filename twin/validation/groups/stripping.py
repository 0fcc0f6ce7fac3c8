"""Critical stripping and plating currents of lithium on Li6PS5Cl."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from twin.experiments import critical_stripping_current, run
from twin.experiments.materials import values_of
from twin.laws.base import numbers
from twin.laws.voids import closing_rate
from twin.parameters import mechanisms
from twin.validation.framework import Group, Row, Scored, relative

KASEMCHAINAN = "Kasemchainan 2019, 10.1038/s41563-019-0438-9"
LIMITS = ((3.0, 0.2), (7.0, 1.0))  # MPa, mA/cm2
LAWS = ("creep_and_diffusion", "power_law", "linear")


def rows() -> list[Row]:
    """Each limit by the default law, and what the other laws make of it; the plating limit is an input."""

    def limit(pressure: float, law: str) -> float:
        return run("critical-stripping-current", pressure_MPa=pressure, refill=law).value

    stripping = [
        Row(
            f"stripping limit, {pressure:g} MPa, refill law {law}", published, "mA/cm2", KASEMCHAINAN,
            "review and paper, one cell", partial(limit, pressure, law), relative(0.1),
        )
        for law in LAWS for pressure, published in LIMITS
    ]  # fmt: skip
    plating = mechanisms.ENTRIES["Critical plating current density [A.m-2]"].value / 10
    return [
        *stripping,
        Row("plating limit, 3 and 7 MPa", 2.0, "mA/cm2", KASEMCHAINAN, "review and paper", lambda: plating,
            relative(0.1), "input"),
        Row("void closing, 1 MPa, s0 1 MPa and m 5", 0.01, "1/s", "Roy 2021", "paper, modelled", _closing, None,
            "not used"),
    ]  # fmt: skip


def _closing() -> float:
    return float(closing_rate(1e6, 298.15, numbers(values_of("lithium", "Li6PS5Cl"))))


def draw(_: Sequence[Scored]) -> Any:
    """The three laws over pressure, found by cycling, and the two measured points."""
    from twin.experiments import figures

    figure, axes = figures.new()
    for i, law in enumerate(LAWS):
        pressure, found = (np.array(c) for c in critical_stripping_current(refill=law, cycles=4).series.values())
        shown = found > 0
        axes.loglog(
            pressure[shown], found[shown], color=figures.OKABE_ITO[i], linestyle=figures.LINES[i],
            label=law.replace("_", " "),
        )  # fmt: skip
    axes.loglog(*zip(*LIMITS, strict=True), "o", color="black", label="Kasemchainan 2019")
    axes.set(xlabel="Pressure [MPa]", ylabel="Critical stripping current density [mA/cm²]")
    figures.plain(axes.xaxis)
    figures.legend(axes)
    return figure


NOTE = (
    "Every law is drawn through the same two points, so the rows say that cycling in the twin finds the limit that was "
    "put in, no more; what separates the laws is pressure below 3, between 3 and 7, and above 7 MPa. Roy's closing "
    "law, creep of bulk lithium, would close any void within seconds and leave no stripping limit at 3 MPa: the two "
    "sources contradict each other, and the twin follows the experiment."
)
GROUP = Group("stripping", "Stripping and plating limits", rows, NOTE, draw)
