"""The recorder: what it refuses, what it leaves on disk."""

import errno
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from hil import recorder as recorder_module
from hil.columns import COLUMNS, DTYPE, NAMES, ROW
from hil.journal import Journal, packed
from hil.log import LogError, journal_path, read
from hil.recorder import Recorder

ROW_OF_ONES = tuple(1.0 if column.code == "d" else 1 for column in COLUMNS)


def record_rows(recorder, count):
    for _ in range(count):
        recorder.record(*ROW_OF_ONES)


def rows_of(path):
    journal = Journal(path)
    try:
        return np.concatenate([np.empty(0, DTYPE), *[packed(batch) for batch in journal.batches()]])
    finally:
        journal.close()


@pytest.fixture
def path(tmp_path):
    return journal_path(tmp_path / "run")


def test_a_row_has_no_padding():
    assert ROW.size == DTYPE.itemsize == 12 * 8 + 22 * 4
    assert tuple(DTYPE.names) == NAMES


def test_memory_does_not_grow_with_the_run(path):
    recorder = Recorder(path, {}, flush_rows=10)
    block = recorder._block
    record_rows(recorder, 1000)
    assert recorder._block is block
    assert len(block) == 10 * ROW.size
    recorder.close({})
    assert len(rows_of(path)) == 1000


def test_rows_are_on_disk_from_their_flush_on(path):
    recorder = Recorder(path, {}, flush_rows=4)
    for count in range(1, 10):
        recorder.record(*ROW_OF_ONES)
        assert len(rows_of(path)) == recorder.rows == count // 4 * 4
    recorder.flush()
    assert len(rows_of(path)) == 9
    recorder.abandon()


def test_syncs_at_its_own_rate(path, monkeypatch):
    synced = []
    monkeypatch.setattr(recorder_module.os, "fsync", synced.append)
    recorder = Recorder(path, {}, flush_rows=2, sync_rows=6)
    opened = len(synced)
    record_rows(recorder, 12)
    assert len(synced) - opened == 2
    recorder.flush(sync=True)
    assert len(synced) - opened == 3
    recorder.abandon()


def test_metadata_outlive_a_killed_run(path):
    metadata = {"configuration_text": "setpoint_MPa = 5\n", "seed": 3, "versions": {"isostack": "0.1.0"}}
    Recorder(path, metadata).abandon()
    found = read(path).metadata
    assert metadata.items() <= found.items()
    assert found["current_sign"] == "positive current is discharge"
    assert found["columns"]["Voltage / V"]["unit"] == "V"


@pytest.mark.parametrize(
    "row", [ROW_OF_ONES[:-1], (*ROW_OF_ONES, 1), (*ROW_OF_ONES[:-1], 2**31), ("1", *ROW_OF_ONES[1:])]
)
def test_a_wrong_row_adds_nothing(path, row):
    recorder = Recorder(path, {})
    recorder.record(*ROW_OF_ONES)
    with pytest.raises(struct.error):
        recorder.record(*row)
    recorder.record(*ROW_OF_ONES)
    recorder.close({})
    assert len(rows_of(path)) == 2


@pytest.mark.parametrize("bad", [{"a": float("nan")}, {"a": object()}, {"a": np.float64("inf")}])
def test_metadata_without_json_form_are_refused_before_a_file_is_made(path, bad):
    with pytest.raises(LogError, match="metadata"):
        Recorder(path, bad)
    assert not path.exists()


def test_an_older_journal_is_never_overwritten(path):
    path.write_bytes(b"precious")
    with pytest.raises(LogError, match="isostack recover"):
        Recorder(path, {})
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_is_not_there(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="start the journal") as caught:
        Recorder(journal_path(tmp_path / folder / "run"), {})
    assert "\n" not in str(caught.value)


def test_a_folder_without_permission(tmp_path):
    # Root may write in any folder but the kernel's own.
    folder = Path("/sys/kernel") if os.geteuid() == 0 else tmp_path
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(LogError, match="--out"):
            Recorder(journal_path(folder / "run"), {})
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EIO, "error")],
)
def test_each_refusal_of_the_system_is_one_line(path, monkeypatch, number, words):
    recorder = Recorder(path, {}, flush_rows=3, sync_rows=6)

    def refuse(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(recorder_module.os, "fsync", refuse)
    with pytest.raises(LogError, match=words) as caught:
        record_rows(recorder, 6)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(LogError, match="closed"):
        recorder.flush()
    recorder.close({})
    assert len(rows_of(path)) == 3


def test_a_full_disk_leaves_whole_batches(path):
    """The file size limit stands for the full disk: both refuse in the middle of a write."""
    resource = pytest.importorskip("resource")
    recorder = Recorder(path, {}, flush_rows=100)
    record_rows(recorder, 250)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5000, old[1]))
    try:
        with pytest.raises(LogError, match="file size limit"):
            record_rows(recorder, 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    recorder.close({})
    journal = Journal(path)
    assert sum(batch.num_rows for batch in journal.batches()) == 200
    assert journal.unread_bytes() == 0
    journal.close()


def test_an_exception_in_the_loop_keeps_the_rows(path):
    def interrupted_run():
        with Recorder(path, {}) as recorder:
            recorder.record(*ROW_OF_ONES)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    assert len(rows_of(path)) == 1


def test_an_interrupt_within_a_write_leaves_whole_batches(path, monkeypatch):
    recorder = Recorder(path, {}, flush_rows=2)
    recorder.record(*ROW_OF_ONES)
    recorder.record(*ROW_OF_ONES)

    def interrupt(sync):
        recorder._file.flush()
        raise KeyboardInterrupt

    monkeypatch.setattr(recorder, "_push", interrupt)
    recorder.record(*ROW_OF_ONES)
    with pytest.raises(KeyboardInterrupt):
        recorder.record(*ROW_OF_ONES)
    assert len(rows_of(path)) == 2


@pytest.mark.parametrize("arguments", [{"flush_rows": 0}, {"sync_rows": 0}])
def test_rates_below_one_are_refused(path, arguments):
    with pytest.raises(ValueError, match="at least 1"):
        Recorder(path, {}, **arguments)


def test_the_name_of_a_journal_is_fixed(tmp_path):
    with pytest.raises(ValueError, match="journal"):
        Recorder(tmp_path / "run.arrow", {})
