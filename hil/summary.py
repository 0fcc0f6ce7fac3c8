"""What follows from an experiment file, before it is run: `isostack check`."""

import math
from typing import get_args

import numpy as np
from rich.table import Table

from hil import scaling
from hil.cycler import Cycler
from hil.experiment_file import Experiment
from hil.hazards import hazards
from hil.response_time import Failure, LONGEST_s, detection
from hil.run import checked_configuration, is_controlled
from hil.scaling import hPa_per_MPa
from hil.sensors import counts_per_N
from twin import parameters
from twin.design.mass import Design, design
from twin.errors import InputError


def _response(experiment: Experiment) -> list[tuple[str, str]]:
    """What the response check notices, and when (S12)."""
    control = experiment.control
    if not control.response_share:
        return [("response check", "off")]
    record = checked_configuration(experiment)
    rows = []
    for failure in get_args(Failure):
        try:
            found = detection(record, round(control.setpoint_MPa * hPa_per_MPa), failure)
        except InputError as error:
            raise InputError(f"{experiment.path}: {error}") from None
        words = f"not noticed before the soft limit, within {LONGEST_s} s"
        if math.isfinite(found.time_s):
            words = (
                f"trips {found.time_s:.3g} s after the pressure is {found.off_hPa / 10:.2g} kPa off, "
                f"{found.excess_hPa / 10:.2g} kPa off by then"
            )
        rows.append((f"{failure} actuator", words))
    lost = 100 * (1 - control.response_share)
    return [*rows, ("slip", f"above: 80 % of moves lost; noticed from {lost:.3g} % on, when it has far to go")]


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
    if file.fixture.kind in ("fixed_gap", "spring", "actuated_spring"):
        table.add_row("frame and spring", f"{file.MPa_per_um * 1e3:.4g} kPa per um")
    for row in _fixture(experiment):
        table.add_row(*row)
    if is_controlled(experiment):
        table.add_row("actuator", f"{scaling.pressure_per_step(file) / 10:.3g} kPa per count")
        for row in _response(experiment):
            table.add_row(*row)
        for hazard in hazards(file):
            table.add_row(f"warning: {hazard.name}", hazard.text)
    else:
        table.add_row("control", "none: a passive fixture")
    cycler = Cycler(experiment.phases(), capacity_Ah=file.cell.capacity_Ah, state_of_charge=file.cell.state_of_charge)
    hours = cycler.planned_duration_s() / 3600
    table.add_row(
        "protocol", f"about {hours:.4g} h, {hours * 3600 / file.run.tick_s:,.0f} ticks of {file.run.tick_s:g} s"
    )
    for row in _profiles(experiment):
        table.add_row(*row)
    return table


def _profiles(experiment: Experiment) -> list[tuple[str, str]]:
    """What a run shows of each profile: rows shorter than a tick flow as their mean."""
    file = experiment.schema
    ticks = {"run": file.run.tick_s} | ({"compare": file.compare.tick_s} if file.compare.fixtures else {})
    rows = []
    for name, profile in experiment.profiles.items():
        lengths = np.diff(profile.time_s)
        for section, tick in ticks.items():
            words = "every row lasts a tick or more"
            if count := profile.rows_within(tick):
                words = (
                    f"{count} of {len(lengths)} rows are shorter than a tick: their mean over it flows, the charge "
                    f"is the file's; the shortest lasts {lengths.min():.3g} s"
                )
            rows.append(("profile", f"{name}, {section}.tick_s = {tick:g}: {words}"))
    return rows


def designed(experiment: Experiment) -> Design:
    """The fixture, sized for the setpoint where a controller holds it, else for its preload."""
    held = experiment.control.setpoint_MPa if is_controlled(experiment) else None
    return design(experiment.cell, experiment.fixture, experiment.ambient, held)


def _fixture(experiment: Experiment) -> list[tuple[str, str]]:
    """What the fixture weighs, how it answers, and what that leaves of the cell's specific energy."""
    found = designed(experiment)
    parts = ", ".join(f"{part.name} {part.mass:.2g}" for part in found.parts if part.mass >= 5e-4)
    return [
        ("swing", f"{found.swing / 1e6:+.3g} MPa by a full charge, at equilibrium"),
        ("fixture", f"{found.mass:.3g} kg ({parts}), {found.volume * 1e3:.3g} L with the cell"),
        ("energy", f"{found.cell.energy:.3g} Wh in {found.cell.mass * 1e3:.3g} g"),
        ("per mass", f"{found.cell_Wh_per_kg:.4g} Wh/kg of the cell, {found.Wh_per_kg:.3g} with its fixture"),
        ("per volume", f"{found.cell_Wh_per_L:.4g} Wh/L of the cell, {found.Wh_per_L:.3g} with its fixture"),
    ]
