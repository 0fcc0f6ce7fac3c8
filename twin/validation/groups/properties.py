"""Properties of metals and electrolytes, as the cells take them."""

import math
from collections.abc import Callable
from functools import partial

from twin.experiments import creep_rate, interface_resistance
from twin.files import CellSection
from twin.laws.base import R
from twin.laws.metals import METALS
from twin.parameters import load
from twin.validation.framework import Group, Row, absolute, relative

FIGURES = "calibration figures"
MASIAS, LEPAGE, WANG = "Masias 2019", "LePage 2019", "Wang 2020"
EXACT = relative(0.01)


def conductivity(electrolyte: str) -> float:
    """Of a simulated pellet [mS/cm]: the cell's resistance less its interfaces, sigma = t/(R A)."""
    result = interface_resistance(electrolyte=electrolyte, area_cm2=1.0, pressure_history_MPa=25)
    pellet = result.value - 2 * float(result.series["Resistance of one interface [Ohm.cm2]"][-1])
    return 1e3 * 0.05 / pellet


def activation_energy(electrolyte: str) -> float:
    """Of the whole symmetric cell [eV], from two simulated temperatures."""
    cold, warm = (interface_resistance(electrolyte=electrolyte, temperature_C=t).value for t in (25.0, 60.0))
    return _energy(warm, cold) / 96485.33212


def creep_energy() -> float:
    """Of lithium's creep [kJ/mol], from two simulated temperatures."""
    cold, warm = (creep_rate(temperature_C=t).value for t in (25.0, 60.0))
    return _energy(cold, warm) / 1e3


def creep_exponent() -> float:
    """Of lithium's creep [1], from two simulated stresses."""
    low, high = (creep_rate(stress_MPa=s).value for s in (0.2, 0.4))
    return math.log(high / low) / math.log(2)


def _energy(slow: float, fast: float) -> float:
    return R * math.log(fast / slow) / (1 / 298.15 - 1 / 333.15)


def value(electrolyte: str, name: str) -> float:
    """A parameter of the separator."""
    return load(f"lithium|{electrolyte}|lithium").values()[name]


def modulus(electrolyte: str) -> float:
    """Young's modulus of the separator [GPa]."""
    return value(electrolyte, "Separator Young's modulus [Pa]") / 1e9


def force(**size: float) -> float:
    """On a cell of this size at 1 MPa [N], by `[cell]`'s area."""
    return 1e6 * CellSection.model_validate(size).area_m2


def _given(quantity: str, published: float, unit: str, source: str, model: Callable[[], float]) -> Row:
    return Row(quantity, published, unit, source, "paper or review", model, EXACT, "input")


def rows() -> list[Row]:
    """What is taken as published, read back from the twin; second batches and laboratories beside it."""
    low, high = "Separator reduction potential [V]", "Separator oxidation potential [V]"
    lithium, sodium = METALS["lithium"], METALS["sodium"]
    return [
        _given("Li6PS5Cl, conductivity at 298 K", 1.56, "mS/cm", FIGURES, partial(conductivity, "Li6PS5Cl")),
        Row("Li6PS5Cl, the same, second batch", 1.95, "mS/cm", FIGURES, "paper", partial(conductivity, "Li6PS5Cl"),
            None, "not used"),
        _given("Li6PS5Cl, activation energy", 0.35, "eV", FIGURES, partial(activation_energy, "Li6PS5Cl")),
        Row("Li6PS5Cl, the same, second batch", 0.37, "eV", FIGURES, "paper", partial(activation_energy, "Li6PS5Cl"),
            None, "not used"),
        _given("LGPS, conductivity at 298 K", 12.0, "mS/cm", FIGURES, partial(conductivity, "LGPS")),
        _given("LLZO, conductivity at 298 K", 0.4, "mS/cm", FIGURES, partial(conductivity, "LLZO")),
        _given("LGPS, reduction", 1.71, "V", FIGURES, partial(value, "LGPS", low)),
        _given("LGPS, oxidation", 2.15, "V", FIGURES, partial(value, "LGPS", high)),
        _given("Li6PS5Cl, oxidation", 2.1, "V", FIGURES, partial(value, "LPSCl", high)),
        _given("Li6PS5Cl, Young's modulus", 22.0, "GPa", FIGURES, partial(modulus, "LPSCl")),
        _given("LLZO, Young's modulus", 175.0, "GPa", FIGURES, partial(modulus, "LLZO")),
        _given("force on a 13 mm die at 1 MPa", 132.7, "N", FIGURES, partial(force, diameter_mm=13.0)),
        _given("force on a 5 x 5 cm pouch at 1 MPa", 2500.0, "N", FIGURES, partial(force, area_cm2=25.0)),
        _given("lithium, creep exponent", 6.6, "1", LEPAGE, creep_exponent),
        _given("lithium, creep activation energy", 37.0, "kJ/mol", LEPAGE, creep_energy),
        _given("lithium, Young's modulus", 7.82, "GPa", MASIAS, lambda: lithium.youngs_modulus.value / 1e9),
        Row("lithium, yield", 0.77, "MPa", MASIAS, "paper, 0.73 to 0.81", lambda: lithium.yield_stress.value / 1e6,
            absolute(0.04, "MPa"), "input"),
        _given("sodium, Young's modulus", 4.6, "GPa", WANG, lambda: sodium.youngs_modulus.value / 1e9),
        Row("sodium, yield", 0.235, "MPa", WANG, "paper, 0.19 to 0.28", lambda: sodium.yield_stress.value / 1e6,
            absolute(0.045, "MPa"), "input"),
    ]  # fmt: skip


NOTE = "Two batches of the same electrolyte differ by a quarter; the twin takes the first."
GROUP = Group("properties", "Properties of metals and electrolytes", rows, NOTE)
