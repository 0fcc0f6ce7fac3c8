"""The electrolyte oxidises on the composite's carbon, mostly during the first charge."""

import pybamm

from twin.laws import interphase
from twin.submodels.base import Submodel, Variables, parameter
from twin.submodels.particle.fickian import surface_per_volume


class FirstCharge(Submodel):
    """dz/dt by `twin.laws.interphase`; the charge it takes does not come from the particles."""

    def get_fundamental_variables(self) -> Variables:
        """Thickness [m] and resistance [Ohm.m2] of the film."""
        z = pybamm.Variable("Interphase thickness [m]", scale=1e-9)
        surface = surface_per_volume() * parameter("Positive electrode thickness [m]")
        return {
            "Interphase thickness [m]": z,
            "Interphase resistance [Ohm.m2]": interphase.resistance(z, surface, parameter),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Growth [m.s-1], and the current density [A.m-2] it takes."""
        potential = self.functions["Positive electrode OCP [V]"].call(
            variables["Positive particle surface stoichiometry"]
        )
        growth = interphase.growth_rate(variables["Interphase thickness [m]"], potential, parameter)
        return {
            "Interphase growth rate [m.s-1]": growth,
            "Side current density [A.m-2]": interphase.charge_per_film(parameter) * growth,
        }

    def set_rhs(self, variables: Variables) -> None:
        """Grows, never shrinks."""
        self.rhs[variables["Interphase thickness [m]"]] = variables["Interphase growth rate [m.s-1]"]

    def set_initial_conditions(self, variables: Variables) -> None:
        """None yet."""
        self.initial_conditions[variables["Interphase thickness [m]"]] = pybamm.Scalar(0)
