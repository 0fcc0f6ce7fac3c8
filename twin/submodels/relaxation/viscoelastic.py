"""Frame and pellet creep under load: two Kelvin-Voigt elements in series with the frame's spring."""

from typing import Any

import pybamm

from twin.submodels.base import Submodel, Variables, area, parameter


class Viscoelastic(Submodel):
    """dr_i/dt = (phi_i A P / k_frame - r_i) / tau_i: given time, the frame yields a few per cent more."""

    def get_fundamental_variables(self) -> Variables:
        """Length lost to creep [m]."""
        r1, r2 = (pybamm.Variable(f"Frame relaxation {i} [m]", scale=1e-6) for i in (1, 2))
        return {
            "Frame relaxation 1 [m]": r1,
            "Frame relaxation 2 [m]": r2,
            "Frame relaxation [m]": r1 + r2,
            "Initial frame relaxation [m]": self._at_start(1) + self._at_start(2),
        }

    @staticmethod
    def _at_start(i: int) -> Any:
        """Creep of an element that is already over under the preload [m]."""
        elastic = parameter("Preload pressure [Pa]") * area() / parameter("Frame stiffness [N.m-1]")
        return parameter("Initial relaxed share") * parameter(f"Frame relaxation fraction {i}") * elastic

    def set_rhs(self, variables: Variables) -> None:
        """Each element follows the load."""
        elastic = variables["Stack pressure [Pa]"] * area() / parameter("Frame stiffness [N.m-1]")
        for i in (1, 2):
            r = variables[f"Frame relaxation {i} [m]"]
            end = parameter(f"Frame relaxation fraction {i}") * elastic
            self.rhs[r] = (end - r) / parameter(f"Frame relaxation time {i} [s]")

    def set_initial_conditions(self, variables: Variables) -> None:
        """A stated share of the creep under the preload is already over."""
        for i in (1, 2):
            self.initial_conditions[variables[f"Frame relaxation {i} [m]"]] = self._at_start(i)
