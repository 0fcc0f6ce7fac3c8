"""The firmware on an emulated micro:bit: closed loops bit for bit as here, and safe on a bad link."""

import ast
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from command_line import ALONE, DIE, isostack, rows, sets
from evidence import FULL, amount

from hil.boards.microbit import Microbit
from hil.emulated import qemu
from hil.link import BOARD, HOST, Decoder, encode
from hil.session import Session
from hil.transport import LinkLostError
from twin.errors import InputError

sys.path.append(str(Path(__file__).parents[1] / "property"))
import faulty_link
from faulty_link import KINDS, FaultyWire, Trial
from microbit_wire import SteppedWire
from restated_limits import DIE as FIELDS
from restated_limits import record

pytestmark = pytest.mark.skipif(bool(qemu.missing()), reason=qemu.missing())

LOG = "die_13mm.bdf.parquet"
TICKS = 2_000
# Every part of a cycle, half charged so that no step meets a voltage limit, and a setpoint to be moved to.
CYCLE = (
    ALONE,
    "cell.state_of_charge=0.5",
    "control.setpoint_MPa=5.5",
    "protocol.steps.0.for_h=0.03",
    "protocol.steps.1.rest_h=0.01",
    "protocol.steps.2.for_h=0.03",
    # The board leaves off the response check, and with it what is said of contact.
    "control.approach_MPa=0",
)
CONFIG = record(FIELDS)
FRAMES = amount(10_000)
HELLO, SENSOR, COMMAND = 1, 2, 2
FAULTS = 20 if FULL else 2


# --- the same bits ---------------------------------------------------------------------------------------------------


def test_a_whole_charge_rest_and_discharge_is_the_same_bit_for_bit(tmp_path, record_property):
    here, there = tmp_path / "here", tmp_path / "there"
    assert isostack("run", DIE, "--out", here, *sets(*CYCLE)).code == 0
    ran = isostack("hil", DIE, "--board", "microbit", "--out", there, *sets(*CYCLE))
    assert ran.code == 0, ran.err
    held, found = rows(here / LOG), rows(there / LOG)
    assert len(found) >= TICKS
    assert set(found["Step ID / 1"]) == {1, 2, 3}
    assert (found["command_move"] != 0).sum() > 50
    assert found.tobytes() == held.tobytes()
    what = "closed loop through the micro:bit: rows as in process, bit for bit"
    record_property("figure", (what, f"{len(found):,} of {len(held):,}", "2,000"))


# --- the wire --------------------------------------------------------------------------------------------------------


def thirty_two(n):
    """A sensor frame that takes 32 bytes on the wire."""
    frame = [2**21 + n % 2**20, 1_100_000 + (n & 1), 2**14 + n % 2**14, 0, -(2**21) - n, 2**14, 0, 0, 2**27]
    data = encode(HOST, (n + 10) & 127, SENSOR, frame)
    assert len(data) == 32
    return data


def test_no_frame_is_lost_on_the_wire(record_property):
    """One try each; what they take is told, and binds nobody."""
    took, lost = [], 0
    with closing(Microbit(CONFIG)) as board:
        machine, decoder = board.machine, Decoder(BOARD)
        machine.resume()
        machine.write(encode(HOST, 9, HELLO, (1, board.hello.build, CONFIG[-1], 2)))
        while not decoder.feed(machine.read()):
            pass
        for n in range(FRAMES):
            sent = time.perf_counter()
            machine.write(thirty_two(n))
            frames = []
            while not frames and (data := machine.read(timeout_s=5)):
                frames = decoder.feed(data)
            took.append(time.perf_counter() - sent)
            lost += [(f.sequence, f.kind) for f in frames] != [((n + 10) & 127, COMMAND)]
    assert lost == 0
    assert decoder.bad == 0
    record_property("figure", (f"micro:bit, 32-byte frames lost, of {FRAMES:,}", f"{lost}", "0"))
    middle = f"{statistics.median(took) * 1000:.1f} ms"
    record_property("figure", ("micro:bit, round trip of a 32-byte frame, median", middle, "2 ms"))


# --- a board that goes -----------------------------------------------------------------------------------------------


@pytest.fixture
def board():
    with closing(Microbit(CONFIG)) as board:
        yield board


def test_a_board_that_dies_is_told_in_one_line(board):
    os.kill(board.machine.process, signal.SIGKILL)
    with pytest.raises(LinkLostError, match=r"^microbit: the emulator has ended"):
        board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])


def test_a_closed_board_says_so(board):
    board.close()
    board.close()
    with pytest.raises(LinkLostError, match="the emulator has ended"):
        board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])


