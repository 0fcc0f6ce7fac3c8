"""Figures of runs: one cycle with its fixtures, a comparison, a sweep.

Matplotlib is slow to import and is imported only here, when a figure is drawn; figures go to files and never need a
display. The same data give the same bytes. Colours are Okabe and Ito's, which colour-blind readers tell apart, and
line styles differ too, for print.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hil.columns import CURRENT, PRESSURE, SETPOINT, THICKNESS, TIME, VOLTAGE
from hil.journal import explain
from hil.log import Log, LogError
from hil.metrics import SETTLE_PERCENT, Goal, settle_share, settled_from

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

Array = np.ndarray[Any, np.dtype[Any]]

POINTS: Final = 3000
CHARACTER_IN: Final = 0.085  # width of a legend's character, most of them [in]
TITLE_CHARACTER_IN: Final = 0.1
HANDLE_IN: Final = 0.75
FORMATS: Final = (".png", ".svg", ".pdf")
OKABE_ITO: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#B8A800")
STYLES: Final[tuple[Any, ...]] = (
    "-",
    "--",
    "-.",
    (0, (1, 1.2)),
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    (0, (3, 1)),
    (0, (1, 3)),
)
_STYLE: Final = {
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.5,
    "svg.hashsalt": "isostack",
    "svg.fonttype": "path",
}


def envelope(times: Array, values: Array, points: int = POINTS) -> tuple[Array, Array]:
    """Fewer points with the same outline: no peak is lost.

    Rows are divided into equal stretches; of each, the lowest and the highest value stay, in their order, as do the
    first and the last row. NaNs are skipped within a stretch that has other values.

    Args:
        times: shape (n,).
        values: shape (n,).
        points: about how many to keep, at least 4.

    Returns:
        Times and values, shape (m,) with m <= max(points, 4) + 2, or the input where it is short enough.
    """
    count = len(values)
    stretches = max(points, 4) // 2
    if count <= 2 * stretches:
        return times, values
    edges = np.linspace(0, count, stretches + 1).astype(int)
    finite = np.nan_to_num(np.asarray(values, float), nan=math.inf)
    kept = [0, count - 1]
    for start, end in pairwise(edges):
        kept.append(start + int(np.argmin(finite[start:end])))
        part = finite[start:end]
        kept.append(start + int(np.argmax(np.where(part == math.inf, -math.inf, part))))
    index = np.unique(kept)
    return times[index], values[index]


@dataclass(frozen=True)
class Trace:
    """One quantity over time, already thinned: hours and values, both shape (m,)."""

    hours: Array
    values: Array


@dataclass(frozen=True)
class Series:
    """What the figures show of one run.

    Attributes:
        label: its name in the legend.
        actuated: whether its pressure is regulated; such runs appear in the panel of deviations.
        traces: thinned traces: `pressure_MPa`, `setpoint_MPa`, `deviation_percent` (from the own settled mean, of
            the setpoint), `voltage_V`, `current_mA_per_cm2` (or `current_mA` without an area), `thickness_um`.
        settled_from_h: hours from which figures count.
    """

    label: str
    actuated: bool
    traces: Mapping[str, Trace] = field(repr=False)
    settled_from_h: float = 0.0

    @classmethod
    def of(
        cls,
        label: str,
        columns: Mapping[str, Array],
        *,
        actuated: bool = False,
        electrode_cm2: float | None = None,
        settle_percent: float = SETTLE_PERCENT,
        points: int = POINTS,
    ) -> Series:
        """Series of a run's columns, named as in the log (a `Log` will do), each of shape (n,), n >= 1."""
        times = np.asarray(columns[TIME], float)
        start = settled_from(float(times[0]), float(times[-1]), settle_percent)
        traces: dict[str, Trace] = {}

        def keep(name: str, values: Array) -> None:
            thin_times, thin = envelope(times, values, points)
            traces[name] = Trace(thin_times / 3600, thin)

        pressure, setpoint = columns[PRESSURE], columns[SETPOINT]
        late = times >= start
        keep("pressure_MPa", pressure / 1e6)
        keep("setpoint_MPa", setpoint / 1e6)
        keep("deviation_percent", (pressure - pressure[late].mean()) / (setpoint[late].mean() or np.nan) * 100)
        keep("voltage_V", columns[VOLTAGE])
        if electrode_cm2:
            keep("current_mA_per_cm2", columns[CURRENT] * 1e3 / electrode_cm2)
        else:
            keep("current_mA", columns[CURRENT] * 1e3)
        keep("thickness_um", columns[THICKNESS] * 1e6)
        return cls(label, actuated, traces, start / 3600)

    @classmethod
    def of_log(cls, log: Log, label: str, *, actuated: bool = False, points: int = POINTS) -> Series:
        """Series of a log.

        Raises:
            LogError: the log is damaged or has no rows.
        """
        names = (TIME, PRESSURE, SETPOINT, VOLTAGE, CURRENT, THICKNESS)
        parts = list(log.batches(names))
        if not sum(len(part[TIME]) for part in parts):
            raise LogError(f"{log.path}: has no rows, there is nothing to draw")
        columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
        area = log.metadata.get("electrode_cm2")
        share = settle_share(log)
        return cls.of(label, columns, actuated=actuated, electrode_cm2=area, settle_percent=share, points=points)


