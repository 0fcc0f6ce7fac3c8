"""Whether the board's own sensors could have seen that the true pressure goes over the hard limit, and when.

Judged afterwards, from what the board was given in each tick: rules that a healthy run does not meet, each with the
time from which it is met. Docs: docs/campaign.md, "Over the hard limit".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from controller.fields import (
    ACTUATOR_KIND,
    RESPONSE_256,
    SCALE_NUM,
    SCALE_SHIFT,
    DEAD_TIME_ms,
    DEBOUNCE_samples,
    HARD_hPa,
    LAG_ms,
    REFERENCE_TARE_counts,
    RESPONSE_hPa,
    RESPONSE_PLAY_hPa,
    SOFT_hPa,
    STALE_ms,
    STIFFNESS_256hPa_per_count,
    STUCK_samples,
    TARE_LIMIT_hPa,
)
from controller.frames import ARMED, COMPRESS_LIMIT, IDLE, LOAD_INVALID, OVER_FORCE, TRIPPED

REACTION_S = 1.0  # the controller has so long to answer what its sensors show
WINDOWS_S = (3.0, 10.0, 30.0, 100.0, 300.0)  # over which travel and reading are compared
SMOOTHED = 5  # samples in a median: single wrong ones say nothing
SCATTER_SAMPLES = 50
REGULATOR = 2
RAIL = (1 << 23) - 1

READING, JUMP, SCATTER = "load cell: hard limit", "load cell: jump", "load cell: scatter"
SILENT, STUCK, TRAVEL = "load cell: no good conversions", "load cell: stuck", "travel against load cell"
SWITCH, COMPARATOR, RECORD = "compress limit switch", "over-force comparator on board", "record and wiring"
CODE = "regulator's code"
SENSORS = {
    READING: "the reading is at or over the hard limit, in as many samples in a row as make a trip",
    JUMP: "the median of five samples leaves that of the five before by half of what lies between soft and hard limit, "
    "more than twice the travel of the last two seconds accounts for",
    SCATTER: "over fifty samples the median step from one to the next is over a quarter of what lies between soft and "
    "hard limit",
    SILENT: "no new conversion within STALE_ms, or as many invalid ones in a row as make a trip",
    STUCK: "as many equal conversions as the record allows",
    TRAVEL: "within 3 to 300 s the armed actuator was moved by what lies between soft and hard limit, and the reading "
    "answered with less than the record's share; or it stands twice as far beyond where it was assembled, or over "
    "vented, and the reading shows no contact",
    CODE: "the regulator's code stands for the hard limit, by the record's stiffness",
    SWITCH: "the compress limit switch is active",
    COMPARATOR: "the over-force comparator's input is active, where one is fitted",
    RECORD: "the record does not fit its checksum, its twin or the board's wiring",
}
"""What a board can see with what it has, and from when on."""

Numbers = NDArray[np.float64]


class Tick(NamedTuple):
    """What the board was given and did in one tick, and the true pressure [Pa]."""

    t: float
    pressure: float
    counts: int
    sample: int
    sense: int
    switches: int
    move: int
    position: int
    state: int


@dataclass(frozen=True)
class OverHard:
    """A run that went over the hard limit.

    Attributes
    ----------
    at_s : float
        When first, after the fault's moment [s].
    unanswered : tuple of str
        Sensors on board that showed it in time, and the controller did not act: it could have been seen.
    answered : tuple of str
        Sensors on board that showed it, and the controller tripped or disarmed, as far as that helps.
    """

    at_s: float
    unanswered: tuple[str, ...]
    answered: tuple[str, ...]


def over_hard(ticks: Sequence[Tick], record: Sequence[int], *, refusable: bool = False) -> OverHard | None:
    """Judge a run; None where it did not go over the hard limit after the moment (t = 0).

    Parameters
    ----------
    ticks
        From the start of the run, its moment included.
    record
        The controller's, as it was before the fault.
    refusable
        The board had all that it takes to refuse this fault at once.
    """
    run = _Run(ticks, record)
    over = run.t[(run.truth > run.hard) & (run.t >= 0)]
    if not over.size:
        return None
    first, last = float(over[0]), float(over[-1])
    found = run.evidence()
    if refusable:
        found[RECORD] = 0.0
    acted = run.acted()
    unanswered: list[str] = []
    answered: list[str] = []
    for name, at in found.items():
        deadline = max(at + REACTION_S, first)
        if at > last:
            continue
        late = acted > deadline and last >= deadline
        (unanswered if late or (name == READING and run.held(at)) else answered).append(name)
    return OverHard(first, tuple(unanswered), tuple(answered))


def evidence(ticks: Sequence[Tick], record: Sequence[int]) -> dict[str, float]:
    """Which of `SENSORS` show after the moment that something is wrong, and from when on [s], whatever comes of it."""
    return _Run(ticks, record).evidence()


class _Run:
    """Columns of the ticks, and the rules over them; pressures in MPa."""

    def __init__(self, ticks: Sequence[Tick], record: Sequence[int]) -> None:
        self.record = record
        columns = [np.array(column) for column in zip(*ticks, strict=True)]
        self.t, truth, counts, number, sense, self.switches, self.move, self.position, self.state = columns
        self.truth = truth * 1e-6
        self.tick_s = float(np.median(np.diff(self.t))) if len(ticks) > 1 else 1.0
        per_MPa = 1e4 * 2 ** record[SCALE_SHIFT] / record[SCALE_NUM]
        self.hard, self.gap = record[HARD_hPa] / 1e4, (record[HARD_hPa] - record[SOFT_hPa]) / 1e4
        self.floor = (record[TARE_LIMIT_hPa] + record[RESPONSE_hPa]) / 1e4
        self.per_count = record[STIFFNESS_256hPa_per_count] / 256 / 1e4
        new = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
        bad = (sense[new] & LOAD_INVALID != 0) | (np.abs(counts[new]) >= RAIL)
        self.all_new, self.bad = new, bad
        self.raw = counts[new]
        self.at = new[~bad]
        self.reading = (counts[self.at] - record[REFERENCE_TARE_counts]) / per_MPa
        self.travel = np.cumsum(self.move) * self.per_count
        self.way = np.cumsum(np.abs(self.move)) * self.per_count

    def evidence(self) -> dict[str, float]:
        """Each rule that is met after the moment, and when first [s]."""
        met = {
            READING: self._row_of(self.reading >= self.hard, self.at),
            JUMP: self._jump(),
            SCATTER: self._scatter(),
            SILENT: min(self._row_of(self.bad, self.all_new), self._stale()),
            STUCK: self._stuck(),
            TRAVEL: min(self._unanswered_travel(), self._no_contact()),
            CODE: self._code(),
            SWITCH: self._switch(COMPRESS_LIMIT),
            COMPARATOR: self._switch(OVER_FORCE),
        }
        return {name: at for name, at in met.items() if math.isfinite(at)}

    def acted(self) -> float:
        """When the controller had first tripped, or left the armed state [s]."""
        left = (self.state == IDLE) & (np.cumsum(self.state == ARMED) > 0)
        return self._first(self.t[((self.state == TRIPPED) | left) & (self.t >= 0)])

    def held(self, since: float) -> bool:
        """Whether a regulator that reads the hard limit kept its code for longer than the reaction, once tripped."""
        if self.record[ACTUATOR_KIND] != REGULATOR:
            return False
        reading = np.interp(self.t, self.t[self.at], self.reading)
        kept = (self.move >= 0) & (self.position > 0) & (reading >= self.hard) & (self.t > since + REACTION_S)
        return bool(_longest(kept) * self.tick_s > REACTION_S)

    def _first(self, times: Any) -> float:
        return float(times[0]) if len(times) else math.inf

    def _after(self, rows: Any) -> float:
        """The first of these rows' times that is not before the moment."""
        times = self.t[rows]
        return self._first(times[times >= 0])

    def _row_of(self, met: Any, rows: Any) -> float:
        """When so many samples in a row as make a trip have met it."""
        n = self.record[DEBOUNCE_samples]
        if len(met) < n:
            return math.inf
        return self._after(rows[n - 1 :][sliding_window_view(met, n).all(axis=1)])

    def _medians(self) -> tuple[Numbers, Any]:
        """Median of the last `SMOOTHED` readings, and the rows at which each is complete."""
        if len(self.reading) < SMOOTHED:
            return np.empty(0), self.at[:0]
        return np.median(sliding_window_view(self.reading, SMOOTHED), axis=1), self.at[SMOOTHED - 1 :]

    def _jump(self) -> float:
        smooth, rows = self._medians()
        if len(smooth) <= SMOOTHED:
            return math.inf
        change = np.abs(smooth[SMOOTHED:] - smooth[:-SMOOTHED])
        rows = rows[SMOOTHED:]
        moved = self.way[rows] - self.way[np.maximum(rows - round(2.0 / self.tick_s), 0)]
        return self._after(rows[change > self.gap / 2 + 2 * moved])

    def _scatter(self) -> float:
        steps = np.abs(np.diff(self.reading))
        if len(steps) < SCATTER_SAMPLES:
            return math.inf
        wide = np.median(sliding_window_view(steps, SCATTER_SAMPLES), axis=1) > self.gap / 4
        return self._after(self.at[SCATTER_SAMPLES:][wide])

    def _stale(self) -> float:
        """A gap between conversions, or behind the last."""
        times = np.append(self.t[self.all_new], self.t[-1])
        late = times[:-1][np.diff(times) * 1000 > self.record[STALE_ms] + 500 * self.tick_s]
        due = late + self.record[STALE_ms] / 1000
        return self._first(due[due >= 0])

    def _stuck(self) -> float:
        n = self.record[STUCK_samples]
        if n < 2 or len(self.raw) < n:
            return math.inf
        same = sliding_window_view(np.diff(self.raw) == 0, n - 1).all(axis=1)
        return self._after(self.all_new[n - 1 :][same])

    def _code(self) -> float:
        if self.record[ACTUATOR_KIND] != REGULATOR:
            return math.inf
        return self._after(np.flatnonzero(self.position * self.per_count >= self.hard))

    def _switch(self, bit: int) -> float:
        return self._after(np.flatnonzero(self.switches & bit))

    def _no_contact(self) -> float:
        """Beyond where it was assembled a stack is in contact: position 0 is there, or the vented regulator."""
        smooth, rows = self._medians()
        far = self.position[rows] * self.per_count >= 2 * self.gap
        return self._after(rows[far & (smooth < self.floor) & (self.state[rows] == ARMED)])

    def _unanswered_travel(self) -> float:
        record = self.record
        smooth, rows = self._medians()
        lag = math.ceil((record[DEAD_TIME_ms] + 3 * record[LAG_ms]) / 1000 / self.tick_s)
        share = record[RESPONSE_256] / 256 or 0.5
        allowed = (record[RESPONSE_hPa] + record[RESPONSE_PLAY_hPa] + record[TARE_LIMIT_hPa]) / 1e4
        unarmed = np.cumsum(self.state != ARMED)
        first = math.inf
        for window_s in WINDOWS_S:
            ticks = round(window_s / self.tick_s)
            begin = np.searchsorted(rows, rows - ticks)  # the sample that opened each window
            opened = rows[begin]
            whole = (rows >= ticks) & (unarmed[rows] == unarmed[opened])
            net = self.travel[np.maximum(rows - lag, 0)] - self.travel[opened]
            answer = (smooth - smooth[begin]) * np.sign(net)
            touches = (smooth[begin] >= self.floor) | (net < 0)
            silent = whole & touches & (np.abs(net) >= self.gap) & (answer < share * np.abs(net) - allowed)
            first = min(first, self._after(rows[silent]))
        return first


def _longest(met: Any) -> int:
    """Length of the longest row of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], met.astype(int), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
