"""LiNi0.8Mn0.1Co0.1O2."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import R

CHEN = "Chen 2020, 10.1149/1945-7111/ab9050 (LG M50 positive electrode, in liquid electrolyte)"
KOERVER = "Koerver 2018, 10.1039/C8EE00907D, and Schweidler 2018: unit-cell volume, read off a figure"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li of NMC811; Chen 2020 eq. fit for 0.26 < sto < 0.91.

    The last term is ours: the published fit has no end of discharge, a real electrode has.
    """
    sto = np.minimum(np.maximum(sto, 0.0), 1.02)
    return (
        -0.8090 * sto
        + 4.4875
        - 0.0428 * np.tanh(18.5138 * (sto - 0.5542))
        - 17.7326 * np.tanh(15.7890 * (sto - 0.3117))
        + 17.5842 * np.tanh(15.9308 * (sto - 0.3120))
        - np.exp((sto - 1.0) / 0.012)
    )


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] of NMC811 against sto = 1; fit within 0.05 % of volume for 0.15 < sto < 0.8."""
    out = 1.0 - sto
    return -0.01 * (
        0.504899 * out + 3.757683 * out * out + 0.551827 * np.log(1.0 + np.exp((0.306270 - sto) / 0.0251181))
    )


def exchange_current_density(sto, T):  # type: ignore[no-untyped-def]
    """Exchange-current density [A.m-2]; Chen 2020 at its salt concentration of 1000 mol.m-3, Arrhenius 17.8 kJ/mol."""
    sto = np.minimum(np.maximum(sto, 1e-4), 1.0 - 1e-4)
    arrhenius = np.exp(17800.0 / R * (1 / 298.15 - 1 / T))
    return 3.42e-6 * 1000.0**0.5 * 63104.0 * (sto * (1.0 - sto)) ** 0.5 * arrhenius


MATERIAL = Material(
    "NMC811",
    "LiNi0.8Mn0.1Co0.1O2 composite",
    "cathode",
    "insertion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(63104.0, CHEN, 50000, 66000, "measured"),
        "Positive particle diffusivity [m2.s-1]": Entry(4e-15, CHEN, 1e-16, 1e-13, "measured"),
        "Positive particle radius [m]": Entry(5.22e-6, CHEN, 1e-6, 8e-6, "measured"),
        **COMPOSITE,
        "Positive electrode stoichiometry at 0% SOC": Entry(0.9084, CHEN, 0.85, 0.95, "measured"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.2661, CHEN, 0.2, 0.35, "measured"),
        "Positive electrode active material density [kg.m-3]": Entry(
            4780.0, "X-ray density, Noh 2013, 10.1016/j.jpowsour.2013.01.063, order", 4600, 4900, "assumed"
        ),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(
            200.0, "Noh 2013, 10.1016/j.jpowsour.2013.01.063: 3.0-4.3 V against Li", 180, 215, "measured"
        ),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, CHEN, "0.26 < sto < 0.91", "measured"),
        "Positive electrode volume change": Function(volume_change, KOERVER, "0.15 < sto < 0.8", "measured"),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density, CHEN, "0.26 < sto < 0.91, near 298 K", "measured"
        ),
    },
    aliases=("NCM811", "LiNi0.8Mn0.1Co0.1O2"),
)
