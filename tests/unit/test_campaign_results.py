"""Verdicts, ranks, tables and figure, on results made up for the purpose."""

import csv
import io
import json

import pytest
from campaigns import written

from hil.campaign import report
from hil.campaign.figure import campaign_figure
from hil.campaign.file import read
from hil.campaign.results import rank, tabulate, verdict


def result(kind="link_cut", fixture="spring", **changes):
    made = {
        "key": f"{kind}/{fixture}/0", "kind": kind, "fixture": fixture, "severity": 1.0, "moment_s": 10.0,
        "peak_MPa": 5.0, "least_MPa": 4.9, "hard_MPa": 8.0, "soft_MPa": 6.5, "over_hard_s": 0.0, "outside_s": 0.0,
        "harmed_at_s": None, "seen_at_s": None, "safe_at_s": None, "told_at_s": None,
        "seen": [], "tripped": False, "false_trip": False,
        "would_see": [], "hours": 1.0, "ended": "", "when": "mid_run", "setpoint_MPa": 5.0, "armed": True,
        "over_hard_at_s": None, "could_see": [], "on_board_saw": [], "off_MPa": None,
    }  # fmt: skip
    return {**made, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "harmless"),
        ({"peak_MPa": 6.49}, "harmless"),
        ({"peak_MPa": 6.5}, "missed"),
        ({"harmed_at_s": 3.0}, "missed"),
        ({"seen": ["WARN"], "peak_MPa": 7.9}, "caught"),
        ({"seen": ["WARN"], "harmed_at_s": 3.0}, "unprevented"),
    ],
)
def test_the_verdict_on_a_run(changes, expected):
    assert verdict(result(**changes)) == expected


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([3.0], 0.5, 3.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), (range(1, 101), 0.95, 95), ([1, 2], 1.0, 2)],
)  # fmt: skip
def test_a_rank_is_a_value_that_was_there(values, share, expected):
    assert rank(values, share) == expected


RESULTS = [
    result(seen=["LINK"], seen_at_s=0.3, safe_at_s=0.4),
    result(seen=["LINK", "WARN"], seen_at_s=0.5, safe_at_s=0.6),
    result(fixture="press", peak_MPa=6.6, would_see=["second load cell"]),
    result(
        kind="cell_gas",
        peak_MPa=12.0,
        seen=["OVER"],
        harmed_at_s=1.0,
        seen_at_s=2.0,
        over_hard_at_s=0.5,
        over_hard_s=3.0,
        on_board_saw=["load cell: hard limit"],
        would_see=["over-force switch"],
    ),
    result(kind="healthy", tripped=True, false_trip=True, hours=3.0),
    result(kind="healthy", seen=["PERMITS"], hours=4.0),
]


def test_the_table_counts_what_it_was_given():
    table = tabulate(RESULTS)
    cut, gas = table.totals
    assert (cut.runs, cut.seen, cut.caught, cut.missed, cut.unseen) == (3, 2, 2, 1, 1)
    assert (cut.safe_p50_s, cut.safe_max_s, cut.seen_max_s) == (0.4, 0.6, 0.5)
    assert (cut.by, cut.shows) == ({"LINK": 2}, {"LINK": 2, "WARN": 1})
    assert cut.would_see == {"second load cell": 1}
    assert (gas.peak_of_hard, gas.over_hard, gas.unprevented) == (1.5, 1, 1)
    assert [(line.kind, line.fixture, line.runs) for line in table.lines] == [
        ("link_cut", "spring", 2), ("link_cut", "press", 1), ("cell_gas", "spring", 1),
    ]  # fmt: skip
    assert (table.health.hours, table.health.trips, table.health.false_trips) == (7.0, 1, 1)
    assert table.health.rate_below_per_1000_h is None
    assert table.runs == 4


