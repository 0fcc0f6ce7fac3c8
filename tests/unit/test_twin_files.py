"""The twin's sections of a file: units in the keys, bounds, contradictions, and one line for what is wrong."""

import math

import pytest
from pydantic import ValidationError

from twin.errors import InputError
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.plant import Plant
from twin.resolve import options_of, values_of

GOOD = '[cell]\ndiameter_mm = 13\n[fixture]\nkind = "fixed_gap"\n'

# key: (lowest allowed, highest allowed), restated from the documentation of the format
CELL_BOUNDS = {
    "diameter_mm": (2, 200),
    "areal_capacity_mAh_per_cm2": (0.1, 12),
    "lithium_um": (0, 200),
    "state_of_charge": (0, 1),
    "electrolyte_um": (5, 3000),
    "pressed_MPa": (0, 500),
    "electrolyte_pressed_MPa": (1, 1000),
    "layers": (1, 30),
}
FIXTURE_BOUNDS = {
    "preload_MPa": (0, 200),
    "frame_N_per_um": (0.5, 5000),
    "frame_length_mm": (0, 2000),
    "frame_expansion_ppm_per_K": (0, 30),
    "spring_length_mm": (0, 1000),
    "spring_expansion_ppm_per_K": (0, 30),
    "relaxed": (0, 1),
    "thermal_minutes": (0.1, 1000),
    "piston_cm2": (0.1, 10000),
    "seal_friction_percent": (0, 20),
    "regulator_lag_s": (0.05, 600),
    "gas_exponent": (1, 1.67),
    "leak_percent_per_day": (0, 100),
    "accumulator_cm3": (0, 1e6),
    "bulk_modulus_GPa": (0.05, 10),
    "fluid_expansion_ppm_per_K": (0, 2000),
    "line_mm3_per_MPa": (0, 1e5),
}


def refused(section, /, **keys):
    with pytest.raises(ValidationError) as caught:
        section.model_validate(keys)
    return str(caught.value)


@pytest.mark.parametrize(("key", "bounds"), CELL_BOUNDS.items())
def test_cell_bounds(key, bounds):
    base = {"diameter_mm": 13.0}
    step = 1 if key == "layers" else 1e-6
    for bound, outward in zip(bounds, (-1, 1), strict=True):
        CellSection.model_validate({**base, key: bound})
        assert key in refused(CellSection, **{**base, key: bound + outward * step})


@pytest.mark.parametrize(("key", "bounds"), FIXTURE_BOUNDS.items())
def test_fixture_bounds(key, bounds):
    for bound, outward in zip(bounds, (-1, 1), strict=True):
        FixtureSection.model_validate({"kind": "fixed_gap", key: bound})
        assert key in refused(FixtureSection, kind="fixed_gap", **{key: bound + outward * 1e-6})


@pytest.mark.parametrize(
    ("kind", "key", "bounds"),
    [
        ("pneumatic_closed", "gas_cm3", (0.01, 1e6)),
        ("hydraulic", "fluid_cm3", (0.01, 1e6)),
        ("isostatic", "vessel_cm3", (0.01, 1e7)),
    ],
)
def test_volume_bounds(kind, key, bounds):
    base = {"kind": kind, **({} if kind == "isostatic" else {"piston_cm2": 10.0})}
    assert f"needs {key}" in refused(FixtureSection, **base)
    assert "take" in refused(FixtureSection, kind="fixed_gap", **{key: 1.0})
    for bound, outward in zip(bounds, (-1, 1), strict=True):
        FixtureSection.model_validate({**base, key: bound})
        assert key in refused(FixtureSection, **{**base, key: bound + outward * 1e-6})


def test_every_number_with_a_bound_is_on_these_lists():
    # Tested below, or with the materials they belong to: they exclude others.
    special = {"area_cm2", "spring_N_per_mm", "n_p_ratio", "blend_weight_fraction"}
    special |= {"gas_cm3", "fluid_cm3", "vessel_cm3"}
    for section, listed in ((CellSection, CELL_BOUNDS), (FixtureSection, FIXTURE_BOUNDS)):
        numeric = {k for k, f in section.model_fields.items() if f.annotation in (int, float, float | None)}
        assert numeric - special == listed.keys()


@pytest.mark.parametrize("keys", [{}, {"diameter_mm": 13.0, "area_cm2": 1.3}])
def test_exactly_one_area(keys):
    assert "exactly one of diameter_mm and area_cm2" in refused(CellSection, **keys)


