"""The micro:bit's own program, on CPython: what it answers, what it ignores, and its dead-man."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core import Core
from controller.vocabulary import record
from firmware.boards.microbit import Board, run
from firmware.host import microbit
from firmware.host.errors import FirmwareError
from hil.link import BOARD, HOST, Decoder, encode

CONFIG = record()
BUILD, CHECKSUM = 1234567, CONFIG[52]
HELLO, SENSOR, MESSAGE, ALIVE, CONFIGURE, LEAVE = 1, 2, 3, 4, 5, 8
COMMAND, ANSWER = 2, 4
DONE, UNKNOWN, LENGTH, MODE = 0, 1, 2, 3
LOOK, HIL = 0, 2
STATE, FAULTS, OUTPUTS, MOVE, POSITION = 3, 4, 2, 0, 1
IDLE, ARMED, TRIPPED = 0, 1, 2
LINK = 8
BOTH = 3


class Uart:
    """A host's script: bytes, and milliseconds of silence; it ends with LEAVE."""

    def __init__(self, script):
        self.script = [*script, encode(HOST, 127, HELLO, (1, 0, 0, LOOK)), encode(HOST, 0, LEAVE)]
        self.now = 2**30 - 350
        self.waiting = b""
        self.sent = []

    def running_time(self):
        return self.now & (2**30 - 1)

    def any(self):
        if not self.waiting and self.script:
            if isinstance(self.script[0], bytes):
                self.waiting = self.script.pop(0)
            else:
                self.now += 1
                self.script[0] -= 1
                if self.script[0] <= 0:
                    self.script.pop(0)
        return bool(self.waiting)

    def read(self, n):
        data, self.waiting = self.waiting[:n], self.waiting[n:]
        return data

    def write(self, data):
        self.sent.append(bytes(data))


def talk(*script, board=None):
    """What the board answered to the script: frames, without those of the goodbye."""
    uart = Uart(script)
    modules = {
        "microbit": SimpleNamespace(uart=uart, running_time=uart.running_time),
        "micropython": ModuleType("micropython"),
    }
    board = board or Board(list(CONFIG), [1, 0, 1, 0, BUILD, CHECKSUM, 2, LOOK, 0, 0, 0, 0, 0])
    with pytest.MonkeyPatch.context() as patch:
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        run(board)
    decoder = Decoder(BOARD)
    frames = [frame for data in uart.sent for frame in decoder.feed(data)]
    assert decoder.bad == 0
    assert len(frames) == len(uart.sent)
    return frames[:-2]


def greeting(mode=HIL, build=BUILD, checksum=CHECKSUM, protocol=1, sequence=1):
    return encode(HOST, sequence, HELLO, (protocol, build, checksum, mode))


def tick(n, say=(0, 0, 0), sequence=None):
    frame = [100 * n, 1_100_000 + (n & 1), n, 0, 1000, 0, *say]
    return encode(HOST, (n + 1 if sequence is None else sequence) & 127, SENSOR, frame)


ARMING = [
    greeting(),
    tick(1, (7, 0, 100)),
    *(tick(n) for n in range(2, 14)),
    tick(14, (1, 0, 0)),
    tick(15, (5, 0, 45000)),
]
PUSHING = [*ARMING, *(tick(n) for n in range(16, 60))]


# --- hello ---------------------------------------------------------------------------------------------------------


def test_it_says_who_it_is_and_enters_mode_hil():
    (frame,) = talk(greeting())
    assert frame.kind == HELLO
    assert frame.values == (1, 0, 1, 0, BUILD, CHECKSUM, 2, HIL, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "wrong", [{"build": BUILD ^ 1}, {"checksum": CHECKSUM ^ 1}, {"protocol": 2}, {"mode": 1}, {"mode": 3}, {"mode": -2}]
)
def test_a_stranger_gets_mode_look_in_which_nothing_ticks(wrong):
    hello, answer = talk(greeting(**wrong), tick(1))
    assert hello.values[7] == LOOK
    assert (answer.kind, answer.values) == (ANSWER, (MODE,))


def test_a_hello_starts_over_as_a_new_board_would():
    script = [tick(n, (7, 0, 0) if n == 1 else (1, 0, 0) if n == 14 else (0, 0, 0)) for n in range(1, 30)]
    disarm = tick(30, (2, 0, 0))
    first = talk(greeting(), *script)
    again = talk(greeting(), *script, disarm, greeting(sequence=1), *script)
    assert [f.values for f in again[-29:]] == [f.values for f in first[-29:]]


def test_while_armed_no_hello_changes_anything():
    *_, hello, command = talk(*PUSHING, greeting(mode=LOOK, sequence=61), tick(60, sequence=62))
    assert hello.values[7] == HIL
    assert command.values[STATE] == ARMED


# --- frames --------------------------------------------------------------------------------------------------------


def test_every_tick_is_the_cores():
    core, command = Core(list(CONFIG), 0), [0] * 9
    expected = []
    for data in PUSHING[1:]:
        (frame,) = Decoder(HOST).feed(data)
        core.tick(list(frame.values), command)
        expected.append(tuple(command))
    found = [frame.values for frame in talk(*PUSHING)[1:]]
    assert found == expected
    assert found[-1][STATE] == ARMED
    assert found[-1][OUTPUTS] & BOTH == BOTH


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode(HOST, 2, ALIVE), DONE),
        (encode(HOST, 2, ALIVE, (1,)), LENGTH),
        (encode(HOST, 2, LEAVE, (1,)), LENGTH),
        (encode(HOST, 2, SENSOR, [0] * 8), LENGTH),
        (encode(HOST, 2, SENSOR, [0] * 10), LENGTH),
        (encode(HOST, 2, HELLO, (1, BUILD, CHECKSUM)), LENGTH),
        (encode(HOST, 2, MESSAGE, (1, 0, 0)), UNKNOWN),
        (encode(HOST, 2, CONFIGURE, (0, 1)), UNKNOWN),
        (encode(HOST, 2, 9), UNKNOWN),
        (encode(HOST, 2, -1), UNKNOWN),
    ],
)  # fmt: skip
def test_what_else_is_said_is_answered(data, code):
    _, answer = talk(greeting(), data)
    assert (answer.kind, answer.values) == (ANSWER, (code,))


