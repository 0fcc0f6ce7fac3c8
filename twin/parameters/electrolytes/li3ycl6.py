"""Li3YCl6, a halide."""

from twin.parameters.electrolytes.pressing import COLD
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "Li3YCl6",
    "Li3YCl6, halide",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(500e-6, "pellet cells, about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
        "Separator conductivity [S.m-1]": Entry(
            0.051, "0.51 mS/cm, Asano 2018, 10.1002/adma.201803075", 0.01, 0.1, "measured"
        ),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.4 * F, "Asano 2018, 10.1002/adma.201803075", 0.2 * F, 0.6 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(30e9, "between sulfides and oxides", 15e9, 50e9, "assumed"),
        "Separator density [kg.m-3]": Entry(2430.0, "X-ray density, Asano 2018, order", 2300, 2550, "computed"),
        "Separator reduction potential [V]": Entry(
            0.62, "computed, Wang 2019, 10.1002/anie.201901938", 0.5, 0.8, "computed"
        ),
        "Separator oxidation potential [V]": Entry(
            4.21, "computed, Wang 2019, 10.1002/anie.201901938", 4.0, 4.4, "computed"
        ),
        **COLD,
    },
    aliases=("halide",),
)
