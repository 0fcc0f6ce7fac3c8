"""Fixtures that enclose a gas or a liquid, and springs that age: against formulas restated here, and in limits."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.plant import Inputs

F = 96485.33212  # C/mol
V_M = 12.996e-6  # m3/mol, lithium
ATMOSPHERE = 101325.0  # Pa
DIE = math.pi / 4 * 0.013**2  # m2
SEPARATOR, E_SEPARATOR, E_CATHODE = 500e-6, 22e9, 30e9  # m, Pa, Pa
CATHODE = 4 * 36000 / (F * 63104 * (0.9084 - 0.2661) * 0.55)  # m
PISTON = 10e-4  # m2
RATIO = PISTON / DIE
FRAME = 30e6  # N/m
GIVE = SEPARATOR / E_SEPARATOR + CATHODE / E_CATHODE + DIE / FRAME  # m/Pa, of stack and frame
P_0 = 5e6 / RATIO + ATMOSPHERE  # Pa, absolute, behind the piston at 5 MPa on the cell
IDEAL = {"seal_friction_percent": 0.0}
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def made(plant_of):
    """A plant on CasADi's virtual machine: nothing to compile, and what is asked of it here is short."""

    def make(kind, **keys):
        return plant_of(kind, engine="vm", **{"relaxation": False, **keys})

    return make


def pushed(plant, um=0.0, hours=0.01, **inputs):
    """Thickened by ``um``, then left alone."""
    inputs.setdefault("supply", plant.values["Supply pressure [Pa]"])
    return plant.step(Inputs(extra_thickness=um * 1e-6, **inputs), hours * 3600)


def behind_the_piston(out):
    """Absolute pressure of what is enclosed [Pa]."""
    return out.pressure / RATIO + ATMOSPHERE


def travel(out, um):
    """How far the piston was pushed back [m]: the thickness less what stack and frame gave."""
    return um * 1e-6 - (out.pressure - 5e6) * GIVE


# What every kind shares

ENCLOSING = ["pneumatic_closed", "hydraulic", "isostatic"]


@pytest.mark.parametrize("kind", ENCLOSING)
@pytest.mark.parametrize("preload", [0.0, 2.0, 50.0])
def test_preload_is_the_pressure_at_the_start(made, kind, preload):
    out = pushed(made(kind, preload_MPa=preload), hours=1e-4)
    assert out.pressure == pytest.approx(preload * 1e6, rel=1e-6, abs=5)


@pytest.mark.parametrize("kind", ENCLOSING)
def test_swelling_presses_and_shrinking_relieves(made, kind):
    plant = made(kind, **IDEAL)
    pressures = [pushed(plant, um).pressure for um in (-20, -5, 0, 5, 20)]
    assert pressures == sorted(pressures)
    assert pressures[0] < pressures[-1]


@pytest.mark.parametrize("kind", ENCLOSING)
def test_what_is_pushed_in_comes_out_again(made, kind):
    """Energy: no work is lost or won on the way there and back."""
    plant = made(kind, **{**IDEAL, "leak_percent_per_day": 0.0})
    start = pushed(plant).pressure
    there = [pushed(plant, um).pressure for um in range(0, 30, 3)]
    back = [pushed(plant, um).pressure for um in reversed(range(0, 30, 3))]
    assert back[-1] == pytest.approx(start, rel=1e-12)
    assert there == pytest.approx(back[::-1], rel=1e-12)


@pytest.mark.parametrize("kind", ["pneumatic_closed", "hydraulic"])
def test_a_seal_holds_back_its_share_at_most(made, kind):
    """As the press's: a swelling cell has to push the piston first."""
    keys = {"gas_cm3": 1e5} if kind == "pneumatic_closed" else {"accumulator_cm3": 1e5}
    plant = made(kind, seal_friction_percent=3.0, leak_percent_per_day=0.0, **keys)
    assert pushed(plant, 50.0, 1.0).pressure == pytest.approx(5e6 * 1.03, rel=1e-3)
    assert pushed(plant, -50.0, 1.0).pressure == pytest.approx(5e6 * 0.97, rel=1e-3)


def test_a_seal_does_not_drag_a_fast_piston(made):
    """Regression: at 2 um/s the regularised yield point held back a tenth of the force instead of its per cent."""
    plant = made("hydraulic", supply="regulated", seal_friction_percent=1.0, preload_MPa=1.0, frame_N_per_um=5.0)
    start = plant.values["Supply pressure [Pa]"]
    for n in range(600):
        out = plant.step(Inputs(supply=start * (1 + n / 150)), 0.1)
    settled = plant.step(Inputs(supply=start * 5), 120.0).pressure
    assert settled == pytest.approx(5e6, rel=0.0101)
    late = 2.0 * 4e6 / 60  # Pa, by the regulator's lag
    assert out.pressure == pytest.approx((5e6 - late) * (1 - 0.01), rel=1e-3)


