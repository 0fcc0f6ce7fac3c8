"""The table at the end of a run."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from hil.columns import DTYPE, OUTPUTS, PRESSURE, SETPOINT, STATE, TIME
from hil.metrics import NEEDED, Goal, measure
from hil.report import Entry, all_pass, console, passes, show, to_json


def metrics_of(swing_percent):
    rows = np.zeros(2000, DTYPE)
    rows[TIME] = np.arange(2000) / 10
    rows[SETPOINT] = 5e6
    rows[PRESSURE] = 5e6 * (1 + swing_percent / 200 * np.sin(np.arange(2000) / 50))
    rows[STATE], rows[OUTPUTS] = 1, 7
    return measure([{name: rows[name] for name in NEEDED}], 0.0, 1.327)


HELD, LOOSE = metrics_of(0.4), metrics_of(5.0)


def printed(entries):
    stream = io.StringIO()
    show(entries, Goal(), console(stream), "a run")
    return stream.getvalue()


def test_a_held_run_passes():
    text = printed([Entry("actuated frame", HELD, judged=True, rejection=12.5), Entry("actuator locked", LOOSE)])
    held, locked = (next(line for line in text.splitlines() if name in line) for name in ("actuated", "locked"))
    assert held.split()[2:] == ["5.000", "+0.01", "0.21", "0.142", "0.020", "0.40", "12.5", "pass"]
    assert "FAIL" not in text
    assert "pass" not in locked
    for goal in ("≤ 1)", "≤ 0.2)", "≥ 10)"):
        assert goal in text
    assert "\x1b" not in text  # not a terminal: no colours
    assert max(map(len, text.splitlines())) <= 110


def test_a_controller_switched_off_fails():
    off = Entry("controller off", LOOSE, judged=True)
    assert passes(off, Goal()) is False
    assert "FAIL" in printed([off])


@pytest.mark.parametrize(
    ("rejection", "passed"), [(9.99, False), (10.0, True), (math.inf, True), (math.nan, False), (None, True)]
)
def test_rejection_counts(rejection, passed):
    assert passes(Entry("x", HELD, judged=True, rejection=rejection), Goal()) is passed


@pytest.mark.parametrize("name", ["max_deviation_percent", "rms_deviation_percent"])
def test_a_missing_figure_fails(name):
    entry = Entry("x", replace(HELD, **{name: math.nan}), judged=True)
    assert passes(entry, Goal()) is False
    assert "-" in printed([entry])


def test_nothing_judged_is_no_pass():
    assert not all_pass([], Goal())
    assert not all_pass([Entry("x", HELD)], Goal())
    assert all_pass([Entry("x", HELD, judged=True), Entry("y", LOOSE)], Goal())
    assert not all_pass([Entry("x", HELD, judged=True), Entry("y", LOOSE, judged=True)], Goal())


def test_json_has_the_same_figures():
    entries = [Entry("held", HELD, judged=True, rejection=math.inf), Entry("loose", replace(LOOSE, mean_MPa=math.nan))]
    document = json.loads(to_json(entries, Goal()))
    assert document["goal"] == {"max_deviation_percent": 1.0, "rms_deviation_percent": 0.2, "rejection": 10.0}
    assert document["pass"] is True
    held, loose = document["variants"]
    assert held["metrics"]["rms_deviation_percent"] == HELD.rms_deviation_percent
    assert held["pass"] is True
    assert held["rejection"] is None
    assert loose["pass"] is None
    assert loose["metrics"]["mean_MPa"] is None
