"""Runs a protocol, and opens the circuit while its permit is low.

The loop asks `decide` what to do next, gives the answer to the plant, and hands `account` what came of it: once per
tick, and once for each part of a tick within which a phase ends. All of it is plain arithmetic on floats: a tick costs
about a microsecond.
"""

import itertools
import math
from collections.abc import Callable, Sequence

from hil.protocol import Phase
from twin.plant import NO_LIMITS, Limits

CURRENT = 0
VOLTAGE = 1
OPEN = (CURRENT, 0.0)

# What a phase needs before current may flow.
_NO_PERMIT, _CHARGE, _DISCHARGE, _AS_MEASURED, _AS_PROFILE = range(5)

_PASSING, _OPENED, _WAITING, _FINISHED = range(4)

COMPLETE = "protocol complete"

NEAR = 1e-9
"""Share of a tick by which a phase may end beside the tick's edge and still end at it: rounding makes no parts."""
ROUNDING = 1 - 4e-16
"""Times a duration: what adding up ticks may fall short of it."""


class Cycler:
    """The protocol's state.

    Time counts in a phase only while the phase runs: not before the first permit, and not while the cycler is
    opened for want of one. A phase that was opened continues where it stopped.

    Attributes
    ----------
    finished
        The protocol is over, `ended_by` says why; the answer stays 0 A.
    ended_by
        Empty while running, `COMPLETE` after the last phase, else one sentence.
    phase_index
        Of the phase that runs, from 0.
    opened
        Whether the last answer was held at 0 A for want of a permit.
    span
        How long the last answer holds [s]: shorter than asked where the phase ends before.
    limits
        Where the plant has to stop before, for the phase then ends: of voltage, current, and the charge of a hold.
    opened_s, waited_s, run_s
        Time opened, time before the first permit, and protocol time [s].
    phase_charge_C, charge_C
        Net charge in this phase and in all, discharge positive [A.s].
    throughput_C
        Charge either way in all [A.s].
    """

    __slots__ = (
        "_above",
        "_below",
        "_below_A",
        "_charge_end",
        "_count",
        "_due",
        "_length",
        "_lower_V",
        "_mean",
        "_needs",
        "_offset",
        "_open_for",
        "_open_limit",
        "_phase_limits",
        "_phases",
        "_planned",
        "_planned_before",
        "_state",
        "_upper_V",
        "_value",
        "charge_C",
        "ended_by",
        "limits",
        "opened_s",
        "phase_charge_C",
        "phase_index",
        "phase_s",
        "run_s",
        "span",
        "throughput_C",
        "waited_s",
    )

    _above: float
    _below: float
    _below_A: float
    _charge_end: float
    _count: int
    _due: float
    _length: float
    _mean: Callable[[float, float], float]
    _needs: int
    _offset: float
    _phase_limits: Limits
    _value: float
    phase_charge_C: float
    phase_index: int
    phase_s: float

    def __init__(
        self,
        phases: Sequence[Phase],
        *,
        capacity_Ah: float,
        lower_V: float = -math.inf,
        upper_V: float = math.inf,
        open_limit_s: float = math.inf,
        state_of_charge: float = 0.0,
    ) -> None:
        """Begin before the first phase.

        Parameters
        ----------
        phases
            From `hil.protocol.compile_steps`; at least one.
        capacity_Ah, state_of_charge
            Nominal capacity [A.h] and charge at the start [1]: they only serve to estimate durations.
        lower_V, upper_V
            A voltage at or beyond one of them ends the run [V].
        open_limit_s
            The run ends when permits stay low for so long at a stretch [s].

        Raises
        ------
        ValueError
            No phases, or limits the wrong way round.
        """
        if not phases:
            raise ValueError("a protocol needs at least one phase")
        if not lower_V < upper_V:
            raise ValueError(f"lower_V = {lower_V:g} must be below upper_V = {upper_V:g}")
        self._phases = tuple(phases)
        self._lower_V, self._upper_V = lower_V, upper_V
        self._open_limit = open_limit_s
        self._planned = _plan(self._phases, capacity_Ah * 3600, state_of_charge)
        self._planned_before = [0.0, *itertools.accumulate(self._planned)]
        self._state = _WAITING
        self._open_for = 0.0
        self.ended_by = ""
        self.opened_s = self.waited_s = self.run_s = 0.0
        self.charge_C = self.throughput_C = 0.0
        self.span, self.limits = math.inf, NO_LIMITS
        self._enter(0)

    def decide(
        self, dt: float, voltage: float, current: float, permit_charge: bool, permit_discharge: bool
    ) -> tuple[int, float]:
        """Say what to do for the coming ``dt``, or the shorter `span`, and set `limits`.

        Parameters
        ----------
        dt
            A tick, or what is left of one [s].
        voltage, current
            As they are now [V], [A], discharge positive.
        permit_charge, permit_discharge
            From the controller. In a voltage phase the direction is that of ``current``; while none flows it follows
            from the voltage, below or above the one to hold.

        Returns
        -------
        (mode, value)
            `(CURRENT, ampere)` or `(VOLTAGE, volt)`.
        """
        if self._state >= _WAITING and not self._begun(voltage, permit_charge or permit_discharge):
            return self._open(dt)
        left = self._due - self.phase_s
        span = self.span = left if left < dt * (1 - NEAR) else dt
        needs = self._needs
        if needs == _CHARGE:
            permitted = permit_charge
        elif needs == _DISCHARGE:
            permitted = permit_discharge
        elif needs == _NO_PERMIT:
            permitted = True
        elif needs == _AS_PROFILE:
            self._value = value = self._follow(span)
            permitted = value == 0.0 or (permit_discharge if value > 0.0 else permit_charge)
        else:
            discharging = current > 0.0 or (current == 0.0 and voltage > self._value)
            permitted = permit_discharge if discharging else permit_charge
            if permitted:
                self._state = _PASSING
                self.limits = self._phase_limits
                return VOLTAGE, self._value
        if permitted:
            self._state = _PASSING
            self.limits = self._phase_limits
            return CURRENT, self._value
        if self._state == _PASSING:
            self._state, self._open_for = _OPENED, 0.0
        return self._open(dt)

    def account(self, seconds: float, charge: float, voltage: float, current: float, ended: bool = False) -> None:
        """Take in what came of the last answer.

        Parameters
        ----------
        seconds
            How long it lasted [s]: `span`, or less where the plant stopped at one of the `limits`.
        charge
            What passed, discharge positive [A.s].
        voltage, current
            At its end [V], [A].
        ended
            Whether the plant stopped at one of the limits.
        """
        if self._state != _PASSING:
            self._idle(seconds, voltage)
            return
        passed = self.phase_charge_C = self.phase_charge_C + charge
        self.charge_C += charge
        self.throughput_C += charge if charge >= 0 else -charge
        if seconds == self._length:
            self._count += 1
        else:
            self._offset, self._length, self._count = self.phase_s, seconds, 1
        # Ticks are counted, not added up: a sum of a million drifts by more than the slack.
        elapsed = self.phase_s = self._offset + self._count * seconds
        self.run_s += seconds
        # Negated so that not-a-number ends up here too.
        if (
            ended
            or not self._below < voltage < self._above
            or elapsed + NEAR * seconds >= self._due * ROUNDING
            or not -self._charge_end < passed < self._charge_end
            or -self._below_A <= current <= self._below_A
        ):
            self._end_phase(voltage, current)

    @property
    def finished(self) -> bool:
        """Whether the protocol is over."""
        return self._state == _FINISHED

    @property
    def opened(self) -> bool:
        """Whether the cycler is held open by a low permit."""
        return self._state == _OPENED

    @property
    def started(self) -> bool:
        """Whether the first permit has come."""
        return self._state != _WAITING

    @property
    def phase(self) -> Phase:
        """The phase that runs, or the one in which the run ended."""
        return self._phases[self.phase_index]

    @property
    def step_index(self) -> int:
        """Number of the step in the file, from 1."""
        return self.phase.step_index

    @property
    def cycle_count(self) -> int:
        """Number of the cycle, from 1."""
        return self.phase.cycle

    def planned_duration_s(self) -> float:
        """Estimate how long the protocol takes, permits never low [s]."""
        return self._planned_before[-1]

    def progress(self) -> float:
        """Estimate how much of the protocol is done, 0 to 1."""
        if self._state == _FINISHED:
            return 1.0
        i = self.phase_index
        inside = min(self.phase_s, self._planned[i])
        return min((self._planned_before[i] + inside) / max(self.planned_duration_s(), 1e-9), 1.0)

    def _enter(self, index: int) -> None:
        """Take the limits of a phase out of its record: attribute look-ups are what a tick pays for."""
        phase = self._phases[index]
        self.phase_index = index
        self.phase_s = self.phase_charge_C = self._offset = self._length = 0.0
        self._count = 0
        self._value = phase.value
        self._due, self._charge_end = phase.duration_s, phase.charge_C * (1 - NEAR * 1e-3)
        self._above, self._below = min(phase.above_V, self._upper_V), max(phase.below_V, self._lower_V)
        self._below_A = phase.below_A
        self._needs = _needs(phase)
        least, most = -math.inf, math.inf
        if phase.profile is not None:
            self._mean = phase.profile.cursor().mean
        elif phase.mode == "voltage":
            least, most = ((self.charge_C + sign * phase.charge_C) / 3600 for sign in (-1, 1))
        elif phase.value and math.isfinite(phase.charge_C):
            # At a constant current, charge is time.
            self._due, self._charge_end = min(self._due, phase.charge_C / abs(phase.value)), math.inf
        self._phase_limits = Limits(self._below, self._above, phase.below_A, least, most)

    def _end_phase(self, voltage: float, current: float) -> None:
        """Go to the next phase, or finish; limits of the cell come before ends of the phase."""
        if self._beyond(voltage):
            return
        if math.isnan(current) or math.isnan(self.phase_charge_C):
            self._finish("the measured current is not a number")
        elif self.phase_index + 1 == len(self._phases):
            self._finish(COMPLETE)
        else:
            self._enter(self.phase_index + 1)

    def _begun(self, voltage: float, permit: bool) -> bool:
        """Whether the run is on: it begins with the first permit, unless the voltage is beyond a limit by then."""
        if self._state == _FINISHED or not permit:
            return False
        self._state, self._open_for = _OPENED, 0.0
        return not self._beyond(voltage)

    def _open(self, dt: float) -> tuple[int, float]:
        self.span, self.limits = dt, NO_LIMITS
        return OPEN

    def _idle(self, dt: float, voltage: float) -> None:
        """Account for time without current: opened, waiting or finished."""
        if self._state == _FINISHED:
            return
        self._open_for += dt
        if self._state == _WAITING:
            self.waited_s += dt
        else:
            self.opened_s += dt
        if self._beyond(voltage):
            return
        if self._open_for >= self._open_limit:
            self._finish(f"permits stayed low for {self._open_for:g} s")

    def _beyond(self, voltage: float) -> bool:
        """Finish when the voltage is at or beyond a limit of the cell, or unknown."""
        if self._lower_V < voltage < self._upper_V:
            return False
        if voltage >= self._upper_V:
            self._finish(f"voltage {voltage:.4g} V at or over the limit {self._upper_V:g} V")
        elif voltage <= self._lower_V:
            self._finish(f"voltage {voltage:.4g} V at or under the limit {self._lower_V:g} V")
        else:
            self._finish("the measured voltage is not a number")
        return True

    def _finish(self, reason: str) -> None:
        self._state = _FINISHED
        self.ended_by = reason

    def _follow(self, span: float) -> float:
        """The profile's mean over the coming ``span``, which is cut where the phase's charge will have passed."""
        value = self._mean(self.phase_s, span)
        if value and self._charge_end < math.inf:
            end = self.phase.charge_C if value > 0 else -self.phase.charge_C
            self.span = min(span, (end - self.phase_charge_C) / value)
        return value


