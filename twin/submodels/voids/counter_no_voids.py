"""The interface of the metal counter-electrode never opens."""

import pybamm

from twin.submodels.base import Submodel, Variables


class CounterNoVoids(Submodel):
    """Contact is whole at any current."""

    def get_fundamental_variables(self) -> Variables:
        """No void volume [m], full contact [1]."""
        return {
            "Positive electrode void thickness [m]": pybamm.Scalar(0),
            "Positive electrode contact fraction": pybamm.Scalar(1),
        }
