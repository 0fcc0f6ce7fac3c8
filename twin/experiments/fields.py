"""Parameters that several experiments share, each with its bounds and description in one place."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.experiments.framework import Listed, Parameters
from twin.laws.metals import METALS


def _as_listed(name: Any) -> Any:
    """An electrolyte under its listed name, whatever alias it was given by; unknown words are left to the list."""
    from twin.errors import InputError
    from twin.parameters.compose import find

    try:
        found = find("electrolyte", str(name)).name
    except InputError:
        return name
    return "Li6PS5Cl" if found == "LPSCl" else found


MetalName = Annotated[Literal["lithium", "sodium"], Field(description="metal of the anode")]
ElectrolyteName = Annotated[
    Literal["Li6PS5Cl", "LGPS", "LLZO", "Li3YCl6", "Li3InCl6", "Na3PS4"],
    BeforeValidator(_as_listed),
    Field(description="electrolyte of the separator; for sodium Na3PS4 unless said otherwise"),
]
RefillLaw = Annotated[
    Literal["creep_and_diffusion", "power_law", "linear"],
    Field(description="law between and beyond the two measured stripping limits"),
]
Temperature = Annotated[float, Field(ge=-60, le=150, description="temperature; below the metal's melting [degC]")]
CellTemperature = Annotated[float, Field(ge=-20, le=90, description="temperature [degC]")]
Pressure = Annotated[float, Field(gt=0, le=500, description="stack pressure [MPa]")]
Pressures = Annotated[
    tuple[Annotated[float, Field(gt=0, le=500)], ...],
    Listed,
    Field(min_length=1, description="pressures one after the other [MPa]"),
]
Density = Annotated[float, Field(gt=0, le=50, description="current density of a half cycle [mA/cm2]")]
HalfCycle = Annotated[float, Field(gt=0, le=1000, description="length of a half cycle [h]")]
MaybeCapacity = Annotated[
    Annotated[float, Field(gt=0, le=50)] | None,
    Field(description="charge of a half cycle [mAh/cm2]; given, it sets the half cycle's length"),
]
Cycles = Annotated[int, Field(ge=2, le=1000, description="cycles simulated [1]")]
Area = Annotated[float, Field(ge=0.03, le=1000, description="area of one layer [cm2]")]
Layers = Annotated[int, Field(ge=1, le=30, description="cells stacked in parallel [1]")]
Thickness = Annotated[float, Field(ge=5, le=3000, description="separator thickness [um]")]
Hours = Annotated[float, Field(ge=0, le=1e6, description="time [h]")]

ZERO_CELSIUS = 273.15  # K
DIE_CM2 = 1.3273  # a die of 13 mm


class OfMetal(Parameters):
    """A solid metal."""

    metal: MetalName = "lithium"
    temperature_C: Temperature = 25.0

    @model_validator(mode="after")
    def _solid(self) -> Self:
        melts = METALS[self.metal].melting_temperature.value - ZERO_CELSIUS
        if self.temperature_C >= melts:
            raise ValueError(f"temperature_C = {self.temperature_C:g}: {self.metal} melts at {melts:.0f}; stay below")
        return self


class OnMetal(OfMetal):
    """A metal on an electrolyte that goes with it."""

    electrolyte: ElectrolyteName = "Li6PS5Cl"

    @model_validator(mode="before")
    @classmethod
    def _fitting(cls, given: Any) -> Any:
        """Sodium has an electrolyte of its own, where none is named."""
        if isinstance(given, dict) and given.get("metal") == "sodium" and "electrolyte" not in given:
            return {**given, "electrolyte": "Na3PS4"}
        return given

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.metal == "sodium") != (self.electrolyte == "Na3PS4"):
            raise ValueError(f"electrolyte = {self.electrolyte}: carries no {self.metal}; choose another")
        return self


def half_cycle_hours(density: float, hours: float, capacity: float | None) -> float:
    """Length of a half cycle [h]: as given, or from its charge [mAh/cm2] at ``density`` [mA/cm2]."""
    return hours if capacity is None else capacity / density
