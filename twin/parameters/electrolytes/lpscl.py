"""Li6PS5Cl."""

from twin.parameters.electrolytes.pressing import COLD
from twin.parameters.entry import Entry, Material
from twin.parameters.shapes import F

MATERIAL = Material(
    "LPSCl",
    "Li6PS5Cl, argyrodite",
    "electrolyte",
    "separator",
    {
        "Separator thickness [m]": Entry(
            500e-6, "pellet cells, review section 2.3: about 0.5 mm", 20e-6, 1.2e-3, "chosen"
        ),
        "Separator conductivity [S.m-1]": Entry(
            0.156, "Li6PS5Cl 1.56 mS/cm at 298 K, calibration figures", 0.05, 1.2, "measured"
        ),
        "Separator conductivity activation energy [J.mol-1]": Entry(
            0.35 * F, "0.35 eV, calibration figures (0.37 for a second batch)", 0.2 * F, 0.5 * F, "measured"
        ),
        "Separator Young's modulus [Pa]": Entry(22e9, "Li6PS5Cl 22 GPa, calibration figures", 10e9, 30e9, "measured"),
        "Separator density [kg.m-3]": Entry(1860.0, "X-ray density, cubic with a = 9.86 A", 1640, 1880, "computed"),
        "Separator reduction potential [V]": Entry(
            1.71, "computed, Zhu 2015, 10.1021/acsami.5b07517; passivates", 1.5, 1.9, "computed"
        ),
        "Separator oxidation potential [V]": Entry(
            2.1, "calibration figures (review section 2.2)", 2.0, 2.3, "measured"
        ),
        **COLD,
    },
    aliases=("Li6PS5Cl", "argyrodite"),
)
