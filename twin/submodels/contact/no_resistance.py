"""A perfect contact between lithium and electrolyte."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoResistance(Submodel):
    """The interface costs no voltage beyond its kinetics."""

    def get_fundamental_variables(self) -> Variables:
        """Interface resistance [Ohm.m2]."""
        return {"Interface resistance [Ohm.m2]": pybamm.Scalar(0)}
