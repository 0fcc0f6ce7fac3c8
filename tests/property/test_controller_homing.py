"""Homing: whatever the switch shows, a position is known only after the switch was left and found again (S16)."""

from bench import Hand
from hypothesis import event, given, settings
from hypothesis import strategies as st
from restated_limits import (
    DIE,
    DONE,
    FAULTS,
    HOME,
    IDLE,
    LIMITS,
    MOVE,
    POSITION,
    POUCH,
    STATE,
    STOP,
    TRIPPED,
    UNCONFIRMED,
)


def found_twice(shown):
    """Whether the switch was active, then not, then active again."""
    want = [1, 0, 1]
    for active in shown:
        if want and active == want[0]:
            want.pop(0)
    return not want


@settings(max_examples=500, deadline=None)
@given(
    base=st.sampled_from([DIE, POUCH, DIE | {"homing": 1}, DIE | {"homing": 7, "accel": 1}]),
    runs=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6)), min_size=1, max_size=20),
    faults=st.sets(st.integers(0, 120), max_size=1),
    pressure=st.sampled_from([0, 40000, 69990, 70000, 79000]),
)
def test_whatever_the_switch_shows_nothing_is_known_before_it_was_found_twice(base, runs, faults, pressure):
    """Bouncing, stuck, broken: the way back is bounded, and compresses only where compression may."""
    hand = Hand(base).settled(pressure)
    shown, backed, was_known = [], 0, False
    for tick, active in enumerate([a for a, n in runs for _ in range(n)]):
        shown.append(active)
        command = hand.tick(
            pressure,
            message=(HOME, 0, 0) if tick == 0 else (0, 0, 0),
            switches=active,
            sense=1 if tick in faults else 0,
        )
        known = not command[FAULTS] & UNCONFIRMED
        assert not known or found_twice(shown), "known too soon"
        assert was_known <= known, "known, and lost again without a cause"
        if known and not was_known:
            assert command[POSITION] == base["travel_min"], "known, but not at the switch"
        assert not (active and command[MOVE] < 0), "moved past the switch"
        if command[MOVE] > 0:
            assert pressure < base["soft"], "compressed at the soft limit"
            assert active, "compressed away from the switch"
            backed += command[MOVE]
        assert backed <= base["homing"], "backed off too far"
        was_known = known
    event(f"known: {was_known}, found twice: {found_twice(shown)}, tripped: {command[STATE] == TRIPPED}")


@settings(max_examples=200, deadline=None)
@given(
    above=st.integers(-30, 3000),
    opens=st.integers(1, 60),
    play=st.integers(0, 20),
    base=st.sampled_from([DIE, DIE | {"accel": 10}, POUCH]),
)
def test_a_real_switch_is_homed_on_within_a_tick_of_where_it_closes(above, opens, play, base):
    """It closes at 0, opens ``opens`` counts above it; the frame follows the screw with play."""
    base = base | {"homing": 160}
    hand = Hand(base).settled()
    screw = felt = float(above)
    active = felt <= 0
    assert hand.say(HOME, switches=int(active)) == DONE
    for _ in range(3000):
        screw += hand.command[MOVE]
        felt = min(max(felt, screw - play), screw)
        active = felt <= (opens - 1 if active else 0)
        if not hand.board.manual.phase:
            break
        hand.tick(switches=int(active))
    hand.tick(switches=int(active))
    assert hand.command[STATE] == IDLE
    assert not hand.command[FAULTS] & UNCONFIRMED
    assert hand.command[POSITION] == base["travel_min"]
    assert -base["speed"] <= felt <= 0, "homed elsewhere than where the switch closes"


@settings(max_examples=100, deadline=None)
@given(homing=st.integers(1, 400), first=st.integers(0, 30), pressure=st.sampled_from([0, 40000]))
def test_a_switch_that_never_opens_trips_after_the_way_back_and_leaves_the_position_unknown(homing, first, pressure):
    hand = Hand(DIE | {"homing": homing}).settled(pressure)
    assert hand.say(HOME, pressure=pressure) == DONE
    hand.tick(pressure, n=first)
    moved = 0
    for _ in range(homing + 10):
        moved += hand.tick(pressure, switches=1)[MOVE]
        if hand.command[STATE] == TRIPPED:
            break
        assert hand.command[FAULTS] & UNCONFIRMED
    assert hand.command[STATE] == TRIPPED
    assert hand.command[FAULTS] & (LIMITS | STOP) == LIMITS
    assert moved == homing
    assert hand.tick(pressure, switches=1)[FAULTS] & UNCONFIRMED
