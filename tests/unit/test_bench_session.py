"""The bench's conversation with a board in memory: every command, every refusal, rows, calibration, a lost link."""

import io
import math
from datetime import date
from pathlib import Path

import pytest
from fake_board import BUILD, FakeBoard, Files
from rich.console import Console

from controller.fields import REFERENCE_TARE_counts
from controller.frames import COUNTS, PRESSURE_hPa
from controller.scale import scale
from hil.bench import Bench
from hil.bench_command import hold
from hil.bench_view import view
from hil.calibration import calibrated
from hil.columns import MEASURED, NAMES, STATE, VOLTAGE
from hil.experiment_file import load
from hil.keyboard import Keyboard
from hil.log import LogError, read
from hil.recorder import Recorder
from hil.run import checked_configuration
from hil.session import Session
from hil.transport import LinkLostError
from twin.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "examples" / "die_13mm.toml"
TODAY = date(2026, 11, 22)
AREA_m2 = math.pi * 0.0065**2


class Wire(FakeBoard):
    """The board in memory on a wire whose waiting lets the board's time pass; its screw loads the load cell."""

    counts_per_N = 1677.7216
    zero = 33_554

    def __init__(self, **keys):
        super().__init__(counts=self.zero, **keys)
        self.force_N, self.unplugged_at = 0.0, math.inf
        self.s = 0.0

    def receive(self, timeout_s):
        if self.s >= self.unplugged_at:
            raise LinkLostError("the connection broke")
        for _ in range(max(1, round(timeout_s * 100))):
            self.machine.counts = self.zero + round(self.counts_per_N * (self.force_N + 0.62 * self.machine.screw))
            self.wait(10)
            self.s += 0.01
        return super().receive(timeout_s)

    def clock(self):
        return self.s


def bench_on(wire):
    experiment = load(EXAMPLE, ())
    bench = Bench(Session(wire), experiment, checked_configuration(experiment), clock=wire.clock, today=TODAY)
    bench.rows = []
    bench.keep = lambda *row: bench.rows.append(row)
    bench.begin()
    return bench


def spoken(bench, *lines):
    """Say lines one after the other, as a script does; what was noted."""
    before = len(bench.notes)
    for line in lines:
        settle(bench)
        bench.command(line)
    settle(bench)
    return [note.text for note in bench.notes[before:]]


def settle(bench):
    """Until the next line may be read, and a few ticks more."""
    for _ in range(5000):
        bench.step()
        if bench.ready:
            break
    assert bench.ready
    for _ in range(20):
        bench.step()


def calibrate(bench, wire):
    wire.force_N = 0.0
    said = spoken(bench, "calibrate zero")
    wire.force_N = 500.0
    said += spoken(bench, "calibrate 500")
    return said


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def bench(wire):
    bench = bench_on(wire)
    calibrate(bench, wire)
    wire.force_N = 660.0
    spoken(bench, "confirm 0", "wait 3")
    return bench


def test_an_uncalibrated_board_says_so_and_does_not_arm(wire):
    bench = bench_on(wire)
    assert "calibrate before arming" in bench.notes[0].text
    said = spoken(bench, "confirm 0", "wait 3", "arm")
    assert any(line.startswith("arm: arming is blocked") for line in said)
    assert any("CONFIG" in line for line in said)


def test_two_points_give_the_sensitivity_and_are_stored_with_the_date(wire):
    bench = bench_on(wire)
    said = calibrate(bench, wire)
    assert "500 N is 838861 counts" in said[-1]
    fresh = Session(FakeBoard(files=wire.files))
    hello = fresh.hello()
    assert (hello.date, hello.record) == (20261122, 0)
    record = fresh.configuration()
    assert abs(record[REFERENCE_TARE_counts] - wire.zero) <= 1
    expected = 500 / AREA_m2 / 100
    assert abs(scale(record, wire.zero + 838_861) - expected) <= 1 + expected * 1e-5


def test_a_calibration_survives_the_next_session_with_another_file_setting(bench, wire):
    before = bench.configuration
    again = bench_on(wire)
    assert again.configuration == before
    assert not again.notes


def test_arm_hold_setpoint_disarm(bench, wire):
    assert spoken(bench, "setpoint 5.0", "arm") == ["setpoint: done", "arm: done"]
    for _ in range(4000):
        bench.step()
    assert bench.latest.command[3] == 1
    assert abs(bench.latest.command[PRESSURE_hPa] - 50_000) < 250
    assert spoken(bench, "setpoint 4.5", "wait 60", "hold", "disarm") == [
        "setpoint: done",
        "hold: done",
        "disarm: done",
    ]
    assert bench.latest.command[3] == 0


