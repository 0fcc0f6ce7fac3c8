"""The separator holds for ever."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoPenetration(Submodel):
    """No lithium in the separator."""

    def get_fundamental_variables(self) -> Variables:
        """Share of the separator crossed [1]."""
        return {"Penetrated fraction": pybamm.Scalar(0)}
