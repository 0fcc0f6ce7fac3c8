"""Finished logs: formats, determinism, recovery, and what is refused."""

import json
import warnings

import bdf
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hil import log as log_module
from hil.columns import COLUMNS, DTYPE, NAMES, PRESSURE, TIME
from hil.journal import META_KEY
from hil.log import LogError, finalise, journal_path, log_path, read, recover
from hil.recorder import Recorder

OUTCOME = {"exit_code": 3, "reason": "trip", "trip_cause": "over_limit"}
METADATA = {"seed": 5, "configuration_text": "setpoint_MPa = 5\n"}


def some_rows(count=250):
    rng = np.random.default_rng(2)
    rows = np.zeros(count, DTYPE)
    for column in COLUMNS:
        rows[column.name] = rng.normal(size=count) if column.code == "d" else rng.integers(-(2**30), 2**30, count)
    rows[TIME] = np.arange(count) / 10
    rows[PRESSURE][3:4] = np.nan
    return rows


def make_journal(base, rows, ended=True, flush_rows=40, metadata=METADATA):
    recorder = Recorder(journal_path(base), metadata, flush_rows=flush_rows)
    for row in rows.tolist():
        recorder.record(*row)
    if ended:
        recorder.close(OUTCOME)
    else:
        recorder.flush()
        recorder.abandon()
    return recorder.path


def all_rows(log):
    rows = np.empty(len(log), DTYPE)
    for name in NAMES:
        rows[name] = log[name]
    return rows


