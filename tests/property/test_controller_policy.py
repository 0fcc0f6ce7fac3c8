"""The pressure policy: a setpoint that follows the current's direction and size, within every bound there is."""

import pytest
from bench import Hand
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import ARMED, DIE, DONE, NAMES, PARAMETER, SET, SETPOINT, STATE, record

from controller.controller import Controller
from controller.policy import Policy

TWO = DIE | {"policy_threshold": 500}  # 5000 hPa down on charge, 5000 up on discharge, after a second
SIZE = TWO | {"policy_charge_slope": 300, "policy_discharge_slope": 500}


def target(base, currents, plain=40000, dt=100):
    """What is to be held after each current [uA]; None is a current that is not known."""
    policy = Policy(record(base))
    return [policy.target(plain, x or 0, x is not None, dt) for x in currents]


def steady(base, current, plain=40000):
    return target(base, [current] * 40, plain)[-1]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**30), 2**30 - 1)), max_size=40), st.integers(1000, 55000))
def test_a_constant_policy_is_the_operators_setpoint(currents, plain):
    board = Controller(record(DIE))
    board.tick([100, 0, 1, 0, 0, 0, SET, 0, plain], [0] * 9)
    for i, current in enumerate(currents, start=2):
        board.tick([100 * i, i, i, 2 * (current is None), current or 0, 0, 0, 0, 0], [0] * 9)
        assert board.core.target == plain


FIELDS = {
    "policy_threshold": st.integers(1, 2**28 - 1), "policy_dwell": st.integers(0, 3000),
    "policy_charge": st.integers(-(10**6), 10**6), "policy_charge_slope": st.integers(0, 10**6),
    "policy_discharge": st.integers(-(10**6), 10**6), "policy_discharge_slope": st.integers(0, 10**6),
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(FIELDS),
    st.lists(st.tuples(st.one_of(st.none(), st.integers(-(2**30), 2**30 - 1)), st.integers(1, 20)), max_size=12),
    st.integers(1000, 55000),
)
def test_whatever_is_asked_stays_within_setpoint_bounds_and_permits(changes, runs, plain):
    for pressure in target(DIE | changes, [x for x, n in runs for _ in range(n)], plain):
        assert 1000 <= pressure <= 55000, "beyond the setpoint's bounds"
        assert pressure == plain or 15500 <= pressure <= 59500, "beyond the permits, which would not open"


def test_a_level_for_each_direction():
    assert [steady(TWO, x) for x in (-5000, -500, -499, 0, 499, 500, 5000)] == [
        35000, 35000, 40000, 40000, 40000, 45000, 45000,
    ]  # fmt: skip


def test_a_level_that_follows_the_size():
    # 1 mA of charge lowers it by 300 hPa, 1 mA of discharge raises it by 500.
    assert [steady(SIZE, x) for x in (-3000, -504, -503, 500, 501, 502, 4000)] == [
        34100, 34849, 34850, 45250, 45250, 45251, 47000,
    ]  # fmt: skip


def test_the_permits_bound_it_by_their_hysteresis():
    # charge: 20000 to 60000, discharge: 15000 to 58000, 500 inside either; setpoint: 1000 to 55000.
    assert steady(SIZE, -(10**6)) == 20500
    assert steady(SIZE | {"discharge_max": 50000}, 10**6) == 49500
    assert steady(SIZE, 10**6) == 55000
    assert steady(TWO | {"policy_discharge": -40000}, 600) == 15500
    assert steady(TWO | {"policy_charge": 40000, "charge_max": 50000}, -600) == 49500
    assert steady(TWO | {"setpoint_min": 39000, "policy_charge": -2000}, -600) == 39000


@pytest.mark.parametrize("way", [1, -1])
def test_a_current_is_followed_once_it_has_lasted(way):
    level = 40000 + 5000 * way
    held = target(TWO, [600 * way] * 12)
    assert held == [40000] * 9 + [level] * 3, "followed before or after its dwell"
    assert target(TWO, ([600 * way] * 9 + [0]) * 5) == [40000] * 50, "short pulses add up"
    assert target(TWO | {"policy_dwell": 0}, [600 * way]) == [level]


def test_a_current_that_is_followed_has_hysteresis():
    # 600 is followed until the current has been more than 499 away from it.
    assert target(TWO, [600] * 10 + [101] * 30)[-1] == 45000
    assert target(TWO, [600] * 10 + [100] * 9)[-1] == 45000
    assert target(TWO, [600] * 10 + [100] * 10)[-1] == 40000
    assert target(TWO, [600] * 10 + [-600] * 10)[-1] == 35000
    noisy = [4000 + (-499) ** (i % 2) for i in range(40)]
    assert len(set(target(SIZE, [4000] * 10 + noisy)[10:])) == 1, "noise moves the setpoint"


def test_without_a_current_that_is_known_the_setpoint_is_plain_at_once():
    held = target(TWO, [600] * 12 + [None] + [600] * 12)
    assert held[11:14] == [45000, 40000, 40000]
    assert held[21:] == [40000] + [45000] * 3, "the dwell did not start over"


def test_it_is_slewed_and_follows_the_operators_setpoint():
    hand = Hand(TWO).armed(n=3)
    assert hand.command[SETPOINT] == 40000
    hand.tick(current=600, n=9)
    assert hand.command[SETPOINT] == 40000
    assert hand.tick(current=600)[SETPOINT] == 40050, "500 hPa/s: 50 in a tick"
    assert hand.tick(current=600, n=200)[SETPOINT] == 45000
    assert hand.say(SET, 30000, current=600) == DONE
    assert hand.tick(current=600, n=400)[SETPOINT] == 35000
    assert hand.tick(n=300)[SETPOINT] == 30000
    assert hand.say(SET, 30001, current=-600) == DONE
    assert hand.tick(current=-600, n=300)[SETPOINT] == 25001
    assert hand.tick(current=-600, sense=2, n=300)[SETPOINT] == 30001, "followed a current that is not known"
    assert hand.command[STATE] == ARMED


def test_a_refused_setpoint_changes_nothing_and_a_parameter_starts_over():
    hand = Hand(TWO)
    hand.tick(n=9)
    assert hand.say(SET, 30000) == DONE
    assert hand.say(SET, 55001) != DONE
    hand.tick(current=600, n=12)
    assert (hand.board.plain, hand.board.core.target) == (30000, 35000)
    assert hand.say(PARAMETER, 100, key=NAMES.index("policy_dwell"), current=600) == DONE
    assert (hand.board.plain, hand.board.core.target) == (1000, 15500)
