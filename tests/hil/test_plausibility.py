"""The plausibility check: whatever is not possible is named by its rule, and a log that holds none of it passes."""

import itertools
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from command_line import BRIEF, DIE, isostack, sets
from hypothesis import given, settings
from hypothesis import strategies as st

from hil import run as run_module
from hil.columns import COLUMNS, DTYPE, NAMES
from hil.log import finalise, journal_path, read
from hil.plausibility import RULES, Check, check_log
from hil.plausibility.readings import sliding_max
from hil.recorder import Recorder

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
PRESSURE, SURFACE, AMBIENT = "Applied Pressure / Pa", "Surface Temperature T1 / degC", "Ambient Temperature / degC"
MEASURED, SETPOINT, ACTUATOR = "Measured Pressure / Pa", "Setpoint Pressure / Pa", "Actuator Position / m"
THICKNESS, LITHIUM, CONTACT = "Stack Thickness Change / m", "Lithium Thickness / m", "Contact Fraction / 1"
FLOATS = [column.name for column in COLUMNS if column.code == "d"]
LOG = "die_13mm.bdf.parquet"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A minute each of charge and discharge, a rest between, held by the controller."""
    made = tmp_path_factory.mktemp("run")
    assert isostack("run", DIE, "--out", made, *sets(*BRIEF)).code == 0
    return made


@pytest.fixture(scope="module")
def log(folder):
    return read(folder / LOG)


@pytest.fixture(scope="module")
def rows(log):
    table = np.empty(len(log), DTYPE)
    for name in NAMES:
        table[name] = log[name]
    return table


def judged(log, rows, cuts=(), outcome=None):
    """What the check finds in these rows under that log's metadata, by rule."""
    check = Check(log.metadata)
    edges = [0, *sorted(cuts), len(rows)]
    for start, end in itertools.pairwise(edges):
        check.add({name: rows[name][start:end] for name in NAMES})
    return {found.rule: found for found in check.findings(outcome or log.outcome)}


def violated(found):
    return [rule for rule, finding in found.items() if finding.verdict == "violated"]


def test_a_healthy_log_is_checked_by_every_rule_and_holds(log, rows):
    found = judged(log, rows)
    assert tuple(found) == RULES
    assert {finding.verdict for finding in found.values()} == {"holds"}, [str(f) for f in found.values()]
    assert log.outcome["violations"] == []
    assert log.outcome["not_checked"] == []


def test_the_page_says_what_each_rule_asks():
    page = (DIE.parents[1] / "docs" / "plausibility.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `([a-z ]+)` \|", page, re.MULTILINE)) == RULES


# Alterations --------------------------------------------------------------------------------------------------------

MIDDLE = 700


def cell(column, value):
    """One value is another."""

    def alter(rows):
        rows[column][MIDDLE] = value

    return alter


def times(column, factor):
    """A whole column in another unit, or with a wrong gain."""

    def alter(rows):
        rows[column] *= factor

    return alter


def shifted(column, by, where=slice(None)):
    def alter(rows):
        rows[column][where] += by

    return alter


def repeated_time(rows):
    rows[TIME][MIDDLE] = rows[TIME][MIDDLE - 1]


def lost_row(rows):
    rows[MIDDLE:-1] = rows[MIDDLE + 1 :].copy()


def two_rows_swapped(rows):
    rows[[MIDDLE, MIDDLE + 1]] = rows[[MIDDLE + 1, MIDDLE]]


def given_out(rows):
    """More voltage on discharge than the cell has at rest: a machine that runs for ever."""
    rows[VOLTAGE][rows[CURRENT] > 0] += 0.3
    rows[VOLTAGE][rows[CURRENT] < 0] -= 0.3


