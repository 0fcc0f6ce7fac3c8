"""Graphite in electrolyte."""

import numpy as np

from twin.parameters.contact import HOST
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density, rounded_polyline

KOERVER = "Koerver 2018, 10.1039/C8EE00907D, and Schweidler 2018: unit-cell volume, read off a figure"
OHZUKU = "plateaus of Ohzuku 1993, 10.1149/1.2220849, joined by a line of our own"
CHEN = "Chen 2020, 10.1149/1945-7111/ab9050 (graphite-SiOx)"
VOLUME = (
    (0.0, 0.0), (0.06, 1.27), (0.18, 3.57), (0.29, 5.19), (0.42, 5.97), (0.59, 6.31), (0.64, 8.57), (0.74, 10.29),
    (0.85, 12.15), (0.95, 13.17),
)  # fmt: skip
_percent = rounded_polyline(VOLUME, 0.004)


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: 0.2 V in dilute stages, 0.12 V, and 0.085 V beyond LiC12."""
    sto = clipped(sto, -0.01, 1.02)
    return (
        0.1475
        + 0.7 * np.exp(-sto / 0.02)
        - 0.045 * np.tanh((sto - 0.16) / 0.06)
        - 0.0175 * np.tanh((sto - 0.52) / 0.02)
        - 0.2 * np.exp((sto - 1.0) / 0.012)
    )


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against graphite without lithium."""
    return 0.01 * _percent(sto)


MATERIAL = Material(
    "graphite",
    "graphite in electrolyte",
    "anode",
    "host",
    {
        "Maximum concentration in negative electrode [mol.m-3]": Entry(
            31360.0, "2260 kg/m3 over 72.06 g per LiC6", 30000, 32000, "computed"
        ),
        "Negative particle diffusivity [m2.s-1]": Entry(3.3e-14, CHEN, 1e-16, 1e-12, "measured"),
        "Negative particle radius [m]": Entry(5.86e-6, CHEN, 1e-6, 2e-5, "measured"),
        "Negative electrode active material volume fraction": Entry(0.55, "pressed composite", 0.4, 0.75, "chosen"),
        "Negative electrode electrolyte volume fraction": Entry(0.38, "as above, 7 % pores", 0.2, 0.5, "chosen"),
        "Negative electrode effective conductivity fraction": Entry(
            0.234, "0.38 to the power of 1.5 (Bruggeman)", 0.05, 0.4, "computed"
        ),
        "Negative electrode stoichiometry at 0% SOC": Entry(0.02, "as made", 0, 0.05, "assumed"),
        "Negative electrode stoichiometry limit": Entry(0.95, "before lithium plates", 0.9, 1, "assumed"),
        "Negative to positive capacity fraction": Entry(1.1, "usual surplus", 1, 1.5, "chosen"),
        "Negative electrode active material density [kg.m-3]": Entry(
            2260.0, "CRC Handbook 2016", 2200, 2270, "measured"
        ),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(
            346.0, "372 mAh/g for LiC6, 0.93 used", 330, 372, "computed"
        ),
        **HOST,
    },
    {
        "Negative electrode OCP [V]": Function(ocp, OHZUKU, "0.01 < sto < 0.98", "assumed"),
        "Negative electrode volume change": Function(volume_change, KOERVER, "0.01 < sto < 0.98", "measured"),
        "Negative electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.4, 35e3), CHEN, "0.01 < sto < 0.98, near 298 K", "measured"
        ),
    },
    aliases=("C", "LiC6"),
    options={"anode": "host"},
)
