"""From the sections of a file, in practical units, to the model's parameters, in SI units."""

from collections.abc import Mapping
from typing import Any

from twin import parameters
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.parameters.nmc811_lpscl_li import F

ZERO_CELSIUS = 273.15  # K

DRIVEN = (
    "Current function [A]",
    "Actuator position [m]",
    "Supply pressure [Pa]",
    "Ambient temperature [K]",
    "Extra thickness [m]",
    "Leak conductance [S]",
)
"""What drives the model in time: a plant's inputs, an experiment's functions."""


def options_of(cell: CellSection, fixture: FixtureSection) -> dict[str, str]:
    """The model's options for these sections."""
    return {
        "cathode": cell.cathode_model.replace("_", " "),
        "fixture": fixture.kind.replace("_", " "),
        "refill": cell.refill.replace("_", " "),
        "relaxation": "viscoelastic" if fixture.relaxation else "none",
    }


def values_of(cell: CellSection, fixture: FixtureSection, ambient: AmbientSection) -> dict[str, float]:
    """Every scalar of the model by name [SI units], the driven ones at their start."""
    values = parameters.load(cell.parameter_set).values()
    values.update(_cell_values(cell, values))
    values.update(_fixture_values(fixture, cell, ambient))
    return values


def _cell_values(cell: CellSection, base: Mapping[str, float]) -> dict[str, float]:
    c_max = base["Maximum concentration in positive electrode [mol.m-3]"]
    empty = base["Positive electrode stoichiometry at 0% SOC"]
    full = base["Positive electrode stoichiometry at 100% SOC"]
    eps = base["Positive electrode active material volume fraction"]
    areal_capacity = cell.areal_capacity_mAh_per_cm2 * 36000  # C.m-2
    V_m = base["Lithium metal partial molar volume [m3.mol-1]"]
    plated = cell.state_of_charge * areal_capacity * V_m / F
    side = cell.area_m2**0.5
    values = {
        "Electrode width [m]": side,
        "Electrode height [m]": side,
        "Number of electrodes connected in parallel to make a cell": float(cell.layers),
        "Number of cells connected in series to make a battery": 1.0,
        "Nominal cell capacity [A.h]": cell.capacity_Ah,
        "Positive electrode thickness [m]": areal_capacity / (F * c_max * (empty - full) * eps),
        "Initial concentration in positive electrode [mol.m-3]": c_max
        * (empty + cell.state_of_charge * (full - empty)),
        "Initial lithium thickness [m]": cell.lithium_um * 1e-6 + plated,
    }
    if cell.electrolyte_um is not None:
        values["Separator thickness [m]"] = cell.electrolyte_um * 1e-6
    if cell.pressed_MPa is not None:
        values["Initial contact pressure memory [Pa]"] = cell.pressed_MPa * 1e6
    return values


def _fixture_values(fixture: FixtureSection, cell: CellSection, ambient: AmbientSection) -> dict[str, float]:
    start = ambient.temperature_C + ZERO_CELSIUS
    # Fixtures without a spring or piston never read these; 1 keeps the formula defined.
    spring = fixture.spring_N_per_mm or 1.0
    piston = (fixture.piston_cm2 or 1.0) * 1e-4
    preload = fixture.preload_MPa * 1e6
    return {
        "Preload pressure [Pa]": preload,
        "Frame stiffness [N.m-1]": fixture.frame_N_per_um * 1e6,
        "Frame length [m]": fixture.frame_length_mm * 1e-3,
        "Frame thermal expansion coefficient [K-1]": fixture.frame_expansion_ppm_per_K * 1e-6,
        "Frame thermal time [s]": fixture.thermal_minutes * 60,
        "Initial relaxed share": fixture.relaxed,
        "Spring stiffness [N.m-1]": spring * 1e3,
        "Spring length [m]": fixture.spring_length_mm * 1e-3,
        "Spring thermal expansion coefficient [K-1]": fixture.spring_expansion_ppm_per_K * 1e-6,
        "Piston area [m2]": piston,
        "Regulator lag [s]": fixture.regulator_lag_s,
        "Seal friction fraction": fixture.seal_friction_percent / 100,
        "Initial temperature [K]": start,
        "Current function [A]": 0.0,
        "Actuator position [m]": 0.0,
        "Supply pressure [Pa]": preload * cell.area_m2 / piston,
        "Ambient temperature [K]": start,
        "Extra thickness [m]": 0.0,
        "Leak conductance [S]": 0.0,
    }


def default_sections(kind: str) -> tuple[CellSection, FixtureSection, AmbientSection]:
    """A 13 mm die in a fixture of ``kind``, written as in a file."""
    special: dict[str, Any] = {}
    if kind in ("spring", "actuated_spring"):
        special["spring_N_per_mm"] = 2000.0
    if kind == "pneumatic":
        special["piston_cm2"] = 10.0
    fixture = FixtureSection.model_validate({"kind": kind, **special})
    return CellSection(diameter_mm=13.0), fixture, AmbientSection()


def default_values(parameter_set: str, fixture: str) -> dict[str, float]:
    """Scalars of the default die in the fixture named by the model's option."""
    cell, fix, ambient = default_sections(fixture.replace(" ", "_"))
    return values_of(cell.model_copy(update={"parameter_set": parameter_set}), fix, ambient)
