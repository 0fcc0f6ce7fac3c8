"""Terminal voltage of the porous-electrode form: potentials through the cathode composite."""

from typing import Any

import pybamm

from twin.submodels.base import Variables, parameter
from twin.submodels.particle.fickian import surface_per_volume
from twin.submodels.voltage.base import Voltage


class PorousElectrode(Voltage):
    """Charge in solid and electrolyte of the composite (Doyle 1993, 10.1149/1.2221597), for a single-ion conductor.

    Its salt does not move (t+ = 1), so both phases are ohmic. With conductivities uniform through the composite the two
    charge balances are one: of the potential across the interface, U = phi_s - phi_e,

        (1/sigma + 1/kappa)^-1 d2U/dx2 + a j = 0,  dU/dx = i/kappa at the separator, -i/sigma at the collector,

    and sigma phi_s + kappa phi_e falls by i x. The potentials follow from U exactly; nothing is left out.
    """

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Voltage [V] and its parts, potentials [V] against the lithium through the composite."""
        i, T = variables["Current density [A.m-2]"], variables["Cell temperature [K]"]
        ocp = self.functions["Positive electrode OCP [V]"].call
        across = variables["Positive electrode surface potential difference [V]"]
        kappa, sigma = self._composite(T)
        separator = i * parameter("Separator thickness [m]") / self.conductivities(T)[0]
        anode = variables["Negative electrode potential [V]"]
        entry = -separator - anode  # of the electrolyte where the composite begins
        L = parameter("Positive electrode thickness [m]")
        first, last = (pybamm.boundary_value(across, side) for side in ("left", "right"))
        V = entry + (sigma * first + kappa * last - i * L) / (sigma + kappa)
        depth = pybamm.SpatialVariable("x_p", domain=across.domain)
        electrolyte = entry + (sigma * (first - across) - i * L * depth) / (sigma + kappa)
        open_circuit = ocp(variables["Positive electrode stoichiometry"])
        return {
            "Positive electrode open-circuit potential [V]": open_circuit,
            "Positive electrode electrolyte potential [V]": electrolyte,
            "Positive electrode potential [V]": electrolyte + across,
            "Separator ohmic losses [V]": -separator,
            **self.shown(V, anode, open_circuit, variables),
        }

    def _composite(self, T: Any) -> tuple[Any, Any]:
        """Effective conductivities of electrolyte and solid in the composite [S.m-1]."""
        return self.conductivities(T)[1], parameter("Positive electrode effective electronic conductivity [S.m-1]")

    def set_algebraic(self, variables: Variables) -> None:
        """Charge that leaves the electrolyte enters the particles [A.m-2, over the whole thickness]."""
        j = variables["Positive electrode interfacial current density [A.m-2]"]
        across = variables["Positive electrode surface potential difference [V]"]
        kappa, sigma = self._composite(variables["Cell temperature [K]"])
        L = parameter("Positive electrode thickness [m]")
        self.algebraic[j] = surface_per_volume() * L * j + pybamm.div(pybamm.grad(across)) * (
            1 / (1 / sigma + 1 / kappa) / L
        )

    def set_boundary_conditions(self, variables: Variables) -> None:
        """All current is in the electrolyte at the separator, in the solid at the collector."""
        across = variables["Positive electrode surface potential difference [V]"]
        drop = variables["Current density [A.m-2]"] * parameter("Positive electrode thickness [m]")
        kappa, sigma = self._composite(variables["Cell temperature [K]"])
        self.boundary_conditions[across] = {"left": (drop / kappa, "Neumann"), "right": (-drop / sigma, "Neumann")}
