"""How much a pellet's conductivity owes to the pressure it was pressed with."""

from collections.abc import Mapping

import numpy as np

from twin.parameters.entry import Entry

COLD: dict[str, Entry] = {
    "Separator unpressed porosity fraction": Entry(0.5, "loose powder, order", 0.4, 0.65, "assumed"),
    "Separator Heckel constant [Pa-1]": Entry(
        4.5e-9, "cold-pressed sulfides: 10 % pores at 370 MPa, 30 % at 100 MPa, order", 2e-9, 8e-9, "assumed"
    ),
    "Separator conductivity density exponent": Entry(
        2.5, "effective medium with necks between grains, order", 1.5, 4, "assumed"
    ),
    "Separator reference pressing pressure [Pa]": Entry(
        370e6, "where conductivities of pellets are usually given", 300e6, 400e6, "assumed"
    ),
}
"""A powder that deforms: pressing closes its pores (Heckel 1961: their logarithm falls linearly with pressure)."""

SINTERED: dict[str, Entry] = {
    **COLD,
    "Separator unpressed porosity fraction": Entry(0.05, "as sintered", 0, 0.1, "assumed"),
    "Separator Heckel constant [Pa-1]": Entry(0.0, "ceramic: cold pressing changes nothing", 0, 0, "chosen"),
}
"""A sintered ceramic: stack pressure and pressing change nothing."""


def pressing_factor(values: Mapping[str, float], pressure: float) -> float:
    """Conductivity of a pellet pressed at ``pressure`` [Pa] over the one that ``values`` state [1].

    sigma ~ (1 - p)^b with pores p = p0 exp(-K P) (Heckel 1961). Above some 700 MPa nothing is left to close.
    """
    before, K = values["Separator unpressed porosity fraction"], values["Separator Heckel constant [Pa-1]"]
    exponent = values["Separator conductivity density exponent"]
    reference = values["Separator reference pressing pressure [Pa]"]
    dense = [1.0 - before * np.exp(-K * P) for P in (pressure, reference)]
    return float((dense[0] / dense[1]) ** exponent)
