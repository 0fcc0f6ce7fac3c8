"""What follows from an experiment file, before it is run: `isostack check`."""

from rich.table import Table

from hil import scaling
from hil.cycler import Cycler
from hil.experiment_file import Experiment
from hil.run import is_controlled
from hil.sensors import counts_per_N
from twin import parameters


def summary(experiment: Experiment) -> Table:
    """A table of the quantities a user would otherwise work out by hand."""
    file = experiment.schema
    table = Table.grid(padding=(0, 2))
    force = file.control.setpoint_MPa * 1e6 * file.cell.area_m2
    share = force / file.sensor.load_cell_kN / 10
    table.add_row("title", experiment.title)
    table.add_row(
        "cell", f"{file.cell.layers} x {file.cell.area_m2 * 1e4:.4g} cm2, {file.cell.capacity_Ah * 1e3:.4g} mAh"
    )
    chosen = parameters.load(file.cell.chemistry)
    table.add_row("materials", chosen.description)
    for warning in chosen.warnings:
        table.add_row("window", warning)
    table.add_row(
        "setpoint",
        f"{file.control.setpoint_MPa:g} MPa = {force:.4g} N, {share:.3g} % of the load cell",
    )
    noise = file.sensor.noise_nV_rms / (file.sensor.excitation_V / file.sensor.gain / 2**24 * 1e9)
    table.add_row(
        "load cell", f"{1e3 / (counts_per_N(file.sensor) * file.cell.area_m2) / 1e3:.3g} Pa per count, "
        f"noise {noise / counts_per_N(file.sensor) / file.cell.area_m2:.3g} Pa rms"
    )  # fmt: skip
    if file.fixture.kind != "pneumatic":
        table.add_row("frame and spring", f"{file.MPa_per_um * 1e3:.4g} kPa per um")
    if is_controlled(experiment):
        table.add_row("actuator", f"{scaling.pressure_per_step(file) / 10:.3g} kPa per count")
    else:
        table.add_row("control", "none: a passive fixture")
    cycler = Cycler(experiment.phases(), capacity_Ah=file.cell.capacity_Ah, state_of_charge=file.cell.state_of_charge)
    hours = cycler.planned_duration_s() / 3600
    table.add_row(
        "protocol", f"about {hours:.4g} h, {hours * 3600 / file.run.tick_s:,.0f} ticks of {file.run.tick_s:g} s"
    )
    return table
