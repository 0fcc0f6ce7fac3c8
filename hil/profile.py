"""Current profiles: a current [A], discharge positive, against time [s]; `hil.profile_file` reads measured ones.

The last row marks the end: a profile with rows at 0, 1 and 2 s lasts 2 s.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interpolation = Literal["previous", "linear"]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A current [A], discharge positive, against time [s] from zero.

    Attributes
    ----------
    time_s, current_A
        Same length, at least two rows, time strictly increasing from 0.
    source
        Name of the file it came from.
    sha256
        Of that file's bytes.
    interpolation
        "previous" holds each row's current until the next row, "linear" joins them.
    """

    time_s: Floats
    current_A: Floats
    source: str
    sha256: str
    interpolation: Interpolation = "previous"

    @property
    def duration_s(self) -> float:
        """From the first row to the last [s]."""
        return float(self.time_s[-1])

    @property
    def charge_C(self) -> float:
        """Net charge of one pass [A.s], discharge positive."""
        steps = np.diff(self.time_s)
        if self.interpolation == "previous":
            return float(self.current_A[:-1] @ steps)
        return float((self.current_A[:-1] + self.current_A[1:]) @ steps / 2)

    @property
    def peak_A(self) -> float:
        """Largest absolute current that flows [A]; the last row of a held profile never does."""
        flowing = self.current_A[:-1] if self.interpolation == "previous" else self.current_A
        return float(np.max(np.abs(flowing)))

    def rows_within(self, tick_s: float) -> int:
        """Count the rows that last less than a tick [s]: of them, a run at this tick shows the mean only."""
        return int(np.count_nonzero(np.diff(self.time_s) < tick_s * (1 - 1e-9)))

    def scaled(self, factor: float) -> "Profile":
        """Return the same profile with every current multiplied by `factor`."""
        return replace(self, current_A=self.current_A * factor)

    def cursor(self) -> "Cursor":
        """Return a reader of its own for one user: fast while time moves forward."""
        return Cursor(self)


class Cursor:
    """Means of a profile over stretches of time that mostly follow each other, without a search for each."""

    __slots__ = ("_charge", "_current", "_end", "_linear", "_period", "_slope", "_start", "_time", "_value")

    def __init__(self, profile: Profile) -> None:
        """Start at the beginning of `profile`."""
        self._time: list[float] = profile.time_s.tolist()
        self._current: list[float] = profile.current_A.tolist()
        self._period = self._time[-1]
        self._linear = profile.interpolation == "linear"
        ends: Floats = profile.current_A[1:] if self._linear else profile.current_A[:-1]
        steps = np.diff(profile.time_s) * (profile.current_A[:-1] + ends) / 2
        self._charge: list[float] = [0.0, *np.cumsum(steps).tolist()]
        self._seek(0.0)

    def mean(self, start_s: float, length_s: float) -> float:
        """Return the mean current [A] over ``length_s`` from ``start_s`` on; the profile starts again at its end.

        Within one row it is that row's current to the bit, also where rounding puts an edge a billionth of the length
        off; else the charge between both times, over the length.
        """
        slack = 1e-9 * length_s
        if not (self._start - slack <= start_s and start_s + length_s <= self._end + slack):
            self._seek(start_s + slack)
            if start_s + length_s > self._end + slack:
                return (self._charge_at(start_s + length_s) - self._charge_at(start_s)) / length_s
        if self._slope:
            return self._value + self._slope * (start_s + 0.5 * length_s - self._start)
        return self._value

    def _row(self, t_s: float) -> tuple[int, float]:
        """Row that holds `t_s`, and when its pass of the profile began [s]."""
        begun = math.floor(t_s / self._period) * self._period
        return min(max(bisect_right(self._time, t_s - begun) - 1, 0), len(self._time) - 2), begun

    def _seek(self, t_s: float) -> None:
        """Find the row that holds `t_s`."""
        i, begun = self._row(t_s)
        self._start, self._end = begun + self._time[i], begun + self._time[i + 1]
        self._value = self._current[i]
        self._slope = self._slope_of(i)

    def _slope_of(self, i: int) -> float:
        if not self._linear:
            return 0.0
        return (self._current[i + 1] - self._current[i]) / (self._time[i + 1] - self._time[i])

    def _charge_at(self, t_s: float) -> float:
        """Charge from the very beginning to `t_s` [A.s]."""
        i, begun = self._row(t_s)
        into: float = t_s - begun - self._time[i]
        whole: float = round(begun / self._period) * self._charge[-1]
        return whole + self._charge[i] + into * (self._current[i] + 0.5 * self._slope_of(i) * into)


# Dynamic Stress Test: duration [s] and power as a fraction of the peak, discharge positive, of its 20 steps.
# Source: USABC Electric Vehicle Battery Test Procedures Manual, revision 2, January 1996.
DST_STEPS = (
    (16, 0.0), (28, 0.125), (12, 0.25), (8, -0.125),
    (16, 0.0), (24, 0.125), (12, 0.25), (8, -0.125),
    (16, 0.0), (24, 0.125), (12, 0.25), (8, -0.125),
    (16, 0.0), (36, 0.125), (8, 1.0), (24, 0.625),
    (8, -0.25), (32, 0.25), (8, -0.5), (44, 0.0),
)  # fmt: skip


def dst_csv() -> str:
    """Return the Dynamic Stress Test as a two-column profile whose peak is 1 A, discharge positive."""
    lines = [
        "# Dynamic Stress Test (DST), 20 steps in 360 s.",
        "# Source: USABC Electric Vehicle Battery Test Procedures Manual, revision 2, January 1996.",
        "# The manual gives power as a fraction of the peak; here the same fractions are currents, peak 1 A,",
        "# to be scaled with scale_peak_mA_per_cm2. Discharge is positive. The last row marks the end.",
        "time [s],current [A]",
    ]
    start = 0
    for duration, fraction in DST_STEPS:
        lines.append(f"{start},{fraction:g}")
        start += duration
    return "\n".join([*lines, f"{start},0"]) + "\n"
