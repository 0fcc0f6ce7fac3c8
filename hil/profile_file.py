"""Reads measured current profiles: tables of the Battery Data Format and of cyclers, CSV files of two columns.

A profile is a current against time. Files disagree about the sign of current, so reading one takes it as an
argument; inside isostack discharge is positive. The first row is moved to time zero and the last row marks the
end: a profile with rows at 0, 1 and 2 s lasts 2 s. What is not understood is refused, not taken for seconds and
amperes.
"""

import csv
import hashlib
import io
import math
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hil.profile import Interpolation, Profile
from hil.profile_cells import Floats, Where, is_clock, is_number, numbers, seconds
from hil.profile_headings import CLOCK, LABELS, Choice, Heading, choose, factor_of, understand
from twin.errors import InputError
from twin.reading import read_bounded

Direction = Literal["charge", "discharge"]
TimeUnit = Literal["s", "min", "h"]

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
LONGEST_s = 3.2e8  # ten years; a larger number is a wrong unit or a wrong column
LARGEST_A = 1e6
LARGEST_BYTES = 64 * 2**20
MOST_ROWS = 5_000_000
MOST_UNPACKED_BYTES = 2**28  # of two Parquet columns; text takes more than numbers

_DELIMITERS = ("\t", ";", ",")
_NO_TABLE = "not a table of time and current; a profile is CSV of numbers (decimal point) or Parquet"

Row = tuple[int, list[str]]


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
        A table in CSV (separated by comma, semicolon or tab) or Parquet, with a column of time and one of current as
        `hil.profile_headings` understands them, or a CSV of two columns without headings, time and current [A];
        `#` begins a comment line. At most 64 MiB and 5,000,000 rows.
    positive_current
        What a positive current in the file does to the cell.
    time_unit
        Unit of a time without one, seconds when left out; a unit stated in the file must agree.
    interpolation
        How the current runs between two rows.

    Raises
    ------
    InputError
        One line, naming the file and what is wrong with it; of a file that is no table it shows nothing.
    """
    data = read_bounded(
        path,
        LARGEST_BYTES,
        absent="the path is relative to the input file that names it",
        named="the profile's file",
    )
    columns = _parquet if path.suffix.lower() == ".parquet" or data[:4] == b"PAR1" else _csv
    time, current, where = columns(path, data, time_unit)
    _check_rows(path, where, time, current)
    sign = 1.0 if positive_current == "discharge" else -1.0
    return Profile(
        time_s=time - time[0],
        current_A=current * sign + 0.0,  # no negative zeros
        source=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        interpolation=interpolation,
    )


# --- Parquet ------------------------------------------------------------------------------------------------------


def _parquet(path: Path, data: bytes, time_unit: TimeUnit | None) -> tuple[Floats, Floats, Where]:
    """Time [s], current [A] and where each row is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def where(i: int) -> str:
        return f"{path}: row {i + 1}"

    try:
        with pq.ParquetFile(io.BytesIO(data)) as file:
            names, rows = list(file.schema_arrow.names), file.metadata.num_rows
            if rows > MOST_ROWS:
                raise InputError(f"{path}: {rows} rows; at most {MOST_ROWS} are read")
            choice = _agreed(str(path), choose(str(path), names), time_unit)
            size = _unpacked_bytes(file.metadata, {names[i] for i in choice.places})
            if size > MOST_UNPACKED_BYTES:
                raise InputError(f"{path}: {size} bytes once unpacked; at most {MOST_UNPACKED_BYTES} are read")
            table = file.read([names[i] for i in choice.places])
            table.validate(full=True)
            cells: dict[str, Sequence[str] | Floats] = {
                role: _cells(where, role, table.column(names[i])) for role, i in zip(LABELS, choice.places, strict=True)
            }
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, MemoryError, RuntimeError):
        raise InputError(f"{path}: not a whole Parquet table; restore it from a copy, or save it as CSV") from None
    return *_converted(where, choice, cells), where


