"""The cell of an experiment, by its parts: parameters that become the section of a file."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from twin.errors import InputError
from twin.experiments.fields import Area, Layers
from twin.experiments.framework import Parameters
from twin.files import CellSection
from twin.parameters.compose import find
from twin.parameters.entry import Role


def _named(role: Role) -> BeforeValidator:
    """A material by any of its spellings; what is not known is left to the list of choices."""

    def named(name: Any) -> Any:
        try:
            return find(role, name).name if isinstance(name, str) else name
        except InputError:
            return name

    return BeforeValidator(named)


CathodeName = Annotated[
    Literal["NMC811", "NMC111", "NCA", "LCO", "sulfur", "NaCrO2", "lithium", "sodium"], _named("cathode")
]
AnodeName = Annotated[
    Literal["anode-free", "lithium", "silicon", "Li21Si5", "indium", "graphite", "LTO", "silver-carbon", "sodium"],
    _named("anode"),
]
ElectrolyteName = Annotated[Literal["LPSCl", "LGPS", "LLZO", "Li3YCl6", "Li3InCl6", "Na3PS4"], _named("electrolyte")]
BlendName = Annotated[Literal["none", "NMC811", "NMC111", "NCA", "LCO"], _named("cathode")]


class CellParameters(Parameters):
    """Cathode, anode, electrolyte and size of a cell."""

    cathode: CathodeName = Field("NMC811", description="cathode; a metal for a symmetric cell; A+B is a blend")
    blend: BlendName = Field("none", description="second cathode material in the same composite")
    blend_weight_fraction: float = Field(
        0.5, ge=0.01, le=0.99, description="of the first cathode material in a blend, by weight [1]"
    )
    anode: AnodeName = Field("lithium", description="anode")
    electrolyte: ElectrolyteName = Field("LPSCl", description="electrolyte")
    areal_capacity_mAh_per_cm2: float = Field(2.0, ge=0.1, le=12, description="capacity of one layer [mAh/cm2]")
    area_cm2: Area = 1.327
    layers: Layers = 1
    electrolyte_um: float = Field(500.0, ge=5, le=3000, description="separator thickness [um]")
    temperature_C: float = Field(25.0, ge=-20, le=90, description="temperature [degC]")

    @model_validator(mode="before")
    @classmethod
    def _two_cathodes(cls, data: Any) -> Any:
        """``NMC811+LCO`` names both materials of a blend."""
        if isinstance(data, dict) and isinstance(data.get("cathode"), str) and "+" in data["cathode"]:
            first, second = data["cathode"].split("+", 1)
            return {**data, "cathode": first.strip(), "blend": data.get("blend", second.strip())}
        return data

    def cell(self) -> CellSection:
        """The section ``[cell]``; raise `InputError` with the reason where the parts make no cell."""
        keys: dict[str, Any] = {
            "cathode": self.cathode,
            "anode": self.anode,
            "electrolyte": self.electrolyte,
            "areal_capacity_mAh_per_cm2": self.areal_capacity_mAh_per_cm2,
            "area_cm2": self.area_cm2,
            "layers": self.layers,
            "electrolyte_um": self.electrolyte_um,
        }
        if self.blend != "none":
            keys |= {"blend": self.blend, "blend_weight_fraction": self.blend_weight_fraction}
        try:
            return CellSection.model_validate(keys)
        except ValidationError as error:
            raise InputError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from None