def test_a_diameter_and_its_area_are_the_same_cell():
    area = math.pi / 4 * 1.3**2
    round_, square = CellSection(diameter_mm=13.0), CellSection(area_cm2=area)
    assert round_.area_m2 == pytest.approx(square.area_m2, rel=1e-12)
    assert round_.capacity_Ah == pytest.approx(4e-3 * area, rel=1e-12)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "spring"}, "spring_N_per_mm"),
        ({"kind": "actuated_spring"}, "spring_N_per_mm"),
        ({"kind": "fixed_gap", "spring_N_per_mm": 100.0}, "has no spring"),
        ({"kind": "pneumatic"}, "piston_cm2"),
        ({"kind": "pneumatic_closed", "gas_cm3": 1.0}, "piston_cm2"),
        ({"kind": "hydraulic", "fluid_cm3": 1.0}, "piston_cm2"),
        ({"kind": "pneumatic", "piston_cm2": 1.0, "supply": "regulated"}, "has no liquid"),
        ({"kind": "fixed_gap", "spring_ageing": "set_and_fatigue"}, "has no spring"),
        ({"kind": "vice"}, "fixed_gap"),
        ({}, "kind"),
        ({"kind": "fixed_gap", "preload_mpa": 5.0}, "preload_mpa"),
        ({"kind": "fixed_gap", "preload_MPa": math.nan}, "finite"),
        ({"kind": "fixed_gap", "preload_MPa": math.inf}, "finite"),
    ],
)
def test_fixture_refuses(keys, said):
    assert said in refused(FixtureSection, **keys)


@pytest.mark.parametrize("times", [(1.0, 1.0), (2.0, 1.0)])
def test_ambient_steps_are_in_order(times):
    steps = [{"at_h": t, "temperature_C": 30.0} for t in times]
    assert "in order of time" in refused(AmbientSection, steps=steps)


def test_options_follow_the_file():
    cell = CellSection(diameter_mm=13.0, refill="creep_and_diffusion")
    fixture = FixtureSection(kind="actuated_spring", spring_N_per_mm=100.0, relaxation=False)
    assert (
        options_of(cell, fixture).items()
        >= {
            "fixture": "actuated spring",
            "refill": "creep and diffusion",
            "relaxation": "none",
        }.items()
    )


def test_practical_units_become_si():
    cell = CellSection(area_cm2=25.0, layers=3, lithium_um=20.0, electrolyte_um=30.0, pressed_MPa=300.0)
    fixture = FixtureSection(kind="pneumatic", piston_cm2=50.0, preload_MPa=2.0, frame_N_per_um=11.0)
    values = values_of(cell, fixture, AmbientSection(temperature_C=45.0))
    width, height = values["Electrode width [m]"], values["Electrode height [m]"]
    assert width * height == pytest.approx(25e-4, rel=1e-12)
    assert values["Initial lithium thickness [m]"] == pytest.approx(20e-6)
    assert values["Separator thickness [m]"] == pytest.approx(30e-6)
    assert values["Initial contact pressure memory [Pa]"] == pytest.approx(300e6)
    assert values["Nominal cell capacity [A.h]"] == pytest.approx(0.3)
    assert values["Frame stiffness [N.m-1]"] == pytest.approx(11e6)
    assert values["Preload pressure [Pa]"] == pytest.approx(2e6)
    assert values["Piston area [m2]"] == pytest.approx(50e-4)
    assert values["Supply pressure [Pa]"] * 50e-4 == pytest.approx(2e6 * 25e-4)
    assert values["Initial temperature [K]"] == pytest.approx(318.15)


def test_a_charged_cell_starts_with_its_lithium_plated():
    cell = CellSection(diameter_mm=13.0, state_of_charge=0.5, lithium_um=5.0)
    values = values_of(cell, FixtureSection(kind="fixed_gap"), AmbientSection())
    assert values["Initial lithium thickness [m]"] == pytest.approx(5e-6 + 2 * 4.849e-6, rel=1e-3)


# Plant.from_file


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "cell.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_plant_reads_a_file(written):
    plant = Plant.from_file(written(GOOD + "preload_MPa = 7\n[[ambient.steps]]\nat_h = 1.0\ntemperature_C = 30\n"))
    from twin.plant import Inputs

    assert plant.step(Inputs(), 0.1).pressure == pytest.approx(7e6, rel=1e-4)


def test_other_sections_are_not_the_twins_business(written):
    Plant.from_file(written('title = "x"\n' + GOOD + "[control]\nsetpoint_MPa = 5\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cell: give exactly one of diameter_mm and area_cm2"),
        ("[cell", "cannot be read"),
        (b"\xff\xfe[cell]", "cannot be read"),
        ("cell = 3", "cell"),
        (GOOD + "relax = 1", "fixture.relax"),
        (GOOD + "preload_MPa = 201", "fixture.preload_MPa = 201"),
        (GOOD + 'preload_MPa = "5"', "fixture.preload_MPa = '5'"),
        (GOOD + "preload_MPa = true", "fixture.preload_MPa = True"),
        (GOOD + "preload_MPa = nan", "fixture.preload_MPa = nan"),
        (GOOD + "spring_N_per_mm = 100", "has no spring"),
        (GOOD.replace("fixed_gap", "isostatic") + "vessel_cm3 = 0.05", ": fixture.vessel_cm3 = 0.05: the cell alone"),
        (GOOD + "[ambient]\ntemperature_C = 300", "ambient.temperature_C = 300"),
        (GOOD.replace("[fixture]", 'parameter_set = "LCO"\n[fixture]'), "cell.parameter_set = 'LCO'"),
    ],
)
def test_a_wrong_file_is_one_line(written, text, said):
    path = written(text)
    with pytest.raises(InputError) as caught:
        Plant.from_file(path)
    line = str(caught.value)
    assert said in line
    assert str(path) in line
    assert "\n" not in line


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml: cannot be read"):
        Plant.from_file(tmp_path / "absent.toml")
