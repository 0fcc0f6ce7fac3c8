"""Li4Ti5O12, which does not change its volume."""

import numpy as np

from twin.parameters.contact import HOST
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

OHZUKU = "Ohzuku 1995, 10.1149/1.2048592"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: 1.55 V throughout."""
    sto = clipped(sto, -0.02, 1.02)
    return 1.55 + 0.6 * np.exp(-sto / 0.01) - 0.6 * np.exp((sto - 1.0) / 0.01)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1]: none."""
    return 0.0 * sto


MATERIAL = Material(
    "LTO",
    "Li4Ti5O12 in electrolyte",
    "anode",
    "host",
    {
        "Maximum concentration in negative electrode [mol.m-3]": Entry(
            22740.0, "three lithium per 459.1 g/mol, 3480 kg/m3", 22000, 23000, "computed"
        ),
        "Negative particle diffusivity [m2.s-1]": Entry(1e-15, "order, two phases", 1e-17, 1e-13, "assumed"),
        "Negative particle radius [m]": Entry(0.5e-6, "powders below 1 um", 5e-8, 5e-6, "chosen"),
        "Negative electrode active material volume fraction": Entry(0.5, "pressed composite", 0.3, 0.7, "chosen"),
        "Negative electrode electrolyte volume fraction": Entry(
            0.4, "as above, 10 % pores and carbon", 0.2, 0.5, "chosen"
        ),
        "Negative electrode effective conductivity fraction": Entry(
            0.253, "0.4 to the power of 1.5 (Bruggeman)", 0.05, 0.4, "computed"
        ),
        "Negative electrode stoichiometry at 0% SOC": Entry(0.02, "as made", 0, 0.05, "assumed"),
        "Negative electrode stoichiometry limit": Entry(0.96, "Li7Ti5O12 all but reached", 0.9, 1, "assumed"),
        "Negative to positive capacity fraction": Entry(1.1, "usual surplus", 1, 2, "chosen"),
        "Negative electrode active material density [kg.m-3]": Entry(
            3480.0, OHZUKU + ", spinel 8.36 A", 3430, 3500, "computed"
        ),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(164.0, "175 mAh/g, 0.94 used", 150, 175, "computed"),
        **HOST,
    },
    {
        "Negative electrode OCP [V]": Function(ocp, OHZUKU, "0.02 < sto < 0.98", "measured"),
        "Negative electrode volume change": Function(volume_change, OHZUKU, "0.01 < sto < 0.99", "measured"),
        "Negative electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.5, 35e3),
            OHZUKU + ", order of spinels",
            "0.02 < sto < 0.98, near 298 K",
            "assumed",
        ),
    },
    aliases=("Li4Ti5O12",),
    options={"anode": "host"},
)
