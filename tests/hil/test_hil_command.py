"""`isostack hil`: any board for the same run, logs as `run` writes them, and an end for whatever goes wrong."""

import os
import pty
import signal
import threading
import tty

import pytest
from command_line import BRIEF, DIE, isostack, logs, rows, sets

from controller.configuration import DEFAULT
from firmware.host import build
from hil.boards.selection import open_board
from hil.boards.unix import ENTRY, HEAP, Unix, environment, program
from hil.emulated.hosted import HostedWire
from hil.log import read
from hil.transport import LinkLostError
from twin.errors import InputError

LOG = "die_13mm.bdf.parquet"


def hil(board, folder, *more):
    return isostack("hil", DIE, "--board", board, "--out", folder, *more)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The run that every board has to repeat."""
    folder = tmp_path_factory.mktemp("run")
    ran = isostack("run", DIE, "--out", folder, "--json", *sets(*BRIEF))
    assert ran.code == 0, ran.err
    return folder, ran


@pytest.mark.parametrize("board", ["cpython", "unix", "wasm"])
def test_log_figure_and_table_are_those_of_run(board, plain, tmp_path):
    folder, before = plain
    ran = hil(board, tmp_path, "--json", *sets(*BRIEF))
    assert ran.code == 0, ran.err
    assert rows(tmp_path / LOG).tobytes() == rows(folder / LOG).tobytes()
    assert logs(tmp_path) == logs(folder)
    assert ran.figures == before.figures


def test_the_log_says_which_board_and_which_firmware(plain, tmp_path):
    hil("unix", tmp_path, *sets(*BRIEF))
    metadata = read(tmp_path / LOG).metadata
    assert metadata["board"] == "unix"
    firmware = metadata["firmware"]
    assert firmware["board"] == "unix"
    assert firmware["version"] == "0.1.0"
    assert len(firmware["build"]) == 7
    assert int(firmware["build"], 16) < 2**28
    folder, _ = plain
    there = read(folder / LOG).metadata
    assert there["board"] == "cpython"
    assert {**metadata, "board": 0, "firmware": 0} == {**there, "board": 0, "firmware": 0}


def test_the_table_is_shown_where_no_json_is_asked_for(tmp_path):
    ran = hil("cpython", tmp_path, *sets(*BRIEF))
    assert "verdict" in ran.out
    assert "wrote" in ran.err


def test_a_log_in_the_way_is_not_replaced(plain, tmp_path):
    assert hil("cpython", tmp_path, *sets(*BRIEF)).code == 0
    again = hil("cpython", tmp_path, *sets(*BRIEF))
    assert again.code == 2
    assert "--force" in again.reason
    assert hil("cpython", tmp_path, "--force", *sets(*BRIEF)).code == 0


# --- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "nano", "serial:", "UNIX", "serial", "pico:1"])
def test_an_unknown_board_is_refused_with_those_there_are(tmp_path, name):
    ran = hil(name, tmp_path, *sets(*BRIEF))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert ran.reason == f"--board {name}: not one of cpython, unix, wasm, microbit, pico, serial:PORT"
    assert logs(tmp_path) == []


def test_without_a_controller_there_is_nothing_to_put_on_a_board(tmp_path):
    ran = hil("unix", tmp_path, *sets(*BRIEF, "control.enabled=false"))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "no controller" in ran.reason


def test_no_such_port_is_one_line(tmp_path):
    ran = hil("serial:/dev/nowhere", tmp_path, *sets(*BRIEF))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert ran.reason.startswith("serial:/dev/nowhere: no such port")


def test_ticks_further_apart_than_a_real_board_waits_are_refused_in_real_time(tmp_path):
    slow = ("run.tick_s=0.3", "rate_Hz=10.0", "speed_um_per_s=10.0")
    ran = hil("serial:/dev/nowhere", tmp_path, "--realtime", *sets(*BRIEF, *slow))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "run.tick_s = 0.3: a board trips after 0.3 s without its host" in ran.reason
    assert "no such port" in hil("serial:/dev/nowhere", tmp_path, *sets(*BRIEF, *slow)).reason


def test_missing_extras_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("hil.boards.wasm.find_spec", lambda module: None)
    ran = hil("wasm", tmp_path, *sets(*BRIEF))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "pip install 'isostack[emulators]'" in ran.reason


# --- a serial port -------------------------------------------------------------------------------------------------


class Port:
    """A pseudo-terminal; what is written to it goes to ``answer``, and what that returns comes back."""

    def __init__(self, answer):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.answer = answer
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            while data := os.read(self.master, 200):
                os.write(self.master, self.answer(data))
        except (OSError, LinkLostError):
            os.close(self.master)

    def close(self):
        os.close(self.slave)
        self.thread.join(60)


class SerialBoard:
    """The firmware as a Pico of build ``build`` behind a port; its time goes on with what it hears."""

    def __init__(self, number):
        words = ["-m", ENTRY, "1", *map(str, build.version()), str(number)]
        self.wire = HostedWire("serial", [program(), "-X", HEAP, *words], environment(), build.sources.ROOT)
        self.port = Port(self.hear)

    def hear(self, data):
        self.wire.now += 1
        return self.wire.turn(data)

    def close(self):
        self.wire.close()
        self.port.close()


@pytest.fixture(scope="module")
def pico_build():
    return build.image("pico").build


def test_a_board_on_a_port_runs_the_same_hold(plain, tmp_path, pico_build):
    """The real serial path: pyserial, a port of the system, and the firmware at its other end."""
    board = SerialBoard(pico_build)
    try:
        ran = hil(f"serial:{board.port.path}", tmp_path, *sets(*BRIEF))
    finally:
        board.close()
    assert ran.code == 0, ran.err
    folder, _ = plain
    assert rows(tmp_path / LOG).tobytes() == rows(folder / LOG).tobytes()
    assert read(tmp_path / LOG).metadata["firmware"]["build"] == f"{pico_build:07x}"


def test_another_build_on_the_board_is_refused(tmp_path, pico_build):
    board = SerialBoard(pico_build ^ 1)
    try:
        ran = hil(f"serial:{board.port.path}", tmp_path, *sets(*BRIEF))
    finally:
        board.close()
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert ran.reason.startswith(f"serial:{board.port.path}: firmware 0.1.0 build {pico_build ^ 1:07x}")
    assert "isostack firmware flash" in ran.reason
    assert logs(tmp_path) == []


@pytest.mark.parametrize("answer", [lambda data: b"", lambda data: data, lambda data: b">>> syntax error\r\n" * 9])
def test_a_port_where_something_else_answers_is_refused(tmp_path, answer):
    """Silence, an echo, chatter."""
    port = Port(answer)
    try:
        ran = hil(f"serial:{port.path}", tmp_path, *sets(*BRIEF))
    finally:
        port.close()
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert ran.reason.startswith(f"--board serial:{port.path}: ") or ran.reason.startswith(f"serial:{port.path}: ")
    assert "no isostack firmware answers" in ran.reason
    assert f"isostack firmware flash --port {port.path}" in ran.reason


def test_a_busy_port_is_one_line(tmp_path):
    import serial

    port = Port(lambda data: b"")
    try:
        with serial.Serial(port.path, exclusive=True):
            ran = hil(f"serial:{port.path}", tmp_path, *sets(*BRIEF))
    finally:
        port.close()
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "busy" in ran.reason


def test_a_port_that_is_not_ours_to_open_says_how_it_becomes_so(tmp_path, monkeypatch):
    import serial

    def refused(*_, **__):
        raise serial.SerialException(13, "could not open port: Permission denied")

    monkeypatch.setattr(serial, "serial_for_url", refused)
    ran = hil("serial:/dev/ttyACM0", tmp_path, *sets(*BRIEF))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "dialout" in ran.reason


# --- a run that cannot go on ---------------------------------------------------------------------------------------


def dying(monkeypatch, tick):
    """Boards die in the midst of their tick number ``tick``."""
    exchange = Unix.exchange

    def until(self, frame):
        if frame[0] == 100 * tick:
            os.kill(self._transport.process, signal.SIGKILL)
        return exchange(self, frame)

    monkeypatch.setattr(Unix, "exchange", until)


def test_a_board_lost_in_mid_run_leaves_a_finished_log(tmp_path, monkeypatch, plain):
    """Exit 3, one line, every row up to then, and no journal."""
    dying(monkeypatch, 800)
    ran = hil("unix", tmp_path, *sets(*BRIEF))
    assert ran.code == 3
    assert "unix: the board has ended" in ran.reason
    assert "LINK" in ran.reason
    folder, _ = plain
    assert rows(tmp_path / LOG).tobytes() == rows(folder / LOG)[:799].tobytes()
    log = read(tmp_path / LOG)
    assert log.outcome["exit_code"] == 3
    assert log.outcome["trip_cause"] == ["LINK"]
    assert not any("journal" in name for name in logs(tmp_path))


def test_a_board_lost_in_its_first_tick_is_one_line_too(tmp_path, monkeypatch):
    dying(monkeypatch, 1)
    ran = hil("unix", tmp_path, *sets(*BRIEF))
    assert ran.code == 3
    assert "the board has ended" in ran.reason
    assert "Traceback" not in ran.err


def test_a_board_that_was_reset_in_mid_run_is_named(tmp_path, monkeypatch):
    """It answers still, but its mode is gone, as after a reset: nothing is acted on, and the run ends."""
    exchange = Unix.exchange

    def until(self, frame):
        if frame[0] == 500:
            self.session.hello(0)
        return exchange(self, frame)

    monkeypatch.setattr(Unix, "exchange", until)
    ran = hil("unix", tmp_path, *sets(*BRIEF))
    assert ran.code == 3
    assert "unix: the board no longer ticks, it was reset: not in this mode" in ran.reason
    assert len(rows(tmp_path / LOG)) == 4


# --- real time -----------------------------------------------------------------------------------------------------


class Clock:
    """Stands in for the module `time`."""

    def __init__(self, hangs_at=None):
        self.now, self.ticks, self.hangs_at = 0.0, 0, hangs_at

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.ticks += 1
        self.now += seconds + (10.0 if self.ticks == self.hangs_at else 0.0)


def test_real_time_is_the_same_run_at_the_clocks_pace(plain, tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("hil.hil_command.time", clock)
    ran = hil("unix", tmp_path, "--realtime", *sets(*BRIEF))
    assert ran.code == 0, ran.err
    folder, _ = plain
    found = rows(tmp_path / LOG)
    assert found.tobytes() == rows(folder / LOG).tobytes()
    assert clock.now == pytest.approx((len(found) - 1) * 0.1)
    told = read(tmp_path / LOG).outcome["latency"]
    assert told["ticks"] == len(found)
    assert told["missed"] == 0
    assert f"{len(found)} ticks in real time: latency p50 0.00 ms" in ran.err


def test_a_host_that_falls_behind_stops_the_run_and_disarms_the_board(plain, tmp_path, monkeypatch):
    monkeypatch.setattr("hil.hil_command.time", Clock(hangs_at=700))
    seen = []
    exchange = Unix.exchange

    def watched(self, frame):
        seen.append((list(frame), exchange(self, frame)))
        return seen[-1][1]

    monkeypatch.setattr(Unix, "exchange", watched)
    ran = hil("unix", tmp_path, "--realtime", *sets(*BRIEF))
    assert ran.code == 3
    assert "fell behind real time by 10000 ms, 250 ms are allowed" in ran.reason
    assert len(rows(tmp_path / LOG)) == 700
    assert seen[-2][1][3] == 1  # armed
    frame, command = seen[-1]
    assert frame[6] == 2  # disarm
    assert command[3] == 0  # idle
    assert command[2] & 3 == 0
    assert command[0] == 0
    outcome = read(tmp_path / LOG).outcome
    assert outcome["exit_code"] == 3
    assert outcome["latency"]["ticks"] == 700
    assert not any("journal" in name for name in logs(tmp_path))


def test_open_board_is_the_same_door_without_a_command_line():
    assert open_board("cpython", DEFAULT).name == "cpython"
    with pytest.raises(InputError, match="--board nothing: not one of"):
        open_board("nothing", DEFAULT)
