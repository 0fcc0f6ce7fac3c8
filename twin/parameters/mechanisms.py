"""Parameters of mechanisms that can be switched on in any cell: shorts, contact of the cathode, interphase, loading."""

from twin.parameters.entry import Entry

DOUX = "Doux 2020, 10.1002/aenm.201903253"
KASEMCHAINAN = "Kasemchainan 2019, 10.1038/s41563-019-0438-9"
SHI = "Shi 2020, 10.1039/D0TA06985J"

ENTRIES: dict[str, Entry] = {
    # Contact of lithium, loading and unloading
    "Contact resistance on first loading [Ohm.m2]": Entry(
        53.4e-4,
        f"{DOUX}: 110/50/32 ohm at 5/10/25 MPa, 13 mm, less a pellet of 0.5 mm at 1.56 mS/cm (24 ohm); at 5 MPa",
        30e-4,
        80e-4,
        "calibrated",
    ),
    "Contact loading exponent": Entry(1.48, f"{DOUX}, the same fit", 1.2, 2, "calibrated"),
    "Contact unloading exponent": Entry(
        1 / 3, "flattened spots unload as Hertz contacts: Johnson, Contact Mechanics, 1985", 0, 2 / 3, "assumed"
    ),
    # Short
    "Pressure of penetration rates [Pa]": Entry(10e6, "where the rates below are stated", 10e6, 10e6, "chosen"),
    "Current density of penetration rates [A.m-2]": Entry(0.75, f"{DOUX}: 75 uA/cm2", 0.75, 0.75, "chosen"),
    "Separator thickness of penetration rates [m]": Entry(
        500e-6, f"{DOUX}: pellets; thickness taken as this project's default", 300e-6, 1e-3, "assumed"
    ),
    "Penetration rate by plating at reference [s-1]": Entry(
        2 * 2.0988e-3 / 3600,
        f"{DOUX}: 474 h at 10 MPa and 190 h at 20, of which a side plates half the time",
        4e-7,
        2e-6,
        "calibrated",
    ),
    "Penetration rate by creep at reference [s-1]": Entry(
        1.0977e-5 / 3600, f"{DOUX}: the same two times, creep exponent 6.6", 3e-10, 1e-8, "calibrated"
    ),
    "Critical plating current density [A.m-2]": Entry(
        20.0, f"{KASEMCHAINAN}: 2.0 mA/cm2 at 3 and at 7 MPa", 10, 40, "measured"
    ),
    "Initial penetrated fraction": Entry(0.0, "a separator as pressed", 0, 1, "chosen"),
    "Crack time [s]": Entry(
        1800.0, "a crack at twice the critical density shorts within minutes to hours", 60, 2e4, "assumed"
    ),
    # Contact of cathode particles
    "Gap closing pressure [Pa]": Entry(73e6, "(2/9) E dV/V with 22 GPa and 1.5 % of volume", 20e6, 200e6, "computed"),
    "Contact loss per shrinkage": Entry(
        2.85, f"{SHI}: 954 to 1241 ohm by cycle 10, simulated with NMC111 at 2 MPa", 0.3, 8, "calibrated"
    ),
    "Contact capacity exponent": Entry(
        0.36, f"{SHI}: 129 to 102 mAh/g in 26 cycles, the same simulation", 0.1, 1, "calibrated"
    ),
    "Compaction yield pressure [Pa]": Entry(
        200e6,
        "Heckel slope of cold-pressed sulfide glass, dense by 360 MPa: Sakuda 2013, 10.1038/srep02261",
        100e6,
        300e6,
        "assumed",
    ),
    "Cathode interface resistance in full contact [Ohm.m2]": Entry(
        20e-4, "coated particles in a sulfide, order; uncoated ones in Li3PS4 a thousand ohm cm2", 1e-4, 0.2, "assumed"
    ),
    "Initial cathode contact fraction": Entry(1.0, "freshly pressed", 0.05, 1, "chosen"),
    # First-cycle interphase
    "Electrolyte oxidation potential [V]": Entry(2.1, "Li6PS5Cl, calibration figures", 1.7, 4.5, "measured"),
    "Interphase growth rate [m.s-1]": Entry(7e-12, "2 nm within a first charge of ten hours", 1e-13, 1e-9, "assumed"),
    "Interphase tunnelling length [m]": Entry(3e-10, "decay of tunnelling in an insulator", 1e-10, 1e-9, "assumed"),
    "Interphase conductivity [S.m-1]": Entry(1e-7, "between sulfur and the sulfide", 1e-10, 1e-4, "assumed"),
    "Electrons per oxidised electrolyte": Entry(
        5.0, "sulfide to sulfur: five of Li6PS5Cl's six lithium leave", 2, 8, "assumed"
    ),
    "Electrolyte molar volume [m3.mol-1]": Entry(1.64e-4, "Li6PS5Cl, 268 g/mol at 1.64 g/cm3", 1e-4, 3e-4, "computed"),
    "Carbon surface": Entry(
        110.0,
        "m2 per m2 of electrode: 3 wt% of fibres (15 m2/g; carbon black 60, Ketjen black 800) in 0.1 mm of composite",
        0,
        2e4,
        "chosen",
    ),
}
"""By name, as in `twin.parameters.entry`."""
