"""Frame and pellet are purely elastic."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoRelaxation(Submodel):
    """Nothing creeps."""

    def get_fundamental_variables(self) -> Variables:
        """Length lost to creep [m]."""
        return {"Frame relaxation [m]": pybamm.Scalar(0), "Initial frame relaxation [m]": pybamm.Scalar(0)}
