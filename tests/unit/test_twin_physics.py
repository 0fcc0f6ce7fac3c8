"""The physics of the twin, on the plant, against formulas and published figures restated here."""

import itertools
import math

import pytest

from twin.plant import Inputs

F = 96485.33212  # C/mol
R = 8.314462618  # J/mol/K
V_M = 12.996e-6  # m3/mol, lithium
DIE = math.pi / 4 * 0.013**2  # m2
MAH_PER_CM2 = 36000.0  # C/m2
mA_PER_CM2 = 10.0  # A/m2
FIXTURES = ["fixed_gap", "spring", "actuated_spring", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"]
SEPARATOR, E_SEPARATOR, E_CATHODE = 500e-6, 22e9, 30e9  # m, Pa, Pa
CELL_EXPANSION = 15e-6  # 1/K
# 4 mAh/cm2 in a composite with 55 % NMC811 of 63104 mol/m3, used from 0.9084 to 0.2661.
CATHODE = 4 * MAH_PER_CM2 / (F * 63104 * (0.9084 - 0.2661) * 0.55)  # m


def compliance(stiffness: float, layers: int = 1, area: float = DIE) -> float:
    """C_stack + A/k [m/Pa] of a 4 mAh/cm2 cell."""
    return layers * (SEPARATOR / E_SEPARATOR + CATHODE / E_CATHODE) + area / stiffness


def charge(plant, density=0.5 * mA_PER_CM2, hours=1.0, area=DIE, layers=1):
    return plant.step(Inputs("current", -density * area * layers), hours * 3600)


def rest(plant, hours=1.0, **inputs):
    return plant.step(Inputs(**inputs), hours * 3600)


# Volume change


def test_lithium_grows_4_849_um_per_mAh_per_cm2(plant_of):
    plant = plant_of()
    assert charge(plant, 1 * mA_PER_CM2, 1.0).lithium_thickness == pytest.approx(4.849e-6, rel=1e-3)


@pytest.mark.parametrize("kind", FIXTURES)
def test_charge_in_is_thickness_out(plant_of, kind):
    plant = plant_of(kind)
    counted = 0.0
    for density, seconds in [(-3.0, 4000), (0.0, 500), (1.5, 2500), (-7.0, 900), (2.0, 100)]:
        out = plant.step(Inputs("current", density * DIE), seconds)
        counted -= out.current / DIE * seconds
        assert out.lithium_thickness == pytest.approx(V_M / F * counted, rel=1e-6)
        assert out.discharge_capacity * 3600 / DIE == pytest.approx(-counted, rel=1e-6)


def test_lithium_leaves_the_cathode_as_it_reaches_the_anode(plant_of):
    plant = plant_of()
    out = charge(plant, 0.5 * mA_PER_CM2, 3.0)
    in_cathode = 63104 * 0.55 * CATHODE  # mol/m2 at sto = 1
    left = (0.9084 - out.stoichiometry) * in_cathode
    assert left == pytest.approx(out.lithium_thickness / V_M, rel=1e-6)


def test_layers_add_thickness(plant_of):
    one, five = plant_of(), plant_of(layers=5)
    assert charge(five, layers=5).thickness_change == pytest.approx(5 * charge(one).thickness_change, rel=1e-6)


def test_layers_add_swing(plant_of):
    """Five layers swell five times as far, against a compliance that is larger by four layers."""
    one, five = plant_of(relaxation=False), plant_of(relaxation=False, layers=5)
    ratio = (charge(five, layers=5, hours=0.5).pressure - 5e6) / (charge(one, hours=0.5).pressure - 5e6)
    assert ratio == pytest.approx(5 * compliance(30e6) / compliance(30e6, layers=5), rel=1e-4)


# Force balance


@pytest.mark.parametrize(("frame", "apparent"), [(11, 0.085), (53, 0.40)])
def test_apparent_stiffness_of_a_die(plant_of, frame, apparent):
    """MPa per um, as seen by whoever charges the cell; frames of 11 to 53 N/um were read back from 0.085 to 0.40."""
    plant = plant_of(frame_N_per_um=frame, relaxation=False)
    before = rest(plant, 0.01)
    after = charge(plant, hours=2)
    slope = (after.pressure - before.pressure) / (after.thickness_change - before.thickness_change)
    assert slope * 1e-12 == pytest.approx(apparent, rel=0.03)
    assert slope == pytest.approx(1 / compliance(frame * 1e6), rel=1e-5)  # the cell warms by millikelvins


@pytest.mark.parametrize("frame", [11, 30, 53])
def test_a_full_charge_gains_1_5_to_7_MPa(plant_of, frame):
    """At 0.25 mA/cm2, while the frame creeps."""
    plant = plant_of(frame_N_per_um=frame)
    gained = charge(plant, 0.25 * mA_PER_CM2, hours=16).pressure - 5e6
    assert 1.2e6 < gained < 7e6


def test_a_pouch_sees_a_twentieth_of_it(plant_of):
    die = plant_of(relaxation=False)
    pouch = plant_of(relaxation=False, area_cm2=25.0)
    ratio = (charge(pouch, area=25e-4).pressure - 5e6) / (charge(die).pressure - 5e6)
    assert ratio == pytest.approx(DIE / 25e-4, rel=0.02)


@pytest.mark.parametrize("kind", ["fixed_gap", "spring", "actuated_spring"])
def test_preload_is_the_pressure_at_the_start(plant_of, kind):
    assert rest(plant_of(kind, preload_MPa=7.0, relaxation=False), 1e-6).pressure == pytest.approx(7e6, rel=1e-9)


def test_force_is_pressure_times_area(plant_of):
    out = charge(plant_of("spring", area_cm2=25.0), area=25e-4)
    assert out.force == pytest.approx(out.pressure * 25e-4, rel=1e-12)


def test_a_spring_ten_times_softer_swings_ten_times_less(plant_of):
    """To the ratio of compliances: the frame in series blunts it."""
    hard, soft = (plant_of("spring", spring_N_per_mm=k, relaxation=False) for k in (2000.0, 200.0))
    swing_hard, swing_soft = (charge(p, hours=4).pressure - 5e6 for p in (hard, soft))
    in_series = [1 / (1 / 30e6 + 1 / k) for k in (2e6, 0.2e6)]
    expected = compliance(in_series[1]) / compliance(in_series[0])
    assert 9 < expected < 10
    assert swing_hard / swing_soft == pytest.approx(expected, rel=1e-5)


def test_the_actuator_presses_by_its_travel(plant_of):
    plant = plant_of("actuated_spring", relaxation=False)
    start = rest(plant, 0.01).pressure
    moved = rest(plant, 0.01, actuator=100e-6).pressure
    assert moved - start == pytest.approx(100e-6 / compliance(1 / (1 / 30e6 + 1 / 2e6)), rel=1e-6)


def test_only_the_actuated_spring_has_an_actuator(plant_of):
    for kind in FIXTURES:
        if kind == "actuated_spring":
            continue
        plant = plant_of(kind, relaxation=False, leak_percent_per_day=0.0)
        supply = 5e6 * DIE / 10e-4
        assert rest(plant, 0.01, actuator=1e-3, supply=supply).pressure == pytest.approx(5e6, rel=1e-9)


@pytest.mark.parametrize(("kind", "stiffness"), [("fixed_gap", 30e6), ("spring", 1 / (1 / 30e6 + 1 / 2e6))])
def test_extra_thickness_moves_pressure_by_the_compliance(plant_of, kind, stiffness):
    plant = plant_of(kind, relaxation=False)
    start = rest(plant, 0.01)
    swollen = rest(plant, 0.01, extra_thickness=3e-6)
    assert swollen.pressure - start.pressure == pytest.approx(3e-6 / compliance(stiffness), rel=1e-6)
    assert swollen.thickness_change - start.thickness_change == pytest.approx(3e-6, rel=1e-9)


# Temperature


@pytest.mark.parametrize("dT", [10.0, -10.0])
def test_ambient_moves_a_fixed_gap_by_its_thermal_length(plant_of, dT):
    """100 mm of steel at 11.5 ppm/K open by 1.15 um/K; the cell's own half millimetre pushes back."""
    plant = plant_of(relaxation=False, frame_length_mm=100, frame_expansion_ppm_per_K=11.5)
    out = rest(plant, 24, ambient=298.15 + dT)
    length = (CELL_EXPANSION * (SEPARATOR + CATHODE) - 11.5e-6 * 0.1) * dT
    assert out.pressure - 5e6 == pytest.approx(length / compliance(30e6), rel=1e-6)


@pytest.mark.parametrize("kind", ["spring", "actuated_spring"])
def test_a_warm_spring_presses(plant_of, kind):
    plant = plant_of(kind, relaxation=False, spring_length_mm=30, spring_expansion_ppm_per_K=20)
    out = rest(plant, 24, ambient=308.15)
    length = (CELL_EXPANSION * (SEPARATOR + CATHODE) - 11.5e-6 * 0.1 + 20e-6 * 0.03) * 10
    assert out.pressure - 5e6 == pytest.approx(length / compliance(1 / (1 / 30e6 + 1 / 2e6)), rel=1e-6)


def test_ambient_moves_pressure_once(plant_of):
    """Settled is settled: no second effect, and the way back ends where it began."""
    plant = plant_of(relaxation=False)
    settled = rest(plant, 24, ambient=308.15).pressure
    assert rest(plant, 24, ambient=308.15).pressure == pytest.approx(settled, rel=1e-9)
    assert rest(plant, 24, ambient=298.15).pressure == pytest.approx(5e6, rel=1e-9)


def test_the_frame_follows_the_room_with_its_time_constant(plant_of):
    plant = plant_of(thermal_minutes=20)
    out = rest(plant, 20 / 60, ambient=308.15)
    assert out.frame_temperature - 298.15 == pytest.approx(10 * (1 - math.exp(-1)), rel=1e-6)


@pytest.mark.parametrize("sign", [-1, 1])
def test_current_heats_the_cell_either_way(plant_of, sign):
    plant = plant_of(state_of_charge=0.5, lithium_um=20, preload_MPa=50)
    out = plant.step(Inputs("current", sign * 5.0 * DIE), 600)
    assert out.temperature > 298.15 + 1e-3


def test_heat_is_current_times_overpotential(plant_of):
    """Steady: I (U - V) = h A (T - T_frame), with 100 W/m2/K."""
    plant = plant_of(state_of_charge=0.5, lithium_um=20, preload_MPa=50)
    out = plant.step(Inputs("current", 5.0 * DIE), 300)
    open_circuit = rest(plant, 5).voltage
    heat = 5.0 * (open_circuit - out.voltage)  # W/m2
    assert 100 * (out.temperature - out.frame_temperature) == pytest.approx(heat, rel=0.02)


# The press


@pytest.mark.parametrize(("supply", "piston_cm2"), [(3e5, 20.0), (6e5, 10.0), (1e5, 50.0)])
def test_a_press_holds_what_its_supply_says(plant_of, supply, piston_cm2):
    plant = plant_of("pneumatic", piston_cm2=piston_cm2)
    out = rest(plant, 0.1, supply=supply)
    assert out.pressure == pytest.approx(supply * piston_cm2 * 1e-4 / DIE, rel=1e-6)


def test_a_press_follows_through_its_lag(plant_of):
    plant = plant_of("pneumatic", regulator_lag_s=4.0)
    start = 5e6 * DIE / 10e-4
    out = plant.step(Inputs(supply=2 * start), 4.0)
    assert out.pressure == pytest.approx(5e6 * (2 - math.exp(-1)), rel=1e-3)


@pytest.mark.parametrize("percent", [0.0, 1.0, 5.0])
def test_a_seal_holds_back_its_share_at_most(plant_of, percent):
    """Swelling has to push the piston: pressure rises by the friction, and stays there."""
    plant = plant_of("pneumatic", seal_friction_percent=percent)
    supply = 5e6 * DIE / 10e-4
    peak = 0.0
    for _ in range(8):
        peak = max(peak, plant.step(Inputs("current", -5.0 * DIE, supply=supply), 3600).pressure)
    assert peak == pytest.approx(5e6 * (1 + percent / 100), rel=1e-3)


# Relaxation


def test_relaxation_of_an_empty_case(plant_of):
    """Koerver 2018: 63 MPa lose 3.9 MPa in 69 h; one frame is one sample, so within half as much again."""
    plant = plant_of(preload_MPa=63.0)
    pressures = [rest(plant, 1.0).pressure for _ in range(69)]
    lost = 63e6 - pressures[-1]
    assert 3.9e6 / 1.5 < lost < 3.9e6 * 1.5
    assert all(later < earlier for earlier, later in itertools.pairwise(pressures))


def test_relaxation_ends_at_its_share(plant_of):
    """3 % and 4.5 % of the frame's elastic length, for good."""
    fast = {"Frame relaxation time 1 [s]": 100.0, "Frame relaxation time 2 [s]": 300.0}
    final = rest(plant_of(values=fast), 1.0).pressure
    expected = 5e6 * compliance(30e6) / (compliance(30e6) + 0.075 * DIE / 30e6)
    assert final == pytest.approx(expected, rel=1e-5)


# The interface


@pytest.mark.parametrize(("law", "at_5MPa"), [("power_law", 0.53), ("creep_and_diffusion", 0.28), ("linear", 0.60)])
@pytest.mark.parametrize("pressure", [3.0, 5.0, 7.0])
def test_refill_law_sets_the_stripping_limit(plant_of, law, at_5MPa, pressure):
    """Kasemchainan 2019: 0.2 mA/cm2 at 3 MPa and 1.0 at 7; between them the law decides."""
    limit = {3.0: 0.2, 5.0: at_5MPa, 7.0: 1.0}[pressure] * mA_PER_CM2
    below, above = (
        plant_of("pneumatic", preload_MPa=pressure, seal_friction_percent=0, refill=law, lithium_um=50,
                 state_of_charge=0.8)
        for _ in range(2)
    )  # fmt: skip
    supply = pressure * 1e6 * DIE / 10e-4
    assert below.step(Inputs("current", 0.98 * limit * DIE, supply=supply), 600).contact > 1 - 1e-6
    assert above.step(Inputs("current", 1.02 * limit * DIE, supply=supply), 600).contact < 1 - 1e-4


def test_contact_falls_when_stripping_outruns_refill_and_recovers_under_pressure(plant_of):
    plant = plant_of("actuated_spring", preload_MPa=3.0, lithium_um=50, state_of_charge=0.8)
    before = plant.step(Inputs("current", 0.1 * mA_PER_CM2 * DIE), 600)
    starved = plant.step(Inputs("current", 0.6 * mA_PER_CM2 * DIE), 600)
    assert starved.contact < 0.9 * before.contact
    push = 8e6 * compliance(1 / (1 / 30e6 + 1 / 2e6))
    pressed = [rest(plant, 0.25, actuator=push).contact for _ in range(8)]
    assert pressed == sorted(pressed)
    assert pressed[-1] > 1 - 1e-4


def test_contact_recovers_by_plating(plant_of):
    plants = [plant_of(preload_MPa=1.0, lithium_um=50, state_of_charge=0.8) for _ in range(2)]
    for plant in plants:
        lost = plant.step(Inputs("current", 0.6 * mA_PER_CM2 * DIE), 300).contact
    rested = rest(plants[0], 0.25).contact
    plated = charge(plants[1], hours=0.25).contact
    assert lost < 0.95
    assert plated > rested >= lost


def test_lost_contact_costs_voltage(plant_of):
    held, starved = (plant_of(preload_MPa=p, lithium_um=50, state_of_charge=0.8) for p in (7.0, 1.0))
    j = Inputs("current", 0.6 * mA_PER_CM2 * DIE)
    assert held.step(j, 900).voltage > starved.step(j, 900).voltage + 0.01


# Rest, and the end of the lithium


@pytest.mark.parametrize("kind", FIXTURES)
def test_a_rest_changes_nothing_it_should_not(plant_of, kind):
    plant = plant_of(kind, relaxation=False, leak_percent_per_day=0.0, state_of_charge=0.5, lithium_um=10)
    supply = 5e6 * DIE / 10e-4
    before = plant.step(Inputs(supply=supply), 1.0)
    after = plant.step(Inputs(supply=supply), 24 * 3600.0)
    assert after == pytest.approx(before, rel=1e-9, abs=1e-15)


def test_a_rest_leaves_a_cell_that_was_used_alone(plant_of):
    """After a charge, only concentration, heat and contact memory settle; charge and lithium stay, exactly."""
    plant = plant_of("spring", relaxation=False)
    charge(plant, hours=3)
    before, after = rest(plant, 1.0), rest(plant, 24.0)
    assert after.discharge_capacity == before.discharge_capacity
    assert after.lithium_thickness == pytest.approx(before.lithium_thickness, rel=1e-12)
    assert after.contact == 1.0
    assert after.stoichiometry == pytest.approx(before.stoichiometry, rel=1e-12)
    assert after.pressure == pytest.approx(before.pressure, rel=1e-6)
    assert after.temperature == pytest.approx(298.15, abs=1e-9)


@pytest.mark.parametrize("mode", ["current", "voltage", "power"])
def test_an_anode_free_cell_never_strips_what_it_does_not_have(plant_of, mode):
    """To a nanometre; the plant stops there and says why, or the voltage keeps the current from getting there."""
    plant = plant_of()
    charge(plant, hours=0.2)
    value = {"current": 0.5 * mA_PER_CM2 * DIE, "voltage": 1.0, "power": 1.5e-3}[mode]
    named = set()
    for _ in range(2400):
        out = plant.step(Inputs(mode, value), 1.0)
        named.add(plant.event)
        assert out.lithium_thickness >= -1e-9 * (1 + 1e-6)
    if mode == "current":
        assert "Lithium is used up" in named


def test_a_short_empties_the_cell_and_no_more(plant_of):
    plant = plant_of()
    charge(plant, hours=0.5)
    for _ in range(20):
        out = plant.step(Inputs(leak=1e-4), 600.0)
        assert out.lithium_thickness >= -1e-9
        assert -1e-3 < out.voltage < 4.3
    assert out.lithium_thickness < 0.05e-6


def test_preload_is_the_pressure_at_the_start_however_far_the_frame_has_relaxed(plant_of):
    """Regression: a frame whose creep was over started at 4.63 MPa for a preload of 5."""
    for relaxed in (0.0, 0.5, 1.0):
        plant = plant_of("fixed_gap", relaxed=relaxed)
        assert plant.step(Inputs(), 0.1).pressure == pytest.approx(5e6, abs=200)