def _needs(phase: Phase) -> int:
    """Which permit a phase needs."""
    if phase.mode == "voltage":
        return _AS_MEASURED
    if phase.mode == "profile":
        return _AS_PROFILE
    if phase.value == 0.0:
        return _NO_PERMIT
    return _DISCHARGE if phase.value > 0 else _CHARGE


def _plan(phases: Sequence[Phase], capacity_C: float, state_of_charge: float) -> list[float]:
    """Estimate each phase's duration [s], following the charge [A.s] that is left in the cell."""
    stored = state_of_charge * capacity_C
    planned = []
    for phase in phases:
        seconds, passed = _estimate(phase, stored, capacity_C)
        stored = min(max(stored - passed, 0.0), capacity_C)
        planned.append(seconds)
    return planned


def _estimate(phase: Phase, stored: float, capacity_C: float) -> tuple[float, float]:
    """Estimate one phase's duration [s] and the net charge it takes out [A.s]."""
    if phase.mode == "voltage":
        # A hold tapers roughly exponentially: a twentieth of the capacity at a few times its last current.
        tail = 0.05 * capacity_C
        seconds = tail / (3 * phase.below_A) if phase.below_A > 0 else 3600.0
        if phase.below_A <= 0:
            return _finite(phase.duration_s, seconds), 0.0
        return min(phase.duration_s, seconds), 0.0
    mean = phase.value if phase.profile is None else phase.profile.charge_C / phase.profile.duration_s
    room = stored if mean > 0 else capacity_C - stored
    # A cut-off by voltage, like the cell itself, stops no later than when the charge runs out.
    by_charge = min(phase.charge_C, room) / abs(mean) if mean else math.inf
    if math.isinf(phase.above_V) and math.isinf(phase.below_V):
        by_charge = phase.charge_C / abs(mean) if mean else math.inf
    seconds = _finite(min(phase.duration_s, by_charge), 3600.0)
    return seconds, seconds * mean


def _finite(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise
