"""Which column of a table is its time, which its current, and what turns them into seconds and amperes.

A heading is a name with or without a unit: `Current / mA`, `Current [mA]`, `Current (mA)`, `Current, mA`,
`Current in mA`, `Current#mA`, `current_mA`, `current_milliampere`. Names come from the tables of `batterydf`, those
of the Battery Data Format and those of its cyclers, and so do units (its `pint` registry). A heading that is not
understood is never taken for one that is.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from twin.errors import InputError

Role = Literal["time", "current"]

LABELS: dict[Role, str] = {"time": "Test Time / s", "current": "Current / A"}
CLOCK = "h:mm:ss"
"""Unit of a time that is written as hours, minutes and seconds."""

_QUANTITIES: dict[str, Role] = {"test_time_second": "time", "current_ampere": "current"}
_LEFT_SIDES: dict[str, Role] = {"test time": "time", "current": "current"}
# What pint calls the units that are used for a test; a megaampere is a milliampere in capitals, a year a slip.
_USUAL: dict[Role, str] = {
    "time": r"(nano|micro|milli)?second|minute|hour|day",
    "current": r"(pico|nano|micro|milli|kilo)?ampere",
}
_ADVICE: dict[Role, str] = {
    "time": "is no unit of time (s, min, h); convert it to s",
    "current": "is not in ampere (A, mA, uA, nA); convert it to A",
}
_WANTED: dict[Role, str] = {"time": "a time (s, min, h)", "current": "a current in ampere (A, mA, uA, nA)"}
# Names in use that batterydf's tables lack.
_MORE: dict[str, Role] = {"t": "time", "zeit": "time", "strom": "current", "cur": "current"}
_PLAIN_TIMES = ("time", "t", "zeit")
_BRACKETED = re.compile(r"(.+?)\s*/?\s*[\[({]\s*([^\[\](){}]*?)\s*[\])}]")
_CLOCK = re.compile(r"h{1,2}:m(?:m|in)?:s{1,2}(?:[.,:](?:ms|[sf0]+))?", re.IGNORECASE)
_JOINT = re.compile(r"(?<=\w)[ _-]+(?=\w)")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading says.

    Attributes
    ----------
    role
        The quantity; None for every other column.
    rank
        Of the times of a table that of least rank counts: 0 for a name that can mean nothing else, 1 for a plain
        `Time` (cyclers also head the step's time so), 2 for a unit in words. 0 for every current.
    unit
        As written; empty when none is stated, `CLOCK` for a time in hours, minutes and seconds.
    factor
        Seconds or amperes per unit, 1 when none is stated; None for a unit that is not understood.
    """

    role: Role | None
    rank: int = 0
    unit: str = ""
    factor: float | None = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns of time and current: their places from 0, and what their headings say."""

    places: tuple[int, int]
    time: Heading
    current: Heading


def choose(where: str, texts: Sequence[str]) -> Choice:
    """Find time and current among the headings.

    Parameters
    ----------
    where
        Beginning of a message: the file, and the line of its headings.

    Raises
    ------
    InputError
        One of them is missing, there twice, or in a unit that is not understood.
    """
    found = [understand(text) for text in texts]
    time, current = (_only(where, role, texts, found) for role in ("time", "current"))
    return Choice((time, current), found[time], found[current])


def _only(where: str, role: Role, texts: Sequence[str], found: Sequence[Heading]) -> int:
    """Place of the one column that is the role's."""
    ranks = [heading.rank for heading in found if heading.role == role]
    places = [i for i, heading in enumerate(found) if heading.role == role and heading.rank == min(ranks)]
    if not places:
        seen = ", ".join(shown(text) for text in texts[:8])
        raise InputError(
            f"{where}: missing column {LABELS[role]!r}: none of these is understood as {_WANTED[role]}: "
            f"{seen or 'no column'}"
        )
    if len(places) > 1:
        seen = " and ".join(shown(texts[i]) for i in places[:3])
        raise InputError(f"{where}: more than one {role}: {seen}; keep one of them")
    heading = found[places[0]]
    if heading.factor is None:
        raise InputError(
            f"{where}: column {shown(texts[places[0]])}: {shown(heading.unit)} {_ADVICE[role]}, "
            f"and name it {LABELS[role]!r}"
        )
    return places[0]


def understand(text: str) -> Heading:
    """What one heading says; a heading of no known name has no role."""
    text = _plain(text).removeprefix("~")
    exact = _exact().get(text)
    if exact is not None:
        return Heading(exact, 0, LABELS[exact].split(" / ")[1])
    names = _names()
    key = _key(text)
    if key in names and not names[key].needs_unit:
        return Heading(names[key].role, _rank(key))
    for base, unit, certain in _splits(text):
        key = _key(base)
        name = names.get(key)
        if name is None or name.role is None:
            continue
        factor = factor_of(unit, name.role)
        if certain or factor is not None or len(unit) < 3:
            return Heading(name.role, _rank(key), CLOCK if _is_clock(unit, name.role) else unit, factor)
    for role in LABELS:
        factor = factor_of(text, role) if _is_word(text) else None
        if factor is not None:
            return Heading(role, 2 if role == "time" else 0, text, factor)
    return Heading(None)


def factor_of(unit: str, role: Role) -> float | None:
    """Seconds or amperes per unit (1 for `CLOCK`), None when it is no usual unit of the role."""
    unit = _plain(unit).removesuffix(".")
    if _is_clock(unit, role):
        return 1.0
    if not re.fullmatch(r"[A-Za-zμ]+", unit):
        return None  # a compound, a number, a text
    return next((f for f in (_pint_factor(c, role) for c in _spellings(unit, role)) if f is not None), None)


