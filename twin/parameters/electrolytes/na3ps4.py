"""Na3PS4, for sodium cells."""

from twin.parameters.electrolytes.pressing import COLD
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "Na3PS4",
    "cubic Na3PS4, for sodium",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(500e-6, "pellet cells, about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
        "Separator conductivity [S.m-1]": Entry(
            0.02, "0.2 mS/cm, Hayashi 2012, 10.1038/ncomms1843", 0.01, 0.1, "measured"
        ),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.28 * F, "Hayashi 2012, 10.1038/ncomms1843", 0.2 * F, 0.6 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(
            20e9, "order of thiophosphates, Deng 2016, 10.1149/2.0061602jes", 12e9, 30e9, "assumed"
        ),
        "Separator density [kg.m-3]": Entry(2200.0, "X-ray density, cubic with a = 7.0 A", 2100, 2300, "computed"),
        "Separator reduction potential [V]": Entry(
            1.4, "computed, against Na, order of Tian 2017, 10.1039/c7ee00534b", 1.2, 1.6, "assumed"
        ),
        "Separator oxidation potential [V]": Entry(
            2.45, "computed, against Na, order of Tian 2017, 10.1039/c7ee00534b", 2.2, 2.7, "assumed"
        ),
        **COLD,
    },
    ion="Na",
    aliases=("NPS",),
)
