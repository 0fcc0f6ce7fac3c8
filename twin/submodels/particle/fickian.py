"""One representative cathode particle with Fickian diffusion."""

import pybamm

from twin.submodels.base import Submodel, Variables, parameter

PARTICLE = "positive particle"


class Fickian(Submodel):
    """Single-particle model of the cathode composite (Marquis 2019, 10.1149/2.0341915jes)."""

    def get_fundamental_variables(self) -> Variables:
        """Concentration [mol.m-3] over the particle's radius, and its stoichiometries [1]."""
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        c = pybamm.Variable("X-averaged positive particle concentration [mol.m-3]", domain=PARTICLE, scale=c_max)
        return {
            "X-averaged positive particle concentration [mol.m-3]": c,
            "Positive particle surface stoichiometry": pybamm.surf(c) / c_max,
            "Positive electrode stoichiometry": pybamm.r_average(c) / c_max,
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Interfacial current density of the particles [A.m-2], positive while they take lithium up."""
        eps = parameter("Positive electrode active material volume fraction")
        surface_per_volume = 3 * eps / parameter("Positive particle radius [m]")
        L = parameter("Positive electrode thickness [m]")
        return {
            "X-averaged positive electrode interfacial current density [A.m-2]": variables["Current density [A.m-2]"]
            / (surface_per_volume * L)
        }

    def set_rhs(self, variables: Variables) -> None:
        """dc/dt = div(D grad c)."""
        c = variables["X-averaged positive particle concentration [mol.m-3]"]
        D = parameter("Positive particle diffusivity [m2.s-1]")
        self.rhs[c] = pybamm.div(D * pybamm.grad(c))

    def set_boundary_conditions(self, variables: Variables) -> None:
        """No flux at the centre, the interfacial current at the surface."""
        c = variables["X-averaged positive particle concentration [mol.m-3]"]
        j = variables["X-averaged positive electrode interfacial current density [A.m-2]"]
        D = parameter("Positive particle diffusivity [m2.s-1]")
        self.boundary_conditions[c] = {
            "left": (pybamm.Scalar(0), "Neumann"),
            "right": (j / (pybamm.constants.F * D), "Neumann"),
        }

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform."""
        c = variables["X-averaged positive particle concentration [mol.m-3]"]
        self.initial_conditions[c] = parameter("Initial concentration in positive electrode [mol.m-3]")

    def add_events_from(self, variables: Variables) -> None:
        """A particle is never emptied or overfilled."""
        sto = variables["Positive particle surface stoichiometry"]
        self.events += [
            pybamm.Event("Minimum positive particle surface stoichiometry", sto - 0.01),
            pybamm.Event("Maximum positive particle surface stoichiometry", 1.0 - sto),
        ]
