"""The figures a run is judged by, computed from its log in bounded memory.

Deviation is that of the plant's true pressure, less the setpoint in use, from its own mean after settling; what the
mean itself is off the setpoint (the load cell's calibration error, mostly) is reported apart. Rows are ticks of equal
length, so means are taken over rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from hil.columns import (
    ACTUATOR,
    CONTACT,
    CURRENT,
    FAULTS,
    MOVE,
    OUTPUTS,
    PRESSURE,
    SETPOINT,
    STATE,
    TIME,
    VOLTAGE,
)
from hil.log import Log, LogError

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Mapping[str, Array]

SETTLE_PERCENT: Final = 10.0
NEEDED: Final = (TIME, VOLTAGE, CURRENT, CONTACT, PRESSURE, SETPOINT, ACTUATOR, MOVE, OUTPUTS, STATE, FAULTS)

_PERMIT_CHARGE, _PERMIT_DISCHARGE = 1, 2
_IDLE, _TRIPPED = 0, 2


@dataclass(frozen=True)
class Goal:
    """Bounds an actuated run is held to; percentages are of the setpoint.

    Contact is held to the share below which `isostack experiment` says that stripping fails.
    """

    max_deviation_percent: float = 1.0
    rms_deviation_percent: float = 0.2
    rejection: float = 10.0
    least_contact: float = 0.9


@dataclass(frozen=True)
class Metrics:
    """Figures of one run. "Settled" is after the first `settle_percent` of its time; a missing figure is NaN.

    Attributes:
        rows: ticks.
        duration_s: time from the first row to the last [s].
        settled_from_s: test time from which settled figures count [s].
        setpoint_MPa: mean setpoint, settled [MPa].
        mean_MPa: mean true pressure, settled [MPa].
        offset_MPa, offset_percent: mean less setpoint [MPa], [% of the setpoint].
        max_deviation_percent, rms_deviation_percent: of the pressure less the setpoint in use, from their own mean,
            settled [% of the setpoint].
        swing_MPa, swing_percent: highest less lowest pressure, settled [MPa], [% of the setpoint].
        min_MPa, max_MPa: lowest and highest pressure of the whole run [MPa].
        whole_swing_MPa, whole_swing_percent: the same difference over the whole run.
        charged_mAh_per_cm2, discharged_mAh_per_cm2: charge passed each way; NaN without an electrode area.
        moves: ticks in which the actuator was told to move.
        reversals: moves against the direction of the move before.
        travel_um: way of the actuator, both directions added [um].
        unarmed_s: time before the controller was first armed [s].
        charge_opened_s, discharge_opened_s: time without the permit, once armed [s].
        trips: times the controller tripped.
        faults: every fault bit that was ever set.
        lowest_V, highest_V: of the cell's voltage, over the whole run [V].
        least_contact: lowest share of the lithium interface in contact [1].
    """

    rows: int
    duration_s: float
    settled_from_s: float
    setpoint_MPa: float
    mean_MPa: float
    offset_MPa: float
    offset_percent: float
    max_deviation_percent: float
    rms_deviation_percent: float
    swing_MPa: float
    swing_percent: float
    min_MPa: float
    max_MPa: float
    whole_swing_MPa: float
    whole_swing_percent: float
    charged_mAh_per_cm2: float
    discharged_mAh_per_cm2: float
    moves: int
    reversals: int
    travel_um: float
    unarmed_s: float
    charge_opened_s: float
    discharge_opened_s: float
    trips: int
    faults: int
    lowest_V: float
    highest_V: float
    least_contact: float

    def to_json(self) -> dict[str, float | int | None]:
        """Figures by name; those that are not finite become None, for JSON has no NaN."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


def rejection(passive: Metrics, actuated: Metrics) -> float:
    """How many times less the actuated run moves than the same frame with its actuator locked [1].

    The smaller of the ratios of settled swings and of settled largest deviations; infinite for a perfect hold.
    """
    ratios = (
        _ratio(passive.swing_MPa, actuated.swing_MPa),
        _ratio(passive.max_deviation_percent, actuated.max_deviation_percent),
    )
    return math.nan if any(math.isnan(ratio) for ratio in ratios) else min(ratios)


def _ratio(over: float, under: float) -> float:
    if under == 0:
        return math.inf if over > 0 else math.nan
    return over / under


