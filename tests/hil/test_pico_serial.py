"""The serial path as users have it: `isostack` in a process of its own, pyserial, a port, the real firmware.

The emulated chip's time waits for a slow client, and goes on without one once the cable is out.
"""

import gc
import subprocess
import sys

import pytest
import rp2040_image
from command_line import ALONE, DIE, HALF, rows, sets
from command_line import isostack as in_process
from evidence import FULL

from hil.boards import pico
from hil.boards.pico import Pico
from hil.calibration import calibrated
from hil.columns import STATE
from hil.emulated import rp2040
from hil.emulated.pty_port import PtyPort
from hil.experiment_file import load
from hil.log import read
from hil.run import checked_configuration

rp2040_image.needed()

PATIENCE_ms = 250  # less than the board's own 300 ms
GENEROUS_s = 240
SAFE_ns = 500e6
ZERO, PER_N, N_PER_STEP, LOAD_N = 33_554, 1677.7216, 0.62, 660.0
STEP, DIR, CHARGE, DISCHARGE, RETRACT, COMPRESS, STOP = 6, 7, 14, 15, 10, 11, 12
SHORT_TICK = (
    "run.tick_s=0.02",
    "actuator.acceleration_um_per_s2=1600",
    "control.setpoint_slew_MPa_per_min=60",
    "control.permit_off_s=0.2",
)
HOLD = (ALONE, HALF, "run.stop_after_h=0.00834")  # 300 ticks


@pytest.fixture(autouse=True)
def no_pauses():
    """The collector would hold up the emulator for longer than a client waits."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def isostack(*words, said=""):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hil", *map(str, words)],
        input=said, capture_output=True, text=True, timeout=GENEROUS_s, check=False,
    )  # fmt: skip


class Wired:
    """A Pico with a bench on its pins and a calibration in its flash, freshly switched on; its screw loads its cell."""

    def __init__(self, settings):
        experiment = load(DIE, settings)
        record = calibrated(
            checked_configuration(experiment), ZERO, ZERO + round(500 * PER_N), 500, experiment.schema.cell.area_m2
        )
        self.board = Pico(record)
        self.chip = self.board.chip
        self.armed_for = self.conversions = 0
        self.each_conversion = lambda: None
        self.unsafe_ns = 0.0
        pins = self.chip.mcu.gpio
        pins[STEP].add_listener(self.stepped)
        for pin in (CHARGE, DISCHARGE):
            pins[pin].add_listener(self.permitted)
        self.chip.restart()
        self.alarm = self.chip._clock.create_alarm(self.convert)
        self.alarm.schedule(1e6)
        self.chip.advance(1.8e9)

    def convert(self):
        """Ten times a second of the chip."""
        self.conversions += 1
        force = LOAD_N + N_PER_STEP * self.board.steps
        self.board.hx711.convert(round(ZERO + PER_N * force) + self.conversions % 2)
        self.alarm.schedule(100e6)
        self.each_conversion()

    def stepped(self, new, _):
        if int(new) == 1 and int(self.chip.mcu.gpio[DIR].value) == 1:
            self.unsafe_ns = self.chip.now_ns

    def permitted(self, new, _):
        self.unsafe_ns = self.chip.now_ns

    def permits(self):
        return sum(int(self.chip.mcu.gpio[pin].value) == 1 for pin in (CHARGE, DISCHARGE))


def test_a_bench_session_arms_holds_and_leaves_a_log(tmp_path):
    wired = Wired(SHORT_TICK)
    with PtyPort(wired.chip, PATIENCE_ms) as port:
        script = "confirm 0\nsetpoint 5.3\narm\nwait 2\nhold\ndisarm\n"
        done = isostack("bench", DIE, "--port", port.name, "--out", tmp_path, *sets(*SHORT_TICK), said=script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{verb}: done" for verb in ("confirm", "setpoint", "arm", "hold", "disarm")]
    log = read(tmp_path / "die_13mm-bench.bdf.parquet")
    assert set(log[STATE]) == {0, 1}
    assert list(log[STATE]).count(1) > 5
    assert sum(log["command_move"]) == wired.board.steps > 0
    assert log.metadata["hello"]["board"] == "pico"
    assert log.metadata["hello"]["build"] == pico.firmware().build
    assert wired.permits() == 0


def test_a_cable_pulled_while_the_screw_turns_loses_no_log_and_the_board_trips(tmp_path, record_property):
    wired = Wired(SHORT_TICK)
    with PtyPort(wired.chip, PATIENCE_ms) as port:

        def held():
            wired.armed_for += wired.permits() > 0
            if wired.armed_for == 5:
                port.unplug()

        wired.each_conversion = held
        script = "confirm 0\nsetpoint 5.6\narm\nwait 600\n"
        done = isostack("bench", DIE, "--port", port.name, "--out", tmp_path, *sets(*SHORT_TICK), said=script)
    assert done.returncode == 3, done.stderr
    assert "trips by itself" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    log = read(tmp_path / "die_13mm-bench.bdf.parquet")
    assert list(log[STATE]).count(1) > 5
    assert log[STATE][-1] == 1
    assert max(log["command_move"]) > 0
    wired.chip.advance(2 * SAFE_ns)
    assert wired.permits() == 0
    assert port.heard_ns < wired.unsafe_ns <= port.heard_ns + SAFE_ns
    silent_ms = round((wired.unsafe_ns - port.heard_ns) / 1e6)
    record_property("figure", ("Pico, cable pulled mid-hold: safe at the pins after [ms]", silent_ms, "500"))


def bare():
    """A Pico with nothing on its pins, whose pull-ups read as open switches."""
    chip = rp2040.Chip(rp2040.image(), pico._flash())
    for pin in (RETRACT, COMPRESS, STOP):
        chip.mcu.gpio[pin].set_input_value(True)
    chip.advance(2e9)
    return chip


def wired():
    """A Pico on a bench that is at rest."""
    return Wired(HOLD).chip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The run in process that the board has to repeat."""
    folder = tmp_path_factory.mktemp("run")
    ran = in_process("run", DIE, "--out", folder, *sets(*HOLD))
    assert ran.code == 0, ran.err
    return rows(folder / "die_13mm.bdf.parquet")


@pytest.mark.parametrize("chip", [bare, wired] if FULL else [bare])
def test_a_simulation_over_the_port_is_the_run_in_process(chip, plain, tmp_path, record_property):
    """Bit for bit; and a Pico with no switch wired, tripped since its boot, takes part as well."""
    with PtyPort(chip(), PATIENCE_ms) as port:
        ran = isostack("hil", DIE, "--board", f"serial:{port.name}", "--out", tmp_path, *sets(*HOLD))
    assert ran.returncode == 0, ran.stderr
    found = rows(tmp_path / "die_13mm.bdf.parquet")
    assert len(found) == len(plain) == 300
    assert (found["command_state"] == 1).any()
    assert found.tobytes() == plain.tobytes()
    kind = chip.__name__
    what = f"emulated Pico ({kind}) over a serial port: rows as in process, bit for bit"
    record_property("figure", (what, f"{len(found)} of {len(plain)}", "all"))
