"""Lithium plated and stripped at the anode."""

from typing import Any

import pybamm

from twin.submodels.base import RT_F, Submodel, Variables, parameter

LEAST_THICKNESS = 1e-9  # m below nothing


class Metal(Submodel):
    """dh/dt = -(V_m/F) j: 12.996 cm3/mol is 4.849 um per mAh/cm2."""

    def get_fundamental_variables(self) -> Variables:
        """Thickness of dense lithium under one layer [m], and its growth since assembly."""
        h = pybamm.Variable("Lithium thickness [m]", scale=1e-5)
        return {
            "Lithium thickness [m]": h,
            "Lithium coverage": coverage(h),
            "Anode growth [m]": h - parameter("Initial lithium thickness [m]"),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """The metal's potential [V] against the electrolyte beside it."""
        potential = interface_potential(
            variables["Current density [A.m-2]"],
            variables["Cell temperature [K]"],
            variables["Lithium coverage"],
            variables["Contact fraction"],
            variables["Interface resistance [Ohm.m2]"],
        )
        return {
            "Negative electrode potential [V]": potential,
            "Negative electrode open-circuit potential [V]": pybamm.Scalar(0),
        }

    def set_rhs(self, variables: Variables) -> None:
        """Faraday's law with the partial molar volume."""
        V_m = parameter("Lithium metal partial molar volume [m3.mol-1]")
        j = variables["Current density [A.m-2]"]
        self.rhs[variables["Lithium thickness [m]"]] = -V_m / pybamm.constants.F * j

    def set_initial_conditions(self, variables: Variables) -> None:
        """Foil as assembled plus what the state of charge has plated."""
        self.initial_conditions[variables["Lithium thickness [m]"]] = parameter("Initial lithium thickness [m]")

    def add_events_from(self, variables: Variables) -> None:
        """Lithium that is not there cannot be stripped; a nanometre is left to the solver's tolerance."""
        h = variables["Lithium thickness [m]"]
        self.events.append(pybamm.Event("Lithium is used up", 1 + h / LEAST_THICKNESS))


def coverage(h: Any) -> Any:
    """Share of the collector that lithium of thickness ``h`` [m] covers."""
    left = pybamm.maximum(h, 1e-15)
    thin = parameter("Lithium coverage thickness [m]")
    return left / (left + thin)


def interface_potential(j: Any, T: Any, cover: Any, contact: Any, resistance: Any) -> Any:
    """Potential [V] of lithium against its electrolyte at ``j`` [A.m-2], positive while it is stripped.

    Voids, and a vanishing film when stripping, raise the local density.
    """
    stripping = j > 0
    local = j * (1 + stripping * (1 / cover - 1)) / contact
    j0 = parameter("Exchange-current density for lithium metal electrode [A.m-2]")
    return resistance * local + 2 * RT_F * T * pybamm.arcsinh(local / (2 * j0))
