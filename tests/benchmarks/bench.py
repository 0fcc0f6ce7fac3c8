"""`make bench`: every way to step the same cell, measured in one run: time, spread, ratio, error.

Times move with the machine and its load, ratios much less. Nothing here asserts a time.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
from rich.console import Console
from rich.table import Table

import twin
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.plant import Inputs, Plant
from twin.resolve import options_of, values_of

EXAMPLES = Path(__file__).parents[2] / "examples"
V, P = "Voltage [V]", "Stack pressure [Pa]"
SECTIONS = (
    CellSection(diameter_mm=13.0, state_of_charge=0.5, lithium_um=5.0),
    FixtureSection(kind="fixed_gap"),  # the stiffest: the pressure error shows most
    AmbientSection(),
)
POROUS = (SECTIONS[0].model_copy(update={"cathode_model": "porous_electrode"}), *SECTIONS[1:])
AMPLITUDE_A = 3.3e-4  # 0.25 mA/cm2 on the 13 mm die
REFERENCE_TOLERANCE = 1e-10


@dataclass
class Row:
    """One line of the table; times in microseconds per step (or per tick, or per cell and tick)."""

    group: str
    what: str
    median_us: float
    low_us: float
    high_us: float
    voltage_error_uV: float | None = None
    pressure_error_Pa: float | None = None
    ratio_default: float | None = None
    ratio_read: float | None = None
    ratio_compiled: float | None = None


def currents(count: int, hold: int) -> np.ndarray:
    """A current that changes every ``hold`` steps: what a drive cycle asks of a cell [A]."""
    rng = np.random.default_rng(7)
    return np.repeat(rng.uniform(-AMPLITUDE_A, 0.6 * AMPLITUDE_A, count // hold + 1), hold)[:count]


Sections = tuple[CellSection, FixtureSection, AmbientSection]
Steps = Iterator[tuple[float, float, float]]


def pybamm_steps(solver: Any, dt: float, asked: np.ndarray, sections: Sections = SECTIONS) -> Steps:
    """Seconds, voltage and pressure of each step of PyBaMM's own stepping."""
    model = twin.SolidStateCell(options_of(*sections[:2]))
    values = values_of(*sections)
    simulation = pybamm.Simulation(
        model,
        parameter_values=pybamm.ParameterValues({**values, "Current function [A]": "[input]"}),
        solver=solver,
    )
    for current in asked:
        start = time.perf_counter()
        solution = simulation.step(dt, inputs={"Current function [A]": float(current)}, save=False)
        voltage, pressure = (float(solution[name].entries[-1]) for name in (V, P))
        yield time.perf_counter() - start, voltage, pressure


def plant_steps(engine: str, dt: float, asked: np.ndarray, sections: Sections = SECTIONS) -> Steps:
    """Seconds, voltage and pressure of each step of the plant."""
    plant = Plant.from_sections(*sections, engine=engine)
    inputs = Inputs()
    plant.step(inputs, dt)  # the first step prepares its length
    plant = Plant.from_sections(*sections, engine=engine)
    for current in asked:
        inputs.value = float(current)
        start = time.perf_counter()
        out = plant.step(inputs, dt)
        voltage, pressure = out.voltage, out.pressure
        yield time.perf_counter() - start, voltage, pressure


def plant_batches(engine: str, dt: float, batch: int, batches: int, sections: Sections = SECTIONS) -> list[float]:
    """Seconds per step of the plant in batches, without the clock between the steps."""
    plant = Plant.from_sections(*sections, engine=engine)
    inputs = Inputs()
    asked = [float(c) for c in currents(batch, 10)]
    seconds = []
    total = 0.0
    for _ in range(batches):
        start = time.perf_counter()
        for current in asked:
            inputs.value = current
            out = plant.step(inputs, dt)
            total += out.voltage + out.pressure
        seconds.append((time.perf_counter() - start) / batch)
    assert np.isfinite(total)
    return seconds


def spread(seconds: list[float]) -> tuple[float, float, float]:
    """Median, tenth and ninetieth percentile [us]."""
    tenths = statistics.quantiles(seconds, n=10)
    return statistics.median(seconds) * 1e6, tenths[0] * 1e6, tenths[-1] * 1e6


