"""Silicon without carbon, and the lithium-rich alloy that starts from the other end."""

from dataclasses import replace

import numpy as np

from twin.parameters.contact import HOST
from twin.parameters.entry import Entry, Function, Material
from twin.parameters.shapes import clipped, exchange_current_density

MOLAR_VOLUME = 8.85e-6  # m3 per mol of lithium, calibration figures
C_MAX = 4.4 / 12.06e-6  # mol.m-3: Li4.4Si over the volume of its silicon
VERBRUGGE = "Verbrugge 2016, 10.1149/2.0581602jes: order of the mean of lithiation and delithiation, a line of our own"
VOLUME = "8.85 cm3 per mol of lithium, calibration figures (Koerver 2018, 10.1039/C8EE00907D)"


def ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li, amorphous, without hysteresis: 0.45 V falling to 0.1 V."""
    sto = clipped(sto, -0.02, 1.02)
    return 0.42 - 0.30 * sto + 0.4 * np.exp(-sto / 0.04) - 0.12 * np.exp((sto - 1.0) / 0.02)


def volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] against silicon: 8.85 cm3/mol, 3.2 when full."""
    return MOLAR_VOLUME * C_MAX * sto


SILICON = Material(
    "silicon",
    "micrometre silicon without carbon, sto = 1 at Li4.4Si",
    "anode",
    "host",
    {
        "Maximum concentration in negative electrode [mol.m-3]": Entry(
            C_MAX, "4.4 lithium per silicon of 12.06 cm3/mol, CRC Handbook 2016", 310000, 366000, "computed"
        ),
        "Negative particle diffusivity [m2.s-1]": Entry(
            1e-15, "order of amorphous lithium-silicon, Verbrugge 2016", 1e-17, 1e-13, "assumed"
        ),
        "Negative particle radius [m]": Entry(1e-6, "powders of 1-5 um", 1e-7, 5e-6, "assumed"),
        "Negative electrode active material volume fraction": Entry(
            0.6, "pressed powder, the rest pores; they are not taken to be filled first", 0.4, 1, "assumed"
        ),
        "Negative electrode electrolyte volume fraction": Entry(0.0, "none, review section 3.2", 0, 0.3, "chosen"),
        "Negative electrode effective conductivity fraction": Entry(
            1.0, "lithiated silicon conducts by itself; its diffusion is the particle's", 0.05, 10, "assumed"
        ),
        "Negative electrode stoichiometry at 0% SOC": Entry(0.02, "as made", 0, 0.1, "assumed"),
        "Negative electrode stoichiometry limit": Entry(1.0, "Li4.4Si; Li15Si4 is 0.85", 0.85, 1, "assumed"),
        "Negative to positive capacity fraction": Entry(1.1, "usual surplus", 1, 3, "chosen"),
        "Negative electrode residual swelling fraction": Entry(
            0.3,
            "review section 3.2: it does not shrink back all the way; how far is not given there",
            0,
            0.6,
            "assumed",
        ),
        "Negative electrode active material density [kg.m-3]": Entry(
            2329.0, "CRC Handbook 2016", 2320, 2340, "measured"
        ),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(
            4116.0, "4200 mAh/g for Li4.4Si, 0.98 used", 3300, 4200, "computed"
        ),
        **HOST,
    },
    {
        "Negative electrode OCP [V]": Function(ocp, VERBRUGGE, "0.02 < sto < 0.95", "assumed"),
        "Negative electrode volume change": Function(volume_change, VOLUME, "0.01 < sto < 0.99", "measured"),
        "Negative electrode exchange-current density [A.m-2]": Function(
            exchange_current_density(0.5, 30e3), VERBRUGGE + ", order", "0.02 < sto < 0.98, near 298 K", "assumed"
        ),
    },
    aliases=("Si",),
    options={"anode": "host", "anode swelling": "residual"},
)

ALLOY = replace(
    SILICON,
    name="Li21Si5",
    description="Li21Si5 and silicon, half lithiated when made",
    entries={
        **SILICON.entries,
        "Negative electrode stoichiometry at 0% SOC": Entry(
            0.5, "half Li21Si5, half Si by silicon", 0.2, 0.9, "assumed"
        ),
        "Negative electrode stoichiometry limit": Entry(0.95, "Li21Si5 is Li4.2Si", 0.9, 1, "computed"),
        "Negative electrode specific capacity [A.h.kg-1]": Entry(
            1224.0, "0.45 of 4.4 lithium per Li2.2Si, 43.4 g/mol", 1000, 2000, "computed"
        ),
        "Negative electrode active material density [kg.m-3]": Entry(
            3595.0, "silicon, 2329 kg/m3, with 2.2 lithium each, over the volume of the silicon", 3000, 4500, "computed"
        ),
    },
    aliases=("Li-Si", "lithium-silicon", "Li21Si5/Si", "Li22Si5"),
    options={"anode": "host"},
)
