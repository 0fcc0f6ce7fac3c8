"""A spring that stays as it is."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoAgeing(Submodel):
    """Nothing sets, nothing tires."""

    def get_fundamental_variables(self) -> Variables:
        """Length a spring has lost [m]."""
        return {"Spring set [m]": pybamm.Scalar(0)}
