"""The interface never opens."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoVoids(Submodel):
    """Contact is whole at any current."""

    def get_fundamental_variables(self) -> Variables:
        """No void volume [m], full contact [1]."""
        return {"Void thickness [m]": pybamm.Scalar(0), "Contact fraction": pybamm.Scalar(1)}