def test_jog_home_confirm_tare_reset_and_stop(bench, wire):
    start = wire.machine.screw
    assert spoken(bench, "jog 31", "wait 5") == ["jog: done"]
    assert wire.machine.screw - start == 100
    assert spoken(bench, "stop", "wait 3", "reset") == ["emergency stop sent", "reset: done"]
    assert spoken(bench, "home", "wait 1", "jog 0") == ["home: done", "jog: done"]
    assert wire.machine.screw < start + 100
    assert spoken(bench, "tare") == ["tare: value or field out of bounds"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("fly", "not understood: type help"),
        ("setpoint", r"give one number \[MPa\]"),
        ("setpoint five", r"give one number \[MPa\]"),
        ("setpoint nan", "give a finite number"),
        ("setpoint 1e9", "out of bounds"),
        ("jog 1 2", r"give one number \[um\]"),
        ("arm now", "not understood"),
        ("calibrate 500", "take the first point first"),
    ],
)
def test_what_is_not_understood_is_answered_in_a_line_and_sends_nothing(wire, line, reason):
    import re

    (said,) = spoken(bench_on(wire), line)
    assert re.match(re.escape(line) + ": " + reason, said)


@pytest.mark.parametrize(
    ("zero", "counts", "force"), [(0, 9_999, 500), (0, -800_000, 500), (0, 800_000, 1e9), (0, 0, 5)]
)
def test_a_calibration_that_cannot_be_is_refused(zero, counts, force):
    record = checked_configuration(load(EXAMPLE, ()))
    with pytest.raises(InputError, match=r"^calibration: "):
        calibrated(record, zero, counts, force, AREA_m2)


def test_a_new_calibration_starts_the_board_over_disarmed(bench, wire):
    spoken(bench, "setpoint 5.0", "arm")
    assert spoken(bench, "calibrate zero")[-1].endswith("not while armed: disarm first")
    spoken(bench, "disarm")
    calibrate(bench, wire)
    assert bench.latest.command[3] == 0
    assert bench.latest.command[4] & 4096, "the position is to be confirmed again"


def test_rows_are_those_of_any_log(bench):
    row = dict(zip(NAMES, bench.rows[-1], strict=True))
    times = [r[0] for r in bench.rows]
    assert times == sorted(times)
    assert math.isnan(row[VOLTAGE])
    assert row[MEASURED] == pytest.approx(660 / AREA_m2, rel=1e-3)
    assert row["sensor_counts"] == bench.latest.sensor[COUNTS]


def test_every_reason_that_blocks_is_on_the_screen(wire):
    bench = bench_on(wire)
    wire.machine.invalid = 1
    spoken(bench, "wait 1")
    screen = Console(file=io.StringIO(), width=120)
    screen.print(view(bench, "ar"))
    text = screen.file.getvalue()
    for word in ("MPa", "idle", "SENSOR", "POSITION", "CONFIG", "SAMPLES", "> ar_"):
        assert word in text


# --- the whole command, without its serial port --------------------------------------------------------------------


def run_hold(wire, tmp_path, script, **keys):
    out = io.StringIO()
    finished = hold(
        load(EXAMPLE, ()), wire, "PORT", tmp_path, "bench",
        builds=keys.pop("builds", lambda board: BUILD), keyboard=Typist(script, wire), console=Console(file=out),
        clock=wire.clock, today=TODAY,
    )  # fmt: skip
    return finished, out.getvalue()


class Typist(Keyboard):
    """A script without a thread; a callable in it is called when its turn comes."""

    def __init__(self, script, wire):
        super().__init__(io.StringIO(""))
        self.lines.extend(script.splitlines())
        self.ended = True

    def __enter__(self):
        return self


def test_a_script_leaves_a_log(tmp_path):
    wire = Wire()
    wire.force_N = 10.0
    finished, said = run_hold(wire, tmp_path, "wait 2\narm\n")
    assert finished.outcome.code == 0
    assert "arming is blocked" in said
    log = read(finished.logs[0])
    assert len(log) >= 20
    assert log.metadata["board"] == "pico"
    assert log.metadata["outcome"]["notes"]
    assert finished.violations() == []
    # No plant: what only a plant knows is not checked, which is not to say that it is possible.
    assert set(log.outcome["not_checked"]) == {
        "voltage", "current", "temperature", "ambient", "pressure", "thickness", "lithium", "contact", "charge",
        "capacity", "energy", "heat", "actuator",
    }  # fmt: skip
    assert set(log[STATE]) == {0}


