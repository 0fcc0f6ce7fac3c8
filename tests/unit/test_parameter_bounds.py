"""A number that no formula can take is refused wherever it comes in: PyBaMM's parameter values, a BPX file.

Every parameter of every kind of model, at and beyond its bound. The bounds are restated here by what a name measures.
"""

import math

import pybamm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from twin.errors import InputError
from twin.parameters.bounds import bound_of, refusal

MODELS = {
    "spring": twin.SolidStateCell({"fixture": "spring", "spring ageing": "set and fatigue"}),
    "hydraulic": twin.SolidStateCell({"fixture": "hydraulic"}, "NMC811|LPSCl|graphite"),
    "isostatic": twin.SolidStateCell({"fixture": "isostatic"}, "NMC811|LPSCl|silver-carbon"),
    "gas": twin.SolidStateCell({"fixture": "pneumatic closed"}, "NMC811+LCO|LPSCl|lithium"),
    "aged": twin.SolidStateCell({"short": "penetration", "contact": "loading and unloading",
                                 "cathode contact": "lost by shrinking", "interphase": "first charge"}),
    "symmetric": twin.SolidStateCell(None, "lithium|LLZO|lithium"),
    "sulfur": twin.SolidStateCell({"fixture": "pneumatic"}, "sulfur|LPSCl|lithium"),
}  # fmt: skip
VALUES = {name: model.default_parameter_values for name, model in MODELS.items()}


def used(name):
    """Names of the scalars that a model has in its equations."""
    found = set()
    model = MODELS[name]
    for symbol in (*model.rhs.values(), *model.initial_conditions.values(), *model.variables.values()):
        for node in symbol.pre_order():
            if isinstance(node, pybamm.Parameter | pybamm.FunctionParameter):
                found.add(node.name)
    return sorted(found & set(VALUES[name].keys()))


PAIRS = [(name, parameter) for name in MODELS for parameter in used(name)]
BOUNDED = [pair for pair in PAIRS if bound_of(pair[1]) is not None]


def processed(name, **changed):
    model = MODELS[name].new_copy()
    values = pybamm.ParameterValues({**VALUES[name], **changed})
    return values.process_model(model, inplace=False)


def test_what_is_signed_is_little_and_listed_here():
    """A new parameter is bounded unless its name says that a sign means something."""
    free = {parameter for _, parameter in PAIRS if bound_of(parameter) is None}
    assert free <= {
        "Actuator position [m]", "Current function [A]", "Extra thickness [m]", "Supply pressure [Pa]",
        "Lower voltage cut-off [V]", "Upper voltage cut-off [V]", "Electrolyte oxidation potential [V]",
        "Cell thermal expansion coefficient [K-1]", "Frame thermal expansion coefficient [K-1]",
        "Spring thermal expansion coefficient [K-1]", "Fluid thermal expansion coefficient [K-1]",
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(pair=st.sampled_from(BOUNDED), below=st.floats(1e-12, 1e9))
def test_a_number_below_its_bound_names_itself_and_the_bound(pair, below):
    name, parameter = pair
    with pytest.raises(InputError) as caught:
        processed(name, **{parameter: bound_of(parameter).low - max(below, 1e-9)})
    said = str(caught.value)
    assert said.startswith(f"{parameter} = ")
    assert str(bound_of(parameter)) in said
    assert "\n" not in said


POSITIVE = (
    "Electrode width [m]", "Separator thickness [m]", "Frame stiffness [N.m-1]", "Spring stiffness [N.m-1]",
    "Separator conductivity [S.m-1]", "Reference temperature [K]", "Piston area [m2]", "Initial temperature [K]",
    "Ambient temperature [K]", "Lithium metal density [kg.m-3]", "Positive particle diffusivity [m2.s-1]",
    "Maximum concentration in positive electrode [mol.m-3]", "Gas volume [m3]", "Regulator lag [s]",
    "Positive electrode Young's modulus [Pa]", "Fluid bulk modulus [Pa]", "Positive particle radius [m]",
)  # fmt: skip
FROM_ZERO = (
    "Preload pressure [Pa]", "Vessel compliance [Pa-1]", "Line compliance [m3.Pa-1]", "Leak conductance [S]",
    "Initial lithium thickness [m]", "Interface resistance at reference pressure [Ohm.m2]",
    "Separator conductivity activation energy [J.mol-1]", "Initial contact pressure memory [Pa]",
)  # fmt: skip
SHARES = (
    "Positive electrode stoichiometry at 0% SOC", "Negative electrode stoichiometry limit", "Initial relaxed share",
    "Positive electrode active material volume fraction", "Seal friction fraction", "Initial penetrated fraction",
    "Frame relaxation fraction 1", "Primary: Positive electrode weight fraction", "Supply valve opening",
)  # fmt: skip


@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_lengths_areas_and_the_like_are_above_zero_amounts_not_below_and_shares_within_one(value):
    for name in POSITIVE:
        assert (refusal(name, value) is None) == (value > 0), name
    for name in FROM_ZERO:
        assert (refusal(name, value) is None) == (value >= 0), name
    for name in SHARES:
        assert (refusal(name, value) is None) == (0 <= value <= 1), name
    assert (refusal("Actuator position [m]", value) is None) == (not math.isnan(value))


@pytest.mark.parametrize("name", MODELS)
def test_every_default_is_within_its_bounds(name):
    assert processed(name).rhs


@pytest.mark.parametrize("value", [-1e-9, -5e6, float("-inf")])
def test_a_simulation_refuses_a_preload_below_zero(value):
    model = twin.SolidStateCell({"fixture": "spring"})
    values = model.default_parameter_values
    values["Preload pressure [Pa]"] = value
    with pytest.raises(InputError, match=r"Preload pressure \[Pa\] = .* at least 0"):
        pybamm.Simulation(model, parameter_values=values).solve([0, 60])


def test_a_preload_of_zero_is_a_vented_press():
    model = twin.SolidStateCell({"fixture": "pneumatic"})
    values = model.default_parameter_values
    values.update({"Preload pressure [Pa]": 0.0, "Supply pressure [Pa]": 0.0})
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 60])
    assert solution["Stack pressure [Pa]"].entries[0] == pytest.approx(0, abs=1)


def test_cells_in_series_add_their_voltages():
    model = twin.SolidStateCell()
    values = model.default_parameter_values
    values["Number of cells connected in series to make a battery"] = 3
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 60])
    assert solution["Battery voltage [V]"].entries == pytest.approx(3 * solution["Voltage [V]"].entries)