def _unpacked_bytes(metadata: Any, names: set[str]) -> int:
    """What columns come to in memory, by the file's own account."""
    groups = (metadata.row_group(g) for g in range(metadata.num_row_groups))
    chunks = (group.column(c) for group in groups for c in range(group.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in names)


def _cells(where: Where, role: str, column: Any) -> Sequence[str] | Floats:
    """A column of numbers as they are, one of text as its cells."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if column.null_count:
        empty = next(i for i, value in enumerate(column) if not value.is_valid)
        raise InputError(f"{where(empty)}: {role} is empty; leave the row out")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return [str(value).strip() for value in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.asarray(column.to_pylist() if pa.types.is_decimal(kind) else column.to_numpy(), dtype=np.float64)
    raise InputError(
        f"{where(0)}: {role} is {kind}, not numbers; write {LABELS['time' if role == 'time' else 'current']!r}"
    )


# --- CSV ----------------------------------------------------------------------------------------------------------


def _csv(path: Path, data: bytes, time_unit: TimeUnit | None) -> tuple[Floats, Floats, Where]:
    """Time [s], current [A] and where each row is."""
    text = _decoded(path, data)
    comments, rows = _rows(path, text)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: is empty; a profile needs at least two rows of time and current")
    second = next(rows, None)
    body: Iterator[Row] = chain([] if second is None else [second], rows)
    if len(first[1]) < 2:
        raise InputError(f"{path}: line {first[0]}: one column where time and current are needed: {_NO_TABLE}")
    if not any(is_number(cell) for cell in first[1]):
        _check_table(path, first, second)
        choice = choose(f"{path}: line {first[0]}", first[1])
        if second is not None:
            choice, is_data = _with_units(path, choice, second)
            body = body if is_data else rows
    elif (heading := _heading_among(comments, first)) is not None:
        choice, body = choose(f"{path}: line {heading[0]}", heading[1]), chain([first], body)
    else:
        _check_two(path, first)
        choice, body = Choice((0, 1), Heading("time"), Heading("current")), chain([first], body)
    return _collected(path, choice, time_unit, len(first[1]), body)


def _collected(
    path: Path, choice: Choice, time_unit: TimeUnit | None, width: int, body: Iterator[Row]
) -> tuple[Floats, Floats, Where]:
    """Columns of the rows, each of which has as many cells as the first line."""
    choice = _agreed(str(path), choice, time_unit)
    lines = array("q")
    times: list[str] = []
    currents: list[str] = []
    for line, cells in body:
        if len(cells) != width:
            raise InputError(
                f"{path}: line {line}: {len(cells)} cells where the first line has {width}; "
                "a decimal comma needs another separator, or quotes"
            )
        if len(lines) == MOST_ROWS:
            raise InputError(f"{path}: line {line}: more than {MOST_ROWS} rows; that many are read")
        lines.append(line)
        times.append(cells[choice.places[0]])
        currents.append(cells[choice.places[1]])

    def where(i: int) -> str:
        return f"{path}: line {lines[i]}"

    return *_converted(where, choice, {"time": times, "current": currents}), where


def _decoded(path: Path, data: bytes) -> str:
    """UTF-8 text, or UTF-16 by its mark."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8 CSV") from None
    if "\0" in text:
        raise InputError(f"{path}: {_NO_TABLE}")
    return text


def _rows(path: Path, text: str) -> tuple[list[Row], Iterator[Row]]:
    """The comments before the first row, parted as rows are, and an iterator of the rows: line number and cells."""
    comments: list[tuple[int, str]] = []
    start = ""
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        start = line.strip()
        if start.startswith("#"):
            comments.append((number, start.lstrip("#")))
        elif start:
            break
    bare = re.sub('"[^"]*"', "", start)
    delimiter = next((mark for mark in _DELIMITERS if mark in bare), ",")
    parted = [(number, [cell.strip() for cell in comment.split(delimiter)]) for number, comment in comments]
    return parted, _parsed(path, text, delimiter)


def _parsed(path: Path, text: str, delimiter: str) -> Iterator[Row]:
    """Every line that is neither blank nor a comment."""
    lines = ("" if line.lstrip().startswith("#") else line for line in io.StringIO(text, newline=None))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    before = 0
    try:
        for cells in reader:
            if reader.line_num != before + 1:
                raise InputError(f"{path}: line {before + 1}: a quote is not closed on its line")
            before += 1
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield before, stripped
    except csv.Error as error:
        raise InputError(f"{path}: line {before + 1}: no row of a table: {error}") from None


def _check_table(path: Path, first: Row, second: Row | None) -> None:
    """Show headings only of what is a table: their line is understood, or rows of numbers follow it."""
    if any(understand(cell).role for cell in first[1]):
        return
    if second is None or len(second[1]) != len(first[1]) or not any(is_number(cell) for cell in second[1]):
        raise InputError(f"{path}: {_NO_TABLE}")


