"""LiNi1/3Mn1/3Co1/3O2."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

MOHTAT = "Mohtat 2020, 10.1149/1945-7111/aba5d1 (NMC111 pouch cells)"
SHAPE = MOHTAT + ": shape of the fit; its stoichiometry is normalised, ours is lithium content"
SCALE = 0.6  # lithium content per unit of the normalised one, so that 4.2 V is 150 mAh/g


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: 3.6 V lithiated, 4.2 V at sto = 0.45.

    Mohtat 2020's polynomial over a stoichiometry scaled to lithium content; the fall at the end of discharge is ours.
    """
    y = 1.0 - (1.0 - clipped(sto, 0.3, 1.02)) / SCALE
    polynomial = 4.3452 + y * (-1.6518 + y * (1.6225 + y * (-2.0843 + y * (3.5146 - 2.2166 * y))))
    return polynomial - np.exp((clipped(sto, 0.3, 1.02) - 1.0) / 0.012)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against sto = 1: a third of NMC811's, and no collapse below 4.3 V."""
    out = 1.0 - sto
    return -0.01 * (0.5 * out + 3.1 * out * out)


MATERIAL = Material(
    "NMC111",
    "LiNi1/3Mn1/3Co1/3O2 composite",
    "cathode",
    "insertion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(
            49450.0, "4770 kg/m3 over 96.46 g/mol", 48000, 50500, "computed"
        ),
        "Positive particle diffusivity [m2.s-1]": Entry(8e-15, MOHTAT + ", order", 1e-16, 1e-13, "measured"),
        "Positive particle radius [m]": Entry(3.5e-6, MOHTAT, 1e-6, 8e-6, "measured"),
        **COMPOSITE,
        "Positive electrode stoichiometry at 0% SOC": Entry(0.95, "first-cycle loss of 5 %", 0.9, 0.99, "assumed"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.42, "4.29 V by the curve here", 0.38, 0.5, "computed"),
        "Positive electrode active material density [kg.m-3]": Entry(
            4770.0, "X-ray density, Noh 2013, 10.1016/j.jpowsour.2013.01.063, order", 4600, 4800, "assumed"
        ),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(
            150.0, "usual between 3.0 and 4.2-4.3 V against Li", 140, 165, "assumed"
        ),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, SHAPE, "0.40 < sto < 0.95", "computed"),
        "Positive electrode volume change": Function(
            volume_change,
            "order of X-ray studies of layered oxides (de Biasi 2017, 10.1021/acs.jpcc.7b06363): 1-2 % to 4.3 V",
            "0.40 < sto < 0.95",
            "assumed",
        ),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(2.0, 30e3), MOHTAT + ", order", "0.40 < sto < 0.95, near 298 K", "assumed"
        ),
    },
    aliases=("NCM111", "NMC333", "LiNi1/3Mn1/3Co1/3O2"),
)
