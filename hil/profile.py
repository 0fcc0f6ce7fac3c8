"""Current profiles: a current [A], discharge positive, against time [s]; `hil.profile_file` reads measured ones.

The last row marks the end: a profile with rows at 0, 1 and 2 s lasts 2 s.
"""

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

    def scaled(self, factor: float) -> "Profile":
        """Return the same profile with every current multiplied by `factor`."""
        return replace(self, current_A=self.current_A * factor)

    def current_at(self, t_s: float) -> float:
        """Return the current [A] at a time [s]; outside the profile, that of its nearest end."""
        return Cursor(self).at(t_s)

    def cursor(self) -> "Cursor":
        """Return a reader of its own for one user: fast while time moves forward."""
        return Cursor(self)


class Cursor:
    """Reads a profile at times that mostly increase, without searching the table each time."""

    __slots__ = ("_current", "_end", "_last", "_linear", "_slope", "_start", "_time", "_value")

    def __init__(self, profile: Profile) -> None:
        """Start at the beginning of `profile`."""
        self._time: list[float] = profile.time_s.tolist()
        self._current: list[float] = profile.current_A.tolist()
        self._last = len(self._time) - 2
        self._linear = profile.interpolation == "linear"
        self._seek(0.0)

    def at(self, t_s: float) -> float:
        """Return the current [A] at time `t_s` [s]."""
        if not self._start <= t_s < self._end:
            self._seek(t_s)
        if self._slope:
            return self._value + self._slope * (min(max(t_s, self._start), self._end) - self._start)
        return self._value

    def _seek(self, t_s: float) -> None:
        """Find the interval that holds `t_s`, or the nearest one."""
        i = min(max(bisect_right(self._time, t_s) - 1, 0), self._last)
        self._start, self._end = self._time[i], self._time[i + 1]
        self._value = self._current[i]
        self._slope = 0.0
        if self._linear:
            self._slope = (self._current[i + 1] - self._value) / (self._end - self._start)


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
