"""The filter alone, many times over: short sequences grown from a seed, judged by the witness.

`make test` tries some thousands, `make prove` a million (ISOSTACK_DEEP=1). A failure names the seed that grows it, and
`replay(seed)` runs it again.
"""

import random

import pytest
from evidence import DEEP, SEED
from frame_sequences import CALM, FAULTY, Witness, frames
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from restated_limits import (
    ARM,
    CONFIRM,
    DIE,
    DISARM,
    IDLE,
    MESSAGE,
    POUCH,
    REGULATOR,
    RESET,
    VALUE,
    WATCHDOG,
    Int31,
    record,
)  # fmt: skip

from controller.safety import SafetyFilter

CHUNKS, EACH = (100, 10_000) if DEEP else (4, 500)
QUICK = {"healthy": 1, "permit_off": 200, "stuck": 6, "retreat": 9}
BASES = [DIE | QUICK, POUCH | QUICK, REGULATOR | QUICK, REGULATOR | QUICK | {"stop_vents": 1, "jump": 5000}]
KINDS = [*CALM, *FAULTY, "arm", "disarm", "reset", "confirm", "rearm", "rearm"]
ASKS = [-(2**30), -(2**29), -21, -20, -1, 0, 1, 20, 21, 2**29, 2**30 - 1]


def grown(number):
    """From a seed: a filter's record, what it found at boot, and its frames, armed more often than not."""
    draw = random.Random(number)
    base = draw.choice(BASES)
    episodes = [
        (draw.choice(KINDS), draw.randint(-5, 5), draw.randint(1, 4), draw.randint(0, 9))
        for _ in range(draw.randint(1, 6))
    ]
    start = [] if draw.random() < 0.2 else [("rearm", 0, 1, 0)]
    return base, draw.choice([0, 0, 0, WATCHDOG]), list(frames((False, start + episodes), base)), draw


def replay(number):
    """Runs what grows from a seed; raises with the promise that is broken. Ticks, and how many were armed."""
    base, found, sequence, draw = grown(number)
    board, witness = SafetyFilter(record(base), found), Witness(base, found, whole=False)
    for frame in sequence:
        board.observe(frame)
        event = message(board, frame)
        move = board.actuate(draw.choice(ASKS) if board.state != IDLE else 0)
        faults = board.latched | board.active
        witness.see(frame, [move, board.position, board.outputs, board.state, faults, board.blocks(), event, 0, 0])
    return len(sequence), witness.armed_ticks


def message(board, frame):
    kind = frame[MESSAGE]
    if kind == ARM:
        return board.arm()
    if kind == DISARM:
        return board.disarm()
    if kind == RESET:
        return board.reset()
    return board.confirm(frame[VALUE]) if kind == CONFIRM else 0


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_S1_to_S4_and_S13_to_S16_of_the_filter(chunk, record_property):
    ticks = armed = 0

    @seed(SEED * 1000 + chunk)
    @settings(max_examples=EACH, deadline=None, database=None, print_blob=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(number=st.integers(0, 2**64 - 1))
    def hold(number):
        nonlocal ticks, armed
        n, on = named(number)
        ticks += n
        armed += on

    hold()
    assert armed > ticks // 20, "hardly ever armed: nothing was tried"
    record_property("deep", (EACH, ticks, armed))


@pytest.mark.parametrize("base", BASES, ids=["die", "pouch", "regulator", "vented"])
@seed(SEED)
@settings(max_examples=EACH // 5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(number=st.integers(0, 2**64 - 1))
def test_S8_no_intermediate_of_the_filter_leaves_31_bits(base, number):
    _, found, sequence, draw = grown(number)
    board = SafetyFilter([Int31(x) for x in record(base)], found)
    for frame in sequence:
        board.observe([Int31(x) for x in frame])
        message(board, [Int31(x) for x in frame])
        board.actuate(Int31(max(draw.choice(ASKS), -(2**30) + 1)))


@seed(SEED)
@settings(max_examples=EACH // 5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(number=st.integers(0, 2**64 - 1))
def test_S7_the_filter_stays_tripped_after_a_watchdog_until_reset(number):
    base, _, sequence, draw = grown(number)
    board, tripped = SafetyFilter(record(base), WATCHDOG), True
    for frame in sequence:
        board.observe(frame)
        event = message(board, frame)
        tripped = tripped and not (frame[MESSAGE] == RESET and event == 1)
        move = board.actuate(draw.choice(ASKS))
        if tripped:
            assert (board.state, board.latched & WATCHDOG, move) == (2, WATCHDOG, 0), "S7"


def named(number):
    """Runs a seed; what it breaks, it breaks by name and seed."""
    try:
        return replay(number)
    except AssertionError as broken:
        raise AssertionError(f"{broken}: test_filter_deep.replay({number})") from broken


def test_a_broken_promise_names_the_seed_that_replays_it(monkeypatch):
    monkeypatch.setattr(SafetyFilter, "cut", lambda self, ask: ask)
    with pytest.raises(AssertionError, match=r"S\d+: .*replay\(\d+\)"):
        list(map(named, range(200)))
