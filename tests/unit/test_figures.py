"""Figures: no peak is lost, the same data give the same bytes, and nothing half-drawn stays behind."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.columns import CURRENT, DTYPE, PRESSURE, SETPOINT, THICKNESS, TIME, VOLTAGE
from hil.figures import Series, _legend, compare_figure, cycle_figure, drawing, envelope, sweep_figure
from hil.log import LogError, finalise, journal_path, read
from hil.recorder import Recorder


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.floats(-1e9, 1e9) | st.just(np.nan), min_size=1, max_size=300), points=st.integers(4, 60))
def test_envelope_keeps_every_peak(values, points):
    values = np.array(values)
    times = np.arange(len(values)) / 10
    thin_times, thin = envelope(times, values, points)
    assert len(thin) <= max(len(values) if len(values) <= points else 0, points + 2)
    where = np.searchsorted(times, thin_times)
    assert np.array_equal(times[where], thin_times)  # nothing between the rows
    assert np.array_equal(values[where], thin, equal_nan=True)  # nothing invented
    assert np.all(np.diff(thin_times) > 0)
    assert (thin_times[0], thin_times[-1]) == (times[0], times[-1])
    if not np.all(np.isnan(values)):
        assert np.nanmin(thin) == np.nanmin(values)
        assert np.nanmax(thin) == np.nanmax(values)


def test_envelope_keeps_a_peak_of_one_row_in_a_million():
    values = np.zeros(1_000_000)
    values[123_457], values[765_431] = 1.0, -1.0
    times, thin = envelope(np.arange(1_000_000.0), values, 1000)
    assert len(thin) <= 1002
    assert times[thin == 1.0] == 123_457
    assert times[thin == -1.0] == 765_431


def columns_of(swing_percent, count=5000):
    rows = np.zeros(count, DTYPE)
    rows[TIME] = np.arange(1, count + 1) / 10
    rows[PRESSURE] = 5e6 * (1 + swing_percent / 200 * np.sin(np.arange(count) / 500))
    rows[SETPOINT], rows[VOLTAGE], rows[CURRENT], rows[THICKNESS] = 5e6, 3.7, 1.327e-3, 4e-6
    return rows


@pytest.fixture
def runs():
    swings = {"actuated": 0.5, "spring": 5, "fixed gap": 80, "press": 2}
    return [
        Series.of(name, columns_of(swing), actuated=name == "actuated", electrode_cm2=1.327)
        for name, swing in swings.items()
    ]


def draw(kind, runs, path):
    if kind == "cycle":
        return cycle_figure(runs, path, "a cycle")
    if kind == "passive":
        return cycle_figure(runs[1:], path)
    if kind == "compare":
        return compare_figure(runs, path, "compared")
    return sweep_figure("spring_N_per_mm", [2000, 500, 1000], {"actuated": [1, 2, 3], "locked": [3, 20, 40]}, path)


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("cycle", ".png"), ("cycle", ".svg"), ("passive", ".svg"), ("compare", ".png"), ("sweep", ".svg")],
)
def test_same_data_same_bytes(tmp_path, runs, kind, suffix):
    first = draw(kind, runs, tmp_path / f"a{suffix}").read_bytes()
    assert draw(kind, runs, tmp_path / f"b{suffix}").read_bytes() == first
    assert len(first) > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]
    assert "matplotlib.pyplot" not in sys.modules  # no display is ever asked for


def test_traces_are_in_the_units_of_their_names(runs):
    traces = runs[0].traces
    assert traces["pressure_MPa"].values.mean() == pytest.approx(5, rel=0.01)
    assert traces["current_mA_per_cm2"].values[0] == pytest.approx(1)
    assert traces["thickness_um"].values[0] == pytest.approx(4)
    assert traces["voltage_V"].hours[-1] == pytest.approx(500 / 3600)
    assert np.ptp(traces["deviation_percent"].values) == pytest.approx(0.5, rel=0.01)
    assert runs[0].settled_from_h == pytest.approx(50 / 3600, rel=0.01)
    assert "current_mA" in Series.of("x", columns_of(1)).traces


def test_a_run_of_one_row_can_be_drawn(tmp_path):
    run = Series.of("x", columns_of(1)[:1], actuated=True)
    assert cycle_figure([run], tmp_path / "x.png").exists()
    assert compare_figure([run], tmp_path / "y.png").exists()


def test_series_of_a_log(tmp_path):
    rows = columns_of(1, 300)
    recorder = Recorder(journal_path(tmp_path / "run"), {"electrode_cm2": 1.327})
    for row in rows.tolist():
        recorder.record(*row)
    recorder.close({})
    [path] = finalise(recorder.path, tmp_path / "run")
    found = Series.of_log(read(path), "x").traces
    for name, trace in Series.of("x", rows, electrode_cm2=1.327).traces.items():
        assert np.array_equal(found[name].values, trace.values)


def test_a_log_without_rows_is_not_drawn(tmp_path):
    recorder = Recorder(journal_path(tmp_path / "run"), {})
    recorder.abandon()
    with pytest.raises(LogError, match="no rows"):
        Series.of_log(read(recorder.path), "x")


def test_an_unknown_format_is_one_line(tmp_path, runs):
    with pytest.raises(LogError, match=r"use \.png"):
        cycle_figure(runs, tmp_path / "x.bmp")


def test_a_folder_that_is_missing_is_one_line(tmp_path, runs):
    with pytest.raises(LogError, match="write the figure"):
        cycle_figure(runs, tmp_path / "missing" / "x.png")


@pytest.mark.parametrize("inches", [4.0, 8.0])
@pytest.mark.parametrize("runs", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("letters", [5, 20, 40])
def test_a_legend_stays_within_its_figure(inches, runs, letters, tmp_path):
    with drawing(tmp_path / "legend.png", (inches, 4.0)) as figure:
        axis = figure.subplots()
        for _ in range(runs):
            axis.plot([0, 1], [0, 1], label=("fixed gap of carbon fibre, wide " * 2)[:letters])
        _legend(figure, axis, "name of a run, " * 10)
        figure.canvas.draw()
        box = figure.legends[0].get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
