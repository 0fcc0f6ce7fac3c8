"""The porous-electrode form of the cathode: against formulas, the single-particle form, PyBaMM, and a finer mesh."""

import math

import numpy as np
import pybamm
import pytest

import twin
from twin.files import CellSection
from twin.plant import Inputs

F, R, T = 96485.33212, 8.314462618, 298.15
DIE = math.pi / 4 * 0.013**2  # m2
CAPACITY = 4e-3 * DIE * 1e4  # A.h, 4 mAh/cm2
CATHODE = 4 * 36000.0 / (F * 63104 * (0.9084 - 0.2661) * 0.55)  # m
KAPPA, SIGMA = 0.156, 1.0  # S/m, separator and solid
V_M = 12.996e-6  # m3/mol
POROUS = {"cathode": "porous electrode"}
KEYS = {"cathode_model": "porous_electrode", "state_of_charge": 0.5, "lithium_um": 20.0}
TIGHT = {"rtol": 1e-9, "atol": 1e-9}


def simulation(options=None, solver=None, values=None, **mesh):
    model = twin.SolidStateCell(options)
    parameters = model.default_parameter_values
    parameters.update(values or {})
    return pybamm.Simulation(model, parameter_values=parameters, solver=solver or pybamm.IDAKLUSolver(**TIGHT), **mesh)


def constant(rate, **values):
    """C-rate, positive on discharge, from half charge."""
    half = 63104 * (0.9084 + 0.2661) / 2
    start = {"Initial concentration in positive electrode [mol.m-3]": half, "Initial lithium thickness [m]": 3e-5}
    return {**start, "Current function [A]": rate * CAPACITY, **values}


# Against formulas


def porous_resistance(kappa, sigma, j0):
    """Newman and Tobias 1962, linear kinetics, uniform open-circuit potential [Ohm.m2]."""
    per_volume = 3 * 0.55 / 5.22e-6
    nu = CATHODE * math.sqrt(per_volume * j0 * F / (R * T) * (1 / sigma + 1 / kappa))
    spread = (2 + (sigma / kappa + kappa / sigma) * math.cosh(nu)) / (nu * math.sinh(nu))
    return CATHODE / (sigma + kappa) * (1 + spread)


@pytest.mark.parametrize("bruggeman", [1.5, 3.0])
@pytest.mark.parametrize("sigma", [0.03, 1.0, 30.0])
def test_resistance_at_once_is_newmans(plant_of, bruggeman, sigma):
    """Before any concentration moves: separator, lithium contact and kinetics, and the composite's own formula."""
    plant = plant_of(
        **KEYS,
        values={
            "Positive electrode Bruggeman coefficient (electrolyte)": bruggeman,
            "Positive electrode effective electronic conductivity [S.m-1]": sigma,
        },
    )
    density = -0.1  # A/m2
    at_rest = plant.step(Inputs(), 1e-6).voltage
    measured = (at_rest - plant.step(Inputs("current", density * DIE), 1e-6).voltage) / density
    sto = (0.9084 + 0.2661) / 2
    j0 = 3.42e-6 * 1000**0.5 * 63104 * math.sqrt(sto * (1 - sto))
    lithium = 54e-4 * (5 / 25) ** 1.9 + R * T / F / 10.0
    composite = measured - 500e-6 / KAPPA - lithium
    assert composite == pytest.approx(porous_resistance(KAPPA * 0.35**bruggeman, sigma, j0), rel=0.01)


def test_lithium_leaves_the_cathode_as_it_reaches_the_anode(plant_of):
    plant = plant_of(**{**KEYS, "state_of_charge": 0.0, "lithium_um": 0.0})
    out = plant.step(Inputs("current", -5.0 * DIE), 3600)
    left = (0.9084 - out.stoichiometry) * 63104 * 0.55 * CATHODE
    assert left == pytest.approx(5.0 * 3600 / F, rel=1e-9)
    assert left == pytest.approx(out.lithium_thickness / V_M, rel=1e-9)


