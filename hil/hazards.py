"""What an actuator could do to the stack if nothing stopped it: worked out from a file before anything is armed."""

import math
import sys
from typing import NamedTuple

from hil.experiment_file import Experiment
from hil.schema import ExperimentSchema


class Hazard(NamedTuple):
    """A way past the hard limit that only the controller closes.

    Attributes
    ----------
    name : str
        ``travel`` or ``supply``.
    reach_MPa : float
        Stack pressure at the actuator's end, the cell taken as rigid [MPa].
    text : str
        What is left, what it comes to, and what to do; one line.
    """

    name: str
    reach_MPa: float
    text: str


def hazards(file: ExperimentSchema) -> tuple[Hazard, ...]:
    """Where an actuator's end lies over the hard limit; none for a file without control.

    A stepper at its end stop compresses by ``travel_um`` through frame and spring in series, from the preload at
    position 0. A regulator at its highest code puts its full scale on the piston. What swelling or warmth add is not
    counted.
    """
    if not file.control.enabled:
        return ()
    found = {"stepper": _travel, "regulator": _supply}.get(file.actuator.kind)
    hazard = None if found is None else found(file)
    return () if hazard is None or hazard.reach_MPa <= file.control.hard_limit_MPa else (hazard,)


def say_hazards(experiment: Experiment) -> None:
    """Say them on standard error, one line each: once, before anything is armed."""
    for hazard in hazards(experiment.schema):
        print(f"{experiment.path}: warning: {hazard.name}: {hazard.text}", file=sys.stderr)


def _travel(file: ExperimentSchema) -> Hazard:
    control, (low, high) = file.control, file.actuator.travel_um
    start, slope = file.fixture.preload_MPa, file.MPa_per_um
    reach = start + slope * high
    left = reach - control.setpoint_MPa
    most = _down((control.hard_limit_MPa - start) / slope)
    return Hazard(
        "travel",
        reach,
        f"from the setpoint {left / slope:.4g} um of travel are left, {left:.3g} MPa more: {reach:.3g} MPa at the end "
        f"stop, over the hard limit of {control.hard_limit_MPa:g} MPa; the controller alone stands between; "
        + (f"limit actuator.travel_um to [{low:g}, {most:g}]" if most > 0 else "lower fixture.preload_MPa"),
    )


def _supply(file: ExperimentSchema) -> Hazard:
    limit, full = file.control.hard_limit_MPa, file.actuator.full_scale_MPa
    reach = full * file.piston_ratio
    return Hazard(
        "supply",
        reach,
        f"full supply, {full:g} MPa, is {reach:.3g} MPa on the stack, over the hard limit of {limit:g} MPa; the "
        f"controller alone stands between; limit the supply to {_down(limit / file.piston_ratio):g} MPa "
        "(actuator.full_scale_MPa) or fit a relief valve that opens there",
    )


def _down(value: float) -> float:
    """Rounded down to three digits, so that what is recommended is within."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return float(f"{math.floor(value / unit * (1 + 1e-12)) * unit:.6g}")
