"""`SolidStateCell` is a PyBaMM model: simulation, experiment, step, plots, options."""

import math

import pybamm
import pytest

import twin
from twin.errors import InputError

OPTIONS = {
    "cathode": ["single particle", "porous electrode"],
    "fixture": [
        "fixed gap",
        "spring",
        "actuated spring",
        "pneumatic",
        "pneumatic closed",
        "hydraulic",
        "isostatic",
    ],
    "spring ageing": ["none", "set and fatigue"],
    "refill": ["power law", "creep and diffusion", "linear"],
    "voids": ["flux balance", "none"],
    "contact": ["pressure memory", "loading and unloading", "none"],
    "short": ["none", "penetration"],
    "cathode contact": ["none", "lost by shrinking"],
    "interphase": ["none", "first charge"],
    "relaxation": ["viscoelastic", "none"],
    "thermal": ["lumped", "isothermal"],
    "leak": ["none", "conductance"],
}
# Values that the materials of a cell choose, with a cell that does.
OF_CELLS = {
    ("cathode", "blend"): "NMC811+LCO|LPSCl|lithium",
    ("cathode", "conversion"): "sulfur|LPSCl|lithium",
    ("cathode", "metal"): "lithium|LLZO|lithium",
    ("anode", "lithium metal"): "NCA|LPSCl|lithium",
    ("anode", "host"): "LCO|LGPS|indium",
    ("anode", "plating host"): "NMC811|LPSCl|silver-carbon",
    ("anode swelling", "reversible"): "NMC811|LPSCl|graphite",
    ("anode swelling", "residual"): "NMC811|LPSCl|silicon",
}
VALUES = [(name, value) for name, values in OPTIONS.items() for value in values]
FEATURES = ["Voltage [V]", "Stack pressure [Pa]", "Lithium thickness [m]"]


def test_every_option_value_is_exercised_here():
    from twin.options import OPTIONS as KNOWN

    assert {(n, v) for n, values in KNOWN.items() for v in values} == {*VALUES, *OF_CELLS}


@pytest.mark.parametrize(("option", "name"), OF_CELLS.items(), ids=lambda x: x if isinstance(x, str) else x[1])
def test_a_cell_builds_and_solves_a_short_charge(option, name):
    model = twin.SolidStateCell(parameter_set=name)
    assert model.cell_options[option[0]] == option[1]
    values = model.default_parameter_values
    values.update({"Current function [A]": -3e-4})
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 60])
    assert solution.termination == "final time"
    for feature in FEATURES:
        assert all(map(math.isfinite, solution[feature].entries))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"anode": "lithium metal"}, "NMC811|LPSCl|graphite"),
        ({"cathode": "porous electrode"}, "sulfur|LPSCl|lithium"),
        ({"anode swelling": "residual"}, "NMC811_LPSCl_Li"),
        ({"cathode": "blend"}, "NMC811_LPSCl_Li"),
    ],
)
def test_an_option_that_the_materials_do_not_admit_is_one_line(options, name):
    with pytest.raises(InputError, match="these materials need") as caught:
        twin.SolidStateCell(options, name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_option_builds_and_solves_a_short_discharge(name, value):
    model = twin.SolidStateCell({name: value})
    values = model.default_parameter_values
    values.update(
        {
            "Initial concentration in positive electrode [mol.m-3]": 0.5 * 63104,
            "Initial lithium thickness [m]": 12e-6,
            "Current function [A]": 3e-4,
        }
    )
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 60])
    assert solution.termination == "final time"
    for feature in FEATURES:
        assert all(map(math.isfinite, solution[feature].entries))
    assert solution["Lithium thickness [m]"].entries[-1] < 12e-6
    assert 2.5 < solution["Voltage [V]"].entries[-1] < 4.3


@pytest.mark.parametrize(
    ("options", "said"),
    [({"fixtures": "spring"}, "fixtures"), ({"fixture": "vice"}, "vice"), ({"leak": "yes"}, "leak")],
)
def test_unknown_option_is_one_line_with_the_choices(options, said):
    with pytest.raises(InputError, match=said) as caught:
        twin.SolidStateCell(options)
    assert "choose from" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_parameter_set_is_one_line():
    with pytest.raises(InputError, match="NMC811_LPSCl_Li"):
        twin.SolidStateCell(parameter_set="LCO")


@pytest.fixture(scope="session")
def cycled():
    """Two cycles of CC, CV, rest and discharge."""
    experiment = pybamm.Experiment(
        [
            (
                "Charge at C/4 for 30 minutes",
                "Hold at 3.9 V for 10 minutes",
                "Rest for 30 minutes",
                "Discharge at C/8 for 20 minutes or until 2.8 V",
            )
        ]
        * 2
    )
    return pybamm.Simulation(twin.SolidStateCell({"fixture": "spring"}), experiment=experiment).solve()


def test_experiment_runs_its_cycles(cycled):
    assert len(cycled.cycles) == 2
    assert all(len(cycle.steps) == 4 for cycle in cycled.cycles)


