"""An electronic path beside the cell: an internal short, or a leaky separator."""

import pybamm

from twin.submodels.base import Submodel, Variables, area, driven, layers, parameter


class Leak(Submodel):
    """The cell's own current is the terminal current plus conductance times voltage: one algebraic equation."""

    def get_fundamental_variables(self) -> Variables:
        """Cell current [A] as an algebraic variable, terminal current [A] as the control."""
        current = driven("Current function [A]")
        through = pybamm.Variable("Cell current [A]", scale=parameter("Nominal cell capacity [A.h]"))
        return {
            "Current [A]": current,
            "Current variable [A]": current,
            "Cell current [A]": through,
            "Current density [A.m-2]": through / (area() * layers()),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Leak current [A]."""
        return {"Leak current [A]": driven("Leak conductance [S]") * variables["Voltage [V]"]}

    def set_algebraic(self, variables: Variables) -> None:
        """Kirchhoff's current law."""
        through = variables["Cell current [A]"]
        self.algebraic[through] = through - variables["Current [A]"] - variables["Leak current [A]"]

    def set_initial_conditions(self, variables: Variables) -> None:
        """The solver finds the rest."""
        self.initial_conditions[variables["Cell current [A]"]] = pybamm.Scalar(0)
