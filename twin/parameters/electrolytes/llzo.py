"""Li7La3Zr2O12, a sintered ceramic."""

from twin.parameters.electrolytes.pressing import SINTERED
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "LLZO",
    "Li7La3Zr2O12, sintered",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(500e-6, "ceramic pellets, about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
        "Separator conductivity [S.m-1]": Entry(0.04, "0.4 mS/cm, calibration figures", 0.01, 0.15, "measured"),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.34 * F, "order of cubic garnets, Murugan 2007, 10.1002/anie.200701144", 0.2 * F, 0.6 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(175e9, "175 GPa, calibration figures", 140e9, 180e9, "measured"),
        "Separator density [kg.m-3]": Entry(5100.0, "X-ray density, cubic with a = 12.97 A", 4800, 5200, "computed"),
        "Separator reduction potential [V]": Entry(
            0.05, "computed, Zhu 2015, 10.1021/acsami.5b07517", 0, 0.1, "computed"
        ),
        "Separator oxidation potential [V]": Entry(
            2.91, "computed, Zhu 2015, 10.1021/acsami.5b07517", 2.8, 4.0, "computed"
        ),
        **SINTERED,
        "Interface resistance at reference pressure [Ohm.m2]": Entry(
            5e-4, "5 ohm cm2 on clean LLZO, calibration figures", 1e-5, 1e-1, "measured"
        ),
    },
    aliases=(
        "Li7La3Zr2O12",
        "garnet",
    ),
)
