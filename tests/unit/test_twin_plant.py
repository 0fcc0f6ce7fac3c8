"""The plant's contract: modes, state, events, long steps, two engines."""

import math

import pytest

from twin.errors import SimulationError
from twin.plant import Inputs

DIE = math.pi / 4 * 0.013**2
KINDS = ["fixed_gap", "spring", "actuated_spring", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"]


def half_charged(plant_of, kind="fixed_gap", **keys):
    return plant_of(kind, state_of_charge=0.5, lithium_um=10, **keys)


def drive(n):
    return Inputs("current", DIE * (3 * math.sin(n / 9) - 1), actuator=1e-6 * n, supply=6e5, ambient=298.15 + n / 50)


# Modes


@pytest.mark.parametrize("V", [3.2, 3.6, 3.8, 4.0, 4.25])
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_voltage_mode_holds_its_voltage(plant_of, V, dt):
    plant = half_charged(plant_of)
    for _ in range(50):
        assert plant.step(Inputs("voltage", V), dt).voltage == pytest.approx(V, abs=1e-6)


@pytest.mark.parametrize("W", [-5e-3, -1e-3, 1e-3, 5e-3])
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_power_mode_holds_its_power(plant_of, W, dt):
    plant = half_charged(plant_of)
    for _ in range(50):
        out = plant.step(Inputs("power", W), dt)
        assert out.voltage * out.current == pytest.approx(W, rel=1e-6)


@pytest.mark.parametrize("A", [-2e-3, 0.0, 1e-3])
def test_current_mode_holds_its_current_beside_a_leak(plant_of, A):
    out = half_charged(plant_of).step(Inputs("current", A, leak=1e-4), 1.0)
    assert out.current == pytest.approx(A, abs=1e-12)


def test_modes_are_one_cell(plant_of):
    """The current that a voltage draws, asked for as a current, gives that voltage."""
    by_voltage, by_current = half_charged(plant_of), half_charged(plant_of)
    for _ in range(20):
        asked = by_voltage.step(Inputs("voltage", 3.9), 1.0)
        given = by_current.step(Inputs("current", asked.current), 1.0)
        assert given.voltage == pytest.approx(3.9, abs=5e-5)


def test_a_power_beyond_reach_is_an_event_and_changes_nothing(plant_of):
    plant = half_charged(plant_of)
    plant.step(Inputs(), 1.0)
    before = plant.state
    out = plant.step(Inputs("power", 10.0), 0.1)
    assert plant.event == "Demand is beyond reach"
    assert plant.done == 0.0
    assert plant.state == before
    assert all(map(math.isfinite, out))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_the_short_way_and_the_long_way_are_one_cell(plant_of, kind, dt):
    """Current mode without a leak may be stepped by a shorter function; a leak of nothing to speak of forbids it."""
    short, long = half_charged(plant_of, kind), half_charged(plant_of, kind)
    for n in range(100):
        inputs = drive(n)
        a = short.step(inputs, dt)
        b = long.step(Inputs("current", inputs.value, inputs.actuator, inputs.supply, inputs.ambient, leak=1e-30), dt)
        assert a.voltage == pytest.approx(b.voltage, abs=1e-7)
        assert a.pressure == pytest.approx(b.pressure, abs=50.0)
        assert a.lithium_thickness == pytest.approx(b.lithium_thickness, rel=1e-12)


# State


def test_a_restored_state_repeats_across_modes_and_lengths(plant_of):
    plant = half_charged(plant_of)
    tour = [
        (Inputs("current", -1e-3), 0.1), (Inputs("voltage", 3.9), 1.0), (Inputs("current", 1e-3), 1.0),
        (Inputs("current", 1e-3, leak=1e-5), 0.1), (Inputs("power", -2e-3), 0.3), (Inputs(), 2.5),
    ]  # fmt: skip
    saved = plant.state
    first = [plant.step(*leg) for leg in tour]
    plant.state = saved
    assert [plant.step(*leg) for leg in tour] == first


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_state_repeats_bit_for_bit(plant_of, kind):
    plant, other = half_charged(plant_of, kind), half_charged(plant_of, kind)
    for n in range(37):
        plant.step(drive(n), 0.1)
    saved = plant.state
    first = [plant.step(drive(n), 0.1) for n in range(25)]
    after = plant.state
    plant.state = saved
    assert [plant.step(drive(n), 0.1) for n in range(25)] == first
    assert plant.state == after
    other.state = saved
    assert [other.step(drive(n), 0.1) for n in range(25)] == first


def test_a_saved_state_is_a_copy(plant_of):
    plant = half_charged(plant_of)
    saved = plant.state
    kept = tuple(saved)
    plant.step(drive(3), 1.0)
    assert saved == kept != plant.state


def test_a_state_of_another_plant_is_refused(plant_of):
    with pytest.raises(ValueError, match="numbers"):
        half_charged(plant_of).state = half_charged(plant_of, "pneumatic").state


def test_two_plants_share_nothing(plant_of):
    alone, one, two = (half_charged(plant_of) for _ in range(3))
    expected = [alone.step(drive(n), 0.1) for n in range(30)]
    for n in range(30):
        assert one.step(drive(n), 0.1) == expected[n]
        two.step(Inputs("current", 5 * DIE, extra_thickness=1e-5), 0.7)


def test_parameters_of_one_plant_do_not_reach_another(plant_of):
    soft, stiff = (plant_of(frame_N_per_um=k, relaxation=False) for k in (11, 53))
    j = Inputs("current", -5.0 * DIE)
    rises = [p.step(j, 600).pressure - 5e6 for p in (soft, stiff, soft, stiff)]
    assert rises[1] > 3 * rises[0]
    assert rises[3] > 3 * rises[2]


# Events

EVENTS = [
    (5.0, 0.005, 50.0, "Maximum positive particle surface stoichiometry"),
    (2.0, 0.0, 0.2, "Lithium is used up"),
]


@pytest.mark.parametrize(("density", "soc", "lithium_um", "name"), EVENTS)
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_an_event_is_found_within_the_tick_and_never_passed(plant_of, density, soc, lithium_um, name, dt):
    plant = plant_of(state_of_charge=soc, lithium_um=lithium_um)
    j = Inputs("current", density * DIE)
    for _ in range(40000):
        out = plant.step(j, dt)
        if plant.event:
            break
    assert plant.event == name
    assert 0.0 <= plant.done < dt
    assert all(map(math.isfinite, (*out, *plant.state)))
    stopped = plant.state
    again = plant.step(j, dt)
    assert plant.event == name
    assert plant.done < 1e-6
    assert again.lithium_thickness == pytest.approx(out.lithium_thickness, abs=1e-14)
    assert plant.state == pytest.approx(stopped, rel=1e-6, abs=1e-9)


def test_an_emptied_cathode_is_an_event(plant_of):
    """Far past any cut-off: all lithium out."""
    plant = plant_of(state_of_charge=0.9)
    plant.step(Inputs("current", -20.0 * DIE), 20 * 3600.0)
    assert plant.event == "Minimum positive particle surface stoichiometry"
    assert plant.done < 20 * 3600.0


def test_away_from_an_event_the_plant_goes_on(plant_of):
    plant = plant_of(lithium_um=0.2)
    plant.step(Inputs("current", 2.0 * DIE), 3600.0)
    assert plant.event is not None
    assert plant.step(Inputs("current", -2.0 * DIE), 600.0).lithium_thickness > 0
    assert plant.event is None
    assert plant.done == 600.0


def test_the_time_of_an_event_is_where_charge_counting_puts_it(plant_of):
    """0.2 um of lithium at 2 A/m2 last h F / (V_m j), in a long step that is cut; none is stripped below nothing."""
    plant = plant_of(lithium_um=0.2)
    out = plant.step(Inputs("current", 2.0 * DIE), 3600.0)
    assert plant.done == pytest.approx(0.2e-6 * 96485.33212 / (12.996e-6 * 2.0), rel=1e-4)
    assert 0.0 <= out.lithium_thickness < 0.1e-9


# Long and impossible steps


def test_a_long_step_is_cut_into_seconds(plant_of):
    whole, cut = half_charged(plant_of), half_charged(plant_of)
    j = Inputs("current", -3.0 * DIE)
    out = whole.step(j, 10.0)
    assert whole.done == 10.0
    for _ in range(10):
        last = cut.step(j, 1.0)
    assert out == last
    assert whole.state == cut.state


@pytest.mark.parametrize("dt", [0.0, -1.0, math.nan, math.inf])
def test_a_step_has_a_length(plant_of, dt):
    with pytest.raises(ValueError, match="dt"):
        half_charged(plant_of).step(Inputs(), dt)


@pytest.mark.parametrize("field", ["value", "actuator", "supply", "ambient", "extra_thickness", "leak"])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize("kind", ["actuated_spring", "pneumatic"])
def test_an_input_that_is_no_number_is_an_error_and_changes_nothing(plant_of, kind, field, wrong):
    plant = half_charged(plant_of, kind)
    plant.step(Inputs(supply=6e5), 0.1)
    before = plant.state
    with pytest.raises(SimulationError) as caught:
        plant.step(Inputs(**{"supply": 6e5, field: wrong}), 0.1)
    assert "\n" not in str(caught.value)
    assert plant.state == before
    assert all(map(math.isfinite, plant.step(Inputs(supply=6e5), 0.1)))


# Engines


@pytest.mark.parametrize("kind", KINDS)
def test_virtual_machine_and_c_agree(plant_of, kind):
    c, vm = (half_charged(plant_of, kind, engine=engine) for engine in ("c", "vm"))
    assert (c.stepper.engine, vm.stepper.engine) == ("c", "vm")
    for n in range(60):
        inputs = Inputs(drive(n).mode, drive(n).value, 1e-6 * n, 6e5, 298.15 + n / 50, 1e-7 * n, 1e-6 * n)
        assert vm.step(inputs, 0.5) == pytest.approx(c.step(inputs, 0.5), rel=1e-9, abs=1e-18)


def test_advance_is_step_without_the_courtesies(plant_of):
    courteous, fast = half_charged(plant_of), half_charged(plant_of)
    expected = courteous.step(Inputs("current", 1e-3, ambient=300.0), 0.1)
    fast.inputs_memory[:] = type(fast.inputs_memory)("d", [1.0, 0.0, 0.0, 1e-3, 0.0, 0.0, 300.0, 0.0, 0.0, 0.0])
    assert fast.advance(0.1) == expected


def test_numbers_beyond_all_bounds_are_never_taken_for_a_good_step(plant_of):
    """Regression: two negatives, an overflow and an event that had happened, made a positive margin."""
    plant = plant_of(
        "pneumatic",
        diameter_mm=2.0,
        areal_capacity_mAh_per_cm2=1.0,
        lithium_um=1.0,
        electrolyte_um=5.0,
        pressed_MPa=0.0,
        preload_MPa=7.0,
        piston_cm2=3663.0,
        regulator_lag_s=39.0,
        seal_friction_percent=0.0,
        temperature_C=0.0,
    )
    plant.step(Inputs(supply=156194.0, ambient=254.0), 0.1)
    before = plant.state
    asked = Inputs(value=0.00019792033717615695, supply=439763.0, ambient=254.0, leak=3.1415926535897927e-07)
    try:
        plant.step(asked, 1.0)
    except SimulationError:
        assert plant.state == before
    else:
        assert max(map(abs, plant.state)) < 1e3
