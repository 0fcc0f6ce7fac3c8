"""Stack pressure of a fixture for a growth of the stack: at equilibrium and constant temperature, not simulated.

The same balances as the submodels of `twin.submodels.fixture`, without what takes time: creep, leaks, seals, lags.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.files import CellSection, FixtureSection
from twin.laws.enclosed_fluid import isothermal, polytropic

Values = Mapping[str, float]


def pressure(fixture: FixtureSection, cell: CellSection, values: Values, growth: Any) -> Any:
    """Stack pressure [Pa], shaped like ``growth``.

    Parameters
    ----------
    fixture, cell
        Sections of a file.
    values : mapping of str to float
        As `twin.resolve.values_of` gives them for these.
    growth : float or array
        Thickness of the whole stack over that at the preload, free of load [m].
    """
    preload = values["Preload pressure [Pa]"]
    if fixture.kind == "pneumatic" or fixture.supply == "regulated":
        return preload + 0.0 * growth
    if fixture.kind in ("fixed_gap", "spring", "actuated_spring"):
        spring = 0.0 if fixture.kind == "fixed_gap" else cell.area_m2 / values["Spring stiffness [N.m-1]"]
        return np.maximum(preload + growth / (give(cell, values) + spring), 0.0)
    piston = cell.area_m2 if fixture.kind == "isostatic" else values["Piston area [m2]"]
    ratio, room = piston / cell.area_m2, values["Ambient pressure [Pa]"]
    start = preload / ratio + room
    elastic = start * _walls(fixture, cell, values, ratio * piston)
    if fixture.kind == "pneumatic_closed":
        q = polytropic(elastic, values["Gas volume [m3]"], 1.0, piston * growth, values["Gas polytropic exponent"])[0]
    else:
        gas = values["Accumulator gas volume [m3]"]
        q = isothermal(elastic, gas, gas, piston * growth)[0]
    return np.maximum(ratio * (start * q - room), 0.0)


def stiffness(fixture: FixtureSection, cell: CellSection, values: Values) -> float:
    """Stack pressure per growth of the stack at the preload [Pa.m-1]."""
    step = 1e-9  # m
    return float(np.diff(pressure(fixture, cell, values, np.array([0.0, step])))[0]) / step


def stack_compliance(cell: CellSection, values: Values) -> float:
    """Of all layers [m.Pa-1]: what is elastic in the model, separator and cathode."""
    cathode = values["Positive electrode thickness [m]"] / values.get("Positive electrode Young's modulus [Pa]", np.inf)
    separator = values["Separator thickness [m]"] / values["Separator Young's modulus [Pa]"]
    return float(cell.layers * (separator + cathode))


def give(cell: CellSection, values: Values) -> float:
    """How far frame and stack give per stack pressure [m.Pa-1]."""
    return stack_compliance(cell, values) + cell.area_m2 / values["Frame stiffness [N.m-1]"]


def _walls(fixture: FixtureSection, cell: CellSection, values: Values, lever: float) -> float:
    """Volume that all but the gas gives per pressure of what is enclosed [m3.Pa-1]; ``lever`` is ratio times piston."""
    if fixture.kind == "pneumatic_closed":
        return lever * give(cell, values)
    liquid = values["Fluid volume [m3]"] / values["Fluid bulk modulus [Pa]"] + values["Line compliance [m3.Pa-1]"]
    if fixture.kind == "hydraulic":
        return liquid + lever * give(cell, values)
    vessel = values["Vessel volume [m3]"] * values["Vessel compliance [Pa-1]"]
    return (
        liquid + vessel + 3 * (1 - 2 * values["Cell Poisson's ratio"]) * cell.area_m2 * stack_compliance(cell, values)
    )
