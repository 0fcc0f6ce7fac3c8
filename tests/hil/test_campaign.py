"""A small campaign from file to table: the same table in any order, over any processes, and after being stopped."""

import json
import random
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from campaigns import EXAMPLES, written
from command_line import isostack

from hil.campaign.execute import execute, several
from hil.campaign.faults import KINDS, WHENS, Fault
from hil.campaign.file import read
from hil.campaign.observe import INSTRUMENTS
from hil.campaign.on_board import SENSORS, evidence
from hil.campaign.plan import plan
from hil.campaign.results import tabulate, verdict
from hil.campaign.run_one import observe_run, run_one
from hil.campaign.store import Store
from twin.errors import InputError

KILLED_AFTER = 9  # results


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    return read(written(tmp_path_factory.mktemp("file")))


@pytest.fixture(scope="module")
def draws(campaign):
    return plan(campaign)


@pytest.fixture(scope="module")
def results(campaign, draws, tmp_path_factory):
    with Store(tmp_path_factory.mktemp("one"), campaign) as store:
        return execute(campaign, draws, store, workers=1)


def of(results, kind):
    return [result for result in results if result["kind"] == kind]


def test_every_run_has_its_result_in_the_order_of_the_plan(draws, results):
    assert [result["key"] for result in results] == [draw.key for draw in draws]
    assert len(results) >= 24
    json.dumps(results, allow_nan=False)


def test_in_another_order_and_over_processes_the_table_is_the_same(campaign, draws, results, tmp_path):
    shuffled = random.Random(3).sample(draws, len(draws))
    with Store(tmp_path, campaign) as store:
        execute(campaign, shuffled, store, workers=2)
        assert execute(campaign, draws, store) == results
    with Store(tmp_path, campaign) as store:
        assert execute(campaign, draws, store) == results, "and as it was kept"


class StoppedError(Exception):
    """The campaign was stopped here."""


def test_stopped_half_way_only_what_is_missing_is_made(campaign, draws, results, tmp_path, monkeypatch):
    made = []

    def stop(done):
        if done == KILLED_AFTER:
            raise StoppedError

    with Store(tmp_path, campaign) as store, pytest.raises(StoppedError):
        execute(campaign, draws, store, workers=1, progress=stop)
    from hil.campaign import execute as module

    run_one = module.run_one
    monkeypatch.setattr(module, "run_one", lambda c, draw, **k: made.append(draw.key) or run_one(c, draw, **k))
    with Store(tmp_path, campaign) as store:
        assert execute(campaign, draws, store, workers=1) == results
    assert made == [draw.key for draw in draws[KILLED_AFTER:]]


def test_other_code_makes_no_results(campaign, draws):
    with pytest.raises(InputError, match="other code"):
        several(campaign, draws[:1], "auto", "0" * 64)


# --- what the runs say ----------------------------------------------------------------------------------------------


def test_healthy_runs_do_not_trip(results):
    healthy = of(results, "healthy")
    assert sum(result["hours"] for result in healthy) >= 0.4
    assert not any(result["tripped"] or result["false_trip"] for result in healthy)


def test_a_link_that_is_cut_for_a_second_trips_within_half_a_second(results):
    for result in of(results, "link_cut"):
        assert result["seen"] == ["LINK"]
        assert 0.2 < result["safe_at_s"] <= 0.5
        assert verdict(result) == "caught"


def test_a_brown_out_ends_disarmed_with_permits_low(results):
    for result in of(results, "brown_out"):
        assert "DISARMED" in result["seen"]
        assert result["safe_at_s"] is not None


def test_refusals_are_named(results):
    for result in of(results, "operator_tare"):
        assert {"REFUSED STATE", "REFUSED BOUNDS"} <= set(result["seen"])
        assert result["peak_MPa"] < result["soft_MPa"]


def test_what_another_instrument_would_show_comes_from_the_run(results):
    for result in of(results, "load_cell_offset"):
        assert ("second load cell" in result["would_see"]) == (abs(result["severity"]) > 0.1)
    for result in of(results, "cell_expansion"):
        assert ("thickness gauge" in result["would_see"]) == (result["severity"] > 2.0)
    for result in results:
        assert set(result["would_see"]) <= set(INSTRUMENTS)
        assert result["kind"] != "healthy" or not result["would_see"]


def jumped(campaign, fixture, offset_MPa):
    """A run at rest whose load cell's zero jumps by so much."""
    draw = next(d for d in plan(campaign) if d.kind == "load_cell_offset")
    return run_one(campaign, replace(draw, severity=offset_MPa, setpoint_steps=(), action="rest", fixture=fixture))


def test_the_true_pressure_counts_not_what_the_load_cell_says(campaign):
    """A load cell that reads 3 MPa too much leaves the true pressure alone, until the actuator takes it down."""
    guarded = jumped(campaign, "spring", 3.0)
    assert guarded.peak_MPa < 5.2
    assert "WARN" in guarded.seen
    assert jumped(campaign, "actuated spring", 3.0).least_MPa < 3.0


