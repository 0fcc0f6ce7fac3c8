"""The electrolyte in the composite stays as it is."""

import pybamm

from twin.submodels.base import Submodel, Variables


class NoInterphase(Submodel):
    """No film, no charge lost to it."""

    def get_fundamental_variables(self) -> Variables:
        """Thickness [m], charge taken [A.m-2] and resistance [Ohm.m2] of the film."""
        return {
            "Interphase thickness [m]": pybamm.Scalar(0),
            "Side current density [A.m-2]": pybamm.Scalar(0),
            "Interphase resistance [Ohm.m2]": pybamm.Scalar(0),
        }
