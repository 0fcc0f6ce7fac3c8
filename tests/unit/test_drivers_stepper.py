"""The stepper driver: exactly the pulses of the move, in three quarters of the tick, never past the pull-in rate."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.drivers.stepper import Stepper

PULL_IN_Hz = 8000
SETUP_us = 20


class Pulser:
    def __init__(self, takes=1):
        self.trains = []
        self.aborts = 0
        self.takes = takes

    def emit(self, count, direction, half_us):
        if self.takes:
            self.trains.append((count, direction, half_us))
        return self.takes

    def abort(self):
        self.aborts += 1


class Pin:
    level = None

    def __call__(self, level):
        self.level = level


def driver(pulser=None, compress=1, enable=0):
    pin = Pin()
    stepper = Stepper(pulser or Pulser(), pin, enable, compress, PULL_IN_Hz, SETUP_us)
    stepper.pin = pin
    return stepper


@example(-1, 100, 1)
@given(st.integers(-4096, 4096), st.integers(1, 500), st.sampled_from([0, 1]))
def test_a_move_is_made_whole_in_time_or_not_at_all(steps, tick_ms, compress):
    pulser = Pulser()
    stepper = driver(pulser, compress)
    taken = stepper.move(steps, tick_ms)
    if steps == 0:
        assert taken == 1
        assert pulser.trains == []
    elif taken:
        [(count, direction, half_us)] = pulser.trains
        assert count == abs(steps)
        assert direction == (compress if steps > 0 else 1 - compress)
        assert 2 * half_us * count <= tick_ms * 750
        assert 1e6 / (2 * half_us) <= PULL_IN_Hz
        assert half_us >= SETUP_us
        assert tick_ms * 750 - 2 * half_us * count < 2 * count, "evenly over all the time there is"
    else:
        assert pulser.trains == []
        assert abs(steps) / (tick_ms * 0.75e-3) > PULL_IN_Hz * 0.97
    assert stepper.refused == (not taken)


@given(st.integers(1, 500))
def test_most_is_what_a_move_may_be(tick_ms):
    stepper = driver()
    most = stepper.most(tick_ms)
    assert most == 0 or stepper.move(most, tick_ms) == 1
    assert stepper.move(most + 1, tick_ms) == 0


def test_a_refused_move_stops_what_runs_and_is_counted():
    pulser = Pulser()
    stepper = driver(pulser)
    stepper.move(10, 100)
    aborts = pulser.aborts
    assert stepper.move(4096, 1) == 0
    assert (pulser.aborts, stepper.refused) == (aborts + 1, 1)


def test_a_pulser_that_cannot_take_it_counts_as_refused():
    stepper = driver(Pulser(takes=0))
    assert stepper.move(1, 100) == 0
    assert stepper.refused == 1


def test_it_starts_stopped():
    pulser = Pulser()
    driver(pulser)
    assert pulser.aborts == 1
    assert pulser.trains == []


@pytest.mark.parametrize("level", [0, 1])
def test_enable_has_its_polarity(level):
    stepper = driver(enable=level)
    stepper.energise(1)
    assert stepper.pin.level == level
    stepper.energise(0)
    assert stepper.pin.level == 1 - level


@example(5000, 100)
@given(st.integers(1, 25_000), st.integers(0, 20))
def test_half_a_step_is_never_shorter_than_at_the_pull_in_rate_and_no_longer_than_whole_microseconds_make_it(
    rate, setup
):
    stepper = Stepper(Pulser(), Pin(), 0, 1, rate, setup)
    assert 2 * rate * stepper.least_us >= 1_000_000 > 2 * rate * (stepper.least_us - 1)


def test_a_pull_in_rate_that_leaves_no_time_for_dir_is_refused():
    with pytest.raises(ValueError, match="DIR"):
        Stepper(Pulser(), Pin(), 0, 1, 30000, 20)
    assert Stepper(Pulser(), Pin(), 0, 1, 25000, 20).least_us == 20
