"""Measured current profiles: Battery Data Format tables and two-column CSV files.

A profile is a current against time [A, s]. Files disagree about the sign of current, so reading one takes it
as an argument; inside isostack discharge is positive. The first row is moved to time zero and the last row
marks the end: a profile with rows at 0, 1 and 2 s lasts 2 s.
"""

import csv
import hashlib
import io
import math
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

Floats = NDArray[np.float64]
Interpolation = Literal["previous", "linear"]
Direction = Literal["charge", "discharge"]
TimeUnit = Literal["s", "min", "h"]

TIME_COLUMN = "Test Time / s"
CURRENT_COLUMN = "Current / A"
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
LONGEST_s = 3.2e8  # ten years; a larger number is a wrong unit or a wrong column

# A header cell may state its unit as "Current / A", "Current [A]" or "Current (A)".
_UNIT = re.compile(r"(?:/\s*|\[|\()\s*([A-Za-z]+)\s*[\])]?\s*$")
_SECOND_NAMES = {"s", "sec", "second", "seconds"}
_AMPERE_NAMES = {"a", "amp", "ampere", "amperes"}


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


def read_profile(
    path: Path,
    *,
    positive_current: Direction,
    time_unit: TimeUnit | None = None,
    interpolation: Interpolation = "previous",
) -> Profile:
    """Read a measured current profile.

    Parameters
    ----------
    path
        A Battery Data Format table (`.csv`, `.parquet`) with `Test Time / s` and `Current / A`, or a CSV of
        two columns, time and current [A]; `#` begins a comment line, a header line is optional.
    positive_current
        What a positive current in the file does to the cell.
    time_unit
        Unit of a two-column file's time, seconds when left out; a unit stated in the file must agree.
    interpolation
        How the current runs between two rows.

    Raises
    ------
    InputError
        One line, naming the file and what is wrong with it.
    """
    data = _bytes_of(path)
    columns = _parquet_columns(path) if path.suffix.lower() == ".parquet" else _csv_columns(path, data, time_unit)
    time, current, lines = columns
    _check_rows(path, time, current, lines)
    sign = 1.0 if positive_current == "discharge" else -1.0
    return Profile(
        time_s=time - time[0],
        current_A=current * sign + 0.0,  # no negative zeros
        source=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        interpolation=interpolation,
    )


def _bytes_of(path: Path) -> bytes:
    """Read the whole file; every reason why not is an `InputError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; the path is relative to the input file that names it") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory; name the profile's file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read: {reason}") from None


def _parquet_columns(path: Path) -> tuple[Floats, Floats, Sequence[int]]:
    """Time, current and row numbers of a Parquet table, its labels made canonical by batterydf."""
    import bdf.io  # here, because importing it takes over a second

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = bdf.io.load(path)
    except Exception as error:  # pyarrow and pandas raise a dozen unrelated types on a damaged file
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: not a Parquet table: {reason}") from None
    time, current = (_parquet_column(path, table, label) for label in (TIME_COLUMN, CURRENT_COLUMN))
    return time, current, range(1, len(time) + 1)


def _parquet_column(path: Path, table: Any, label: str) -> Floats:
    if label not in table.columns:
        present = ", ".join(str(c) for c in list(table.columns)[:8])
        raise InputError(f"{path}: missing column {label!r}; present: {present or 'none'}")
    try:
        return np.asarray(table[label].to_numpy(), dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{path}: column {label!r} is not numbers") from None


def _csv_columns(path: Path, data: bytes, time_unit: TimeUnit | None) -> tuple[Floats, Floats, Sequence[int]]:
    """Time [s], current [A] and line numbers of a CSV file."""
    rows = _csv_rows(path, data)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: is empty; a profile needs at least two rows of time and current")
    line, cells = first
    where: tuple[int, int] = (0, 1)
    factor = SECONDS[time_unit or "s"]
    if any(_number(c) is None for c in cells) and _is_header(cells):
        where, factor = _locate(path, line, cells, time_unit)
        body: Iterable[tuple[int, list[str]]] = rows
    else:
        _check_two(path, line, cells)
        body = _chain(first, rows)
    times, currents, lines = [], [], []
    for line, cells in body:
        if len(cells) <= max(where):
            raise InputError(f"{path}: line {line}: {len(cells)} cells where the table needs {max(where) + 1}")
        times.append(_cell(path, line, "time", cells[where[0]]))
        currents.append(_cell(path, line, "current", cells[where[1]]))
        lines.append(line)
    return np.array(times, dtype=np.float64) * factor, np.array(currents, dtype=np.float64), lines


def _csv_rows(path: Path, data: bytes) -> Any:
    """Yield (line number, cells) of every line that is neither blank nor a comment."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8 CSV") from None
    # Quotes carry no meaning in a table of numbers; taking them as text keeps one line one row.
    reader = csv.reader(io.StringIO(text), quoting=csv.QUOTE_NONE)
    try:
        for cells in reader:
            stripped = [c.strip().strip('"') for c in cells]
            if any(stripped) and not stripped[0].startswith("#"):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}") from None


