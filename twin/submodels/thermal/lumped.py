"""Two lumps: the cell, and the frame around it, which follows the room."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, area, driven, layers, parameter


class Lumped(Submodel):
    """The frame follows the ambient with its own time constant; the cell heats itself and cools into the frame."""

    def get_fundamental_variables(self) -> Variables:
        """Temperatures of cell and frame [K]."""
        return {
            "Cell temperature [K]": pybamm.Variable("Cell temperature [K]", scale=300, reference=300),
            "Frame temperature [K]": pybamm.Variable("Frame temperature [K]", scale=300, reference=300),
            "Ambient temperature [K]": driven("Ambient temperature [K]"),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Irreversible heat [W]; the entropic part is left out (no dU/dT is published for this cell)."""
        through = variables["Cell current [A]"]
        lost = variables["Open-circuit voltage [V]"] - variables["Voltage [V]"]
        leak = variables["Leak current [A]"] * variables["Voltage [V]"]
        return {"Heat generation [W]": through * lost + leak}

    def set_rhs(self, variables: Variables) -> None:
        """Newton cooling, twice."""
        T, T_f = variables["Cell temperature [K]"], variables["Frame temperature [K]"]
        self.rhs[T_f] = (variables["Ambient temperature [K]"] - T_f) / parameter("Frame thermal time [s]")
        cooling: Any = parameter("Cell heat transfer coefficient [W.m-2.K-1]") * area() * (T - T_f)
        heat_capacity = parameter("Cell heat capacity per area [J.K-1.m-2]") * area() * layers()
        self.rhs[T] = (variables["Heat generation [W]"] - cooling) / heat_capacity

    def set_initial_conditions(self, variables: Variables) -> None:
        """Both start at the initial temperature."""
        for name in ("Cell temperature [K]", "Frame temperature [K]"):
            self.initial_conditions[variables[name]] = parameter("Initial temperature [K]")
