"""Terminal voltage of the single-particle form."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, arrhenius, parameter

RT_F = pybamm.constants.R / pybamm.constants.F


class SingleParticle(Submodel):
    """Open-circuit potential less the cathode's, the electrolyte's and the lithium interface's overpotentials."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Voltage [V] and its parts, all for the current density through one layer."""
        j, T = variables["Current density [A.m-2]"], variables["Cell temperature [K]"]
        surface = variables["Positive particle surface stoichiometry"]
        ocp = self.functions["Positive electrode OCP [V]"].call
        j0 = self.functions["Positive electrode exchange-current density [A.m-2]"].call(surface, T)
        j_p = variables["X-averaged positive electrode interfacial current density [A.m-2]"]
        cathode = 2 * RT_F * T * pybamm.arcsinh(j_p / (2 * j0))
        ohmic = j * self._resistance(T)
        anode = self._lithium(j, T, variables)
        V = ocp(surface) - cathode - ohmic - anode
        return {
            "Positive electrode open-circuit potential [V]": ocp(variables["Positive electrode stoichiometry"]),
            "Positive electrode reaction overpotential [V]": -cathode,
            "Electrolyte ohmic losses [V]": -ohmic,
            "Lithium interface overpotential [V]": -anode,
            "Voltage [V]": V,
            "Voltage expression [V]": V,
            "Battery voltage [V]": V,
        }

    @staticmethod
    def _resistance(T: Any) -> Any:
        """Separator and composite [Ohm.m2]; a third of the composite counts (uniform reaction)."""
        kappa = parameter("Separator conductivity [S.m-1]") * arrhenius(
            parameter("Separator conductivity activation energy [J.mol-1]"), T
        )
        eps = parameter("Positive electrode electrolyte volume fraction")
        composite = kappa * eps ** parameter("Positive electrode Bruggeman coefficient (electrolyte)")
        return parameter("Separator thickness [m]") / kappa + parameter("Positive electrode thickness [m]") / (
            3 * composite
        )

    @staticmethod
    def _lithium(j: Any, T: Any, variables: Variables) -> Any:
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
