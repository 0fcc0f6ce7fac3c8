"""All of the terminal current passes through the cell."""

import pybamm

from twin.submodels.base import Submodel, Variables, area, driven, layers


class NoLeak(Submodel):
    """Current control; an experiment may replace the current by a variable of its own."""

    def get_fundamental_variables(self) -> Variables:
        """Terminal current [A] and the density through each layer [A.m-2], positive on discharge."""
        current = driven("Current function [A]")
        return {
            "Current [A]": current,
            "Current variable [A]": current,
            "Cell current [A]": current,
            "Current density [A.m-2]": current / (area() * layers()),
            "Leak current [A]": pybamm.Scalar(0),
        }
