"""Every option of the model compiles into a stepper and gives what PyBaMM gives."""

import pybamm
import pytest

import twin
from twin import cache
from twin.discretised import discretised
from twin.options import OF_MATERIALS, OPTIONS
from twin.parameters import CATALOGUE, load
from twin.plant import Inputs, Plant
from twin.resolve import default_values

# The plant solves for a leak itself, whatever the option; fixtures and materials have tests of their own.
CASES = (
    [
        {"fixture": "fixed gap", option: value}
        for option, values in OPTIONS.items()
        for value in values[1:]
        if option not in ("fixture", "leak", "spring ageing", *OF_MATERIALS)
    ]
    + [{"fixture": "fixed gap", "voids": "none", "contact": "none", "thermal": "isothermal", "relaxation": "none"}]
    + [{"fixture": "fixed gap", "cathode": "porous electrode"}]
    + [{"fixture": "spring", "spring ageing": "set and fatigue"}]
    + [
        {
            "fixture": "fixed gap",
            "contact": "loading and unloading",
            "short": "penetration",
            "cathode contact": "lost by shrinking",
            "interphase": "first charge",
        }
    ]
)
CELLS = {
    "LCO|LGPS|indium": {"anode": "host"},
    "NMC111|LPSCl|silicon": {"anode": "host", "anode swelling": "residual"},
    "NCA|LLZO|silver-carbon": {"anode": "plating host"},
    "NMC811+LCO|LPSCl|LTO": {"cathode": "blend", "anode": "host"},
    "sulfur|LPSCl|lithium": {"cathode": "conversion"},
    "lithium|Li3InCl6|lithium": {"cathode": "metal"},
    "sodium|Na3PS4|sodium": {"cathode": "metal"},
    "NMC811|Li3YCl6|graphite": {"anode": "host"},
    "NaCrO2|Na3PS4|sodium": {},
    "LCO|LPSCl|Li21Si5": {"anode": "host"},
}
"""A cell for every value that materials choose; between them every material."""
DENSITY_A_PER_M2 = 2.5


@pytest.mark.parametrize("options", CASES, ids=lambda o: ", ".join(f"{k}={v}" for k, v in list(o.items())[1:]))
def test_an_option_compiles_and_agrees_with_pybamm(options):
    compare(options, "NMC811_LPSCl_Li", -DENSITY_A_PER_M2)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_compiles_and_agrees_with_pybamm(name):
    chosen = load(name)
    assert chosen.options.items() >= CELLS[name].items()
    compare({"fixture": "fixed gap", **chosen.options}, name, -DENSITY_A_PER_M2)


@pytest.mark.parametrize("cathode", [m.name for m in CATALOGUE["cathode"] if m.form == "insertion"])
def test_every_insertion_cathode_can_be_resolved_through_its_thickness(cathode):
    """NCA's polynomial began with nothing times the stoichiometry, which has no shape in a resolved cathode."""
    name = f"{cathode}|Na3PS4|sodium" if cathode == "NaCrO2" else f"{cathode}|LPSCl|graphite"
    options = {"fixture": "fixed gap", **load(name).options, "cathode": "porous electrode"}
    model, _, _ = discretised(options, name, ["Voltage [V]"])
    assert model.concatenated_algebraic.size == 10


def test_every_material_is_in_one_of_these_cells():
    used = {part for name in [*CELLS, "NMC811_LPSCl_Li"] for m in load(name).materials for part in m.split("+")}
    assert used == {material.name for materials in CATALOGUE.values() for material in materials}


def test_every_value_that_materials_choose_has_a_cell():
    chosen = {(option, value) for name in CELLS for option, value in load(name).options.items()}
    free = {("cathode", value) for value in OPTIONS["cathode"][:2]}
    wanted = {(o, v) for o in OF_MATERIALS for v in OPTIONS[o]} - {(o, OPTIONS[o][0]) for o in OF_MATERIALS} - free
    assert wanted <= chosen


def compare(options, name, density):
    """A minute of the compiled model, against PyBaMM at tight tolerance."""
    values = default_values(name, options["fixture"])
    current = density * values["Electrode width [m]"] ** 2
    plant = Plant(cache.stepper(options, name, engine="vm"), values)
    for _ in range(60):
        out = plant.step(Inputs("current", current), 1.0)
    simulation = pybamm.Simulation(
        twin.SolidStateCell(options, name),
        parameter_values=pybamm.ParameterValues({**values, "Current function [A]": current}),
        solver=pybamm.IDAKLUSolver(rtol=1e-10, atol=1e-10),
    )
    solution = simulation.solve([0, 60])
    assert out.voltage == pytest.approx(solution["Voltage [V]"].entries[-1], abs=1e-6)
    assert out.pressure == pytest.approx(solution["Stack pressure [Pa]"].entries[-1], abs=10)
    assert out.contact == pytest.approx(float(solution["Contact fraction"](t=60)), abs=1e-9)
