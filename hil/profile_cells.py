"""The cells of a profile as numbers: each is one number beyond doubt, or refused."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from hil.profile_headings import shown
from twin.errors import InputError

Floats = NDArray[np.float64]
Where = Callable[[int], str]
"""Beginning of a message about the row of that place, from 0: the file and the line."""

_POINT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")  # 1,000: a thousand, or one with three decimals
_CLOCK = re.compile(r"(?:([0-9]{1,5}) ?d +)?([0-9]{1,7}):([0-5][0-9]):([0-5][0-9](?:[.,][0-9]*)?)")
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}\b.*")


def is_number(cell: str) -> bool:
    """Whether a cell is a number or a time of a clock, in any of the forms that may be read."""
    return any(form.fullmatch(cell) for form in (_POINT, _COMMA, _CLOCK))


def is_clock(cell: str) -> bool:
    """Whether a cell is a time in hours, minutes and seconds, with or without days: `1d 02:03:04.5`."""
    return _CLOCK.fullmatch(cell) is not None


def seconds(where: Where, cells: Sequence[str]) -> Floats:
    """Times in hours, minutes and seconds as seconds, shape (rows,).

    Raises
    ------
    InputError
        A cell that is none.
    """
    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        match = _CLOCK.fullmatch(cell)
        if match is None:
            raise InputError(f"{where(i)}: time = {shown(cell)}: {_why(cell, 'not hours, minutes, seconds (0:01:30)')}")
        days, hours, minutes, rest = match.groups()
        found[i] = (int(days or 0) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))
    return found


def numbers(where: Where, columns: dict[str, Sequence[str]]) -> dict[str, Floats]:
    """Columns by name as numbers, each of shape (rows,).

    The mark before decimals is a point, or a comma in all of them: a table that has both, or commas that may as
    well part thousands, is refused.

    Raises
    ------
    InputError
        A cell that is no number beyond doubt.
    """
    form, mark = _POINT, "."
    for name, cells in columns.items():
        first = next((i for i, cell in enumerate(cells) if "," in cell and _COMMA.fullmatch(cell)), None)
        if first is None:
            continue
        cell = cells[first]
        form, mark = _COMMA, ","
        if all(_GROUPED.fullmatch(c) for cells in columns.values() for c in cells if "," in c):
            raise InputError(
                f"{where(first)}: {name} = {shown(cell)}: may be thousands or decimals; write a decimal point"
            )
        break
    return {name: _column(where, name, cells, form, mark) for name, cells in columns.items()}


def _column(where: Where, name: str, cells: Sequence[str], form: re.Pattern[str], mark: str) -> Floats:
    if set("".join(cells)) <= set(f"0123456789+-eE{mark}"):  # of these, Python's floats are the form's: no look at each
        with suppress(ValueError):
            return np.array([float(cell.replace(",", ".")) for cell in cells])
    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        if form.fullmatch(cell) is None:
            what = f"not a number with a decimal {'comma, as the others' if mark == ',' else 'point'}"
            raise InputError(f"{where(i)}: {name} = {shown(cell)}: {_why(cell, what)}")
        found[i] = float(cell if mark == "." else cell.replace(",", "."))
    return found


def _why(cell: str, otherwise: str) -> str:
    """What is wrong with a cell, as closely as can be said."""
    if not cell:
        return "an empty cell; leave the row out"
    if cell.casefold().lstrip("+-") in ("nan", "inf", "infinity", "na", "n/a", "null", "none"):
        return "not a finite number; leave the row out"
    if _DATE.fullmatch(cell):
        return "a date; write the seconds since the start of the test"
    if _CLOCK.fullmatch(cell):
        return "a time in hours, minutes and seconds among numbers"
    if re.fullmatch(r"[+-]?[0-9][0-9., '_]*", cell) and _parts_thousands(cell):
        return "thousands are not parted; write 1000.5"
    return otherwise


def _parts_thousands(cell: str) -> bool:
    """Whether a cell parts its thousands: 1,000.5 or 1 000 or 1'000."""
    return re.search(r"[0-9][., '_][0-9]{3}(?![0-9])", cell) is not None
