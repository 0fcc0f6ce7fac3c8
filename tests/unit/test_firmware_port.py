"""Ports and boards that are not as they should be: one line that names the port and says what to do."""

import contextlib
import errno
import os
import threading
import tty

import pytest
import serial
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware.host import build, cli, hello, port, session
from firmware.host.errors import FirmwareError
from firmware.link import BOARD, HOST, Receiver, pack

OURS = "('rp2', 'Raspberry Pi Pico with RP2040', 6, (1, 24, 1))"
BANNER = b"raw REPL; CTRL-B to exit\r\n>"


class Prompt:
    """The other end of a port: MicroPython's raw prompt, as far as a look at the board goes."""

    def __init__(self, says=OURS, after=None):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path, self.slave = os.ttyname(slave), slave
        self.says, self.after, self.runs = says, after, 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        code = b""
        with contextlib.suppress(OSError):
            while byte := os.read(self.master, 1):
                code += byte
                if code.endswith(b"\x05A\x01"):
                    os.write(self.master, b"R\x00")  # no raw paste here
                    code = b""
                elif byte == b"\x01":
                    os.write(self.master, BANNER)
                    code = b""
                elif byte == b"\x04" and code.strip(b"\r\x02\x03\x04"):
                    if not self.run():
                        return
                    code = b""
                elif byte == b"\x04":
                    os.write(self.master, b"OK\r\nMPY: soft reboot\r\n" + BANNER)
                    code = b""

    def run(self):
        """Answers one program; whether there is an answer."""
        self.runs += 1
        if self.after is not None and self.runs > self.after:
            os.close(self.master)
            return False
        os.write(self.master, b"OK" + self.says.encode() + b"\x04\x04>")
        return True


def refused(act, *words):
    """The one line of a refusal; it has all ``words``."""
    with pytest.raises(FirmwareError) as caught:
        act()
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 250
    for word in words:
        assert word in line
    return line


@pytest.fixture
def silent():
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_that_is_not_there():
    refused(lambda: port.Board("/dev/ttyNOWHERE"), "/dev/ttyNOWHERE", "no such port", "isostack doctor")


def test_a_port_that_is_a_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    refused(lambda: port.Board(str(path)), str(path), "not a serial port")


def test_a_port_that_is_a_folder(tmp_path):
    refused(lambda: port.Board(str(tmp_path)), str(tmp_path), "not a serial port")


def test_an_address_of_no_known_kind():
    refused(lambda: port.Board("ftp://here"), "ftp://here", "cannot be opened")


def test_a_busy_port(silent):
    with serial.Serial(silent, exclusive=True):
        refused(lambda: port.Board(silent), silent, "busy", "close the program")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_no_permission(monkeypatch, number):
    def closed(*_, **__):
        raise serial.SerialException(number, f"could not open port: [Errno {number}]")

    monkeypatch.setattr(serial, "serial_for_url", closed)
    refused(lambda: port.Board("/dev/ttyACM0"), "/dev/ttyACM0", "no permission", "dialout")


def test_nobody_answers(silent):
    refused(lambda: port.Board(silent), silent, "no MicroPython answers")


@pytest.mark.parametrize(
    "says",
    ["('esp32', 'Generic ESP32', 6, (1, 24, 1))", "('rp2', 'Raspberry Pi Pico 2 with RP2350', 6, (1, 24, 1))"],
)
def test_a_board_of_another_kind(says):
    other = Prompt(says)
    refused(lambda: port.Board(other.path), other.path, says.split("'")[3], "not a Raspberry Pi Pico")
    with serial.Serial(other.path, exclusive=True):
        pass  # the port was given back


def test_a_micropython_of_another_bytecode():
    old = Prompt("('rp2', 'Raspberry Pi Pico with RP2040', 5, (1, 18, 0))")
    refused(lambda: port.Board(old.path), old.path, "1.18.0", "install 1.24")


@pytest.mark.parametrize("after", [0, 1])
def test_a_board_that_goes_away(after):
    gone = Prompt(after=after)
    refused(lambda: port.Board(gone.path), gone.path, "plug")


def test_a_board_of_ours_is_let_in():
    board = Prompt()
    with port.Board(board.path) as ours:
        assert ours.port == board.path


# --- the firmware's own word ---------------------------------------------------------------------------------------

IDENTITY = [1, 0, 1, 0, 77, 23728, 1, 0, 0, 0, 20260101, 3, 8]  # protocol first


