"""Whatever form a profile is written in, it is read as the same seconds and amperes, or refused."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bdf.normalize import spec
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hil.profile import Profile
from hil.profile_file import read_profile
from twin.errors import InputError

# Units as people write them, in amperes and seconds.
AMPERES = {
    "A": 1.0, "a": 1.0, "amp": 1.0, "amps": 1.0, "ampere": 1.0, "amperes": 1.0, "mA": 1e-3, "ma": 1e-3,
    "milliampere": 1e-3, "milliamps": 1e-3, "uA": 1e-6, "\u00b5A": 1e-6, "\u03bcA": 1e-6, "microampere": 1e-6,
    "nA": 1e-9, "kA": 1e3,
}  # fmt: skip
TIMES = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0,
    "hr": 3600.0, "hour": 3600.0, "ms": 1e-3, "\u00b5s": 1e-6,
}  # fmt: skip
PLACES = (
    "{name} / {unit}", "{name}/{unit}", "{name} [{unit}]", "{name} ({unit})", "{name}, {unit}", "{name} in {unit}",
    "{name}_{unit}", "{name} {unit}", "{name}#{unit}",
)  # fmt: skip
FEWEST = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")

tables = st.lists(st.tuples(st.floats(1e-3, 1e4), st.floats(-100, 100)), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles") / "p.csv"


def read(path: Path) -> Profile | None:
    """The profile, or None where it is refused in one line that names the file."""
    try:
        return read_profile(path, positive_current="discharge")
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        assert line.startswith(f"{path}: ")
        return None


def known(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


def headings(names: tuple[str, ...], units: dict[str, float]) -> st.SearchStrategy[tuple[str, float]]:
    """A heading and what its unit is worth."""
    return st.builds(
        lambda name, unit, place: (place.format(name=name, unit=unit), units[unit]),
        known(names), known(tuple(units)), known(PLACES),
    )  # fmt: skip


@given(
    table=tables,
    time=headings(("Test Time", "test_time", "TestTime", "Time", "time", "t", "Elapsed Time"), TIMES),
    current=headings(("Current", "current", "I", "Cell Current", "CURRENT"), AMPERES),
    mark=known((",", ";", "\t")),
    decimal=known((".", ",")),
    below=st.booleans(),
    encoding=known(("utf-8", "utf-8-sig", "utf-16")),
    end=known(("\n", "\r\n", "\r")),
    extra=st.booleans(),
)
def test_any_dialect_is_the_same_profile_or_refused(
    path: Path, table: Any, time: Any, current: Any, mark: str, decimal: str, below: bool, encoding: str, end: str,
    extra: bool,
) -> None:  # fmt: skip
    steps, amperes = zip(*table, strict=True)
    seconds = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    rows = [[time[0], current[0]]]
    rows += [["s", "A"]] if below and (time[1], current[1]) == (1, 1) else []
    rows += [[repr(t / time[1]), repr(i / current[1])] for t, i in zip(seconds.tolist(), amperes, strict=True)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark, lineterminator=end)
    head = len(rows) - len(table)
    for n, (t, i) in enumerate(rows):
        cells = [i, t] if n < head else [i.replace(".", decimal), t.replace(".", decimal)]
        writer.writerow([*cells, "Voltage / V" if n == 0 else "x"] if extra else cells)
    path.write_bytes(out.getvalue().encode(encoding))
    profile = read(path)
    if profile is None:
        # The one doubt there is: every comma may as well part thousands, as in 1,000.
        assert decimal == ","
        cells = [cell.replace(".", ",") for row in rows[head:] for cell in row]
        assert all(THOUSANDS.fullmatch(cell) for cell in cells if "," in cell)
        return
    # Between two times far from zero digits are lost, in the file already.
    assert np.allclose(profile.time_s, seconds, rtol=1e-12, atol=1e-12 * seconds[-1])
    assert np.allclose(profile.current_A, amperes, rtol=1e-12, atol=0)


@pytest.mark.parametrize("spelling", ["label", "name", "notation", "address", "synonyms"])
def test_every_spelling_of_the_format_carries_the_same_charge(path: Path, spelling: str) -> None:
    def spellings(quantity: str) -> list[str]:
        row = spec.COLUMNS[quantity]
        return {
            "label": [row["label_template"].format(unit=row["unit"])],
            "name": [row["mr_name"]],
            "notation": [spec.notation_for(quantity)],
            "address": [row["iri"]],
            "synonyms": list(row["synonyms"]),
        }[spelling]

    for time in spellings("test_time_second"):
        for current in spellings("current_ampere"):
            path.write_text(f"{time};voltage_volt;{current}\n0;3;0.25\n4;3;-1\n6;3;0\n")
            profile = read(path)
            assert profile is not None, (time, current)
            assert profile.charge_C == -1


@given(quantity=st.sampled_from(sorted(set(spec.COLUMNS) - {"current_ampere"})), label=st.booleans())
def test_no_other_quantity_of_the_format_is_a_current(path: Path, quantity: str, label: bool) -> None:
    row = spec.COLUMNS[quantity]
    heading = row["label_template"].format(unit=row["unit"]) if label else quantity
    time = "Time [s]" if quantity == "test_time_second" else "Test Time / s"
    path.write_text(f"{time},{heading}\n0,1\n1,2\n")
    assert read(path) is None


letters = st.text("AamunkMKpNCVhs\u00b5\u03bc\u00b2/% 12-.", max_size=5)


@given(unit=st.one_of(letters, st.text(max_size=8)), place=st.sampled_from(PLACES))
@example(unit="MA", place="{name} [{unit}]")
@example(unit="mA/cm2", place="{name} / {unit}")
@example(unit="\u212b", place="{name} / {unit}")
def test_an_unknown_unit_is_never_ampere(path: Path, unit: str, place: str) -> None:
    """What is accepted is one of the units, in their case or in words; nothing else is read at all."""
    assume(not {"\r", "\n", '"'} & set(unit))
    path.write_bytes(
        f'Test Time / s;"{place.format(name="Current", unit=unit)}"\n0;3\n1;3\n'.encode("utf-8", "replace")
    )
    profile = read(path)
    if profile is None:
        return
    plain = unit.strip(" \t.").strip("[](){} ")
    lower = {"pA": 1e-12, "pa": 1e-12, "na": 1e-9, "ua": 1e-6, "\u00b5a": 1e-6, "\u03bca": 1e-6, "ka": 1e3}
    known_as = AMPERES | lower
    words = {u: f for u, f in AMPERES.items() if len(u) > 2}
    expected = known_as.get(plain, words.get(plain.lower()))
    assert expected is not None or not plain, unit
    assert profile.current_A[0] == pytest.approx(3 * (1.0 if expected is None else expected), rel=1e-12)
    assert plain or place.format(name="", unit="").strip() == ""


@given(heading=st.text(max_size=12), first=st.booleans())
def test_an_unknown_heading_is_no_column(path: Path, heading: str, first: bool) -> None:
    """Only names that are known are columns: whatever else is refused."""
    assume(not {"\r", "\n", '"', "\0"} & set(heading))
    cells = [f'"{heading}"', "Test Time / s"] if first else ["Test Time / s", f'"{heading}"']
    path.write_bytes((";".join(cells) + "\n0;1\n1;2\n").encode("utf-8", "replace"))
    if read(path) is not None:
        assert re.match(r"~?\s*(<?i>?\b|i[ _/(\[{,#-]|cell|curr?|current|strom|amp|ma|[a-z]*amp)", heading.lower())


@given(cell=st.one_of(st.text(max_size=10), st.text("0123456789.,+-eE_' :d", max_size=10)), role=st.integers(0, 1))
@example(cell="1,000", role=1)
@example(cell="1_0", role=1)
@example(cell="\u0661", role=1)
@example(cell="infinity", role=0)
@example(cell="0:00:01", role=0)
def test_a_cell_is_its_number_or_refused(path: Path, cell: str, role: int) -> None:
    rows = [["0", "1"], ["1", "2"], ["2000000", "3"]]
    rows[1][role] = cell
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["Test Time / s", "Current / A"], *rows])
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    profile = read(path)
    if profile is None:
        return
    plain = cell.strip()
    if "," in plain:
        assert not THOUSANDS.fullmatch(plain)
        plain = plain.replace(",", ".", 1)
    assert FEWEST.fullmatch(plain)
    assert (profile.time_s, profile.current_A)[role][1] == float(plain)


@given(
    rows=st.lists(st.lists(st.sampled_from(["0", "1", "2.5", "-3"]), min_size=1, max_size=4), min_size=2, max_size=5)
)
def test_rows_of_another_length_are_refused(path: Path, rows: list[list[str]]) -> None:
    path.write_text("\n".join(map(",".join, [["time", "current"], *rows])))
    profile = read(path)
    assert profile is None or all(len(row) == 2 for row in rows)
