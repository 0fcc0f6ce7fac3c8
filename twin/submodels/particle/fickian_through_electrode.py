"""A cathode particle at each point through the composite, each with Fickian diffusion."""

from typing import Any

import pybamm

from twin.submodels.base import THROUGH, Variables, parameter, through_average
from twin.submodels.particle.fickian import PARTICLE, Fickian, mean_interfacial_current_density
from twin.submodels.swelling.cathode import cathode_growth


class FickianThroughElectrode(Fickian):
    """Particles of the porous-electrode form (Doyle 1993, 10.1149/1.2221597), and the current each one takes.

    The interfacial current is the unknown, not the potential it comes from: what passes the cell is then a linear
    sum of what the particles take, and lithium is conserved to rounding by any integrator.
    """

    concentration = "Positive particle concentration [mol.m-3]"
    interfacial = "Positive electrode interfacial current density [A.m-2]"

    def get_fundamental_variables(self) -> Variables:
        """Concentration [mol.m-3] over radius and depth, interfacial current [A.m-2], stoichiometries [1]."""
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        c = pybamm.Variable(self.concentration, domain=PARTICLE, auxiliary_domains={"secondary": THROUGH}, scale=c_max)
        return {
            self.concentration: c,
            self.interfacial: pybamm.Variable(self.interfacial, domain=THROUGH),
            "Positive particle surface stoichiometry": pybamm.surf(c) / c_max,
            "Positive particle mean stoichiometry": pybamm.r_average(c) / c_max,
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Means over all particles [1], what each would take [A.m-2] if all took the same, and growth [m]."""
        sto = variables["Positive particle mean stoichiometry"]
        strain = through_average(self.functions["Positive electrode volume change"].call(sto))
        return {
            "Positive electrode stoichiometry": through_average(sto),
            "Positive electrode volume strain": strain,
            "Positive electrode thickness change [m]": cathode_growth(
                self.functions, {"Positive electrode volume strain": strain}
            ),
            "X-averaged positive electrode interfacial current density [A.m-2]": mean_interfacial_current_density(
                variables["Current density [A.m-2]"]
            ),
        }

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform, at rest."""
        super().set_initial_conditions(variables)
        self.initial_conditions[variables[self.interfacial]] = pybamm.Scalar(0)

    @staticmethod
    def _extremes(sto: Any) -> tuple[Any, Any]:
        return pybamm.min(sto), pybamm.max(sto)
