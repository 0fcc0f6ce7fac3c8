"""Load cell with its HX711, and the current sense: what the board gets to see."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.schema import SensorSection
from hil.sensors import CurrentSense, LoadCell, counts_per_N, zero_counts

# Restated from the HX711 data sheet: 24 bits over plus and minus half the reference, after the gain.
HIGHEST, LOWEST = 2**23 - 1, -(2**23)
WARM = 273.15 + 25.0
FULL_SCALE = 2e-3 * 128 * 2**24  # counts of a cell of 2 mV/V at its rated force, gain 128

forces = st.floats(-500, 2000)


def section(**keys):
    """A 2 kN cell of 2 mV/V with nothing wrong with it, unless said."""
    ideal = {
        "load_cell_kN": 2.0,
        "noise_nV_rms": 0.0,
        "calibration_error_percent_of_full_scale": 0.0,
        "zero_drift_percent_per_10K": 0.0,
        "span_drift_percent_per_10K": 0.0,
        "current_offset_uA": 0.0,
        "current_noise_uA": 0.0,
    }
    return SensorSection.model_validate(ideal | keys)


def reading(force, temperature=WARM, **keys):
    """Counts of a force that has rested for a second."""
    cell = LoadCell(section(**keys), 1, force)
    cell.read(force, temperature, 1000)
    return cell.counts


def noise_of(seed, count=4000, **keys):
    """So many conversions of one force, less what a noiseless cell reads."""
    cell = LoadCell(section(**keys), seed, 600.0)
    return np.array([_next(cell) for _ in range(count)]) - reading(600.0, load_cell_kN=2.0)


def _next(cell):
    cell.read(600.0, WARM, 100)
    return cell.counts


# --- resolution and range ------------------------------------------------------------------------------------------


@given(
    forces,
    st.sampled_from([0.5, 2.0, 25.0]),
    st.floats(0.5, 4.0),
    st.sampled_from([64, 128]),
    st.floats(2.6, 5.5),
)
def test_counts_are_the_bridges_signal_in_24_bits(force, rated_kN, sensitivity, gain, excitation):
    """Ratiometric: the excitation cancels. One count at most is lost to rounding."""
    keys = {"load_cell_kN": rated_kN, "sensitivity_mV_per_V": sensitivity, "gain": gain, "excitation_V": excitation}
    signal = force / (rated_kN * 1e3) * sensitivity * 1e-3 * gain * 2**24
    expected = zero_counts(section(**keys)) + signal
    assert abs(reading(force, **keys) - min(max(expected, LOWEST), HIGHEST)) <= 0.5 + 1e-6


def test_a_count_is_less_than_half_a_millinewton_of_a_2_kN_cell():
    assert 1 / counts_per_N(section()) == pytest.approx(2000 / FULL_SCALE)
    assert 1 / counts_per_N(section()) < 5e-4 * 1000 / 500  # 0.466 mN


@given(st.floats(8e3, 1e9))
def test_it_saturates_at_the_ends_of_24_bits(force):
    assert reading(force) == HIGHEST
    assert reading(-force) == LOWEST


@given(forces, forces)
def test_more_force_never_reads_less(a, b):
    low, high = sorted((a, b))
    assert reading(low) <= reading(high)


def test_an_unloaded_cell_does_not_read_zero():
    """One percent of full scale, which is what the reference tare takes out."""
    assert reading(0.0) == zero_counts(section()) == round(0.01 * FULL_SCALE)


# --- what is wrong with it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "nV"), [(10, 50.0), (80, 90.0)])
def test_noise_is_the_data_sheets(rate, nV):
    """50 nV at 10 Hz, 90 nV at 80 Hz, at the input; the spread of 4000 conversions is known to 5 %."""
    stated = SensorSection.model_validate({"load_cell_kN": 2.0, "rate_Hz": rate})
    assert stated.noise_nV_rms == nV
    noise = noise_of(7, noise_nV_rms=nV)
    expected = nV * 1e-9 / 4.3 * 128 * 2**24
    assert np.std(noise) == pytest.approx(expected, rel=0.05)
    assert abs(np.mean(noise)) < 5 * expected / math.sqrt(4000)
    # White: one conversion says nothing about the next.
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.08


@given(st.integers(0, 2**32 - 1))
def test_the_seed_fixes_the_noise(seed):
    assert np.array_equal(noise_of(seed, 20, noise_nV_rms=50.0), noise_of(seed, 20, noise_nV_rms=50.0))
    assert not np.array_equal(noise_of(seed, 20, noise_nV_rms=50.0), noise_of(seed ^ 1, 20, noise_nV_rms=50.0))


def test_load_cell_and_current_sense_draw_apart():
    """One more reading of the current changes nothing of the load cell's noise, and they are not alike."""
    force = noise_of(3, 500, noise_nV_rms=5000.0)
    sense = CurrentSense(section(current_noise_uA=1000.0, current_resolution_uA=0.001), 3)
    current = np.array([sense.read(0.0) for _ in range(500)])
    for ahead in range(4):
        assert abs(np.corrcoef(force[: 500 - ahead], current[ahead:])[0, 1]) < 0.2