@pytest.fixture
def base(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(log_module, "GROUP_ROWS", 64)


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_log_holds_the_rows_bit_for_bit(base, form):
    rows = some_rows()
    [path] = finalise(make_journal(base, rows), base, (form,))
    log = read(path)
    assert path == log_path(base, form)
    assert all_rows(log).tobytes() == rows.tobytes()
    assert log[TIME].dtype == np.float64
    assert log["command_move"].dtype == np.int32
    assert METADATA.items() <= log.metadata.items()
    assert log.outcome == OUTCOME
    assert len(log) == len(rows)
    assert log.dtype == DTYPE


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_batches_cover_the_rows_in_order(base, form):
    rows = some_rows()
    [path] = finalise(make_journal(base, rows), base, (form,))
    parts = [batch[TIME] for batch in read(path).batches((TIME, PRESSURE))]
    assert np.array_equal(np.concatenate(parts), rows[TIME])
    if form == "parquet":
        assert [len(part) for part in parts] == [64, 64, 64, 58]


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_same_rows_same_bytes_whatever_the_flush_rate(base, tmp_path, form):
    rows = some_rows()
    contents = []
    for flush_rows in (40, 7, 1000):
        [path] = finalise(make_journal(base, rows, flush_rows=flush_rows), base, (form,), overwrite=True)
        contents.append(path.read_bytes())
    assert len(set(contents)) == 1


def test_both_formats_then_the_journal_goes(base, tmp_path):
    paths = finalise(make_journal(base, some_rows()), base, ("parquet", "csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "run.bdf.csv", "run.bdf.csv.metadata.json", "run.bdf.parquet",
    ]  # fmt: skip
    assert read(paths[0]).metadata == read(paths[1]).metadata


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_battery_data_format_accepts_it(base, form):
    rows = some_rows()
    [path] = finalise(make_journal(base, rows), base, (form,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = bdf.validate(str(path), raise_on_error=True)
        frame = bdf.read(path)
    assert report["ok"]
    assert report["n_rows"] == len(rows)
    assert not report["legacy_labels"]
    assert set(report["extras"]) == set(NAMES[9:])
    assert tuple(frame.columns) == NAMES
    assert np.array_equal(frame[TIME], rows[TIME])


def test_a_csv_is_a_plain_table(base):
    rows = some_rows(3)
    [path] = finalise(make_journal(base, rows), base, ("csv",))
    assert path.read_text().splitlines()[0] == ",".join(NAMES)
    assert len(pd.read_csv(path)) == 3
    assert json.loads((base.parent / "run.bdf.csv.metadata.json").read_text())["seed"] == 5


@pytest.mark.parametrize("count", [0, 1])
def test_short_runs(base, count):
    [path] = finalise(make_journal(base, some_rows()[:count]), base)
    assert len(read(path)) == count
    assert read(path)[TIME].shape == (count,)


def test_a_journal_reads_like_a_log(base):
    rows = some_rows()
    log = read(make_journal(base, rows, ended=False))
    assert all_rows(log).tobytes() == rows.tobytes()
    assert log.outcome == {}


def test_recover_gives_what_was_flushed(base):
    rows = some_rows()
    path = make_journal(base, rows, ended=False)
    [log] = recover(path)
    assert all_rows(read(log)).tobytes() == rows.tobytes()
    assert read(log).outcome["reason"] == "recovered"
    assert read(log).outcome["exit_code"] is None
    assert not path.exists()


def test_recover_keeps_the_outcome_of_a_run_that_had_ended(base):
    [log] = recover(make_journal(base, some_rows()))
    assert read(log).outcome == {**OUTCOME, "recovered": True, "unread_bytes": 0}


def test_recover_takes_a_folder(tmp_path):
    for name in ("b", "a"):
        make_journal(tmp_path / name, some_rows(), ended=False)
    assert [path.name for path in recover(tmp_path)] == ["a.bdf.parquet", "b.bdf.parquet"]
    with pytest.raises(LogError, match="nothing to recover"):
        recover(tmp_path)


def test_damage_in_the_middle_keeps_the_journal(base):
    path = make_journal(base, some_rows(2000), ended=False, flush_rows=50)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    [log] = recover(path)
    assert 0 < len(read(log)) < 2000
    assert len(read(log)) % 50 == 0
    assert read(log).outcome["unread_bytes"] > 100_000
    assert path.read_bytes() == content


def test_a_running_journal_is_left_alone(base):
    recorder = Recorder(journal_path(base), {})
    with pytest.raises(LogError, match="still writing"):
        recover(recorder.path)
    recorder.close({})
    assert recover(recorder.path)


def test_an_existing_log_is_not_overwritten(base):
    path = make_journal(base, some_rows())
    log_path(base, "parquet").write_bytes(b"precious")
    for refused in (lambda: recover(path), lambda: finalise(path, base)):
        with pytest.raises(LogError, match="exists already"):
            refused()
    assert log_path(base, "parquet").read_bytes() == b"precious"
    assert path.exists()


def test_finalise_refuses_a_run_that_did_not_end(base, tmp_path):
    path = make_journal(base, some_rows(), ended=False)
    with pytest.raises(LogError, match="isostack recover"):
        finalise(path, base)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_the_journal_and_nothing_else(base, tmp_path, monkeypatch, step):
    path = make_journal(base, some_rows())

    def refuse(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_module.os, step, refuse)
    with pytest.raises(LogError, match="disk is full"):
        finalise(path, base, ("parquet", "csv"))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("formats", [(), ("xlsx",)])
def test_unknown_formats(base, formats):
    with pytest.raises(LogError, match="parquet or csv"):
        finalise(make_journal(base, some_rows()), base, formats)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.bdf.parquet", b""),
        ("x.bdf.parquet", b"PAR1 not really PAR1"),
        ("x.bdf.csv", b""),
        ("x.bdf.csv", b"Test Time / s,Voltage / V,Current / A\n0,3.6,0\n"),
        ("x.bdf.csv", b"\xff\xfe\x00garbage"),
        ("x.journal.arrows", b""),
        ("x.journal.arrows", b"\xff\xff\xff\xff\x00\x00\x00\x00"),
        ("x.journal.arrows", b"hello, this is some text and not a journal"),
        ("x.txt", b"hello"),
    ],
)
def test_foreign_files_are_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LogError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    if name.endswith("arrows"):
        with pytest.raises(LogError):
            recover(path)


def test_missing_files_are_one_line(tmp_path):
    for name in ("x.bdf.parquet", "x.journal.arrows"):
        with pytest.raises(LogError, match="no such file"):
            read(tmp_path / name)
    with pytest.raises(LogError, match="no such file"):
        recover(tmp_path / "x.journal.arrows")
    with pytest.raises(LogError, match="is a folder"):
        read(tmp_path)


def test_a_parquet_table_of_someone_else(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"Test Time / s": [1.0]}), path)
    with pytest.raises(LogError, match="Voltage"):
        read(path)
    pq.write_table(pa.table({name: [1.0] for name in NAMES}), path)
    with pytest.raises(LogError, match="no metadata of ours"):
        read(path)


