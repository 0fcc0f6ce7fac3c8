"""`isostack bench` over a real serial port (a pseudo-terminal) with the firmware's App at its other end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_board import FakeBoard, Files
from serial_board import SerialBoard, real_identity

from firmware.store import Store
from hil.calibration import calibrated
from hil.columns import STATE
from hil.experiment_file import load
from hil.log import read
from hil.run import checked_configuration

EXAMPLE = Path(__file__).parents[2] / "examples" / "die_13mm.toml"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals need POSIX")


def bench(port, script, out, *more):
    return subprocess.run(
        [sys.executable, "-m", "hil", "bench", str(EXAMPLE), "--port", port, "--out", str(out), *more],
        input=script, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def calibrated_files():
    """A board's files with a calibration that fits `SerialBoard`."""
    experiment = load(EXAMPLE, ())
    record = calibrated(
        checked_configuration(experiment), 33_554, 33_554 + 838_861, 500, experiment.schema.cell.area_m2
    )
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    store.save(record, 20260101)
    return files


def test_calibrate_arm_hold_disarm_leaves_a_log(tmp_path):
    with SerialBoard(files=calibrated_files(), force_N=660.0) as board:
        done = bench(board.port, "confirm 0\nwait 2\nsetpoint 5.0\narm\nwait 2\nhold\ndisarm\n", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{verb}: done" for verb in ("confirm", "setpoint", "arm", "hold", "disarm")]
    log = read(tmp_path / "die_13mm-bench.bdf.parquet")
    assert set(log[STATE]) == {0, 1}
    assert log.metadata["hello"]["board"] == "pico"
    assert (tmp_path / "die_13mm-bench.png").stat().st_size > 10_000


def test_a_cable_pulled_mid_hold_loses_no_log_and_the_board_trips_by_itself(tmp_path):
    armed = []

    def held(board):
        if board.machine.command[3] == 1:
            armed.append(board.app.ticks)
        return armed and armed[-1] - armed[0] >= 10

    with SerialBoard(files=calibrated_files(), force_N=660.0, unplug_when=held) as board:
        done = bench(board.port, "confirm 0\nwait 2\nsetpoint 5.0\narm\nwait 60\n", tmp_path)
        assert done.returncode == 3
        assert "trips by itself" in done.stderr.splitlines()[-1]
        log = read(tmp_path / "die_13mm-bench.bdf.parquet")
        assert 5 <= list(log[STATE]).count(1) <= 12
        assert log[STATE][-1] == 1
        board.over = True
        board.thread.join()
        board.board.wait(500)
        assert board.board.machine.command[3] == 2
        assert board.board.machine.command[2] & 3 == 0


def test_a_wrong_port_another_firmware_and_a_silent_port_are_one_line_each(tmp_path):
    major, minor, patch, build = real_identity()
    with SerialBoard(identity=(major, minor, patch, build ^ 1)) as other:
        cases = {other.port: "firmware flash", str(tmp_path / "no_port"): "no such port"}
        for port, words in cases.items():
            done = bench(port, "", tmp_path / "out")
            assert done.returncode == 2
            (line,) = done.stderr.splitlines()
            assert port in line
            assert words in line
    assert not list(tmp_path.glob("**/*.parquet"))


def test_a_port_with_something_else_behind_it_is_refused(tmp_path):
    class Deaf(FakeBoard):
        def poll(self):
            self.port.inward, self.port.outward = b"", b">>> "

    with SerialBoard() as board:
        board.board.__class__ = Deaf
        done = bench(board.port, "", tmp_path / "out")
    assert done.returncode == 2
    assert "is it an isostack board" in done.stderr
    assert len(done.stderr.splitlines()) == 1
