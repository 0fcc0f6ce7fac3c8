"""Discharge and throughput capacity."""

import pybamm

from twin.submodels.base import Submodel, Variables


class ChargeCounter(Submodel):
    """Counts the terminal current [A] into ampere-hours."""

    def get_fundamental_variables(self) -> Variables:
        """Discharge capacity (net) and throughput capacity (both ways) [A.h]."""
        return {name: pybamm.Variable(name) for name in ("Discharge capacity [A.h]", "Throughput capacity [A.h]")}

    def set_rhs(self, variables: Variables) -> None:
        """dQ/dt = I / 3600."""
        current = variables["Current [A]"]
        self.rhs[variables["Discharge capacity [A.h]"]] = current / 3600
        self.rhs[variables["Throughput capacity [A.h]"]] = pybamm.maximum(current, -current) / 3600

    def set_initial_conditions(self, variables: Variables) -> None:
        """Both start at nothing."""
        for name in ("Discharge capacity [A.h]", "Throughput capacity [A.h]"):
            self.initial_conditions[variables[name]] = pybamm.Scalar(0)
