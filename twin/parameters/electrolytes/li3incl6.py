"""Li3InCl6, a halide."""

from twin.parameters.electrolytes.pressing import COLD
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "Li3InCl6",
    "Li3InCl6, halide",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(500e-6, "pellet cells, about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
        "Separator conductivity [S.m-1]": Entry(
            0.149, "1.49 mS/cm, Li 2019, 10.1039/c9ee02311a", 0.05, 0.25, "measured"
        ),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.32 * F, "Li 2019, 10.1039/c9ee02311a, order", 0.2 * F, 0.6 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(30e9, "between sulfides and oxides", 15e9, 50e9, "assumed"),
        "Separator density [kg.m-3]": Entry(2590.0, "X-ray density, Li 2019, order", 2450, 2700, "computed"),
        "Separator reduction potential [V]": Entry(
            2.38, "computed, Wang 2019, 10.1002/anie.201901938", 2.2, 2.5, "computed"
        ),
        "Separator oxidation potential [V]": Entry(
            4.26, "computed, Wang 2019, 10.1002/anie.201901938", 4.0, 4.4, "computed"
        ),
        **COLD,
    },
    aliases=("LIC",),
)
