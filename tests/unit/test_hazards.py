"""What an actuator's end would do to the stack: warned of with figures exactly where it lies over the hard limit.

Restated: a stepper at its end stop is at the preload plus stiffness times travel; a press at its full supply at that
times piston over cell.
"""

import math
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.console import Console

from hil.experiment_file import load
from hil.hazards import hazards, say_hazards
from hil.shipped import folder
from hil.summary import summary
from twin.errors import InputError


def loaded(name, *changes):
    try:
        return load(folder() / f"{name}.toml", changes)
    except InputError:
        return None


def number_after(words, text):
    return float(re.search(rf"{words}([-+.e0-9]+)", text)[1])


@settings(max_examples=60, deadline=None)
@given(
    travel=st.floats(1, 5000),
    spring=st.floats(200, 20_000),
    preload=st.floats(0, 6),
    setpoint=st.floats(3, 6),
    hard=st.floats(1.5, 4.0),
)
def test_a_stepper_s_travel(travel, spring, preload, setpoint, hard):
    changes = (
        f"travel_um=[-1000.0, {travel}]", f"spring_N_per_mm={spring}", f"preload_MPa={preload}",
        f"setpoint_MPa={setpoint}", f"hard_limit_MPa={setpoint * hard}", "speed_um_per_s=4", "load_cell_kN=20",
    )  # fmt: skip
    experiment = loaded("die_13mm", *changes)
    assume(experiment is not None)
    area_mm2 = math.pi / 4 * 13**2
    MPa_per_um = 1 / (1 / (spring / 1e3) + 1 / 30.0) / area_mm2
    reach, limit = preload + MPa_per_um * travel, experiment.control.hard_limit_MPa
    found = hazards(experiment.schema)
    if reach <= limit:
        assert found == ()
        return
    (hazard,) = found
    assert hazard.name == "travel"
    assert hazard.reach_MPa == pytest.approx(reach)
    assert f"hard limit of {limit:g} MPa" in hazard.text
    assert "\n" not in hazard.text
    if preload < limit:
        most = number_after(r"travel_um to \[-1000, ", hazard.text)
        assert preload + MPa_per_um * most <= limit * (1 + 1e-9)
        assert preload + MPa_per_um * most * 1.02 > limit, "no more is taken away than must be"
        mended = loaded("die_13mm", *changes, f"travel_um=[-1000.0, {most}]")
        assert mended is None or hazards(mended.schema) == ()


@settings(max_examples=60, deadline=None)
@given(full=st.floats(0.3, 20), piston=st.floats(1, 100), hard=st.floats(1.5, 4.0))
def test_a_press_s_full_supply(full, piston, hard):
    changes = (
        f"full_scale_MPa={full}", f"piston_cm2={piston}", f"hard_limit_MPa={5 * hard}",
        "supply_slew_MPa_per_s=0.001", "load_cell_kN=20",
    )  # fmt: skip
    experiment = loaded("press_pneumatic", *changes)
    assume(experiment is not None)
    reach, limit = full * piston * 100 / (math.pi / 4 * 13**2), experiment.control.hard_limit_MPa
    found = hazards(experiment.schema)
    assert bool(found) == (reach > limit)
    if found:
        (hazard,) = found
        assert hazard.name == "supply"
        assert hazard.reach_MPa == pytest.approx(reach)
        most = number_after("limit the supply to ", hazard.text)
        assert most * piston * 100 / (math.pi / 4 * 13**2) <= limit * (1 + 1e-9)
        mended = loaded("press_pneumatic", *changes, f"full_scale_MPa={most}")
        assert mended is None or hazards(mended.schema) == ()


def test_the_shipped_press_at_its_full_supply_is_over_its_hard_limit():
    (hazard,) = hazards(load(folder() / "press_pneumatic.toml").schema)
    assert "full supply, 1 MPa, is 9.04 MPa on the stack, over the hard limit of 8 MPa" in hazard.text
    assert "limit the supply to 0.884 MPa" in hazard.text


def test_they_are_said_once_on_standard_error(capsys):
    experiment = load(folder() / "press_pneumatic.toml")
    say_hazards(experiment)
    heard = capsys.readouterr()
    assert heard.out == ""
    (line,) = heard.err.splitlines()
    assert line.startswith(f"{experiment.path}: warning: supply: ")


@pytest.mark.parametrize("change", ["control.enabled=false", "actuator.kind='none'"])
def test_nothing_moves_without_an_actuator_under_control(change):
    assert hazards(load(folder() / "die_13mm.toml", (change,)).schema) == ()


@pytest.mark.parametrize(("name", "row"), [("die_13mm", "travel"), ("press_pneumatic", "supply")])
def test_check_shows_them(name, row):
    console = Console(width=400, file=None)
    experiment = load(folder() / f"{name}.toml")
    with console.capture() as capture:
        console.print(summary(experiment))
    (hazard,) = hazards(experiment.schema)
    assert f"warning: {row}" in capture.get()
    assert hazard.text in capture.get()
