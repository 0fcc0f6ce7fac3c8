"""Silicon: part of the thickness it once reached stays as pores when lithium leaves."""

import pybamm

from twin.submodels.anode_swelling import solid_thickness, start
from twin.submodels.base import Submodel, Variables, parameter

FOLLOW = 30.0  # s; the highest content follows the present one with this lag, short beside any charge


class Residual(Submodel):
    """strain = strain(x) + f (strain(x_max) - strain(x)): the share f of the way back is not gone."""

    def get_fundamental_variables(self) -> Variables:
        """The highest lithium content so far [1]."""
        name = "Highest negative electrode stoichiometry"
        return {name: pybamm.Variable(name)}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Growth since assembly [m]."""
        strain = self.functions["Negative electrode volume change"].call
        kept = parameter("Negative electrode residual swelling fraction")
        now, most = (
            strain(variables[name])
            for name in ("Negative electrode stoichiometry", "Highest negative electrode stoichiometry")
        )
        return {"Host growth [m]": solid_thickness() * ((1 - kept) * now + kept * most - strain(start()))}

    def set_rhs(self, variables: Variables) -> None:
        """Follows upwards only."""
        most = variables["Highest negative electrode stoichiometry"]
        self.rhs[most] = pybamm.maximum(variables["Negative electrode stoichiometry"] - most, 0.0) / FOLLOW

    def set_initial_conditions(self, variables: Variables) -> None:
        """As assembled; a cell that starts charged has been there already."""
        self.initial_conditions[variables["Highest negative electrode stoichiometry"]] = start()
