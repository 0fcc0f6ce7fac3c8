"""Many cells in one call do what each would do as a plant of its own."""

import numpy as np
import pytest

from twin.build import OUTPUTS
from twin.errors import InputError
from twin.fleet import Fleet
from twin.plant import Inputs, Plant
from twin.resolve import default_sections

DT = 0.1


def sections(n=11):
    """Cells that differ in loading, state of charge and spring."""
    cell, fixture, ambient = default_sections("actuated_spring")
    draw = np.random.default_rng(3)
    return [
        (
            cell.model_copy(
                update={"areal_capacity_mAh_per_cm2": 3 + 2 * a, "state_of_charge": 0.2 + 0.6 * b, "lithium_um": 10 * a}
            ),
            fixture.model_copy(update={"spring_N_per_mm": 1000 + 2000 * c}),
            ambient,
        )
        for a, b, c in draw.random((n, 3))
    ]


def drive(fleet, tick):
    """Inputs of one tick: currents by cell, voltage and power modes, a leak, a moving screw."""
    u = fleet.inputs
    u[0], u[1], u[3] = 1.0, 0.0, 0.003 * np.sin(tick / 20 + np.arange(fleet.n))
    u[4], u[6] = 1e-5 * np.cos(tick / 30), 298.15 + 0.01 * tick
    u[0, 2], u[1, 2], u[3, 2] = 0.0, 1.0, 3.7
    u[8, 4] = 1e-4
    u[0, 6], u[2, 6], u[3, 6] = 0.0, 1.0, 0.005
    return u


def plant_inputs(u, i):
    mode = ("current", "voltage", "power")[int(np.argmax(u[:3, i]))]
    return Inputs(mode, u[3, i], u[4, i], u[5, i], u[6, i], u[7, i], u[8, i])


def step_plants(plants, u, dt):
    return np.array([plant.step(plant_inputs(u, i), dt) for i, plant in enumerate(plants)]).T


def relative(a, b):
    """By cell. The current that holds a voltage is a small difference: it counts from the fleet's largest."""
    scale = np.maximum(np.abs(b), 1e-9)
    scale[:, 2] = np.max(np.abs(b), axis=1)
    return np.max(np.abs(a - b) / np.maximum(scale, 1e-9))


@pytest.mark.parametrize("dt", [DT, 1.7])
def test_scalar_fleet_has_the_bits_of_plants(dt):
    fleet = Fleet.from_sections(sections(), threads=2, engine="scalar")
    plants = [Plant.from_sections(*one) for one in sections()]
    for tick in range(60):
        u = drive(fleet, tick)
        found = fleet.step(u, dt)
        assert np.array_equal(found, step_plants(plants, u, dt))
        assert np.array_equal(fleet.state, np.array([p.state for p in plants]).T)
        assert not fleet.events.any()


def test_lanes_stay_within_1e_12_of_plants_at_each_step():
    fleet = Fleet.from_sections(sections(), engine="lanes")
    plants = [Plant.from_sections(*one) for one in sections()]
    for tick in range(100):
        u = drive(fleet, tick)
        fleet.state = np.array([p.state for p in plants]).T
        found, expected = fleet.step(u, DT), step_plants(plants, u, DT)
        assert relative(found, expected) < 1e-12
        assert relative(fleet.state, np.array([p.state for p in plants]).T) < 1e-12


def test_width_and_threads_and_neighbours_change_no_bits():
    fleets = [Fleet.from_sections(sections(), threads=t, engine="lanes", width=w) for t, w in ((1, 2), (3, 2), (1, 1))]
    alone = [Fleet.from_sections(sections()[i : i + 1], engine="lanes", width=2) for i in range(11)]
    for tick in range(30):
        u = drive(fleets[0], tick)
        first, *others = [fleet.step(u, DT) for fleet in fleets]
        for other in others:
            assert np.array_equal(first, other)
        for i, one in enumerate(alone):
            assert np.array_equal(one.step(u[:, i : i + 1], DT)[:, 0], first[:, i])


@pytest.mark.parametrize("engine", ["scalar", "lanes", "vm"])
def test_a_cell_that_meets_an_event_stops_there_and_others_go_on(engine):
    fleet = Fleet.from_sections(sections(5), engine=engine)
    plant = Plant.from_sections(*sections(5)[3])
    fleet.inputs[3, 3] = 0.03
    for _ in range(4000):
        found = fleet.step(fleet.inputs, 1.0)
        outputs = plant.step(Inputs(value=0.03), 1.0)
        if plant.event is not None:
            break
    assert fleet.events.tolist() == [False, False, False, True, False]
    assert fleet.event_names[fleet.event[3]] == plant.event
    assert fleet.done[3] == pytest.approx(plant.done, abs=1e-6)
    assert fleet.done[0] == 1.0
    assert found[0, 3] == pytest.approx(outputs[0], abs=0.02)
    again = plant.step(Inputs(value=0.03), 1.0)
    assert fleet.step(fleet.inputs, 1.0)[0, 3] == pytest.approx(again[0], abs=0.02)
    assert fleet.done[3] == pytest.approx(0.0, abs=1e-6)


def test_state_is_restored_exactly():
    fleet = Fleet.from_sections(sections())
    fleet.inputs[3] = -0.002
    fleet.step(fleet.inputs, DT)
    saved = fleet.state
    once = fleet.step(fleet.inputs, DT).copy()
    fleet.state = saved
    assert np.array_equal(fleet.step(fleet.inputs, DT), once)
    with pytest.raises(ValueError, match="shape"):
        fleet.state = saved[:, 1:]


def test_not_a_number_touches_its_own_cell_only():
    fleet = Fleet.from_sections(sections())
    before = fleet.state
    fleet.inputs[3, 5] = np.nan
    fleet.step(fleet.inputs, DT)
    assert np.flatnonzero(fleet.events).tolist() == [5]
    assert fleet.stepper.events[fleet.event[5]] == "State is not finite"
    assert np.array_equal(fleet.state[:, 5], before[:, 5])
    assert np.isfinite(fleet.state).all()


def test_a_step_reuses_its_memory():
    fleet = Fleet.from_sections(sections(2))
    first = fleet.step(fleet.inputs, DT)
    assert fleet.step(fleet.inputs, DT) is first
    assert first.shape == (len(OUTPUTS), 2)


def test_cells_of_different_models_are_refused_in_one_line():
    other = default_sections("spring")
    with pytest.raises(InputError, match="cell 1 of the fleet") as caught:
        Fleet.from_sections([default_sections("actuated_spring"), other])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dt", [0.0, -1.0, float("inf"), float("nan")])
def test_a_step_has_a_length(dt):
    fleet = Fleet.from_sections(sections(1))
    with pytest.raises(ValueError, match="positive, finite"):
        fleet.step(fleet.inputs, dt)


def test_without_a_compiler_the_virtual_machine_serves_and_says_so(monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "")
    with pytest.warns(RuntimeWarning, match="no C compiler"):
        fleet = Fleet.from_sections(sections(2))
    assert fleet.engine == "vm"
    plants = [Plant.from_sections(*one, engine="vm") for one in sections(2)]
    fleet.inputs[3] = 0.001
    assert np.array_equal(fleet.step(fleet.inputs, DT), step_plants(plants, fleet.inputs, DT))
