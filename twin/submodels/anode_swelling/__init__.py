"""How a host's lithium becomes thickness."""

from typing import Any

from twin.submodels.base import parameter


def solid_thickness() -> Any:
    """Thickness of a host's active material, without lithium and pores [m]."""
    return parameter("Negative electrode thickness [m]") * parameter(
        "Negative electrode active material volume fraction"
    )


def start() -> Any:
    """Lithium content when assembled [1]."""
    return parameter("Initial concentration in negative electrode [mol.m-3]") / parameter(
        "Maximum concentration in negative electrode [mol.m-3]"
    )
