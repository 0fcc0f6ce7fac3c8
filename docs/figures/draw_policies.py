"""Draws docs/figures/policies.svg, prints the table of docs/experiments.md: `python docs/figures/draw_policies.py`."""

from pathlib import Path

from twin import experiments
from twin.experiments import figures

CELL = {"cathode": "NMC111", "current_density_mA_per_cm2": 0.5, "areal_capacity_mAh_per_cm2": 2.0}
RUNS = {
    "constant, 4 MPa": {"policy": "constant", "pressure_MPa": 4.0},
    "constant, 6.5 MPa": {"policy": "constant", "pressure_MPa": 6.5},
    "constant, 10 MPa": {"policy": "constant", "pressure_MPa": 10.0},
    "two-level, 1 and 10 MPa": {"policy": "two-level", "pressure_MPa": 10.0, "low_pressure_MPa": 1.0},
    "window-following, 1 to 10 MPa": {"policy": "window-following", "pressure_MPa": 10.0, "low_pressure_MPa": 1.0},
}


def main() -> None:
    """Run each policy to the cell's end."""
    with figures.styled():
        figure, axes = figures.new(2, 5.6)
        for i, (label, given) in enumerate(RUNS.items()):
            result = experiments.cycle_life(**CELL, **given)
            series = result.series
            for axis, name in zip(axes, ("Discharge capacity [mA.h.cm-2]", "Separator crossed"), strict=True):
                axis.plot(
                    series["Cycle"], series[name], figures.MARKS[i], label=label, color=figures.OKABE_ITO[i],
                    linestyle=figures.LINES[i], markersize=4,
                )  # fmt: skip
            row = [f"{experiments.framework.shown(result.value)}", str(series["State"][-1])]
            row += [
                f"{float(series['Mean pressure [MPa]'][0]):.2g}",
                f"{float(series['Least lithium contact'][0]):.2g}",
            ]
            row += [f"{float(series['Separator crossed'][0]):.2g}"]
            print(f"| {label} | {' | '.join(row)} |")
        axes[0].set_ylabel("Discharge capacity\n[mAh/cm²]")
        axes[0].set_ylim(bottom=0)
        axes[1].set(xlabel="Cycle", ylabel="Share of the separator\ncrossed [1]", ylim=(0, 1))
        figures.legend(axes[0])
        figures.save(figure, Path(__file__).parent / "policies.svg")


if __name__ == "__main__":
    main()
