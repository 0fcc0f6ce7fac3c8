"""Voids at the lithium interface: a flux balance, calibrated on the two measured stripping limits."""

from collections.abc import Callable, Mapping
from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, arrhenius, parameter

CONTACT_FLOOR = 1e-3  # keeps the local current finite when contact is all but lost


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
        depth = parameter("Void depth [m]")
        # The volume cannot be negative; the solver's state may be, by its tolerance.
        contact = CONTACT_FLOOR + (1 - CONTACT_FLOOR) * pybamm.exp(-pybamm.maximum(v, 0.0) / depth)
        return {"Void thickness [m]": v, "Contact fraction": contact}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Refill limit [A.m-2] at this pressure and temperature."""
        P, T = variables["Stack pressure [Pa]"], variables["Cell temperature [K]"]
        return {"Refill current density [A.m-2]": self.refill(P, T)}

    def set_rhs(self, variables: Variables) -> None:
        """Growth by the excess flux, less creep closing, less plating into the voids."""
        v, contact = variables["Void thickness [m]"], variables["Contact fraction"]
        P, T = variables["Stack pressure [Pa]"], variables["Cell temperature [K]"]
        j = variables["Current density [A.m-2]"]
        per_charge = parameter("Lithium metal partial molar volume [m3.mol-1]") / pybamm.constants.F
        growth = pybamm.maximum(j - contact * variables["Refill current density [A.m-2]"], 0.0)
        plating = pybamm.maximum(-j, 0.0) * (1 - contact)
        closing = (
            parameter("Void closing rate at reference pressure [s-1]")
            * (P / parameter("Reference pressure [Pa]")) ** parameter("Void closing exponent")
            * arrhenius(parameter("Lithium creep activation energy [J.mol-1]"), T)
        )
        self.rhs[v] = per_charge * (growth - plating) - closing * v

    def set_initial_conditions(self, variables: Variables) -> None:
        """Full contact."""
        self.initial_conditions[variables["Void thickness [m]"]] = pybamm.Scalar(0)