@dataclass
class _Moments:
    """Count, mean, squared deviations and extremes of values that come in parts (Chan's merge: no cancellation)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, values: Array) -> None:
        n = len(values)
        if n == 0:
            return
        mean = float(np.mean(values))
        shift = mean - self.mean
        total = self.count + n
        self.squares += float(np.sum(np.square(values - mean))) + shift * shift * self.count * n / total
        self.mean += shift * n / total
        self.count = total
        # NumPy's minimum keeps a NaN where Python's min would lose it.
        self.low = float(np.minimum(self.low, np.min(values)))
        self.high = float(np.maximum(self.high, np.max(values)))

    @property
    def swing(self) -> float:
        return self.high - self.low if self.count else math.nan

    @property
    def rms(self) -> float:
        return math.sqrt(self.squares / self.count) if self.count else math.nan

    @property
    def largest(self) -> float:
        return max(self.high - self.mean, self.mean - self.low) if self.count else math.nan


@dataclass
class _Pressure:
    settled_from_s: float
    settled: _Moments = field(default_factory=_Moments)
    setpoint: _Moments = field(default_factory=_Moments)
    error: _Moments = field(default_factory=_Moments)
    whole: _Moments = field(default_factory=_Moments)

    def add(self, batch: Batch) -> None:
        late = batch[TIME] >= self.settled_from_s
        self.settled.add(batch[PRESSURE][late])
        self.setpoint.add(batch[SETPOINT][late])
        self.error.add(batch[PRESSURE][late] - batch[SETPOINT][late])
        self.whole.add(batch[PRESSURE])


@dataclass
class _Charge:
    """Current of a row has flowed since the row before."""

    charged_As: float = 0.0
    discharged_As: float = 0.0

    def add(self, batch: Batch, lasted_s: Array) -> None:
        passed = batch[CURRENT] * lasted_s
        self.charged_As -= float(np.sum(np.minimum(passed, 0.0)))
        self.discharged_As += float(np.sum(np.maximum(passed, 0.0)))


@dataclass
class _Actuator:
    moves: int = 0
    reversals: int = 0
    travel_m: float = 0.0
    _direction: int = 0
    _position: float = math.nan

    def add(self, batch: Batch) -> None:
        directions = np.sign(batch[MOVE][batch[MOVE] != 0]).astype(int)
        self.moves += len(directions)
        if len(directions):
            self.reversals += int(np.count_nonzero(np.diff(directions)))
            self.reversals += int(self._direction == -directions[0])
            self._direction = int(directions[-1])
        positions = batch[ACTUATOR]
        start = positions[0] if math.isnan(self._position) else self._position
        self.travel_m += float(np.sum(np.abs(np.diff(positions, prepend=start))))
        self._position = float(positions[-1])


@dataclass
class _Safety:
    armed: bool = False
    unarmed_s: float = 0.0
    charge_opened_s: float = 0.0
    discharge_opened_s: float = 0.0
    trips: int = 0
    faults: int = 0
    _state: int = _IDLE

    def add(self, batch: Batch, lasted_s: Array) -> None:
        states, outputs = batch[STATE], batch[OUTPUTS]
        armed = np.logical_or.accumulate(states != _IDLE) | self.armed
        self.unarmed_s += float(np.sum(lasted_s[~armed]))
        self.charge_opened_s += float(np.sum(lasted_s[armed & (outputs & _PERMIT_CHARGE == 0)]))
        self.discharge_opened_s += float(np.sum(lasted_s[armed & (outputs & _PERMIT_DISCHARGE == 0)]))
        before = np.concatenate(([self._state], states[:-1]))
        self.trips += int(np.count_nonzero((states == _TRIPPED) & (before != _TRIPPED)))
        self.faults |= int(np.bitwise_or.reduce(batch[FAULTS]))
        self.armed = bool(armed[-1])
        self._state = int(states[-1])


@dataclass
class _Cell:
    voltage: _Moments = field(default_factory=_Moments)
    contact: _Moments = field(default_factory=_Moments)

    def add(self, batch: Batch) -> None:
        self.voltage.add(batch[VOLTAGE])
        self.contact.add(batch[CONTACT])


def measure(batches: Iterable[Batch], settled_from_s: float, electrode_cm2: float | None = None) -> Metrics:
    """Figures of a run whose rows come in parts; how they are parted does not matter.

    Args:
        batches: rows in order of time: the columns `NEEDED`, each of shape (n,).
        settled_from_s: test time from which settled figures count [s].
        electrode_cm2: area through which the current flows, all layers added [cm2].

    Raises:
        ValueError: there are no rows.
    """
    pressure, charge, actuator, safety = _Pressure(settled_from_s), _Charge(), _Actuator(), _Safety()
    cell = _Cell()
    rows, first, last = 0, math.nan, math.nan
    for batch in batches:
        times = batch[TIME]
        if not len(times):
            continue
        if not rows:
            first = last = float(times[0])
        lasted_s = np.diff(times, prepend=last)
        rows, last = rows + len(times), float(times[-1])
        pressure.add(batch)
        charge.add(batch, lasted_s)
        actuator.add(batch)
        safety.add(batch, lasted_s)
        cell.add(batch)
    if not rows:
        raise ValueError("no rows to measure")
    return _figures(rows, last - first, pressure, charge, actuator, safety, cell, electrode_cm2)


def _figures(
    rows: int,
    duration_s: float,
    pressure: _Pressure,
    charge: _Charge,
    actuator: _Actuator,
    safety: _Safety,
    cell: _Cell,
    electrode_cm2: float | None,
) -> Metrics:
    settled, whole = pressure.settled, pressure.whole
    setpoint = pressure.setpoint.mean if settled.count else math.nan
    mean = settled.mean if settled.count else math.nan
    percent = 100 / setpoint if setpoint else math.nan
    mAh_per_cm2 = math.nan if electrode_cm2 is None else 1 / 3.6 / electrode_cm2
    return Metrics(
        rows=rows,
        duration_s=duration_s,
        settled_from_s=pressure.settled_from_s,
        setpoint_MPa=setpoint / 1e6,
        mean_MPa=mean / 1e6,
        offset_MPa=(mean - setpoint) / 1e6,
        offset_percent=(mean - setpoint) * percent,
        max_deviation_percent=pressure.error.largest * percent,
        rms_deviation_percent=pressure.error.rms * percent,
        swing_MPa=settled.swing / 1e6,
        swing_percent=settled.swing * percent,
        min_MPa=whole.low / 1e6,
        max_MPa=whole.high / 1e6,
        whole_swing_MPa=whole.swing / 1e6,
        whole_swing_percent=whole.swing * percent,
        charged_mAh_per_cm2=charge.charged_As * mAh_per_cm2,
        discharged_mAh_per_cm2=charge.discharged_As * mAh_per_cm2,
        moves=actuator.moves,
        reversals=actuator.reversals,
        travel_um=actuator.travel_m * 1e6,
        unarmed_s=safety.unarmed_s,
        charge_opened_s=safety.charge_opened_s,
        discharge_opened_s=safety.discharge_opened_s,
        trips=safety.trips,
        faults=safety.faults,
        lowest_V=cell.voltage.low,
        highest_V=cell.voltage.high,
        least_contact=cell.contact.low,
    )


def settled_from(first_s: float, last_s: float, settle_percent: float = SETTLE_PERCENT) -> float:
    """Test time after the first `settle_percent` of a run [s]."""
    return first_s + (last_s - first_s) * settle_percent / 100


def measure_log(log: Log, settle_percent: float | None = None) -> Metrics:
    """Figures of a log, walked over twice: once for its times, once for the rest.

    The electrode area (all layers added) and, unless given, the settling share are the log's metadata
    `electrode_cm2` and `settle_percent`.

    Raises:
        LogError: the log is damaged, or has no rows.
    """
    first, last = math.nan, math.nan
    for batch in log.batches((TIME,)):
        if len(batch[TIME]):
            first = float(batch[TIME][0]) if math.isnan(first) else first
            last = float(batch[TIME][-1])
    if math.isnan(first):
        raise LogError(f"{log.path}: has no rows: its run ended before its first flush")
    share = settle_share(log) if settle_percent is None else settle_percent
    return measure(log.batches(NEEDED), settled_from(first, last, share), log.metadata.get("electrode_cm2"))


def settle_share(log: Log) -> float:
    """Share of its time that a log's run asked for to settle [%]."""
    return float(log.metadata.get("settle_percent", SETTLE_PERCENT))