# Sealed gas


@given(st.floats(-60, 60), st.floats(0.5, 500), st.floats(1.0, 1.67))
@FEW
def test_a_sealed_gas_keeps_p_V_to_the_n(made, um, gas_cm3, exponent):
    """From what the plant shows, the volume; from the volume, the pressure."""
    plant = made("pneumatic_closed", gas_cm3=gas_cm3, gas_exponent=exponent, leak_percent_per_day=0.0, **IDEAL)
    out = pushed(plant, um)
    if out.pressure == 0.0:
        return
    V_0 = gas_cm3 * 1e-6
    V = V_0 - PISTON * travel(out, um)
    assert behind_the_piston(out) * V**exponent == pytest.approx(P_0 * V_0**exponent, rel=1e-5)


@pytest.mark.parametrize("dT", [-20.0, 10.0])
def test_a_warm_gas_presses_by_its_absolute_temperature(made, dT):
    """At next to constant volume: a large one behind a small travel."""
    plant = made("pneumatic_closed", gas_cm3=1e5, leak_percent_per_day=0.0, **IDEAL)
    out = pushed(plant, hours=4, ambient=298.15 + dT)
    assert behind_the_piston(out) == pytest.approx(P_0 * (298.15 + dT) / 298.15, rel=1e-5)


def test_a_leak_takes_its_per_cent_a_day(made):
    plant = made("pneumatic_closed", gas_cm3=1e5, leak_percent_per_day=48.0, **IDEAL)
    assert pushed(plant, hours=1).pressure == pytest.approx(5e6 * math.exp(-0.02), rel=1e-4)
    assert pushed(plant, hours=10).pressure == pytest.approx(5e6 * math.exp(-0.22), rel=1e-4)


def test_a_large_gas_volume_is_a_regulated_supply(made):
    """And a small one is far from it."""
    keys = {"leak_percent_per_day": 0.0, **IDEAL}
    swings = {V: pushed(made("pneumatic_closed", gas_cm3=V, **keys), 40.0).pressure - 5e6 for V in (1.0, 100.0, 1e5)}
    assert swings[1.0] > 20 * swings[100.0] / 3
    assert swings[1e5] < 1e-5 * 5e6
    press = made("pneumatic", seal_friction_percent=0.0)
    assert pushed(press, 40.0).pressure == pytest.approx(5e6 + swings[1e5], rel=1e-5)


# Liquids


@given(st.floats(-5, 20), st.floats(1, 500), st.floats(0.2, 5), st.floats(0, 100))
@FEW
def test_a_trapped_liquid_gives_by_its_bulk_modulus_and_its_lines(made, um, fluid_cm3, modulus_GPa, line):
    plant = made("hydraulic", fluid_cm3=fluid_cm3, bulk_modulus_GPa=modulus_GPa, line_mm3_per_MPa=line, **IDEAL)
    out = pushed(plant, um)
    if out.pressure == 0.0:
        return
    gives = fluid_cm3 * 1e-6 / (modulus_GPa * 1e9) + line * 1e-15
    risen = behind_the_piston(out) - P_0
    assert PISTON * travel(out, um) == pytest.approx(risen * gives, rel=1e-6, abs=1e-16)


def test_a_liquid_that_does_not_give_is_a_fixed_gap(made):
    """A drop of a stiff one, in lines that do not stretch."""
    stiff = made("hydraulic", fluid_cm3=0.01, bulk_modulus_GPa=10.0, line_mm3_per_MPa=0.0, **IDEAL)
    gap = made("fixed_gap")
    assert pushed(stiff, 10.0).pressure == pytest.approx(pushed(gap, 10.0).pressure, rel=2e-4)


def test_a_liquid_does_not_pull(made):
    plant = made("hydraulic", **IDEAL)
    assert pushed(plant, -500.0).pressure == 0.0
    assert pushed(plant, 0.0).pressure == pytest.approx(5e6, rel=1e-6)


def test_an_accumulator_flattens(made):
    swings = [
        pushed(made("hydraulic", accumulator_cm3=V, **IDEAL), 20.0).pressure - 5e6 for V in (0.0, 1.0, 10.0, 100.0)
    ]
    assert swings == sorted(swings, reverse=True)
    assert swings[-1] < swings[0] / 20


