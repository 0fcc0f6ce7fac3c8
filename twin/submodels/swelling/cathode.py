"""Growth of a cathode composite from the strain of its active material."""

from collections.abc import Mapping
from typing import Any

from twin.submodels.base import Variables, parameter


def cathode_growth(functions: Mapping[str, Any], variables: Variables) -> Any:
    """Thickness change of one layer's cathode since assembly [m].

    Laterally confined by the die or by the dense composite: all of the volume goes into thickness.
    """
    strain = functions["Positive electrode volume change"].call
    c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
    start = parameter("Initial concentration in positive electrode [mol.m-3]") / c_max
    return (
        parameter("Positive electrode thickness [m]")
        * parameter("Positive electrode active material volume fraction")
        * (variables["Positive electrode volume strain"] - strain(start))
    )
