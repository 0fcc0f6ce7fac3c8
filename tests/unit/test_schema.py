"""The input file: what is accepted, what is refused, and that every refusal is one useful line."""

import itertools
import math
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from hil.experiment_file import expand_sweeps, load
from hil.schema import ExperimentSchema, Step
from twin.errors import InputError

DIE = """
format = 1
title = "13 mm die"
[cell]
diameter_mm = 13
areal_capacity_mAh_per_cm2 = 4.0
[fixture]
kind = "actuated_spring"
preload_MPa = 5.0
spring_N_per_mm = 1000
[protocol]
lower_V = 2.5
upper_V = 4.4
[[protocol.steps]]
charge_mA_per_cm2 = 0.25
until_V = 4.2
[[protocol.steps]]
rest_h = 1
[[protocol.steps]]
repeat = 2
steps = [{ discharge_C = 0.1, until_V = 2.8, for_h = 20 }, { hold_V = 4.2, until_C = 0.01 }]
[sensor]
load_cell_kN = 2
"""


@pytest.fixture
def die(tmp_path: Path) -> Path:
    path = tmp_path / "die.toml"
    path.write_text(DIE)
    return path


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(InputError) as caught:
        load(path, overrides)
    line = str(caught.value)
    assert "\n" not in line
    return line


def answer(path: Path, *overrides: str) -> str:
    try:
        load(path, overrides)
    except InputError as error:
        return str(error)
    return ""


