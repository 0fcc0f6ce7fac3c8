"""The micro:bit, emulated: its outputs, and the state of core, filter and law, are those of the sources on CPython."""

import random
import shutil
from contextlib import closing

import pytest
from adversarial_ticks import MOST, altered, disturbed, spread
from board_memory import View
from evidence import FULL, amount
from restated_limits import DIE, DISARM, POUCH, REGULATOR, record

from controller.core import Core
from controller.frames import new_command_frame
from firmware.host import microbit
from hil.boards.microbit import Microbit
from hil.emulated.qemu import Machine, missing
from hil.link import HOST, encode

TICKS = amount(20_000)
HELLO, SENSOR = 1, 2
ROOM = 1024

needs_qemu = pytest.mark.skipif(bool(missing()), reason=missing())


def lives(ticks, draw):
    """Configurations, and for each some sessions of frames; so many ticks in all."""
    bases = [DIE, POUCH, REGULATOR] + [draw.choice([DIE, POUCH, REGULATOR]) for _ in range(7 if FULL else 0)]
    # It has no policy: a record that asks for one is refused (tests/unit/test_microbit_program.py).
    for base in [altered(draw, base) | {"policy_threshold": 0} for base in bases]:
        left, some = ticks // len(bases) + 1, []
        while left > 0:
            some.append(disturbed(draw, spread(draw, base))[: min(left, MOST)])
            left -= len(some[-1])
        yield record(base), some


def parts(core):
    return {"core": core, "filter": core.filter, "law": core.law}


def state(core):
    """Every integer of a core, by part and name."""
    return {
        f"{part}.{name}": value
        for part, thing in parts(core).items()
        for name, value in vars(thing).items()
        if isinstance(value, int)
    }


# --- without an emulator ---------------------------------------------------------------------------------------------


def board_program():
    """Namespace of the micro:bit's program, run in pieces on CPython, and its names."""
    found, names = microbit.program()
    namespace = {}
    for piece in found:
        exec(piece, namespace)
    return namespace, names


def test_the_program_that_is_sent_is_the_controller():
    """Folded, renamed, in pieces: on CPython it ticks as the sources do, outputs and state."""
    namespace, names = board_program()
    to = names.attributes
    for config, frames in ((config, frames) for config, some in lives(10_000, random.Random(21)) for frames in some):
        ours = Core(list(config), 0)
        theirs = namespace[names.variables["Core"]](list(config), 0)
        one, other = new_command_frame(), new_command_frame()
        for frame in frames:
            ours.tick(frame, one)
            getattr(getattr(theirs, to["filter"]), to["observe"])(frame)
            event = getattr(theirs, to["message"])(frame[6], frame[8]) if frame[6] else 0
            getattr(theirs, to["finish"])(event, 0, frame[4], other)
            assert one == other
        for path, value in state(ours).items():
            part, name = path.split(".")
            thing = theirs if part == "core" else getattr(theirs, to[part])
            assert getattr(thing, to[name]) == value, path


# --- on the board ----------------------------------------------------------------------------------------------------


def end(frame):
    """After ``frame``, a disarmed board: a hello then starts it over."""
    return [(frame[0] + 100) & (2**30 - 1), *frame[1:6], DISARM, 0, 0]


def start_over(board):
    with board.machine.running():
        assert board.session.hello(2, board.hello.build, board.hello.checksum).mode == 2


@needs_qemu
def test_outputs_and_state_are_those_of_cpython(record_property):
    """Frame by frame the outputs; at the end of each session, at most 400 frames long, the state, out of its RAM."""
    done = 0
    _, names = microbit.program()
    view = View(names)
    for config, some in lives(TICKS, random.Random(4)):
        with closing(Microbit(config)) as board:
            for frames in some:
                core, command = Core(list(config), 0), new_command_frame()
                for i, frame in enumerate([*frames, end(frames[-1])]):
                    core.tick(frame, command)
                    assert board.exchange(frame) == command, f"tick {i} of {config}: {frame}"
                wanted = state(core)
                assert view.state(board.machine.memory(), wanted) == wanted
                start_over(board)
                done += len(frames)
    assert done >= TICKS
    what = "conformance, micro:bit: ticks with outputs and state as on CPython"
    record_property("figure", (what, f"{done:,}", "20,000"))


def locked(folder, spoilt=("", "")):
    """Sources whose heap is locked during a tick, in ``folder``; ``spoilt`` is put in them in place of something."""
    for path in microbit.PROGRAM:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(microbit.sources.ROOT / path, folder / path)
    main = folder / "firmware/boards/microbit.py"
    text = main.read_text()
    for old, new in [
        (
            "import running_time, uart\n",
            "import running_time, uart\n    from micropython import heap_lock, heap_unlock\n",
        ),
        ("            core.filter.observe(", "            heap_lock()\n            core.filter.observe("),
        ("board.command)\n", "board.command)\n            heap_unlock()\n"),
    ]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    main.write_text(text)
    core = folder / "controller/core.py"
    assert core.read_text().count(spoilt[0]) == 1 or not spoilt[0]
    core.write_text(core.read_text().replace(*spoilt))
    return folder


@needs_qemu
def test_no_tick_allocates_under_a_locked_heap(tmp_path, record_property):
    """At its full depth of calls, in the main loop: one that allocates raises and ends the program."""
    root, done = locked(tmp_path), 0
    for config, some in lives(TICKS // 4, random.Random(9)):
        with closing(Microbit(config, files=microbit.bundle(config, root))) as board:
            for frames in some:
                for frame in [*frames, end(frames[-1])]:
                    board.exchange([max(value, 1 - 2**30) for value in frame])
                start_over(board)
                done += len(frames)
    record_property("figure", (f"ticks under heap_lock() that allocated, of {done:,}, micro:bit", "0", "0"))


@needs_qemu
def test_an_allocation_would_be_seen(tmp_path):
    line = "        pressure = f.pressure - self.tare\n"
    root = locked(tmp_path, (line, line.replace("f.pressure - self.tare", "[f.pressure - self.tare][0]")))
    with closing(Microbit(record(DIE), files=microbit.bundle(record(DIE), root))) as board, board.machine.running():
        board.machine.write(encode(HOST, 50, HELLO, (1, board.hello.build, board.hello.checksum, 2)))
        board.machine.write(encode(HOST, 51, SENSOR, [100, 0, 1, 0, 0, 0, 0, 0, 0]))
        board.machine.read_until(b"MemoryError")


@needs_qemu
def test_it_fits_with_room_to_spare(record_property):
    """Everything loaded, its board made: the heap that is left, after the collector has run."""
    files = microbit.bundle(record(DIE))
    call = files["main.py"].splitlines()[-1]
    run, made = call[:-1].split("(", 1)
    files["main.py"] = files["main.py"].replace(call, f"b={made}\ngc.collect()\nprint(gc.mem_free())\n{run}(b)")
    with Machine() as machine:
        machine.install({name: text.encode() for name, text in files.items()})
        free = int(machine.read_until(b"\r\n"))
    assert free >= ROOM
    record_property(
        "figure", ("micro:bit: heap left with law, filter and link loaded", f"{free:,} bytes", "1,024 bytes")
    )
    text, main = files["source"], files["main.py"]
    record_property("figure", ("micro:bit: source on the board", f"{len(text) + len(main):,} bytes", "-"))
