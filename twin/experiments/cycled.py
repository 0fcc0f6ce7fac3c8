"""Parameters of a whole cell that is cycled, shared by the experiments that do."""

from typing import Any

from pydantic import Field

from twin.experiments.ageing import Ageing, Cell
from twin.experiments.cells import AnodeName, CathodeName
from twin.experiments.fields import (
    DIE_CM2,
    Area,
    CellTemperature,
    ElectrolyteName,
    Layers,
    Pressure,
    RefillLaw,
    Thickness,
)
from twin.experiments.framework import Parameters


class CycledCell(Parameters):
    """A cell between two cut-offs, in a press."""

    cathode: CathodeName = Field("NMC811", description="active material of the cathode; insertion materials only")
    anode: AnodeName = Field("lithium", description="anode")
    electrolyte: ElectrolyteName = "Li6PS5Cl"
    pressure_MPa: Pressure = 7.0
    current_density_mA_per_cm2: float = Field(0.5, gt=0, le=20, description="of charge and discharge [mA/cm2]")
    areal_capacity_mAh_per_cm2: float = Field(2.0, ge=0.1, le=12, description="capacity of one layer [mAh/cm2]")
    temperature_C: CellTemperature = 25.0
    area_cm2: Area = DIE_CM2
    layers: Layers = 1
    lithium_um: float = Field(20.0, ge=0, le=200, description="lithium of a lithium anode when assembled [um]")
    electrolyte_um: Thickness = 500.0
    film_ohm_cm2: float = Field(
        20.0, ge=0.1, le=1e4, description="resistance between cathode particles and electrolyte, fresh [Ohm.cm2]"
    )
    refill: RefillLaw = "creep_and_diffusion"

    @property
    def current(self) -> float:
        """Of the whole cell [A]."""
        return self.current_density_mA_per_cm2 * 1e-3 * self.area_cm2 * self.layers

    def assembled(self, **values: Any) -> Ageing:
        """The cell, new; ``values`` replace parameters by name."""
        return Ageing(
            Cell(
                self.cathode,
                self.electrolyte,
                self.anode,
                self.areal_capacity_mAh_per_cm2,
                self.area_cm2,
                self.layers,
                self.lithium_um,
                self.electrolyte_um,
                self.temperature_C,
                self.refill,
                {FILM: self.film_ohm_cm2 * 1e-4, **values},
            )
        )


FILM = "Cathode interface resistance in full contact [Ohm.m2]"

ASSUMED = (
    "Simulated: the coupled, compiled model, every cycle from cut-off to cut-off; the one shortcut is a step of 10 s, "
    "which changes a cycle's capacity by less than 0.1 %.",
    "Contact of the cathode: lost in proportion to the strain shrunk through (calibrated on one cell, Shi 2020); "
    "nothing but pressing brings it back.",
    "Interphase: grows on the first charge and stops itself; rate and resistance are assumed.",
)
"""What every cycled cell takes for granted."""
