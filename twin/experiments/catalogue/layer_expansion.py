"""How much a stack grows as it is charged."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from twin.cell_values import areal_charge, cell_values
from twin.errors import InputError
from twin.experiments.cells import AnodeName, CathodeName, CellParameters
from twin.experiments.framework import Experiment, Found
from twin.files import CellSection
from twin.growth import anode_growth, cathode_growth
from twin.parameters import load

SODIUM = {"cathode": "NaCrO2", "electrolyte": "Na3PS4"}
"""What a sodium anode goes with, where nothing else is named."""


class LayerExpansion(CellParameters):
    """A stack of equal layers, free of load."""

    cathode: CathodeName | Literal["none"] = Field(  # type: ignore[assignment]
        "NMC811", description="cathode; a metal for a symmetric cell; A+B is a blend; none for the anodes alone"
    )
    anode: AnodeName = Field("anode-free", description="anode; sodium brings NaCrO2 and Na3PS4")
    areal_capacity_mAh_per_cm2: float = Field(4.0, ge=0.1, le=12, description="capacity of one layer [mAh/cm2]")
    n_p_ratio: Annotated[
        Annotated[float, Field(ge=0.01, le=20)] | None,
        Field(description="capacity of a host anode over the cathode's; default by the anode [1]"),
    ] = None
    state_of_charge: float = Field(1.0, ge=0, le=1, description="where the charge ends [1]")

    @model_validator(mode="before")
    @classmethod
    def _sodium_goes_with_sodium(cls, given: Any) -> Any:
        if isinstance(given, dict) and str(given.get("anode", "")).lower() in ("sodium", "na", "sodium metal"):
            return {**SODIUM, **given}
        return given

    @model_validator(mode="after")
    def _makes_a_cell(self) -> Self:
        try:
            self.section()
        except InputError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def anodes_alone(self) -> bool:
        """Whether the cathode is left out of account."""
        return self.cathode == "none"

    def section(self) -> CellSection:
        """The cell as a file would describe it; the anodes alone stand under a cathode that goes with them."""
        some = SODIUM["cathode"] if self.anode == "sodium" else "NMC811"
        whole = self.model_copy(update={"cathode": some}) if self.anodes_alone else self
        cell = CellParameters.cell(whole)
        if self.n_p_ratio is None:
            return cell
        return CellSection(**{**cell.model_dump(exclude_unset=True), "n_p_ratio": self.n_p_ratio})


def run(given: LayerExpansion) -> Found:
    """Growth of anode, cathode and stack along the first charge, at rest."""
    cell = given.section()
    chosen = load(cell.chemistry)
    values, charge = {**chosen.values(), **cell_values(cell, chosen)}, areal_charge(cell)
    steps = np.linspace(0, given.state_of_charge, 51)
    um = 1e6 * given.layers
    anode = [um * anode_growth(chosen, values, charge, 0.0, float(at)) for at in steps]
    cathode = [
        0.0 if given.anodes_alone else um * cathode_growth(chosen, values, charge, 0.0, float(at)) for at in steps
    ]
    stack = [a + c for a, c in zip(anode, cathode, strict=True)]
    kept = values.get("Negative electrode residual swelling fraction", 0.0) if "anode swelling" in chosen.options else 0
    return Found(
        stack[-1],
        {
            "State of charge [1]": steps,
            "Stack [um]": stack,
            "Anodes [um]": anode,
            "Cathodes [um]": cathode,
        },
        (
            f"{chosen.description}, {given.areal_capacity_mAh_per_cm2:g} mAh/cm2 a layer.",
            "Free of load and at rest; layers add; collectors and separators do not change.",
            "Hosts are laterally confined: all of their volume goes into thickness, none into pores.",
            *(
                [f"After discharge {100 * kept:g} % of the anodes' growth stays ({kept * anode[-1]:.4g} um, assumed)."]
                if kept
                else []
            ),
        ),
    )


EXPERIMENT = Experiment("layer-expansion", "growth of the stack at full charge", "um", LayerExpansion, run)
