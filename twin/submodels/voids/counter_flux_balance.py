"""Voids at the metal counter-electrode of a symmetric cell."""

import pybamm

from twin.laws import voids
from twin.submodels.base import Variables, parameter
from twin.submodels.voids.counter_no_voids import counter_growth
from twin.submodels.voids.flux_balance import FluxBalance


class CounterFluxBalance(FluxBalance):
    """The same flux balance at the positive electrode, which is stripped while the other one is plated."""

    def get_fundamental_variables(self) -> Variables:
        """Void volume per area [m] and the fraction of the interface in contact [1]."""
        v = pybamm.Variable("Positive electrode void thickness [m]", scale=1e-6)
        contact = voids.contact_fraction(v, parameter)
        return {"Positive electrode void thickness [m]": v, "Positive electrode contact fraction": contact}

    @staticmethod
    def _seen_from_here(variables: Variables) -> Variables:
        """The variables with this electrode's under the names of the other's."""
        return {
            **variables,
            "Void thickness [m]": variables["Positive electrode void thickness [m]"],
            "Contact fraction": variables["Positive electrode contact fraction"],
            "Current density [A.m-2]": -variables["Current density [A.m-2]"],
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Growth [m], metal and voids; both electrodes share pressure, temperature and refill."""
        return {"Positive electrode thickness change [m]": counter_growth(variables)}

    def set_rhs(self, variables: Variables) -> None:
        """As at the other electrode, with the current reversed."""
        super().set_rhs(self._seen_from_here(variables))

    def set_initial_conditions(self, variables: Variables) -> None:
        """Full contact."""
        super().set_initial_conditions(self._seen_from_here(variables))