def test_potentials_meet_both_boundaries():
    """The terminal is the solid at the collector; slopes at the ends are Ohm's law."""
    solution = simulation(POROUS, values=constant(1), var_pts={"x_p": 40, "r_p": 10}).solve([0, 60])
    solid, electrolyte = (
        solution[f"Positive electrode {name}potential [V]"].entries[:, -1] for name in ("", "electrolyte ")
    )
    i, dx = 40.0, CATHODE / 40
    assert solid[-1] - solution["Voltage [V]"].entries[-1] == pytest.approx(i / SIGMA * dx / 2, rel=0.05)
    assert (electrolyte[0] - electrolyte[1]) / dx == pytest.approx(i / (KAPPA * 0.35**1.5), rel=0.05)
    assert abs(solid[1] - solid[0]) / dx < 0.05 * i / SIGMA
    assert abs(electrolyte[-1] - electrolyte[-2]) / dx < 0.05 * i / (KAPPA * 0.35**1.5)


def test_swelling_is_the_mean_strain():
    """Not the strain of the mean: the same where all particles are alike, another where they are not."""

    def relative_volume(sto):
        out = 1 - sto
        kink = np.log(1 + np.exp((0.306270 - sto) / 0.0251181))
        return -0.01 * (0.504899 * out + 3.757683 * out * out + 0.551827 * kink)

    poor = {"Positive electrode Bruggeman coefficient (electrolyte)": 3.0}
    solution = simulation(POROUS, values=constant(-0.5, **poor)).solve([0, 2400])
    sto = solution["Positive particle mean stoichiometry"].entries[:, -1]
    expected = CATHODE * 0.55 * (np.mean(relative_volume(sto)) - relative_volume((0.9084 + 0.2661) / 2))
    assert np.ptp(sto) > 0.05
    assert solution["Positive electrode thickness change [m]"].entries[-1] == pytest.approx(expected, rel=1e-6)


# Against the single-particle form


@pytest.mark.parametrize("rate", [0.01, -0.01])
def test_at_a_low_rate_it_is_the_single_particle_form(rate):
    """C/100: within 0.05 mV, which the shells and the solid's resistance explain."""
    values, times = constant(rate), np.array([0.0, 4 * 3600.0])
    resolved, single = (simulation(options, values=values).solve(times) for options in (POROUS, None))
    for hours in (0.5, 1, 2, 4):
        difference = resolved["Voltage [V]"](hours * 3600) - single["Voltage [V]"](hours * 3600)
        assert abs(difference) < 5e-5
    assert resolved["Stack pressure [Pa]"].entries[-1] == pytest.approx(
        single["Stack pressure [Pa]"].entries[-1], rel=1e-6
    )


def test_a_poor_electrolyte_costs_voltage_and_evenness():
    poor = {"Positive electrode Bruggeman coefficient (electrolyte)": 3.0}
    good, bad = (simulation(POROUS, values=constant(1, **more)).solve([0, 600]) for more in ({}, poor))
    assert bad["Voltage [V]"].entries[-1] < good["Voltage [V]"].entries[-1] - 0.02
    even, uneven = (s["Positive particle mean stoichiometry"].entries[:, -1] for s in (good, bad))
    assert np.ptp(uneven) > 2 * np.ptp(even)
    assert uneven[0] > uneven[-1]  # the separator's side fills first


def test_a_poor_solid_fills_from_the_collector():
    poor = {"Positive electrode effective electronic conductivity [S.m-1]": 0.003}
    sto = simulation(POROUS, values=constant(1, **poor)).solve([0, 600])["Positive particle mean stoichiometry"]
    assert sto.entries[-1, -1] > sto.entries[0, -1]


# The mesh


def test_ten_points_of_ten_shells_are_enough():
    """Within 2 mV of forty by eighty while the current jumps to 1C and back; within 0.5 mV at steady C/3."""
    pulse = {
        "Current function [A]": lambda t: -CAPACITY * (0.3 + 0.7 * (t >= 1800) * (t < 2400)),
        "Upper voltage cut-off [V]": 5.0,
    }
    times = np.array([0, 1800, 1801, 2400, 2401, 3600])
    coarse, fine = (
        simulation(POROUS, values={**constant(0), **pulse}, var_pts=mesh).solve(times)["Voltage [V]"]
        for mesh in ({"x_p": 10, "r_p": 10}, {"x_p": 40, "r_p": 80})
    )
    shown = np.array([5, 60, 1790, 1805, 1900, 2390, 2405, 2500, 3500])
    error = np.abs(coarse(shown) - fine(shown))
    assert error.max() < 2.5e-3
    assert error[2] < 5e-4


