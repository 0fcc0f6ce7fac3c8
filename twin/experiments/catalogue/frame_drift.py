"""What a bolted frame loses at rest, empty or round a cell."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator
from scipy.integrate import solve_ivp

from twin.design.response import stack_compliance
from twin.experiments.cells import CellParameters
from twin.experiments.fields import ZERO_CELSIUS, Hours
from twin.experiments.framework import Experiment, Found
from twin.files import AmbientSection, FixtureSection
from twin.laws.metals import METALS, Metal, metal
from twin.laws.squeeze import thinning_rate
from twin.parameters import load
from twin.parameters.entry import Entry
from twin.resolve import values_of

PELLET_CREEP = Entry(
    1e-3, "share of its thickness that a cold-pressed pellet loses in the end at 63 MPa", 0, 5e-3, "assumed"
)
PELLET_TIME = Entry(40 * 3600.0, "taken as the frame's slower element", 1e4, 1e6, "assumed")  # s
PELLET_PRESSURE = 63e6  # Pa
POINTS = 200


class FrameDrift(CellParameters):
    """A frame, its load, and what is in it."""

    filling: Literal["empty", "cell"] = Field(
        "empty", description="the case alone, or a cell in it; a cell where its parts are named"
    )
    rim: Literal["closed", "open"] = Field(
        "closed", description="whether a sleeve keeps the anode's metal in, or it can flow out"
    )
    preload_MPa: float = Field(63.0, ge=0, le=200, description="stack pressure at the start [MPa]")
    hours: Hours = 69.0
    frame_N_per_um: float = Field(20.0, ge=0.5, le=5000, description="stiffness of frame and pores [N/um]")
    lithium_um: float = Field(50.0, ge=0.1, le=500, description="metal foil of a cell with a metal anode [um]")

    @model_validator(mode="before")
    @classmethod
    def _named_parts_make_a_cell(cls, data: Any) -> Any:
        """Whoever names a cathode or an anode means a cell."""
        if isinstance(data, dict) and data.keys() & {"cathode", "anode"}:
            return {"filling": "cell", **data}
        return data


@dataclass(frozen=True)
class Drift:
    """What gives way under the load: lengths lost [m] are the frame's two elements', the pellet's and the foils'.

    ``shares`` and ``times`` [s] are the frame's; ``frame`` and ``stack`` elastic [m.Pa-1]; ``pellet`` what it loses in
    the end [m.Pa-1]; ``foils`` how many of ``foil`` [m] flow out of a rim of ``radius`` [m], at ``T`` [K].
    """

    preload: float
    shares: tuple[float, float]
    times: tuple[float, float]
    frame: float
    stack: float
    pellet: float
    metal: Metal | None
    foils: int
    foil: float
    radius: float
    T: float

    def pressure(self, y: Any) -> Any:
        """Stack pressure [Pa] at the state ``y``: three lengths lost and the foil's thickness [m]."""
        lost = y[0] + y[1] + y[2] + self.foils * (self.foil - y[3])
        return np.maximum(self.preload - lost / (self.frame + self.stack), 0.0)

    def rates(self, _: float, y: Any) -> list[float]:
        """d``y``/dt [m.s-1]."""
        P = self.pressure(y)
        voigt = [(s * self.frame * P - r) / t for s, t, r in zip(self.shares, self.times, y[:2], strict=True)]
        thin = 0.0 if self.metal is None else thinning_rate(self.metal, P, self.radius, max(y[3], 1e-9), self.T)
        return [*voigt, (self.pellet * P - y[2]) / PELLET_TIME.value, -thin]

    def after(self, seconds: Any) -> Any:
        """Stack pressure [Pa] at each of ``seconds``."""
        start, span = [0.0, 0.0, 0.0, self.foil], (0.0, float(seconds[-1]))
        return self.pressure(solve_ivp(self.rates, span, start, "LSODA", seconds, rtol=1e-8, atol=1e-13).y)


def drift(given: FrameDrift) -> Drift:
    """The frame, and the cell where there is one."""
    cell = given.cell()
    chosen = load(cell.chemistry)
    fixture = FixtureSection(kind="fixed_gap", preload_MPa=given.preload_MPa, frame_N_per_um=given.frame_N_per_um)
    values = values_of(cell, fixture, AmbientSection(temperature_C=given.temperature_C))
    filled, anode = given.filling == "cell", chosen.materials[2]
    flows = filled and given.rim == "open" and anode in METALS
    cathode = 0.0 if chosen.cathode == "metal" else values["Positive electrode thickness [m]"]
    pellet = cell.layers * (values["Separator thickness [m]"] + cathode)
    return Drift(
        given.preload_MPa * 1e6,
        (values["Frame relaxation fraction 1"], values["Frame relaxation fraction 2"]),
        (values["Frame relaxation time 1 [s]"], values["Frame relaxation time 2 [s]"]),
        cell.area_m2 / values["Frame stiffness [N.m-1]"],
        stack_compliance(cell, values) if filled else 0.0,
        PELLET_CREEP.value / PELLET_PRESSURE * pellet if filled else 0.0,
        metal(anode) if flows else None,
        cell.layers * (2 if chosen.cathode == "metal" else 1) if flows else 0,
        given.lithium_um * 1e-6,
        math.sqrt(cell.area_m2 / math.pi),
        given.temperature_C + ZERO_CELSIUS,
    )


def run(given: FrameDrift) -> Found:
    """Two Kelvin-Voigt elements of the frame; with a cell, its pellet's creep and the flow of its metal."""
    parts = drift(given)
    seconds = max(given.hours, 1e-6) * 3600 * np.linspace(0.0, 1.0, POINTS) ** 2
    P = parts.after(seconds) / 1e6
    return Found(
        float(P[0] - P[-1]),
        {"Time [h]": seconds / 3600, "Stack pressure [MPa]": P, "Pressure change [MPa]": P - P[0]},
        assumptions(given, parts),
    )


def assumptions(given: FrameDrift, parts: Drift) -> list[str]:
    """What was taken for granted."""
    said = [
        "Frame: 3 % and 4.5 % of its elastic length in 3 h and 40 h, fitted to Koerver 2018's empty case "
        "(3.9 of 63 MPa in 69 h); other frames differ.",
        f"The frame gives 1 um per {given.frame_N_per_um:g} N.",
    ]
    if given.filling == "empty":
        return said
    said.append(
        f"Pellet: loses {100 * PELLET_CREEP.value:g} % of its thickness in the end at 63 MPa, in proportion to "
        "pressure (assumed, 0 to 0.5 %)."
    )
    if parts.metal is None:
        return [*said, "The anode does not flow: a sleeve keeps it in, or it is no foil of lithium or sodium."]
    foil = f"{given.lithium_um:g} um"
    return [*said, f"{parts.metal.name}: tensile creep at the stress that the friction hill leaves a film of {foil}."]


EXPERIMENT = Experiment("frame-drift", "pressure lost at rest", "MPa", FrameDrift, run)
