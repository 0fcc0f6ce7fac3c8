"""Lithium creeps into the separator, by plating, creep and cracks; bridged, the cell is at its end."""

import pybamm

from twin.laws.short import penetration_rate
from twin.submodels.base import Submodel, Variables, parameter


class Penetration(Submodel):
    """ds/dt by the three mechanisms of `twin.laws.short`, at the local plating current density."""

    def get_fundamental_variables(self) -> Variables:
        """Share of the separator crossed [1]."""
        return {"Penetrated fraction": pybamm.Variable("Penetrated fraction")}

    def set_rhs(self, variables: Variables) -> None:
        """Never backwards: what has crept in stays."""
        local = -variables["Current density [A.m-2]"] / variables["Contact fraction"]
        P, T = variables["Stack pressure [Pa]"], variables["Cell temperature [K]"]
        self.rhs[variables["Penetrated fraction"]] = penetration_rate(P, local, T, parameter)

    def set_initial_conditions(self, variables: Variables) -> None:
        """A separator as pressed."""
        self.initial_conditions[variables["Penetrated fraction"]] = parameter("Initial penetrated fraction")

    def add_events_from(self, variables: Variables) -> None:
        """A bridge is a short."""
        self.events.append(pybamm.Event("Separator is bridged", 1 - variables["Penetrated fraction"]))
