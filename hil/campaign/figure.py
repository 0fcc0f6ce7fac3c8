"""The figure of a campaign: pressure against the hard limit, time to the safe state, what was shown; by fault."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hil.campaign.faults import FAMILIES
from hil.campaign.results import Line, Table
from hil.figures import OKABE_ITO, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_in, ROW_in, MARGIN_in = 8.0, 0.215, 1.6
MARKERS = "osD^v<>P"
SHARES = (("caught", "shown", OKABE_ITO[0]), ("unprevented", "shown, not prevented", OKABE_ITO[4]),
          ("harmless", "harmless", "#c8c8c8"), ("missed", "missed", OKABE_ITO[1]))  # fmt: skip
FASTEST_S = 0.05  # left end of the time axis: half a tick
LEAST_OF_HARD = 0.55  # left end of the pressure axis


def campaign_figure(table: Table, path: Path, title: str = "") -> Path:
    """Draw the campaign to ``path``; the same table gives the same bytes."""
    kinds = [line.kind for line in table.totals]
    rows = {kind: len(kinds) - 1 - i for i, kind in enumerate(kinds)}
    fixtures = list(dict.fromkeys(line.fixture for line in table.lines))
    with drawing(path, (WIDTH_in, MARGIN_in + ROW_in * max(len(kinds), 3))) as made:
        pressure, time, shown = made.subplots(1, 3, sharey=True, width_ratios=(1.1, 1.1, 1.0))
        _pressure(pressure, table, rows, fixtures)
        _time(time, table, rows)
        _shown(shown, table, rows)
        pressure.set_yticks(list(rows.values()), [kind.replace("_", " ") for kind in kinds], fontsize=8.5)
        pressure.set_ylim(-0.7, len(kinds) - 0.3)
        for axes in (pressure, time, shown):
            _families(axes, kinds, rows)
            axes.tick_params(axis="y", length=0)
        made.legend(ncols=4, loc="outside lower center", frameon=False, fontsize=8.5)
        made.suptitle(title, fontsize=10)
    return path


def _families(axes: "Axes", kinds: list[str], rows: dict[str, int]) -> None:
    """A line between one family of faults and the next."""
    family = {kind: name for name, members in FAMILIES.items() for kind in members}
    for before, after in pairwise(kinds):
        if family[before] != family[after]:
            axes.axhline(rows[after] + 0.5, color="#888888", linewidth=0.6)


def _pressure(axes: "Axes", table: Table, rows: dict[str, int], fixtures: list[str]) -> None:
    for i, fixture in enumerate(fixtures):
        lines = [line for line in table.lines if line.fixture == fixture]
        values = [max(100 * line.peak_of_hard, 100 * LEAST_OF_HARD) for line in lines]
        axes.plot(values, [rows[line.kind] for line in lines], linestyle="none", marker=MARKERS[i % len(MARKERS)],
                  markersize=5, color=OKABE_ITO[i % len(OKABE_ITO)], alpha=0.85, label=fixture)  # fmt: skip
    axes.axvline(100, color="black", linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xlim(95 * LEAST_OF_HARD, max(160.0, 110 * max((line.peak_of_hard for line in table.lines), default=1.0)))
    ticks = [tick for tick in (60, 80, 100, 150, 200, 300, 500, 1000) if tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("highest true pressure\n/ % of the hard limit (line)")


def _time(axes: "Axes", table: Table, rows: dict[str, int]) -> None:
    timed = [line for line in table.totals if line.safe_p50_s is not None]
    for line in timed:
        low, middle, high = (max(v or 0.0, FASTEST_S) for v in (line.safe_p50_s, line.safe_p95_s, line.safe_max_s))
        axes.plot([low, high], [rows[line.kind]] * 2, color=OKABE_ITO[2], linewidth=1.2)
        axes.plot([low], [rows[line.kind]], marker="o", markersize=4.5, color=OKABE_ITO[2])
        axes.plot([middle], [rows[line.kind]], marker="|", markersize=8, color=OKABE_ITO[2])
    for size, marker, label in ((4.5, "o", "time: half of the runs"), (8.0, "|", "95 %, line to the longest")):
        axes.plot([], [], linestyle="none", marker=marker, markersize=size, color=OKABE_ITO[2], label=label)
    axes.set_xscale("log")
    axes.set_xlim(left=FASTEST_S * 0.8)
    axes.set_xlabel("from fault to safe state / s")


def _shown(axes: "Axes", table: Table, rows: dict[str, int]) -> None:
    at = [rows[line.kind] for line in table.totals]
    left = np.zeros(len(at))
    for name, label, colour in SHARES:
        share = np.array([_share(line, name) for line in table.totals])
        axes.barh(at, share, left=left, height=0.72, color=colour, label=label)
        left = left + share
    axes.set_xlim(0, 100)
    axes.set_xlabel("what became of the runs\n/ %")
    axes.grid(False)


def _share(line: Line, name: str) -> float:
    return 100 * float(getattr(line, name)) / line.runs
