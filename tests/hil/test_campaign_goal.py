"""What the campaign is to come to, on slices of the shipped one and in its reported tables."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import EXAMPLES

from hil.campaign.file import read
from hil.campaign.plan import plan
from hil.campaign.run_one import run_one

RESULTS = Path(__file__).parents[2] / "docs" / "campaign-results.md"
DOCUMENT = RESULTS.with_name("campaign.md")
OUTLIERS_SHARE, CHANGE = 0.05, 0.01


@pytest.fixture(scope="module")
def shipped():
    return read(EXAMPLES / "campaign.toml")


def test_wrong_conversions_that_stand_alone_trip_nothing_and_hardly_move_the_pressure(shipped):
    for draw in plan(shipped, runs=3, only=["load_cell_outliers"]):
        result = run_one(shipped, replace(draw, severity=OUTLIERS_SHARE, watch_s=400.0))
        assert result.armed, draw.key
        assert not result.tripped, f"{draw.key}: {result.seen}"
        assert result.off_MPa <= CHANGE * result.setpoint_MPa, draw.key


@pytest.mark.parametrize("kind", ["load_cell_open", "load_cell_gain", "zero_jump", "supply_loss", "actuator_coarse"])
def test_what_a_sensor_on_board_shows_is_acted_on_before_the_hard_limit(shipped, kind):
    for draw in plan(shipped, runs=9, only=[kind]):
        result = run_one(shipped, draw)
        assert result.could_see == [], draw.key


def test_an_open_load_cell_never_takes_a_stack_over_the_hard_limit(shipped):
    for draw in plan(shipped, runs=12, only=["load_cell_open"]):
        for zero_MPa in (-0.05, 0.0, 0.05):
            result = run_one(shipped, replace(draw, severity=zero_MPa))
            assert result.peak_MPa < result.hard_MPa, draw.key


def test_a_driver_with_fewer_bits_than_the_record_is_refused(shipped):
    for draw in plan(shipped, runs=4, only=["driver_bits"]):
        result = run_one(shipped, draw)
        assert result.seen[:1] == ["SELF_TEST"], draw.key
        assert not result.armed


def test_the_reported_campaign_came_to_its_goal():
    text = RESULTS.read_text()
    counted = re.search(
        r"Over the hard limit: ([\d,]+) of ([\d,]+) runs; could have been seen on board: ([\d,]+);", text
    )
    over, runs, seen = (int(number.replace(",", "")) for number in counted.groups())
    assert runs >= 3000
    # Each that the board's own sensors could have seen is named, and accounted for in the document.
    named = re.findall(r"`?([a-z_]+/[a-z ]+/\d{5})`?", DOCUMENT.read_text())
    assert len(set(named)) == seen
    assert all(key in text for key in named)
    health = re.search(r"Healthy: ([\d,]+) h in [\d,]+ runs, ([\d,]+) false trips", text)
    assert int(health[1].replace(",", "")) >= 1000
    assert health[2] == "0"
    listed = text[text.index("## Over the hard limit") : text.index("## To be borne with")]
    rows = [line.split(" | ") for line in listed.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == over
    assert all(row[-1].strip(" |") not in ("", "-") for row in rows), "each with what would show it"
