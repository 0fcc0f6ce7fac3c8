"""Compiles the steps of a file into a flat list of phases in SI units: what a cycler runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hil.profile import Profile
from hil.schema import MOST_PHASES, GRAINS_s, Step
from twin.errors import InputError

Mode = Literal["current", "voltage", "rest", "profile"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One thing the cycler does until one of its ends is met.

    Attributes
    ----------
    mode
        current [A], voltage [V], rest, or a profile.
    value
        Current [A], discharge positive, or voltage [V]; zero otherwise.
    step_index
        Number of the step in the file, from 1, nested steps counted in the order they are written.
    cycle
        Number of the cycle, from 1: each pass of an outermost repeat is one, and so is each run of steps
        beside it.
    duration_s
        Ends after this time [s].
    above_V, below_V
        Ends when the voltage is at or above, at or below [V].
    below_A
        Ends when the absolute current is at or below [A].
    charge_C
        Ends when this net charge has passed in the phase, either way [A.s].
    profile
        The current to follow, already scaled [A]; it starts again when it ends before the phase does.
    """

    mode: Mode
    value: float
    step_index: int
    cycle: int
    duration_s: float = math.inf
    above_V: float = math.inf
    below_V: float = -math.inf
    below_A: float = -math.inf
    charge_C: float = math.inf
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns a file's units into SI.

    Attributes
    ----------
    area_m2
        Area that carries the current, all layers together [m2].
    capacity_Ah
        Nominal capacity of the cell [A.h].
    """

    area_m2: float
    capacity_Ah: float

    def ampere(self, value: float, unit: str) -> float:
        """Turn a current in `mA_per_cm2`, `C` or `A` into [A]."""
        if unit == "mA_per_cm2":
            return value * 10 * self.area_m2
        return value * self.capacity_Ah if unit == "C" else value


def compile_steps(
    steps: Sequence[Step],
    *,
    area_m2: float,
    capacity_Ah: float,
    profiles: Mapping[str, Profile] | None = None,
) -> tuple[Phase, ...]:
    """Flatten nested steps into phases.

    Parameters
    ----------
    steps
        As validated by `hil.schema`.
    area_m2
        Area that carries the current, all layers together [m2].
    capacity_Ah
        Nominal capacity [A.h]; C-rates and fractions refer to it.
    profiles
        Profiles by the name the step gives, read but not scaled.

    Raises
    ------
    InputError
        Too many phases, a profile that is missing, has no current, or can never reach its end.
    """
    count = _count(steps)
    if count > MOST_PHASES:
        raise InputError(f"protocol.steps: {count} phases once repeats are unrolled; at most {MOST_PHASES}")
    scale = Scale(area_m2, capacity_Ah)
    leaves = _Leaves(scale, profiles or {})
    cycle, phases = 0, []
    beside = False  # whether the step before also stood beside the repeats: such a run is one cycle
    numbered = _number(steps, 1)
    for step, number in numbered:
        if step.kind == "repeat":
            assert step.steps is not None
            passes = _unroll(step.steps, number)
            for _ in range(step.repeat or 1):
                cycle += 1
                phases += [leaves.phase(s, n, cycle) for s, n in passes]
            beside = False
        else:
            cycle += 0 if beside else 1
            beside = True
            phases.append(leaves.phase(step, number, cycle))
    return tuple(phases)


def _count(steps: Sequence[Step]) -> int:
    """Count the phases that the steps unroll to."""
    return sum((s.repeat or 1) * _count(s.steps) if s.steps is not None else 1 for s in steps)


def _width(step: Step) -> int:
    """Count the steps as written: a repeat counts by what it holds."""
    return sum(_width(s) for s in step.steps) if step.steps is not None else 1


def _number(steps: Sequence[Step], first: int) -> Iterator[tuple[Step, int]]:
    """Pair each step with the number of its first leaf in the file."""
    for step in steps:
        yield step, first
        first += _width(step)


def _unroll(steps: Sequence[Step], first: int) -> list[tuple[Step, int]]:
    """List the leaves in running order with their numbers, inner repeats unrolled."""
    found: list[tuple[Step, int]] = []
    for step, number in _number(steps, first):
        if step.steps is None:
            found.append((step, number))
        else:
            found += _unroll(step.steps, number) * (step.repeat or 1)
    return found


class _Leaves:
    """Makes one phase of one step; remembers what it made, for repeats ask again."""

    def __init__(self, scale: Scale, profiles: Mapping[str, Profile]) -> None:
        self._scale = scale
        self._profiles = profiles
        self._made: dict[int, Phase] = {}

    def phase(self, step: Step, number: int, cycle: int) -> Phase:
        if number not in self._made:
            self._made[number] = self._make(step, number)
        return replace(self._made[number], cycle=cycle)

    def _make(self, step: Step, number: int) -> Phase:
        match step.kind:
            case "rest":
                return Phase("rest", 0.0, number, 1, duration_s=_seconds(step, "rest"))
            case "hold":
                assert step.hold_V is not None
                phase = Phase("voltage", step.hold_V, number, 1)
                return self._ended(replace(phase, below_A=self._current_end(step)), step)
            case "profile":
                return self._profile(step, number)
            case _:
                return self._current(step, number)

    def _current(self, step: Step, number: int) -> Phase:
        way, unit = step.action.split("_", 1)
        ampere = self._scale.ampere(getattr(step, step.action), unit)
        phase = Phase("current", ampere if way == "discharge" else -ampere, number, 1)
        return self._ended(_voltage_end(phase, step.until_V, discharging=way == "discharge"), step)

    def _current_end(self, step: Step) -> float:
        for unit in ("mA_per_cm2", "C", "A"):
            value = getattr(step, f"until_{unit}")
            if value is not None:
                return self._scale.ampere(value, unit)
        return -math.inf

    def _ended(self, phase: Phase, step: Step) -> Phase:
        """Add the ends by time and by charge."""
        charge = math.inf
        if step.until_capacity_fraction is not None:
            charge = step.until_capacity_fraction * self._scale.capacity_Ah * 3600
        if step.until_mAh_per_cm2 is not None:
            charge = step.until_mAh_per_cm2 * 10 * self._scale.area_m2 * 3600
        return replace(phase, duration_s=_seconds(step, "for"), charge_C=charge)

    def _profile(self, step: Step, number: int) -> Phase:
        assert step.profile is not None
        profile = self._profiles.get(step.profile)
        if profile is None:
            raise InputError(f"protocol: profile = {step.profile!r}: was not read")
        if step.interpolation is not None:
            profile = replace(profile, interpolation=step.interpolation)
        profile = profile.scaled(self._factor(step, profile))
        phase = Phase("profile", 0.0, number, 1, duration_s=_seconds(step, "for"), profile=profile)
        net = profile.charge_C
        # Rounding leaves a balanced profile a little net charge: less than this per pass never gets anywhere.
        balanced = abs(net) < 1e-6 * profile.peak_A * profile.duration_s
        if step.repeat_until_capacity_fraction is not None:
            if balanced:
                raise InputError(
                    f"protocol: profile = {step.profile!r}: charges as much as it discharges, so "
                    "repeat_until_capacity_fraction is never reached; use repeat"
                )
            phase = replace(phase, charge_C=step.repeat_until_capacity_fraction * self._scale.capacity_Ah * 3600)
        elif step.repeat is not None or math.isinf(phase.duration_s):
            phase = replace(phase, duration_s=min(phase.duration_s, (step.repeat or 1) * profile.duration_s))
        if step.until_V is not None and balanced:
            raise InputError(f"protocol: profile = {step.profile!r}: balanced, so until_V has no direction")
        return _voltage_end(phase, step.until_V, discharging=net > 0)

    def _factor(self, step: Step, profile: Profile) -> float:
        if step.scale_peak_mA_per_cm2 is not None:
            if profile.peak_A == 0:
                raise InputError(f"protocol: profile = {step.profile!r}: all its currents are zero: nothing to scale")
            return self._scale.ampere(step.scale_peak_mA_per_cm2, "mA_per_cm2") / profile.peak_A
        return 1.0 if step.scale is None else step.scale


def _voltage_end(phase: Phase, volts: float | None, *, discharging: bool) -> Phase:
    """Add the end by voltage, on the side that the current drives to."""
    if volts is None:
        return phase
    return replace(phase, below_V=volts) if discharging else replace(phase, above_V=volts)


def _seconds(step: Step, stem: str) -> float:
    for grain, seconds in GRAINS_s.items():
        value: float | None = getattr(step, f"{stem}_{grain}")
        if value is not None:
            return value * seconds
    return math.inf