# --- figures ----------------------------------------------------------------------------------------------


def cycle_figure(runs: Sequence[Series], path: Path, title: str = "", goal: Goal | None = None) -> Path:
    """One cycle in several fixtures: pressure, deviation of the actuated runs, voltage, current and thickness.

    Args:
        runs: the run the figure is about first, its companions after it; voltage, current and thickness are those
            of the first.
        path: `.png`, `.svg` or `.pdf`.
        title: above the figure.
        goal: bounds drawn in the panel of deviations.

    Returns:
        The path.

    Raises:
        LogError: unknown suffix, or the file system refuses.
    """
    held = [run for run in runs if run.actuated]
    heights = [3.0, *([1.7] if held else []), 1.1, 1.0, 1.0]
    with drawing(path, (8.0, 9.0 if held else 7.6)) as figure:
        axes = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
        panels = iter(axes)
        _pressures(next(panels), runs)
        if held:
            _deviations(next(panels), runs, goal or Goal())
        first = runs[0].traces
        current = "current_mA_per_cm2" if "current_mA_per_cm2" in first else "current_mA"
        unit = "mA/cm²" if current == "current_mA_per_cm2" else "mA"
        for name, text in (
            ("voltage_V", "Voltage\n[V]"),
            (current, f"Current\n[{unit}]"),
            ("thickness_um", "Thickness\nchange [µm]"),
        ):
            axis = next(panels)
            axis.plot(first[name].hours, first[name].values, color="#333333", lw=1.3)
            axis.set_ylabel(text)
        axis.set_xlabel("Time [h]")
        _span(axes, runs)
        _legend(figure, axes[0], title)
        figure.align_ylabels()
    return path


def compare_figure(runs: Sequence[Series], path: Path, title: str = "") -> Path:
    """Several runs: their pressures over time, and beside them the swing of each in % of the setpoint.

    Bars are on a logarithmic scale, since a fixed gap and a regulated frame differ a hundredfold.

    Raises:
        LogError: unknown suffix, or the file system refuses.
    """
    with drawing(path, (8.0, 4.6 + 0.3 * len(runs))) as figure:
        # Two parts, so that the names beside the bars do not push the pressures to the right.
        parts: Any = figure.subfigures(2, 1, height_ratios=[3.6, 1.0 + 0.3 * len(runs)])
        above, below = parts
        axis = above.subplots()
        _pressures(axis, runs)
        axis.set_xlabel("Time [h]")
        _span([axis], runs)
        _legend(above, axis, title)
        _bars(below.subplots(), runs)
    return path


def sweep_figure(
    key: str, values: Sequence[float], swings_percent: Mapping[str, Sequence[float]], path: Path, title: str = ""
) -> Path:
    """Swing of the pressure against the value of a swept key.

    Args:
        key: the swept key as the user wrote it; its unit is in it.
        values: what it was set to, in any order.
        swings_percent: per variant, the swing at each value [% of the setpoint].
        path: `.png`, `.svg` or `.pdf`.
        title: above the figure.

    Raises:
        LogError: unknown suffix, or the file system refuses.
    """
    order = np.argsort(np.asarray(values, float), kind="stable")
    at = np.asarray(values, float)[order]
    shown = np.concatenate([np.asarray(swing, float) for swing in swings_percent.values()])
    with drawing(path, (8.0, 4.6)) as figure:
        axis = figure.subplots()
        for number, (label, swing) in enumerate(swings_percent.items()):
            axis.plot(at, np.asarray(swing, float)[order], marker="o", label=label, **_look(number))
        axis.set_xlabel(key)
        axis.set_ylabel("Swing of pressure [% of setpoint]")
        if _wide(at):
            axis.set_xscale("log")
            axis.set_xticks(at, [f"{value:g}" for value in at])
            axis.minorticks_off()
        if _wide(shown):
            axis.set_yscale("log")
            _plain_log_ticks(axis.yaxis)
        else:
            axis.set_ylim(bottom=0)
        _legend(figure, axis, title)
    return path


def _look(number: int) -> dict[str, Any]:
    """Colour and line style of the run of that number, told apart up to eight."""
    return {"color": OKABE_ITO[number % 8], "linestyle": STYLES[number % 8]}


