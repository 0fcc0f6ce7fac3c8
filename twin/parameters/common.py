"""What every cell has, whatever it is made of: the composite's make-up, heat, the frame round it."""

from twin.parameters.entry import Entry

COMPOSITE: dict[str, Entry] = {
    "Positive electrode active material volume fraction": Entry(
        0.55, "dense pressed composites, 70-80 wt% active", 0.35, 0.7, "chosen"
    ),
    "Positive electrode electrolyte volume fraction": Entry(0.35, "as above, 10 % pores", 0.2, 0.5, "chosen"),
    "Positive electrode Bruggeman coefficient (electrolyte)": Entry(1.5, "Bruggeman", 1.5, 3, "assumed"),
    "Positive electrode effective electronic conductivity [S.m-1]": Entry(
        1.0, "order of dense NMC-Li6PS5Cl composites without carbon; porous-electrode form only", 1e-2, 100, "assumed"
    ),
    "Positive electrode Young's modulus [Pa]": Entry(
        30e9, "between Li6PS5Cl 22 GPa and oxide; pores soften it", 5e9, 100e9, "assumed"
    ),
}
"""A pressed cathode composite."""

REST: dict[str, Entry] = {
    # Heat
    "Cell heat capacity per area [J.K-1.m-2]": Entry(
        2500.0, "0.6 mm of solids at 2 g/cm3 and 1 J/g/K, and two plungers' faces", 500, 1e5, "assumed"
    ),
    "Cell heat transfer coefficient [W.m-2.K-1]": Entry(
        100.0, "conduction into the plungers; the cell follows its frame in half a minute", 5, 2000, "assumed"
    ),
    "Cell thermal expansion coefficient [K-1]": Entry(15e-6, "sulfide pellet, order", 5e-6, 30e-6, "assumed"),
    # Frame
    "Frame relaxation fraction 1": Entry(
        0.03, "Koerver 2018: empty case 63 MPa loses 3.9 in 69 h", 0, 0.1, "calibrated"
    ),
    "Frame relaxation time 1 [s]": Entry(3 * 3600.0, "as above, split into two times", 600, 1e5, "assumed"),
    "Frame relaxation fraction 2": Entry(0.045, "as above", 0, 0.2, "calibrated"),
    "Frame relaxation time 2 [s]": Entry(40 * 3600.0, "as above", 1e4, 1e6, "assumed"),
    "Seal breakaway distance [m]": Entry(
        2e-6, "elastomer seals stretch by micrometres before they slide", 1e-7, 1e-4, "assumed"
    ),
    "Seal slip time [s]": Entry(10.0, "regularises the yield point; short beside any swelling", 0.1, 60, "chosen"),
    # Limits
    "Lower voltage cut-off [V]": Entry(2.5, "safe end of discharge", 2.0, 3.2, "chosen"),
    "Upper voltage cut-off [V]": Entry(4.3, "usual end of charge of NMC811 against Li", 4.1, 4.5, "chosen"),
    "Reference temperature [K]": Entry(298.15, "where conductivities are given", 298.15, 298.15, "chosen"),
}
"""Heat, frame and limits; the cut-offs are NMC811's against lithium, other pairs have their own."""

COLLECTORS: dict[str, Entry] = {
    "Positive current collector thickness [m]": Entry(12e-6, "battery foil, aluminium", 8e-6, 25e-6, "chosen"),
    "Positive current collector density [kg.m-3]": Entry(
        2700.0, "CRC Handbook 2016, aluminium", 2690, 2710, "measured"
    ),
    "Negative current collector thickness [m]": Entry(8e-6, "battery foil, copper", 5e-6, 25e-6, "chosen"),
    "Negative current collector density [kg.m-3]": Entry(8960.0, "CRC Handbook 2016, copper", 8930, 8970, "measured"),
}
"""Foils, for masses and volumes only."""
