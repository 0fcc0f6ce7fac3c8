"""One representative cathode particle with Fickian diffusion."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, parameter
from twin.submodels.swelling.cathode import cathode_growth

PARTICLE = "positive particle"


class Fickian(Submodel):
    """Single-particle model of the cathode composite (Marquis 2019, 10.1149/2.0341915jes)."""

    concentration = "X-averaged positive particle concentration [mol.m-3]"
    interfacial = "X-averaged positive electrode interfacial current density [A.m-2]"

    def get_fundamental_variables(self) -> Variables:
        """Concentration [mol.m-3] over the particle's radius, its stoichiometries and its volume strain [1]."""
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        c = pybamm.Variable(self.concentration, domain=PARTICLE, scale=c_max)
        mean = pybamm.r_average(c) / c_max
        return {
            self.concentration: c,
            "Positive particle surface stoichiometry": pybamm.surf(c) / c_max,
            "Positive electrode stoichiometry": mean,
            "Positive electrode volume strain": self.functions["Positive electrode volume change"].call(mean),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Interfacial current density [A.m-2], positive while the particles take lithium up, and growth [m]."""
        through = variables["Current density [A.m-2]"] + variables["Side current density [A.m-2]"]
        return {
            self.interfacial: mean_interfacial_current_density(through) / variables["Cathode served fraction"],
            "Positive electrode thickness change [m]": cathode_growth(self.functions, variables),
        }

    def set_rhs(self, variables: Variables) -> None:
        """dc/dt = div(D grad c)."""
        c = variables[self.concentration]
        D = parameter("Positive particle diffusivity [m2.s-1]")
        self.rhs[c] = pybamm.div(D * pybamm.grad(c))

    def set_boundary_conditions(self, variables: Variables) -> None:
        """No flux at the centre, the interfacial current at the surface."""
        c, j = variables[self.concentration], variables[self.interfacial]
        D = parameter("Positive particle diffusivity [m2.s-1]")
        self.boundary_conditions[c] = {
            "left": (pybamm.Scalar(0), "Neumann"),
            "right": (j / (pybamm.constants.F * D), "Neumann"),
        }

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform."""
        c = variables[self.concentration]
        self.initial_conditions[c] = parameter("Initial concentration in positive electrode [mol.m-3]")

    def add_events_from(self, variables: Variables) -> None:
        """A particle is never emptied or overfilled."""
        least, most = self._extremes(variables["Positive particle surface stoichiometry"])
        self.events += [
            pybamm.Event("Minimum positive particle surface stoichiometry", least - 0.01),
            pybamm.Event("Maximum positive particle surface stoichiometry", 1.0 - most),
        ]

    @staticmethod
    def _extremes(sto: Any) -> tuple[Any, Any]:
        return sto, sto


def surface_per_volume() -> Any:
    """Surface of the active material per volume of composite [m-1]."""
    return (
        3 * parameter("Positive electrode active material volume fraction") / parameter("Positive particle radius [m]")
    )


def mean_interfacial_current_density(j: Any) -> Any:
    """Current density through a layer [A.m-2], shared evenly by the surface of all its particles."""
    return j / (surface_per_volume() * parameter("Positive electrode thickness [m]"))
