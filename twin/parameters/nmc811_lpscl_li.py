"""NMC811 | Li6PS5Cl | lithium metal (anode-free start or thin foil), at room temperature: the default cell."""

from twin.parameters.compose import compose, renamed
from twin.parameters.shapes import F

SET = renamed(
    compose("NMC811", "LPSCl", "anode-free"),
    "NMC811_LPSCl_Li",
    "NMC811 composite, 0.5 mm Li6PS5Cl pellet, lithium metal",
)

__all__ = ["SET", "F"]
