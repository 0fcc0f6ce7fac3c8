"""The HX711 driver against the chip's data sheet: a device that counts edges and keeps its own time."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.drivers.hx711 import HX711
from hil.emulated.hx711_device import Hx711Device

MAXIMUM, MINIMUM = 0x7FFFFF, -0x800000
SETTLING = 4


class Bench:
    """Driver and device on two wires; every access to a pin takes a microsecond."""

    def __init__(self, gain=128, rate=10):
        self.ns = 0
        self.level = True
        self.held = 0
        self.high_unheld = 0
        self.ms = 0
        self.device = Hx711Device(self.set_dout, lambda: self.ns)
        self.driver = HX711(self.sck, self.dout, self.hold, self.release, gain, rate)
        self.pulses = 0

    def set_dout(self, level):
        self.level = level

    def sck(self, level):
        self.ns += 1_000
        self.high_unheld += level and not self.held and self.driver_ready()
        self.device.sck(bool(level))

    def driver_ready(self):
        return hasattr(self, "driver") and not self.driver.asleep and not self.driver.invalid

    def dout(self):
        self.ns += 1_000
        return int(self.level)

    def hold(self):
        self.held += 1
        return 7

    def release(self, state):
        assert state == 7
        self.held -= 1

    def turn(self, ms=1):
        """The loop comes round ``ms`` later; whether a sample was taken."""
        self.ns += ms * 1_000_000
        self.ms += ms
        return self.driver.poll(self.ms)

    def wake(self):
        """From power-on to the last unsettled conversion; how many they were."""
        for _ in range(4):
            self.turn()
        for n in range(10):
            if not self.driver.discard:
                return n
            self.device.convert(12345)
            assert self.turn() == 0
            self.turn(10)
        raise AssertionError("it never settles")

    def read(self, counts):
        self.device.convert(counts)
        return self.turn()


def awake(gain=128, rate=10):
    bench = Bench(gain, rate)
    bench.wake()
    return bench


def ones(value):
    """How many bits at its end are ones."""
    return (~value & (value + 1)).bit_length() - 1 if value != -1 else 24


def doubtful(value, before):
    """What a chip may have left of a reading when it reset: ones from some bit on, and unlike the reading before."""
    return ones(value) >= 6 and abs(value - before) > 128 and value != MAXIMUM


@given(st.lists(st.integers(MINIMUM, MAXIMUM), min_size=1, max_size=8), st.sampled_from([128, 64, 32]))
def test_every_conversion_arrives_bit_for_bit_but_those_that_a_reset_may_have_cut_short(values, gain):
    bench = awake(gain)
    taken, before = 0, 12345
    for value in values:
        good = not doubtful(value, before)
        before = value
        taken += good
        assert bench.read(value) == good
        assert bench.driver.sample == taken
        if good:
            assert bench.driver.counts == value
            assert bench.driver.invalid == (value in (MINIMUM, MAXIMUM))
        assert bench.device.gain == gain
    assert bench.driver.faults == 0


@pytest.mark.parametrize(("change", "believed"), [(-129, 0), (-128, 1), (128, 1), (129, 0)])
def test_six_ones_are_believed_within_128_counts_of_the_reading_before(change, believed):
    bench = awake()
    bench.read(12_351 - change)
    bench.turn(100)
    assert 12_351 & 63 == 63
    assert bench.read(12_351) == believed


@given(st.integers(-100_000, 100_000), st.integers(1, 200), st.integers(0, 5))
def test_a_reading_that_ends_in_ones_by_chance_costs_one_sample_and_no_trust(counts, step, shape):
    """Also where it stands there: what is near the reading before is believed."""
    bench = awake()
    value = counts | (1 << 6 + shape) - 1
    bench.read(counts - 1000 * step & ~1)
    bench.turn(100)
    taken = [bench.read(value)]
    bench.turn(100)
    taken += [bench.read(value + noise) for noise in (0, -20, 20)]
    assert taken[1:] == [1, 1, 1]
    assert (bench.driver.invalid, bench.driver.faults) == (0, 0)


@pytest.mark.parametrize("rate", [10, 80])
@pytest.mark.parametrize("gain", [128, 64, 32])
@given(true=st.integers(MINIMUM + 1, MAXIMUM - 1), drift=st.integers(-100, 100), pulse=st.integers(1, 27))
def test_a_reset_in_mid_read_is_never_a_valid_reading_that_is_off_by_more_than_noise(rate, gain, true, drift, pulse):
    """Whatever bit it comes at; nothing counts until the chip has settled, and it is told and counted."""
    period = 1000 // rate
    bench = awake(gain, rate)
    bench.read(min(max(true + drift, MINIMUM + 1), MAXIMUM - 1))
    bench.turn(period)
    bench.device.reset_at = pulse
    valid = []
    for n in range(14):
        bench.device.convert(true)
        for _ in range(period):
            if bench.turn() and not bench.driver.invalid:
                valid.append((n, bench.driver.counts))
            assert n != 2 or pulse > 25 or bench.driver.invalid, "silent for longer than any period"
    if bench.device.reset_at:
        bench.device.reset_at = 0  # this gain's read has fewer pulses
        return
    assert all(abs(counts - true) <= 128 + abs(drift) for _, counts in valid)
    assert bench.driver.faults == 1
    assert not [n for n, _ in valid if 0 < n < 4 + SETTLING]
    assert valid[-1][1] == true
    assert bench.device.gain == gain


@given(st.integers(MINIMUM, MAXIMUM), st.integers(1, 3))
def test_a_lost_pulse_is_never_a_reading(value, lost):
    """With fewer pulses than 25 the chip still drives a data bit, unless that bit happens to be high."""
    bench = awake()
    bench.device.lose_pulses = lost
    bench.read(value)
    low_bit_shown = value >> (lost - 1) & 1
    if not low_bit_shown:
        assert bench.driver.invalid
        assert bench.driver.counts == 12345 or bench.driver.counts == 0
        assert bench.driver.faults == 1


@pytest.mark.parametrize("before", [1, 65534, 65535])
def test_a_desync_powers_the_chip_down_and_drops_what_has_not_settled(before):
    bench = awake()
    bench.read(100)
    bench.device.lose_pulses = 1
    bench.driver.sample = before
    assert bench.read(200) == 1, "an invalid sample: the filter is to hear of it"
    assert bench.driver.sample == (before + 1) % 65536
    assert bench.driver.invalid
    restarts = bench.device.restarts
    for _ in range(4):
        bench.turn()
    assert bench.device.restarts == restarts + 1, "SCK was high for more than 60 us"
    for _ in range(SETTLING):
        assert bench.read(300) == 0
        assert bench.driver.invalid
    assert bench.read(400) == 1
    assert (bench.driver.counts, bench.driver.invalid) == (400, 0)


@pytest.mark.parametrize(("gain", "dropped"), [(128, SETTLING), (64, SETTLING + 1), (32, SETTLING + 1)])
def test_another_gain_settles_after_the_conversion_that_chooses_it(gain, dropped):
    bench = Bench(gain)
    for _ in range(4):
        bench.turn()
    taken = [bench.read(1000 + n) for n in range(dropped + 2)]
    assert taken == [0] * dropped + [1, 1]


def test_no_clock_high_outlasts_the_power_down_and_none_can_be_interrupted():
    bench = awake()
    for n in range(20):
        bench.read(n)
    assert bench.device.longest_high_ns < 50_000
    assert bench.high_unheld == 0
    assert bench.held == 0


@example(150)
@example(151)
@given(st.integers(1, 400))
def test_a_chip_that_is_not_ready_costs_one_look_at_its_pin(waited):
    bench = awake()
    bench.read(5)
    before = bench.ns
    assert bench.turn(waited) == 0
    assert bench.ns - before == waited * 1_000_000 + 1_000
    assert (bench.driver.counts, bench.driver.sample) == (5, 1)
    assert bench.driver.invalid == (waited > 150)


def test_one_read_takes_at_most_27_pulses():
    bench = awake(gain=64)
    bench.device.convert(1)
    before = bench.ns
    bench.turn(0)
    assert (bench.ns - before) // 1_000 <= 27 * 2 + 24 + 2


@pytest.mark.parametrize(("rate", "period_ms"), [(10, 100), (80, 12)])
def test_a_chip_that_fell_silent_is_woken_anew(rate, period_ms):
    """Five periods without a conversion; staleness itself is for the filter to judge."""
    bench = awake(rate=rate)
    bench.read(5)
    assert not bench.driver.invalid
    bench.turn(period_ms)
    assert not bench.driver.invalid, "its clock may be off by some per cent"
    bench.turn(period_ms)
    assert bench.driver.invalid
    assert bench.driver.faults == 1
    bench.turn(3 * period_ms)
    assert not bench.driver.asleep
    bench.turn(period_ms)
    assert bench.driver.asleep
    assert bench.driver.invalid
    assert bench.driver.faults == 2
    bench.wake()
    bench.read(6)
    assert (bench.driver.counts, bench.driver.invalid) == (6, 0)


@pytest.mark.parametrize(("rate", "late_ms", "silent_ms", "waking_ms"), [(10, 151, 501, 901), (80, 19, 63, 113)])
def test_times_of_a_silent_chip_to_the_millisecond(rate, late_ms, silent_ms, waking_ms):
    """A period and a half, five periods; and after waking, nine, for it has to settle."""
    bench = awake(rate=rate)
    bench.read(5)
    seen = [(bench.turn(), bench.driver.invalid, bench.driver.asleep)[1:] for _ in range(silent_ms)]
    assert seen == [(ms >= late_ms, ms == silent_ms) for ms in range(1, silent_ms + 1)]
    woken = [(bench.turn(), bench.driver.asleep)[1] for _ in range(2 + waking_ms)]
    assert woken == [1] + [0] * waking_ms + [1]


def test_a_loop_that_comes_late_is_no_late_chip():
    """Writing flash takes tens of milliseconds; what waits then is a conversion."""
    bench = awake()
    for n in range(5):
        bench.device.convert(n)
        assert bench.turn(400) == 1
    assert (bench.driver.invalid, bench.driver.faults) == (0, 0)


@pytest.mark.parametrize(("rate", "real_ms"), [(80, 100), (80, 10**9), (10, 10**9)])
def test_a_chip_slower_than_its_rate_or_none_is_invalid_counted_and_named(rate, real_ms):
    """RATE to ground under 80 Hz: it never gets through its settling before it is powered down again."""
    bench = Bench(rate=rate)
    woken = counted = 0
    for ms in range(1, 20_000):
        before = bench.device.restarts
        assert bench.turn() == 0
        assert bench.driver.invalid
        if bench.device.restarts != before:
            woken, counted = ms, counted + 1
        if ms - woken >= SETTLING * real_ms and bench.device._word is None:
            bench.device.convert(777)
        assert abs(bench.driver.faults - counted + 1) <= 1
        assert bench.driver.mute == (bench.driver.faults >= 5)
    assert bench.driver.faults > 15
    assert bench.driver.mute


def test_power_cycles_count_towards_mute_in_a_row_only():
    bench = awake()
    for _ in range(2):
        bench.read(5)
        faults = bench.driver.faults
        for _ in range(6_000):
            assert bench.turn() == 0
            assert bench.driver.mute == (bench.driver.faults >= faults + 6), "late once, then five power cycles"
            if bench.driver.mute:
                break
        assert bench.driver.mute
        for _ in range(3):
            bench.turn()


def test_each_late_conversion_is_told_once_and_counted():
    bench = awake()
    for late in (1, 2, 3):
        bench.read(5)
        bench.turn(200)
        bench.turn(100)
        assert bench.driver.faults == late


def test_a_chip_that_speaks_again_is_mute_no_longer():
    bench = Bench()
    for _ in range(10_000):
        bench.turn()
    assert bench.driver.mute
    bench.turn(3)
    bench.turn(3)
    bench.wake()
    bench.read(6)
    assert (bench.driver.counts, bench.driver.invalid, bench.driver.mute) == (6, 0, 0)


def test_data_stuck_low_never_gives_a_valid_sample():
    bench = awake()
    bench.set_dout = lambda level: None
    bench.device._set_dout = lambda level: None
    bench.level = False
    for _ in range(50):
        bench.turn(10)
        assert bench.driver.invalid


def test_samples_wrap_at_16_bits():
    bench = awake()
    bench.driver.sample = 65535
    bench.read(1)
    assert bench.driver.sample == 0


@pytest.mark.parametrize("start", [0, 1, 5, 2**30 - 2, 2**30 - 1])
def test_at_power_on_sck_is_high_for_two_ms_whatever_the_time_and_no_pin_is_looked_at(start):
    bench = Bench()
    for ms, asleep, pins in ((0, 1, 0), (1, 1, 0), (2, 0, 1), (3, 0, 1)):
        before = bench.ns
        assert bench.driver.poll((start + ms) % 2**30) == 0
        assert (bench.driver.asleep, bench.ns - before) == (asleep, 1_000 * pins)


def test_time_may_wrap():
    bench = Bench()
    bench.ms = (1 << 30) - 2
    for _ in range(6):
        bench.turn()
        bench.ms &= (1 << 30) - 1
    assert not bench.driver.asleep


@pytest.mark.parametrize(("gain", "rate"), [(1, 10), (127, 10), (128, 0), (128, 20)])
def test_what_the_chip_does_not_have_is_refused(gain, rate):
    with pytest.raises(ValueError, match="HX711"):
        Bench(gain, rate)