def test_how_soon_an_actuator_that_was_told_to_move_is_shown():
    results = [
        result(kind="actuator_stuck", told_at_s=10.0, seen=["RESPONSE"], seen_at_s=14.0),
        result(kind="actuator_stuck", told_at_s=10.0, seen=["RESPONSE"], seen_at_s=30.0),
        result(kind="actuator_stuck", told_at_s=10.0, seen=["WARN"], seen_at_s=3.0),
        result(kind="actuator_stuck", told_at_s=10.0),
        result(kind="actuator_stuck", seen=["STALE"], seen_at_s=1.0),
        result(kind="link_cut", told_at_s=10.0, seen=["LINK"], seen_at_s=14.0),
    ]
    table = tabulate(results)
    line = table.totals[0]
    assert (line.told, line.told_seen) == (4, 3)
    assert (line.told_p50_s, line.told_max_s) == (4.0, 20.0)
    assert [row[:4] for row in report.answers(table)] == [("actuator_stuck", "spring", "4 of 5", "3")]


def over(key, **changes):
    changes = {"over_hard_at_s": 1.0, "peak_MPa": 9.0, "would_see": ["over-force switch"], **changes}
    return result(kind="load_cell_open", key=key, **changes)


def test_runs_over_the_hard_limit_are_counted_by_what_could_see_them_and_each_is_named():
    table = tabulate([
        over("a", could_see=["travel against load cell"], on_board_saw=["load cell: jump"]),
        over("b", on_board_saw=["load cell: hard limit"], seen=["OVER"]),
        over("c", would_see=["second load cell", "over-force switch"]),
        result(peak_MPa=7.99),
    ])  # fmt: skip
    assert report.over_hard(table) == (
        "over the hard limit: 3 of 4 runs; could have been seen on board: 1; seen on board and acted on: 1; "
        "only another instrument would show it: 1"
    )
    assert table.could_see == 1
    assert [line.could_see for line in table.totals] == [1, 0]
    rows = report.over_runs(table)
    assert [row[0] for row in rows] == ["a", "b", "c"]
    assert all(row[-1] != "-" for row in rows), "each is named with what would see it"
    document = table.to_json()["over_hard_limit"]
    assert (document["runs"], document["could_have_been_seen_on_board"]) == (3, 1)
    assert [run["key"] for run in document["each"]] == ["a", "b", "c"]


def test_what_is_to_be_borne_with_shows_trips_and_the_largest_change():
    table = tabulate([
        result(kind="load_cell_outliers", off_MPa=0.01),
        result(kind="load_cell_outliers", off_MPa=0.045, tripped=True),
    ])  # fmt: skip
    assert report.tolerated(table) == [("load_cell_outliers", "spring", "2", "1", "0.90")]


def test_hours_without_a_false_trip_bound_its_rate():
    health = tabulate([result(kind="healthy", hours=1500.0)]).health
    assert health.rate_below_per_1000_h == pytest.approx(2.0)


def test_every_form_of_the_table_names_what_was_missed(tmp_path):
    table = tabulate(RESULTS)
    rows = list(csv.DictReader(io.StringIO(report.to_csv(table))))
    assert [(row["kind"], row["fixture"], row["missed"]) for row in rows][:3] == [
        ("link_cut", "spring", "0"), ("link_cut", "press", "1"), ("cell_gas", "spring", "0"),
    ]  # fmt: skip
    facts = {"code_sha256": "0" * 64, "engine": "c", "versions": {"isostack": "1"}}
    text = report.to_markdown(table, read(written(tmp_path)), facts)
    assert "seed 7; sources 000000000000, engine c, isostack 1." in text
    assert "| link_cut | 1 of 3 | 1 | second load cell (1) |" in text
    assert "1 false trips" in text
    assert "Over the hard limit: 1 of 4 runs; could have been seen on board: 0" in text
    assert "| load cell: hard limit | over-force switch |" in text
    assert report.blind(table) == [("link_cut", "1 of 3", "1", "second load cell (1)")]
    document = table.to_json()
    assert document["verdicts"] == {"caught": 2, "harmless": 0, "unprevented": 1, "missed": 1}
    json.dumps(document, allow_nan=False)


def test_the_figure_has_the_same_bytes_again(tmp_path):
    table = tabulate(RESULTS)
    first, second = (campaign_figure(table, tmp_path / name, "A title") for name in ("a.png", "b.png"))
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 10_000
