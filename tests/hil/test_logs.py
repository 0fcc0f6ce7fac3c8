"""Logs of real runs: the format, what they carry, and that they replay to the bit."""

import json
import shutil

import bdf
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from command_line import BRIEF, DIE, EXAMPLES, HALF, isostack, rows, sets

from controller.controller import Controller
from hil.columns import DTYPE
from hil.log import read

BOTH = 'log.formats=["parquet", "csv"]'
PRESS = EXAMPLES / "press_pneumatic.toml"
SENSOR = [name for name in DTYPE.names if name.startswith("sensor_")]
COMMAND = [name for name in DTYPE.names if name.startswith("command_")]

RUNS = {
    "die": (DIE, (*BRIEF, "protocol.steps.0.for_h=0.1")),
    # Everything that makes a controller work: a step of the room, fast conversions, a moving setpoint.
    "restless": (
        DIE,
        (*BRIEF, "preload_MPa=4.5", "setpoint_MPa=5.0", "sensor.rate_Hz=80", "run.tick_s=0.025",
         "ambient.steps.0.at_h=0.001", "thermal_minutes=1.0"),
    ),
    "press": (PRESS, (HALF, "protocol.steps.0.for_h=0.02", "protocol.steps.1.for_h=0.02")),
    "passive": (DIE, (*BRIEF, "control.enabled=false")),
}  # fmt: skip


@pytest.fixture(scope="module", params=RUNS)
def run(request, tmp_path_factory):
    """(file, overrides, Parquet log, CSV log) of one short run."""
    file, shortened = RUNS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    overrides = (*shortened, BOTH)
    ran = isostack("run", file, "--out", folder, *sets(*overrides))
    assert ran.code == 0, ran.err
    return file, overrides, folder / f"{file.stem}.bdf.parquet", folder / f"{file.stem}.bdf.csv"


# --- the format ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_log_is_valid_battery_data(run, form):
    bdf.validate(str(run[2] if form == "parquet" else run[3]))


def test_batterydf_reads_it(run):
    assert len(pd.read_parquet(run[2])) == len(bdf.read(str(run[2])))


def test_parquet_and_csv_carry_the_same_rows(run):
    assert np.array_equal(rows(run[2]), rows(run[3]))


def test_time_goes_up_by_one_tick_a_row(run):
    log = read(run[2])
    tick = log.metadata["tick_s"]
    assert np.allclose(log["Test Time / s"], tick * np.arange(1, len(log) + 1), rtol=0, atol=1e-6)


def test_every_channel_is_a_finite_number(run):
    table = rows(run[2])
    for name in DTYPE.names:
        assert np.isfinite(table[name]).all(), name


# --- what it carries -----------------------------------------------------------------------------------------------


def test_a_log_carries_where_it_came_from(run):
    file, overrides, path, _ = run
    kept = read(path).metadata
    assert kept["file"] == file.name
    assert kept["file_text"] == file.read_text()
    assert kept["overrides"] == list(overrides)
    assert kept["seed"] == 1
    assert kept["engine"] in ("c", "vm")
    assert len(kept["build"]) == 24
    assert kept["current_sign"] == "positive current is discharge"
    assert kept["controlled"] == bool(kept["configuration"])
    assert {"isostack", "pybamm", "casadi", "numpy", "pyarrow", "python"} == set(kept["versions"])
    assert kept["rows"] == len(read(path))
    assert kept["outcome"]["exit_code"] == 0


def test_csv_has_the_same_metadata_beside_it(run):
    assert read(run[2]).metadata == read(run[3]).metadata


