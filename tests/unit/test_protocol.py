"""Steps compiled into phases."""

import math
from typing import Any

import numpy as np
import pytest

from hil.profile import Profile
from hil.protocol import Phase, compile_steps
from hil.schema import Step
from twin.errors import InputError

AREA_m2 = 1e-4  # 1 cm2: mA/cm2 and mA are the same number
CAPACITY_Ah = 4e-3


def profile(*current: float) -> Profile:
    time = np.arange(len(current), dtype=np.float64) * 10
    return Profile(time, np.array(current, dtype=np.float64), "p.csv", "")


def compiled(*steps: dict[str, Any], **profiles: Profile) -> tuple[Phase, ...]:
    return compile_steps(
        tuple(Step.model_validate(s) for s in steps), area_m2=AREA_m2, capacity_Ah=CAPACITY_Ah, profiles=profiles
    )


def test_units_agree() -> None:
    ways = [{"charge_mA_per_cm2": 0.4}, {"charge_C": 0.1}, {"charge_A": 0.4e-3}]
    values = [compiled({**w, "until_V": 4.2})[0] for w in ways]
    for phase in values:
        assert phase.value == pytest.approx(-0.4e-3, rel=1e-12)
        assert (phase.above_V, phase.below_V) == (4.2, -math.inf)


def test_discharge_ends_below() -> None:
    (phase,) = compiled({"discharge_C": 1, "until_V": 2.5, "for_min": 2, "until_capacity_fraction": 0.5})
    assert phase.value == pytest.approx(4e-3)
    assert (phase.above_V, phase.below_V, phase.duration_s) == (math.inf, 2.5, 120)
    assert phase.charge_C == pytest.approx(7.2)


def test_charge_end_by_density() -> None:
    (phase,) = compiled({"charge_C": 1, "until_mAh_per_cm2": 2})
    assert phase.charge_C == pytest.approx(7.2)


@pytest.mark.parametrize(("key", "value"), [("until_C", 0.05), ("until_A", 2e-4), ("until_mA_per_cm2", 0.2)])
def test_hold_ends(key: str, value: float) -> None:
    (phase,) = compiled({"hold_V": 4.2, key: value})
    assert (phase.mode, phase.value) == ("voltage", 4.2)
    assert phase.below_A == pytest.approx(2e-4)


@pytest.mark.parametrize(("key", "seconds"), [("rest_h", 3600), ("rest_min", 60), ("rest_s", 1)])
def test_rests(key: str, seconds: float) -> None:
    (phase,) = compiled({key: 1})
    assert (phase.mode, phase.value, phase.duration_s) == ("rest", 0, seconds)


def test_repeats_cycles_and_step_numbers() -> None:
    inner = {"repeat": 2, "steps": [{"rest_s": 2}, {"rest_s": 3}]}
    phases = compiled({"rest_s": 1}, {"rest_s": 1}, {"repeat": 2, "steps": [inner, {"rest_s": 4}]}, {"rest_s": 5})
    assert [p.duration_s for p in phases] == [1, 1, 2, 3, 2, 3, 4, 2, 3, 2, 3, 4, 5]
    assert [p.step_index for p in phases] == [1, 2, 3, 4, 3, 4, 5, 3, 4, 3, 4, 5, 6]
    assert [p.cycle for p in phases] == [1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4]


def test_too_many_phases() -> None:
    step: dict[str, Any] = {"rest_s": 1}
    for _ in range(3):
        step = {"repeat": 10_000, "steps": [step]}
    with pytest.raises(InputError, match="at most 100000"):
        compiled(step)


STEP = {"profile": "p", "positive_current": "discharge"}


def test_profile_runs_once_by_default() -> None:
    (phase,) = compiled(STEP, p=profile(1, 2, 0))
    assert (phase.mode, phase.duration_s) == ("profile", 20)


def test_profile_scaling_and_repeats() -> None:
    (phase,) = compiled({**STEP, "scale_peak_mA_per_cm2": 0.5, "repeat": 4}, p=profile(1, -2, 0))
    assert phase.profile is not None
    assert phase.profile.peak_A == pytest.approx(0.5e-3)
    assert phase.duration_s == 80
    (phase,) = compiled({**STEP, "scale": 2, "repeat_until_capacity_fraction": 0.5, "for_h": 9}, p=profile(1, 0))
    assert phase.charge_C == pytest.approx(7.2)
    assert phase.duration_s == 9 * 3600


def test_profile_for_a_time_without_repeats_goes_round() -> None:
    (phase,) = compiled({**STEP, "for_s": 1000}, p=profile(1, 0))
    assert phase.duration_s == 1000


@pytest.mark.parametrize(("current", "above", "below"), [((1, 0), math.inf, 3), ((-1, 0), 3, -math.inf)])
def test_profile_voltage_end_follows_its_net_charge(current: tuple[float, ...], above: float, below: float) -> None:
    (phase,) = compiled({**STEP, "until_V": 3}, p=profile(*current))
    assert (phase.above_V, phase.below_V) == (above, below)


@pytest.mark.parametrize(
    ("keys", "current", "words"),
    [
        ({"repeat_until_capacity_fraction": 0.5}, (1, -1, 0), "never reached"),
        ({"until_V": 3.0}, (1, -1, 0), "no direction"),
        ({"scale_peak_mA_per_cm2": 1.0}, (0, 0, 5), "zero"),
    ],
)
def test_refused_profiles(keys: dict[str, Any], current: tuple[float, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        compiled({**STEP, **keys}, p=profile(*current))


def test_unread_profile() -> None:
    with pytest.raises(InputError, match="was not read"):
        compiled(STEP)


def test_interpolation_of_the_step() -> None:
    (phase,) = compiled({**STEP, "interpolation": "linear"}, p=profile(1, 3))
    assert phase.profile is not None
    assert phase.profile.charge_C == 20
