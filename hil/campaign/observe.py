"""What a run shows: of the plant, of the controller, and to instruments that could stand beside."""

import math
from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

from controller import vocabulary
from controller.fields import (
    SCALE_NUM,
    SCALE_SHIFT,
    CHARGE_MAX_hPa,
    CHARGE_MIN_hPa,
    DISCHARGE_MAX_hPa,
    DISCHARGE_MIN_hPa,
    HARD_hPa,
    STALE_ms,
    TARE_LIMIT_hPa,
)
from controller.frames import (
    ARMED,
    BLOCKS,
    C_CHECKSUM,
    C_CONFIG,
    COUNTS,
    E_BOUNDS,
    EVENT,
    FAULTS,
    IDLE,
    M_DISARM,
    MESSAGE,
    MOVE,
    OUTPUTS,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    POSITION,
    SAMPLE,
    SENSE,
    STATE,
    SWITCHES,
    TRIPPED,
    CURRENT_uA,
    TIME_ms,
)
from hil.campaign.on_board import Tick, over_hard
from hil.campaign.rig import FaultyActuator, FaultyBoard
from hil.columns import NAMES
from hil.columns import THICKNESS as THICKNESS_COLUMN

PERMITS = PERMIT_CHARGE | PERMIT_DISCHARGE
PERMITS_FELL, DISARMED, REFUSED, NOT_ARMED = "PERMITS", "DISARMED", "REFUSED ", "NOT ARMED"
USUAL = ("POSITION", "CONTACT")  # what any start shows until it is armed
FLOWS_A = 1e-6  # less than this is no current
QUIET_S = 1.0  # a safe state lasts
HELD_S = 1.0  # another instrument disagrees for so long before it is believed
CURRENT_SHARE = 0.1  # of the largest current: a second current sense disagrees by more
EVERY_S = 60.0  # a comparison of two runs looks so often
VOLTAGE_V, THICKNESS_m = 0.01, 2e-6  # and sees differences over these
MASK = (1 << 30) - 1

# Places in a row of the log.
CHANGE_AT, COUNTS_AT, CURRENT_AT = map(NAMES.index, (THICKNESS_COLUMN, "sensor_counts", "sensor_current_uA"))

LOAD_CELL, TRAVEL, CURRENT, CLOCK = "second load cell", "travel sensor", "second current sense", "second clock"
VOLTAGE, THICKNESS = "cell voltage against a model", "thickness gauge"
SUPPLY, FORCE = "supply pressure gauge", "over-force switch"
INSTRUMENTS = {
    LOAD_CELL: "a second load cell in line, disagreeing by more than the tare limit for a second",
    TRAVEL: "a sensor of what the screw or the valve does, off by more than the tare limit for a second",
    CURRENT: "a second current sense, off by a tenth of the largest current for a second",
    CLOCK: "a second clock, off by more than a sample may be old for a second",
    SUPPLY: "a gauge behind the regulator, under the command by more than the tare limit on the stack for a second",
    FORCE: "a force switch or a comparator with a load cell of its own, set to the hard limit",
    VOLTAGE: "the cell's voltage, 10 mV from that of the same run without the fault, looked at every minute",
    THICKNESS: "the stack's thickness, 2 um from that of the same run without the fault, looked at every minute",
}
"""What could stand beside the controller's own sensors, and from when on it would show a fault."""


@dataclass
class Result:
    """What one run showed from its moment on.

    Attributes
    ----------
    key : str
        Name of the run.
    peak_MPa, least_MPa : float
        Highest and lowest true pressure.
    hard_MPa, soft_MPa : float
        The limits it was run with.
    when : str
        Where in the run the moment lay.
    setpoint_MPa : float
        The file's.
    over_hard_s, outside_s : float
        True pressure over the hard limit; current outside its pressure window by more than the tare limit [s].
    harmed_at_s, seen_at_s, safe_at_s : float or None
        After the moment [s], when first: the file's bounds of harm, something shown by the controller, the safe state
        (both permits low and nothing compresses, for a second).
    told_at_s : float or None
        After the moment [s], when the actuator had first been told to move by more than the tare limit, either way.
    seen : list of str
        What the controller showed that it had not before, in order: conditions, `PERMITS` that fell, `DISARMED` by
        itself, messages `REFUSED`.
    tripped, false_trip : bool
        It tripped at all; it did although nothing was wrong and the true pressure was under the hard limit.
    armed : bool
        It was armed at all.
    over_hard_at_s : float or None
        After the moment [s], when the true pressure was first over the hard limit.
    could_see, on_board_saw : list of str
        Which of `on_board.SENSORS` showed that the pressure was on its way over the hard limit, or over it: and the
        controller did nothing in time; and it did what it could.
    would_see : list of str
        Which of `INSTRUMENTS` would have shown it.
    off_MPa : float or None
        Largest difference of the true pressure from the same run without the fault, where that was made.
    hours : float
        Simulated time [h].
    ended : str
        How the run ended.
    """

    key: str
    kind: str
    fixture: str
    severity: float
    moment_s: float
    peak_MPa: float = -math.inf
    least_MPa: float = math.inf
    hard_MPa: float = 0.0
    soft_MPa: float = 0.0
    when: str = ""
    setpoint_MPa: float = 0.0
    over_hard_s: float = 0.0
    outside_s: float = 0.0
    harmed_at_s: float | None = None
    seen_at_s: float | None = None
    safe_at_s: float | None = None
    told_at_s: float | None = None
    seen: list[str] = field(default_factory=list)
    tripped: bool = False
    false_trip: bool = False
    armed: bool = False
    over_hard_at_s: float | None = None
    could_see: list[str] = field(default_factory=list)
    on_board_saw: list[str] = field(default_factory=list)
    off_MPa: float | None = None
    would_see: list[str] = field(default_factory=list)
    hours: float = 0.0
    ended: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a table; what is not finite is null."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Bounds:
    """From when on a run is harmed: pressures [Pa], and ticks."""

    peak_Pa: float
    over_ticks: int
    outside_ticks: int