def to_toml(value: Any) -> str:
    """Write plain data as TOML, tables inline: enough for what `resolved` returns."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {to_toml(v)}" for k, v in value.items()) + "}"
    return repr(value)


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    stack: list[Any] = [f.annotation for f in model.model_fields.values()]
    while stack:
        item = stack.pop()
        if isinstance(item, type) and issubclass(item, BaseModel):
            if item not in found:
                found.add(item)
                stack += [f.annotation for f in item.model_fields.values()]
        else:
            stack += get_args(item)
    return found


def test_reads_the_sections(die: Path) -> None:
    file = load(die)
    assert file.cell.diameter_mm == 13
    assert file.actuator.kind == "stepper"  # what an actuated spring has
    assert file.control.setpoint_MPa == 5  # the preload
    assert [s.kind for s in file.protocol.steps] == ["current", "rest", "repeat"]
    assert file.title == "13 mm die"
    assert len(file.sha256) == 64


def test_defaults_follow_the_setpoint(die: Path) -> None:
    control = load(die, ["setpoint_MPa=4"]).control
    assert (control.warn_MPa, control.soft_limit_MPa, control.hard_limit_MPa) == (4.8, 5.2, 6.4)
    assert control.charge_window_MPa == (3.2, 4.8)


@pytest.mark.parametrize(("rate", "noise", "stale"), [(10, 50, 300), (80, 90, 300)])
def test_defaults_follow_the_sample_rate(die: Path, rate: int, noise: float, stale: int) -> None:
    file = load(die, [f"rate_Hz={rate}"])
    assert file.sensor.noise_nV_rms == noise
    assert file.control.stale_ms == stale


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("fixture.kind=spring",),
        ("actuator.kind=none",),
        ("rate_Hz=80", "run.tick_s=0.05"),
        ("protocol.steps.2.repeat=7",),
        ("fixture.kind=pneumatic", "piston_cm2=10"),
        ("protocol.steps.1.rest_h=2", 'compare.fixtures=["spring", "fixed_gap"]'),
    ],
)
def test_resolved_values_are_a_file_that_means_the_same(die: Path, overrides: tuple[str, ...]) -> None:
    file = load(die, overrides)
    again = die.with_name("again.toml")
    again.write_text("".join(f"{k} = {to_toml(v)}\n" for k, v in file.resolved().items()))
    other = load(again)
    assert other.schema == file.schema
    assert other.resolved_sha256() == file.resolved_sha256()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("fixture.spring_N_per_mm=5e6", ["fixture.spring_N_per_mm = 5000000.0", "10 to 1e+06", "N/mm"]),
        ("sprng_N_per_mm=3", ["did you mean fixture.spring_N_per_mm"]),
        ("control.setpont_MPa=3", ["control.setpont_MPa", "unknown key", "did you mean setpoint_MPa"]),
        ("tick_s=1", ["ambiguous", "run.tick_s", "compare.tick_s"]),
        ("zzz=1", ["no such key"]),
        ("cell=1", ["section"]),
        ("noequals", ["key=value"]),
        ("setpoint_MPa=nan", ["control.setpoint_MPa = nan", "not a finite number"]),
        ("setpoint_MPa=-inf", ["control.setpoint_MPa = -inf", "not a finite number"]),
        ("setpoint_MPa=1 2", ["not TOML"]),
        ('load_cell_kN="2"', ["sensor.load_cell_kN", "wrong type", "a number"]),
        ("load_cell_kN=true", ["sensor.load_cell_kN = true", "wrong type"]),
        ("seed=1.5", ["run.seed = 1.5", "whole number"]),
        ("enabled=1", ["control.enabled = 1", "true or false"]),
        ("gain=32", ["sensor.gain = 32", "128 or 64"]),
        ('formats=["xls"]', ["log.formats.0", "parquet"]),
        ("formats=[]", ["log.formats", "empty"]),
        ("charge_window_MPa=[4]", ["control.charge_window_MPa", "too short"]),
        ("charge_window_MPa=[6, 4]", ["charge_window_MPa", "[low, high]"]),
        ("charge_window_MPa=[5.5, 6]", ["charge_window_MPa", "hold setpoint_MPa = 5"]),
        ("permit_hysteresis_MPa=1", ["permit_hysteresis_MPa = 1", "below 1"]),
        ("soft_limit_MPa=9", ["soft_limit_MPa = 9", "hard_limit_MPa = 8"]),
        ("tare_limit_MPa=2", ["tare_limit_MPa = 2"]),
        ("proportional_share=0.9", ["proportional_share = 0.9"]),
        ("setpoint_MPa=20", ["control.setpoint_MPa = 20", "load cell", "1800 N"]),
        ("load_cell_kN=0.7", ["0.9 x the load cell", "630 N"]),
        ("hard_limit_MPa=30", ["control.hard_limit_MPa = 30", "1.5 x"]),
        ("sensitivity_mV_per_V=4", []),
        ("actuator.kind=regulator", ["actuator.kind = 'regulator'", "stepper"]),
        ("bits=10", ["bits does not belong", "stepper"]),
        ("fixture.kind=pneumatic", ["piston_cm2"]),
        ("speed_um_per_s=2000", ["speed_um_per_s = 2000", "soft and hard limit"]),
        ("speed_um_per_s=1", ["speed_um_per_s = 1", "microsteps per tick"]),
        ("travel_um=[1, 5]", ["travel_um = [1, 5]"]),
        ("run.tick_s=0.15", ["run.tick_s = 0.15", "sample period 0.1 s"]),
        ("run.tick_s=0.0125", ["whole number of milliseconds"]),
        ("run.tick_s=1.0", ["run.tick_s = 1", "control.enabled"]),
        ("stale_ms=150", ["control.stale_ms = 150", "200 ms"]),
        ("protocol.steps.0.charge_C=1", ["protocol.steps.0", "contradict"]),
        ("protocol.steps.0.charge_mA_per_cm2=0", ["protocol.steps.0.charge_mA_per_cm2 = 0", "out of bounds"]),
        ("protocol.steps.0.until_V=4.5", ["protocol.steps.0.until_V = 4.5", "upper_V"]),
        ("protocol.steps.1.until_V=3", ["protocol.steps.1", "until_V does not belong to a rest"]),
        ("protocol.steps.9.rest_h=1", ["index from 0 to 2"]),
        ("protocol.steps.2.repeat=0", ["protocol.steps.2.repeat = 0", "1 to 10000"]),
        ("protocol.steps=[]", ["protocol.steps", "empty"]),
        ("format=2", ["format = 2"]),
        ("title.x=2", ["not a", "table"]),
    ],
)
def test_refused_overrides(die: Path, override: str, words: list[str]) -> None:
    if not words:  # the boundary case that is just allowed
        assert load(die, [override])
        return
    line = refusal(die, override)
    for word in words:
        assert word in line, line


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{ charge_C = 0.1 }", ["never ends", "until_V"]),
        ("{ hold_V = 4.0 }", ["never ends", "until_C"]),
        ("{ until_V = 4.0 }", ["no action"]),
        ("{ repeat = 3 }", ["belong together"]),
        ("{ steps = [{ rest_s = 1 }] }", ["belong together"]),
        ("{ rest_h = 1, rest_s = 3 }", ["rest_h and rest_s contradict"]),
        ("{ rest_h = 1, for_s = 3 }", ["for_s does not belong"]),
        ("{ charge_C = 1, for_h = 1, for_s = 3 }", ["for_h and for_s contradict"]),
        ("{ charge_C = 1, discharge_C = 1, for_h = 1 }", ["contradict"]),
        ("{ hold_V = 4.0, until_C = 0.1, until_A = 1 }", ["until_C and until_A contradict"]),
        ("{ profile = 'x.csv' }", ["positive_current"]),
        ("{ charge_C = 1, for_h = 1, scale = 2 }", ["scale does not belong"]),
        ("{ profile = 'x.csv', positive_current = 'charge', scale = 1, scale_peak_mA_per_cm2 = 1 }", ["scale"]),
        ("{ profile = 'x.csv', positive_current = 'up' }", ["'charge' or 'discharge'"]),
        ("{ profile = 'absent.csv', positive_current = 'charge' }", ["absent.csv", "no such file"]),
        ("3", ["must be a table"]),
    ],
)
def test_refused_steps(die: Path, step: str, words: list[str]) -> None:
    line = refusal(die, f"protocol.steps=[{step}]")
    for word in words:
        assert word in line, line


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty"]),
        (b"  \n\n", ["empty"]),
        (b"\xff\xfe\x00", ["UTF-8", "line 1"]),
        (b"format = 1\n[cell\n", ["TOML", "line 2"]),
        (b"format = 1\nformat = 1\n", ["TOML"]),
        (b"format = 9\n", ["format = 9", "format 1"]),
        (b"[cell]\n", ["format: missing"]),
        (b"format = 1\n", ["cell: missing", "more"]),
        (b"format = 1\nx = " + b"[" * 5000, ["deep"]),
        (b"format = 1\nx = " + b"[" * 50 + b"]" * 50, ["deep"]),
        (b"format = 1\nx = " + b"9" * 5000, ["TOML"]),
    ],
)
def test_refused_files(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    line = refusal(path)
    assert line.startswith(f"{path}: ")
    for word in words:
        assert word in line, line


def test_missing_file_and_directory(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.toml")
    assert "directory" in refusal(tmp_path)
    assert "cannot be read" in refusal(tmp_path / ("x" * 400))


def test_missing_key_and_count(die: Path) -> None:
    die.write_text(DIE.replace("load_cell_kN = 2", "").replace("diameter_mm = 13", "diameter = 13"))
    line = refusal(die)
    assert "cell.diameter: unknown key; did you mean diameter_mm?" in line
    assert line.endswith("more)")


def test_a_missing_key_is_named(die: Path) -> None:
    die.write_text(DIE.replace("load_cell_kN = 2", ""))
    assert "sensor.load_cell_kN: missing" in refusal(die)


def test_every_number_has_bounds_and_a_unit() -> None:
    schema = ExperimentSchema.model_json_schema()["$defs"]
    ours = {m.__name__ for m in models(ExperimentSchema)} - {"ExperimentSchema"}
    assert ours <= set(schema)
    for name, key in [(n, k) for n in ours for k in schema[n]["properties"]]:
        entry = schema[name]["properties"][key]
        assert entry.get("description") or key in ("kind", "steps"), (name, key)
        for option in entry.get("anyOf", [entry]):
            if option.get("type") in ("number", "integer") and "enum" not in option:
                low = "minimum" in option or "exclusiveMinimum" in option
                assert low, (name, key)
                assert "maximum" in option, (name, key)
                assert "[" in entry["description"], (name, key)


def test_bounds_hold_on_both_sides(die: Path) -> None:
    """Each bounded number: just inside is not refused for its bound, just outside is."""
    schema = ExperimentSchema.model_json_schema()["$defs"]
    for section in ("SensorSection", "ControlSection", "ActuatorSection", "RunSection"):
        for key, entry in schema[section]["properties"].items():
            if entry.get("type") not in ("number", "integer") or "enum" in entry:
                continue
            whole = entry["type"] == "integer"
            name = f"{section.removesuffix('Section').lower()}.{key}"
            for bound, side in ((entry["minimum"], -1), (entry["maximum"], 1)):
                beyond = bound + side if whole else math.nextafter(bound, side * math.inf)
                assert f"{name} = " in refusal(die, f"{name}={beyond!r}"), name
                assert "out of bounds" not in answer(die, f"{name}={bound!r}"), name


def test_sweeps() -> None:
    assert expand_sweeps([]) == [()]
    assert expand_sweeps(["a=1,2", "b=x"]) == [("a=1", "b=x"), ("a=2", "b=x")]
    assert expand_sweeps(["a=[1,2]"]) == [("a=[1,2]",)]
    assert expand_sweeps(['a="x,y",z']) == [('a="x,y"',), ("a=z",)]
    assert len(expand_sweeps(["a=1,2,3", "b=1,2"])) == 6


def test_profile_is_read_beside_the_file_and_kept(die: Path) -> None:
    (die.parent / "p.csv").write_text("time [s],current [A]\n0,1\n10,-1\n20,0\n")
    step = "{ profile = 'p.csv', positive_current = 'charge', scale_peak_mA_per_cm2 = 0.5, repeat = 3 }"
    file = load(die, [f"protocol.steps=[{step}]"])
    (phase,) = file.phases()
    assert phase.profile is not None
    assert phase.profile.peak_A == pytest.approx(0.5e-3 * file.cell.area_m2 * 1e4)
    assert phase.duration_s == 60
    assert file.profiles["p.csv"].current_A[0] == -1


def test_one_profile_cannot_have_two_signs(die: Path) -> None:
    (die.parent / "p.csv").write_text("0,1\n10,-1\n20,0\n")
    steps = ", ".join(f"{{ profile = 'p.csv', positive_current = '{w}' }}" for w in ("charge", "discharge"))
    assert "make them agree" in refusal(die, f"protocol.steps=[{steps}]")


def test_profile_errors_name_file_and_step(die: Path) -> None:
    (die.parent / "p.csv").write_text("0,1\n10,-1\n5,0\n")
    line = refusal(die, "protocol.steps=[{ profile = 'p.csv', positive_current = 'charge' }]")
    assert "protocol.steps.0.profile" in line
    assert "runs backwards" in line


def test_every_action_is_tried_against_every_other() -> None:
    actions = {"charge_C": 1.0, "discharge_A": 1.0, "hold_V": 3.0, "rest_h": 1.0, "profile": "x"}
    for a, b in itertools.combinations(actions, 2):
        with pytest.raises(ValueError, match="contradict"):
            Step.model_validate({a: actions[a], b: actions[b], "for_h": 1.0})


def test_the_text_is_kept_as_written(die: Path) -> None:
    assert tomllib.loads(load(die, ["setpoint_MPa=4"]).text)["title"] == "13 mm die"


# Supplies of liquids, and vessels

FIXTURE = 'kind = "actuated_spring"\npreload_MPa = 5.0\nspring_N_per_mm = 1000\n'
HYDRAULIC = 'kind = "hydraulic"\npreload_MPa = 5.0\npiston_cm2 = 12\nfluid_cm3 = 20\n'
ISOSTATIC = 'kind = "isostatic"\npreload_MPa = 5.0\nvessel_cm3 = 5\n'
REGULATED = 'supply = "regulated"\n[actuator]\nfull_scale_MPa = 8.0\nbits = 16\nretreat_supply_MPa = 1.0\n'


def in_fixture(die: Path, fixture: str) -> Path:
    die.write_text(DIE.replace(FIXTURE, fixture))
    return die


@pytest.mark.parametrize(("fixture", "ratio"), [(HYDRAULIC, 12 / (math.pi / 4 * 1.3**2)), (ISOSTATIC, 1.0)])
def test_a_regulated_liquid_is_driven_by_a_regulator(die: Path, fixture: str, ratio: float) -> None:
    file = load(in_fixture(die, fixture + REGULATED)).schema
    assert file.actuator.kind == "regulator"
    assert file.piston_ratio == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("fixture", [HYDRAULIC, ISOSTATIC])
def test_a_trapped_liquid_has_nothing_to_drive(die: Path, fixture: str) -> None:
    file = load(in_fixture(die, fixture)).schema
    assert file.actuator.kind == "none"
    assert file.piston_ratio == 0.0
    assert "set fixture.supply = 'regulated'" in refusal(die, "actuator.kind=regulator")


def test_a_sealed_gas_is_passive(die: Path) -> None:
    closed = in_fixture(die, 'kind = "pneumatic_closed"\npreload_MPa = 5.0\npiston_cm2 = 12\ngas_cm3 = 50\n')
    assert load(closed).schema.actuator.kind == "none"
    assert "takes 'none'" in refusal(closed, "actuator.kind=stepper")


def test_a_cell_must_fit_into_its_vessel(die: Path) -> None:
    line = refusal(in_fixture(die, ISOSTATIC), "vessel_cm3=0.05")
    assert "fixture.vessel_cm3 = 0.05" in line
    assert "the cell alone has" in line
