"""Terminal voltage with a blended cathode."""

from twin.submodels.base import Variables
from twin.submodels.voltage.single_particle import SingleParticle


class BlendVoltage(SingleParticle):
    """The particles' common potential less what the electrolyte and the anode cost."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Voltage [V] and its parts, all for the current density through one layer."""
        j, T = variables["Current density [A.m-2]"], variables["Cell temperature [K]"]
        across = variables["Positive electrode surface potential difference [V]"]
        ohmic, anode = j * self._resistance(T), variables["Negative electrode potential [V]"]
        open_circuit = variables["Positive electrode open-circuit potential [V]"]
        return {
            "Positive electrode reaction overpotential [V]": across - open_circuit,
            "Electrolyte ohmic losses [V]": -ohmic,
            **self.shown(across - ohmic - anode, anode, open_circuit, variables),
        }