class Observer:
    """Takes the rows of one run (`hil.columns`) and keeps what `Result` says.

    Attributes
    ----------
    trace : list of (float, float)
        Voltage [V] and thickness change [m], every minute from the moment on.
    pressures : array of float
        True pressure [Pa] of every tick from the moment on.
    record : list of int
        The controller's, as it was before the fault.
    ticks : list of on_board.Tick
        What the board was given and did, from the start of a run with a fault.
    """

    def __init__(
        self, result: Result, record: list[int], bounds: Bounds, tick_s: float, step_hPa: float, ratio: float = 0.0
    ) -> None:
        """``step_hPa``: pressure of one actuator count [hPa]; ``record``: the controller's, as it was before.

        ``ratio``: pressure on the stack over that of a supply, 0 where there is none.
        """
        self.result = result
        self.trace: list[tuple[float, float]] = []
        self.pressures = array("d")
        self.ticks: list[Tick] = []
        self.record = record
        self._bounds = bounds
        self._tick_s = tick_s
        self._hard_Pa = record[HARD_hPa] * 100.0
        self._off_Pa = margin = record[TARE_LIMIT_hPa] * 100.0
        self._off_counts = record[TARE_LIMIT_hPa] * 2 ** record[SCALE_SHIFT] / record[SCALE_NUM]
        self._charge = record[CHARGE_MIN_hPa] * 100.0 - margin, record[CHARGE_MAX_hPa] * 100.0 + margin
        self._discharge = record[DISCHARGE_MIN_hPa] * 100.0 - margin, record[DISCHARGE_MAX_hPa] * 100.0 + margin
        self._step_Pa = step_hPa * 100.0
        self._off_ms = record[STALE_ms]
        self._off_supply_Pa = margin / ratio if ratio else math.inf
        self._known = self._over = self._outside = 0
        self._state, self._permits = IDLE, 0
        self._held = dict.fromkeys((LOAD_CELL, TRAVEL, CURRENT, CLOCK, SUPPLY), 0)
        self._enough = max(1, round(HELD_S / tick_s))
        self._next = 0.0
        self._quiet_from = math.inf

    def attach(self, board: FaultyBoard, actuator: FaultyActuator, largest_A: float) -> None:
        """Where the frames and moves come from; ``largest_A``: the largest current of the campaign [A]."""
        self._board, self._actuator = board, actuator
        self._faulty = board.fault is not None
        self._off_uA = max(1.0, CURRENT_SHARE * largest_A * 1e6)

    def row(self, *row: Any) -> None:
        """One tick."""
        t = self._board.t
        command = self._board.command
        seen = self._board.seen
        self.result.armed |= command[STATE] == ARMED
        if self._faulty:
            self.ticks.append(Tick(t, row[3], seen[COUNTS], seen[SAMPLE], seen[SENSE], seen[SWITCHES], command[MOVE],
                                   command[POSITION], command[STATE]))  # fmt: skip
        if t < 0:
            self._known = command[FAULTS] | command[BLOCKS]
            self._state, self._permits = command[STATE], command[OUTPUTS] & PERMITS
            self.result.tripped |= command[STATE] == TRIPPED
            return
        self.pressures.append(row[3])
        self._harm(t, row[1], row[2], row[3], row[CHANGE_AT])
        self._answers(t, command)
        self._instruments(row[0], row[COUNTS_AT], row[CURRENT_AT])
        if self.result.told_at_s is None and self._actuator.way * self._step_Pa > self._off_Pa:
            self.result.told_at_s = t

    def _harm(self, t: float, voltage: float, current: float, pressure: float, thickness: float) -> None:
        result, bounds = self.result, self._bounds
        MPa = pressure * 1e-6
        if MPa > result.peak_MPa:
            result.peak_MPa = MPa
        if MPa < result.least_MPa:
            result.least_MPa = MPa
        if pressure > self._hard_Pa:
            self._over += 1
            result.over_hard_s = self._over * self._tick_s
        if not -FLOWS_A < current < FLOWS_A:
            low, high = self._discharge if current > 0 else self._charge
            if not low <= pressure <= high:
                self._outside += 1
                result.outside_s = self._outside * self._tick_s
        if result.harmed_at_s is None and (
            pressure > bounds.peak_Pa or self._over > bounds.over_ticks or self._outside > bounds.outside_ticks
        ):
            result.harmed_at_s = t
        if t >= self._next:
            self._next += EVERY_S
            self.trace.append((voltage, thickness))

    def _answers(self, t: float, command: list[int]) -> None:
        result = self.result
        state, permits = command[STATE], command[OUTPUTS] & PERMITS
        new = (command[FAULTS] | command[BLOCKS] & (C_CONFIG | C_CHECKSUM)) & ~self._known
        if new:
            self._known |= new
            self._note(t, *(name for name in vocabulary.names(new) if self.result.armed or name not in USUAL))
        if state != self._state:
            if state == TRIPPED:
                result.tripped = True
            elif state == IDLE and self._state == ARMED and self._board.seen[MESSAGE] != M_DISARM:
                self._note(t, DISARMED)
        if permits != self._permits and not permits and state == ARMED:
            self._note(t, PERMITS_FELL)
        if command[EVENT] >= E_BOUNDS:
            self._note(t, REFUSED + vocabulary.EVENTS[command[EVENT]][0])
        self._state, self._permits = state, permits
        if permits or command[MOVE] > 0 or self._actuator.last > 0:
            self._quiet_from = math.inf
        elif result.safe_at_s is None:
            self._quiet_from = min(self._quiet_from, t)
            if t - self._quiet_from >= QUIET_S:
                result.safe_at_s = self._quiet_from

    def _note(self, t: float, *names: str) -> None:
        result = self.result
        if names and result.seen_at_s is None:
            result.seen_at_s = t
        result.seen += [name for name in names if name not in result.seen]

    def close(self) -> None:
        """The run is over: whether it was armed, and what could have seen it over the hard limit."""
        result = self.result
        if not result.armed:
            self._note(self._board.t, NOT_ARMED)
        found = over_hard(self.ticks, self.record, refusable=self._board.refusable) if self.ticks else None
        if found is not None:
            result.over_hard_at_s = found.at_s
            result.could_see, result.on_board_saw = list(found.unanswered), list(found.answered)
            result.would_see.append(FORCE)

    def _instruments(self, time: float, counts: int, current_uA: int) -> None:
        """What the board sees, beside what a sound sensor of the same kind shows."""
        seen, actuator = self._board.seen, self._actuator
        off = seen[COUNTS] - counts
        if off or self._held[LOAD_CELL]:
            self._judge(LOAD_CELL, abs(off) > self._off_counts)
        off = actuator.asked - actuator.given
        if off or self._held[TRAVEL]:
            self._judge(TRAVEL, abs(off) * self._step_Pa > self._off_Pa)
        off = seen[CURRENT_uA] - current_uA
        if off or self._held[CURRENT]:
            self._judge(CURRENT, abs(off) > self._off_uA)
        if actuator.short or self._held[SUPPLY]:
            self._judge(SUPPLY, actuator.short > self._off_supply_Pa)
        off = (seen[TIME_ms] - round(time * 1000)) & MASK
        if off or self._held[CLOCK]:
            self._judge(CLOCK, self._off_ms < off < MASK + 1 - self._off_ms)

    def _judge(self, name: str, off: bool) -> None:
        """An instrument that disagrees for long enough has seen it."""
        held = self._held[name] + 1 if off else 0
        self._held[name] = held
        if held == self._enough and name not in self.result.would_see:
            self.result.would_see.append(name)


def strayed(observed: Observer, healthy: Observer) -> float:
    """Largest difference between the true pressures of two runs that are the same but for the fault [MPa]."""
    return max((abs(a - b) for a, b in zip(observed.pressures, healthy.pressures, strict=False)), default=0.0) * 1e-6


def compare(observed: Observer, healthy: Observer) -> list[str]:
    """Which instruments tell two runs apart that are the same but for the fault."""
    pairs = list(zip(observed.trace, healthy.trace, strict=False))
    found = []
    if any(abs(a[0] - b[0]) > VOLTAGE_V for a, b in pairs):
        found.append(VOLTAGE)
    if any(abs(a[1] - b[1]) > THICKNESS_m for a, b in pairs):
        found.append(THICKNESS)
    return found
