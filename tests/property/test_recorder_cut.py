"""Whatever happens to a journal's bytes, its rows are an exact prefix of what was recorded, nothing invented."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.columns import COLUMNS, DTYPE
from hil.journal import Journal, packed
from hil.log import LogError, finalise, read, recover
from hil.recorder import Recorder

ROWS = 23
OUTCOME = {"exit_code": 0, "reason": "done", "trip_cause": None}

FLOATS = st.floats(width=64)  # NaN and infinities included
INTEGERS = st.integers(-(2**31), 2**31 - 1)
ROW_VALUES = st.tuples(*[FLOATS if column.code == "d" else INTEGERS for column in COLUMNS])


def some_rows(seed: int, count: int = ROWS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, DTYPE)
    for column in COLUMNS:
        rows[column.name] = rng.normal(size=count) if column.code == "d" else rng.integers(-(2**30), 2**30, count)
    return rows


def make_journal(folder: Path, rows: np.ndarray, flush_rows: int, ended: bool) -> Path:
    path = folder / "run.journal.arrows"
    recorder = Recorder(path, {"seed": 1}, flush_rows=flush_rows)
    for row in rows.tolist():
        recorder.record(*row)
    if ended:
        recorder.close(OUTCOME)
    else:
        recorder.flush()
        recorder.abandon()
    return path


def recovered_rows(path: Path) -> np.ndarray:
    log = read(path)
    rows = np.empty(len(log), DTYPE)
    for name in DTYPE.names or ():
        rows[name] = log[name]
    return rows


def recovered_or_said(path: Path) -> tuple[Path | None, str]:
    try:
        [log] = recover(path)
    except LogError as error:
        return None, str(error)
    return log, ""


def assert_prefix(found: np.ndarray, recorded: np.ndarray) -> None:
    assert found.tobytes() == recorded[: len(found)].tobytes()


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW_VALUES, max_size=12), flush_rows=st.integers(1, 15))
def test_rows_come_back_bit_for_bit(rows, flush_rows):
    recorded = np.array(rows, DTYPE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_journal(folder, recorded, flush_rows, ended=True)
        journal = Journal(path)
        got = [packed(batch) for batch in journal.batches()]
        journal.close()
        assert b"".join(part.tobytes() for part in got) == recorded.tobytes()
        assert journal.outcome == OUTCOME
        [log] = finalise(path, folder / "run")
        assert recovered_rows(log).tobytes() == recorded.tobytes()


@settings(max_examples=120, deadline=None)
@given(data=st.data(), flush_rows=st.integers(1, 10), ended=st.booleans())
def test_a_journal_cut_anywhere_gives_an_exact_prefix(data, flush_rows, ended):
    recorded = some_rows(7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_journal(folder, recorded, flush_rows, ended)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)), label="cut")
        path.write_bytes(whole[:cut])
        log, said = recovered_or_said(path)
        if log is None:
            assert str(path) in said
            assert "\n" not in said
            assert path.read_bytes() == whole[:cut]  # nothing lost when nothing could be made of it
            assert sorted(folder.iterdir()) == [path]
            return
        found = recovered_rows(log)
        assert_prefix(found, recorded)
        lost = len(recorded) - len(found)
        assert lost == 0 or len(found) % flush_rows == 0
        if cut == len(whole):
            assert lost == 0
            assert read(log).outcome["reason"] == ("done" if ended else "recovered")
        assert not path.exists()


@settings(max_examples=120, deadline=None)
@given(data=st.data(), tail=st.binary(max_size=3000), zeros=st.booleans())
def test_garbage_after_a_cut_adds_no_rows(data, tail, zeros):
    """A power cut can leave a file at its full length with zeros, or old blocks, where the last writes belong."""
    recorded = some_rows(11)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_journal(folder, recorded, 5, ended=False)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)), label="cut")
        path.write_bytes(whole[:cut] + (bytes(len(whole) - cut) if zeros else tail))
        try:
            journal = Journal(path)
        except LogError:
            return
        got = [packed(batch) for batch in journal.batches()]
        journal.close()
        assert_prefix(np.concatenate([np.empty(0, DTYPE), *got]), recorded)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_byte_invents_nothing(data):
    recorded = some_rows(13)
    with tempfile.TemporaryDirectory() as name:
        path = make_journal(Path(name), recorded, 6, ended=True)
        whole = bytearray(path.read_bytes())
        where = data.draw(st.integers(0, len(whole) - 1), label="where")
        whole[where] ^= data.draw(st.integers(1, 255), label="flip")
        path.write_bytes(whole)
        try:
            journal = Journal(path)
        except LogError:
            return
        got = [packed(batch) for batch in journal.batches()]
        journal.close()
        assert_prefix(np.concatenate([np.empty(0, DTYPE), *got]), recorded)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), form=st.sampled_from(["parquet", "csv"]))
def test_a_cut_log_is_refused(data, form):
    """A log that lost its end is named as damaged; it never reads as a shorter run."""
    recorded = some_rows(17)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        [path] = finalise(make_journal(folder, recorded, 6, ended=True), folder / "run", (form,))
        whole = path.read_bytes()
        # A CSV's last digits can go without notice in any CSV; from the last row's first digit on is the bound.
        last_row = whole.rstrip(b"\n").rfind(b"\n")
        path.write_bytes(whole[: data.draw(st.integers(0, last_row if form == "csv" else len(whole) - 1))])
        with pytest.raises(LogError, match="run"):
            recovered_rows(path)
