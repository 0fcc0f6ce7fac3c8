"""Silver and carbon on the collector: silver takes the first lithium up, the rest plates beneath."""

import numpy as np

from twin.parameters.anodes.lithium import METAL
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

LEE = "Lee 2020, 10.1038/s41560-020-0575-z (Ag-C layer, review reference 24)"
LI9AG4 = "densities: Ag 10.27 cm3/mol; Li9Ag4, cubic with a = 9.6 A and sixteen Ag, 33.3 cm3 per mol of Ag"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: alloys below 0.3 V, falling to lithium's own as the silver fills."""
    sto = clipped(sto, -0.02, 1.05)
    return 0.15 * (1.0 - sto) + 0.3 * np.exp(-sto / 0.03)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against silver: + 224 % at Li9Ag4."""
    return 2.24 * sto


MATERIAL = Material(
    "silver-carbon",
    "silver and carbon, lithium plated beneath",
    "anode",
    "plating host",
    {
        **METAL,
        "Maximum concentration in negative electrode [mol.m-3]": Entry(
            219000.0, "9/4 lithium per 10.27 cm3 of silver, CRC Handbook 2016", 200000, 240000, "computed"
        ),
        "Negative particle diffusivity [m2.s-1]": Entry(1e-14, "fast in silver alloys, order", 1e-16, 1e-11, "assumed"),
        "Negative particle radius [m]": Entry(0.1e-6, "silver of 60 nm and its alloy, " + LEE, 2e-8, 1e-6, "assumed"),
        "Negative electrode active material volume fraction": Entry(
            0.08, "a quarter silver by weight in carbon, " + LEE, 0.02, 0.3, "assumed"
        ),
        "Negative electrode electrolyte volume fraction": Entry(0.0, "none", 0, 0, "chosen"),
        "Negative electrode effective conductivity fraction": Entry(
            1.0, "lithium passes the carbon quickly", 0.01, 10, "assumed"
        ),
        "Negative electrode stoichiometry at 0% SOC": Entry(0.05, "as made", 0, 0.1, "assumed"),
        "Negative electrode stoichiometry limit": Entry(0.95, "from here on lithium plates", 0.8, 1, "assumed"),
        "Negative to positive capacity fraction": Entry(
            0.1, "the layer takes up a tenth of the charge, order of " + LEE, 0.01, 0.5, "assumed"
        ),
        "Negative electrode active material density [kg.m-3]": Entry(
            10490.0, "silver, CRC Handbook 2016", 10400, 10510, "measured"
        ),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(
            503.0, "559 mAh/g for Li9Ag4, 0.9 used", 400, 560, "computed"
        ),
    },
    {
        "Negative electrode OCP [V]": Function(ocp, LEE + ", order", "0.05 < sto < 0.98", "assumed"),
        "Negative electrode volume change": Function(volume_change, LI9AG4, "0.01 < sto < 0.99", "computed"),
        "Negative electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(5.0, 30e3), LEE + ", order", "0.05 < sto < 0.98, near 298 K", "assumed"
        ),
    },
    aliases=("Ag-C", "AgC", "silver carbon"),
    options={"anode": "plating host"},
)
