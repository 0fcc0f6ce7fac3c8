"""The controller in C is the controller in Python: the same frames and the same state, to the bit."""

import sys
import types

import numpy as np
import pytest
from frame_sequences import SEQUENCES, frames
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import DIE, FIELDS, POUCH, REGULATOR, WATCHED, record

from controller.configuration import DEFAULT, check
from controller.controller import Controller
from controller.frames import C_SELF_TEST, C_WATCHDOG
from hil.fleet.controllers import Compiled, CompiledControllers
from hil.fleet.translate import TranslationError, translate
from twin.errors import SimulationError

NAMES = [name for name in FIELDS if name != "healthy"]
SHARES = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
CHANGES = st.lists(st.tuples(st.sampled_from(NAMES), SHARES), max_size=40)


def valid(start, changes):
    """The fields of ``start``, changed one by one to anywhere within their bounds where the record stays valid."""
    base = dict(start)
    for name, share in changes:
        low, high, _ = FIELDS[name]
        changed = {**base, name: low + round(share * (high - low))}
        if check(record(changed)) == 0:
            base = changed
    return base


def attributes(thing):
    """Every attribute as `CompiledControllers.state` gives them."""
    return {
        name: attributes(value) if hasattr(value, "__dict__") else value
        for name, value in vars(thing).items()
        if not (name == "config" and type(thing) is not Controller)
    }


def same(config, found, sensors):
    """Tick both through ``sensors``; every command and every state is the same."""
    python, c = Controller(list(config), found), CompiledControllers([config], found, checked=True)
    command = [0] * 9
    for frame in sensors:
        python.tick(frame, command)
        assert c.tick(np.array([frame]))[0].tolist() == command
        assert c.state(0) == attributes(python)


@settings(max_examples=150, deadline=None)
@given(
    SEQUENCES,
    st.sampled_from([DIE, POUCH, REGULATOR, WATCHED]),
    CHANGES,
    st.sampled_from([0, 0, 0, C_WATCHDOG, C_SELF_TEST, 1023]),
)
def test_same_frames_and_state_for_any_sequence_and_configuration(sequence, start, changes, found):
    base = valid(start, changes)
    same(record(base), found, frames(sequence, base))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-(2**31) + 1, 2**31 - 1), min_size=53, max_size=53),
    st.lists(st.tuples(st.integers(0, 52), st.integers(-5, 2**20)), max_size=3),
)
def test_same_defaults_for_a_record_that_is_refused(garbage, changes):
    for config in (garbage, record(DIE)):
        for i, value in changes:
            config[i] = value
        same(config, 0, frames((True, [("edge", 1, 3, 2)])))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-(2**30) + 1, 2**30 - 1), min_size=9, max_size=9), max_size=30))
def test_same_answer_to_garbage(sensors):
    same(DEFAULT, 0, sensors)


def test_a_compiled_board_serves_as_any_board():
    board, command = Compiled(record(DIE)), [0] * 9
    python = Controller(record(DIE))
    for frame in frames((True, [("hold", 0, 9, 0), ("stop", 0, 2, 0)])):
        python.tick(frame, command)
        assert board.exchange(frame) == command
    assert board.name == "compiled"


def test_each_controller_of_a_batch_is_its_own():
    bases = [valid(DIE, [("speed", 0.0005 * i), ("ki", 0.1 * i)]) for i in range(7)]
    batch = CompiledControllers([record(base) for base in bases])
    boards = [Controller(record(base)) for base in bases]
    sequences = [list(frames((True, [("edge", i, 3, i), ("hold", i, 9, 0)]), bases[i])) for i in range(7)]
    for sensors in zip(*sequences, strict=True):
        commands = [[0] * 9 for _ in boards]
        for board, sensor, command in zip(boards, sensors, commands, strict=True):
            board.tick(sensor, command)
        assert batch.tick(np.array(sensors)).tolist() == commands


def test_records_of_another_length_are_refused():
    with pytest.raises(ValueError, match="53"):
        CompiledControllers([DEFAULT[:-1]])


REFUSED = {
    "a float": "self.a = 1.5",
    "true division": "self.a = self.a / 2",
    "a power": "self.a = self.a ** 2",
    "a value of and": "self.a = self.a and 1",
    "a while": "while self.a: self.a = 0",
    "a loop of variable length": "for i in range(self.a): self.a = i",
    "a loop over a list": "for i in config: self.a = i",
    "an unknown name": "self.a = nothing_known",
    "an unknown function": "self.a = abs(self.a)",
    "a wide literal": "self.a = 1 << 31",
    "an index beyond": "self.a = config[53]",
    "an index from behind": "self.a = config[-1]",
    "a list": "self.a = [1, 2]",
    "a tuple": "self.a, b = 1, 2",
    "two targets": "self.a = b = 1",
    "a try": "try:\n            self.a = 1\n        finally:\n            self.a = 2",
    "a boolean": "self.a = True",
    "None": "self.a = None",
    "a call beside a value": "self.a = self.a + self.change()",
    "a call in a comparison": "self.a = 1 if self.change() < self.a else 2",
    "two calls as arguments": "self.take(self.change(), self.change())",
    "too few arguments": "self.take(1)",
    "another kind of value": "b = 1\n        b = config",
    "an attribute that is nowhere": "self.a = self.b",
    "a membership": "self.a = self.a in config",
    "an assert": "assert self.a",
    "a shift to the left by a variable": "self.a = 1 << self.a",
    "a lambda": "self.a = (lambda: 1)()",
    "a global": "global X",
    "a name before its value": "self.a = LATE\n        LATE = 1",
}


def module_with(folder, body):
    text = f"""
LATE = 3


class Thing:
    def __init__(self, config: list[int]) -> None:
        self.a = 0
        {body}

    def change(self) -> int:
        self.a = self.a + 1
        return self.a

    def take(self, x: int, y: int) -> None:
        self.a = x - y
"""
    path = folder / "thing_to_translate.py"
    path.write_text(text)
    module = types.ModuleType("thing_to_translate")
    module.__file__ = str(path)
    exec(compile(text, path, "exec"), module.__dict__)
    sys.modules["thing_to_translate"] = module


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_understood_is_refused_by_file_and_line(body, tmp_path):
    module_with(tmp_path, body)
    with pytest.raises((TranslationError, SyntaxError)) as caught:
        translate(("thing_to_translate",), "Thing", ("__init__",))
    if caught.type is TranslationError and "32 bits" not in str(caught.value):
        assert "thing_to_translate.py:" in str(caught.value)


def test_what_is_understood_is_not_refused(tmp_path):
    module_with(tmp_path, "self.a = config[3] // 7 % -5 >> 1 if 0 < config[2] <= 9 or not config[1] else self.change()")
    assert "floor_mod(floor_div(" in translate(("thing_to_translate",), "Thing", ("__init__",)).text


def test_a_compiled_controller_needs_a_compiler(monkeypatch):
    from hil.fleet.controllers import compiled

    monkeypatch.setenv("ISOSTACK_CC", "")
    compiled.cache_clear()
    with pytest.raises(SimulationError, match="no C compiler"):
        CompiledControllers([DEFAULT])
    compiled.cache_clear()