def test_experiment_counts_charge_into_thickness(cycled):
    """4.849 um per mAh/cm2, whatever the step: to 1e-6 of the largest."""
    area = math.pi / 4 * 1.3**2  # cm2
    counted = -cycled["Discharge capacity [A.h]"].entries * 1e3 / area
    grown = cycled["Lithium thickness [m]"].entries
    V_m_per_F = 12.996e-6 / 96485.33212 * 36000
    assert max(abs(grown - V_m_per_F * counted)) <= 1e-6 * max(grown)


def test_experiment_conserves_lithium(cycled):
    """What leaves the cathode is at the anode."""
    in_cathode = 4 * 36000 / (96485.33212 * (0.9084 - 0.2661))  # mol/m2 at sto = 1
    left = (0.9084 - cycled["Positive electrode stoichiometry"].entries) * in_cathode
    plated = cycled["Lithium thickness [m]"].entries / 12.996e-6
    assert max(abs(left - plated)) <= 1e-6 * max(plated)


def test_pressure_is_higher_when_charged(cycled):
    pressure = cycled["Stack pressure [Pa]"]
    assert float(pressure(1800)) > float(pressure(0))


def test_every_plotted_variable_exists(cycled):
    names = twin.SolidStateCell().default_quick_plot_variables
    assert "Stack pressure [Pa]" in names
    for name in names:
        assert all(map(math.isfinite, cycled[name].entries)), name


def test_quick_plot_can_be_made(cycled):
    import matplotlib as mpl

    mpl.use("Agg")
    plot = pybamm.QuickPlot(cycled, twin.SolidStateCell().default_quick_plot_variables)
    plot.plot(0.5)


def test_step_continues_where_it_was():
    simulation = pybamm.Simulation(twin.SolidStateCell())
    simulation.parameter_values["Current function [A]"] = -3e-4
    simulation = pybamm.Simulation(twin.SolidStateCell(), parameter_values=simulation.parameter_values)
    for _ in range(4):
        solution = simulation.step(300)
    whole = pybamm.Simulation(twin.SolidStateCell(), parameter_values=simulation.parameter_values).solve([0, 1200])
    assert solution.t[-1] == pytest.approx(1200)
    for feature in FEATURES:
        assert solution[feature].entries[-1] == pytest.approx(whole[feature].entries[-1], rel=1e-4)


def test_inputs_drive_as_functions_of_time():
    """What a plant takes as inputs, PyBaMM takes as functions."""
    model = twin.SolidStateCell({"fixture": "actuated spring", "relaxation": "none"})
    values = model.default_parameter_values
    values["Actuator position [m]"] = lambda t: 1e-6 * t
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 100])
    pressure = solution["Stack pressure [Pa]"].entries
    stiffness = solution["Apparent stiffness [Pa.m-1]"].entries[-1]
    assert pressure[-1] - pressure[0] == pytest.approx(100e-6 * stiffness, rel=1e-6)


def at_start(names, **changes):
    """Variables of the default die at rest, with parameters changed."""
    model = twin.SolidStateCell()
    values = model.default_parameter_values
    values.update({**changes.pop("values", {})})
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 1e-3])
    return [float(solution[name].entries[0]) for name in names]


@pytest.mark.parametrize(("MPa", "ohm"), [(5.0, 110.0), (10.0, 50.0), (25.0, 32.0)])
def test_interface_against_doux_2020(MPa, ohm):
    """Li|LPSCl|Li, 13 mm, first loading: two interfaces and a bulk of 28 ohm."""
    first = {"Preload pressure [Pa]": MPa * 1e6, "Initial contact pressure memory [Pa]": MPa * 1e6}
    (interface,) = at_start(["Interface resistance [Ohm.m2]"], values=first)
    assert 28.0 + 2 * interface / (math.pi / 4 * 0.013**2) == pytest.approx(ohm, rel=0.10)


def test_contact_made_under_load_stays_after_unloading():
    """Pressed at 25 MPa and released to 5, it is still the contact of 25."""
    released = {"Preload pressure [Pa]": 5e6, "Initial contact pressure memory [Pa]": 25e6}
    fresh = {"Preload pressure [Pa]": 25e6, "Initial contact pressure memory [Pa]": 25e6}
    name = ["Interface resistance [Ohm.m2]"]
    assert at_start(name, values=released) == pytest.approx(at_start(name, values=fresh), rel=1e-6)


def test_conductivity_is_arrhenius():
    """Li6PS5Cl, 0.35 eV: the ohmic loss at 45 C against 25 C."""
    names = ["Electrolyte ohmic losses [V]", "Current [A]"]
    losses = []
    for T in (298.15, 318.15):
        changed = {"Current function [A]": -1e-3, "Initial temperature [K]": T, "Ambient temperature [K]": T}
        losses.append(at_start(names, values=changed)[0])
    expected = math.exp(0.35 * 96485.33212 / 8.314462618 * (1 / 318.15 - 1 / 298.15))
    assert losses[1] / losses[0] == pytest.approx(expected, rel=1e-9)
    cathode = 4 * 36000 / (96485.33212 * 63104 * (0.9084 - 0.2661) * 0.55)  # m, a third of which counts
    resistance = 500e-6 / 0.156 + cathode / (3 * 0.156 * 0.35**1.5)  # ohm m2
    assert losses[0] == pytest.approx(1e-3 / (math.pi / 4 * 0.013**2) * resistance, rel=1e-6)