def _is_word(text: str) -> bool:
    """Whether a unit may stand for a name: Amps, Seconds; but not a letter or two, or what may be a minimum."""
    return len(text) > 2 and text.isalpha() and text.casefold() != "min"


def _is_clock(unit: str, role: Role) -> bool:
    return role == "time" and _CLOCK.fullmatch(unit) is not None


def _spellings(unit: str, role: Role) -> Iterator[str]:
    """The unit as pint writes it: capitals of `Amps` and `SEC`, the plural, and the lower case of `current_ma`."""
    if role == "current" and re.fullmatch("[pnuμmk]?a", unit):
        yield unit[:-1] + "A"  # pint's a is a year
        return
    yield unit
    # Capitals lose what tells a milliampere from a megaampere.
    if unit[0] != "M" or unit[1:2].lower() != "a":
        lower = unit.lower()
        if len(unit) > 2 or unit in ("S", "H", "HR", "Hr", "MS"):
            yield lower
            if len(unit) > 3:
                yield lower.removesuffix("s")


def _pint_factor(unit: str, role: Role) -> float | None:
    registry = _library().units
    try:
        found = registry.parse_units(unit)
    except Exception:  # pint has a dozen reasons not to know a word
        return None
    if not re.fullmatch(_USUAL[role], str(found)):
        return None
    return float(registry.Quantity(1, found).to(LABELS[role].split(" / ")[1]).magnitude)


def _splits(text: str) -> Iterator[tuple[str, str, bool]]:
    """Every way to part a heading into name and unit, and whether what follows the name can only be a unit."""
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        yield bracketed[1], bracketed[2], True
    for mark in ("#", "/", ",", " in "):
        base, found, unit = text.partition(mark)
        if found:
            yield base, unit.strip(), True
    words = _JOINT.split(text)
    for count in range(len(words) - 1, 0, -1):
        yield " ".join(words[:count]), " ".join(words[count:]), False


def _plain(text: str) -> str:
    """One form of each character (both micro signs, superscripts, wide brackets), single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _key(base: str) -> str:
    """A name without case and joints: `Test Time`, `test_time` and `TestTime` are one; `<I>` is BioLogic's mean."""
    base = base.strip()
    inner = base[1:-1] if base.startswith("<") and base.endswith(">") else base
    return "T" if inner == "T" else "".join(_JOINT.split(inner)).casefold()


def _rank(key: str) -> int:
    return 1 if key in _PLAIN_TIMES else 0


def shown(text: str) -> str:
    """A heading or cell as a message shows it: at most 40 printable characters."""
    clean = "".join(c if c.isprintable() else "?" for c in text[:41])
    return f"'{clean if len(clean) <= 40 else clean[:37] + '...'}'"


# --- batterydf's tables -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Name:
    """A known name: a role or, with None, another quantity; whether it only counts with a unit beside it."""

    role: Role | None
    needs_unit: bool


@dataclass(frozen=True, slots=True)
class _Library:
    """What batterydf knows: the format's columns, the headings of cyclers, units."""

    spec: Any
    plugins: tuple[Any, ...]
    units: Any


@lru_cache(maxsize=1)
def _library() -> _Library:
    """Import it when the first heading is read: that takes over a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bdf.data_sources import all_plugins
        from bdf.normalize import spec
        from bdf.units.core import ureg
    return _Library(spec, tuple(all_plugins()), ureg)


@lru_cache(maxsize=1)
def _exact() -> dict[str, Role]:
    """Both spellings of the format's own names, and their addresses."""
    spec = _library().spec
    found: dict[str, Role] = {}
    for quantity, role in _QUANTITIES.items():
        row = spec.COLUMNS[quantity]
        found |= dict.fromkeys((LABELS[role], quantity, spec.notation_for(quantity), row["iri"]), role)
    return found


@lru_cache(maxsize=1)
def _names() -> dict[str, _Name]:
    """Every known name; where cyclers disagree about one, it is not known."""
    found: dict[str, set[_Name]] = {}
    for label, text in _vendor_headings():
        role = _LEFT_SIDES.get(label.split(" / ")[0].casefold())
        base, unit = next(((b, u) for b, u, certain in _splits(_plain(text)) if certain), (text, ""))
        if not unit:  # `test_time_s` and its like: the unit is the last word
            base, unit = next(
                ((b, u) for b, u, _ in _splits(_plain(text)) if any(factor_of(u, r) for r in LABELS)), (text, "")
            )
        if not any(factor_of(base, r) for r in LABELS):  # a unit alone is no name
            found.setdefault(_key(base), set()).add(_Name(role, bool(unit)))
    names = {key: merged for key, uses in found.items() if (merged := _merged(uses)) is not None}
    for slug, quantity in _library().spec.base_synonym_index().items():
        if slug not in (q.replace("_", "-") for q in _QUANTITIES):  # those hold their unit
            names[_key(slug)] = _Name(_QUANTITIES.get(quantity), False)
    return names | {key: _Name(role, False) for key, role in _MORE.items()}


def _vendor_headings() -> Iterator[tuple[str, str]]:
    """Labels and what cyclers write for them."""
    for plugin in _library().plugins:
        table = getattr(plugin(), "column_synonyms", None)
        for label, texts in (table() if callable(table) else table or {}).items():
            for text in texts:
                yield str(label), str(text)


def _merged(uses: set[_Name]) -> _Name | None:
    """One name of several uses, None where they mean different quantities."""
    roles = {use.role for use in uses}
    return _Name(roles.pop(), all(use.needs_unit for use in uses)) if len(roles) == 1 else None
