"""Cathode particles lose contact as they shrink."""

from typing import Any

import pybamm

from twin.laws import composite
from twin.submodels.base import Submodel, Variables, parameter

STEP = 1e-3  # of stoichiometry, for the slope of the volume change


class ContactLoss(Submodel):
    """dx/dt by `twin.laws.composite`; what lost its contact takes its lithium with it."""

    def get_fundamental_variables(self) -> Variables:
        """Contact [1], the share of the capacity it serves [1], and what it costs [Ohm.m2]."""
        x = pybamm.Variable("Cathode contact fraction")
        resistance = parameter("Cathode interface resistance in full contact [Ohm.m2]") / x
        return {
            "Cathode contact fraction": x,
            "Cathode served fraction": composite.capacity_share(x, parameter),
            "Cathode interface resistance [Ohm.m2]": resistance,
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """How fast the particles shrink [s-1], negative while they grow."""
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        j = variables["X-averaged positive electrode interfacial current density [A.m-2]"]
        change = 3 * j / (pybamm.constants.F * parameter("Positive particle radius [m]") * c_max)
        return {"Cathode shrinkage rate [s-1]": -self._slope(variables["Positive electrode stoichiometry"]) * change}

    def _slope(self, sto: Any) -> Any:
        strain = self.functions["Positive electrode volume change"].call
        return (strain(sto + STEP) - strain(sto - STEP)) / (2 * STEP)

    def set_rhs(self, variables: Variables) -> None:
        """Lost while shrinking; nothing comes back by itself."""
        x, P = variables["Cathode contact fraction"], variables["Stack pressure [Pa]"]
        self.rhs[x] = -composite.loss_rate(variables["Cathode shrinkage rate [s-1]"], P, x, parameter)

    def set_initial_conditions(self, variables: Variables) -> None:
        """As pressed."""
        self.initial_conditions[variables["Cathode contact fraction"]] = parameter("Initial cathode contact fraction")

    def add_events_from(self, variables: Variables) -> None:
        """Some contact has to be left."""
        self.events.append(pybamm.Event("Cathode contact is lost", variables["Cathode contact fraction"] - LEAST))


LEAST = 0.01
