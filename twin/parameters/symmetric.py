"""The counter-electrode of a symmetric cell: the anode's metal once more."""

from twin.parameters.entry import Entry, Material

MODULI = {
    "Li": Entry(7.82e9, "lithium, calibration figures (Masias 2019)", 1.9e9, 9e9, "measured"),
    "Na": Entry(4.6e9, "sodium, calibration figures (Wang 2020)", 3e9, 7e9, "measured"),
}
"""Stiffness of the foil in the stack, by its ion."""


def counter_electrode(metal: Material) -> Material:
    """Return ``metal`` as the positive electrode: a foil of the same thickness, with cut-offs either side of zero."""
    return Material(
        metal.name,
        metal.description,
        "cathode",
        "metal",
        {
            "Positive electrode Young's modulus [Pa]": MODULI[metal.ion],
            "Exchange-current density for lithium metal electrode [A.m-2]": Entry(
                1000.0, "the fit of the interfaces to Doux 2020 counts all they cost as contact", 1, 1e4, "assumed"
            ),
            "Lower voltage cut-off [V]": Entry(-1.0, "either way, about nothing", -5, 0, "chosen"),
            "Upper voltage cut-off [V]": Entry(1.0, "either way, about nothing", 0, 5, "chosen"),
        },
        ion=metal.ion,
        options={"cathode": "metal"},
    )
