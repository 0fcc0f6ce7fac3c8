"""How much the stack pressure moves over one cycle, in a fixture of any kind."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from twin.cell_values import areal_charge
from twin.design.cell_mass import cell_of
from twin.design.response import pressure
from twin.experiments.cells import CellParameters
from twin.experiments.framework import Experiment, Found, Result
from twin.files import LIQUID, NEEDED, AmbientSection, CellSection, FixtureSection
from twin.growth import anode_growth, layer_growth
from twin.parameters import load
from twin.resolve import values_of

FRAME_N_per_um = 20.0
"""One frame for all of Koerver 2018's rows: calibrated on four of them at assumed areal capacities, on a 13 mm die."""
POINTS = 21  # each way
ROOM = 2.0  # a vessel over the cell in its pouch, where none is given

Kind = Annotated[
    Literal["fixed_gap", "spring", "actuated_spring", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"],
    BeforeValidator(lambda kind: kind.strip().replace(" ", "_").replace("-", "_") if isinstance(kind, str) else kind),
]


class PressureSwing(CellParameters):
    """A cell, and what holds it."""

    fixture: Kind = Field("fixed_gap", description="what holds the cell, an actuator locked")
    frame_N_per_um: float = Field(
        FRAME_N_per_um, ge=0.5, le=5000, description="stiffness of the frame, pores included [N/um]"
    )
    preload_MPa: float = Field(5.0, ge=0, le=200, description="stack pressure when assembled [MPa]")
    spring_N_per_mm: float = Field(2000.0, ge=10, le=1e6, description="spring's stiffness, where there is one [N/mm]")
    piston_cm2: float = Field(12.0, ge=0.1, le=10000, description="piston's area, where there is one [cm2]")
    gas_cm3: float = Field(50.0, ge=0.01, le=1e6, description="sealed gas [cm3]")
    fluid_cm3: float = Field(20.0, ge=0.01, le=1e6, description="liquid behind a hydraulic piston [cm3]")
    vessel_cm3: float | None = Field(None, ge=0.01, le=1e7, description="vessel, default twice the cell [cm3]")
    accumulator_cm3: float = Field(0.0, ge=0, le=1e6, description="gas cushion on the liquid [cm3]")
    supply: Literal["trapped", "regulated"] = Field("trapped", description="of a liquid")


def sections(given: PressureSwing) -> tuple[CellSection, FixtureSection]:
    """The same as sections of a file."""
    cell = given.cell()
    sizes = {
        "spring_N_per_mm": given.spring_N_per_mm,
        "piston_cm2": given.piston_cm2,
        "gas_cm3": given.gas_cm3,
        "fluid_cm3": given.fluid_cm3,
        "vessel_cm3": given.vessel_cm3 or max(ROOM * cell_of(cell).volume * 1e6, 0.01),
    }
    fixture = FixtureSection.model_validate(
        {
            "kind": given.fixture,
            "preload_MPa": given.preload_MPa,
            "frame_N_per_um": given.frame_N_per_um,
            "accumulator_cm3": given.accumulator_cm3,
            "supply": given.supply if given.fixture in LIQUID else "trapped",
            **{key: size for key, size in sizes.items() if given.fixture in NEEDED[key]},
        }
    )
    return cell, fixture


def run(given: PressureSwing) -> Found:
    """Growth of the stack at equilibrium, up and down again, and the fixture's answer to it."""
    cell, fixture = sections(given)
    chosen = load(cell.chemistry)
    values = values_of(cell, fixture, AmbientSection(temperature_C=given.temperature_C))
    charge, capacity = np.linspace(0.0, 1.0, POINTS), areal_charge(cell)
    up = np.array([layer_growth(chosen, values, capacity, 0.0, float(soc)) for soc in charge])
    kept = values.get("Negative electrode residual swelling fraction", 0.0)
    down = up[::-1]
    if kept:
        back = np.array([anode_growth(chosen, values, capacity, float(soc), 1.0) for soc in charge])
        down = down + kept * back[::-1]
    growth = cell.layers * np.concatenate([up, down[1:]])
    P = pressure(fixture, cell, values, growth) / 1e6
    passed = np.concatenate([charge, 1.0 + charge[1:]]) * given.areal_capacity_mAh_per_cm2
    return Found(
        float(P.max() - P.min()),
        {
            "Capacity passed [mAh/cm2]": passed,
            "Stack pressure [MPa]": P,
            "Pressure change [MPa]": P - P[0],
            "Stack growth [um]": growth * 1e6,
        },
        (
            f"Both electrodes are at equilibrium: {chosen.description}.",
            "All volume change goes into thickness (laterally confined); layers add.",
            "No creep of frame, cell or metal, no leak, no friction of seals, constant temperature.",
            f"The frame gives 1 um per {given.frame_N_per_um:g} N, pores of the cell included; on this area "
            f"{given.frame_N_per_um / given.area_cm2 / 100:.3g} MPa per um. 20 N/um on 13 mm is calibrated on "
            "Koerver 2018, whose areal capacities are not known (2 to 3 mAh/cm2 taken).",
            "Value: highest less lowest pressure over charge and discharge; the series has the sign.",
            *([f"Of silicon's swelling {100 * kept:.0f} % stays as pores."] if kept else []),
        ),
    )


def on_charge(found: Result) -> float:
    """Largest change of the pressure while charging, with its sign [MPa]."""
    change = [float(x) for x in found.series["Pressure change [MPa]"][:POINTS]]
    return max(change, key=abs)


def draw(result: Result) -> Any:
    """Charge and discharge, one over the other."""
    from twin.experiments import figures

    figure, axes = figures.new()
    passed = np.array(result.series["Capacity passed [mAh/cm2]"], float)
    P = np.array(result.series["Stack pressure [MPa]"], float)
    full = passed[POINTS - 1]
    axes.plot(passed[:POINTS], P[:POINTS], color=figures.OKABE_ITO[0], linestyle=figures.LINES[0], label="charge")
    axes.plot(2 * full - passed[POINTS - 1 :], P[POINTS - 1 :], color=figures.OKABE_ITO[1], linestyle=figures.LINES[1],
              label="discharge")  # fmt: skip
    axes.set(xlabel="Charged [mAh/cm2]", ylabel="Stack pressure [MPa]")
    figures.legend(axes)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "pressure-swing", "peak minus base of the stack pressure over one cycle", "MPa", PressureSwing, run, draw
)