def test_a_large_accumulator_holds_the_same_as_sealed_gas(made):
    """The liquid between them passes the pressure on; its own give is a thousandth."""
    keys = {"line_mm3_per_MPa": 0.0, "fluid_cm3": 1.0, "fluid_expansion_ppm_per_K": 0.0, **IDEAL}
    oil = pushed(made("hydraulic", accumulator_cm3=30.0, **keys), 30.0).pressure
    gas = pushed(made("pneumatic_closed", gas_cm3=30.0, leak_percent_per_day=0.0, **IDEAL), 30.0).pressure
    assert oil - 5e6 == pytest.approx(gas - 5e6, rel=2e-3)


def test_a_warm_trapped_liquid_presses_eleven_bar_a_kelvin(made):
    """Makers of hydraulics warn of 11 bar per K for oil shut in; behind a rigid piston, modulus times expansion."""
    plant = made("hydraulic", fluid_cm3=1e4, line_mm3_per_MPa=0.0, frame_N_per_um=5000.0, preload_MPa=20.0, **IDEAL)
    start = pushed(plant).pressure / RATIO
    warm = pushed(plant, hours=4, ambient=299.15).pressure / RATIO
    assert warm - start == pytest.approx(11e5, rel=0.15)


@pytest.mark.parametrize("kind", ["hydraulic", "isostatic"])
def test_a_supply_brings_the_pressure_to_its_own(made, kind):
    """Through its lag, and whatever the thickness."""
    plant = made(kind, supply="regulated", regulator_lag_s=4.0, line_mm3_per_MPa=0.0, **IDEAL)
    doubled = 2 * plant.values["Supply pressure [Pa]"]
    out = plant.step(Inputs(supply=doubled), 4.0)
    assert out.pressure == pytest.approx(5e6 * (2 - math.exp(-1)), rel=1e-3)
    out = plant.step(Inputs(supply=doubled, extra_thickness=30e-6, ambient=308.15), 2 * 3600.0)
    assert out.pressure == pytest.approx(1e7, rel=1e-4)


@pytest.mark.parametrize("kind", ["hydraulic", "isostatic"])
def test_a_shut_valve_does_not_hear_the_supply(made, kind):
    plant = made(kind, **IDEAL)
    assert plant.step(Inputs(supply=0.0), 3600.0).pressure == pytest.approx(5e6, rel=1e-9)


# The isostatic vessel


@pytest.mark.parametrize("area_cm2", [0.5, 5.0])
@pytest.mark.parametrize("layers", [1, 10])
def test_a_vessel_under_supply_presses_any_cell_alike(made, area_cm2, layers):
    plant = made("isostatic", area_cm2=area_cm2, layers=layers, supply="regulated")
    area = area_cm2 * 1e-4 * layers
    out = plant.step(Inputs("current", -5.0 * area, supply=5e6), 3600)
    assert out.pressure == pytest.approx(5e6, rel=1e-4)
    assert out.force == pytest.approx(5e6 * area_cm2 * 1e-4, rel=1e-4)


def test_a_shut_vessel_gives_by_liquid_walls_and_the_cells_own_bulk(made):
    plant = made("isostatic", vessel_cm3=20.0, line_mm3_per_MPa=2.0, **IDEAL)
    out = pushed(plant, 30.0)
    stack = SEPARATOR + CATHODE
    liquid = 20e-6 - stack * DIE
    diameter = (4 * 20e-6 / math.pi) ** (1 / 3)  # of a cylinder as long as wide; 8 MPa ask for less than 1 mm of wall
    walls = 20e-6 * (5 - 4 * 0.29) * diameter / (4 * 1e-3 * 205e9)
    cell = 3 * (1 - 2 * 0.3) * DIE * (SEPARATOR / E_SEPARATOR + CATHODE / E_CATHODE)
    gives = liquid / 1.6e9 + 2e-15 + walls + cell
    assert out.pressure - 5e6 == pytest.approx(30e-6 * DIE / gives, rel=1e-6)


def test_a_flat_vessel_bends(made):
    """5 cm3 round a die in its pouch are too few for a cylinder: two plates, clamped round it."""
    side = DIE**0.5 + 0.01
    r = side / math.sqrt(2)
    t = r * math.sqrt(0.75 * 1.6 * 5e6 / (640e6 / 2))
    assert t > 1e-3
    plates = 2 * math.pi * r**6 / (192 * 205e9 * t**3 / (12 * (1 - 0.29**2)))
    plant = made("isostatic", vessel_cm3=5.0, line_mm3_per_MPa=0.0, **IDEAL)
    cell = 3 * (1 - 2 * 0.3) * DIE * (SEPARATOR / E_SEPARATOR + CATHODE / E_CATHODE)
    gives = (5e-6 - (SEPARATOR + CATHODE) * DIE) / 1.6e9 + plates + cell
    assert pushed(plant, 30.0).pressure - 5e6 == pytest.approx(30e-6 * DIE / gives, rel=1e-6)


