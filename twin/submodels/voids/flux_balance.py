"""Voids at the lithium interface: a flux balance, calibrated on the two measured stripping limits."""

from collections.abc import Callable, Mapping
from typing import Any

import pybamm

from twin.laws import voids
from twin.submodels.base import Submodel, Variables, parameter


class FluxBalance(Submodel):
    """Voids grow while stripping outruns refill, and close by creep and by plating into them.

    No published model reproduces void growth quantitatively; this one says where the limit is, not how deep.
    """

    def __init__(self, functions: Mapping[str, Any], refill: Callable[[Any, Any], Any]) -> None:
        super().__init__(functions)
        self.refill = refill

    def get_fundamental_variables(self) -> Variables:
        """Void volume per area [m] and the fraction of the interface in contact [1]."""
        v = pybamm.Variable("Void thickness [m]", scale=1e-6)
        return {"Void thickness [m]": v, "Contact fraction": voids.contact_fraction(v, parameter)}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Refill limit [A.m-2] at this pressure and temperature."""
        P, T = variables["Stack pressure [Pa]"], variables["Cell temperature [K]"]
        return {"Refill current density [A.m-2]": self.refill(P, T)}

    def set_rhs(self, variables: Variables) -> None:
        """Growth by the excess flux, less creep closing, less plating into the voids."""
        v, contact = variables["Void thickness [m]"], variables["Contact fraction"]
        P, T = variables["Stack pressure [Pa]"], variables["Cell temperature [K]"]
        j, refill = variables["Current density [A.m-2]"], variables["Refill current density [A.m-2]"]
        per_charge = parameter("Lithium metal partial molar volume [m3.mol-1]") / pybamm.constants.F
        opening = voids.opening_current_density(j, contact, refill)
        self.rhs[v] = per_charge * opening - voids.closing_rate(P, T, parameter) * v

    def set_initial_conditions(self, variables: Variables) -> None:
        """Full contact."""
        self.initial_conditions[variables["Void thickness [m]"]] = pybamm.Scalar(0)
