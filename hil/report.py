"""The table a run ends with: its figures, those of its companions, and whether the goals were met."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from controller import vocabulary
from hil.metrics import Goal, Metrics, holds
from twin.design.mass import Design

PLAIN_WIDTH = 110
"""Columns of a table that goes into a file or a pipe, where there is no terminal to ask [characters]."""


@dataclass(frozen=True)
class Entry:
    """One line of the table.

    Attributes:
        label: the variant: fixture, file or value of a swept key.
        metrics: its figures.
        judged: whether it has to meet the goals; companions that are there to compare with do not.
        rejection: how many times less it moves than the same frame with its actuator locked; None where no such
            run was made.
        fixture: what holds the cell, sized for it; None where it is not known.
    """

    label: str
    metrics: Metrics
    judged: bool = False
    rejection: float | None = None
    fixture: Design | None = None


def passes(entry: Entry, goal: Goal) -> bool | None:
    """Whether an entry meets the goals; None where it is not judged. A figure that is not a number fails."""
    if not entry.judged:
        return None
    return holds(entry.metrics, goal) and (entry.rejection is None or entry.rejection >= goal.rejection)


def all_pass(entries: Sequence[Entry], goal: Goal) -> bool:
    """Whether every judged entry meets the goals, and there is one."""
    verdicts = [verdict for verdict in (passes(entry, goal) for entry in entries) if verdict is not None]
    return bool(verdicts) and all(verdicts)


def table(entries: Sequence[Entry], goal: Goal, title: str = "") -> Table:
    """Figures of a run and its companions, each goal beneath the heading of its column."""
    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    made.add_column("variant", no_wrap=True)
    for heading in (
        "mean\nMPa",
        "offset\n%",
        f"max dev\n% (≤ {goal.max_deviation_percent:g})",
        f"rms\n% (≤ {goal.rms_deviation_percent:g})",
        "swing\nMPa",
        "swing\n%",
        f"rejection\n× (≥ {goal.rejection:g})",
    ):
        made.add_column(heading, justify="right", no_wrap=True)
    made.add_column("verdict", no_wrap=True)
    for entry in entries:
        made.add_row(*_cells(entry, goal))
    made.caption = "After settling; deviation is from the own mean; % of the setpoint."
    made.caption_justify = "left"
    return made


def _cells(entry: Entry, goal: Goal) -> list[Text]:
    found = entry.metrics
    return [
        Text(entry.label),
        _number(found.mean_MPa, 3),
        _number(found.offset_percent, 2, sign=True),
        _number(
            found.max_deviation_percent, 2, entry.judged, found.max_deviation_percent <= goal.max_deviation_percent
        ),
        _number(
            found.rms_deviation_percent, 3, entry.judged, found.rms_deviation_percent <= goal.rms_deviation_percent
        ),
        _number(found.swing_MPa, 3),
        _number(found.swing_percent, 2),
        _rejection(entry, goal),
        _verdict(passes(entry, goal)),
    ]


def _number(value: float, digits: int, judged: bool = False, good: bool = True, sign: bool = False) -> Text:
    text = f"{value:{'+' if sign else ''}.{digits}f}" if math.isfinite(value) else "-"
    return Text(text, style=("green" if good else "bold red") if judged else "")


def _rejection(entry: Entry, goal: Goal) -> Text:
    if entry.rejection is None:
        return Text("")
    if entry.rejection == math.inf:
        return Text("∞", style="green")
    return _number(entry.rejection, 1, entry.judged, entry.rejection >= goal.rejection)


def _verdict(passed: bool | None) -> Text:
    if passed is None:
        return Text("")
    return Text("pass", style="bold green") if passed else Text("FAIL", style="bold red")


def price(entries: Sequence[Entry]) -> Table:
    """What holding the pressure costs: mass and volume of each fixture, and the energy they leave."""
    made = Table(box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    made.add_column("variant", no_wrap=True)
    headings = ("mean\nMPa", "swing\nMPa", "fixture\nkg", "with cell\nL", "energy\nWh", "with fixture\nWh/kg", "\nWh/L")
    for heading in headings:
        made.add_column(heading, justify="right", no_wrap=True)
    for entry in entries:
        if entry.fixture is not None:
            found, held = entry.metrics, entry.fixture
            sized = (held.mass, held.volume * 1e3, held.cell.energy, held.Wh_per_kg, held.Wh_per_L)
            row = [_number(found.mean_MPa, 3), _number(found.swing_MPa, 3), *(Text(f"{value:.3g}") for value in sized)]
            made.add_row(Text(entry.label), *row)
    made.caption = "Fixtures sized for their load and stated stiffness (docs/fixtures.md); supplies are not counted."
    made.caption_justify = "left"
    return made


def details(metrics: Metrics) -> Table:
    """What else a run's log tells: charge, actuator, permits, trips."""
    made = Table.grid(padding=(0, 2))
    made.add_row("duration", f"{metrics.duration_s / 3600:.2f} h, {metrics.rows:,} ticks")
    if math.isfinite(metrics.charged_mAh_per_cm2):
        made.add_row(
            "charge",
            f"{metrics.charged_mAh_per_cm2:.3f} mAh/cm² in, {metrics.discharged_mAh_per_cm2:.3f} mAh/cm² out",
        )
    whole = f"{metrics.min_MPa:.3f} to {metrics.max_MPa:.3f} MPa, swing {metrics.whole_swing_percent:.2f} %"
    made.add_row("whole run", whole)
    made.add_row(
        "actuator",
        f"{metrics.moves:,} moves, {metrics.reversals:,} reversals, {metrics.travel_um / 1000:.3f} mm of way",
    )
    made.add_row(
        "opened by permits", f"charge {metrics.charge_opened_s:.1f} s, discharge {metrics.discharge_opened_s:.1f} s"
    )
    noticed = ", ".join(vocabulary.names(metrics.faults))
    made.add_row("trips", f"{metrics.trips}" + (f"; conditions noticed: {noticed}" if noticed else ""))
    return made


def console(stream: Any = None) -> Console:
    """Console for a stream (standard output by default): colour on a terminal, plain and wide enough elsewhere."""
    made = Console(file=stream, highlight=False)
    return made if made.is_terminal else Console(file=stream, highlight=False, width=PLAIN_WIDTH)


def show(entries: Sequence[Entry], goal: Goal, to: Console, title: str = "") -> None:
    """Prints the table, and the details of its first entry."""
    to.print(table(entries, goal, title))
    if any(entry.fixture is not None for entry in entries):
        to.print(price(entries))
    if entries:
        to.print(details(entries[0].metrics))


def to_json(entries: Sequence[Entry], goal: Goal) -> str:
    """The same figures for programs: `{"goal": ..., "pass": ..., "variants": [...]}`; what is not finite is null."""
    variants = [
        {
            "variant": entry.label,
            "judged": entry.judged,
            "pass": passes(entry, goal),
            "rejection": _finite(entry.rejection),
            "metrics": entry.metrics.to_json(),
            "fixture": None if entry.fixture is None else entry.fixture.to_json(),
        }
        for entry in entries
    ]
    document = {"goal": asdict(goal), "pass": all_pass(entries, goal), "variants": variants}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
