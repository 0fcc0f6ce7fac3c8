"""The cathode's reaction at each point through the composite."""

from collections.abc import Mapping
from typing import Any

import pybamm

from twin.submodels.base import RT_F, Submodel, Variables, through_average


def overpotential(functions: Mapping[str, Any], j: Any, surface: Any, T: Any) -> Any:
    """Overpotential [V] at ``j`` [A.m-2]: Butler-Volmer, j = 2 j0 sinh(F eta / 2RT), solved for it."""
    j0 = functions["Positive electrode exchange-current density [A.m-2]"].call(surface, T)
    return 2 * RT_F * T * pybamm.arcsinh(j / (2 * j0))


class ButlerVolmer(Submodel):
    """What the particles' open-circuit potential and the reaction leave between solid and electrolyte."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Potential across the particles' surface [V] and the overpotential in it."""
        surface = variables["Positive particle surface stoichiometry"]
        j = variables["Positive electrode interfacial current density [A.m-2]"]
        eta = overpotential(self.functions, j, surface, variables["Cell temperature [K]"])
        ocp = self.functions["Positive electrode OCP [V]"].call
        return {
            "Positive electrode surface potential difference [V]": ocp(surface) - eta,
            "Positive electrode reaction overpotential [V]": -through_average(eta),
        }
