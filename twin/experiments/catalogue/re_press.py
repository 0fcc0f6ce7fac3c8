"""What one press brings back of a faded cathode."""

from typing import Any

from pydantic import Field

from twin.experiments import figures
from twin.experiments.ageing import Ageing
from twin.experiments.cells import AnodeName, CathodeName
from twin.experiments.cycled import ASSUMED, FILM, CycledCell
from twin.experiments.fields import Pressure
from twin.experiments.framework import Experiment, Found, Result, progress
from twin.experiments.policies import constant


class RePress(CycledCell):
    """A cell cycled in a spring at a few MPa, then pressed once."""

    cathode: CathodeName = Field("NMC111", description="active material of the cathode; insertion materials only")
    anode: AnodeName = Field("indium", description="anode")
    pressure_MPa: Pressure = 2.0
    current_density_mA_per_cm2: float = Field(0.05, gt=0, le=20, description="of charge and discharge [mA/cm2]")
    areal_capacity_mAh_per_cm2: float = Field(1.0, ge=0.1, le=12, description="capacity of one layer [mAh/cm2]")
    film_ohm_cm2: float = Field(
        1224.0, ge=0.1, le=1e4, description="resistance between cathode particles and electrolyte, fresh [Ohm.cm2]"
    )
    cycles: int = Field(26, ge=1, le=1000, description="cycles before the press [1]")
    repress_MPa: float = Field(370.0, ge=0, le=2000, description="of the one press [MPa]")


def run(given: RePress) -> Found:
    """Cycle, press, cycle once more."""
    cell = given.assembled()
    rows = []
    for cycle in cell.cycles(given.current, constant(given.pressure_MPa), given.cycles):
        rows.append(("cycling", *_row(given, cell, cycle)))
        progress(cycle.number / (given.cycles + 1))
    cell.press(given.repress_MPa * 1e6)
    for cycle in cell.cycles(given.current, constant(given.pressure_MPa), 1):
        rows.append(("pressed", *_row(given, cell, cycle)))
    return Found(
        rows[-1][1] - rows[-2][1],
        {
            "Cycle": list(range(1, len(rows) + 1)),
            "Discharge capacity [mA.h.g-1]": [row[1] for row in rows],
            "Film resistance [Ohm]": [row[2] for row in rows],
            "Cathode contact": [row[3] for row in rows],
            "State": [row[0] for row in rows],
        },
        (
            *ASSUMED,
            "One press wins back the share 1 - exp(-P/P_y) of the lost contact, P_y = 200 MPa (compaction of sulfides, "
            "assumed).",
            "Film resistance: between cathode particles and electrolyte, whole cell, as one over contact; "
            "the last two rows are before and after the press.",
        ),
    )


def _row(given: RePress, cell: Ageing, cycle: Any) -> tuple[float, float, float]:
    """Capacity [mAh/g], film resistance of the whole cell [Ohm] and cathode contact [1] after a cycle."""
    film = cell.values[FILM] / cycle.cathode_contact / (given.area_cm2 * 1e-4 * given.layers)
    return 1e3 * cycle.capacity / cell.grams, film, cycle.cathode_contact


def draw(result: Result) -> Any:
    """Capacity above, film resistance below; the pressed cycle marked."""
    figure, axes = figures.new(2, 5.6)
    cycle = result.series["Cycle"]
    for axis, (name, label) in zip(
        axes,
        (
            ("Discharge capacity [mA.h.g-1]", "Discharge capacity\n[mAh/g]"),
            ("Film resistance [Ohm]", "Film resistance [ohm]"),
        ),
        strict=True,
    ):
        values = result.series[name]
        axis.plot(cycle[:-1], values[:-1], "o-", markersize=4, color=figures.OKABE_ITO[0], label="cycled")
        axis.plot(cycle[-1:], values[-1:], "D", color=figures.OKABE_ITO[1], label="after the press")
        axis.set_ylabel(label)
    axes[1].set_xlabel("Cycle")
    figures.legend(axes[0])
    axes[0].set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment("re-press", "capacity regained by one press after cycling", "mAh/g", RePress, run, draw)
