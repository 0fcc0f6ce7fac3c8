"""Li10GeP2S12."""

from twin.parameters.electrolytes.pressing import COLD
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "LGPS",
    "Li10GeP2S12",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(500e-6, "pellet cells, about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
        "Separator conductivity [S.m-1]": Entry(1.2, "12 mS/cm, calibration figures", 0.4, 1.5, "measured"),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.25 * F, "Kamaya 2011, 10.1038/nmat3066", 0.2 * F, 0.6 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(
            22e9, "computed, Deng 2016, 10.1149/2.0061602jes, order", 15e9, 40e9, "assumed"
        ),
        "Separator density [kg.m-3]": Entry(2040.0, "X-ray density, Kamaya 2011", 1950, 2100, "computed"),
        "Separator reduction potential [V]": Entry(
            1.71, "calibration figures (review section 4.1)", 1.6, 1.8, "measured"
        ),
        "Separator oxidation potential [V]": Entry(
            2.15, "calibration figures (review section 4.1)", 2.0, 2.3, "measured"
        ),
        **COLD,
    },
    aliases=("Li10GeP2S12",),
)
