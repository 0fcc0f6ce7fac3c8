"""The table of a campaign, for a terminal, for Markdown, for spreadsheets and for programs."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from hil.campaign.faults import KINDS
from hil.campaign.file import Campaign
from hil.campaign.observe import INSTRUMENTS
from hil.campaign.on_board import SENSORS
from hil.campaign.results import VERDICTS, Line, Table

MOST_WORDS = 2
HEADINGS = (
    "fault", "runs", "peak\n% of hard", "to safe state\np50 / p95 / max s", "shown\n%", "after\np50 / max s",
    "first shown by", "harm-\nless", "unpre-\nvented", "missed",
)  # fmt: skip
NARROW = (0, 1, 2, 3, 4, 6, 7, 8, 9)  # what a terminal has room for
ANSWERS = ("fault", "fixture", "told to move", "of these shown", "after p50 / p95 / max s", "shown", "peak % of hard")
OVER = (
    "run", "when", "severity", "peak % of hard", "s over it", "shown by the controller", "could have been seen by",
    "on board, seen and acted on", "would show it",
)  # fmt: skip
TOLERATED = ("fault", "fixture", "runs", "tripped", "largest change of the true pressure, % of setpoint")
BLIND = ("fault", "not shown", "of these missed", "would show it (runs)")


def show(table: Table, title: str, to: Console) -> None:
    """Print the table by fault, what cannot be seen, and what the healthy runs say."""
    made = RichTable(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for i in NARROW:
        made.add_column(HEADINGS[i], justify="left" if i in (0, 6) else "right", no_wrap=True)
    for line in table.totals:
        told = cells(line)
        made.add_row(*(Text(told[i]) for i in NARROW), style="bold red" if line.missed else None)
    if table.totals:
        to.print(made)
        for name, meaning in VERDICTS.items():
            to.print(f"{name}: {table.count(name):,} of {table.runs:,} runs: {meaning}", soft_wrap=True)
    for kind, unseen, missed, instruments in blind(table):
        to.print(f"not shown: {kind} in {unseen} runs, {missed} missed; would show it: {instruments}", soft_wrap=True)
    if table.totals:
        to.print(over_hard(table), soft_wrap=True, style="bold red" if table.could_see else None)
    for run in table.over:
        if run.could_see:
            to.print(f"could have been seen: {run.key}: {', '.join(run.could_see)}", soft_wrap=True)
    to.print(healthy(table), soft_wrap=True)


def cells(line: Line) -> tuple[str, ...]:
    """One line of the table, as text."""
    return (
        line.kind,
        f"{line.runs:,}",
        f"{100 * line.peak_of_hard:.0f}",
        " / ".join(seconds(value) for value in (line.safe_p50_s, line.safe_p95_s, line.safe_max_s)),
        f"{100 * line.seen / line.runs:.0f}",
        " / ".join(seconds(value) for value in (line.seen_p50_s, line.seen_max_s)),
        words(line.by),
        str(line.harmless),
        str(line.unprevented),
        str(line.missed),
    )


def seconds(value: float | None) -> str:
    """Seconds, with as many digits as say something."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def words(counts: Mapping[str, int]) -> str:
    """The commonest words."""
    named = list(counts)[:MOST_WORDS]
    return ", ".join(named) + (", ..." if len(counts) > len(named) else "") if named else "-"


def blind(table: Table) -> list[tuple[str, str, str, str]]:
    """Faults that some run did not show, and what would have: from the runs themselves."""
    rows = []
    for line in table.totals:
        if line.unseen:
            named = ", ".join(f"{name} ({count})" for name, count in line.would_see.items())
            rows.append((line.kind, f"{line.unseen} of {line.runs}", str(line.missed), named or "nothing was off"))
    return rows


def over_hard(table: Table) -> str:
    """One sentence on the runs over the hard limit."""
    acted = sum(bool(run.on_board_saw) and not run.could_see for run in table.over)
    return (
        f"over the hard limit: {len(table.over):,} of {table.runs:,} runs; "
        f"could have been seen on board: {table.could_see:,}; "
        f"seen on board and acted on: {acted:,}; only another instrument would show it: "
        f"{len(table.over) - acted - table.could_see:,}"
    )


