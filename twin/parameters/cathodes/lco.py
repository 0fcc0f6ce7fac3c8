"""LiCoO2."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density, rounded_polyline

MARQUIS = "Marquis 2019, 10.1149/2.0341915jes (after Newman's Dualfoil)"
KOERVER = "Koerver 2018, 10.1039/C8EE00907D, and Schweidler 2018: unit-cell volume, read off a figure"
VOLUME = (
    (0.43, -1.05), (0.46, -0.10), (0.50, 1.25), (0.55, 1.98), (0.60, 2.19), (0.66, 2.05), (0.73, 1.61), (0.79, 1.12),
    (0.87, 0.68), (0.93, 0.27), (1.0, 0.0),
)  # fmt: skip
_percent = rounded_polyline(VOLUME, 0.006)
_full = _percent(1.0)


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: the plateau at 3.91 V, 4.19 V at sto = 0.5, 3.7 V at 0.95."""
    sto = 1.062 * clipped(sto, 0.2, 1.0)
    return (
        2.16216
        + 0.07645 * np.tanh(30.834 - 54.4806 * sto)
        + 2.1581 * np.tanh(52.294 - 50.294 * sto)
        - 0.14169 * np.tanh(11.0923 - 19.8543 * sto)
        + 0.2051 * np.tanh(1.4684 - 5.4888 * sto)
        + 0.2531 * np.tanh((0.56478 - sto) / 0.1316)
        - 0.02167 * np.tanh((sto - 0.525) / 0.006)
    )


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against sto = 1: grows as lithium leaves, shrinks below sto = 0.6."""
    return 0.01 * (_percent(sto) - _full)


MATERIAL = Material(
    "LCO",
    "LiCoO2 composite",
    "cathode",
    "insertion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(
            51555.0, "5046 kg/m3 over 97.87 g/mol", 49900, 52000, "computed"
        ),
        "Positive particle diffusivity [m2.s-1]": Entry(1e-14, MARQUIS + ": 1e-13, upper end", 1e-16, 1e-13, "assumed"),
        "Positive particle radius [m]": Entry(5e-6, "powders of about 10 um", 1e-6, 1e-5, "chosen"),
        **COMPOSITE,
        "Positive electrode stoichiometry at 0% SOC": Entry(0.95, "3.7 V by the curve here", 0.92, 0.97, "computed"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.496, "4.2 V by the curve here", 0.43, 0.55, "computed"),
        "Positive electrode active material density [kg.m-3]": Entry(
            5050.0, "unit cell 2.816 x 14.05 A, three formula units of 97.87 g/mol", 4950, 5100, "computed"
        ),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(
            137.0, "half of the lithium, 274 mAh/g in all: 4.2 V against Li", 120, 145, "computed"
        ),
        "Upper voltage cut-off [V]": Entry(4.2, "usual end of charge of LiCoO2 against Li", 4.0, 4.35, "chosen"),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, MARQUIS, "0.45 < sto < 0.95", "measured"),
        "Positive electrode volume change": Function(volume_change, KOERVER, "0.43 < sto < 0.99", "measured"),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.5, 39.6e3), MARQUIS, "0.45 < sto < 0.95, near 298 K", "measured"
        ),
    },
    aliases=("LiCoO2",),
)