@given(forces, st.floats(-2, 2))
def test_calibration_error_is_a_constant_share_of_full_scale(force, percent):
    off = reading(force, calibration_error_percent_of_full_scale=percent) - reading(force)
    assert off == pytest.approx(percent / 100 * FULL_SCALE, abs=1.01)


@given(st.floats(0, 1000), st.floats(-45, 75), st.floats(-1, 1))
def test_zero_drifts_with_temperature(force, kelvin, percent):
    drift = reading(force, WARM + kelvin, zero_drift_percent_per_10K=percent) - reading(force)
    assert drift == pytest.approx(percent / 100 * FULL_SCALE * kelvin / 10, abs=1.01)


@given(st.floats(0, 1000), st.floats(-45, 75), st.floats(-1, 1))
def test_span_drifts_with_temperature(force, kelvin, percent):
    drift = reading(force, WARM + kelvin, span_drift_percent_per_10K=percent) - reading(force)
    assert drift == pytest.approx(percent / 100 * force / 2000 * FULL_SCALE * kelvin / 10, abs=1.01)


# --- conversions ---------------------------------------------------------------------------------------------------


@given(st.sampled_from([10, 80]), st.lists(st.integers(1, 500), max_size=60))
def test_conversions_come_at_the_converters_rate_whatever_the_ticks(rate, ticks_ms):
    """One at the start, then one per period; numbered without a gap."""
    cell = LoadCell(section(rate_Hz=rate), 1, 0.0)
    passed = 0
    for tick in ticks_ms:
        before = cell.sample
        cell.read(0.0, WARM, tick)
        passed += tick
        assert cell.sample >= before
        assert cell.sample == 1 + passed * rate // 1000


def test_eight_conversions_a_tick_at_80_Hz_one_in_four_ticks_at_10_Hz():
    fast, slow = LoadCell(section(rate_Hz=80), 1, 0.0), LoadCell(section(rate_Hz=10), 1, 0.0)
    fast.read(0.0, WARM, 100)
    assert fast.sample == 1 + 8
    numbers = []
    for _ in range(8):
        slow.read(0.0, WARM, 25)
        numbers.append(slow.sample)
    assert numbers == [1, 1, 1, 2, 2, 2, 2, 3]


def test_the_number_of_the_conversion_wraps_at_2_to_the_16():
    cell = LoadCell(section(rate_Hz=80), 1, 0.0)
    cell.read(0.0, WARM, 12_500 * 65_536 // 1000 - 25)
    assert cell.sample == 65_535
    cell.read(0.0, WARM, 13)
    assert cell.sample == 0


def test_between_conversions_counts_stand_still():
    cell = LoadCell(section(noise_nV_rms=50.0), 1, 100.0)
    before = cell.counts
    cell.read(1900.0, WARM, 99)
    assert cell.counts == before


@given(forces, forces)
def test_the_filter_settles_in_four_conversions(old, new):
    """Restated: 1, 12, 23 and 24 parts in 24 of a step, that is never past the new value, and all of it at 400 ms."""
    cell = LoadCell(section(), 1, old)
    start, end = reading(old), reading(new)
    shares = []
    for _ in range(4):
        cell.read(new, WARM, 100)
        assert min(start, end) - 1 <= cell.counts <= max(start, end) + 1
        shares.append(cell.counts)
    for counts, share in zip(shares, (1 / 24, 12 / 24, 23 / 24, 1), strict=True):
        assert counts == pytest.approx(start + share * (end - start), abs=1.01)
    assert cell.counts == end


# --- current -------------------------------------------------------------------------------------------------------


@given(st.floats(-1, 1), st.sampled_from([0.5, 1.0, 10.0, 1000.0]))
def test_current_is_read_in_whole_steps_discharge_positive(current, resolution):
    seen = CurrentSense(section(current_resolution_uA=resolution), 1).read(current)
    assert isinstance(seen, int)
    assert abs(seen - current * 1e6) <= resolution / 2 + 0.5


def test_current_offset_and_noise_are_as_stated():
    sense = CurrentSense(section(current_offset_uA=30.0, current_noise_uA=12.0), 5)
    seen = np.array([sense.read(0.001) for _ in range(4000)])
    assert np.mean(seen) == pytest.approx(1030.0, abs=1.0)
    assert np.std(seen) == pytest.approx(12.0, rel=0.05)
