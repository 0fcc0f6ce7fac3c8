"""The interface between an anode and its separator, as calibrated on lithium under Li6PS5Cl."""

from dataclasses import replace

from twin.parameters.entry import Entry
from twin.parameters.shapes import F

LITHIUM: dict[str, Entry] = {
    "Interface resistance at reference pressure [Ohm.m2]": Entry(
        54e-4,
        "Doux 2020, whole-cell 110/50/32 ohm at 5/10/25 MPa less a bulk of 28 ohm, two interfaces",
        1e-4,
        1e-1,
        "calibrated",
    ),
    "Interface resistance pressure exponent": Entry(1.9, "Doux 2020, first loading, same fit", 0.5, 3, "calibrated"),
    "Interface resistance activation energy [J.mol-1]": Entry(
        0.35 * F, "taken as the separator's", 0.2 * F, 0.7 * F, "assumed"
    ),
    "Reference pressure [Pa]": Entry(5e6, "the pressure of the fit", 5e6, 5e6, "chosen"),
    "Contact memory gain time [s]": Entry(60.0, "contact follows a rising pressure at once", 1, 3600, "assumed"),
    "Contact memory loss time [s]": Entry(
        1e6, "contact made under load stays for days after unloading", 1e4, 1e8, "assumed"
    ),
    "Initial contact pressure memory [Pa]": Entry(
        25e6, "Doux 2020: lithium is pressed on at 25 MPa, then released", 0, 5e8, "measured"
    ),
}
"""Lithium metal on a sulfide."""

HOST: dict[str, Entry] = {
    **LITHIUM,
    "Interface resistance at reference pressure [Ohm.m2]": Entry(
        5e-4, "a tenth of lithium's: the anode is pressed together with its separator", 1e-5, 1e-2, "assumed"
    ),
    "Initial contact pressure memory [Pa]": replace(
        LITHIUM["Initial contact pressure memory [Pa]"],
        value=100e6,
        source="powder anodes are pressed on at 100-400 MPa",
        kind="assumed",
    ),
    "Negative electrode effective electronic conductivity [S.m-1]": Entry(
        10.0,
        "composites with carbon, and metals, conduct far better than ions; only BPX asks for it",
        0.1,
        1e7,
        "assumed",
    ),
}
"""An anode pressed of powder together with its separator."""
