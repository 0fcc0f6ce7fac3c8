"""The interface of the metal counter-electrode never opens."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, parameter


class CounterNoVoids(Submodel):
    """Contact is whole at any current."""

    def get_fundamental_variables(self) -> Variables:
        """No void volume [m], full contact [1]."""
        return {
            "Positive electrode void thickness [m]": pybamm.Scalar(0),
            "Positive electrode contact fraction": pybamm.Scalar(1),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Growth of the metal [m]."""
        return {"Positive electrode thickness change [m]": counter_growth(variables)}


def counter_growth(variables: Variables) -> Any:
    """Growth of the counter-electrode since assembly [m]: metal plated, and what voids it holds."""
    start = parameter("Initial positive electrode lithium thickness [m]")
    return (
        variables["Positive electrode lithium thickness [m]"]
        - start
        + variables["Positive electrode void thickness [m]"]
    )
