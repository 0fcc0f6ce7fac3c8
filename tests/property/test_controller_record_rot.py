"""A record in memory that changes by itself: seen in the next tick, in any field; only a reboot leads back (S4)."""

import pytest
from bench import Hand
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import (
    ARM,
    BLOCKED,
    BLOCKS,
    CAUSE,
    DIE,
    FAULTS,
    IDLE,
    MOVE,
    OUTPUTS,
    POUCH,
    REGULATOR,
    RESET,
    SELF_TEST,
    STATE,
    TRIPPED,
    record,
)

FIELDS, BITS = st.integers(0, 52), st.integers(0, 29)
BASES = st.sampled_from([DIE, POUCH, REGULATOR])
RUN = settings(max_examples=60, deadline=None)


@RUN
@given(FIELDS, BITS, st.integers(0, 30), BASES)
def test_it_trips_in_the_tick_it_is_seen(field, bit, ticks, base):
    """Found by a campaign: a wrong scale drove the screw to its end, at 2.4 times the hard limit."""
    hand = Hand(base).armed(n=ticks)
    hand.board.config[field] ^= 1 << bit
    command = hand.tick()
    assert command[STATE] == TRIPPED
    assert command[FAULTS] & SELF_TEST
    assert command[MOVE] == 0
    assert not command[OUTPUTS] & 3
    hand.tick(n=20)
    assert hand.say(RESET) == CAUSE
    assert hand.say(ARM) == BLOCKED


@RUN
@given(FIELDS, BITS, BASES)
def test_the_good_one_of_record_and_twin_is_kept(field, bit, base):
    good = record(base)
    for rotten in ("config", "kept"):
        hand = Hand(base).armed()
        getattr(hand.board, rotten)[field] ^= 1 << bit
        assert hand.tick()[FAULTS] & SELF_TEST
        assert hand.board.config == good
        assert hand.board.kept == good


@RUN
@given(FIELDS, BITS)
def test_it_never_arms(field, bit):
    hand = Hand()
    hand.board.config[field] ^= 1 << bit
    hand.settled()
    assert hand.say(ARM) == BLOCKED
    assert hand.command[BLOCKS] & SELF_TEST
    assert hand.command[STATE] == IDLE


@pytest.mark.parametrize("base", [DIE, POUCH, REGULATOR], ids=["die", "pouch", "regulator"])
def test_a_parameter_written_is_no_rot(base):
    hand = Hand(base).settled()
    for value in (7, 9, 7):
        assert hand.say(6, key=10, value=value) == 1  # HEALTHY_samples
        hand.tick(n=value + 1)
        assert hand.board.config == hand.board.kept
        assert not hand.command[FAULTS] & SELF_TEST