class Wire:
    """An open port with a firmware at the other end; ``spoil`` alters what it sends, ``deaf`` questions are missed."""

    def __init__(self, words, answer=(0,), spoil=bytes, deaf=0):
        self.words, self.answer, self.spoil, self.deaf = words, answer, spoil, deaf
        self.receiver, self.pending, self.timeout, self.asked = Receiver(HOST), b"", 5, []

    def write(self, data):
        for byte in bytes(data):
            if self.receiver.take(byte):
                self.asked.append(self.receiver.values[0])
                if len(self.asked) > self.deaf:
                    self.say(2 - (self.receiver.values[0] == 1))

    def say(self, which):
        kind, values = (1, self.words) if which == 1 else (4, list(self.answer))
        frame = bytearray(64)
        size = pack(frame, BOARD | self.receiver.sequence, kind, values, len(values))
        self.pending += self.spoil(frame[:size])

    def read(self, n):
        out, self.pending = self.pending[:n], self.pending[n:]
        return out


def test_hello_is_read_field_by_field():
    said = hello.Talk(Wire(IDENTITY), "P").hello()
    assert said._asdict() == {
        "protocol": 1, "major": 0, "minor": 1, "patch": 0, "build": 77, "checksum": 23728, "board": 1, "mode": 0,
        "found": 0, "record": 0, "date": 20260101, "resets": 3, "trips": 8,
    }  # fmt: skip


@example(4, [b"\x1c\x80", b"\x00", b"\x00"])
@given(st.integers(0, 4), st.lists(st.binary(max_size=80), max_size=3))
def test_hello_gets_through_noise_and_deafness(deaf, noises):
    """A traceback, a banner, half a frame: each takes another question, no more; eight are put."""
    left = list(noises)
    wire = Wire(IDENTITY, spoil=lambda frame: (left.pop() if left else b"") + bytes(frame), deaf=deaf)
    assert hello.Talk(wire, "P").hello() is not None


def test_no_hello_is_none_and_the_wait_is_bounded():
    wire = Wire(IDENTITY, deaf=10**9)
    assert hello.Talk(wire, "P").hello() is None
    assert len(wire.asked) < 20


@pytest.mark.parametrize("words", [[2, *IDENTITY[1:]], [0], [1, 0], [*IDENTITY, 5]])
def test_a_firmware_of_another_protocol(words):
    refused(lambda: hello.Talk(Wire(words), "P").hello(), "P:", "protocol", "isostack firmware flash --port P")


@pytest.mark.parametrize("changed", [1, 2, 3, 4, 6], ids=["major", "minor", "patch", "build", "board"])
def test_a_firmware_of_another_build(changed):
    built = build.Image("pico", (0, 1, 0), 77, {})
    hello.compare(hello.Hello(*IDENTITY), built, "P")
    words = list(IDENTITY)
    words[changed] += 1
    refused(lambda: hello.compare(hello.Hello(*words), built, "P"), "P:", "this isostack has", "flash --port P")


def test_an_armed_board_is_not_stopped():
    refused(lambda: hello.leave(Wire(IDENTITY, answer=(4,)), "P"), "P:", "disarm")


def test_leaving():
    wire = Wire(IDENTITY)
    hello.leave(wire, "P")
    assert wire.asked == [1, 8]


def test_no_question_interrupts_the_board():
    """Before a session the board takes 3 for ctrl-C, and at a prompt 4 for a reset."""
    sent = []
    wire = Wire(IDENTITY)
    wire.write = lambda data: (sent.append(bytes(data)), Wire.write(wire, data))
    hello.leave(wire, "P")
    hello.Talk(wire, "P").hello()
    assert len(sent) == 3
    assert not {3, 4} & set(b"".join(sent))


def test_an_answer_to_another_question_is_no_answer():
    wire = Wire(IDENTITY)
    wire.receiver.sequence = 9
    wire.say(1)
    wire.deaf = 10**9
    assert hello.Talk(wire, "P").hello() is None


def test_why_a_firmware_did_not_start():
    text = b'Traceback:\r\n  File "main.py"\r\nTypeError: takes 0 arguments\r\nMicroPython v1.24.1\r\n>>> '
    assert hello.last_error(text) == "TypeError: takes 0 arguments"
    assert hello.last_error(b">>> \xff") == ""


# --- commands ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["flash", "info"])
def test_bad_ports_end_in_one_line_and_exit_2(command):
    done = CliRunner().invoke(cli.app, [command, "--port", "/dev/ttyNOWHERE"])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("/dev/ttyNOWHERE: no such port")


def test_info_of_a_silent_port_says_what_to_do(silent):
    refused(lambda: session.ask(silent), silent, "no MicroPython answers")