def test_a_zero_that_jumps_down_does_not_take_the_true_pressure_over_the_hard_limit(campaign):
    """Found by a campaign: the actuator compressed until the reading was at the setpoint again, at 124 % of that."""
    result = jumped(campaign, "actuated spring", -4.9)
    assert result.peak_MPa < result.hard_MPa


# --- before arming, at a low setpoint, and over the hard limit -------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return read(EXAMPLES / "campaign.toml")


def test_a_healthy_run_meets_no_rule_by_which_the_board_could_see_something(shipped, monkeypatch):
    """In every fixture: confirmed and homed before arming, in mid-run, and at a low setpoint."""
    monkeypatch.setitem(KINDS, "healthy", Fault)  # which does nothing, and is watched as one
    draws = [draw.without_fault() for draw in plan(shipped, runs=6, only=["load_cell_open"])]
    assert {draw.when for draw in draws if draw.fixture == "actuated spring"} == set(WHENS)
    assert {draw.homes for draw in draws} == {False, True}
    for draw in draws:
        observed = observe_run(shipped, replace(draw, watch_s=400.0), "auto")
        assert observed.result.armed, draw.key
        assert observed.ticks
        assert evidence(observed.ticks, observed.record) == {}, draw.key


def test_a_homed_screw_comes_from_afar_to_its_setpoint(shipped):
    draw = next(d for d in plan(shipped, runs=6, only=["load_cell_open"]) if d.homes and "actuated" in d.fixture)
    result = run_one(shipped, replace(draw, kind="zero_jump", severity=0.0, action="rest", setpoint_steps=()))
    assert result.armed
    assert result.least_MPa == 0.0, "the screw went all the way to its switch"
    assert result.peak_MPa == pytest.approx(5.0, abs=0.1), "from assembly; and it comes back to no more"


@pytest.mark.parametrize("kind", ["load_cell_open", "load_cell_gain", "zero_jump"])
def test_a_run_over_the_hard_limit_is_named_with_what_sees_it(shipped, kind):
    for draw in plan(shipped, runs=6, only=[kind]):
        result = run_one(shipped, draw)
        over = result.peak_MPa > result.hard_MPa
        assert (result.over_hard_at_s is not None) is over
        assert ("over-force switch" in result.would_see) is over
        assert set(result.could_see) | set(result.on_board_saw) <= set(SENSORS)
        assert over or not result.could_see
        assert not over or "second load cell" in result.would_see


def test_an_open_bridge_at_rest_is_seen_by_a_second_load_cell_and_not_by_the_guard(shipped):
    draw = next(d for d in plan(shipped, runs=6, only=["load_cell_open"]) if d.fixture == "spring" and not d.moment_s)
    result = run_one(shipped, replace(draw, severity=0.0))
    assert result.peak_MPa < 5.2, "nothing moves there"
    assert result.would_see == ["second load cell"]


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_table_and_figure_and_goes_on_where_it_stopped(tmp_path):
    path = written(tmp_path)
    ran = isostack("campaign", path, "--out", tmp_path / "out", "--workers", 1, "--runs", 1, "--json")
    assert ran.code == 0, ran.reason
    document = json.loads(ran.out)
    assert document["seed"] == 7
    assert document["runs"] == sum(document["verdicts"].values()) == 13
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"runs.jsonl", "small.json", "small.csv", "small.md", "small.png"}
    kept = (tmp_path / "out" / "runs.jsonl").read_bytes()
    again = isostack("campaign", path, "--out", tmp_path / "out", "--runs", 1, "--only", "link_cut")
    assert again.code == 0, again.reason
    assert "link_cut" in again.out
    assert (tmp_path / "out" / "runs.jsonl").read_bytes() == kept, "nothing was made again"


def test_what_is_wrong_is_one_line(tmp_path):
    path = written(tmp_path)
    for words, said in (
        ((tmp_path / "none.toml",), "cannot be read"),
        ((path, "--only", "gremlin"), "--only gremlin"),
        ((path, "--scheduler", "nonsense://x"), "--scheduler nonsense://x"),
    ):
        ran = isostack("campaign", *words, "--out", tmp_path / "out")
        assert ran.code == 2
        assert said in ran.reason


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_killed_half_way_the_command_goes_on(campaign, draws, results, tmp_path):
    command = [sys.executable, "-m", "hil", "campaign", str(campaign.path), "--out", str(tmp_path), "--workers", "1"]
    kept = tmp_path / "runs.jsonl"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and (not kept.exists() or kept.read_bytes().count(b"\n") <= KILLED_AFTER):
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
        process.send_signal(signal.SIGKILL)
    done = isostack("campaign", campaign.path, "--out", tmp_path, "--workers", 1, "--json")
    assert done.code == 0, done.reason
    table = json.loads(done.out)
    assert table["faults_by_fixture"] == tabulate(results).to_json()["faults_by_fixture"]


def test_the_example_runs(tmp_path):
    ran = isostack(
        "campaign", EXAMPLES / "campaign.toml", "--out", tmp_path, "--runs", 1, "--only", "record_stored", "--json"
    )
    assert ran.code == 0, ran.reason
    assert json.loads(ran.out)["verdicts"]["caught"] == 8
