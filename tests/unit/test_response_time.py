"""When a failed actuator is noticed, worked out from a file before it is run."""

import math
from pathlib import Path

import pytest
from rich.console import Console

from hil.experiment_file import load
from hil.response_time import detection
from hil.run import checked_configuration
from hil.summary import summary

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["die_13mm", "pouch_5x5cm", "press_pneumatic"]


def found(name, failure, *overrides):
    experiment = load(EXAMPLES / f"{name}.toml", overrides)
    return detection(checked_configuration(experiment), round(experiment.control.setpoint_MPa * 1e4), failure)


def said(name, *overrides):
    console = Console(width=200, file=None)
    with console.capture() as capture:
        console.print(summary(load(EXAMPLES / f"{name}.toml", overrides)))
    return capture.get()


@pytest.mark.parametrize("name", NAMES)
def test_a_reversed_actuator_is_noticed_sooner_than_a_stalled_one(name):
    stalled, reversed_ = found(name, "stalled"), found(name, "reversed")
    assert 0 < reversed_.time_s < stalled.time_s < 600
    assert stalled.excess_hPa == pytest.approx(stalled.off_hPa), "what stands still goes nowhere"
    assert reversed_.excess_hPa > reversed_.off_hPa, "what goes the wrong way does"


@pytest.mark.parametrize("name", NAMES)
def test_a_slipping_actuator_is_noticed_from_further_off_than_a_stalled_one(name):
    """Near by, the fifth of its moves that shows is enough to bring the pressure back."""
    stalled, slipping = found(name, "stalled"), found(name, "slipping")
    assert slipping.off_hPa > stalled.off_hPa
    assert 0 < slipping.time_s < 600


@pytest.mark.parametrize("name", NAMES)
def test_the_same_file_gives_the_same_figures(name):
    assert found(name, "stalled") == found(name, "stalled")


def test_more_play_and_more_drift_take_longer():
    first = found("die_13mm", "stalled").time_s
    assert found("die_13mm", "stalled", "assumed_backlash_um=20").time_s > first
    assert found("die_13mm", "stalled", "response_drift_nm_per_s=60").time_s > first
    assert found("die_13mm", "stalled", "response_share=0.9").time_s < first


def test_what_is_never_noticed_is_said_to_be():
    """An allowance of 10 um in half a minute hides everything up to the soft limit."""
    blind = found("die_13mm", "stalled", "response_drift_nm_per_s=1000", "response_window_s=600", "speed_um_per_s=4")
    assert blind.time_s == math.inf
    assert "not noticed before the soft limit" in said(
        "die_13mm", "response_drift_nm_per_s=1000", "response_window_s=600", "speed_um_per_s=4"
    )


def test_check_states_time_and_excess():
    text = said("die_13mm")
    stalled, reversed_ = found("die_13mm", "stalled"), found("die_13mm", "reversed")
    assert f"trips {stalled.time_s:.3g} s after the pressure is {stalled.off_hPa / 10:.2g} kPa off" in text
    assert f"{reversed_.excess_hPa / 10:.2g} kPa off by then" in text
    assert "80 % of moves lost; noticed from 50 % on" in text
    assert "noticed from 25 % on" in said("die_13mm", "response_share=0.75")
    assert "response check off" in " ".join(said("die_13mm", "response_share=0").split())
    assert "stalled" not in said("die_13mm", "control.enabled=false")