def errors(found: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """Largest deviation of voltage [uV] and pressure [Pa]."""
    difference = np.abs(found - reference).max(axis=0)
    return float(difference[0] * 1e6), float(difference[1])


def measure(group: str, what: str, steps: Steps, reference: np.ndarray | None) -> Row:
    """One row of a peer that gives seconds, voltage and pressure."""
    rows = np.array(list(steps))
    row = Row(group, what, *spread(list(rows[len(rows) // 10 :, 0])))
    if reference is not None:
        row.voltage_error_uV, row.pressure_error_Pa = errors(rows[:, 1:], reference[: len(rows)])
    return row


def single_cell(dt: float, count: int, hold: int, sections: Sections = SECTIONS) -> list[Row]:
    """Rows of one plant step at ``dt`` [s] against PyBaMM's stepping."""
    form = "porous electrode, " if sections is POROUS else ""
    group = f"plant step, {form}dt {dt:g} s, V and P read"
    asked = currents(count, hold)
    tight = pybamm.IDAKLUSolver(rtol=REFERENCE_TOLERANCE, atol=REFERENCE_TOLERANCE)
    reference = np.array(list(pybamm_steps(tight, dt, asked, sections)))[:, 1:]
    plain = pybamm.IDAKLUSolver(options={"compile": True})
    compiled = pybamm.IDAKLUSolver(output_variables=[V, P], options={"compile": True})
    rows = [
        measure(group, "Simulation.step, default", pybamm_steps(None, dt, asked, sections), reference),
        measure(
            group,
            "Simulation.step, IDAKLU compiled, only V and P kept",
            pybamm_steps(compiled, dt, asked, sections),
            reference,
        ),
        measure(
            group, "Simulation.step, IDAKLU compiled, V and P read", pybamm_steps(plain, dt, asked, sections), reference
        ),
    ]
    for engine, name in (("c", "Plant.step, C"), ("vm", "Plant.step, CasADi VM, no compiler")):
        row = measure(group, name, plant_steps(engine, dt, asked, sections), reference)
        row.median_us, row.low_us, row.high_us = spread(plant_batches(engine, dt, 500, 25, sections))
        rows.append(row)
    for row in rows:
        row.ratio_default = rows[0].median_us / row.median_us
        row.ratio_compiled = rows[1].median_us / row.median_us
        row.ratio_read = rows[2].median_us / row.median_us
    return rows


def show(rows: list[Row], console: Console) -> None:
    """The table."""
    table = Table(title="One cell, one run, one machine", title_justify="left")
    headings = ("", "us, median", "10-90 %", "x default", "x compiled, read", "x compiled", "V error uV", "P error Pa")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i == 0 else "right", no_wrap=True)
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            table.add_section()
            table.add_row(f"[bold]{group}")
        table.add_row(
            row.what,
            f"{row.median_us:,.3g}" if row.median_us < 1000 else f"{row.median_us:,.0f}",
            f"{row.low_us:.3g}-{row.high_us:.3g}",
            *("" if v is None else f"{v:,.1f}" for v in (row.ratio_default, row.ratio_read, row.ratio_compiled)),
            *("" if v is None else f"{v:.2g}" for v in (row.voltage_error_uV, row.pressure_error_Pa)),
        )
    console.print(table)


def control_tick(scale: float) -> list[Row]:
    """The whole tick of the demo: plant, sensors, controller, safety filter, cycler, recorder; one core."""
    from hil.experiment_file import load
    from hil.recorder import Recorder
    from hil.run import build_loop

    experiment = load(EXAMPLES / "die_13mm.toml")
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "bench.journal.arrows", {})
        loop = build_loop(experiment, recorder.record)
        every = 2000
        start = time.perf_counter()

        def lap(_: float) -> None:
            nonlocal start
            now = time.perf_counter()
            seconds.append((now - start) / every)
            start = now

        loop.most_ticks = max(4, round(100 * scale)) * every
        outcome = loop.run(lap, every)
        assert outcome.code == 0, outcome
        recorder.close({})
    row = Row("whole control tick, one cell, one core", "loop with controller and recorder", *spread(seconds[1:]))
    return [row]


def first_tick(scale: float) -> list[Row]:
    """From the start of the process to the first tick, stepper in the cache."""
    script = (
        "import sys, time; from hil.experiment_file import load; from hil.run import build_loop\n"
        "def first(*row): print(time.time() - float(sys.argv[2])); sys.exit()\n"
        "build_loop(load(sys.argv[1]), first).run()"
    )
    seconds = []
    for _ in range(max(3, round(10 * scale))):
        command = [sys.executable, "-c", script, str(EXAMPLES / "die_13mm.toml"), str(time.time())]
        seconds.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    return [Row("warm start", "process start to first tick", *spread(seconds))]


def memory(scale: float) -> list[Row]:
    """Highest memory of a run of 24 h at 100 Hz against 1 h; the rows hold MiB, not microseconds."""
    script = (
        "import sys, resource; from pathlib import Path\n"
        "from hil.experiment_file import load; from hil.run import execute\n"
        "keys = ['run.tick_s=0.01', 'acceleration_um_per_s2=10000', f'run.stop_after_h={sys.argv[2]}']\n"
        "execute(load(sys.argv[1], keys), Path(sys.argv[3]), 'memory')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    rows = []
    for hours in (1.0 * scale, 24.0 * scale):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", script, str(EXAMPLES / "die_13mm.toml"), str(hours), folder]
            peak = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        rows.append(Row("peak memory at 100 Hz [MiB, not us]", f"{hours:g} h", peak, peak, peak))
    return rows


def plant_fleet(scale: float) -> list[Row]:
    """Many plants in one call, per cell and step; the error is that of the fleet against the single plant."""
    from twin.fleet import Fleet

    cells = max(16, round(1024 * scale))
    rows = []
    for dt in (0.1, 1.0):
        asked = currents(max(10, round(300 * scale)), 10)
        alone = np.array(list(plant_steps("c", dt, asked)))[:, 1:]
        for engine in ("lanes", "scalar"):
            fleet = Fleet.from_sections([SECTIONS] * cells, threads=1, engine=engine)
            fleet.inputs[:] = np.array([1, 0, 0, 0, 0, 0, 298.15, 0, 0, 0], float)[:, None]
            seconds, found = [], []
            for current in asked:
                fleet.inputs[3] = current
                start = time.perf_counter()
                outputs = fleet.step(fleet.inputs, dt)
                seconds.append((time.perf_counter() - start) / cells)
                found.append((outputs[0, -1], outputs[2, -1]))
            row = Row(f"fleet of {cells} plants, one core, per cell", f"{engine}, dt {dt:g} s", *spread(seconds[1:]))
            row.voltage_error_uV, row.pressure_error_Pa = errors(np.array(found), alone)
            rows.append(row)
    return rows


def control_fleet(scale: float) -> list[Row]:
    """Closed loops of many cells, from plant to cycler, on all cores: per cell and tick."""
    from hil.fleet.closed_loop import ClosedLoopFleet

    cells = max(8, round(256 * scale))
    ticks = max(100, round(3000 * scale))
    overrides = [(f"fixture.spring_N_per_mm={1500 + 0.5 * i}",) for i in range(cells)]
    rows = []
    for engine in ("lanes", "scalar"):
        fleet = ClosedLoopFleet.from_file(EXAMPLES / "die_13mm.toml", overrides, engine=engine)
        fleet.run(2000)  # armed, and past the approach
        seconds = []
        for _ in range(9):
            start = time.perf_counter()
            fleet.run(ticks)
            seconds.append((time.perf_counter() - start) / (cells * ticks))
        worst = float(fleet.metrics()["max_deviation_percent"].max())
        what = f"{engine}: largest deviation of any cell {worst:.2g} % of the setpoint"
        rows.append(Row(f"fleet of {cells} closed loops, all cores, per cell and tick", what, *spread(seconds)))
    return rows


GROUPS: dict[str, Callable[[float], list[Row]]] = {
    "0.1s": lambda scale: single_cell(0.1, max(20, round(2000 * scale)), 10),
    "1s": lambda scale: single_cell(1.0, max(20, round(2000 * scale)), 1),
    "porous": lambda scale: single_cell(1.0, max(20, round(1000 * scale)), 1, POROUS),
    "fleet": plant_fleet,
    "loops": control_fleet,
    "tick": control_tick,
    "start": first_tick,
    "memory": memory,
}


def main(arguments: list[str] | None = None) -> list[Row]:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full number of steps")
    parser.add_argument("--only", nargs="*", choices=list(GROUPS), help="groups to measure; all when left out")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", module="pybamm")
    logging.getLogger("pybamm").setLevel(logging.ERROR)
    rows = [row for name in options.only or GROUPS for row in GROUPS[name](options.scale)]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        show(rows, Console(width=165))
    return rows


if __name__ == "__main__":
    main()
