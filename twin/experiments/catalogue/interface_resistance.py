"""Resistance of a whole symmetric cell after a history of pressures."""

from typing import Any

import numpy as np
from pydantic import Field

from twin.experiments import figures
from twin.experiments.fields import (
    DIE_CM2,
    ZERO_CELSIUS,
    Area,
    Layers,
    OnMetal,
    Pressures,
    Thickness,
)
from twin.experiments.framework import Experiment, Found, Result
from twin.experiments.materials import scaling, values_of
from twin.laws.base import arrhenius, numbers
from twin.laws.contact import interface_resistance


class InterfaceResistance(OnMetal):
    """Metal pressed on both sides of a pellet, at one pressure after the other."""

    pressure_history_MPa: Pressures = (5.0, 10.0, 25.0)
    area_cm2: Area = DIE_CM2
    layers: Layers = 1
    hours: float = Field(0.1, ge=0, le=1e5, description="time spent at each pressure [h]")
    electrolyte_um: Thickness = 500.0


def run(given: InterfaceResistance) -> Found:
    """Pellet and two interfaces, at the end of each stretch."""
    values = values_of(given.metal, given.electrolyte, given.electrolyte_um)
    of, T = numbers(values), given.temperature_C + ZERO_CELSIUS
    conductivity = values["Separator conductivity [S.m-1]"] * arrhenius(
        values["Separator conductivity activation energy [J.mol-1]"], T, of
    )
    pellet = values["Separator thickness [m]"] / conductivity
    kept = np.exp(-given.hours * 3600 / values["Contact memory loss time [s]"])
    area, remembered, whole, faces = given.area_cm2 * 1e-4 * given.layers, 0.0, [], []
    for pressure in given.pressure_history_MPa:
        P = pressure * 1e6
        remembered = P + max(remembered - P, 0.0) * kept
        face = float(interface_resistance(P, remembered, T, of))
        faces.append(1e4 * face)
        whole.append((pellet + 2 * face) / area)
    series = {
        "Stretch": list(range(1, len(whole) + 1)),
        "Pressure [MPa]": given.pressure_history_MPa,
        "Cell resistance [Ohm]": whole,
        "Resistance of one interface [Ohm.cm2]": faces,
    }
    exponent, unloading = values["Contact loading exponent"], values["Contact unloading exponent"]
    return Found(
        whole[-1],
        series,
        (
            f"Whole cell: a pellet of {given.electrolyte_um:g} um and two interfaces; no electrode resistance besides.",
            f"First loading: P^-{exponent:g}, fitted in two parameters to 110, 50 and 32 ohm at 5, 10 and 25 MPa "
            "(Doux 2020) less the pellet's own resistance; below 5 MPa it is an extrapolation.",
            f"On unloading, contact made stays but for elastic recovery, (P_max/P)^{unloading:.2g} (assumed), and "
            f"decays with {values['Contact memory loss time [s]'] / 86400:.0f} days (assumed).",
            "Both parts follow the electrolyte's activation energy (the interface's is assumed).",
            *scaling(given.metal),
        ),
    )


def draw(result: Result) -> Any:
    """The path through pressure, in order."""
    figure, axes = figures.new()
    axes.plot(
        result.series["Pressure [MPa]"], result.series["Cell resistance [Ohm]"], "o-", color=figures.OKABE_ITO[0],
        markersize=4,
    )  # fmt: skip
    for step, P, R in zip(*list(result.series.values())[:3], strict=True):
        axes.annotate(f"{step:.0f}", (P, R), textcoords="offset points", xytext=(5, 5), fontsize=9)
    axes.set(xlabel="Pressure [MPa]", ylabel="Cell resistance [ohm]", yscale="log")
    figures.plain(axes.yaxis)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "interface-resistance",
    "resistance of the whole cell at the end of the pressure history",
    "ohm",
    InterfaceResistance,
    run,
    draw,
)