# In PyBaMM


def test_it_runs_in_an_experiment():
    steps = [
        "Charge at C/3 until 4.2 V",
        "Hold at 4.2 V until C/10",
        "Rest for 10 minutes",
        "Discharge at C/3 for 1 hour",
    ]
    model = twin.SolidStateCell(POROUS)
    solution = pybamm.Simulation(model, experiment=pybamm.Experiment(steps)).solve()
    assert len(solution.cycles) == 4
    hold = solution.cycles[1]["Voltage [V]"].entries
    assert hold == pytest.approx(np.full(hold.shape, 4.2), abs=1e-4)


# The plant


def drive(plant, currents, dt=1.0):
    shown = [plant.step(Inputs("current", current), dt) for current in currents]
    return np.array([out.voltage for out in shown]), np.array([out.pressure for out in shown])


@pytest.mark.parametrize(("dt", "tolerance"), [(1.0, 2e-6), (0.1, 1e-8)])
def test_the_stepper_follows_jumps_like_pybamm_at_tight_tolerance(plant_of, dt, tolerance):
    """Currents up to 1C that jump at every step; IDAKLU's default is 1.6 uV off on milder ones at 1 s."""
    currents = CAPACITY * np.random.default_rng(3).uniform(-0.7, 0.7, 60)
    plant = plant_of("spring", preload_MPa=20.0, **KEYS)
    model, values = plant.reference()
    values.update({"Current function [A]": "[input]"})
    voltage, pressure = drive(plant, currents, dt)
    # The plant's guards are not cut-offs of the voltage.
    model.events = [event for event in model.events if "voltage" not in event.name]
    solver = pybamm.IDAKLUSolver(rtol=1e-10, atol=1e-10)
    peer = pybamm.Simulation(model, parameter_values=values, solver=solver)
    expected = []
    for current in currents:
        peer.step(dt, inputs={"Current function [A]": current}, save=False)
        expected.append([peer.solution[name].entries[-1] for name in ("Voltage [V]", "Stack pressure [Pa]")])
    assert np.abs(voltage - np.array(expected)[:, 0]).max() < tolerance
    assert np.abs(pressure - np.array(expected)[:, 1]).max() < 0.1


def test_modes_hold_what_they_are_asked(plant_of):
    plant = plant_of("spring", **KEYS)
    for voltage in (3.9, 3.5, 4.2):
        assert plant.step(Inputs("voltage", voltage), 1.0).voltage == pytest.approx(voltage, abs=1e-9)
    for power in (-5e-3, 5e-3):
        out = plant.step(Inputs("power", power), 1.0)
        assert out.voltage * out.current == pytest.approx(power, rel=1e-9)
    out = plant.step(Inputs("current", 1e-3, leak=1e-4), 1.0)
    assert out.current == pytest.approx(1e-3, rel=1e-12)
    shorted = plant_of("spring", **KEYS)
    for _ in range(600):
        out = shorted.step(Inputs(leak=1e-4), 1.0)
    assert out.discharge_capacity == pytest.approx(0.0, abs=1e-15)
    assert out.lithium_thickness < 20e-6 + 0.5 * 4 * 4.849e-6 - 1e-8


