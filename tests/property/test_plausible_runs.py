"""Random cells, fixtures, protocols and ticks from the box that a file admits: no log holds what is not possible.

`make test` tries some dozens, `make prove` ten thousand (ISOSTACK_DEEP=1). Runs are a few hundred ticks long; files
that are not admitted do not count.
"""

import math

import pytest
from evidence import DEEP, SEED
from hypothesis import HealthCheck, assume, event, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hil.experiment_file import Experiment
from hil.run import checked_configuration, execute
from hil.schema import ExperimentSchema
from twin import cache
from twin.errors import InputError

TICKS = 300
KINDS = ["actuated_spring", "spring", "fixed_gap", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"]
CELLS = [{}, {"cathode": "lithium", "anode": "lithium"}, {"anode": "graphite"}] if DEEP else [{}]
"""Materials: each has a stepper of its own in each fixture, which is built once."""
CHUNKS, EACH = (15, 100) if DEEP else (1, 6)
MOST = 100.0  # mA/cm2
LEAST_LITHIUM = 70.0  # um: more than any cathode of the box takes
"""Left out: metal that runs out within a run. In the tick in which it does, or in which a voltage is held on what is
left, the plant's temperature jumps, even downwards."""
LEAST_PRESSED = 1.0  # MPa
"""Left out: a contact that was never pressed. It costs hundreds of volts within the first tick, nothing at its end."""


def between(low, high):
    return st.floats(low, high, allow_subnormal=False)


def decades(low, high):
    """As many small ones as large."""
    return between(math.log10(low), math.log10(high)).map(lambda x: min(max(10.0**x, low), high))


SPRINGS, PISTONS, VOLUMES = decades(10, 1e6), decades(0.1, 1e4), decades(0.01, 1e6)


@st.composite
def cells(draw):
    parts = draw(st.sampled_from(CELLS))
    cell = parts | {
        "diameter_mm": draw(between(2, 200)),
        "layers": draw(st.integers(1, 30)),
        "areal_capacity_mAh_per_cm2": draw(between(0.1, 12)),
        "electrolyte_um": draw(between(5, 3000)),
        "pressed_MPa": draw(between(LEAST_PRESSED, 500)),
        "refill": draw(st.sampled_from(["power_law", "creep_and_diffusion", "linear"])) if DEEP else "power_law",
    }
    if "cathode" not in parts:
        cell["state_of_charge"] = draw(between(0, 1))
    if parts.get("anode") != "graphite":
        cell["lithium_um"] = draw(between(LEAST_LITHIUM, 200))
    return cell


@st.composite
def fixtures(draw, kind):
    fixture = {
        "kind": kind,
        "preload_MPa": draw(between(0, 200)),
        "frame_N_per_um": draw(decades(0.5, 5000)),
        "frame_length_mm": draw(between(0, 2000)),
        "relaxed": draw(between(0, 1)),
        "thermal_minutes": draw(between(0.1, 1000)),
        "seal_friction_percent": draw(between(0, 20)),
        "regulator_lag_s": draw(decades(0.05, 600)),
        "gas_exponent": draw(between(1, 1.67)),
        "leak_percent_per_day": draw(between(0, 100)),
        "accumulator_cm3": draw(st.one_of(st.just(0.0), between(0, 1e6))),
        "bulk_modulus_GPa": draw(between(0.05, 10)),
        "fluid_expansion_ppm_per_K": draw(between(0, 2000)),
        "line_mm3_per_MPa": draw(decades(1e-3, 1e5)),
    }
    if "spring" in kind:
        fixture["spring_N_per_mm"] = draw(SPRINGS)
    if kind in ("pneumatic", "pneumatic_closed", "hydraulic"):
        fixture["piston_cm2"] = draw(PISTONS)
    volume = {"pneumatic_closed": "gas_cm3", "hydraulic": "fluid_cm3", "isostatic": "vessel_cm3"}.get(kind)
    if volume:
        fixture[volume] = draw(VOLUMES)
    if kind in ("hydraulic", "isostatic"):
        fixture["supply"] = draw(st.sampled_from(["trapped", "regulated"]))
    return fixture


@st.composite
def steps(draw, tick_s):
    """A current, a held voltage or a rest; each ends within the run more often than not."""
    action = draw(st.sampled_from(["charge_mA_per_cm2", "discharge_mA_per_cm2", "discharge_C", "hold_V", "rest_s"]))
    long = tick_s * draw(st.integers(1, TICKS))
    if action == "rest_s":
        return {action: max(long, 0.01)}
    step = {action: draw(between(2.6, 4.2)) if action == "hold_V" else draw(decades(1e-3, MOST))}
    if action != "hold_V" and draw(st.booleans()):
        step["until_V"] = draw(between(2.6, 4.2))
    if draw(st.booleans()):
        step["until_mAh_per_cm2"] = draw(decades(1e-4, 10))
    return step | {"for_s": max(long, 0.01)}


@st.composite
def files(draw, kind):
    fixture, cell = draw(fixtures(kind)), draw(cells())
    controlled = draw(st.booleans()) and (
        kind in ("actuated_spring", "pneumatic") or fixture.get("supply") == "regulated"
    )
    tick_s = draw(st.sampled_from([0.001, 0.05, 0.1, 0.5] if controlled else [0.001, 0.1, 0.5, 1.0, 10.0]))
    ambient = {"temperature_C": draw(between(-20, 100))}
    if draw(st.booleans()):
        later = {"at_h": TICKS * tick_s / 3600 * draw(between(0, 1)), "temperature_C": draw(between(-20, 100))}
        ambient["steps"] = (later,)
    force = max(fixture["preload_MPa"], 0.05) * 1e6 * math.pi / 4 * (cell["diameter_mm"] * 1e-3) ** 2
    file = {
        "format": 1,
        "cell": cell,
        "fixture": fixture,
        "ambient": ambient,
        "protocol": {"steps": tuple(draw(st.lists(steps(tick_s), min_size=1, max_size=4)))},
        "control": {"enabled": controlled},
        "sensor": {"load_cell_kN": min(max(force / 1e3 * draw(between(1.5, 4)), 0.01), 1000.0), "rate_Hz": 10},
        "run": {"tick_s": tick_s, "seed": draw(st.integers(0, 99)), "stop_after_h": TICKS * tick_s / 3600},
    }
    if not controlled:
        file["actuator"] = {"kind": "none"}
    return file


def experiment(folder, file):
    """The file as an experiment; None where it is not admitted."""
    try:
        schema = ExperimentSchema.model_validate(file, strict=True)
        made = Experiment(folder / "random.toml", "", "", (), schema, {})
        made.phases()
        checked_configuration(made)
    except (ValidationError, InputError):
        return None
    return made


@pytest.fixture(scope="module", autouse=True)
def _steppers_kept():
    """A stepper is read from the disk once."""
    load, kept = cache.stepper, {}

    def stepper(options, parameter_set, **more):
        key = (tuple(sorted(options.items())), parameter_set, tuple(sorted(more.items())))
        if key not in kept:
            kept[key] = load(options, parameter_set, **more)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "stepper", stepper)
        yield


@pytest.mark.parametrize(("kind", "chunk"), [(kind, chunk) for kind in KINDS for chunk in range(CHUNKS)])
def test_no_log_holds_what_is_not_possible(kind, chunk, tmp_path):
    @seed(SEED * 1000 + chunk)
    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(files(kind))
    def holds(file):
        made = experiment(tmp_path, file)
        assume(made is not None)
        finished = execute(made, tmp_path, "random", overwrite=True)
        event(f"{'controlled' if file['control']['enabled'] else 'passive'}, exit {finished.outcome.code}")
        assert [str(found) for found in finished.violations()] == [], finished.outcome.reason
        unchecked = finished.log().outcome["not_checked"]
        assert unchecked == [] or (finished.outcome.code == 4 and len(finished.log()) == 1)

    holds()
