"""Sodium metal.

The names of its parameters are those of the lithium it stands for in the model; the values are sodium's.
"""

from dataclasses import replace

from twin.parameters.anodes.lithium import FOIL
from twin.parameters.entry import Entry

WANG = "Wang 2020, Materialia: yield 0.19-0.28 MPa beside lithium's 0.73-0.81, calibration figures"

SODIUM: dict[str, Entry] = {
    **FOIL.entries,
    "Lithium metal partial molar volume [m3.mol-1]": Entry(
        23.676e-6, "sodium, 23.676 cm3/mol, calibration figures", 23.5e-6, 23.8e-6, "measured"
    ),
    "Interface resistance at reference pressure [Ohm.m2]": Entry(
        5.5e-4, "lithium's at a pressure scaled by the yield stress: " + WANG, 1e-5, 1e-1, "assumed"
    ),
    "Lower pressure of stripping limit [Pa]": Entry(
        0.9e6, "lithium's, scaled by the yield: " + WANG, 0.3e6, 3e6, "assumed"
    ),
    "Higher pressure of stripping limit [Pa]": Entry(2.1e6, "as above", 0.7e6, 7e6, "assumed"),
    "Stripping limit at lower pressure [A.m-2]": Entry(2.0, "lithium's at the scaled pressure", 0.5, 10, "assumed"),
    "Stripping limit at higher pressure [A.m-2]": Entry(10.0, "lithium's at the scaled pressure", 2, 40, "assumed"),
    "Lithium creep exponent": Entry(5.0, "sodium, Wang 2020, calibration figures", 4, 6, "measured"),
    "Lithium creep activation energy [J.mol-1]": Entry(
        44e3, "self-diffusion in sodium, Mundy 1971, 10.1103/PhysRevB.3.2431, order", 35e3, 50e3, "assumed"
    ),
    "Lithium metal density [kg.m-3]": Entry(968.0, "sodium, CRC Handbook 2016", 960, 975, "measured"),
    "Lithium foil thickness [m]": Entry(100e-6, "sodium rolled by hand", 20e-6, 500e-6, "chosen"),
}

MATERIAL = replace(
    FOIL, name="sodium", description="sodium metal", entries=SODIUM, ion="Na", aliases=("Na", "sodium metal")
)
