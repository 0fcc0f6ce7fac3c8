"""The table a run ends with: its figures, those of its companions, and a verdict on the whole of each run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from controller import vocabulary
from hil.cycler import COMPLETE
from hil.metrics import Goal, Metrics
from hil.plausibility import Finding
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
        outcome: its log's closing record: how it ended, and what it holds that is not possible.
        rejection: how many times less it moves than the same frame with its actuator locked; None where no such
            run was made.
        fixture: what holds the cell, sized for it; None where it is not known.
    """

    label: str
    metrics: Metrics
    judged: bool = False
    rejection: float | None = None
    fixture: Design | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)

    @property
    def violations(self) -> list[Finding]:
        """What its log holds that is not possible."""
        return [Finding(**found) for found in self.outcome.get("violations", ())]


@dataclass(frozen=True)
class Verdict:
    """Whether a run passes, and why not. ``passed`` is None where that is not judged."""

    passed: bool | None
    why: str = ""


def verdict(entry: Entry, goal: Goal) -> Verdict:
    """The verdict on a whole run: what its log holds, how it ended, voltage, contact, trips, and only then pressure.

    A companion is not judged, unless its log holds what is not possible. A run that did not complete its protocol
    without any fault, as one that the file stops early, is not judged either. A figure that is not a number fails.
    """
    failed = [f"not possible: {found}" for found in entry.violations]
    if failed or not entry.judged:
        return Verdict(False, "; ".join(failed)) if failed else Verdict(None)
    code, reason = entry.outcome.get("exit_code"), str(entry.outcome.get("reason", ""))
    if code:
        failed.append(f"ended early: {reason}")
    if entry.metrics.trips:
        failed.append(f"{entry.metrics.trips} trips")
    if failed:
        return Verdict(False, "; ".join(failed))
    if reason != COMPLETE:
        return Verdict(None, f"not judged: {reason or 'how the run ended is not recorded'}")
    failed += _missed(entry, goal)
    return Verdict(not failed, "; ".join(failed))


def _missed(entry: Entry, goal: Goal) -> list[str]:
    """The goals that a complete run missed; negated comparisons, so that not-a-number is a miss."""
    found = entry.metrics
    missed = []
    if not found.least_contact >= goal.least_contact:
        missed.append(f"contact {found.least_contact:.3g}, less than {goal.least_contact:g}")
    if not found.max_deviation_percent <= goal.max_deviation_percent:
        missed.append(f"largest deviation {found.max_deviation_percent:.3g} %, over {goal.max_deviation_percent:g}")
    if not found.rms_deviation_percent <= goal.rms_deviation_percent:
        missed.append(f"rms deviation {found.rms_deviation_percent:.3g} %, over {goal.rms_deviation_percent:g}")
    if entry.rejection is not None and not entry.rejection >= goal.rejection:
        missed.append(f"rejection {entry.rejection:.3g}, less than {goal.rejection:g}")
    return missed


def all_pass(entries: Sequence[Entry], goal: Goal) -> bool | None:
    """Whether every entry that has a verdict passes; None where none has one."""
    passed = [found.passed for found in (verdict(entry, goal) for entry in entries) if found.passed is not None]
    return all(passed) if passed else None


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
        _verdict(verdict(entry, goal)),
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


def _verdict(found: Verdict) -> Text:
    if found.passed is None:
        return Text("not judged" if found.why else "")
    return Text("pass", style="bold green") if found.passed else Text("FAIL", style="bold red")


def reasons(entries: Sequence[Entry], goal: Goal) -> list[str]:
    """One line for each entry that does not pass: why."""
    found = [(entry.label, verdict(entry, goal)) for entry in entries]
    return [f"{label}: {'FAIL: ' if v.passed is False else ''}{v.why}" for label, v in found if v.why]


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
    """What else a run's log tells: charge, voltage, contact, actuator, permits, trips."""
    made = Table.grid(padding=(0, 2))
    made.add_row("duration", f"{metrics.duration_s / 3600:.2f} h, {metrics.rows:,} ticks")
    if math.isfinite(metrics.charged_mAh_per_cm2):
        made.add_row(
            "charge",
            f"{metrics.charged_mAh_per_cm2:.3f} mAh/cm² in, {metrics.discharged_mAh_per_cm2:.3f} mAh/cm² out",
        )
    whole = f"{metrics.min_MPa:.3f} to {metrics.max_MPa:.3f} MPa, swing {metrics.whole_swing_percent:.2f} %"
    made.add_row("whole run", whole)
    volts = f"{metrics.lowest_V:.3f} to {metrics.highest_V:.3f} V, contact {metrics.least_contact:.3f} at least"
    made.add_row("cell", volts)
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
    for line in reasons(entries, goal):
        to.print(line, markup=False, soft_wrap=True)
    if any(entry.fixture is not None for entry in entries):
        to.print(price(entries))
    if entries:
        to.print(details(entries[0].metrics))


def to_json(entries: Sequence[Entry], goal: Goal) -> str:
    """The same figures for programs: `{"goal": ..., "pass": ..., "variants": [...]}`; what is not finite is null.

    `pass` is null where nothing was judged, with the reason in `why`.
    """
    variants = [
        {
            "variant": entry.label,
            "judged": entry.judged,
            "pass": verdict(entry, goal).passed,
            "why": verdict(entry, goal).why,
            "violations": [found.to_json() for found in entry.violations],
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
