"""Lithium metal: as a foil, or plated on a bare collector."""

from twin.parameters.contact import LITHIUM
from twin.parameters.entry import Entry, Material

METAL: dict[str, Entry] = {
    "Lithium metal partial molar volume [m3.mol-1]": Entry(
        12.996e-6, "12.996 cm3/mol, calibration figures", 12.9e-6, 13.1e-6, "measured"
    ),
    "Exchange-current density for lithium metal electrode [A.m-2]": Entry(
        10.0, "of the order reported for sulfides; the contact resistance dominates", 1, 1000, "assumed"
    ),
    **LITHIUM,
    "Stripping limit at lower pressure [A.m-2]": Entry(2.0, "Kasemchainan 2019: 0.2 mA/cm2 at 3 MPa", 1, 4, "measured"),
    "Stripping limit at higher pressure [A.m-2]": Entry(
        10.0, "Kasemchainan 2019: 1.0 mA/cm2 at 7 MPa", 5, 20, "measured"
    ),
    "Lower pressure of stripping limit [Pa]": Entry(3e6, "Kasemchainan 2019", 3e6, 3e6, "measured"),
    "Higher pressure of stripping limit [Pa]": Entry(7e6, "Kasemchainan 2019", 7e6, 7e6, "measured"),
    "Lithium creep exponent": Entry(6.6, "LePage 2019", 5, 7, "measured"),
    "Lithium creep activation energy [J.mol-1]": Entry(37e3, "LePage 2019, -25 to 125 C", 30e3, 45e3, "measured"),
    "Void depth [m]": Entry(
        1e-6, "void volume per area at which contact falls to 1/e; nobody measured it", 1e-7, 1e-5, "assumed"
    ),
    "Void closing rate at reference pressure [s-1]": Entry(
        1 / 7200,
        "recovery in hours at 5 MPa; bulk creep laws give seconds and contradict experiment",
        1e-6,
        30,
        "assumed",
    ),
    "Void closing exponent": Entry(5.0, "Roy 2021, creep closing m = 5", 1, 7, "measured"),
    "Lithium coverage thickness [m]": Entry(
        5e-8, "film thinner than this no longer covers the collector", 5e-9, 1e-6, "assumed"
    ),
    "Lithium metal density [kg.m-3]": Entry(534.0, "CRC Handbook 2016", 530, 538, "measured"),
}
"""The metal and its interface."""

FOIL = Material(
    "lithium",
    "lithium foil",
    "anode",
    "metal",
    {**METAL, "Lithium foil thickness [m]": Entry(50e-6, "thin commercial foil", 5e-6, 200e-6, "chosen")},
    aliases=("Li", "lithium foil", "lithium metal"),
)

ANODE_FREE = Material(
    "anode-free",
    "bare collector, lithium from the cathode",
    "anode",
    "metal",
    METAL,
    aliases=("anode free", "anodeless", "copper"),
)
