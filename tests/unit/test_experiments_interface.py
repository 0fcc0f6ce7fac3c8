"""Experiments on a metal interface: the calibration's points, and what must hold between and beyond them."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import experiments
from twin.errors import InputError
from twin.experiments.interface import cycle
from twin.experiments.materials import values_of
from twin.experiments.penetration import time_to_short
from twin.experiments.stripping import critical_stripping, holds
from twin.laws.refill import LAWS

ROOM = 298.15  # K
LITHIUM = values_of("lithium", "Li6PS5Cl")


@cache
def value(name, **parameters):
    return experiments.run(name, **parameters).value


# --- critical stripping current ---------------------------------------------------------------------------------


@pytest.mark.parametrize("refill", ["creep_and_diffusion", "power_law", "linear"])
@pytest.mark.parametrize(("pressure", "published"), [(3, 0.2), (7, 1.0)])
def test_every_law_finds_the_two_measured_limits_by_cycling(pressure, published, refill):
    assert value("critical-stripping-current", pressure_MPa=pressure, refill=refill) == pytest.approx(
        published, rel=0.1
    )


def test_the_search_agrees_with_cycling_just_below_and_just_above():
    found = critical_stripping(LITHIUM, "power law", [5e6], ROOM, lambda _: 3600.0, 10)[0]
    below, above = (cycle(LITHIUM, "power law", 10 * found * x, 5e6, ROOM, 3600.0, 10) for x in (0.99, 1.01))
    assert holds(below.contact.reshape(10, 1))[0]
    assert not holds(above.contact.reshape(10, 1))[0]


def test_half_the_step_changes_nothing_that_matters(monkeypatch):
    coarse = critical_stripping(LITHIUM, "power law", [3e6, 7e6], ROOM, lambda _: 3600.0, 6)
    monkeypatch.setattr("twin.experiments.interface.STEPS", 240)
    assert critical_stripping(LITHIUM, "power law", [3e6, 7e6], ROOM, lambda _: 3600.0, 6) == pytest.approx(
        coarse, rel=2e-3
    )


def test_more_pressure_and_more_heat_allow_more_current():
    series = experiments.critical_stripping_current(refill="power_law").series
    densities = series["Critical stripping current density [mA.cm-2]"]
    assert all(np.diff(densities) > 0)
    assert value("critical-stripping-current", temperature_C=60) > 4 * value("critical-stripping-current")


def test_sodium_can_be_stripped_faster_than_lithium():
    assert value("critical-stripping-current", metal="sodium") > 2 * value("critical-stripping-current")


@given(st.floats(0.5e6, 3e7), st.floats(260, 350), st.sampled_from(sorted(LAWS)))
def test_below_the_refill_limit_no_void_opens(P, T, refill):
    limit = LAWS[refill](P, T, LITHIUM.__getitem__)
    cycled = cycle(LITHIUM, refill, 0.999 * limit + 1e-9, P, T, 600.0, 2)
    if limit > 0:
        assert np.all(cycled.contact == 1.0)


# --- time to short ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pressure", "published"), [(10, 474), (20, 190)])
def test_the_two_measured_times_to_short(pressure, published):
    assert abs(math.log10(value("time-to-short", pressure_MPa=pressure) / published)) <= 0.11


def test_far_above_yield_the_cell_is_dead_before_it_plates():
    assert value("time-to-short", pressure_MPa=100) == 0.0
    assert value("time-to-short", pressure_MPa=100, rest_hours=0) > 0.0


def test_hardly_any_pressure_and_current_last_for_ever():
    assert value("time-to-short", pressure_MPa=0.1, current_density_mA_per_cm2=0.01) == math.inf


@settings(deadline=None, max_examples=12)
@given(st.floats(1, 60), st.floats(0.01, 0.19), st.floats(1.05, 3))
def test_more_pressure_or_current_shorts_sooner(pressure, density, more):
    def hours(P, j, T=ROOM):
        return time_to_short(LITHIUM, "creep and diffusion", j, P * 1e6, T, 1.0, 0.0)

    here = hours(pressure, density)
    assert hours(pressure * more, density) < here or here == math.inf
    assert hours(pressure, density, 333.15) <= here
    # Up to the stripping limit no voids concentrate the current.
    if density * more < 0.19:
        assert hours(pressure, density * more) < here or here == math.inf


def test_where_plating_drives_alone_time_goes_as_one_over_pressure_and_current():
    here = value("time-to-short", pressure_MPa=2, current_density_mA_per_cm2=0.08, rest_hours=0)
    assert value("time-to-short", pressure_MPa=4, current_density_mA_per_cm2=0.08, rest_hours=0) == pytest.approx(
        here / 2, rel=1e-3
    )
    assert value("time-to-short", pressure_MPa=2, current_density_mA_per_cm2=0.16, rest_hours=0) == pytest.approx(
        here / 2, rel=1e-3
    )


def test_where_creep_drives_time_falls_with_lithiums_own_exponent():
    ratio = value("time-to-short", pressure_MPa=45, rest_hours=0) / value(
        "time-to-short", pressure_MPa=50, rest_hours=0
    )
    assert math.log(ratio) / math.log(50 / 45) == pytest.approx(6.6, abs=0.3)


def test_stripping_beyond_the_limit_shorts_within_a_few_cycles_of_plating():
    """Kasemchainan 2019: voids from stripping lead to dendrites on plating."""
    assert value("time-to-short", pressure_MPa=3, current_density_mA_per_cm2=1.0) < 10
    assert value("time-to-short", pressure_MPa=8, current_density_mA_per_cm2=1.0) > 30


def test_twice_the_separator_lasts_twice_as_long():
    ratio = value("time-to-short", electrolyte_um=1000, rest_hours=0) / value("time-to-short", rest_hours=0)
    assert ratio == pytest.approx(2)


# --- interface resistance ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("history", "published"), [((5,), 110), ((5, 10), 50), ((5, 10, 25), 32)])
def test_whole_cell_resistance_on_first_loading_as_measured_within_ten_per_cent(history, published):
    assert value("interface-resistance", pressure_history_MPa=history) == pytest.approx(published, rel=0.1)


@settings(deadline=None)
@given(st.lists(st.floats(0.2, 300), min_size=1, max_size=4), st.floats(0.3, 300))
def test_resistance_remembers_the_highest_pressure(history, last):
    loaded = value("interface-resistance", pressure_history_MPa=(*history, last))
    fresh = value("interface-resistance", pressure_history_MPa=(last,))
    at_most = value("interface-resistance", pressure_history_MPa=(max(*history, last),))
    assert at_most * (1 - 1e-9) <= loaded <= fresh * (1 + 1e-9)


def test_contact_made_under_load_fades_over_weeks():
    soon, late = (value("interface-resistance", pressure_history_MPa=(25, 5), hours=h) for h in (0.1, 2000))
    assert soon < 40
    assert late == pytest.approx(value("interface-resistance", pressure_history_MPa=(5,)), rel=0.01)


def test_resistance_goes_with_one_over_area_and_layers():
    one = value("interface-resistance", area_cm2=1.0)
    assert value("interface-resistance", area_cm2=4.0) == pytest.approx(one / 4)
    assert value("interface-resistance", area_cm2=1.0, layers=4) == pytest.approx(one / 4)


@pytest.mark.parametrize("alias", ["Li6PS5Cl", "LPSCl", "argyrodite"])
def test_an_electrolyte_may_be_named_by_any_of_its_names(alias):
    result = experiments.interface_resistance(electrolyte=alias)
    assert result.parameters["electrolyte"] == "Li6PS5Cl"
    assert result.value == value("interface-resistance")


def test_sodium_brings_an_electrolyte_of_its_own_and_takes_no_other():
    assert experiments.interface_resistance(metal="sodium").parameters["electrolyte"] == "Na3PS4"
    with pytest.raises(InputError, match="carries no sodium"):
        experiments.interface_resistance(metal="sodium", electrolyte="LLZO")


def test_a_pellet_of_the_better_conductor_resists_less():
    """Bulk of 0.5 mm over 1.327 cm2: LGPS at 12 mS/cm 3 ohm, Li6PS5Cl at 1.56 mS/cm 24 ohm."""
    argyrodite, lgps = (value("interface-resistance", electrolyte=e) for e in ("Li6PS5Cl", "LGPS"))
    assert argyrodite - lgps == pytest.approx(24.15 - 3.14, abs=0.1)


def test_warm_cells_resist_less():
    assert value("interface-resistance", temperature_C=60) < value("interface-resistance") / 3


# --- relaxation and window --------------------------------------------------------------------------------------


def test_relaxation_leaves_less_with_time_and_heat():
    assert value("relaxation", hours=0) == 0.5
    assert value("relaxation", hours=10) < value("relaxation", hours=1)
    assert value("relaxation", temperature_C=60) < value("relaxation")


def test_the_window_closes_with_current_and_with_the_life_asked_for():
    series = experiments.operating_window().series
    widths = series["Width [MPa]"]
    assert all(np.diff(widths) <= 1e-9)
    assert widths[0] > 20
    assert widths[-1] == 0
    assert 0 <= value("operating-window", hours=48) < value("operating-window") < value("operating-window", hours=12)


def test_the_windows_edges_are_the_other_experiments_answers():
    at = experiments.operating_window()
    j = at.series["Current density [mA.cm-2]"]
    low, high = (np.interp(1.0, j, at.series[name]) for name in ("Voids below [MPa]", "Shorts above [MPa]"))
    assert value("critical-stripping-current", pressure_MPa=low) == pytest.approx(1.0, rel=0.05)
    hours = value("time-to-short", pressure_MPa=high, current_density_mA_per_cm2=1.0, rest_hours=0)
    assert hours == pytest.approx(24, rel=0.05)
