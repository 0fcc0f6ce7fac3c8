"""Over the limit, by load cell or comparator: a regulator's code falls whatever is latched, nothing compresses."""

import random

import pytest
from bench import Hand
from frame_sequences import SEQUENCES, frames
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import (
    ARMED,
    BLOCKS,
    CLOCK,
    DIE,
    FAULTS,
    FORCE,
    LIMITS,
    LINK,
    MOVE,
    OUTPUTS,
    OVER,
    POUCH,
    REGULATOR,
    RESPONSE,
    SELF_TEST,
    SENSOR,
    STALE,
    STATE,
    STOP,
    STUCK,
    SWITCHES,
    TRIPPED,
    WATCHDOG,
    WATCHED,
    record,
)

from controller.controller import Controller

CAUSES = [STOP, LIMITS, LINK, SENSOR, STALE, CLOCK, STUCK, RESPONSE, WATCHDOG, SELF_TEST]


@settings(max_examples=300, deadline=None)
@given(
    causes=st.sets(st.sampled_from(CAUSES)),
    by=st.sampled_from([OVER, FORCE]),
    vents=st.booleans(),
    retreat=st.integers(0, 200),
    code=st.integers(0, 4095),
    speed=st.integers(1, 10),
    accel=st.integers(1, 10),
    seed=st.integers(0, 999),
)
def test_a_regulator_over_the_limit_lowers_its_code_whatever_else_is_latched(
    causes, by, vents, retreat, code, speed, accel, seed
):
    """By at least one count a tick, until its travel is used up or the pressure is below its goal; it never rises."""
    base = REGULATOR | {"stop_vents": int(vents), "retreat": retreat, "speed": speed, "accel": accel, "stuck": 0}
    goal = base["soft"] - base["margin"]
    hand, draw = Hand(base).armed(40000, 40000), random.Random(seed)
    f = hand.board.core.filter
    f.position, f.state, f.latched = code, TRIPPED, sum(causes)
    if not causes:
        f.state, f.latched = ARMED, 0
    fallen, latched, below = 0, False, False
    for tick in range(300):
        pressure = draw.choice([goal, 70000, 79990, 200000 if by == OVER else 79990])
        if tick > 250 - seed % 200:
            pressure = goal - 1
        pressure = max(pressure, 80000) if tick < 5 and by == OVER else pressure
        command = hand.tick(pressure, switches=FORCE if by == FORCE and tick < 240 else 0)
        latched = latched or bool(f.latched & by)
        if not latched:
            assert command[MOVE] <= 0 or not causes
            continue
        assert command[MOVE] <= 0, "the code rose"
        assert command[STATE] == TRIPPED
        fallen -= command[MOVE]
        below = below or (f.pressure < goal and not f.active & FORCE)
        if vents and STOP in causes:
            assert command[MOVE] < 0 or f.position == 0, "did not vent"
        elif below:
            assert command[MOVE] == 0, "retreated below its goal"
        else:
            assert command[MOVE] < 0 or fallen == retreat or f.position == 0, "held over the limit"
            assert fallen <= retreat, "further than its travel"
    assert latched
    assert f.position == 0 or fallen > 200 or not (vents and STOP in causes)


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([DIE, POUCH, REGULATOR, WATCHED | {"approach": 20}, REGULATOR | {"stop_vents": 1}]),
    sequence=SEQUENCES,
    seed=st.integers(0, 99),
    share=st.sampled_from([0.02, 0.2, 1.0]),
)
def test_with_the_over_force_comparator_active_nothing_compresses_in_any_state(base, sequence, seed, share):
    """Armed, it trips in that very tick and is named; nothing arms while it lasts; permits are low."""
    board, command, draw = Controller(record(base)), [0] * 9, random.Random(seed)
    active, was = False, 0
    for frame in frames(sequence, base):
        active = draw.random() < 0.8 if active else draw.random() < share
        frame[SWITCHES] = frame[SWITCHES] | FORCE if active else frame[SWITCHES] & ~FORCE
        board.tick(frame, command)
        if active:
            assert command[MOVE] <= 0, "compressed against the comparator"
            assert command[STATE] != ARMED, "armed against the comparator"
            assert command[OUTPUTS] & 3 == 0
            assert command[FAULTS] & FORCE
            assert command[BLOCKS] & FORCE
            if was == ARMED:
                assert command[STATE] == TRIPPED
                assert board.core.filter.latched & FORCE, "tripped, and not named"
        was = command[STATE]


@pytest.mark.parametrize("sense", [0, 1])
@pytest.mark.parametrize("base", [DIE, REGULATOR], ids=["die", "regulator"])
def test_the_comparator_is_believed_without_the_load_cell_and_its_retreat_is_bounded(base, sense):
    hand = Hand(base).armed(40000, 40000, n=3)
    hand.board.core.filter.position = 1000
    command = hand.tick(40000, switches=FORCE, sense=sense)
    assert (command[STATE], command[MOVE] < 0) == (TRIPPED, True)
    hand.tick(40000, switches=FORCE, sense=sense, n=60)
    assert hand.board.core.filter.position == 1000 - base["retreat"]
    assert hand.command[MOVE] == 0


def test_once_the_comparator_lets_go_the_load_cell_ends_the_retreat():
    hand = Hand(DIE).armed(40000, 40000, n=3)
    assert hand.tick(40000, switches=FORCE)[MOVE] < 0
    assert hand.tick(40000)[MOVE] == 0
    assert hand.tick(40000)[FAULTS] == FORCE
