"""Same inputs, same bits: the controller's outputs and its whole state on every Python are those on CPython (S10)."""

import os
import shutil
import struct

import pytest
import rp2040_image
import targets
from adversarial_ticks import sessions
from restated_limits import ARMED, TRIPPED
from targets import ROOT, digests, first_difference

EVIDENCE = os.environ.get("ISOSTACK_EVIDENCE") == "1"
TICKS = 100_000 if EVIDENCE else 10_000
SEED = 4


@pytest.fixture(scope="module")
def ticks():
    return list(sessions(TICKS, SEED))


@pytest.fixture(scope="module")
def reference(ticks):
    """Digests of CPython, in a process of its own."""
    with targets.cpython() as target:
        return digests(target, ticks)


def pico():
    rp2040_image.needed()
    return targets.Pico()


def compare(target, reference, ticks):
    """Fails with the first tick that differs."""
    with target:
        for number, (found, expected) in enumerate(zip(digests(target, ticks), reference, strict=True)):
            if found != expected:
                batch = next(i for i, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1])
                with targets.cpython() as one:
                    words = first_difference(one, target, ticks[number], batch)
                pytest.fail(f"session {number}: {words or 'differs, but not when run again'}", pytrace=False)


@pytest.mark.parametrize("where", [targets.unix, targets.wasm, pico], ids=["unix", "wasm", "pico"])
def test_outputs_and_state_are_those_of_cpython(where, reference, ticks, record_property):
    target = where()
    compare(target, reference, ticks)
    name = {"unix": "Unix", "wasm": "WebAssembly", "pico": "Pico core"}[where.__name__]
    done = sum(len(session.frames) for session in ticks)
    figure = (f"conformance, {name}: ticks with outputs and state as on CPython", f"{done:,}", "100,000")
    record_property("figure", figure)


def test_cpython_in_another_process_is_this_one(reference, ticks, record_property):
    """The reference is not an accident of its process: the same rows, from the controller called here."""
    import hashlib

    from controller.controller import Controller

    for session, expected in zip(ticks, reference, strict=True):
        board = Controller(session.config, session.found)
        parts = targets.parts(board)
        found = []
        for batch in targets.batches(session):
            whole = hashlib.sha256()
            for frame in batch:
                command = [0] * 9
                board.tick(frame, command)
                state = [getattr(p, n) for p, names in zip(parts, targets.WATCHED, strict=True) for n in names]
                whole.update(struct.pack(f"<{targets.WIDTH}i", *command, *state))
            found.append(whole.digest())
        assert found == expected
    record_property("figure", ("conformance, CPython: two processes alike, ticks", f"{TICKS:,}", "100,000"))


def test_the_state_watched_is_the_whole_state(ticks):
    """No integer attribute appears later than at the start, and nothing else holds state but what is watched."""
    from controller.controller import Controller

    for session in ticks[:10]:
        board = Controller(session.config, session.found)
        for frame in session.frames:
            board.tick(frame, [0] * 9)
        parts = targets.parts(board)
        for part, names in zip(parts, targets.WATCHED, strict=True):
            others = {name for name, held in vars(part).items() if not isinstance(held, int)}
            assert set(vars(part)) == set(names) | others
            assert others <= {"config", "kept", "stored", "filter", "law", "core", "response", "policy", "manual"}


def test_the_ticks_reach_every_state_event_fault_and_message(ticks):
    from controller.controller import Controller

    states, events, faults, blocks, moves, armed, messages = set(), set(), 0, 0, set(), 0, set()
    for session in ticks:
        board = Controller(session.config, session.found)
        for frame in session.frames:
            command = [0] * 9
            board.tick(frame, command)
            states.add(command[3])
            events.add(command[6])
            faults |= command[4]
            blocks |= command[5]
            moves.add((command[0] > 0) - (command[0] < 0))
            armed += command[3] == ARMED
            messages.add(frame[6])
    assert states == {0, ARMED, TRIPPED}
    assert events == set(range(10))
    assert messages >= set(range(-1, 12)) | {-(2**30), 2**30 - 1}
    assert faults | blocks == 2**22 - 1
    assert moves == {-1, 0, 1}
    assert armed > TICKS / 10


@pytest.mark.parametrize("where", [targets.unix, targets.wasm], ids=["unix", "wasm"])
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("law.py", "return (act + 128 >> 8) + slack", "return (act >> 8) + slack"),
        ("safety.py", "if pressure >= c[SOFT_hPa]:", "if pressure > c[SOFT_hPa]:"),
        ("law.py", "self.charge = charge % quantum", "self.charge = charge % quantum | 1"),
    ],
    ids=["move", "limit", "state"],
)
def test_one_bit_of_difference_is_found_and_told(tmp_path, where, file, old, new, ticks):
    """The comparison is worth something: a controller that differs somewhere fails it, and both frames are told."""
    shutil.copytree(ROOT / "controller", tmp_path / "controller")
    text = (tmp_path / "controller" / file).read_text()
    assert text.count(old) == 1
    (tmp_path / "controller" / file).write_text(text.replace(old, new))
    shutil.copy(targets.SCRIPT, tmp_path)
    with targets.cpython() as one:
        expected = digests(one, ticks)
    with pytest.raises(pytest.fail.Exception) as failed:
        compare(where(tmp_path), expected, ticks)
    words = str(failed.value)
    assert "tick " in words
    assert "sensor frame" in words
    assert words.count("command frame") == 1
    assert " or " in words.splitlines()[-1]
