"""Terminal voltage of a symmetric cell: two metal interfaces and what lies between."""

from twin.submodels.base import Variables, parameter, separator_conductivity
from twin.submodels.voltage.base import Voltage


class Symmetric(Voltage):
    """No open-circuit voltage: interfaces and separator only."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Voltage [V] and its parts, all for the current density through one layer."""
        j, T = variables["Current density [A.m-2]"], variables["Cell temperature [K]"]
        ohmic = j * parameter("Separator thickness [m]") / separator_conductivity(T)
        anode, counter = variables["Negative electrode potential [V]"], variables["Counter-electrode potential [V]"]
        open_circuit = variables["Positive electrode open-circuit potential [V]"]
        return {
            "Electrolyte ohmic losses [V]": -ohmic,
            **self.shown(counter - ohmic - anode, anode, open_circuit, variables),
        }