def test_a_slow_host_is_not_a_lost_one(board):
    """Between ticks the board's clock stands."""
    before = board.machine.now()
    assert board.machine.paused
    assert board.machine.now() == before
    board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])
    assert board.machine.paused


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="watching a process that is not ours needs pidfd_open, which is Linux's"
)
def test_no_emulator_outlives_us():
    """Killed outright, a process leaves none behind."""
    code = "import sys\nfrom hil.emulated.qemu import Machine\nprint(Machine().process, flush=True)\nsys.stdin.read()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    ended, _, _ = select.select([child], [], [], 60)
    assert ended
    os.close(child)
    parent.communicate()


@pytest.mark.parametrize(("name", "value"), [("PROGRAM", "qemu-system-none"), ("FIRMWARE", Path("/nowhere.hex"))])
def test_what_is_not_installed_is_named(monkeypatch, name, value):
    monkeypatch.setattr(qemu, name, value)
    with pytest.raises(InputError, match=f"{value}.*: apt-get install qemu-system-arm firmware-microbit-micropython$"):
        Microbit(CONFIG)


def test_a_refused_configuration_is_one_line_and_exit_2(tmp_path):
    ran = isostack("hil", DIE, "--board", "microbit", "--out", tmp_path, *sets("control.stuck_samples=-3"))
    assert ran.code == 2


# --- its files -------------------------------------------------------------------------------------------------------


def test_files_arrive_whole():
    with qemu.Machine() as machine:
        machine.prompt()
        for data in (b"", b"x", bytes(range(256)), b"\n\t'\"\\" * 50):
            machine.put("x", data)
            machine.execute("f=open('x','rb')")
            assert ast.literal_eval(machine.execute("print(f.read())")) == data
        with pytest.raises(qemu.EmulatorError, match=r"no more storage space|OSError: 28"):
            machine.put("y", b"z" * 60_000)


def test_its_clock_is_the_one_that_is_read():
    """The last it said before its time stood, and what is read then: no further apart than one step of the clock."""
    with qemu.Machine(shift=3) as machine:
        machine.prompt()
        machine.execute("from microbit import running_time")
        machine.write(b"while 1:print(running_time())\x04")
        said = machine.read_until(b"\r\n4")
        machine.pause()
        while data := machine.read(timeout_s=0):
            said += data
        last = int(said.split(b"\r\n")[-2])
        assert abs(machine.now() - last) <= 8


@pytest.mark.parametrize("upto", ["", "config", "source"])
def test_a_half_sent_firmware_starts_nothing(upto):
    """Files are sent in order, main.py last: without it the board stays at its prompt."""
    from firmware.host import microbit

    files = {}
    for name, text in microbit.bundle(CONFIG).items():
        if upto and name not in ("main.py",):
            files[name] = text.encode()
        if name == upto:
            break
    with qemu.Machine() as machine:
        machine.install(files)
        machine.read_until(b">>> ")


def test_a_torn_program_ends_at_the_prompt():
    from firmware.host import microbit

    files = {name: text.encode() for name, text in microbit.bundle(CONFIG).items()}
    files["source"] = files["source"][:5000]
    with qemu.Machine() as machine:
        machine.install(files)
        machine.read_until(b"Error")


# --- a bad link ------------------------------------------------------------------------------------------------------


class Faulty:
    """A micro:bit at the end of a wire that can fail; what `faulty_link.Trial` needs of it."""

    def __init__(self):
        plain = Microbit(CONFIG, shift=1)
        self.hello = plain.hello
        self.machine = plain.machine
        self.wire = FaultyWire(SteppedWire(plain.machine))
        self.session = Session(self.wire, timeout_s=0.1)
        self.session.hello(2, self.hello.build, CONFIG[-1])

    def exchange(self, frame):
        return list(self.session.tick(frame))


@pytest.fixture(scope="module")
def trial():
    board = Faulty()
    yield Trial(board, board.wire)
    board.machine.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_on_the_link_ends_safe_or_changes_nothing(trial, kind, record_property, monkeypatch):
    """No answer differs from what good frames alone bring about, until the board has heard none for too long; then it
    is safe within 500 ms of its own time, and stays so until it is reset."""
    # A frame reaches the board after what was sent before it, babble too, and its clock has steps of 6 ms: within a
    # third of its patience it may or may not have acted.
    monkeypatch.setattr(faulty_link, "SOON_ms", 200)
    tripped = [trial.run(kind, random.Random(f"{kind} {i}")) for i in range(FAULTS)]
    if kind == "cut":
        assert all(tripped)
    elif kind in ("duplicate", "reorder"):
        assert not any(tripped)
    what = f"link faults, {kind}, micro:bit: safe within 500 ms"
    record_property("figure", (what, f"{len(tripped)} of {FAULTS}", "20 of 20"))


def test_500_ms_of_silence_and_the_board_is_safe(trial):
    """Read by the first frame after the silence, which is good, and trips nothing by itself."""
    trial.begin()
    trial.wire.pass_time(500)
    command = trial.say()
    assert trial.wire.model.silence >= 500
    assert trial.judge(command, True)
    trial.recover()
