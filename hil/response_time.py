"""How soon the response check (S12) trips, from a configuration: the controller itself on an actuator that fails."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from controller import fields as c
from controller import vocabulary
from controller.controller import Controller
from controller.frames import (
    ARMED,
    BLOCKS,
    C_RESPONSE,
    FAULTS,
    M_ARM,
    M_CONFIRM,
    M_SETPOINT,
    MOVE,
    STATE,
    TRIPPED,
    new_command_frame,
    new_sensor_frame,
)
from hil.scaling import hPa_per_MPa
from twin.errors import InputError

LONGEST_s = 600
REGULATOR = 2
Failure = Literal["stalled", "slipping", "reversed"]
SHOWN: dict[Failure, float] = {"stalled": 0.0, "slipping": 0.2, "reversed": -1.0}
"""The share of its moves that a failed actuator makes; a slipping one loses 80 %."""


@dataclass(frozen=True)
class Detection:
    """When a failed actuator is noticed.

    Attributes
    ----------
    off_hPa : float
        Least distance from the setpoint at which it is noticed [hPa]; ``inf`` where it never is.
    time_s : float
        From there to the trip [s].
    excess_hPa : float
        Furthest that the pressure comes from the setpoint, once the last move before the trip shows [hPa].
    """

    off_hPa: float
    time_s: float
    excess_hPa: float


def detection(record: Sequence[int], setpoint_hPa: int, failure: Failure) -> Detection:
    """Hold at ``setpoint_hPa``, let the actuator fail, and push the pressure away until the check trips.

    Pushed by twice the law's deadband first, the least that it answers in either direction, then by twice as much, and
    so on: a small error is answered so slowly that it passes for drift. Without noise; dead time and lag are those
    of the record; the cell and its frame are one spring.

    Parameters
    ----------
    record
        A configuration that passes its check.
    setpoint_hPa
        Pressure to hold [hPa], within the record's bounds.
    failure
        ``stalled``: no move shows. ``slipping``: a fifth of every move shows. ``reversed``: it goes the other way.

    Raises
    ------
    twin.errors.InputError
        If the controller never arms by this record, or does not stay armed at rest: the reason it gives.
    """
    off = 2 * record[c.DEADBAND_256count] * record[c.STIFFNESS_256hPa_per_count] / 65536 + 1
    while setpoint_hPa + off < record[c.SOFT_hPa]:
        found = _pushed(record, setpoint_hPa, failure, off)
        if found is not None:
            return found
        off *= 2
    return Detection(float("inf"), float("inf"), float("inf"))


def _pushed(record: Sequence[int], setpoint: int, failure: Failure, off: float) -> Detection | None:
    bench = _Bench(record, setpoint)
    bench.hold()
    if record[c.ACTUATOR_KIND] == REGULATOR:
        off = -off  # its code stands at 0, from where it only rises
    gain = SHOWN[failure] * record[c.STIFFNESS_256hPa_per_count] / 256
    worst = abs(off)
    for n in range(LONGEST_s * 1000 // bench.tick_ms):
        pressure = bench.answered(off, gain)
        worst = max(worst, abs(pressure - setpoint))
        command = bench.turn(pressure)
        if command[FAULTS] & C_RESPONSE:
            # What was commanded before the trip still shows, after dead time and lag.
            shows = off + gain * (bench.moved + sum(bench.late))
            return Detection(abs(off), n * bench.tick_ms / 1000, max(worst, abs(shows)))
        if command[STATE] == TRIPPED:
            return None  # by something else: the check has nothing more to notice
    return None


class _Bench:
    """A controller on an ideal plant."""

    def __init__(self, record: Sequence[int], setpoint: int) -> None:
        self.record, self.setpoint = record, setpoint
        self.controller = Controller(list(record))
        self.tick_ms = record[c.TICK_ms]
        self.sensor, self.command = new_sensor_frame(), new_command_frame()
        self.late = deque([0] * -(-record[c.DEAD_TIME_ms] // self.tick_ms))
        self.moved = 0.0
        self.felt = 0.0
        self.since_sample = 0

    def turn(self, pressure: float, message: tuple[int, int] = (0, 0)) -> list[int]:
        """One tick at a true pressure [hPa]."""
        s, r = self.sensor, self.record
        s[0] = (s[0] + self.tick_ms) & 0x3FFFFFFF
        self.since_sample += self.tick_ms
        if self.since_sample >= r[c.SAMPLE_ms]:
            self.since_sample = 0
            s[2] = (s[2] + 1) & 0xFFFF
            # The last bit toggles, so that the cell does not look stuck.
            s[1] = r[c.REFERENCE_TARE_counts] + round(pressure * 2 ** r[c.SCALE_SHIFT] / r[c.SCALE_NUM]) + s[2] % 2
        s[6], s[8] = message
        self.controller.tick(s, self.command)
        return self.command

    def hold(self) -> None:
        """Armed, and at rest at the setpoint; raise `InputError` where the controller does not come there."""
        if self.record[c.ACTUATOR_KIND] == 1:
            self.turn(self.setpoint, (M_CONFIRM, 0))
        self.turn(self.setpoint, (M_SETPOINT, self.setpoint))
        for _ in range(self._until_armed()):
            if self.turn(self.setpoint, (M_ARM, 0))[STATE] == ARMED:
                break
        self._check_armed("never arms")
        settle_ms = 5 * (self.record[c.DEAD_TIME_ms] + self.record[c.LAG_ms]) + 1000
        for _ in range(settle_ms // self.tick_ms + 1):
            self.turn(self.setpoint)
        self._check_armed("does not stay armed at rest")

    def _until_armed(self) -> int:
        """Ticks after which a controller that can arm has armed: twice the samples it waits for, and a second."""
        r = self.record
        samples = 2 * (r[c.HEALTHY_samples] + r[c.DEBOUNCE_samples] + 1)
        return samples * -(-r[c.SAMPLE_ms] // self.tick_ms) + 1000 // self.tick_ms + 1

    def _check_armed(self, what: str) -> None:
        if self.command[STATE] == ARMED:
            return
        bits = self.command[FAULTS] or self.command[BLOCKS]
        words = "; ".join(f"{n}: {m}; {a}" for bit, (n, m, a) in vocabulary.CONDITIONS.items() if bits & bit)
        raise InputError(f"the controller {what} at {self.setpoint / hPa_per_MPa:g} MPa: {words or 'no reason given'}")

    def answered(self, off: float, gain: float) -> float:
        """The pressure [hPa] after the last move has gone its way, ``off`` apart."""
        self.late.append(self.command[MOVE])
        self.moved += self.late.popleft()
        share = self.tick_ms / (self.tick_ms + self.record[c.LAG_ms])
        self.felt += (self.moved - self.felt) * share
        return self.setpoint + off + gain * self.felt