@pytest.mark.parametrize("celsius", [-20.0, 25.0])
def test_small_demands_right_after_huge_currents_are_met(plant_of, celsius):
    """Newton's method, started from 10C or 80C, used to leap past nothing: 0.3 V off at 0.5C, a false event."""
    thin = {**KEYS, "lithium_um": 60.0, "electrolyte_um": 10.0, "pressed_MPa": 500.0, "temperature_C": celsius}
    plant, calm = (plant_of("spring", preload_MPa=50.0, **thin) for _ in range(2))
    for mode, value in (("voltage", 3.6), ("current", 0.5 * CAPACITY), ("power", 1e-3)):
        huge = plant.step(Inputs("voltage", 2.2, ambient=celsius + 273.15), 1e-3)
        assert huge.current > 10 * CAPACITY
        out = plant.step(Inputs(mode, value, ambient=celsius + 273.15), 1e-3)
        expected = calm.step(Inputs(mode, value, ambient=celsius + 273.15), 1e-3)
        assert plant.event is None
        assert out.voltage == pytest.approx(expected.voltage, abs=0.05)  # some of the surface is used by then
    assert plant.step(Inputs("voltage", 3.6), 1e-3).voltage == pytest.approx(3.6, abs=1e-4)


def test_a_power_beyond_reach_is_an_event(plant_of):
    plant = plant_of("spring", **KEYS)
    plant.step(Inputs("power", 10.0), 1.0)
    assert plant.event == "Demand is beyond reach"


@pytest.mark.parametrize(("rate", "end"), [(1.0, "Maximum"), (-1.0, "Minimum"), (5.0, "Maximum")])
def test_an_end_is_found_within_the_step(plant_of, rate, end):
    """The first particle that is full or empty, wherever it sits; the state stays good."""
    plant = plant_of("spring", preload_MPa=50.0, **{**KEYS, "lithium_um": 60.0})
    for _ in range(7200):
        out = plant.step(Inputs("current", rate * CAPACITY), 1.0)
        if plant.event:
            break
    assert plant.event == f"{end} positive particle surface stoichiometry"
    assert 0 <= plant.done < 1.0
    assert all(map(math.isfinite, (*out, *plant.state)))
    # Within the electrode charge still evens out: for a moment after 5C the first particle would fill all the same.
    plant.step(Inputs("current", -0.1 * rate * CAPACITY), 0.1)
    assert plant.event is None


def test_a_state_comes_back_exactly(plant_of):
    plant = plant_of("spring", **KEYS)
    drive(plant, [1e-3, -2e-3])
    saved = plant.state
    first = plant.step(Inputs("voltage", 3.9), 1.0)
    plant.state = saved
    assert plant.step(Inputs("voltage", 3.9), 1.0) == first


def test_the_virtual_machine_steps_alike(plant_of):
    currents = [1e-3, -3e-3, 0.0]
    ways = [drive(plant_of("spring", engine=engine, **KEYS), currents) for engine in ("c", "vm")]
    assert ways[0][0] == pytest.approx(ways[1][0], abs=1e-12)
    assert ways[0][1] == pytest.approx(ways[1][1], rel=1e-12)


# The file, and the way back to PyBaMM


def test_the_key_chooses_the_form(plant_of):
    assert CellSection(diameter_mm=13.0).cathode_model == "single_particle"
    plant = plant_of("spring", **KEYS)
    assert plant.stepper.options["cathode"] == "porous electrode"


@pytest.mark.parametrize("form", ["single_particle", "porous_electrode"])
@pytest.mark.parametrize("leak", [0.0, 1e-5])
def test_reference_is_the_plants_model(plant_of, form, leak):
    plant = plant_of("spring", **{**KEYS, "cathode_model": form})
    inputs = Inputs("current", -1e-3, ambient=300.0, leak=leak)
    for _ in range(300):
        out = plant.step(inputs, 1.0)
    model, values = plant.reference()
    assert model.cell_options["cathode"] == form.replace("_", " ")
    solver = pybamm.IDAKLUSolver(**TIGHT)
    solution = pybamm.Simulation(model, parameter_values=values, solver=solver).solve([0, 300])
    assert out.voltage == pytest.approx(solution["Voltage [V]"].entries[-1], abs=1e-7)
    assert out.pressure == pytest.approx(solution["Stack pressure [Pa]"].entries[-1], abs=0.1)


def test_reference_of_an_unused_plant_starts_at_its_file(plant_of):
    _, values = plant_of("spring", temperature_C=30.0).reference()
    assert values["Ambient temperature [K]"] == pytest.approx(303.15)
    assert values["Current function [A]"] == 0.0
