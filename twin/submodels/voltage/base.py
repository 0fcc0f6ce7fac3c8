"""What all forms of the cell share: the electrolyte, what is shown of the voltage, and the cut-offs."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, parameter, separator_conductivity


class Voltage(Submodel):
    """Terminal voltage; a form of the cathode states the rest."""

    @staticmethod
    def conductivities(T: Any) -> tuple[Any, Any]:
        """Of the electrolyte [S.m-1]: in the separator, and in the composite by Bruggeman."""
        kappa = separator_conductivity(T)
        eps = parameter("Positive electrode electrolyte volume fraction")
        return kappa, kappa * eps ** parameter("Positive electrode Bruggeman coefficient (electrolyte)")

    @staticmethod
    def shown(V: Any, anode: Any, open_circuit: Any, variables: Variables) -> Variables:
        """The terminal voltage ``V`` [V] under the names PyBaMM looks for, the anode's part and the open circuit's."""
        below = variables["Negative electrode open-circuit potential [V]"]
        return {
            "Lithium interface overpotential [V]": below - anode,
            "Open-circuit voltage [V]": open_circuit - below,
            "Voltage [V]": V,
            "Voltage expression [V]": V,
            "Battery voltage [V]": V * parameter("Number of cells connected in series to make a battery"),
        }

    def add_events_from(self, variables: Variables) -> None:
        """Cut-offs."""
        V = variables["Voltage [V]"]
        self.events += [
            pybamm.Event("Minimum voltage [V]", V - parameter("Lower voltage cut-off [V]")),
            pybamm.Event("Maximum voltage [V]", parameter("Upper voltage cut-off [V]") - V),
        ]