def test_a_log_of_a_later_format(tmp_path):
    path = tmp_path / "x.parquet"
    table = pa.table({name: [1.0] for name in NAMES}).replace_schema_metadata({META_KEY: b'{"log_format": 3}'})
    pq.write_table(table, path)
    with pytest.raises(LogError, match="log format 3"):
        read(path)


def test_a_csv_without_its_metadata(base):
    [path] = finalise(make_journal(base, some_rows()), base, ("csv",))
    side = path.with_name(path.name + ".metadata.json")
    side.write_text("{")
    with pytest.raises(LogError, match="damaged metadata"):
        read(path)
    side.unlink()
    with pytest.raises(LogError, match="keep the two files together"):
        read(path)


def test_damaged_values_are_noticed(base):
    [path] = finalise(make_journal(base, some_rows()), base, ("csv",))
    path.write_text(path.read_text().replace("\n0.2,", "\nzero,"))
    with pytest.raises(LogError, match="damaged"):
        read(path)[TIME]
    [path] = finalise(make_journal(base, some_rows()), base)
    content = bytearray(path.read_bytes())
    content[600] ^= 255
    path.write_bytes(content)
    with pytest.raises(LogError, match="damaged"):
        all_rows(read(path))


def test_an_unknown_column_is_a_key_error(base):
    [path] = finalise(make_journal(base, some_rows()), base)
    with pytest.raises(KeyError):
        read(path)["Voltage"]


# --- columns of steps ---------------------------------------------------------------------------------------------


def older(path, base, form):
    """The log at `path` as format 1 had it: no step counts, the file's step under the label of the row's number."""
    table = pd.read_csv(path) if form == "csv" else pq.read_table(path).to_pandas()
    table = table.drop(columns=["Step Count / 1", "Step Index / 1"])
    table = table.rename(columns={"Step ID / 1": "Step Index / 1"})
    metadata = json.dumps({**read(path).metadata, "log_format": 1}).encode()
    if form == "csv":
        table.to_csv(path, index=False, na_rep="nan")
        path.with_name(path.name + ".metadata.json").write_bytes(metadata)
    else:
        plain = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(plain.replace_schema_metadata({META_KEY: metadata}), path)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_log_of_format_1_keeps_its_meaning(base, form):
    rows = some_rows()
    [path] = finalise(make_journal(base, rows), base, (form,))
    older(path, base, form)
    log = read(path)
    assert np.array_equal(log["Step ID / 1"], rows["Step ID / 1"])
    for name in ("Step Count / 1", "Step Index / 1"):
        with pytest.raises(KeyError):
            log[name]
    [batch] = log.batches()
    assert set(batch) == set(NAMES) - {"Step Count / 1", "Step Index / 1"}


def test_a_log_that_lacks_a_column_of_its_format(base):
    [path] = finalise(make_journal(base, some_rows(3)), base)
    metadata = json.dumps(read(path).metadata).encode()
    table = pq.read_table(path).drop_columns(["Step Count / 1"])
    pq.write_table(table.replace_schema_metadata({META_KEY: metadata}), path)
    with pytest.raises(LogError, match="'Step Count / 1' is missing"):
        read(path)


def test_a_journal_that_becomes_a_log_is_not_recovered_beside_it(tmp_path, monkeypatch):
    """Pins: a log that was being finished lost its metadata to a `recover` of the same folder."""
    journal = journal_path(tmp_path / "run")
    with Recorder(journal, {}) as recorder:
        recorder.close({"exit_code": 0})
    refused = []

    def judge(metadata):
        with pytest.raises(LogError, match="still writing") as error:
            recover(tmp_path)
        refused.append(error)

    logs = finalise(journal, tmp_path / "run", judged_by=judge)
    assert refused
    assert read(logs[0]).outcome["exit_code"] == 0