def test_a_pulled_cable_loses_no_row_and_leaves_the_board_tripped(tmp_path):
    files = Files()
    wire = Wire(files=files)
    calibrate(bench_on(wire), wire)
    wire = Wire(files=files)
    wire.force_N, wire.unplugged_at = 660.0, 20.0
    finished, _ = run_hold(wire, tmp_path, "confirm 0\nwait 3\nsetpoint 5\narm\nwait 60\n")
    assert finished.outcome.code == 3
    assert "the connection broke" in finished.outcome.reason
    log = read(finished.logs[0])
    assert (wire.now - log["sensor_time_ms"][-1]) % 2**30 <= 100
    assert log[STATE][-1] == 1
    wire.wait(500)
    assert wire.machine.command[3] == 2
    assert wire.machine.command[2] & 3 == 0


def test_a_log_that_can_no_longer_be_written_disarms_the_board(tmp_path, monkeypatch):
    """Pins: an armed board was left to its dead-man, with a trip latched, when the host's disk was full."""
    files = Files()
    wire = Wire(files=files)
    calibrate(bench_on(wire), wire)
    wire = Wire(files=files)
    wire.force_N = 660.0
    states = []

    class Full(Recorder):
        def flush(self, sync=False):
            states.append(wire.machine.command[3])
            if states[-1] == 1:
                self.abandon()
                raise LogError("the disk is full")
            super().flush(sync)

    monkeypatch.setattr("hil.bench_command.Recorder", Full)
    with pytest.raises(LogError, match="the disk is full"):
        run_hold(wire, tmp_path, "confirm 0\nwait 3\nsetpoint 5\narm\nwait 60\n")
    assert states[-1] == 1
    assert wire.machine.command[3] == 0
    assert wire.machine.command[2] & 3 == 0
    (left,) = tmp_path.iterdir()
    assert len(read(left)) >= 10


def test_a_board_that_was_reset_ends_the_session(tmp_path):
    wire = Wire()
    calibrate(bench_on(wire), wire)
    bench = bench_on(wire)
    wire.app = FakeBoard(files=wire.files, now=wire.now).app
    wire.app.port, wire.app.machine = wire.port, wire.machine
    with pytest.raises(LinkLostError, match="was reset"):
        spoken(bench, "wait 5", "disarm")


def test_another_firmware_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"^PORT: firmware 0\.1\.0 build .*firmware flash --port PORT"):
        run_hold(Wire(), tmp_path, "", builds=lambda board: BUILD + 1)
    assert not list(tmp_path.iterdir())


def test_a_silent_port_is_refused(tmp_path):
    class Silent(Wire):
        def receive(self, timeout_s):
            return b""

    with pytest.raises(InputError, match=r"^PORT: the board does not answer"):
        run_hold(Silent(), tmp_path, "")


def test_keys_make_lines_and_escape_stops():
    keyboard = Keyboard(io.StringIO())
    for letter in "arx\x7fm\rse\x1bt\n":
        keyboard.press(letter)
    assert list(keyboard.lines) == ["arm", "t"]
    assert keyboard.escaped


def test_a_calibration_for_another_area_is_refused_unless_made_anew(wire):
    calibrate(bench_on(wire), wire)
    pouch = load(EXAMPLE, ("sensor.load_cell_kN=25",))
    record = checked_configuration(pouch)
    keys = {"clock": wire.clock, "today": TODAY}
    with pytest.raises(InputError, match="it was made for another"):
        Bench(Session(wire), pouch, record, **keys).begin()
    bench = Bench(Session(wire), pouch, record, **keys, recalibrate=True)
    bench.begin()
    assert spoken(bench, "arm")[-1].startswith("arm: calibrate first")


def test_what_the_wiring_cannot_do_is_refused_before_it_is_kept(wire):
    calibrate(bench_on(wire), wire)
    wire.machine.unfit = 512
    before, other = dict(wire.files.held), load(EXAMPLE, ("warn_MPa=5.9",))
    with pytest.raises(InputError, match="wiring cannot do"):
        Bench(Session(wire), other, checked_configuration(other), clock=wire.clock, today=TODAY).begin()
    assert wire.files.held == before


def test_one_reading_counts_once_however_short_the_ticks(wire):
    bench = bench_on(wire)
    bench.command("calibrate zero")
    sample = wire.machine.sense

    def slow(frame):
        sample(frame)
        frame[2] = wire.machine.sample // 4

    wire.machine.sense = slow
    before = wire.app.ticks
    settle(bench)
    assert wire.app.ticks - before >= 4 * 19
