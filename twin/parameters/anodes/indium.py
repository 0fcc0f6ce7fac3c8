"""Indium, which becomes InLi."""

import numpy as np

from twin.parameters.contact import HOST
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

SANTHOSHA = "Santhosha 2019, 10.1002/batt.201800149 (In/InLi electrode)"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: two phases, 0.622 V from almost nothing to InLi."""
    sto = clipped(sto, -0.02, 1.02)
    return 0.622 + 0.5 * np.exp(-sto / 0.006) - 0.3 * np.exp((sto - 1.0) / 0.01)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against indium: + 49.7 % at InLi, linear in between (two phases)."""
    return 0.497 * sto


MATERIAL = Material(
    "indium",
    "indium foil, sto = 1 at InLi",
    "anode",
    "host",
    {
        "Maximum concentration in negative electrode [mol.m-3]": Entry(
            63665.0, "one lithium per 15.71 cm3 of indium (7310 kg/m3), CRC Handbook 2016", 63000, 64500, "computed"
        ),
        "Negative particle diffusivity [m2.s-1]": Entry(1e-12, "fast in InLi, order", 1e-14, 1e-10, "assumed"),
        "Negative particle radius [m]": Entry(50e-6, "a foil of 100 um", 1e-5, 1e-4, "chosen"),
        "Negative electrode active material volume fraction": Entry(1.0, "dense foil", 0.8, 1, "chosen"),
        "Negative electrode electrolyte volume fraction": Entry(0.0, "none", 0, 0, "chosen"),
        "Negative electrode effective conductivity fraction": Entry(
            1.0, "lithium diffuses in the metal; that is the particle's", 0.05, 10, "assumed"
        ),
        "Negative electrode stoichiometry at 0% SOC": Entry(
            0.02, "a little lithium, so that 0.62 V stands", 0, 0.3, "assumed"
        ),
        "Negative electrode stoichiometry limit": Entry(0.98, "InLi; richer phases lie lower", 0.9, 1, "assumed"),
        "Negative to positive capacity fraction": Entry(2.0, "indium in surplus keeps the plateau", 1, 10, "chosen"),
        "Negative electrode active material density [kg.m-3]": Entry(
            7310.0, "CRC Handbook 2016", 7280, 7320, "measured"
        ),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(
            224.0, "233 mAh/g for InLi, 0.96 used", 200, 234, "computed"
        ),
        **HOST,
    },
    {
        "Negative electrode OCP [V]": Function(ocp, SANTHOSHA, "0.02 < sto < 0.98", "measured"),
        "Negative electrode volume change": Function(
            volume_change,
            "densities: In 15.71 cm3/mol; InLi, cubic with a = 6.79 A and eight formula units, 23.5 cm3/mol",
            "0.01 < sto < 0.99",
            "computed",
        ),
        "Negative electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(10.0, 30e3), SANTHOSHA + ", order", "0.02 < sto < 0.98, near 298 K", "assumed"
        ),
    },
    aliases=("In", "InLi", "indium-lithium", "Li-In"),
    options={"anode": "host"},
)
