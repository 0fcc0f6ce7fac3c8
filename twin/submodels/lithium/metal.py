"""Lithium plated and stripped at the anode."""

import pybamm

from twin.submodels.base import Submodel, Variables, parameter

LEAST_THICKNESS = 1e-9  # m below nothing


class Metal(Submodel):
    """dh/dt = -(V_m/F) j: 12.996 cm3/mol is 4.849 um per mAh/cm2."""

    def get_fundamental_variables(self) -> Variables:
        """Thickness of dense lithium under one layer [m]."""
        h = pybamm.Variable("Lithium thickness [m]", scale=1e-5)
        left = pybamm.maximum(h, 1e-15)
        thin = parameter("Lithium coverage thickness [m]")
        return {"Lithium thickness [m]": h, "Lithium coverage": left / (left + thin)}

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
