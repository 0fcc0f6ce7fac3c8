"""Figures of a run against the same figures written out in NumPy."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hil.columns import (
    ACTUATOR,
    CONTACT,
    CURRENT,
    DTYPE,
    FAULTS,
    MOVE,
    OUTPUTS,
    PRESSURE,
    SETPOINT,
    STATE,
    TIME,
    VOLTAGE,
)
from hil.cycler import COMPLETE
from hil.log import LogError, finalise, journal_path, read
from hil.metrics import NEEDED, Goal, measure, measure_log, rejection, settled_from
from hil.recorder import Recorder
from hil.report import Entry, verdict


def run_of(count=1000, seed=0, **columns):
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, DTYPE)
    rows[TIME] = np.arange(count) / 10
    rows[PRESSURE] = 5.01e6 + rng.normal(0, 8e3, count)
    rows[SETPOINT] = 5e6
    rows[CURRENT] = rng.normal(0, 1e-3, count)
    rows[ACTUATOR] = np.cumsum(rng.integers(-1, 2, count)) * 0.3e-6
    rows[MOVE] = rng.integers(-2, 3, count)
    rows[STATE], rows[OUTPUTS] = 1, 7
    rows[VOLTAGE], rows[CONTACT] = 3.7 + rng.normal(0, 0.1, count), 1.0
    for name, values in columns.items():
        rows[{"pressure": PRESSURE, "state": STATE, "outputs": OUTPUTS, "faults": FAULTS, "move": MOVE}[name]] = values
    return rows


def holds(metrics, goal):
    """Whether a complete run of these figures passes."""
    return verdict(Entry("x", metrics, judged=True, outcome={"exit_code": 0, "reason": COMPLETE}), goal).passed


def batch_of(rows):
    return {name: rows[name] for name in NEEDED}


def in_parts(rows, cuts):
    edges = [0, *sorted(cuts), len(rows)]
    return [batch_of(rows[a:b]) for a, b in itertools.pairwise(edges)]


def test_pressure_figures_are_numpys():
    rows = run_of()
    found = measure([batch_of(rows)], 10.0)
    late = rows[PRESSURE][rows[TIME] >= 10.0]
    assert found.rows == 1000
    assert found.duration_s == pytest.approx(99.9)
    assert found.mean_MPa == pytest.approx(late.mean() / 1e6, rel=1e-12)
    assert found.offset_percent == pytest.approx((late.mean() - 5e6) / 5e4)
    assert found.offset_MPa == pytest.approx((late.mean() - 5e6) / 1e6)
    assert found.rms_deviation_percent == pytest.approx(late.std() / 5e4, rel=1e-9)
    assert found.max_deviation_percent == pytest.approx(np.abs(late - late.mean()).max() / 5e4)
    assert found.swing_MPa == pytest.approx(np.ptp(late) / 1e6)
    assert found.swing_percent == pytest.approx(np.ptp(late) / 5e4)
    assert found.whole_swing_MPa == pytest.approx(np.ptp(rows[PRESSURE]) / 1e6)
    assert found.whole_swing_percent == pytest.approx(np.ptp(rows[PRESSURE]) / 5e4)
    assert (found.min_MPa, found.max_MPa) == (rows[PRESSURE].min() / 1e6, rows[PRESSURE].max() / 1e6)
    assert found.setpoint_MPa == 5


def test_voltage_and_contact_are_of_the_whole_run():
    rows = run_of()
    rows[CONTACT][3] = 0.7
    found = measure(in_parts(rows, [10]), 10.0)
    assert (found.lowest_V, found.highest_V) == (rows[VOLTAGE].min(), rows[VOLTAGE].max())
    assert found.least_contact == 0.7


def test_charge_and_travel_are_numpys():
    rows = run_of()
    found = measure([batch_of(rows)], 10.0, electrode_cm2=1.327)
    mAh = rows[CURRENT][1:] * 0.1 / 3.6
    assert found.charged_mAh_per_cm2 == pytest.approx(-mAh[mAh < 0].sum() / 1.327)
    assert found.discharged_mAh_per_cm2 == pytest.approx(mAh[mAh > 0].sum() / 1.327)
    assert found.moves == np.count_nonzero(rows[MOVE])
    assert found.travel_um == pytest.approx(np.abs(np.diff(rows[ACTUATOR])).sum() * 1e6)
    signs = [s for s in np.sign(rows[MOVE]) if s]
    assert found.reversals == sum(a != b for a, b in itertools.pairwise(signs))
    assert math.isnan(measure([batch_of(rows)], 10.0).charged_mAh_per_cm2)
    json.dumps(measure(in_parts(rows, [500]), 10.0).to_json(), allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=6), seed=st.integers(0, 1000))
@example(cuts=[0, 0, 1, 300], seed=0)
def test_how_rows_are_parted_does_not_matter(cuts, seed):
    rng = np.random.default_rng(seed)
    rows = run_of(
        300, seed, state=rng.integers(0, 3, 300), outputs=rng.integers(0, 8, 300), faults=rng.integers(0, 9, 300)
    )
    whole = measure([batch_of(rows)], 3.0, 2.0).to_json()
    parted = measure(in_parts(rows, cuts), 3.0, 2.0).to_json()
    assert parted == pytest.approx(whole, rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    pressures=st.lists(st.floats(0, 1e8), min_size=2, max_size=60),
    shift=st.floats(-1e6, 1e6),
)
def test_an_offset_is_no_deviation(pressures, shift):
    """Adding a constant moves mean and offset alone: calibration error is reported apart."""
    count = len(pressures)
    one = measure([batch_of(run_of(count, pressure=pressures))], 0.0)
    other = measure([batch_of(run_of(count, pressure=np.add(pressures, shift)))], 0.0)
    for name in ("rms_deviation_percent", "max_deviation_percent", "swing_percent"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-6)
    assert other.offset_MPa - one.offset_MPa == pytest.approx(shift / 1e6, abs=1e-8)
    assert one.rms_deviation_percent <= one.max_deviation_percent * (1 + 1e-9)
    assert one.max_deviation_percent <= one.swing_percent * (1 + 1e-9) + 1e-9


def test_settling_leaves_the_start_out():
    rows = run_of(1000)
    rows[PRESSURE][:100] = 0
    found = measure([batch_of(rows)], settled_from(0, 99.9))
    assert found.max_deviation_percent < 1
    assert found.whole_swing_percent > 100
    rows[PRESSURE][100] = 0  # the first row that counts
    assert measure([batch_of(rows)], settled_from(0, 99.9)).max_deviation_percent > 90


def test_permits_trips_and_faults():
    state = [0] * 10 + [1] * 40 + [2] * 10 + [0] * 5 + [1] * 25 + [2] * 10
    outputs = [0] * 10 + [3] * 20 + [2] * 5 + [3] * 15 + [0] * 15 + [3] * 25 + [0] * 10
    found = measure([batch_of(run_of(100, state=state, outputs=outputs, faults=[4] * 50 + [1] * 50))], 0.0)
    assert found.unarmed_s == pytest.approx(0.9)  # ten rows are nine ticks
    assert found.charge_opened_s == pytest.approx(0.5 + 1.5 + 1.0)
    assert found.discharge_opened_s == pytest.approx(1.5 + 1.0)
    assert found.trips == 2
    assert found.faults == 5


@pytest.mark.parametrize(("deviation", "held"), [(0.999, True), (1.001, False), (math.nan, False)])
def test_goal_on_the_largest_deviation(deviation, held):
    pressure = np.full(1000, 5e6)
    pressure[500:502] = 5e6 * (1 + deviation / 100), 5e6 * (1 - deviation / 100)
    assert holds(measure([batch_of(run_of(pressure=pressure))], 0.0), Goal()) is held


@pytest.mark.parametrize(("rms", "held"), [(0.199, True), (0.201, False)])
def test_goal_on_the_rms(rms, held):
    pressure = 5e6 * (1 + rms / 100 * (-1) ** np.arange(1000))
    assert holds(measure([batch_of(run_of(pressure=pressure))], 0.0), Goal()) is held


def test_rejection_is_the_smaller_ratio():
    locked = measure([batch_of(run_of(pressure=5e6 + 1e5 * np.sin(np.arange(1000) / 50)))], 0.0)
    held = measure([batch_of(run_of(pressure=5e6 + 1e4 * np.sin(np.arange(1000) / 50)))], 0.0)
    assert rejection(locked, held) == pytest.approx(10)
    assert rejection(held, held) == 1
    perfect = measure([batch_of(run_of(pressure=5e6))], 0.0)
    assert rejection(locked, perfect) == math.inf
    assert math.isnan(rejection(perfect, perfect))


def test_a_setpoint_that_is_followed_is_no_deviation():
    """Pins: a pressure policy that was held to the pascal failed the goal, for its setpoint had moved."""
    rows = run_of(1000, pressure=5e6 + 1e6 * (np.arange(1000) // 500))
    rows[SETPOINT] = 5e6 + 1e6 * (np.arange(1000) // 500)
    found = measure([batch_of(rows)], 0.0)
    assert (found.max_deviation_percent, found.rms_deviation_percent) == (0, 0)
    assert found.swing_MPa == 1
    assert holds(found, Goal())


def test_a_perfect_hold_has_no_deviation():
    found = measure([batch_of(run_of(pressure=5e6))], 10.0)
    assert (found.max_deviation_percent, found.rms_deviation_percent, found.swing_MPa, found.offset_MPa) == (0, 0, 0, 0)


def test_missing_values_are_not_hidden():
    rows = run_of()
    rows[PRESSURE][500] = np.nan
    found = measure(in_parts(rows, [400, 600]), 0.0)
    assert math.isnan(found.max_deviation_percent)
    assert math.isnan(found.min_MPa)
    assert found.to_json()["mean_MPa"] is None


def test_a_log_gives_the_same_figures(tmp_path):
    rows = run_of()
    recorder = Recorder(journal_path(tmp_path / "run"), {"electrode_cm2": 1.327, "settle_percent": 20}, flush_rows=77)
    for row in rows.tolist():
        recorder.record(*row)
    recorder.close({})
    [path] = finalise(recorder.path, tmp_path / "run")
    assert measure_log(read(path)) == measure([batch_of(rows)], settled_from(0.0, float(rows[TIME][-1]), 20), 1.327)


def test_a_log_without_rows(tmp_path):
    recorder = Recorder(journal_path(tmp_path / "run"), {})
    recorder.close({})
    [path] = finalise(recorder.path, tmp_path / "run")
    with pytest.raises(LogError, match="no rows"):
        measure_log(read(path))
    with pytest.raises(ValueError, match="no rows"):
        measure([], 0.0)
