"""A plant's model in PyBaMM itself, so that anyone can compare."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin.build import INPUTS
from twin.cache import Stepper
from twin.resolve import DRIVEN


def reference(
    stepper: Stepper, values: Mapping[str, float], inputs: Sequence[float], current: float
) -> tuple[Any, Any]:
    """Return ``(model, parameter_values)``, ready for `pybamm.Simulation`; imports PyBaMM.

    Parameters
    ----------
    stepper : Stepper
        Its options and parameter set are the model's.
    values : mapping of str to float
        The plant's scalars by name.
    inputs : sequence of float
        In the order of `twin.build.INPUTS`; the driven parameters are set to them, or left at their start when no
        step was made yet.
    current : float
        Terminal current [A] of the last step, whatever its mode was.
    """
    import pybamm

    from twin.model import SolidStateCell

    given = dict(zip(INPUTS, inputs, strict=True))
    stepped = any(inputs[:3])
    present = {name: given[name] for name in DRIVEN if stepped and name in given}
    if stepped:
        present["Current function [A]"] = current
    leak = "conductance" if present.get("Leak conductance [S]") else "none"
    model = SolidStateCell({**stepper.options, "leak": leak}, stepper.parameter_set)
    return model, pybamm.ParameterValues({**values, **present})
