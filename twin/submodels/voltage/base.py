"""What both forms of the cathode share: the electrolyte, the lithium interface and the cut-offs."""

from typing import Any

import pybamm

from twin.submodels.base import RT_F, Submodel, Variables, arrhenius, parameter


class Voltage(Submodel):
    """Terminal voltage; a form of the cathode states the rest."""

    @staticmethod
    def conductivities(T: Any) -> tuple[Any, Any]:
        """Of the electrolyte [S.m-1]: in the separator, and in the composite by Bruggeman."""
        kappa = parameter("Separator conductivity [S.m-1]") * arrhenius(
            parameter("Separator conductivity activation energy [J.mol-1]"), T
        )
        eps = parameter("Positive electrode electrolyte volume fraction")
        return kappa, kappa * eps ** parameter("Positive electrode Bruggeman coefficient (electrolyte)")

    @staticmethod
    def lithium(j: Any, T: Any, variables: Variables) -> Any:
        """Overpotential [V] at the lithium: voids, and a vanishing film when stripping, raise the local density."""
        stripping = j > 0
        cover = 1 + stripping * (1 / variables["Lithium coverage"] - 1)
        local = j * cover / variables["Contact fraction"]
        j0 = parameter("Exchange-current density for lithium metal electrode [A.m-2]")
        return variables["Interface resistance [Ohm.m2]"] * local + 2 * RT_F * T * pybamm.arcsinh(local / (2 * j0))

    def add_events_from(self, variables: Variables) -> None:
        """Cut-offs."""
        V = variables["Voltage [V]"]
        self.events += [
            pybamm.Event("Minimum voltage [V]", V - parameter("Lower voltage cut-off [V]")),
            pybamm.Event("Maximum voltage [V]", parameter("Upper voltage cut-off [V]") - V),
        ]