def test_what_a_log_says_it_ran_can_be_run_again(run, tmp_path):
    """The resolved values, written as a file of their own and run, give the same rows."""
    path = run[2]
    (tmp_path / "again.toml").write_text(_toml(read(path).metadata["resolved"]))
    ran = isostack("run", tmp_path / "again.toml", "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert np.array_equal(rows(tmp_path / "again.bdf.parquet"), rows(path))


def _toml(tree):
    """Sections of inline values: all that a resolved file needs."""
    plain = [f"{key} = {_inline(value)}" for key, value in tree.items() if not isinstance(value, dict)]
    for section, keys in tree.items():
        if isinstance(keys, dict):
            plain += [f"[{section}]", *(f"{key} = {_inline(value)}" for key, value in keys.items())]
    return "\n".join(plain)


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


# --- to the bit ----------------------------------------------------------------------------------------------------


def test_the_same_again_gives_the_same_bytes(run, tmp_path):
    """Rows and metadata know no clock and no place: even the files are equal."""
    file, overrides, parquet, csv = run
    isostack("run", file, "--out", tmp_path, *sets(*overrides))
    for path in (parquet, csv):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_neither_the_place_of_the_file_nor_its_flushing_changes_a_row(run, tmp_path):
    file, overrides, parquet, _ = run
    shutil.copy(file, tmp_path / "copy.toml")
    isostack("run", tmp_path / "copy.toml", "--out", tmp_path, *sets(*overrides, "log.flush_s=0.7"))
    assert np.array_equal(rows(tmp_path / "copy.bdf.parquet"), rows(parquet))


def test_another_seed_gives_other_counts(run, tmp_path):
    file, overrides, parquet, _ = run
    isostack("run", file, "--out", tmp_path, *sets(*overrides, "run.seed=2"))
    before, after = rows(parquet), rows(tmp_path / parquet.name)
    n = min(len(before), len(after))
    assert not np.array_equal(before["sensor_counts"][:n], after["sensor_counts"][:n])


def test_the_virtual_machine_gives_the_same_run(tmp_path):
    """Engines may differ in the last bits, not in what happens."""
    for engine in ("auto", "vm"):
        ran = isostack("run", DIE, "--out", tmp_path / engine, "--engine", engine, *sets(*BRIEF))
        assert ran.code == 0, ran.err
    before, after = (rows(tmp_path / engine / "die_13mm.bdf.parquet") for engine in ("auto", "vm"))
    assert read(tmp_path / "vm" / "die_13mm.bdf.parquet").metadata["engine"] == "vm"
    assert len(after) == len(before)
    assert np.allclose(after["Applied Pressure / Pa"], before["Applied Pressure / Pa"], rtol=1e-6, atol=1.0)


def test_the_frames_replay(run):
    """A fresh controller, given the logged sensor frames, answers with the logged command frames."""
    log = read(run[2])
    if not log.metadata["controlled"]:
        assert (log["command_move"] == 0).all()
        return
    controller, command = Controller(log.metadata["configuration"]), [0] * 9
    sensed = np.column_stack([log[name] for name in SENSOR]).tolist()
    commanded = np.column_stack([log[name] for name in COMMAND]).tolist()
    for n, (frame, answer) in enumerate(zip(sensed, commanded, strict=True)):
        controller.tick(frame, command)
        assert command == answer, f"tick {n}"


def test_every_integer_of_a_frame_fits_31_bits(run):
    table = rows(run[2])
    for name in (*SENSOR, *COMMAND):
        assert np.abs(table[name].astype(np.int64)).max() < 2**30, name


# --- limits of motion ----------------------------------------------------------------------------------------------


def test_no_command_exceeds_the_speed_and_acceleration_of_the_file(run):
    """S2, from the log alone: counts per tick, and how much faster each tick is than the one before."""
    log = read(run[2])
    actuator, tick = log.metadata["resolved"]["actuator"], log.metadata["tick_s"]
    move = log["command_move"].astype(int)
    if actuator["kind"] == "none" or not log.metadata["controlled"]:
        assert (move == 0).all()
        return
    if actuator["kind"] == "regulator":
        code_MPa = actuator["full_scale_MPa"] / 2 ** actuator["bits"]
        assert np.abs(move).max() * code_MPa <= actuator["supply_slew_MPa_per_s"] * tick + code_MPa
        return
    way = move * actuator["microstep_um"]
    assert np.abs(way).max() <= actuator["speed_um_per_s"] * tick
    gain = np.where(move[1:] * move[:-1] > 0, np.abs(way[1:]) - np.abs(way[:-1]), np.abs(way[1:]))
    assert gain.max() <= max(actuator["acceleration_um_per_s2"] * tick**2, actuator["microstep_um"]) + 1e-9
    position = log["command_position"][log["command_state"] == 1] * actuator["microstep_um"]
    low, high = actuator["travel_um"]
    assert low <= position.min() <= position.max() <= high


def test_the_restless_run_moves(tmp_path):
    """So that limits of motion were tested on motion."""
    file, shortened = RUNS["restless"]
    ran = isostack("run", file, "--out", tmp_path, "--json", *sets(*shortened))
    assert ran.figures["variants"][0]["metrics"]["travel_um"] > 10


def test_parquet_is_one_table_with_metadata_in_its_footer(run):
    footer = pq.read_metadata(run[2]).metadata
    assert json.loads(footer[b"isostack"])["log_format"] == 2
