"""Volume of electrode materials against their lithium content, and of metals per charge."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from twin.experiments import run
from twin.parameters import CATALOGUE
from twin.parameters.anodes.graphite import VOLUME as GRAPHITE
from twin.parameters.cathodes.lco import VOLUME as LCO
from twin.parameters.shapes import F
from twin.validation.framework import Group, Row, Scored, absolute, relative

NMC811 = (
    (0.79, -0.29), (0.67, -0.57), (0.55, -0.99), (0.46, -1.34), (0.40, -1.68), (0.34, -2.11), (0.31, -2.50),
    (0.275, -3.12), (0.245, -3.92), (0.213, -4.82), (0.182, -5.67), (0.151, -6.53),
)  # fmt: skip
POINTS = {"NMC811": NMC811, "LCO": LCO[:-1], "graphite": GRAPHITE[1:], "LTO": ((0.5, 0.0), (0.95, 0.0))}
"""dV/V [%] by lithium content; what a curve is anchored at, no lithium or all of it, is left out."""


def strain(name: str, sto: float) -> float:
    """Volume strain of a material [%]."""
    material = next(m for materials in CATALOGUE.values() for m in materials if m.name == name)
    change = next(f for key, f in material.functions.items() if key.endswith("volume change"))
    return 100 * float(change.call(sto))


def rows() -> list[Row]:
    """Metals per charge, silicon per lithium, and every published point of the insertion hosts."""

    def metal(anode: str) -> float:
        return run("layer-expansion", anode=anode, cathode="none", areal_capacity_mAh_per_cm2=1.0).value

    def silicon() -> float:
        return metal("silicon") * 1e-6 / 36000 * F * 1e6

    per_charge = [
        Row(f"{name}, thickness per mAh/cm2", published, "um", "molar volume", "computed", partial(metal, name),
            relative(1e-3), "input")
        for name, published in (("lithium", 4.849), ("sodium", 8.834))
    ]  # fmt: skip
    per_lithium = Row(
        "silicon, volume per lithium", 8.85, "cm3/mol", "Koerver 2018", "read off a figure", silicon,
        relative(0.01), "input",
    )  # fmt: skip
    hosts = [
        Row(
            f"{name}, dV/V at x = {sto:g}", percent, "%", "Koerver 2018, Schweidler 2018", "read off a figure",
            partial(strain, name, sto), absolute(0.15, "%"),
        )
        for name, points in POINTS.items()
        for sto, percent in points
    ]  # fmt: skip
    return [*per_charge, per_lithium, *hosts]


def draw(scored: Sequence[Scored]) -> Any:
    """Curves and points."""
    from twin.experiments import figures

    figure, axes = figures.new()
    for i, (name, points) in enumerate(POINTS.items()):
        low = min(sto for sto, _ in points)
        sto = np.linspace(low if name != "LTO" else 0.0, 1.0, 300)
        axes.plot(sto, [strain(name, float(x)) for x in sto], color=figures.OKABE_ITO[i], linestyle=figures.LINES[i],
                  label=name)  # fmt: skip
        axes.plot(*zip(*points, strict=True), "o", color=figures.OKABE_ITO[i], markersize=4)
    axes.set(xlabel="Lithium content x [1]", ylabel="Volume change dV/V [%]")
    figures.legend(axes)
    return figure


NOTE = "Points are published, lines the model's; in between, LCO and graphite follow straight lines within 0.15 %."
GROUP = Group("volume", "Volume change of electrode materials", rows, NOTE, draw)
