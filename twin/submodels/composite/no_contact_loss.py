"""Cathode particles keep their contacts."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoContactLoss(Submodel):
    """Whole contact, no resistance beyond kinetics."""

    def get_fundamental_variables(self) -> Variables:
        """Contact [1], the share of the capacity it serves [1], and what it costs [Ohm.m2]."""
        return {
            "Cathode contact fraction": pybamm.Scalar(1),
            "Cathode served fraction": pybamm.Scalar(1),
            "Cathode interface resistance [Ohm.m2]": pybamm.Scalar(0),
        }
