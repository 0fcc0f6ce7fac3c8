"""Figures of experiments: curves over one abscissa, or one below the other where units differ.

Matplotlib is imported when a figure is drawn, never needs a display, and gives the same bytes for the same data.
Colours are Okabe and Ito's; line styles differ too, for print.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twin.errors import InputError

if TYPE_CHECKING:
    from twin.experiments.framework import Result

OKABE_ITO: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES: Final[tuple[Any, ...]] = ("-", "--", "-.", (0, (1, 1.2)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 1)))
STYLE: Final = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "svg.hashsalt": "isostack",
    "svg.fonttype": "path",
}
MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")
FORMATS: Final = (".png", ".svg", ".pdf")


@contextmanager
def styled() -> Iterator[None]:
    """The house's style, without touching the caller's."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        yield


def new(rows: int = 1, height: float = 4.4) -> tuple[Any, Any]:
    """An 8 inch wide figure and its axes (an array when there are several rows)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots(rows, 1, sharex=True)


def plain(axis: Any) -> None:
    """Numbers such as 0.2 instead of powers of ten along a short logarithmic axis."""
    from matplotlib.ticker import FuncFormatter

    for formatter in (axis.set_major_formatter, axis.set_minor_formatter):
        formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "1235" else ""))


def legend(axes: Any) -> None:
    """A legend outside the data."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)


def unit(column: str) -> str:
    """The unit in a column's name: ``Pressure [MPa]`` -> ``MPa``."""
    return column.rpartition("[")[2].removesuffix("]") if "[" in column else ""


def curves(result: "Result") -> Any:
    """Every numeric column against the first; one row of axes per unit."""
    columns = {name: c for name, c in result.series.items() if not any(isinstance(item, str) for item in c)}
    abscissa, *others = columns
    units = list(dict.fromkeys(map(unit, others)))
    figure, axes = new(len(units), 1.6 + 2.6 * len(units))
    rows: Sequence[Any] = [axes] if len(units) == 1 else list(axes)
    for axis, kind in zip(rows, units, strict=True):
        same = [name for name in others if unit(name) == kind]
        for i, name in enumerate(same):
            marker = "o" if len(columns[name]) < 20 else None
            axis.plot(
                columns[abscissa], columns[name], label=name.partition(" [")[0], color=OKABE_ITO[i % 7],
                linestyle=LINES[i % 7], marker=marker, markersize=4,
            )  # fmt: skip
        axis.set_ylabel(same[0] if len(same) == 1 else f"[{kind}]" if kind else "")
        if len(same) > 1:
            legend(axis)
    rows[-1].set_xlabel(abscissa)
    rows[0].set_title(title(result), loc="left", fontsize=10)
    return figure


def title(result: "Result") -> str:
    """The experiment and its headline."""
    from twin.experiments.framework import shown

    return f"{result.experiment}: {shown(result.value)} {result.unit}"


def save(figure: Any, path: Path) -> Path:
    """Write under a temporary name, then rename: nothing half-written stands under its final name."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: a figure ends in {', '.join(FORMATS)}")
    metadata = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[path.suffix]
    work = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(work, dpi=110, metadata=metadata)
        work.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        work.unlink(missing_ok=True)
    return path
