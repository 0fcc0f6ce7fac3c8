"""Draws what holding a pressure costs: `python docs/figures/draw_fixtures.py`.

A 5 x 5 cm pouch of 4 mAh/cm2 in each kind of fixture, sized by `twin.design` for pressures of 0.5 to 50 MPa. Springs
and sealed gas are so soft that a full charge swings the pressure by a tenth, the frame round them ten times as stiff.
"""

import math
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from twin.design.cell_mass import cell_of
from twin.design.mass import Design, design, stack_growth
from twin.experiments.figures import LINES, OKABE_ITO, STYLE
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.fixture_values import pouch_width
from twin.resolve import default_sections, values_of

OUT = Path(__file__).with_name("fixtures.png")
LAYERS = (1, 10, 30)
PRESSURES = np.geomspace(0.5, 50.0, 25)  # MPa
TICKS = (0.5, 1, 2, 5, 10, 20, 50)
AREA = 25.0  # cm2
SWING = 0.1  # of the pressure
STIFF = 60.0  # N/um, of a fixed gap's frame
GAS_MPa = 1.0  # highest, in a cylinder
NAMES = {
    "isostatic": "isostatic, regulated",
    "fixed_gap": "fixed gap, 60 N/um",
    "spring": "spring",
    "hydraulic": "hydraulic, regulated",
    "pneumatic": "pneumatic press",
    "pneumatic_closed": "sealed gas",
    "actuated_spring": "actuated spring",
}


def cell(layers: int) -> CellSection:
    """The pouch."""
    return CellSection(
        area_cm2=AREA, layers=layers, areal_capacity_mAh_per_cm2=4.0, lithium_um=5.0, electrolyte_um=50.0
    )


def best(kind: str, pouch: CellSection, P: float) -> Design:
    """The fixture for ``P`` [MPa]; of a flat vessel and one that takes the pouch upright, the lighter."""
    found = design(pouch, fixture(kind, pouch, P))
    if kind != "isostatic":
        return found
    upright = math.pi / 4 * math.hypot(pouch_width(pouch), found.cell.thickness) ** 3 * 1e6
    return max(found, design(pouch, fixture(kind, pouch, P, 1.01 * upright)), key=lambda each: each.Wh_per_kg)


def fixture(kind: str, pouch: CellSection, P: float, roomy: float = 0.0) -> FixtureSection:
    """The fixture for ``P`` [MPa], an isostatic one of ``roomy`` [cm3] or as small as can be."""
    values = values_of(pouch, default_sections("fixed_gap")[1], AmbientSection())
    growth = stack_growth(pouch, values)  # m
    soft = SWING * P * 1e6 * pouch.area_m2 / growth  # N/m
    piston = AREA * max(P / GAS_MPa, 1.0)  # cm2
    gauge = P * AREA / piston  # MPa
    stack = pouch.layers * 0.2
    needs = {
        "fixed_gap": {"frame_N_per_um": STIFF},
        "spring": {"spring_N_per_mm": 1.1 * soft / 1e3, "frame_N_per_um": 11 * soft / 1e6},
        "pneumatic": {"piston_cm2": piston},
        "pneumatic_closed": {
            "piston_cm2": piston,
            "gas_cm3": piston * growth * 100 * (gauge + 0.1) / (SWING * gauge),
            "frame_N_per_um": 10 * soft / 1e6,
        },
        "hydraulic": {"piston_cm2": AREA, "fluid_cm3": AREA, "supply": "regulated"},
        "isostatic": {"vessel_cm3": roomy or 1.3 * cell_of(pouch).volume * 1e6, "supply": "regulated"},
    }
    chosen = {"frame_N_per_um": STIFF, **needs["spring" if kind == "actuated_spring" else kind]}
    chosen["frame_N_per_um"] = min(max(chosen["frame_N_per_um"], 0.5), 5000.0)
    return FixtureSection.model_validate({"kind": kind, "preload_MPa": P, "frame_length_mm": 20.0 + stack, **chosen})


def main() -> None:
    """Three panels, one per number of layers; the same data give the same bytes."""
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 4.6), layout="constrained")
        axes = figure.subplots(1, 3, sharey=True)
        for ax, layers in zip(axes, LAYERS, strict=True):
            pouch = cell(layers)
            alone = design(pouch, fixture("fixed_gap", pouch, 1.0)).cell_Wh_per_kg
            ax.axhline(alone, color="#777777", linewidth=1.0, label="cell alone")
            for (kind, name), colour, line in zip(NAMES.items(), (*OKABE_ITO, "#B8A800"), (*LINES, "-"), strict=False):
                held = [best(kind, pouch, float(P)).Wh_per_kg for P in PRESSURES]
                assert all(map(math.isfinite, held))
                ax.loglog(PRESSURES, held, color=colour, linestyle=line, label=name)
            ax.set_title(f"{layers} layer{'s' * (layers > 1)}", loc="left", fontsize=10)
            ax.set_xlabel("Pressure held [MPa]")
            ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
            ax.minorticks_off()
        axes[0].set_ylabel("Cell and fixture [Wh/kg]")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        figure.savefig(OUT, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