ALTERATIONS = {
    **{f"{column}: not a number": ("finite", cell(column, math.nan)) for column in FLOATS},
    **{f"{column}: infinite": ("finite", cell(column, math.inf)) for column in FLOATS},
    "a time twice": ("time", repeated_time),
    "time runs back": ("time", two_rows_swapped),
    "a row lost": ("time", lost_row),
    "time in milliseconds": ("time", times(TIME, 1e3)),
    "the voltage that was in the demo": ("voltage", cell(VOLTAGE, -31046.9)),
    "voltage reversed": ("voltage", times(VOLTAGE, -1)),
    "voltage in microvolts": ("voltage", times(VOLTAGE, 1e6)),
    "voltage in kilovolts": ("voltage", times(VOLTAGE, 1e-3)),
    "current in microamperes": ("current", times(CURRENT, 1e6)),
    "one spike of current": ("current", cell(CURRENT, 1.0)),
    "current reversed": ("charge", times(CURRENT, -1)),
    "current a hundredth high": ("charge", times(CURRENT, 1.01)),
    "current a hundredth low": ("charge", times(CURRENT, 0.99)),
    "current missing in a row": ("charge", cell(CURRENT, 0.0)),
    "temperature in kelvin": ("heat", shifted(SURFACE, 273.15)),
    "temperature a little high": ("heat", shifted(SURFACE, 0.1, slice(MIDDLE, None))),
    "hotter than a furnace": ("temperature", cell(SURFACE, 900.0)),
    "colder than the room": ("temperature", cell(SURFACE, 20.0)),
    "room in kelvin": ("ambient", shifted(AMBIENT, 273.15)),
    "pressure below nothing": ("pressure", cell(PRESSURE, -1e4)),
    "pressure reversed": ("pressure", times(PRESSURE, -1)),
    "pressure in micropascal": ("pressure", times(PRESSURE, 1e6)),
    "pressure in megapascal": ("pressure", times(PRESSURE, 1e-6)),
    "more than all of it in contact": ("contact", cell(CONTACT, 1.01)),
    "less than nothing in contact": ("contact", cell(CONTACT, -0.01)),
    "less than no lithium": ("lithium", cell(LITHIUM, -1e-7)),
    "more lithium than the cell has": ("lithium", times(LITHIUM, 1e6)),
    "lithium a hundredth thick": ("charge", times(LITHIUM, 1.01)),
    "a stack that swells by itself": ("thickness", shifted(THICKNESS, 2e-5, slice(MIDDLE, None))),
    "thickness in micrometres": ("thickness", times(THICKNESS, 1e6)),
    "energy from nothing": ("energy", given_out),
    "a setpoint over its bounds": ("setpoint", cell(SETPOINT, 9e6)),
    "setpoint in micropascal": ("setpoint", times(SETPOINT, 1e6)),
    "an actuator beyond its stops": ("actuator", cell(ACTUATOR, 0.01)),
    "measured pressure a hundredth high": ("load cell", times(MEASURED, 1.01)),
    "counts of another conversion": ("load cell", cell("sensor_counts", 0)),
    "a board that reads another current": ("current sense", shifted("sensor_current_uA", 30)),
    "counts beyond 24 bits": ("integers", cell("sensor_counts", 1 << 23)),
    "a step that is not in the protocol": ("integers", cell("Step ID / 1", 4)),
    "no step": ("integers", cell("Step Index / 1", 0)),
    "no cycle": ("integers", cell("Cycle Count / 1", 0)),
    "a state there is not": ("integers", cell("command_state", 3)),
    "permits there are not": ("integers", cell("command_outputs", 8)),
    "negative faults": ("integers", cell("command_faults", -1)),
    "a clock that did not wrap": ("integers", cell("sensor_time_ms", 1 << 30)),
    "a sample that did not wrap": ("integers", cell("sensor_sample", 1 << 16)),
}


@pytest.mark.parametrize(("rule", "alter"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_is_altered_is_named_by_its_rule(log, rows, rule, alter):
    altered = rows.copy()
    alter(altered)
    assert rule in violated(judged(log, altered))


def test_every_rule_has_an_alteration():
    """Capacity alone is missing: to charge a cell beyond what it holds takes hours."""
    assert {rule for rule, _ in ALTERATIONS.values()} == set(RULES) - {"capacity"}


def test_capacity_is_what_the_electrodes_hold(log, rows):
    """Current and lithium agree, and are a thousand times what the cell has."""
    altered = rows.copy()
    start = altered[LITHIUM][0]
    altered[CURRENT] *= 1e4
    altered[LITHIUM] = start + (altered[LITHIUM] - start) * 1e4
    assert "capacity" in violated(judged(log, altered))


def test_the_worst_value_and_its_place_are_told(log, rows):
    altered = rows.copy()
    altered[VOLTAGE][[300, 700, 900]] = -5.0, -31046.9, -300.0
    found = judged(log, altered)["voltage"]
    assert (found.worst, found.row, found.time_s) == (-31046.9, 700, altered[TIME][700])
    assert str(found).startswith("voltage: -31046.9 at 70.1 s (row 700); must be ")


def test_charge_is_that_of_the_plants_own_count(log, rows):
    """A host shows no metal: its closing record has the charge."""
    counted = log.outcome["discharge_capacity_Ah"]
    assert violated(judged(log, rows, outcome=log.outcome | {"discharge_capacity_Ah": counted * 1.01})) == ["charge"]


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 1260), max_size=5), name=st.sampled_from(sorted(ALTERATIONS)))
def test_how_rows_are_parted_does_not_matter(log, rows, cuts, name):
    altered = rows.copy()
    ALTERATIONS[name][1](altered)
    whole, parted = judged(log, altered), judged(log, altered, cuts)
    assert violated(whole) == violated(parted)
    assert [f.row for f in whole.values() if f.verdict == "violated"] == [
        f.row for f in parted.values() if f.verdict == "violated"
    ]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.data())
