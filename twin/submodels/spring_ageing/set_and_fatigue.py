"""A spring under load loses some of its force, with the logarithm of time and of cycles; cycles break it in the end."""

from typing import Any

import numpy as np
import pybamm

from twin.submodels.base import Submodel, Variables, area, arrhenius, parameter

TENS = float(np.log(10))
LONG_LIFE = 2e6  # cycles; disc-spring standards call what endures them of long life


class SetAndFatigue(Submodel):
    """Relaxed share s: ds/dt = (r/t0) exp(-s/r), that is s = r ln(1 + t/t0), t sped up by temperature (Arrhenius).

    Spring practice (EN 13906-1, EN 16983) states the force lost in 48 h, and that it goes on; a rate that falls
    exponentially with what has relaxed makes it a line over the logarithm of time. Cycling adds the logarithm of the
    cycles, in proportion to the range of force a full charge makes; a cycle is twice the capacity passed. The fatigue
    life is Basquin's through the range of stress endured 2e6 times. Both shares count from the preload's force.
    """

    def get_fundamental_variables(self) -> Variables:
        """Share of its force the spring has relaxed [1]."""
        return {"Spring relaxed share": pybamm.Variable("Spring relaxed share", scale=1e-2)}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Full cycles passed [1], share of the fatigue life used [1], length lost [m]."""
        cycles = variables["Throughput capacity [A.h]"] / (2 * parameter("Nominal cell capacity [A.h]"))
        swing = parameter("Spring force range of a full charge")
        shaken = (
            parameter("Spring cyclic loss per decade")
            * swing
            * pybamm.log(1 + cycles / parameter("Spring cyclic onset"))
            / TENS
        )
        stress = swing * parameter("Spring design stress [Pa]") / parameter("Spring endurance stress range [Pa]")
        share = variables["Spring relaxed share"] + shaken
        deflection = parameter("Preload pressure [Pa]") * area() / parameter("Spring stiffness [N.m-1]")
        return {
            "Full cycles": cycles,
            "Spring lost share": share,
            "Spring fatigue damage": cycles / LONG_LIFE * stress ** parameter("Spring Basquin exponent"),
            "Spring set [m]": share * deflection,
        }

    def set_rhs(self, variables: Variables) -> None:
        """The more has relaxed, the slower it goes on."""
        s, r = variables["Spring relaxed share"], self._scale()
        hurry = arrhenius(
            parameter("Spring relaxation activation energy [J.mol-1]"), variables["Frame temperature [K]"]
        )
        self.rhs[s] = r / parameter("Spring relaxation onset [s]") * hurry * pybamm.exp(-s / r)

    @staticmethod
    def _scale() -> Any:
        """Share relaxed per e-fold of time [1]."""
        return parameter("Spring relaxation per decade") / TENS

    def set_initial_conditions(self, variables: Variables) -> None:
        """Fresh."""
        self.initial_conditions[variables["Spring relaxed share"]] = pybamm.Scalar(0)

    def add_events_from(self, variables: Variables) -> None:
        """Its life is used up."""
        self.events.append(pybamm.Event("Spring is broken", 1 - variables["Spring fatigue damage"]))
