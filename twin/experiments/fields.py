"""Parameters that several experiments share, each with its bounds and description in one place."""

from typing import Annotated, Literal

from pydantic import Field

from twin.experiments.framework import Listed

MetalName = Annotated[Literal["lithium", "sodium"], Field(description="metal of the anode")]
Temperature = Annotated[float, Field(ge=-60, le=90, description="temperature [degC]")]
Pressure = Annotated[float, Field(ge=0, le=500, description="stack pressure [MPa]")]
Pressures = Annotated[tuple[Annotated[float, Field(gt=0, le=500)], ...], Listed]
Density = Annotated[float, Field(gt=0, le=50, description="current density of a half cycle [mA/cm2]")]
HalfCycle = Annotated[float, Field(gt=0, le=1000, description="length of a half cycle [h]")]
Area = Annotated[float, Field(ge=0.03, le=1000, description="area of one layer [cm2]")]
Layers = Annotated[int, Field(ge=1, le=30, description="cells stacked in parallel [1]")]
Hours = Annotated[float, Field(ge=0, le=1e6, description="time [h]")]

ZERO_CELSIUS = 273.15  # K
