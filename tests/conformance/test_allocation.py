"""A tick allocates nothing (S9), and neither does the firmware round it: no turn of a board leaves anything behind."""

import random
import shutil

import pytest
import targets
from adversarial_ticks import Session, sessions
from restated_limits import DIE, record

from hil.boards.linked import Linked
from hil.boards.unix import HEAP, entry, environment
from hil.boards.unix import program as unix_program
from hil.boards.wasm import program as wasm_program
from hil.emulated.hosted import HostedWire
from hil.transport import LinkLostError

TICKS = 3_000
WHERE = pytest.mark.parametrize("where", [targets.unix, targets.wasm], ids=["unix", "wasm"])


@WHERE
def test_no_tick_allocates_under_a_locked_heap(where, record_property):
    """Thousands of different ticks: every message, random keys and values, every extreme of 31 bits, garbage."""
    done = 0
    with where() as target:
        for session in sessions(TICKS, 9):
            target.configure(session)
            target.locked(session.frames)
            done += len(session.frames)
    name = {"unix": "Unix", "wasm": "WebAssembly"}[where.__name__]
    record_property("figure", (f"ticks under heap_lock() that allocated, of {done:,}, {name}", "0", "0"))


@WHERE
@pytest.mark.parametrize("message", range(12))
def test_no_message_allocates_in_any_state(where, message):
    """Each message, idle, armed and tripped, accepted and refused."""
    frames = []
    for say in ([], [(7, 0, 100), (1, 0, 0)], [(7, 0, 100), (1, 0, 0), "stop"]):
        frames += lead_to(say, len(frames))
        for key, value in ((0, 0), (14, 71000), (14, -1), (49, 0), (21, 40000), (2**30 - 1, 1 - 2**30)):
            frames.append(frame(len(frames), (message, key, value)))
        frames.append(frame(len(frames), (2, 0, 0)))
    with where() as target:
        target.configure(Session(record(DIE), 0, []))
        target.locked(frames)
        target.configure(Session(record(DIE | {"kind": 2, "travel_min": 0}), 0, []))
        target.locked(frames)


def frame(i, say=(0, 0, 0), switches=0):
    return [(i + 1) * 100, 1_120_000 + (i & 1), i & 65535, 0, 1000, switches, *say]


def lead_to(said, start):
    """Frames after which a controller is reset, healthy, and in the state that ``said`` brings it to."""
    frames = [frame(start, (3, 0, 0))]
    while len(frames) < 8:
        frames.append(frame(start + len(frames)))
    for say in said:
        stop = say == "stop"
        frames.append(frame(start + len(frames), (0, 0, 0) if stop else say, 4 if stop else 0))
    return frames


@WHERE
def test_an_allocation_would_be_seen(tmp_path, where):
    """The lock is worth something: a tick that builds a list fails."""
    shutil.copytree(targets.ROOT / "controller", tmp_path / "controller")
    shutil.copy(targets.SCRIPT, tmp_path)
    path = tmp_path / "controller" / "core.py"
    text = path.read_text()
    assert text.count("        f = self.filter\n        pressure = f.pressure - self.tare\n") == 1
    path.write_text(
        text.replace("        pressure = f.pressure - self.tare\n", "        pressure = [f.pressure - self.tare][0]\n")
    )
    with where(tmp_path) as target:
        target.configure(Session(record(DIE), 0, []))
        with pytest.raises(AssertionError, match="tick 0 allocates"):
            target.locked([frame(0), frame(1)])


# --- the whole board -----------------------------------------------------------------------------------------------


def locked_board(name):
    """A board in mode hil whose heap locks with the first sensor frame."""
    words = entry({"unix": 3, "wasm": 4}[name], "")[2:]
    script = "tests/conformance/locked_board.py"
    program = (
        [unix_program(), "-X", HEAP, targets.ROOT / script] if name == "unix" else [*wasm_program(), f"/code/{script}"]
    )
    wire = HostedWire(name, [*program, *words], environment())
    return Linked(name, wire, record(DIE), clock=wire.clock), wire


@pytest.mark.parametrize("name", ["unix", "wasm"])
def test_no_turn_of_a_board_allocates(name):
    """From bytes on the wire to bytes on the wire: frames, bad frames, babble, silence, the board's own ticks."""
    draw = random.Random(11)
    board, wire = locked_board(name)
    try:
        for session in sessions(1_000, 10):
            for frame in session.frames:
                board.exchange(frame)
                if draw.random() < 0.05:
                    wire.send(draw.randbytes(draw.randint(1, 255)) + b"\x7e")
                    wire.pass_time(draw.choice([0, 10, 400, 2000]))
    finally:
        board.close()


@pytest.mark.parametrize("name", ["unix", "wasm"])
def test_a_turn_that_allocates_would_be_seen(name):
    """HELLO in mode hil builds a new controller."""
    board, _ = locked_board(name)
    board.exchange(frame(0))
    with pytest.raises(LinkLostError, match="MemoryError"):
        board.session.hello(2, board.hello.build, record(DIE)[-1])
    board.close()
