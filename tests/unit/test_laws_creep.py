"""Creep of metals: the published law at its points, and what must hold everywhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from twin.laws.creep import creep_rate, relaxed_stress, stress_at
from twin.laws.metals import METALS

ROOM = 298.15  # K
metals = st.sampled_from(sorted(METALS)).map(METALS.get)
stresses = st.floats(1e4, 1e7)  # Pa
temperatures = st.floats(230, 360)  # K


@pytest.mark.parametrize(
    ("stress", "published"), [(0.2e6, 2.00e-7), (0.396e6, 1.58e-5), (0.4e6, 1.34e-5), (0.4e6, 1.72e-5)]
)
def test_lithium_creeps_as_masias_measured_within_a_factor_of_two_and_a_half(stress, published):
    assert published / 2.5 < creep_rate(METALS["lithium"], stress, ROOM) < published * 2.5


def test_sodium_creeps_as_wang_fitted():
    assert creep_rate(METALS["sodium"], 0.3e6, ROOM) == pytest.approx(0.53 * 0.3**5.0)


def test_lithium_creeps_4_8_times_faster_at_60_degrees():
    ratio = creep_rate(METALS["lithium"], 1e6, 333.15) / creep_rate(METALS["lithium"], 1e6, ROOM)
    assert ratio == pytest.approx(math.exp(37e3 / 8.314462618 * (1 / 298.15 - 1 / 333.15)))


@given(metals, stresses, temperatures, st.floats(1.01, 10))
def test_more_stress_or_heat_creeps_faster(metal, stress, T, more):
    assert creep_rate(metal, stress * more, T) > creep_rate(metal, stress, T)
    assert creep_rate(metal, stress, T + more) > creep_rate(metal, stress, T)


@given(metals, stresses, temperatures)
def test_the_stress_at_a_rate_is_the_stress_that_gives_it(metal, stress, T):
    assert stress_at(metal, creep_rate(metal, stress, T), T) == pytest.approx(stress)


@given(metals, stresses, temperatures, st.floats(0, 1e7), st.floats(0, 1e7))
def test_relaxation_in_two_stages_is_relaxation_in_one(metal, stress, T, first, second):
    once = relaxed_stress(metal, stress, first + second, T)
    twice = relaxed_stress(metal, relaxed_stress(metal, stress, first, T), second, T)
    assert once == pytest.approx(twice, rel=1e-6)
    assert 0 < once <= stress


@pytest.mark.parametrize("metal", METALS.values(), ids=lambda m: m.name)
def test_relaxation_solves_its_equation(metal):
    modulus = metal.youngs_modulus.value
    solved = solve_ivp(lambda _, s: -modulus * creep_rate(metal, s, ROOM), (0, 3600), [0.5e6], "LSODA", rtol=1e-9)
    assert relaxed_stress(metal, 0.5e6, 3600.0, ROOM) == pytest.approx(solved.y[0, -1], rel=1e-5)
