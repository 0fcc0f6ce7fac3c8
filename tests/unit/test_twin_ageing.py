"""What wears a cell out: shorts, contact of cathode and lithium, interphase; laws, submodels and whole cycles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import experiments
from twin.errors import InputError
from twin.experiments import ageing, policies
from twin.experiments.cycled import CycledCell
from twin.laws import composite, interphase, short
from twin.laws.contact import interface_resistance
from twin.options import complete
from twin.parameters import mechanisms

LAW = {name: entry.value for name, entry in mechanisms.ENTRIES.items()} | {
    "Reference temperature [K]": 298.15,
    "Reference pressure [Pa]": 5e6,
    "Interface resistance activation energy [J.mol-1]": 34e3,
    "Lithium creep exponent": 6.6,
    "Lithium creep activation energy [J.mol-1]": 37e3,
    "Separator thickness [m]": 500e-6,
}
of = LAW.__getitem__
pressures = st.floats(0.1e6, 1e8)  # Pa


@pytest.fixture(autouse=True)
def _without_a_compiler(monkeypatch):
    """A few cycles are over sooner than a compiler; compiled steppers are compared elsewhere."""
    monkeypatch.setenv("ISOSTACK_CC", "")


# --- laws -------------------------------------------------------------------------------------------------------


@given(pressures, st.floats(0, 100), st.floats(250, 360), st.floats(1.01, 5))
def test_penetration_never_slows_with_pressure_or_current_or_heat(P, j, T, more):
    here = short.penetration_rate(P, j, T, of)
    assert short.penetration_rate(P * more, j, T, of) > here
    assert short.penetration_rate(P, j * more, T, of) >= here
    assert short.penetration_rate(P, j, T + more, of) >= here


@given(pressures, st.floats(0, 100))
def test_stripping_drives_no_penetration_beyond_creep(P, j):
    assert short.penetration_rate(P, -j, 298.15, of) == short.penetration_rate(P, 0.0, 298.15, of)


@given(st.floats(0, 100), st.floats(0, 5e8))
def test_pressing_brings_contact_back_and_never_beyond_whole(x100, pressure):
    x = x100 / 100
    after = composite.after_pressing(x, pressure, of)
    assert x - 1e-12 <= after <= 1.0


def test_a_press_of_370_MPa_brings_back_most_of_what_was_lost_and_5_MPa_next_to_nothing():
    assert composite.after_pressing(0.5, 370e6, of) > 0.9
    assert composite.after_pressing(0.5, 5e6, of) < 0.52


@given(st.floats(0.05, 1), st.floats(0, 1e-3))
def test_contact_is_lost_only_while_particles_shrink_and_never_above_the_closing_pressure(x, shrinking):
    assert composite.loss_rate(-shrinking, 2e6, x, of) == 0.0
    assert composite.loss_rate(shrinking, 8e7, x, of) == 0.0
    assert composite.loss_rate(shrinking, 2e6, x, of) >= composite.loss_rate(shrinking, 2e7, x, of) >= 0.0


def film(hours, potential=4.0, steps=4000):
    """Thickness [m] grown in ``hours``."""
    z = 0.0
    for _ in range(steps):
        z += interphase.growth_rate(z, potential, of) * hours * 3600 / steps
    return z


def test_most_of_the_interphase_grows_in_the_first_ten_hours():
    first, ten = film(10), film(100)
    assert 1.5e-9 < first < 2.5e-9
    assert ten - first < 0.5 * first


def test_below_its_oxidation_limit_the_electrolyte_stays():
    assert film(10, 1.7) < 0.05e-9


def test_lost_charge_goes_with_the_carbons_surface():
    black = {**LAW, "Carbon surface": 4 * LAW["Carbon surface"]}
    assert interphase.charge_per_film(black.__getitem__) == pytest.approx(4 * interphase.charge_per_film(of))


@given(pressures, pressures)
def test_unloading_costs_less_than_never_having_been_loaded(P, more):
    """Between the loading curve and what was reached under load."""
    P_m = max(P, more)
    reached, left, fresh = (interface_resistance(p, m, 298.15, of) for p, m in ((P_m, P_m), (P, P_m), (P, P)))
    assert reached <= left * (1 + 1e-12)
    assert left <= fresh * (1 + 1e-12)


# --- options ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"short": "penetration"}, {"anode": "host"}),
        ({"contact": "loading and unloading"}, {"anode": "host"}),
        ({"cathode contact": "lost by shrinking", "cathode": "porous electrode"}, {}),
        ({"interphase": "first charge"}, {"cathode": "conversion"}),
    ],
)
def test_a_mechanism_that_a_cell_cannot_have_is_refused_with_the_reason(options, asked):
    with pytest.raises(InputError, match="needs"):
        complete(options, asked)


# --- policies ---------------------------------------------------------------------------------------------------


def test_policies_ask_for_what_their_names_say():
    assert policies.constant(5.0)(1.0) == policies.constant(5.0)(-1.0) == 5.0
    two = policies.two_level(7.0, 1.0)
    assert (two(0.5), two(0.0), two(-0.5)) == (7.0, 1.0, 1.0)


@given(st.floats(0, 3), st.floats(0, 3))
def test_the_window_following_policy_stays_in_its_window_and_rises_with_stripping(a, b):
    values = ageing_values()
    policy = policies.window_following(values, "power_law", 298.15, 1.0, 8.0)
    low, high = (policy(j) for j in sorted((a, b)))
    assert 1.0 <= low <= high <= 8.0
    assert policy(-a) == 1.0


def ageing_values():
    from twin.experiments.materials import values_of

    return values_of("lithium", "Li6PS5Cl")


# --- whole cycles -----------------------------------------------------------------------------------------------


def cycles(count, policy=None, **parameters):
    given_ = CycledCell(**parameters)
    cell = given_.assembled()
    return list(cell.cycles(given_.current, policy or policies.constant(given_.pressure_MPa), count)), cell


def test_a_cell_of_twice_the_area_and_three_layers_gives_six_times_the_charge():
    one, _ = cycles(2, area_cm2=1.0)
    six, _ = cycles(2, area_cm2=2.0, layers=3)
    assert six[1].capacity == pytest.approx(6 * one[1].capacity, rel=1e-3)
    assert six[1].penetrated == pytest.approx(one[1].penetrated, rel=1e-3)


def test_steps_of_ten_seconds_give_the_capacity_of_steps_of_one(monkeypatch):
    coarse, _ = cycles(1)
    monkeypatch.setattr(ageing, "STEP", 1.0)
    fine, _ = cycles(1)
    assert coarse[0].capacity == pytest.approx(fine[0].capacity, rel=1e-3)


def test_the_simulated_separator_fills_as_the_law_says_for_full_contact():
    done, _ = cycles(2)
    hours = 1e3 * done[1].capacity / 1.3273 / 0.5  # the second charge puts back what the first discharge took
    rate = short.penetration_rate(7e6, 5.0, 298.15, of) + short.penetration_rate(7e6, 0.0, 298.15, of)
    assert done[1].penetrated - done[0].penetrated == pytest.approx(rate * hours * 3600, rel=0.03)


def test_stripping_too_fast_for_the_pressure_opens_the_interface():
    held, _ = cycles(1, pressure_MPa=7.0)
    low, _ = cycles(1, pressure_MPa=2.0)
    assert held[0].contact > 0.95
    assert low[0].contact < 0.1


def test_pressure_while_stripping_alone_keeps_contact_and_separator():
    constant, _ = cycles(3, pressure_MPa=7.0)
    two, _ = cycles(3, policies.two_level(7.0, 1.0))
    assert two[-1].contact > 0.95
    assert two[-1].penetrated < constant[-1].penetrated / 4


def test_an_anode_free_cell_gives_back_what_it_was_charged_with_but_for_a_film_of_lithium():
    """A long step past the last lithium once heated the cell until its separator crept through."""
    done, _ = cycles(3, anode="anode-free")
    lasting, _ = cycles(3, anode="lithium")
    assert [cycle.ended for cycle in done] == [""] * 3
    assert done[2].capacity < lasting[2].capacity
    assert done[2].penetrated == pytest.approx(lasting[2].penetrated, rel=0.1)


def test_one_press_brings_back_contact_and_capacity():
    done, cell = cycles(4, anode="indium", cathode="NMC111", pressure_MPa=2.0)
    cell.press(370e6)
    again = next(cell.cycles(0.5e-3 * 1.3273, policies.constant(2.0), 1))
    assert done[-1].capacity < done[0].capacity
    assert again.cathode_contact > done[-1].cathode_contact
    assert again.capacity > done[-1].capacity


def test_cycle_life_names_what_ended_it():
    shorted = experiments.cycle_life(pressure_MPa=20, cycles=5)
    assert shorted.series["State"][-1] == "short"
    lasting = experiments.cycle_life(cycles=2)
    assert lasting.value == np.inf
    assert "neither within 2 cycles" in lasting.assumptions[0]


def test_an_interface_cycled_alone_is_the_one_of_a_symmetric_cell():
    """0.25 mA/cm2 at 3 MPa, beyond the limit of 0.2: both lose contact alike, half a cycle down and half up again."""
    from twin import cache
    from twin.experiments.interface import cycle
    from twin.experiments.materials import values_of
    from twin.files import AmbientSection, CellSection, FixtureSection
    from twin.plant import Inputs, Plant
    from twin.resolve import options_of
    from twin.resolve import values_of as values_of_cell

    cell = CellSection(cathode="lithium", anode="lithium", electrolyte="LPSCl", area_cm2=1.0, refill="power_law")
    press = FixtureSection(kind="pneumatic", preload_MPa=3.0, piston_cm2=10.0, seal_friction_percent=0.0)
    options = {**options_of(cell, press), "thermal": "isothermal"}
    plant = Plant(cache.stepper(options, "lithium|LPSCl|lithium"), values_of_cell(cell, press, AmbientSection()))
    least = 1.0
    for current in (2.5e-4, -2.5e-4):
        for _ in range(3600):
            out = plant.step(Inputs("current", current, supply=3e6 / 10, ambient=298.15), 1.0)
            least = min(least, out.contact)
    alone = cycle(values_of("lithium", "LPSCl"), "power_law", 2.5, 3e6, 298.15, 3600.0, 1)
    assert least < 0.7
    assert float(alone.contact[0]) == pytest.approx(least, abs=0.01)


def test_a_file_may_ask_for_ageing():
    from twin.files import CellSection, FixtureSection
    from twin.resolve import options_of

    fixture = FixtureSection(kind="fixed_gap")
    worn = options_of(CellSection(area_cm2=1.0, ageing=True), fixture)
    assert {worn[name] for name in ("short", "cathode contact", "interphase")} == {
        "penetration", "lost by shrinking", "first charge",
    }  # fmt: skip
    assert "short" not in options_of(CellSection(area_cm2=1.0, ageing=True, anode="graphite"), fixture)
