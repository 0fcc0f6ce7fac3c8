"""The table at the end of a run."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from hil.columns import CONTACT, DTYPE, OUTPUTS, PRESSURE, SETPOINT, STATE, TIME
from hil.metrics import NEEDED, Goal, measure
from hil.report import Entry, all_pass, console, reasons, show, to_json, verdict


def metrics_of(swing_percent):
    rows = np.zeros(2000, DTYPE)
    rows[TIME] = np.arange(2000) / 10
    rows[SETPOINT] = 5e6
    rows[PRESSURE] = 5e6 * (1 + swing_percent / 200 * np.sin(np.arange(2000) / 50))
    rows[STATE], rows[OUTPUTS], rows[CONTACT] = 1, 7, 1
    return measure([{name: rows[name] for name in NEEDED}], 0.0, 1.327)


HELD, LOOSE = metrics_of(0.4), metrics_of(5.0)
DONE = {"exit_code": 0, "reason": "protocol complete", "violations": []}
EARLY = {"exit_code": 0, "reason": "stopped early, as the file asks", "violations": []}
TRIPPED = {"exit_code": 3, "reason": "the controller tripped", "violations": []}
LIMIT = {"exit_code": 3, "reason": "voltage 2.499 V at or under the limit 2.5 V", "violations": []}
FAILED = {"exit_code": 4, "reason": "the model came to its limit: Lithium is used up", "violations": []}
IMPOSSIBLE = {
    "rule": "voltage", "verdict": "violated", "bound": "2.5 to 4.3 V", "worst": -31046.9, "time_s": 7.0, "row": 69,
    "column": "",
}  # fmt: skip
WRONG = {**DONE, "violations": [IMPOSSIBLE]}


def judged(metrics, outcome=DONE, **more):
    """An entry that has to meet the goals."""
    return Entry("x", metrics, judged=True, outcome=outcome, **more)


def passes(entry, goal):
    return verdict(entry, goal).passed


def printed(entries):
    stream = io.StringIO()
    show(entries, Goal(), console(stream), "a run")
    return stream.getvalue()


def test_a_held_run_passes():
    text = printed(
        [Entry("actuated frame", HELD, judged=True, outcome=DONE, rejection=12.5), Entry("actuator locked", LOOSE)]
    )
    held, locked = (next(line for line in text.splitlines() if name in line) for name in ("actuated", "locked"))
    assert held.split()[2:] == ["5.000", "+0.01", "0.21", "0.142", "0.020", "0.40", "12.5", "pass"]
    assert "FAIL" not in text
    assert "pass" not in locked
    for goal in ("≤ 1)", "≤ 0.2)", "≥ 10)"):
        assert goal in text
    assert "\x1b" not in text  # not a terminal: no colours
    assert max(map(len, text.splitlines())) <= 110


def test_a_controller_switched_off_fails():
    off = Entry("controller off", LOOSE, judged=True, outcome=DONE)
    assert passes(off, Goal()) is False
    assert "FAIL" in printed([off])


@pytest.mark.parametrize(
    ("rejection", "passed"), [(9.99, False), (10.0, True), (math.inf, True), (math.nan, False), (None, True)]
)
def test_rejection_counts(rejection, passed):
    assert passes(Entry("x", HELD, judged=True, outcome=DONE, rejection=rejection), Goal()) is passed


@pytest.mark.parametrize("name", ["max_deviation_percent", "rms_deviation_percent"])
def test_a_missing_figure_fails(name):
    entry = judged(replace(HELD, **{name: math.nan}))
    assert passes(entry, Goal()) is False
    assert "-" in printed([entry])


@pytest.mark.parametrize("outcome", [TRIPPED, LIMIT, FAILED], ids=["trip", "voltage limit", "simulation"])
def test_a_run_that_did_not_end_well_fails_however_well_pressure_was_held(outcome):
    """Pins: runs that ended at -31,000 V were judged by their pressure alone, and passed."""
    entry = judged(HELD, outcome)
    assert passes(entry, Goal()) is False
    assert outcome["reason"] in verdict(entry, Goal()).why
    assert outcome["reason"] in " ".join(printed([entry]).split())


@pytest.mark.parametrize("is_judged", [True, False])
@pytest.mark.parametrize("outcome", [WRONG, {**EARLY, "violations": [IMPOSSIBLE]}])
def test_what_is_not_possible_fails_even_in_a_companion(is_judged, outcome):
    entry = replace(judged(HELD, outcome), judged=is_judged)
    assert passes(entry, Goal()) is False
    assert not all_pass([judged(HELD), entry], Goal())
    text = " ".join(printed([entry]).split())
    assert "FAIL" in text
    assert "voltage: -31046.9 at 7 s (row 69); must be 2.5 to 4.3 V" in text
    [found] = json.loads(to_json([entry], Goal()))["variants"][0]["violations"]
    assert found == IMPOSSIBLE


def test_a_shortened_run_is_not_judged():
    """Neither passed nor failed, held or not: the rest of its protocol may have been the hard part."""
    for metrics in (HELD, LOOSE):
        entry = judged(metrics, EARLY)
        assert passes(entry, Goal()) is None
        assert all_pass([entry], Goal()) is None
        text = printed([entry])
        assert "not judged: stopped early" in " ".join(text.split())
        assert "pass" not in text
        assert "FAIL" not in text
        document = json.loads(to_json([entry], Goal()))
        assert document["pass"] is None
        assert document["variants"][0]["pass"] is None
        assert document["variants"][0]["why"] == "not judged: stopped early, as the file asks"


def test_a_shortened_run_that_tripped_fails():
    assert passes(judged(replace(HELD, trips=1), EARLY), Goal()) is False


def test_an_unknown_end_is_not_judged():
    assert passes(judged(HELD, {}), Goal()) is None


@pytest.mark.parametrize(("contact", "passed"), [(0.899, False), (0.9, True), (math.nan, False)])
def test_contact_counts(contact, passed):
    entry = judged(replace(HELD, least_contact=contact))
    assert passes(entry, Goal()) is passed
    assert ("contact" in " ".join(reasons([entry], Goal()))) is not passed


def test_every_missed_goal_is_named():
    [line] = reasons([judged(replace(LOOSE, least_contact=0.5), rejection=3.0)], Goal())
    for word in ("FAIL", "contact 0.5", "largest deviation 2.6", "rms deviation 1.7", "rejection 3"):
        assert word in line


def test_nothing_judged_is_no_pass():
    assert all_pass([], Goal()) is None
    assert all_pass([Entry("x", HELD)], Goal()) is None
    assert all_pass([Entry("x", HELD, judged=True, outcome=DONE), Entry("y", LOOSE)], Goal())
    assert not all_pass(
        [Entry("x", HELD, judged=True, outcome=DONE), Entry("y", LOOSE, judged=True, outcome=DONE)], Goal()
    )


def test_json_has_the_same_figures():
    entries = [
        Entry("held", HELD, judged=True, outcome=DONE, rejection=math.inf),
        Entry("loose", replace(LOOSE, mean_MPa=math.nan)),
    ]
    document = json.loads(to_json(entries, Goal()))
    assert document["goal"] == {
        "max_deviation_percent": 1.0, "rms_deviation_percent": 0.2, "rejection": 10.0, "least_contact": 0.9,
    }  # fmt: skip
    assert document["pass"] is True
    held, loose = document["variants"]
    assert held["metrics"]["rms_deviation_percent"] == HELD.rms_deviation_percent
    assert held["pass"] is True
    assert held["rejection"] is None
    assert loose["pass"] is None
    assert loose["metrics"]["mean_MPa"] is None