def _chain(first: tuple[int, list[str]], rest: Any) -> Iterable[tuple[int, list[str]]]:
    yield first
    yield from rest


def _is_header(cells: Sequence[str]) -> bool:
    """Tell a header from a row of numbers with one bad cell: no cell of a header is a number."""
    return all(_number(c) is None for c in cells)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _cell(path: Path, line: int, name: str, cell: str) -> float:
    value = _number(cell)
    if value is None:
        raise InputError(f"{path}: line {line}: {name} = {_short(cell)}: not a number")
    return value


def _check_two(path: Path, line: int, cells: Sequence[str]) -> None:
    """A table without a header has exactly two columns."""
    if len(cells) < 2:
        raise InputError(f"{path}: line {line}: one column where time and current are needed, separated by a comma")
    if len(cells) > 2:
        raise InputError(
            f"{path}: line {line}: {len(cells)} columns and no header; "
            f"name them {TIME_COLUMN!r} and {CURRENT_COLUMN!r}, or keep two"
        )


def _locate(path: Path, line: int, header: Sequence[str], time_unit: TimeUnit | None) -> tuple[tuple[int, int], float]:
    """Find the columns of time and current and the factor that makes the time seconds."""
    plain = TIME_COLUMN in header and CURRENT_COLUMN in header
    names = list(header) if plain else [_canonical(h) for h in header]
    if TIME_COLUMN in names and CURRENT_COLUMN in names:
        columns = names.index(TIME_COLUMN), names.index(CURRENT_COLUMN)
    elif len(header) == 2 and names[0] in (TIME_COLUMN, "") and names[1] in (CURRENT_COLUMN, ""):
        columns = 0, 1
    else:
        missing = TIME_COLUMN if TIME_COLUMN not in names else CURRENT_COLUMN
        present = ", ".join(_short(h) for h in header[:8])
        raise InputError(f"{path}: line {line}: missing column {missing!r}; present: {present}")
    return columns, _time_factor(path, line, header[columns[0]], header[columns[1]], time_unit)


def _canonical(header: str) -> str:
    """Ask batterydf which canonical quantity a header cell names; empty when it knows none.

    Only the name is taken: batterydf 0.1 reads `Current / mA` as amperes, so units are checked here.
    """
    import bdf
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = list(bdf.normalize_columns(pd.DataFrame({header: [1.0]}), strict=False).columns)
        except Exception:  # a stray header is not this library's error to report
            found = []
    return str(found[0]) if found else ""


def _time_factor(path: Path, line: int, time: str, current: str, time_unit: TimeUnit | None) -> float:
    """Seconds per unit of the time column; a unit stated in the header must agree with the key."""
    stated = _UNIT.search(current)
    if stated and stated[1].lower() not in _AMPERE_NAMES:
        raise InputError(f"{path}: line {line}: column {_short(current)} is not in ampere; convert it to A")
    stated = _UNIT.search(time)
    if stated is None:
        return SECONDS[time_unit or "s"]
    unit = "s" if stated[1].lower() in _SECOND_NAMES else stated[1].lower()
    if unit not in SECONDS:
        raise InputError(f"{path}: line {line}: column {_short(time)}: unit of time is none of s, min, h")
    if time_unit is not None and unit != time_unit:
        raise InputError(f"{path}: line {line}: column {_short(time)} contradicts time_unit = {time_unit!r}")
    return SECONDS[unit]


def _check_rows(path: Path, time: Floats, current: Floats, lines: Sequence[int]) -> None:
    """Refuse what cannot be run: too short, not finite, time that does not advance."""
    word = "row" if isinstance(lines, range) else "line"
    if len(time) < 2:
        raise InputError(f"{path}: {len(time)} rows of data; a profile needs at least two")
    for name, values, bound in (("time", time, LONGEST_s), ("current", current, 1e6)):
        bad = np.flatnonzero(~(np.abs(values) <= bound))
        if bad.size:
            i = int(bad[0])
            reason = "not a finite number" if not math.isfinite(values[i]) else f"beyond {bound:g}"
            raise InputError(f"{path}: {word} {lines[i]}: {name} = {values[i]:g}: {reason}")
    late = np.flatnonzero(~(np.diff(time) > 0))
    if late.size:
        i = int(late[0]) + 1
        what = "repeats" if time[i] == time[i - 1] else "runs backwards"
        raise InputError(f"{path}: {word} {lines[i]}: time {what}: {time[i]:g} s after {time[i - 1]:g} s")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


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
