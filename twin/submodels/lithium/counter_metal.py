"""The metal counter-electrode of a symmetric cell: it grows by what the other one gives."""

import pybamm

from twin.submodels.base import Submodel, Variables, parameter
from twin.submodels.lithium.metal import LEAST_THICKNESS, coverage, interface_potential


class CounterMetal(Submodel):
    """dh/dt = (V_m/F) j at the positive electrode, with an interface of its own."""

    def get_fundamental_variables(self) -> Variables:
        """Thickness of the metal [m]; its share of what was there when assembled stands where hosts have lithium."""
        h = pybamm.Variable("Positive electrode lithium thickness [m]", scale=1e-5)
        left = h / parameter("Initial positive electrode lithium thickness [m]")
        return {
            "Positive electrode lithium thickness [m]": h,
            "Positive electrode lithium coverage": coverage(h),
            "Positive electrode stoichiometry": left,
            "Positive particle surface stoichiometry": left,
            "Positive electrode volume strain": pybamm.Scalar(0),
            "Positive electrode open-circuit potential [V]": pybamm.Scalar(0),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """The metal's potential [V] against the electrolyte beside it."""
        potential = interface_potential(
            -variables["Current density [A.m-2]"],
            variables["Cell temperature [K]"],
            variables["Positive electrode lithium coverage"],
            variables["Positive electrode contact fraction"],
            variables["Interface resistance [Ohm.m2]"],
        )
        return {"Counter-electrode potential [V]": potential}

    def set_rhs(self, variables: Variables) -> None:
        """Faraday's law."""
        V_m = parameter("Lithium metal partial molar volume [m3.mol-1]")
        j = variables["Current density [A.m-2]"]
        self.rhs[variables["Positive electrode lithium thickness [m]"]] = V_m / pybamm.constants.F * j

    def set_initial_conditions(self, variables: Variables) -> None:
        """As assembled."""
        h = variables["Positive electrode lithium thickness [m]"]
        self.initial_conditions[h] = parameter("Initial positive electrode lithium thickness [m]")

    def add_events_from(self, variables: Variables) -> None:
        """What is not there cannot be stripped."""
        h = variables["Positive electrode lithium thickness [m]"]
        self.events.append(pybamm.Event("Counter-electrode is used up", 1 + h / LEAST_THICKNESS))
