"""Cells with a host anode: the stepper against PyBaMM's solver, the model against PyBaMM's own of the same kind."""

import math

import numpy as np
import pybamm
import pytest

from twin import cache
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.parameters import load
from twin.plant import Inputs, Plant
from twin.resolve import options_of, values_of

DIE = math.pi / 4 * 0.013**2
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


def made(**keys):
    cell = CellSection(diameter_mm=13.0, state_of_charge=0.5, **keys)
    rest = FixtureSection(kind="spring", spring_N_per_mm=2000.0), AmbientSection()
    values = values_of(cell, *rest)
    return Plant(cache.stepper(options_of(cell, rest[0]), cell.chemistry, engine="vm"), values), values, cell


@pytest.mark.parametrize(
    "keys",
    [{"anode": "graphite"}, {"anode": "silicon"}, {"cathode": "LCO", "blend": "NMC111", "anode": "LTO"}],
    ids=lambda k: k["anode"],
)
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_the_stepper_follows_a_jumping_current_like_pybamm(keys, dt):
    """Half a mA/cm2 either way; PyBaMM at rtol = atol = 1e-10. A blend's shells are the stiffest: 0.3 uV at 1 s."""
    plant, values, _ = made(**keys)
    model, parameters = plant.reference()
    parameters.update({**values, "Current function [A]": "[input]"})
    model.events = [event for event in model.events if "voltage" not in event.name]
    peer = pybamm.Simulation(model, parameter_values=parameters, solver=pybamm.IDAKLUSolver(**TIGHT))
    currents = DIE * np.random.default_rng(4).uniform(-5, 5, 40)
    for current in currents:
        out = plant.step(Inputs("current", current), dt)
        peer.step(dt, inputs={"Current function [A]": current}, save=False)
    assert out.voltage == pytest.approx(peer.solution["Voltage [V]"].entries[-1], abs=1e-6)
    assert out.pressure == pytest.approx(peer.solution["Stack pressure [Pa]"].entries[-1], abs=5)
    assert out.thickness_change == pytest.approx(peer.solution["Cell thickness change [m]"].entries[-1], abs=1e-12)


def pybamm_spm(values, chosen, current):
    """PyBaMM's single-particle model with our numbers: the same diffusion and kinetics, no electrolyte."""

    def kinetics(sign):
        j0 = chosen.functions[f"{sign} electrode exchange-current density [A.m-2]"].call
        return lambda c_e, c_s, c_max, T: j0(c_s / c_max, T)

    # PyBaMM's set fills what the electrolyte of its model asks for; nothing of it enters an SPM's voltage.
    parameters = pybamm.ParameterValues("Marquis2019")
    shared = {k: v for k, v in values.items() if k in parameters and "Separator" not in k}
    parameters.update(shared)
    for sign in ("Positive", "Negative"):
        parameters.update(
            {
                f"{sign} electrode OCP [V]": chosen.functions[f"{sign} electrode OCP [V]"].call,
                f"{sign} electrode exchange-current density [A.m-2]": kinetics(sign),
                f"{sign} electrode OCP entropic change [V.K-1]": 0.0,
                f"{sign} particle diffusivity [m2.s-1]": values[f"{sign} particle diffusivity [m2.s-1]"],
                f"{sign} electrode porosity": 0.3,
            }
        )
    parameters.update({"Current function [A]": current, "Lower voltage cut-off [V]": 0, "Upper voltage cut-off [V]": 5})
    model = pybamm.lithium_ion.SPM({"particle": ("quadratic profile", "Fickian diffusion")})
    return pybamm.Simulation(model, parameter_values=parameters, solver=pybamm.IDAKLUSolver(**TIGHT))


@pytest.mark.parametrize("density", [-2.5, 2.5, 10.0])
def test_without_resistances_it_is_pybamms_single_particle_model(density):
    """The parts of the voltage that PyBaMM has too: potentials, diffusion, kinetics. Ours less its ohmic parts."""
    _, values, cell = made(anode="graphite")
    chosen = load(cell.chemistry)
    ohmic = {
        "Separator conductivity [S.m-1]": 1e9,
        "Interface resistance at reference pressure [Ohm.m2]": 0.0,
    }
    current = density * DIE
    plant = Plant(cache.stepper(options_of(cell, FixtureSection(kind="fixed_gap")), cell.chemistry, engine="vm"),
                  {**values, **ohmic})  # fmt: skip
    solution = pybamm_spm(values, chosen, current).solve(np.linspace(0, 1200, 13))
    for at in range(1, 13):
        for _ in range(100):
            out = plant.step(Inputs("current", current), 1.0)
        # The mesh of the cathode is the same, twenty equal shells; 4.5 uV at most, at 1 mA/cm2.
        assert out.voltage == pytest.approx(solution["Voltage [V]"](t=100.0 * at), abs=1e-5)
