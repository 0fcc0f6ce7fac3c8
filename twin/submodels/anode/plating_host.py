"""A host too small for the charge: it fills first, then lithium plates beneath it; silver-carbon."""

from typing import Any

import pybamm

from twin.submodels.anode.host import Host
from twin.submodels.base import Variables, parameter
from twin.submodels.lithium.metal import coverage, interface_potential

WIDTH = 0.003  # of stoichiometry, over which plating takes over from the host


class PlatingHost(Host):
    """Host and metal share the current: on charge by how full the host is, on discharge metal leaves first."""

    def get_fundamental_variables(self) -> Variables:
        """Content of the host [1] and thickness of the metal [m]."""
        h = pybamm.Variable("Lithium thickness [m]", scale=1e-5)
        return {**super().get_fundamental_variables(), "Lithium thickness [m]": h, "Lithium coverage": coverage(h)}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """The metal's share of the current, and a potential between the host's and the metal's by it."""
        j, cover = variables["Current density [A.m-2]"], variables["Lithium coverage"]
        full = parameter("Negative electrode stoichiometry limit")
        filled = 1 / (1 + pybamm.exp((full - variables["Negative electrode stoichiometry"]) / WIDTH))
        stripping = j > 0
        share = stripping * cover + (1 - stripping) * filled
        found = super().get_coupled_variables({**variables, "Metal share of the current": share})
        metal = interface_potential(
            j,
            variables["Cell temperature [K]"],
            pybamm.Scalar(1),
            variables["Contact fraction"],
            variables["Interface resistance [Ohm.m2]"],
        )
        host = found["Negative electrode potential [V]"]
        return {
            **found,
            "Anode growth [m]": variables["Host growth [m]"]
            + variables["Lithium thickness [m]"]
            - parameter("Initial lithium thickness [m]"),
            "Metal share of the current": share,
            "Negative electrode potential [V]": share * metal + (1 - share) * host,
        }

    def taken(self, variables: Variables) -> Any:
        """Current density [A.m-2] that leaves the host; the metal takes the rest."""
        return (1 - variables["Metal share of the current"]) * variables["Current density [A.m-2]"]

    def set_rhs(self, variables: Variables) -> None:
        """Faraday's law, twice."""
        super().set_rhs(variables)
        V_m = parameter("Lithium metal partial molar volume [m3.mol-1]")
        j = variables["Metal share of the current"] * variables["Current density [A.m-2]"]
        self.rhs[variables["Lithium thickness [m]"]] = -V_m / pybamm.constants.F * j

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform host, and what the state of charge has plated."""
        super().set_initial_conditions(variables)
        self.initial_conditions[variables["Lithium thickness [m]"]] = parameter("Initial lithium thickness [m]")