def test_a_vessel_smaller_than_its_cell_is_refused(made):
    with pytest.raises(InputError, match=r"fixture\.vessel_cm3 = 0\.01: the cell alone has 0\.0\d+ cm3"):
        made("isostatic", vessel_cm3=0.01)


# Springs that age

PER_DECADE, ONSET_s = 0.005, 3600.0
SPRING = 2e6  # N/m
SERIES = GIVE + DIE / SPRING  # m/Pa


def lost_share(out):
    """Of the spring's force at the preload, from the pressure: the set is the share of its deflection."""
    return (5e6 - out.pressure) * SERIES / (5e6 * DIE / SPRING)


def test_a_spring_relaxes_on_the_logarithm_of_time(made):
    """A hundred times sooner than in life, to be short."""
    plant = made("spring", spring_ageing="set_and_fatigue", values={"Spring relaxation onset [s]": ONSET_s / 100})
    passed = 0.0
    for hours in (1, 9, 90, 900):
        out = pushed(plant, hours=hours / 100)
        passed += hours * 3600
        assert lost_share(out) == pytest.approx(PER_DECADE * math.log10(1 + passed / ONSET_s), rel=1e-3)


def test_a_warm_spring_relaxes_sooner(made):
    """100 kJ/mol: at 80 degC, 540 times."""
    plant = made("spring", spring_ageing="set_and_fatigue", temperature_C=80.0, thermal_minutes=0.1)
    hurry = math.exp(100e3 / 8.314462618 * (1 / 298.15 - 1 / 353.15))
    out = pushed(plant, hours=4.8, ambient=353.15)
    assert lost_share(out) == pytest.approx(PER_DECADE * math.log10(1 + 4.8 * hurry), rel=1e-3)


def test_cycles_cost_a_spring_more_than_rest(made):
    """Of two springs of the same age, the one that worked has lost more, by the logarithm of its cycles."""
    keys = {"areal_capacity_mAh_per_cm2": 0.1, "lithium_um": 10.0, "spring_N_per_mm": 2e4}
    onset = 0.1  # cycles
    worked, rested = (
        made(
            "spring",
            spring_ageing="set_and_fatigue",
            state_of_charge=0.5,
            values={"Spring cyclic onset": onset},
            **keys,
        )
        for _ in range(2)
    )
    strokes = 10
    for _ in range(strokes):
        for sign in (-1, 1):
            worked.step(Inputs("current", sign * 2.0 * DIE), 360.0)  # a fifth of the capacity each way
    worn = worked.step(Inputs(), 3600.0)
    quiet = rested.step(Inputs(), strokes * 720.0 + 3600.0)
    k = 1 / (1 / FRAME + 1 / 2e7)
    swing = 0.1 * 36000 * V_M / F * k / (5e6 * DIE)
    share = 0.01 * swing * math.log10(1 + strokes / 5 / onset)
    stack = GIVE - DIE / FRAME + CATHODE / E_CATHODE * (0.1 / 4 - 1)
    lost = share * 5e6 * DIE / 2e7 / (stack + DIE / k)
    assert lost > 100
    assert quiet.pressure - worn.pressure == pytest.approx(lost, rel=0.01)


def test_a_spring_breaks_when_its_life_is_used_up(made):
    """A range of force of 40 times the preload, and the stress with it: a life of a fraction of a cycle."""
    plant = made(
        "spring",
        spring_ageing="set_and_fatigue",
        values={"Spring force range of a full charge": 40.0, "Spring cyclic loss per decade": 0.0},
    )
    life = 2e6 / (40 * 800e6 / 400e6) ** 5  # cycles; 6e-4
    assert life < 1e-3
    plant.step(Inputs("current", -5.0 * DIE), 60.0)
    assert plant.event == "Spring is broken"
    assert plant.done == pytest.approx(life * 2 * 4 * 36000 / 5.0, rel=1e-6)


def test_an_ordinary_cell_never_tires_its_spring(made):
    """2 kN/mm under a 13 mm die: the range of stress is a twentieth of what is endured for good."""
    values = made("spring").values
    stress = values["Spring force range of a full charge"] * values["Spring design stress [Pa]"]
    assert stress < values["Spring endurance stress range [Pa]"] / 3


def test_a_spring_ages_only_when_asked(made):
    """No state more than before, and the same bits."""
    young = made("spring")
    assert len(young.state) == len(made("spring", spring_ageing="set_and_fatigue").state) - 1
