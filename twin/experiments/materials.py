"""Values of a symmetric cell of a metal and an electrolyte, as experiments on interfaces take them."""

from twin.laws.adapted import adapted
from twin.laws.metals import metal
from twin.parameters import load, mechanisms


def values_of(metal_name: str, electrolyte: str, thickness_um: float | None = None) -> dict[str, float]:
    """Every value the laws ask for, by name, adapted to the metal."""
    values = {name: entry.value for name, entry in mechanisms.ENTRIES.items()}
    separator = load(f"{metal_name}|{electrolyte}|{metal_name}").values()
    sulfide = load("lithium|LPSCl|lithium").values()
    # The laws are lithium's on a sulfide; of the cell asked for come separator and faces.
    values.update(sulfide)
    values.update({name: value for name, value in separator.items() if name.startswith("Separator")})
    if metal_name == "lithium":
        face = "Interface resistance at reference pressure [Ohm.m2]"
        values["Contact resistance on first loading [Ohm.m2]"] *= separator[face] / sulfide[face]
    if thickness_um is not None:
        values["Separator thickness [m]"] = thickness_um * 1e-6
    return adapted(values, metal(metal_name))


def scaling(metal_name: str) -> tuple[str, ...]:
    """How a metal's limits were had, where it is not lithium: one sentence."""
    if metal_name == "lithium":
        return ()
    return (
        f"{metal_name.capitalize()}'s limits are lithium's, scaled: by creep rate, root of self-diffusivity, yield "
        "stress and molar volume; none was measured.",
    )