def _check_two(path: Path, first: Row) -> None:
    """A table without headings has exactly two columns."""
    if len(first[1]) > 2:
        raise InputError(
            f"{path}: line {first[0]}: {len(first[1])} columns and no header; "
            f"name them {LABELS['time']!r} and {LABELS['current']!r}, or keep two"
        )


def _heading_among(comments: Sequence[Row], first: Row) -> Row | None:
    """The last comment before the numbers that names their columns."""
    named = (c for c in reversed(comments) if len(c[1]) == len(first[1]) and any(understand(t).role for t in c[1]))
    return next(named, None)


def _with_units(path: Path, choice: Choice, second: Row) -> tuple[Choice, bool]:
    """The choice with the units that the line after the headings may state; whether that line is data."""
    line, cells = second
    if len(cells) <= max(choice.places) or any(is_number(cell) for cell in cells):
        return choice, True
    found = []
    for heading, place in zip((choice.time, choice.current), choice.places, strict=True):
        assert heading.role is not None
        unit = cells[place].strip("[](){} ")
        factor = factor_of(unit, heading.role) if unit else heading.factor
        if factor is None:
            return choice, True  # as data it is refused, with the cell
        clock = CLOCK if ":" in unit else unit
        if heading.unit and unit and (factor, clock == CLOCK) != (heading.factor, heading.unit == CLOCK):
            raise InputError(f"{path}: line {line}: unit {unit} is not the {heading.unit} of the heading")
        found.append(Heading(heading.role, heading.rank, clock or heading.unit, factor))
    return Choice(choice.places, *found), False


# --- both ---------------------------------------------------------------------------------------------------------


def _agreed(where: str, choice: Choice, time_unit: TimeUnit | None) -> Choice:
    """The choice with the time's unit that the key states, where the file states none."""
    time = choice.time
    if time_unit is None:
        return choice
    if time.unit and (time.unit == CLOCK or time.factor != SECONDS[time_unit]):
        raise InputError(f"{where}: time in {time.unit} contradicts time_unit = {time_unit!r}; take time_unit out")
    return Choice(choice.places, Heading("time", time.rank, time_unit, SECONDS[time_unit]), choice.current)


def _converted(where: Where, choice: Choice, cells: dict[str, Sequence[str] | Floats]) -> tuple[Floats, Floats]:
    """Columns `time` and `current`, text or numbers, as seconds and amperes."""
    texts: dict[str, Sequence[str]] = {}
    found: dict[str, Floats] = {}
    for name, column in cells.items():
        if isinstance(column, np.ndarray):
            found[name] = column
        elif name == "time" and _on_the_clock(choice.time, column):
            found[name] = seconds(where, column)
        else:
            texts[name] = column
    found |= numbers(where, texts)
    assert choice.time.factor is not None
    assert choice.current.factor is not None
    return found["time"] * choice.time.factor, found["current"] * choice.current.factor


def _on_the_clock(heading: Heading, cells: Sequence[str]) -> bool:
    """Whether times are in hours, minutes and seconds: by their heading or, where it states no unit, the first."""
    return heading.unit == CLOCK or (not heading.unit and len(cells) > 0 and is_clock(cells[0]))


def _check_rows(path: Path, where: Where, time: Floats, current: Floats) -> None:
    """Refuse what cannot be run: too short, not finite, time that does not advance."""
    if len(time) < 2:
        raise InputError(f"{path}: {len(time)} rows of data; a profile needs at least two")
    for name, values, bound in (("time", time, LONGEST_s), ("current", current, LARGEST_A)):
        bad = np.flatnonzero(~(np.abs(values) <= bound))
        if bad.size:
            i = int(bad[0])
            reason = "not a finite number" if not math.isfinite(values[i]) else f"beyond {bound:g}"
            raise InputError(f"{where(i)}: {name} = {values[i]:g}: {reason}")
    late = np.flatnonzero(~(np.diff(time) > 0))
    if late.size:
        i = int(late[0]) + 1
        what = "repeats" if time[i] == time[i - 1] else "runs backwards"
        raise InputError(f"{where(i)}: time {what}: {time[i]:g} s after {time[i - 1]:g} s")
