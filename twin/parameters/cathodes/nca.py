"""LiNi0.8Co0.15Al0.05O2."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density, softplus

KIM = "Kim 2011, 10.1149/1.3597614 (NCA positive electrode, in liquid electrolyte)"
POWERS = (11.8058, -66.3691, 264.427, -554.774, 621.3475, -344.566, 81.246, -23.488, 15.056, -2.222, 1.638)


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li; Kim 2011's polynomial. The end of discharge is ours: theirs overflows."""
    sto = clipped(sto, 0.28, 1.02)
    *lower, polynomial = POWERS
    for coefficient in reversed(lower):
        polynomial = polynomial * sto + coefficient
    return polynomial - 0.61386 - np.exp((sto - 1.0) / 0.012)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against sto = 1: shrinks slowly, then collapses like other nickel-rich oxides."""
    out = 1.0 - sto
    return -0.01 * (0.5 * out + 3.5 * out * out + 0.5 * softplus((0.28 - clipped(sto, -0.2, 1.2)) / 0.025))


MATERIAL = Material(
    "NCA",
    "LiNi0.8Co0.15Al0.05O2 composite",
    "cathode",
    "insertion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(49000.0, KIM, 48000, 51000, "measured"),
        "Positive particle diffusivity [m2.s-1]": Entry(
            3e-15,
            "order of layered oxides at room temperature, between Kim 2011 and Chen 2020",
            1e-16,
            1e-13,
            "assumed",
        ),
        "Positive particle radius [m]": Entry(5e-6, "secondary particles of about 10 um", 1e-6, 8e-6, "chosen"),
        **COMPOSITE,
        "Positive electrode stoichiometry at 0% SOC": Entry(0.95, KIM + ", order", 0.9, 0.98, "measured"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.34, "4.24 V by the curve here", 0.3, 0.4, "computed"),
        "Positive electrode active material density [kg.m-3]": Entry(
            4730.0, "49000 mol/m3 of 96.1 g/mol", 4600, 4850, "computed"
        ),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(
            180.0, "usual between 3.0 and 4.2-4.3 V against Li", 165, 200, "assumed"
        ),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, KIM, "0.30 < sto < 0.95", "measured"),
        "Positive electrode volume change": Function(
            volume_change,
            "taken near NMC811's (Koerver 2018, 10.1039/C8EE00907D), its nickel content being the same",
            "0.20 < sto < 0.95",
            "assumed",
        ),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(3.0, 30e3), KIM + ", order", "0.30 < sto < 0.95, near 298 K", "assumed"
        ),
    },
    aliases=("LiNi0.8Co0.15Al0.05O2",),
)
