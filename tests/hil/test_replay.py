"""Golden runs replay bit for bit, on every board there is; one changed bit is found where it is."""

from pathlib import Path

import numpy as np
import pytest
from command_line import isostack
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.boards.in_process import InProcess
from hil.boards.selection import opened
from hil.columns import DTYPE
from hil.log import Log, read
from hil.replay import COMMAND, SENSOR, configuration, replay
from twin.errors import InputError

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.bdf.parquet"))


def test_there_are_golden_runs():
    assert len(GOLDEN) >= 5


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name.partition(".")[0])
@pytest.mark.parametrize("board", ["cpython", "unix", "wasm"])
def test_a_golden_run_replays_bit_for_bit(path, board):
    log = read(path)
    with opened(board, configuration(log)) as running:
        assert replay(log, running) is None


def test_a_run_of_format_1_replays_with_what_is_new_switched_off():
    log = read(next(path for path in GOLDEN if path.name == "die.bdf.parquet"))
    old = log.metadata["configuration"]
    record = configuration(log)
    assert (len(old), len(record)) == (39, 53)
    assert record[1:38] == old[1:38]
    assert [record[k] for k in (40, 44, 50)] == [0, 0, 0], "response check, policy and approach budget are off"
    assert record[38] == 1000000, "every reading is believed at once"
    log.metadata = {**log.metadata, "configuration": [*old[:-1], old[-1] ^ 1]}
    with pytest.raises(InputError, match="refuses its configuration"):
        configuration(log)


def test_a_run_of_format_2_replays_with_what_is_new_switched_off():
    log = read(next(path for path in GOLDEN if path.name == "die_watched.bdf.parquet"))
    old, record = log.metadata["configuration"], configuration(log)
    assert (len(old), len(record)) == (49, 53)
    assert record[1:38] == old[1:38]
    assert record[40:50] == old[38:48]
    assert (record[38], record[50]) == (1000000, 0)


def test_golden_runs_hold_a_response_trip_and_setpoints_that_follow_the_current():
    runs = {path.name.partition(".")[0]: read(path) for path in GOLDEN}
    assert "RESPONSE" in runs["die_unanswered"].outcome["trip_cause"]
    assert runs["die_watched"].metadata["configuration"][38] == 128
    assert runs["format3_watched"].metadata["configuration"][40] == 128
    assert "RESPONSE" in runs["format3_unanswered"].outcome["trip_cause"]
    assert {0, 2097152} <= {faults & 2097152 for faults in runs["format3_press"]["command_faults"]}, "contact"
    assert {50000, 69500} <= set(runs["die_policy"]["command_setpoint_hPa"])
    assert {40000, 50000} <= set(runs["die_two_level"]["command_setpoint_hPa"])


class Altered(Log):
    """A log whose column ``name`` has another value in row ``at``."""

    def __init__(self, log, name, at, bit):
        super().__init__(log.path, log.metadata)
        self.log, self.name, self.at, self.bit = log, name, at, bit

    def batches(self, names=()):
        seen = 0
        for batch in self.log.batches(names):
            columns = {name: np.array(values, DTYPE[name]) for name, values in batch.items()}
            n = len(next(iter(columns.values())))
            if seen <= self.at < seen + n:
                columns[self.name][self.at - seen] ^= 1 << self.bit
            seen += n
            yield columns


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(COMMAND), st.integers(0, 1799), st.integers(0, 29))
def test_one_changed_bit_of_a_command_is_found_where_it_is(name, at, bit):
    log = read(next(path for path in GOLDEN if path.name.startswith("pouch")))
    found = replay(Altered(log, name, at, bit), InProcess(configuration(log)))
    assert (found.tick, found.fields) == (at, [name])
    assert found.recorded[name] ^ found.now[name] == 1 << bit


def test_another_controller_is_found_by_its_first_other_command():
    log = read(next(path for path in GOLDEN if path.name.startswith("die_far")))
    found = replay(Altered(log, "sensor_counts", 900, 18), InProcess(configuration(log)))
    assert found.tick >= 900
    assert set(found.sensor) == set(SENSOR)


def test_the_command_says_none_or_where(tmp_path):
    ran = isostack("replay", GOLDEN[0])
    assert ran.code == 0
    assert "none differs" in ran.out
    ran = isostack("replay", GOLDEN[0], "--json")
    assert '"difference": null' in ran.out


def test_what_cannot_be_replayed_says_why(tmp_path):
    log = read(GOLDEN[0])
    for metadata, words in (
        ({"configuration": []}, "without a controller"),
        ({"engine": "none: a real bench"}, "ran before the log began"),
        ({"configuration": [0] * 49}, "refuses its configuration"),
    ):
        log.metadata = {**read(GOLDEN[0]).metadata, **metadata}
        with pytest.raises(InputError, match=words):
            configuration(log)
    assert isostack("replay", tmp_path / "none.bdf.parquet").code == 2


@pytest.mark.parametrize("spoilt", ["abc", 5, ["x"], [None], {"a": 1}, [[1]], [float("inf")], [1e400]])
def test_damaged_metadata_are_refused_in_a_line(spoilt):
    """Pins: metadata of the right format with a configuration that is none ended in a traceback."""
    log = read(GOLDEN[0])
    log.metadata = {**log.metadata, "configuration": spoilt}
    with pytest.raises(InputError, match="damaged"):
        configuration(log)


@pytest.mark.parametrize("cut", [4, 100, 20_000])
def test_a_damaged_log_is_refused_in_a_line(tmp_path, cut):
    path = tmp_path / "cut.bdf.parquet"
    path.write_bytes(GOLDEN[0].read_bytes()[:-cut])
    ran = isostack("replay", path)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "not a whole Parquet file" in ran.reason
