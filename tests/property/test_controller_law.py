"""The closed loop on a static plant: it regulates, does not chatter, and does not wind up (S11)."""

import pytest
from bench import Hand, closed_loop, reversals, rms
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import ARMED, DIE, FAULTS, MOVE, OUTPUTS, POSITION, POUCH, REGULATOR, SETPOINT, STATE, UNCONFIRMED

PLANTS = pytest.mark.parametrize(
    ("base", "lag", "start"),
    [(DIE, 0, 5000), (POUCH, 0, 5000), (REGULATOR, 1.0, 0)],
    ids=["die", "pouch", "regulator"],
)


@PLANTS
@pytest.mark.parametrize("ramp", [0, 1, -1, 5, -5])
def test_holds_five_megapascal(base, lag, start, ramp):
    settled, peak, moves, hand = closed_loop(base, ramp=ramp, lag=lag, start=start)
    assert hand.command[STATE] == ARMED
    assert rms(settled) <= 50, "rms over 0.1 %"
    assert max(map(abs, settled)) <= 150
    assert peak <= 250, "the approach overshot by more than 0.5 %"
    assert reversals(moves) <= 2, "chatter"


@PLANTS
def test_a_quiet_hold_moves_nothing(base, lag, start):
    settled, _, moves, _ = closed_loop(base, lag=lag, start=start, noise=5)
    assert not any(moves[len(moves) // 2 :]), "noise moves the motor"
    assert rms(settled) <= 50


@pytest.mark.parametrize("play", [2, 4, 6])
@pytest.mark.parametrize("base", [DIE, POUCH], ids=["die", "pouch"])
def test_backlash_off_by_half_does_not_cycle(base, play):
    settled, _, moves, _ = closed_loop(base, ramp=5, turn=30, play=play, seconds=300)
    assert reversals(moves) <= 11, "more reversals than the disturbance has"
    assert max(map(abs, settled)) <= 150


@pytest.mark.parametrize("base", [DIE | {"backlash": 2}, POUCH | {"backlash": 2}], ids=["die", "pouch"])
def test_two_counts_of_backlash_are_safe_to_configure_without_any(base):
    _, _, moves, _ = closed_loop(base, ramp=5, play=0)
    assert reversals(moves) <= 2


@pytest.mark.parametrize("off", [0.5, 0.7, 1.3, 1.6])
def test_stiffness_off_by_half_still_regulates(off):
    settled, peak, moves, _ = closed_loop(DIE, off=off, ramp=1, play=4)
    assert rms(settled) <= 50
    assert peak <= 250
    assert reversals(moves) <= 3


FAST = DIE | {"tick": 12, "speed": 4}


@pytest.mark.parametrize(("base", "every", "delay"), [(DIE, 1, 2), (POUCH, 1, 2), (FAST, 8, 3)])
def test_delay_and_slow_samples(base, every, delay):
    settled, peak, moves, _ = closed_loop(base, ramp=1, every=every, delay=delay, play=4, seconds=240)
    assert rms(settled) <= 50
    assert peak <= 250
    assert reversals(moves) <= 3


@settings(max_examples=10, deadline=None)
@given(
    ramp=st.floats(-5, 5), play=st.floats(2, 6), off=st.floats(0.7, 1.4), noise=st.floats(1, 5),
    setpoint=st.integers(20000, 55000),
)  # fmt: skip
def test_regulates_any_of_these_plants(ramp, play, off, noise, setpoint):
    settled, peak, _, hand = closed_loop(
        POUCH, seconds=240, ramp=ramp, play=play, off=off, noise=noise, setpoint=setpoint
    )
    assert hand.command[STATE] == ARMED
    assert max(map(abs, settled)) <= setpoint // 100
    assert peak <= setpoint // 100


@PLANTS
@pytest.mark.parametrize("hold", [10, 400])
def test_S11_a_blocked_actuator_does_not_wind_up(base, lag, start, hold):
    settled, peak, _, _ = closed_loop(base, lag=lag, start=start, blocked=range(100, 100 + hold), seconds=360)
    assert peak <= 500, "S11: the blocked time was stored up"
    assert rms(settled) <= 50, "S11: did not recover"


@settings(max_examples=60, deadline=None)
@given(
    pressures=st.lists(st.integers(-1000, 69000), min_size=1, max_size=60),
    current=st.integers(-(2**30) + 1, 2**30 - 1),
)
def test_S11_the_integral_is_bounded(pressures, current):
    hand = Hand().armed()
    for pressure in pressures:
        hand.tick(pressure, current=current)
        assert abs(hand.board.core.law.want) <= 2**19, "S11: unbounded"
        assert abs(hand.board.core.law.unseen) <= 2**19, "S11: unbounded"


def test_charge_feeds_forward_against_swelling():
    # 100 mA for 10 s swells the die by 3.3 counts on charge, and thins it as much on discharge.
    for current, sign in ((-100000, -1), (100000, 1)):
        hand = Hand(DIE | {"ki": 1, "backlash": 0}).armed(n=3)
        start = hand.command[POSITION]
        hand.tick(n=100, current=current)
        assert 2 <= (hand.command[POSITION] - start) * sign <= 3, "charge moved the wrong way or amount"


def test_an_invalid_current_is_not_counted():
    hand = Hand(DIE | {"ki": 1}).armed(n=3)
    start = hand.command[POSITION]
    hand.tick(n=100, current=-100000, sense=2)
    assert hand.command[POSITION] == start
    assert hand.command[FAULTS] == 2048


def test_the_setpoint_slews_from_the_present_pressure():
    hand = Hand().armed(20000, 30000)
    assert hand.command[SETPOINT] == 20050
    assert hand.tick(20000, n=9)[SETPOINT] == 20500
    assert hand.tick(20000, n=400)[SETPOINT] == 30000


def test_a_regulator_keeps_its_code_and_power_when_disarmed():
    hand = Hand(REGULATOR).armed(0, 10000)
    hand.tick(0, n=20)
    code = hand.command[POSITION]
    assert code > 0
    hand.say(2, pressure=0)
    assert (hand.command[STATE], hand.command[MOVE], hand.command[POSITION]) == (0, 0, code)
    assert hand.command[OUTPUTS] == 4
    assert not hand.command[FAULTS] & UNCONFIRMED
