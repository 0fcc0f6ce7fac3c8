"""Sulfur, which becomes Li2S."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

DENSITIES = "molar volumes 15.49 cm3/mol (S, 2070 kg/m3) and 27.68 cm3/mol (Li2S, 1660 kg/m3), CRC Handbook 2016"
DEWALD = "plateau of solid-state lithium-sulfur cells, Dewald 2021, 10.1002/batt.202000194, order"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li: one plateau, for two phases and no dissolved polysulfides."""
    sto = clipped(sto, -0.02, 1.02)
    return 2.15 + 0.25 * np.exp(-sto / 0.03) - 0.5 * np.exp((sto - 1.0) / 0.012)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against sulfur: + 79 % when all of it is Li2S, linear in between (two phases)."""
    return 0.787 * sto


MATERIAL = Material(
    "sulfur",
    "sulfur and carbon in electrolyte, sto = 1 at Li2S",
    "cathode",
    "conversion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(
            129100.0, "two lithium per 15.49 cm3 of sulfur, CRC Handbook 2016", 128000, 130500, "computed"
        ),
        "Positive particle radius [m]": Entry(0.5e-6, "ball-milled", 5e-8, 5e-6, "assumed"),
        **COMPOSITE,
        "Positive electrode active material volume fraction": Entry(
            0.25, "30 wt% sulfur composites, with room to grow", 0.1, 0.4, "chosen"
        ),
        "Positive electrode electrolyte volume fraction": Entry(
            0.5, "the rest electrolyte, carbon and pores", 0.3, 0.7, "chosen"
        ),
        "Positive electrode Young's modulus [Pa]": Entry(15e9, "softer than oxides", 3e9, 30e9, "assumed"),
        "Positive electrode stoichiometry at 0% SOC": Entry(0.95, "not all of it is reached", 0.6, 1, "assumed"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.05, "as above", 0, 0.3, "assumed"),
        "Positive electrode active material density [kg.m-3]": Entry(
            2070.0, "orthorhombic sulfur, CRC Handbook 2016", 2000, 2100, "measured"
        ),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(
            1505.0, "1672 mAh/g of sulfur, 0.9 of it used", 1000, 1672, "computed"
        ),
        "Lower voltage cut-off [V]": Entry(1.5, "below the plateau", 1.0, 1.9, "chosen"),
        "Upper voltage cut-off [V]": Entry(2.8, "above the plateau's overvoltage", 2.4, 3.0, "chosen"),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, DEWALD, "0.05 < sto < 0.95", "assumed"),
        "Positive electrode volume change": Function(volume_change, DENSITIES, "0.01 < sto < 0.99", "computed"),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.02, 40e3), DEWALD, "0.05 < sto < 0.95, near 298 K", "assumed"
        ),
    },
    aliases=("S", "Li2S"),
    options={"cathode": "conversion"},
)
