"""The page of all comparisons and its figures, made by `isostack validate --out docs`; a test keeps it current."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.validation import group
from twin.validation.framework import Scored

HEADER = """# Model against published figures

Made by `isostack validate --out docs`; a test keeps it current. Every published point is one cell unless said
otherwise: expect a factor of 2 to 3 between laboratories. *Use* says whether the model was calibrated on a figure,
takes it as an input, or never saw it. A tolerance xF means within that factor either way; |log10| is of the ratio, as
times to short are scored. Misses stand as they are.
"""
FIGURES = Path("figures") / "validation"


def summary(scored: Mapping[str, Sequence[Scored]]) -> str:
    """How many rows are within, in one line."""
    verdicts = [s.verdict for rows in scored.values() for s in rows]
    within, missed, shown = (verdicts.count(word) for word in ("within", "MISS", "-"))
    uses = [s.row.use for rows in scored.values() for s in rows if s.row.tolerance is not None]
    calibrated, inputs, unseen = (uses.count(use) for use in ("calibrated", "input", "not used"))
    return (
        f"{within} of {within + missed} within tolerance, {missed} missed, {shown} shown without a score. "
        f"Of those scored, {calibrated} were calibrated on, {inputs} are inputs, {unseen} the model never saw."
    )


def number(value: float | None, digits: int = 3) -> str:
    """Three digits, for libraries of mathematics differ in the last bits; published figures are given whole."""
    return "-" if value is None else f"{value:.{digits}g}"


def cells(scored: Scored) -> tuple[str, ...]:
    """A row of the table, as words."""
    row = scored.row
    return (
        row.quantity, f"{number(row.published, 6)} {row.unit}".strip(), row.source, row.how, number(scored.model),
        number(scored.ratio), "-" if row.tolerance is None else str(row.tolerance),
        row.use, scored.verdict,
    )  # fmt: skip


COLUMNS = ("figure", "published", "source", "how it was read", "model", "ratio", "tolerance", "use", "verdict")


def document(scored: Mapping[str, Sequence[Scored]]) -> str:
    """The page as Markdown."""
    parts = [HEADER, f"**{summary(scored)}**\n"]
    for name, rows in scored.items():
        found = group(name)
        lines = [f"## {found.title}", "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
        for entry in rows:
            said = [word.replace("|", "\\|") for word in cells(entry)]
            said[-1] = f"**{said[-1]}**" if said[-1] == "MISS" else said[-1]
            lines.append(f"| {' | '.join(said)} |")
        lines += ["", *([found.note, ""] if found.note else [])]
        lines += [f"![{found.title}]({(FIGURES / f'{name}.svg').as_posix()})", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def write(scored: Mapping[str, Sequence[Scored]], folder: Path) -> list[Path]:
    """Write ``validation.md`` and its figures under ``folder``; return their paths."""
    from twin.experiments import figures

    written = []
    for name, rows in scored.items():
        with figures.styled():
            figure = (group(name).draw or against)(rows)
            written.append(figures.save(figure, folder / FIGURES / f"{name}.svg"))
    page = folder / "validation.md"
    work = page.with_name(f".{page.name}.part")
    try:
        work.write_text(document(scored), encoding="utf-8")
        work.replace(page)
    except OSError as error:
        raise InputError(f"{page}: cannot be written: {error.strerror}") from error
    return [page, *written]


def against(scored: Sequence[Scored]) -> Any:
    """Ratio of model to published, one line per row, with its tolerance."""
    from twin.experiments import figures

    drawn = [s for s in scored if s.ratio is not None and s.ratio > 0]
    figure, axes = figures.new(1, 1.2 + 0.3 * len(drawn))
    for i, entry in enumerate(drawn):
        axes.plot([entry.ratio], [i], "o", color=figures.OKABE_ITO[0 if entry.verdict != "MISS" else 1])
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(drawn)), [entry.row.quantity for entry in drawn])
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.set_xlabel("Model / published [1]")
    return figure