def _plain_log_ticks(axis: Axis) -> None:
    """A logarithmic axis that reads 0.5, 1, 2, 5, 10 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _wide(values: Array) -> bool:
    """Whether values need a logarithmic axis: all positive, and over a decade apart."""
    good = values[np.isfinite(values)]
    return len(good) > 1 and bool(good.min() > 0) and bool(good.max() >= 8 * good.min())


def _pressures(axis: Axes, runs: Sequence[Series]) -> None:
    setpoint = runs[0].traces["setpoint_MPa"]
    axis.plot(setpoint.hours, setpoint.values, color="#777777", lw=1.0, ls=(0, (2, 2)), label="setpoint", zorder=1.5)
    # The first run is what the figure is about: it lies on top.
    for number, run in reversed(list(enumerate(runs))):
        trace = run.traces["pressure_MPa"]
        width = 2.0 if number == 0 else 1.6
        axis.plot(trace.hours, trace.values, label=run.label, zorder=3 - number / 10, lw=width, **_look(number))
    axis.set_ylabel("Stack pressure\n[MPa]")


def _deviations(axis: Axes, runs: Sequence[Series], goal: Goal) -> None:
    bound = goal.max_deviation_percent
    axis.axhspan(-bound, bound, color="#009E73", alpha=0.10, lw=0)
    axis.axvspan(-1e9, runs[0].settled_from_h, color="#999999", alpha=0.15, lw=0)
    peak = bound
    for number, run in enumerate(runs):
        trace = run.traces["deviation_percent"]
        if not run.actuated and np.ptp(trace.values) > 20 * bound:
            continue  # a steep line across the panel says nothing
        # The others may run out of the panel: that is what they are here to show.
        width = 0.7 if run.actuated else 1.1
        axis.plot(trace.hours, trace.values, zorder=3 if run.actuated else 2, lw=width, **_look(number))
        settled = trace.values[trace.hours >= run.settled_from_h]
        if run.actuated:
            peak = max(peak, float(np.nanmax(np.abs(settled), initial=0)))
    axis.set_ylim(-1.25 * peak, 1.25 * peak)
    axis.set_ylabel("Deviation\n[% of setpoint]")
    note = f"green: goal, ±{bound:g} %;  grey: settling, not counted"
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1}
    axis.text(
        0.995, 0.03, note, transform=axis.transAxes, ha="right", va="bottom", fontsize=9, color="#333333", bbox=box
    )


def _bars(axis: Axes, runs: Sequence[Series]) -> None:
    swings = []
    for run in runs:
        trace = run.traces["deviation_percent"]
        swings.append(float(np.ptp(trace.values[trace.hours >= run.settled_from_h])))
    rows = range(len(runs))
    axis.barh(rows, swings, color=[OKABE_ITO[row % 8] for row in rows], height=0.7)
    if _wide(np.asarray(swings)):
        axis.set_xscale("log")
        _plain_log_ticks(axis.xaxis)
    for row, swing in zip(rows, swings, strict=True):
        axis.annotate(f"{swing:.3g} %", (swing, row), (4, 0), textcoords="offset points", va="center", fontsize=9.5)
    axis.set_yticks(list(rows), [run.label for run in runs])
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.margins(x=0.12)
    axis.set_xlabel("Swing of pressure, settled [% of setpoint]")


def _span(axes: Sequence[Axes], runs: Sequence[Series]) -> None:
    ends = [run.traces["pressure_MPa"].hours for run in runs]
    low, high = min(hours[0] for hours in ends), max(hours[-1] for hours in ends)
    if high > low:
        axes[-1].set_xlim(0 if low < 0.01 * high else low, high)


def _legend(figure: Figure | SubFigure, axis: Axes, title: str) -> None:
    """Legend above the panels, in reading order, where it hides no data."""
    lines, labels = axis.get_legend_handles_labels()
    order = sorted(range(len(lines)), key=lambda i: (labels[i] == "setpoint", -lines[i].get_zorder()))
    inches = figure.bbox.width / figure.dpi
    fitting = int(inches / (HANDLE_IN + CHARACTER_IN * max(map(len, labels), default=0)))
    figure.legend(
        [lines[i] for i in order],
        [labels[i] for i in order],
        loc="outside upper center",
        ncols=max(1, min(3 if len(order) != 4 else 4, len(order), fitting)),
        frameon=False,
        handlelength=2.8,
        title=fill(title, int(inches / TITLE_CHARACTER_IN)) or None,
        title_fontproperties={"weight": "bold", "size": 11},
    )


@contextmanager
def drawing(path: Path, inches: tuple[float, float]) -> Iterator[Figure]:
    """A figure, written at the end of the block; under its name there is a whole one or none."""
    if path.suffix not in FORMATS:
        raise LogError(f"{path}: unknown figure format {path.suffix!r}: use {', '.join(FORMATS)}")
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        # A user's own matplotlibrc must not change the bytes.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        part = path.with_name(f".{path.name}.part")
        dated = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
        try:
            figure.savefig(
                part, format=path.suffix[1:], dpi=150, metadata=dated.get(path.suffix, {"CreationDate": None})
            )
            part.replace(path)
        except OSError as error:
            raise explain(error, path, "write the figure", kept=False) from None
        finally:
            with suppress(OSError):  # where nothing can be removed, nothing was made
                part.unlink(missing_ok=True)
