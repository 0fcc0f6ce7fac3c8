"""Interface resistance of lithium on its electrolyte: falls with pressure, and remembers it."""

import pybamm

from twin.submodels.base import Submodel, Variables, arrhenius, parameter

LEAST_PRESSURE = 5e4  # Pa; below it the power law has no data


class PressureMemory(Submodel):
    """R = R_ref (P_ref/P_m)^n, where P_m follows pressure up at once and down slowly."""

    def get_fundamental_variables(self) -> Variables:
        """The pressure the contact remembers [Pa]."""
        return {"Contact pressure memory [Pa]": pybamm.Variable("Contact pressure memory [Pa]", scale=1e6)}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Resistance of one lithium interface in full contact [Ohm.m2]."""
        P_m = pybamm.maximum(variables["Contact pressure memory [Pa]"], LEAST_PRESSURE)
        T = variables["Cell temperature [K]"]
        resistance = (
            parameter("Interface resistance at reference pressure [Ohm.m2]")
            * (parameter("Reference pressure [Pa]") / P_m) ** parameter("Interface resistance pressure exponent")
            / arrhenius(parameter("Interface resistance activation energy [J.mol-1]"), T)
        )
        return {"Interface resistance [Ohm.m2]": resistance}

    def set_rhs(self, variables: Variables) -> None:
        """Fast gain, slow loss."""
        P_m, P = variables["Contact pressure memory [Pa]"], variables["Stack pressure [Pa]"]
        gain = pybamm.maximum(P - P_m, 0.0) / parameter("Contact memory gain time [s]")
        loss = pybamm.maximum(P_m - P, 0.0) / parameter("Contact memory loss time [s]")
        self.rhs[P_m] = gain - loss

    def set_initial_conditions(self, variables: Variables) -> None:
        """As pressed when made."""
        self.initial_conditions[variables["Contact pressure memory [Pa]"]] = parameter(
            "Initial contact pressure memory [Pa]"
        )
