"""The twin's sections of an input file: `[cell]`, `[fixture]` and `[ambient]`.

Users write practical units, stated in the key; `twin.resolve` turns them into the SI parameters of the model.
"""

import math
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twin.errors import InputError
from twin.parameters import ParameterSet, load

FIXTURES = ("fixed_gap", "spring", "pneumatic", "actuated_spring", "pneumatic_closed", "hydraulic", "isostatic")
"""Fixture kinds, as written in a file; the model's option is the same word with spaces."""

NEEDED = {
    "spring_N_per_mm": ("spring", "actuated_spring"),
    "piston_cm2": ("pneumatic", "pneumatic_closed", "hydraulic"),
    "gas_cm3": ("pneumatic_closed",),
    "fluid_cm3": ("hydraulic",),
    "vessel_cm3": ("isostatic",),
}
"""Keys without a default, and the kinds that need them."""

LIQUID = ("hydraulic", "isostatic")
"""Kinds whose liquid may be trapped or under a supply."""

TOLERATED = {"spring_N_per_mm": ("pneumatic",), "piston_cm2": FIXTURES}

NAMED = "NMC811_LPSCl_Li"
"""The parameter set of a cell that names neither a set nor its parts."""

Positive = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A section of an input file: unknown keys, NaN and infinities are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CellSection(Section):
    """`[cell]`: which cell, how large, how loaded."""

    parameter_set: str = Field(
        NAMED, description="named parameter set, or cathode|electrolyte|anode; instead of naming the parts"
    )
    cathode: str | None = Field(
        None,
        description="NMC811 (default), NMC111, NCA, LCO, sulfur, NaCrO2; a metal for a symmetric cell (docs/cells.md)",
    )
    blend: str | None = Field(None, description="second cathode material in the same composite")
    blend_weight_fraction: float | None = Field(
        None, ge=0.01, le=0.99, description="of the first cathode material in a blend, by weight, default 0.5 [1]"
    )
    bpx: str | None = Field(
        None, min_length=1, description="BPX file of the cell, beside the input file; instead of materials and size"
    )
    electrolyte: str | None = Field(None, description="LPSCl (default), LGPS, LLZO, Li3YCl6, Li3InCl6, Na3PS4")
    anode: str | None = Field(
        None,
        description="anode-free (default), lithium, silicon, indium, graphite, LTO, silver-carbon, sodium, Li21Si5",
    )
    n_p_ratio: float | None = Field(
        None, ge=0.01, le=20, description="capacity of a host anode over the cathode's; default by the anode [1]"
    )
    diameter_mm: float | None = Field(None, ge=2, le=200, description="diameter of a round cell [mm]")
    area_cm2: float | None = Field(None, ge=0.03, le=1000, description="area of one layer [cm2]")
    layers: int = Field(1, ge=1, le=30, description="cells stacked in parallel [1]")
    areal_capacity_mAh_per_cm2: float = Field(4.0, ge=0.1, le=12, description="capacity of one layer [mAh/cm2]")
    lithium_um: float | None = Field(
        None,
        ge=0,
        le=200,
        description="metal under one layer when assembled; default the usual foil of the anode, 0 anode-free [um]",
    )
    state_of_charge: float = Field(0.0, ge=0, le=1, description="at the start, 0 discharged, 1 charged [1]")
    electrolyte_um: float | None = Field(None, ge=5, le=3000, description="separator thickness [um]")
    electrolyte_pressed_MPa: float | None = Field(
        None, ge=1, le=1000, description="pressure the separator was pressed with; its conductivity follows [MPa]"
    )
    pressed_MPa: float | None = Field(
        None, ge=0, le=500, description="highest pressure the lithium contact has seen before the start [MPa]"
    )
    cathode_model: Literal["single_particle", "porous_electrode"] = Field(
        "single_particle", description="one particle for the whole cathode, or one at each point through it"
    )
    refill: Literal["power_law", "creep_and_diffusion", "linear"] = Field(
        "power_law", description="law between the two measured points of the stripping limit"
    )

    ageing: bool = Field(
        False, description="whether shorts, lost contact of the cathode and the first charge's interphase are simulated"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_bpx(cls, given: Any) -> Any:
        """What a BPX file says of materials and size; keys that say something else contradict it."""
        if not isinstance(given, dict) or not isinstance(given.get("bpx"), str):
            return given
        from twin.bpx_file import read

        try:
            found = read(Path(given["bpx"])).keys
        except InputError as error:
            raise ValueError(str(error)) from None
        for key in (*found, "diameter_mm", "n_p_ratio", "electrolyte_um", "electrolyte_pressed_MPa"):
            if given.get(key) is not None and given[key] != found.get(key):
                raise ValueError(f"bpx and {key} contradict each other: keep one")
        return {**given, **found}

    @model_validator(mode="after")
    def _one_area(self) -> Self:
        if (self.diameter_mm is None) == (self.area_cm2 is None):
            raise ValueError("give exactly one of diameter_mm and area_cm2")
        return self

    @model_validator(mode="after")
    def _makes_a_cell(self) -> Self:
        if self._parts and self.parameter_set != NAMED:
            raise ValueError(f"parameter_set and {self._parts[0]} contradict each other: keep one")
        try:
            chosen = load(self.chemistry)
        except InputError as error:
            if self._parts:
                raise ValueError(str(error)) from None
            return self  # whoever resolves the name says so, with the file's
        self._fits(chosen)
        return self

    def _fits(self, chosen: ParameterSet) -> None:
        """Raise what the other keys ask of these materials in vain."""
        foil = self.lithium_um or 0.0
        anode = chosen.materials[2]
        if foil and chosen.anode != "metal":
            raise ValueError(f"lithium_um = {foil:g}: anode {anode} is no metal: take lithium_um out")
        if foil and anode == "anode-free" and self.anode is not None:
            raise ValueError(f'lithium_um = {foil:g}: an anode-free cell has none; anode = "lithium" has')
        if self.n_p_ratio is not None and chosen.anode == "metal":
            raise ValueError(f"n_p_ratio = {self.n_p_ratio:g}: anode {anode} is a metal: give lithium_um instead")
        if self.n_p_ratio is not None and self.n_p_ratio < 1 and chosen.anode == "host":
            raise ValueError(f"n_p_ratio = {self.n_p_ratio:g}: a host must hold what the cathode gives: at least 1")
        if self.blend_weight_fraction is not None and chosen.cathode != "blend":
            raise ValueError("blend_weight_fraction needs a blend of two cathodes: name the second as blend")
        if self.cathode_model == "porous_electrode" and chosen.cathode != "insertion":
            raise ValueError(
                f"cathode_model = 'porous_electrode': {chosen.materials[0]} has no such form: take cathode_model out"
            )
        if chosen.cathode == "metal" and self.state_of_charge:
            raise ValueError(f"state_of_charge = {self.state_of_charge:g}: a symmetric cell has none: take it out")

    @property
    def _parts(self) -> tuple[str, ...]:
        """Keys given that name a part of the cell."""
        return tuple(key for key in ("cathode", "blend", "electrolyte", "anode") if getattr(self, key) is not None)

    @property
    def chemistry(self) -> str:
        """Name of the parameter set, for `twin.parameters.load`."""
        if not self._parts:
            return self.parameter_set
        cathode = self.cathode or "NMC811"
        both = f"{cathode}+{self.blend}" if self.blend else cathode
        return f"{both}|{self.electrolyte or 'LPSCl'}|{self.anode or 'anode-free'}"

    @property
    def area_m2(self) -> float:
        """Area of one layer [m2]."""
        if self.diameter_mm is not None:
            return math.pi / 4 * (self.diameter_mm * 1e-3) ** 2
        assert self.area_cm2 is not None
        return self.area_cm2 * 1e-4

    @property
    def capacity_Ah(self) -> float:
        """Nominal capacity of the whole cell [A.h]."""
        return self.areal_capacity_mAh_per_cm2 * 10 * self.area_m2 * self.layers


class FixtureSection(Section):
    """`[fixture]`: what holds the cell."""

    kind: Literal[
        "fixed_gap", "spring", "pneumatic", "actuated_spring", "pneumatic_closed", "hydraulic", "isostatic"
    ] = Field(description="what holds the cell")
    preload_MPa: float = Field(5.0, ge=0, le=200, description="stack pressure when assembled [MPa]")
    frame_N_per_um: float = Field(30.0, ge=0.5, le=5000, description="stiffness of the frame [N/um]")
    spring_N_per_mm: float | None = Field(None, ge=10, le=1e6, description="stiffness of the spring [N/mm]")
    frame_length_mm: float = Field(100.0, ge=0, le=2000, description="free length of the tie rods [mm]")
    frame_expansion_ppm_per_K: float = Field(11.5, ge=0, le=30, description="of the tie rods, steel 11.5 [1e-6/K]")
    spring_length_mm: float = Field(30.0, ge=0, le=1000, description="height of the spring [mm]")
    spring_expansion_ppm_per_K: float = Field(11.5, ge=0, le=30, description="of the spring, steel 11.5 [1e-6/K]")
    relaxation: bool = Field(True, description="whether frame and pellet creep under load")
    relaxed: float = Field(0.0, ge=0, le=1, description="share of that creep already over at the start [1]")
    thermal_minutes: float = Field(20.0, ge=0.1, le=1000, description="time constant of the frame's temperature [min]")
    piston_cm2: float | None = Field(None, ge=0.1, le=10000, description="piston area of the press [cm2]")
    seal_friction_percent: float = Field(
        1.0, ge=0, le=20, description="of the piston's force that its seal holds back, either way [%]"
    )
    regulator_lag_s: float = Field(2.0, ge=0.05, le=600, description="lag of the supply pressure [s]")
    spring_ageing: Literal["none", "set_and_fatigue"] = Field(
        "none", description="whether the spring loses force with time and cycles"
    )
    gas_cm3: float | None = Field(None, ge=0.01, le=1e6, description="sealed gas at the start [cm3]")
    gas_exponent: float = Field(
        1.0, ge=1, le=1.67, description="n of p V^n = const: 1 for changes over minutes and longer [1]"
    )
    leak_percent_per_day: float = Field(
        0.1, ge=0, le=100, description="of the sealed gas pressure above the room's [%/day]"
    )
    supply: Literal["trapped", "regulated"] = Field(
        "trapped", description="liquid shut in, or under a regulated supply"
    )
    fluid_cm3: float | None = Field(None, ge=0.01, le=1e6, description="liquid behind the piston [cm3]")
    vessel_cm3: float | None = Field(None, ge=0.01, le=1e7, description="inner volume of the isostatic vessel [cm3]")
    accumulator_cm3: float = Field(0.0, ge=0, le=1e6, description="gas cushion on the liquid at the start [cm3]")
    bulk_modulus_GPa: float = Field(1.6, ge=0.05, le=10, description="of the liquid; oil 1.4 to 1.8 without air [GPa]")
    fluid_expansion_ppm_per_K: float = Field(750.0, ge=0, le=2000, description="of the liquid's volume [1e-6/K]")
    line_mm3_per_MPa: float = Field(5.0, ge=0, le=1e5, description="what lines and fittings give [mm3/MPa]")

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        for key, kinds in NEEDED.items():
            if self.kind in kinds and getattr(self, key) is None:
                raise ValueError(f"kind = {self.kind!r} needs {key}")
            # A press may name the spring of the frame it is compared with, a spring the press.
            if self.kind not in (*kinds, *TOLERATED.get(key, ())) and getattr(self, key) is not None:
                raise ValueError(f"kind = {self.kind!r} has no {key.split('_')[0]}: take {key} out")
        if self.supply == "regulated" and self.kind not in LIQUID:
            raise ValueError(f"supply = 'regulated': kind = {self.kind!r} has no liquid: take supply out")
        if self.spring_ageing != "none" and self.kind not in NEEDED["spring_N_per_mm"]:
            raise ValueError(f"spring_ageing = {self.spring_ageing!r}: kind = {self.kind!r} has no spring: take it out")
        return self


class AmbientStep(Section):
    """From `at_h` on, the ambient is at `temperature_C`."""

    at_h: float = Field(ge=0, le=1e6, description="time from the start of the protocol [h]")
    temperature_C: float = Field(ge=-20, le=100, description="[degC]")


class AmbientSection(Section):
    """`[ambient]`: the room."""

    temperature_C: float = Field(25.0, ge=-20, le=100, description="[degC]")
    steps: tuple[AmbientStep, ...] = Field((), description="later changes, in order of time")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [s.at_h for s in self.steps]
        if any(b <= a for a, b in pairwise(times)):
            raise ValueError("steps must be in order of time, each at_h above the one before")
        return self


def beside(section: dict[str, Any], path: str | Path) -> dict[str, Any]:
    """A section of the file ``path`` with the BPX file it names found from there, not from the working directory."""
    named = section.get("bpx")
    return {**section, "bpx": str(Path(path).parent / named)} if isinstance(named, str) and named else section
