"""Every option of the model compiles into a stepper and gives what PyBaMM gives."""

import pybamm
import pytest

import twin
from twin import cache
from twin.options import OPTIONS
from twin.plant import Inputs, Plant
from twin.resolve import default_values

# The plant solves for a leak itself, whatever the option; fixtures have tests of their own.
CASES = [
    {"fixture": "fixed gap", option: value}
    for option, values in OPTIONS.items()
    for value in values[1:]
    if option not in ("fixture", "leak")
] + [{"fixture": "fixed gap", "voids": "none", "contact": "none", "thermal": "isothermal", "relaxation": "none"}]
DENSITY_A_PER_M2 = 2.5


@pytest.mark.parametrize("options", CASES, ids=lambda o: ", ".join(f"{k}={v}" for k, v in list(o.items())[1:]))
def test_an_option_compiles_and_agrees_with_pybamm(options):
    values = default_values("NMC811_LPSCl_Li", "fixed gap")
    current = -DENSITY_A_PER_M2 * values["Electrode width [m]"] ** 2
    plant = Plant(cache.stepper(options, "NMC811_LPSCl_Li", engine="vm"), values)
    for _ in range(60):
        out = plant.step(Inputs("current", current), 1.0)
    simulation = pybamm.Simulation(
        twin.SolidStateCell(options),
        parameter_values=pybamm.ParameterValues({**values, "Current function [A]": current}),
        solver=pybamm.IDAKLUSolver(rtol=1e-10, atol=1e-10),
    )
    solution = simulation.solve([0, 60])
    assert out.voltage == pytest.approx(solution["Voltage [V]"].entries[-1], abs=1e-6)
    assert out.pressure == pytest.approx(solution["Stack pressure [Pa]"].entries[-1], abs=10)
    assert out.contact == pytest.approx(float(solution["Contact fraction"](t=60)), abs=1e-9)