def test_the_last_frame_again_is_answered_again_and_acted_on_once():
    once = talk(*PUSHING)
    twice = talk(*(data for data in PUSHING for _ in range(2)))
    assert twice[::2] == twice[1::2] == once


def test_another_frame_by_the_last_number_and_late_ones_are_dropped():
    late = [tick(70, sequence=60), tick(58), tick(1), tick(70, sequence=(60 + 65) & 127)]
    assert talk(*PUSHING, *late) == talk(*PUSHING)


@given(noise=st.lists(st.binary(min_size=1, max_size=80).map(lambda data: data + b"\x7e"), max_size=5))
def test_noise_between_frames_changes_nothing(noise):
    decoder = Decoder(HOST)
    if any(decoder.feed(data) for data in noise):
        return
    start = [b"\x7e", *ARMING]
    assert talk(*start, *noise, b"\x7e" * 65, tick(16)) == talk(*start, tick(16))


# --- the dead-man --------------------------------------------------------------------------------------------------


def state_after(*script):
    """Command frame of a tick after the script."""
    return talk(*PUSHING, *script, tick(61, sequence=100))[-1].values


def test_300_ms_of_silence_are_borne_and_more_are_not():
    assert state_after(300)[STATE] == ARMED
    tripped = state_after(302)
    assert tripped[STATE] == TRIPPED
    assert tripped[FAULTS] & LINK
    assert tripped[MOVE] == 0
    assert tripped[OUTPUTS] & BOTH == 0


@pytest.mark.parametrize(
    "empty", [PUSHING[-1], tick(58), b"\x7e", tick(90)[:-1] + b"\x00\x7e", encode(BOARD, 61, ALIVE)],
    ids=["the last again", "late", "sync", "cut", "an echo"],
)  # fmt: skip
def test_what_is_no_news_is_no_sign_of_life(empty):
    assert state_after(*[100, empty] * 3, 50)[STATE] == TRIPPED


def test_a_sign_of_life_keeps_it_armed():
    signs = [part for n in range(61, 81) for part in (250, encode(HOST, n, ALIVE))]
    assert state_after(*signs)[STATE] == ARMED


def test_an_idle_board_waits_for_ever():
    assert talk(greeting(), tick(1), 5000, tick(2))[-1].values[FAULTS] & LINK == 0


def test_the_answer_to_the_last_frame_stays_what_it_was():
    """The host asks again after the board has tripped: the move it has not heard of was made."""
    *_, first, again, after = talk(*PUSHING, 400, PUSHING[-1], tick(61, sequence=100))
    assert first == again
    assert first.values[STATE] == ARMED
    assert after.values[STATE] == TRIPPED
    assert after.values[POSITION] == first.values[POSITION]


def test_only_a_reset_leads_out_of_it():
    trip = [*PUSHING, 400]
    says = [(1, 0, 0), (2, 0, 0), (5, 0, 40000), (7, 0, 1), (1, 0, 0)]
    tries = [tick(61 + i, say, 101 + i) for i, say in enumerate(says)]
    *_, last = talk(*trip, *tries)
    assert last.values[STATE] == TRIPPED
    assert talk(*trip, *tries, tick(66, (3, 0, 0), 110))[-1].values[STATE] == IDLE


# --- what is sent to it ----------------------------------------------------------------------------------------------


def test_a_record_that_is_refused_is_not_built():
    with pytest.raises(FirmwareError, match="SOFT"):
        microbit.bundle([*CONFIG[:14], 0, *CONFIG[15:]])
    with pytest.raises(FirmwareError, match="checksum"):
        microbit.bundle([*CONFIG[:52], CHECKSUM ^ 1])


def test_what_is_left_off_does_not_travel_and_a_policy_is_refused():
    assert [len(eval(line.partition("=")[2])) for line in microbit.bundle()["config"].splitlines()[-2:]] == [40, 13]
    assert microbit.bundle(record(RESPONSE_256=128)), "a response check is left off, as the documents say"
    with pytest.raises(FirmwareError, match=r'no pressure policy: set control.policy = "constant"'):
        microbit.bundle(record(POLICY_THRESHOLD_uA=1))


def test_the_build_is_known_by_its_program_not_by_its_configuration():
    one, other = microbit.bundle(), microbit.bundle(record(STUCK_samples=77))
    assert one["config"] != other["config"]
    assert microbit.number(one) == microbit.number(other)
    assert microbit.number(one) != microbit.number({**one, "source": one["source"] + "\n"})
    assert str(microbit.number(one)) in one["config"]


def test_every_file_of_controller_and_board_is_sent_or_left_off_for_a_reason():
    sent = set(microbit.PROGRAM)
    left = " ".join(microbit.LEFT_OFF)
    root = microbit.sources.ROOT
    for path in [*(root / "controller").glob("*.py"), *(root / "firmware").glob("*.py")]:
        name = path.relative_to(root).as_posix()
        assert path.name == "__init__.py" or (name in sent) != (name in left), name
