"""Stress in fixed frames, and what they lose at rest."""

from functools import partial

from twin.experiments import run
from twin.experiments.catalogue.pressure_swing import on_charge
from twin.validation.framework import Group, Row, Tolerance, factor

KOERVER = "Koerver 2018, 10.1039/C8EE00907D"
ROWS: tuple[tuple[str, str, str, float, float, float, str], ...] = (
    ("LCO", "LTO", "LPSCl", 62.0, 2.0, 0.057, "1 to 4"),
    ("NMC811", "lithium", "LPSCl", 62.0, 2.0, 1.48, "1 to 4"),
    ("LCO", "indium", "LGPS", 61.8, 2.0, 1.25, "1 to 4"),
    ("LCO", "Li21Si5", "LPSCl", 0.8, 2.9, 1.51, "2 to 4; 0.52 MPa per mAh/cm2"),
)
"""Cathode, anode, electrolyte, base [MPa], capacity assumed [mAh/cm2], published change on charge [MPa], range."""


def rows() -> list[Row]:
    """One frame, 20 N/um on 13 mm, for all of them."""

    def change(cathode: str, anode: str, electrolyte: str, base: float, capacity: float) -> float:
        return on_charge(
            run(
                "pressure-swing",
                cathode=cathode,
                anode=anode,
                electrolyte=electrolyte,
                preload_MPa=base,
                areal_capacity_mAh_per_cm2=capacity,
            )
        )

    stress = [
        Row(
            f"{anode} | {cathode}, on charge from {base:g} MPa; {capacity:g} mAh/cm2 assumed ({width})",
            published,
            "MPa",
            KOERVER,
            "one cell, read off a figure" if anode in ("LTO", "lithium") else "one cell, transcribed",
            partial(change, cathode, anode, electrolyte, base, capacity),
            factor(2),
        )
        for cathode, anode, electrolyte, base, capacity, published, width in ROWS
    ]

    def per_capacity() -> float:
        return change("LCO", "Li21Si5", "LPSCl", 0.8, 2.9) / 2.9

    def drift(hours: float) -> float:
        return run("frame-drift", preload_MPa=63.0, hours=hours).value

    return [
        *stress,
        Row("Li21Si5 | LCO, swing per capacity", 0.52, "MPa/(mAh/cm2)", KOERVER, "transcribed", per_capacity, SWING),
        Row("empty case, 63 MPa, 69 h", 3.9, "MPa", KOERVER, "one case, read off a figure",
            partial(drift, 69.0), factor(1.5)),
    ]  # fmt: skip


SWING: Tolerance = factor(1.5)

GROUP = Group(
    "fixtures",
    "Stress in fixed frames, and their drift",
    rows,
    note="One frame stiffness, 20 N/um on a 13 mm die (0.15 MPa/um; published apparent stiffnesses are 0.085 to 0.40), "
    "serves all rows: the geometric mean of what each asks for. The cells' areal capacities are not known: only sign "
    "and order are tested. LiCoO2 grows until half of the charge, then shrinks: the change is the largest on the way. "
    "All are equilibrium swings, without creep.",
)
