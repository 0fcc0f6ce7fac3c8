"""An anode that takes lithium up: graphite, titanate, silicon, indium."""

from typing import Any

import pybamm

from twin.submodels.base import RT_F, Submodel, Variables, parameter, separator_conductivity


class Host(Submodel):
    """One representative particle, its concentration a parabola (Subramanian 2005, 10.1149/1.2032427).

    The parabola holds after a time R^2/(5 D) and costs one state. Ions cross the electrode as in the cathode: a third
    of its resistance counts (uniform reaction).
    """

    def get_fundamental_variables(self) -> Variables:
        """Lithium content [1]; no metal, so no voids in it."""
        return {
            "Negative electrode stoichiometry": pybamm.Variable("Negative electrode stoichiometry"),
            "Lithium thickness [m]": pybamm.Scalar(0),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Content at the surface [1], growth since assembly [m], potential [V] against the electrolyte beside it."""
        taken = self.taken(variables)
        surface = self.surface(variables["Negative electrode stoichiometry"], taken)
        ocp = self.functions["Negative electrode OCP [V]"].call
        return {
            "Anode growth [m]": variables["Host growth [m]"],
            "Negative particle surface stoichiometry": surface,
            "Negative electrode potential [V]": self.potential(surface, taken, variables),
            "Negative electrode open-circuit potential [V]": ocp(variables["Negative electrode stoichiometry"]),
        }

    def taken(self, variables: Variables) -> Any:
        """Current density [A.m-2] that leaves the host, per area of the layer."""
        return variables["Current density [A.m-2]"]

    @staticmethod
    def interfacial(j: Any) -> Any:
        """``j`` [A.m-2] shared by the particles' surface."""
        eps, radius = (
            parameter("Negative electrode active material volume fraction"),
            parameter("Negative particle radius [m]"),
        )
        return j / (3 * eps / radius * parameter("Negative electrode thickness [m]"))

    def surface(self, mean: Any, j: Any) -> Any:
        """Content at the surface [1]: c_s = c_mean - j_n R / (5 F D)."""
        gradient = parameter("Negative particle radius [m]") / (
            5
            * pybamm.constants.F
            * parameter("Negative particle diffusivity [m2.s-1]")
            * parameter("Maximum concentration in negative electrode [mol.m-3]")
        )
        return mean - self.interfacial(j) * gradient

    def potential(self, surface: Any, j: Any, variables: Variables) -> Any:
        """Open-circuit potential, Butler-Volmer, ions through the electrode, and its contact with the separator [V]."""
        T = variables["Cell temperature [K]"]
        j0 = self.functions["Negative electrode exchange-current density [A.m-2]"].call(surface, T)
        eta = 2 * RT_F * T * pybamm.arcsinh(self.interfacial(j) / (2 * j0))
        through = parameter("Negative electrode thickness [m]") / (
            3 * separator_conductivity(T) * parameter("Negative electrode effective conductivity fraction")
        )
        resistance = through + variables["Interface resistance [Ohm.m2]"] / variables["Contact fraction"]
        return self.functions["Negative electrode OCP [V]"].call(surface) + eta + j * resistance

    def set_rhs(self, variables: Variables) -> None:
        """Faraday's law."""
        held = (
            pybamm.constants.F
            * parameter("Maximum concentration in negative electrode [mol.m-3]")
            * parameter("Negative electrode active material volume fraction")
            * parameter("Negative electrode thickness [m]")
        )
        self.rhs[variables["Negative electrode stoichiometry"]] = -self.taken(variables) / held

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform."""
        c_max = parameter("Maximum concentration in negative electrode [mol.m-3]")
        start = parameter("Initial concentration in negative electrode [mol.m-3]") / c_max
        self.initial_conditions[variables["Negative electrode stoichiometry"]] = start

    def add_events_from(self, variables: Variables) -> None:
        """A host is never emptied or overfilled."""
        surface = variables["Negative particle surface stoichiometry"]
        self.events += [
            pybamm.Event("Minimum negative particle surface stoichiometry", surface),
            pybamm.Event("Maximum negative particle surface stoichiometry", 1.0 - surface),
        ]
