"""Terminal voltage of the single-particle form."""

from typing import Any

from twin.submodels.base import Variables, parameter
from twin.submodels.kinetics.butler_volmer import overpotential
from twin.submodels.voltage.base import Voltage


class SingleParticle(Voltage):
    """Open-circuit potential less the cathode's, the electrolyte's and the lithium interface's overpotentials."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Voltage [V] and its parts, all for the current density through one layer."""
        j, T = variables["Current density [A.m-2]"], variables["Cell temperature [K]"]
        surface = variables["Positive particle surface stoichiometry"]
        ocp = self.functions["Positive electrode OCP [V]"].call
        j_p = variables["X-averaged positive electrode interfacial current density [A.m-2]"]
        cathode = overpotential(self.functions, j_p, surface, T)
        ohmic = j * (self._resistance(T) + self._films(variables))
        anode = variables["Negative electrode potential [V]"]
        V = ocp(surface) - cathode - ohmic - anode
        open_circuit = ocp(variables["Positive electrode stoichiometry"])
        return {
            "Positive electrode open-circuit potential [V]": open_circuit,
            "Positive electrode reaction overpotential [V]": -cathode,
            "Electrolyte ohmic losses [V]": -ohmic,
            **self.shown(V, anode, open_circuit, variables),
        }

    @staticmethod
    def _films(variables: Variables) -> Any:
        """What contact and interphase of the particles add [Ohm.m2]."""
        return variables["Cathode interface resistance [Ohm.m2]"] + variables["Interphase resistance [Ohm.m2]"]

    def _resistance(self, T: Any) -> Any:
        """Separator and composite [Ohm.m2]; a third of the composite counts (uniform reaction)."""
        kappa, composite = self.conductivities(T)
        return parameter("Separator thickness [m]") / kappa + parameter("Positive electrode thickness [m]") / (
            3 * composite
        )