def over_runs(table: Table) -> list[tuple[str, ...]]:
    """Each run over the hard limit, and what saw it or would have."""
    return [
        (
            run.key,
            run.when.replace("_", " "),
            f"{run.severity:.3g}",
            f"{100 * run.peak_of_hard:.0f}",
            seconds(run.over_hard_s),
            ", ".join(run.seen) or "-",
            ", ".join(run.could_see) or "-",
            ", ".join(run.on_board_saw) or "-",
            ", ".join(run.would_see) or "-",
        )
        for run in table.over
    ]


def tolerated(table: Table) -> list[tuple[str, ...]]:
    """Faults that the controller is to bear with, by fixture."""
    return [
        (line.kind, line.fixture, f"{line.runs}", f"{line.tripped}", f"{100 * (line.off_of_setpoint or 0.0):.2f}")
        for line in table.lines
        if KINDS[line.kind].tolerated
    ]


def answers(table: Table) -> list[tuple[str, ...]]:
    """Faults of the actuator, where it was told to move: how soon the controller showed that it did not."""
    return [
        (
            line.kind,
            line.fixture,
            f"{line.told} of {line.runs}",
            f"{line.told_seen}",
            " / ".join(seconds(value) for value in (line.told_p50_s, line.told_p95_s, line.told_max_s)),
            words(line.shows),
            f"{100 * line.peak_of_hard:.0f}",
        )
        for line in table.lines
        if KINDS[line.kind].needs_actuator and line.told
    ]


def healthy(table: Table) -> str:
    """One sentence on the healthy runs."""
    health = table.health
    if not health.runs:
        return "no healthy runs were asked for"
    bound = health.rate_below_per_1000_h
    rate = f"; below {bound:.2g} in 1,000 h with 95 % confidence" if bound is not None else ""
    shown = ", ".join(f"{name} in {count}" for name, count in health.shows.items()) or "nothing"
    return (
        f"healthy: {health.hours:,.0f} h in {health.runs:,} runs, {health.false_trips} false trips"
        f"{rate}; shown besides: {shown}"
    )


def to_json(table: Table, campaign: Campaign, facts: Mapping[str, Any]) -> str:
    """For programs; ``facts``: what else there is to know of it."""
    document = {
        "title": campaign.title,
        "file": campaign.path.name,
        "campaign_sha256": campaign.sha256,
        "seed": campaign.schema.campaign.seed,
        **facts,
        **table.to_json(),
        "verdict_meanings": VERDICTS,
        "instruments": INSTRUMENTS,
        "sensors_on_board": SENSORS,
    }
    return json.dumps(document, indent=2, allow_nan=False)


def to_csv(table: Table) -> str:
    """For spreadsheets: a line for each fault and fixture; counted words are joined."""
    out = io.StringIO()
    lines = [line.to_json() for line in (*table.lines, *table.totals)]
    if lines:
        writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in line.items()} for line in lines)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return "; ".join(f"{name} {count}" for name, count in value.items()) if isinstance(value, dict) else value


def to_markdown(table: Table, campaign: Campaign, facts: Mapping[str, Any]) -> str:
    """For documents: verdicts, by fault, by fault and fixture, and what cannot be seen."""
    heads = [heading.replace("-\n", "").replace("\n", " ") for heading in HEADINGS]
    by_fixture = [(line.kind, line.fixture, *cells(line)[1:]) for line in table.lines]
    verdicts = [(name, f"{table.count(name):,}", meaning) for name, meaning in VERDICTS.items()]
    versions = ", ".join(f"{package} {number}" for package, number in facts["versions"].items())
    parts = [
        f"# {campaign.title}\n",
        f"Made by `isostack campaign {campaign.path.name}`: {table.runs:,} runs with a fault, seed "
        f"{campaign.schema.campaign.seed}; sources {facts['code_sha256'][:12]}, engine {facts['engine']}, "
        f"{versions}.\n",
        _markdown(("verdict", "runs", "meaning"), verdicts),
        f"\n{_sentence(over_hard(table))}\n\n{_sentence(healthy(table))}",
        "\n## By fault\n",
        _markdown(heads, [cells(line) for line in table.totals]),
        "\n## By fault and fixture\n",
        _markdown([heads[0], "fixture", *heads[1:]], by_fixture),
        "\n## Over the hard limit\n",
        _markdown(OVER, over_runs(table)),
        "\n## To be borne with\n",
        _markdown(TOLERATED, tolerated(table)),
        "\n## Actuators that were told to move\n",
        _markdown(ANSWERS, answers(table)),
        "\n## Not shown by the controller, and what would show it\n",
        _markdown(BLIND, blind(table)),
    ]
    return "\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
