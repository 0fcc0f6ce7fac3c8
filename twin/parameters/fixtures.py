"""What fixtures are made of and filled with, whatever cell they hold."""

from twin.parameters.entry import Entry

DISC = "order of DIN EN 16983 and makers' handbooks for 51CrV4 disc springs"

ENTRIES: dict[str, Entry] = {
    "Ambient pressure [Pa]": Entry(101325.0, "standard atmosphere; gauges read above it", 5e4, 1.1e5, "chosen"),
    # Springs
    "Spring relaxation per decade": Entry(
        0.005,
        "spring steel at room temperature loses about 1 % of its force in 48 h (EN 13906-1's time), on a line over the "
        "logarithm of time",
        0.001,
        0.02,
        "assumed",
    ),
    "Spring relaxation onset [s]": Entry(
        3600.0, "before the first hour, setting is part of assembly", 60, 1e5, "chosen"
    ),
    "Spring relaxation activation energy [J.mol-1]": Entry(
        100e3,
        "carbon in ferrite, 84 kJ/mol, to its drag on dislocations, 130: at 80 degC twice to thrice the loss",
        80e3,
        140e3,
        "assumed",
    ),
    "Spring cyclic loss per decade": Entry(
        0.01,
        "of force, were it to swing by all of itself; a few per cent after 2e6 cycles, " + DISC,
        0,
        0.03,
        "assumed",
    ),
    "Spring cyclic onset": Entry(100.0, "cycles from which the line over their logarithm counts", 1, 1e4, "assumed"),
    "Spring design stress [Pa]": Entry(
        800e6, "at the preload; spring steel of 1400 to 1600 MPa strength, " + DISC, 400e6, 1200e6, "chosen"
    ),
    "Spring endurance stress range [Pa]": Entry(
        400e6, "range endured 2e6 times at such a mean stress, " + DISC, 250e6, 650e6, "assumed"
    ),
    "Spring Basquin exponent": Entry(
        5.0, "two decades of life, 2e4 to 2e6, for a range 2.5 times as large, " + DISC, 4, 10, "assumed"
    ),
    # Isostatic vessels
    "Cell Poisson's ratio": Entry(0.3, "sulfide electrolytes and layered oxides, 0.25 to 0.35", 0.2, 0.4, "assumed"),
}
