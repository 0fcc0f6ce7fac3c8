"""NaCrO2, the cathode of sodium cells."""

import numpy as np

from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

KOMABA = "Komaba 2010, 10.1016/j.elecom.2009.12.033 (NaCrO2 against Na, in liquid electrolyte), order"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Na: near 3 V, rising to 3.5 V where half of the sodium is out."""
    sto = clipped(sto, 0.3, 1.02)
    return 2.98 + 0.5 * (1.0 - sto) + 0.25 * np.exp((0.5 - sto) / 0.03) - np.exp((sto - 1.0) / 0.012)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against sto = 1: layers move apart as they shrink, and little is left."""
    return -0.02 * (1.0 - sto)


MATERIAL = Material(
    "NaCrO2",
    "NaCrO2 composite, for sodium cells",
    "cathode",
    "insertion",
    {
        "Maximum concentration in positive electrode [mol.m-3]": Entry(
            40750.0, "4360 kg/m3 over 106.98 g/mol", 39500, 41500, "computed"
        ),
        "Positive particle diffusivity [m2.s-1]": Entry(1e-15, "order of layered oxides", 1e-17, 1e-13, "assumed"),
        "Positive particle radius [m]": Entry(1e-6, "powders of about 2 um", 2e-7, 5e-6, "chosen"),
        **COMPOSITE,
        "Positive electrode stoichiometry at 0% SOC": Entry(0.95, KOMABA, 0.9, 0.98, "assumed"),
        "Positive electrode stoichiometry at 100% SOC": Entry(0.5, KOMABA, 0.45, 0.6, "measured"),
        "Positive electrode active material density [kg.m-3]": Entry(4360.0, KOMABA, 4200, 4450, "assumed"),
        "Positive electrode specific capacity [A.h.kg-1]": Entry(113.0, KOMABA, 100, 120, "measured"),
        "Lower voltage cut-off [V]": Entry(2.0, "end of discharge", 1.5, 2.5, "chosen"),
        "Upper voltage cut-off [V]": Entry(3.6, "half of the sodium; more does not come back", 3.4, 3.6, "chosen"),
    },
    {
        "Positive electrode OCP [V]": Function(ocp, KOMABA, "0.50 < sto < 0.95", "assumed"),
        "Positive electrode volume change": Function(
            volume_change, KOMABA + "; a per cent, sign assumed", "0.50 < sto < 0.95", "assumed"
        ),
        "Positive electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.5, 40e3), KOMABA, "0.50 < sto < 0.95, near 298 K", "assumed"
        ),
    },
    ion="Na",
)