def test_sliding_max_is_the_largest_of_each_window(values, data):
    width = data.draw(st.integers(1, len(values)))
    expected = [max(values[i : i + width]) for i in range(len(values) - width + 1)]
    assert sliding_max(np.array(values), width).tolist() == expected


# A run, and the command ---------------------------------------------------------------------------------------------


class Broken(Recorder):
    """A recorder that is given the voltage that was in the demo's logs, once."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        kept = self.record
        self.record = lambda time, voltage, *rest: kept(time, -31046.9 if time == 30.0 else voltage, *rest)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    made = tmp_path_factory.mktemp("broken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "Recorder", Broken)
        ran = isostack("run", DIE, "--out", made, *sets(*BRIEF))
    return made, ran


def test_a_run_names_what_is_not_possible_in_table_log_and_exit_code(broken):
    made, ran = broken
    assert ran.code == 5
    assert "not possible: voltage: -31046.9 at 30 s (row 299)" in ran.reason
    assert LOG in ran.reason
    assert "FAIL" in ran.out
    assert "voltage: -31046.9 at 30 s" in ran.out
    [found] = [f for f in read(made / LOG).outcome["violations"] if f["rule"] == "voltage"]
    assert (found["worst"], found["row"], found["time_s"]) == (-31046.9, 299, 30.0)


def test_a_recovered_log_is_checked_too(tmp_path, log, rows):
    altered = rows.copy()
    altered[VOLTAGE][MIDDLE] = -31046.9
    recorder = Recorder(journal_path(tmp_path / "run"), log.metadata, flush_rows=100)
    for row in altered.tolist():
        recorder.record(*row)
    recorder.flush()
    recorder.abandon()
    assert isostack("recover", tmp_path).code == 0
    told = read(tmp_path / "run.bdf.parquet").outcome
    assert told["recovered"] is True
    assert "voltage" in [found["rule"] for found in told["violations"]]


def test_check_shows_every_rule_of_a_log(folder):
    ran = isostack("check", folder / LOG)
    assert ran.code == 0
    for rule in RULES:
        assert any(line.strip().startswith(rule) and "holds" in line for line in ran.out.splitlines()), rule


def test_check_ends_with_5_and_names_the_rule(broken, folder):
    made, _ = broken
    ran = isostack("check", folder / LOG, made / LOG)
    assert ran.code == 5
    assert len(ran.lines) == 1
    assert str(made / LOG) in ran.reason
    assert "voltage: -31046.9 at 30 s (row 299)" in ran.reason


def test_check_tells_programs_the_same(broken, folder):
    made, _ = broken
    ran = isostack("check", "--json", folder / LOG, made / LOG)
    assert ran.code == 5
    assert ran.figures["possible"] is False
    good, bad = ran.figures["logs"]
    assert (good["possible"], bad["possible"]) == (True, False)
    assert [found["rule"] for found in good["rules"]] == list(RULES)
    assert next(f for f in bad["rules"] if f["rule"] == "voltage")["worst"] == -31046.9


def test_check_takes_journals_and_csv(tmp_path, log, rows):
    recorder = Recorder(journal_path(tmp_path / "a"), log.metadata)
    for row in rows.tolist():
        recorder.record(*row)
    recorder.close(log.outcome)
    ran = isostack("check", journal_path(tmp_path / "a"))
    assert ran.code == 0
    finalise(journal_path(tmp_path / "a"), tmp_path / "a", ("csv",))
    ran = isostack("check", tmp_path / "a.bdf.csv")
    assert ran.code == 0
    assert "not checked" not in ran.out


def test_check_takes_experiment_files_as_before(folder):
    ran = isostack("check", DIE, folder / LOG)
    assert ran.code == 0
    assert "load cell" in ran.out
    for words in (["--json", DIE], ["--set", "setpoint_MPa=4", folder / LOG]):
        ran = isostack("check", *words)
        assert (ran.code, len(ran.lines)) == (2, 1)


# Tables of another origin -------------------------------------------------------------------------------------------


def foreign(path, **columns):
    """A table with the columns that every battery test has, and no metadata."""
    names = {"time": TIME, "voltage": VOLTAGE, "current": CURRENT, "temperature": SURFACE, "pressure": PRESSURE}
    count = 100
    table = {
        TIME: np.arange(count) * 10.0,
        VOLTAGE: np.full(count, 3.7),
        CURRENT: np.full(count, 0.1),
        **{names[key]: np.broadcast_to(np.asarray(value, float), count) for key, value in columns.items()},
    }
    made = pa.table(table)
    pq.write_table(made, path) if path.suffix == ".parquet" else pyarrow.csv.write_csv(made, path)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_unknown_is_never_fine(tmp_path, suffix):
    ran = isostack("check", "--json", foreign(tmp_path / f"theirs.{suffix}"))
    assert ran.code == 0
    found = {rule["rule"]: rule for rule in ran.figures["logs"][0]["rules"]}
    holds = {name for name, rule in found.items() if rule["verdict"] == "holds"}
    assert holds == {"finite", "time", "voltage", "current"}
    for name in set(RULES) - holds:
        assert (found[name]["verdict"], found[name]["bound"]) == ("not checked", "no metadata")


RAMP = np.arange(100.0)
WRONG = {
    "voltage": {"voltage": np.where(RAMP == 50, -31046.9, 3.7)},
    "current": {"current": 1e6},
    "finite": {"voltage": np.where(RAMP == 50, np.nan, 3.7)},
    "time": {"time": np.where(RAMP == 50, 490, RAMP * 10)},
    "temperature": {"temperature": 900.0},
    "pressure": {"pressure": -1.0},
}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize(("rule", "columns"), WRONG.items(), ids=WRONG)
def test_a_foreign_table_is_held_to_what_is_plausible_of_any_cell(tmp_path, suffix, rule, columns):
    ran = isostack("check", foreign(tmp_path / f"theirs.{suffix}", **columns))
    assert ran.code == 5
    assert f"not possible: {rule}" in ran.reason


def test_a_log_without_its_metadata_is_a_foreign_one(tmp_path, log, rows):
    recorder = Recorder(journal_path(tmp_path / "a"), log.metadata)
    for row in rows.tolist():
        recorder.record(*row)
    recorder.close(log.outcome)
    finalise(journal_path(tmp_path / "a"), tmp_path / "a", ("csv",))
    (tmp_path / "a.bdf.csv.metadata.json").unlink()
    ran = isostack("check", tmp_path / "a.bdf.csv")
    assert ran.code == 0
    assert "no metadata" in ran.out


def test_2_for_what_is_no_log(tmp_path):
    (tmp_path / "a.parquet").write_text("not a log")
    (tmp_path / "b.csv").write_text("time,volts\n0,1\n")
    (tmp_path / "c.csv").write_text(f"{TIME},{VOLTAGE},{CURRENT}\n0,high,0\n")
    for path in (tmp_path / "a.parquet", tmp_path / "b.csv", tmp_path / "c.csv", tmp_path / "nowhere.csv"):
        ran = isostack("check", path)
        assert (ran.code, len(ran.lines)) == (2, 1), ran.err
        assert str(path) in ran.reason


@pytest.mark.parametrize("lost", ["resolved", "parameters", "configuration"])
def test_metadata_that_cannot_be_used_are_said_to_be(log, rows, lost):
    """Neither an error that costs a run its log, nor taken for fine."""
    metadata = {key: value for key, value in log.metadata.items() if key != lost}
    check = Check(metadata)
    check.add({name: rows[name] for name in NAMES})
    found = {f.rule: f for f in check.findings(log.outcome)}
    assert violated(found) == []
    assert found["charge"].verdict == "not checked"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_lost_from_the_parameters_is_not_an_error(log, rows, data):
    lost = data.draw(st.sampled_from(sorted(log.metadata["parameters"])))
    metadata = json.loads(json.dumps(log.metadata))
    del metadata["parameters"][lost]
    check = Check(metadata)
    check.add({name: rows[name] for name in NAMES})
    assert violated({f.rule: f for f in check.findings(log.outcome)}) == []


def test_an_empty_log_is_not_checked(log):
    assert {f.verdict for f in Check(log.metadata).findings({})} == {"not checked"}
    assert {f.rule for f in check_log(_Empty())} == set(RULES)


class _Empty:
    def __init__(self):
        self.metadata = {}
        self.names = NAMES

    def batches(self, names):
        yield {name: np.empty(0) for name in names}


def test_one_log_that_cannot_be_read_keeps_no_other_from_being_checked(tmp_path):
    """A pipe is refused before it is opened: to read it would never end."""
    pipe, cut = tmp_path / "pipe.bdf.parquet", tmp_path / "cut.bdf.parquet"
    os.mkfifo(pipe)
    good = Path(__file__).parents[1] / "golden" / "format3_press.bdf.parquet"
    cut.write_bytes(good.read_bytes()[:1000])
    ran = isostack("check", pipe, cut, good)
    assert ran.code == 2
    assert "setpoint" in ran.out
    assert "pipe.bdf.parquet" in ran.err
    assert "cut.bdf.parquet" in ran.err
