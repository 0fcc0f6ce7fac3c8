"""The same cell in other fixtures: what changes, and what must not."""

from pathlib import Path

import pytest

from hil.experiment_file import load
from hil.run import is_controlled
from hil.schema import CompareSection, ExperimentSchema
from hil.variants import LABELS, variant

EXAMPLES = Path(__file__).parents[2] / "examples"
DIE, PRESS = EXAMPLES / "die_13mm.toml", EXAMPLES / "press_pneumatic.toml"
KINDS = {"actuator_locked": "actuated_spring", "fixed_gap": "fixed_gap", "spring": "spring", "pneumatic": "pneumatic"}
KINDS |= {kind: kind for kind in ("pneumatic_closed", "hydraulic", "isostatic")}


def made(name, *overrides, file=DIE):
    return variant(load(file, overrides), name).schema


def test_every_companion_a_file_may_name_has_a_label_and_a_variant():
    stated = CompareSection.model_json_schema()["properties"]["fixtures"]["items"]["enum"]
    assert set(stated) == set(LABELS) == set(KINDS)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_variant_is_passive_and_holds_the_same_cell(name, kind):
    before, after = load(DIE), variant(load(DIE), name)
    assert after.schema.fixture.kind == kind
    assert is_controlled(before)
    assert not is_controlled(after)
    for section in ("cell", "ambient", "protocol", "sensor", "log"):
        assert getattr(after.schema, section) == getattr(before.schema, section)
    assert after.schema.control.setpoint_MPa == before.schema.control.setpoint_MPa
    assert after.schema.run.seed == before.schema.run.seed
    assert after.schema.run.tick_s == before.schema.compare.tick_s
    assert after.phases() == before.phases()


@pytest.mark.parametrize("name", KINDS)
def test_a_variant_keeps_preload_and_frame(name):
    fixture, before = made(name).fixture, load(DIE).schema.fixture
    for key in ("preload_MPa", "frame_N_per_um", "frame_length_mm", "thermal_minutes", "relaxation"):
        assert getattr(fixture, key) == getattr(before, key)


@pytest.mark.parametrize("name", KINDS)
def test_a_variant_is_a_valid_experiment(name):
    """Whole sections that are put together in Python pass the check of a file too."""
    schema = made(name)
    again = ExperimentSchema.model_validate(schema.model_dump(exclude_none=True))
    assert again.fixture == schema.fixture


def test_the_spring_frame_has_the_actuated_frames_spring():
    assert made("spring").fixture.spring_N_per_mm == load(DIE).schema.fixture.spring_N_per_mm
    assert made("fixed_gap").fixture.spring_N_per_mm is None


@pytest.mark.parametrize("preload", [1.0, 4.0, 5.0])
def test_a_press_is_sized_for_shop_air(preload):
    """0.6 MPa on the piston is the preload on the cell."""
    schema = made("pneumatic", f"preload_MPa={preload}", "setpoint_MPa=5.0")
    supplied = preload * 1e6 * schema.cell.area_m2 / (schema.fixture.piston_cm2 * 1e-4)
    assert supplied == pytest.approx(6e5)


def test_a_press_of_the_files_own_stays():
    assert made("pneumatic", "preload_MPa=5.0", file=PRESS).fixture.piston_cm2 == 12.0
