"""The counter-electrode of a symmetric cell: the anode's metal once more."""

from twin.parameters.entry import Entry, Material


def counter_electrode(metal: Material) -> Material:
    """Return ``metal`` as the positive electrode: a foil of the same thickness, with cut-offs either side of zero."""
    return Material(
        metal.name,
        metal.description,
        "cathode",
        "metal",
        {
            "Lower voltage cut-off [V]": Entry(-1.0, "either way, about nothing", -5, 0, "chosen"),
            "Upper voltage cut-off [V]": Entry(1.0, "either way, about nothing", 0, 5, "chosen"),
        },
        ion=metal.ion,
        options={"cathode": "metal"},
    )
