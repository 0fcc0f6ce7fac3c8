"""The small drivers: switches, permits, current sense, regulator, watchdog."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.drivers.current_sense import CurrentSense
from firmware.drivers.permits import Permits
from firmware.drivers.regulator import Regulator
from firmware.drivers.switches import Switches
from firmware.drivers.watchdog import MOST_ms, Watchdog

FITS = 1 << 30


class Pin:
    def __init__(self, level=None):
        self.level = level

    def __call__(self, level=None):
        if level is None:
            return self.level
        self.level = level
        return None


@given(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1))
def test_an_open_contact_reads_active(retract, compress, stop):
    """Closed to ground is 0; open, pressed or broken is pulled up to 1."""
    assert Switches(Pin(retract), Pin(compress), Pin(stop)).read() == retract + 2 * compress + 4 * stop


@given(st.integers(0, 7), st.integers(0, 1))
def test_an_over_force_comparator_is_a_fourth_input(others, over):
    three = [Pin(others >> i & 1) for i in range(3)]
    assert Switches(*three, Pin(over)).read() == others + 1048576 * over
    assert Switches(*three, None).read() == others


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_permits_are_low_unless_commanded(commands):
    charge, discharge = Pin(), Pin()
    permits = Permits(charge, discharge)
    assert (charge.level, discharge.level) == (0, 0)
    for one, other in commands:
        permits.set(one, other)
        assert (charge.level, discharge.level) == (int(one > 0), int(other > 0))


def sense(raw, zero=32776, numerator=2578, denominator=1024, low=656, high=64879):
    return CurrentSense(lambda: raw, zero, numerator, denominator, low, high)


@given(st.integers(0, 65535), st.integers(0, 65535), st.integers(1, 16383), st.integers(1, 65535))
def test_current_is_exact_and_stays_in_31_bits(raw, zero, numerator, denominator):
    driver = sense(raw, zero, numerator, denominator, 0, 65535)
    assert driver.sample() == (raw - zero) * numerator // denominator
    assert abs((raw - zero) * numerator) < FITS
    assert not driver.invalid


@pytest.mark.parametrize(
    ("raw", "invalid"), [(0, 1), (655, 1), (656, 0), (32776, 0), (64879, 0), (64880, 1), (65535, 1)]
)
def test_an_open_or_shorted_wire_is_noticed(raw, invalid):
    driver = sense(raw)
    microamperes = driver.sample()
    assert driver.invalid == invalid
    assert microamperes == 0 or not invalid


def test_it_is_invalid_until_read_and_again_once_the_wire_is_off():
    driver = sense(32776 + 1024)
    assert (driver.invalid, driver.uA) == (1, 0)
    assert (driver.sample(), driver.invalid) == (2578, 0)
    driver.read = lambda: 65535
    assert (driver.sample(), driver.invalid, driver.uA) == (0, 1, 0)


@pytest.mark.parametrize("numerator", [16383, -16383, 1])
def test_a_ratio_that_cannot_overflow_is_taken(numerator):
    assert sense(32777, numerator=numerator, denominator=1).sample() == numerator


@pytest.mark.parametrize(("numerator", "denominator"), [(16384, 1), (0, 1), (1, 0), (-16384, 1)])
def test_a_ratio_that_could_overflow_is_refused(numerator, denominator):
    with pytest.raises(ValueError, match="current sense"):
        sense(0, numerator=numerator, denominator=denominator)


class Pwm:
    duty = None

    def duty_u16(self, duty):
        self.duty = duty


@example(-1, 12)
@example(4095, 12)
@example(4096, 12)
@given(st.integers(-10000, 70000), st.integers(8, 16))
def test_the_code_is_the_duty(code, bits):
    pwm = Pwm()
    regulator = Regulator(pwm, bits, 1)
    assert pwm.duty == 0
    good = regulator.set(code)
    held = min(max(code, 0), 2**bits - 1)
    assert good == (held == code)
    assert regulator.refused == (held != code)
    assert (regulator.code, regulator.top) == (held, 2**bits - 1)
    assert pwm.duty == held << (16 - bits)
    assert 0 <= pwm.duty < 65536


@pytest.mark.parametrize(("vents", "left"), [(1, 0), (0, 1600)])
def test_safe_vents_only_where_zero_volts_vents(vents, left):
    pwm = Pwm()
    regulator = Regulator(pwm, 12, vents)
    regulator.set(100)
    regulator.safe()
    assert pwm.duty == left
    assert regulator.refused == 0


class Dog:
    def __init__(self, room=100_000):
        self.fed = 0
        self.room = room
        self.asked = 0
        self.watchdog = Watchdog(self.feed, self.free, 16384)

    def feed(self):
        self.fed += 1

    def free(self):
        self.asked += 1
        return self.room

    def round(self, now):
        """A turn of the loop with a whole tick in it."""
        self.watchdog.turn()
        self.watchdog.begin()
        self.watchdog.end()
        return self.watchdog.feed(now)


def test_a_living_loop_is_fed():
    dog = Dog()
    assert [dog.round(100 * n) for n in range(1, 6)] == [1] * 5
    assert dog.fed == 5


@pytest.mark.parametrize("now", [0, 1, 2, 2**30 - 1])
def test_the_first_food_needs_a_turn_and_no_tick(now):
    dog = Dog()
    assert dog.watchdog.feed(now) == 0
    dog.watchdog.turn()
    assert dog.watchdog.feed(now) == 1


@pytest.mark.parametrize("start", [0, 1, 2**30 - 5000])
def test_the_heap_is_not_counted_before_ten_seconds_are_over(start):
    dog = Dog()
    for ms, asked in ((0, 1), (1, 1), (9999, 1), (10000, 2), (19999, 2), (20001, 3)):
        dog.round((start + ms) % 2**30)
        assert dog.asked == asked


def test_no_turn_no_food():
    dog = Dog()
    dog.round(100)
    assert dog.watchdog.feed(200) == 0


def test_a_tick_that_hangs_half_way_gets_no_food():
    dog = Dog()
    dog.round(100)
    dog.watchdog.turn()
    dog.watchdog.begin()
    assert dog.watchdog.feed(200) == 0
    dog.watchdog.end()
    assert dog.watchdog.feed(200) == 1


def test_a_clock_that_stands_still_gets_no_food():
    dog = Dog()
    assert dog.round(100) == 1
    assert dog.round(100) == 0


def test_a_full_heap_gets_no_food():
    dog = Dog(room=16383)
    assert dog.round(100) == 0
    dog.room = 16384
    assert dog.round(10100) == 1


@given(st.integers(0, (1 << 30) - 1))
def test_the_heap_is_counted_every_ten_seconds_whatever_the_time(start):
    dog = Dog()
    for n in range(301):
        dog.round(start + 100 * n & (1 << 30) - 1)
    assert dog.asked == 4


def test_half_a_second_at_most():
    assert MOST_ms == 500
