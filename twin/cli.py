"""Commands of the twin: `isostack experiment` and `isostack validate`."""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.errors import InputError
from twin.folder import make_writable

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter; may be given several times."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
SHOWN = 12  # rows of a curve in the table; JSON and figure have them all


def experiment(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which experiment; all are listed when left out.")] = None,
    set_: Set = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the result (JSON) and its figure there.")
    ] = None,
    help_: Annotated[
        bool, typer.Option("--help", help="With a name: its parameters with bounds and defaults.")
    ] = False,
) -> None:
    """Run a virtual experiment on the twin: a headline, its curve, and what was assumed.

    Lists are written `--set pressure_history_MPa=5,10,25`. A value without bound is printed as inf, in JSON as
    Infinity, which Python's json reads.
    """
    from twin import experiments

    if name is None:
        if help_:
            typer.echo(ctx.get_help())
        else:
            _list()
        return
    found = experiments.experiment(name)
    if help_:
        _parameters(found)
        return
    given = assignments(set_ or ())
    if out is not None:
        make_writable(out)
    with _bar(name):
        result = found(**given)
    if json:
        print(_json(result))
    else:
        _table(found, result)
    if out is not None:
        _write(result, out)


@contextmanager
def _bar(name: str) -> Iterator[None]:
    """A progress bar on stderr, once a run says how far it is."""
    from rich.console import Console
    from rich.progress import Progress

    from twin.experiments.framework import heard

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: list[Any] = []

        def told(done: float) -> None:
            if not tasks:
                tasks.append(bars.add_task(name, total=1.0))
            bars.update(tasks[0], completed=done)

        with heard(told):
            yield


def assignments(items: Sequence[str]) -> dict[str, str]:
    """``key=value`` items as a mapping; a key given twice is an error."""
    found: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--set {item}: write KEY=VALUE")
        if key.strip() in found:
            raise InputError(f"--set {item}: {key.strip()} is given twice")
        found[key.strip()] = value.strip()
    return found


def _json(result: Any) -> str:
    from json import dumps

    return dumps(result.document(), indent=1)


def _write(result: Any, folder: Path) -> None:
    path = folder / f"{result.experiment}.json"
    work = path.with_name(f".{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work.write_text(_json(result) + "\n", encoding="utf-8")
        work.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    for written in (path, result.save_figure(path.with_suffix(".png"))):
        print(f"wrote {written}", file=sys.stderr)


def _console(width: int = 110) -> Any:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else width)


def _grid(*columns: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _list() -> None:
    from twin import experiments

    table = _grid("experiment", "headline", "unit")
    for name in experiments.NAMES:
        found = experiments.experiment(name)
        table.add_row(name, found.headline, _plain(found.unit))
    _console().print(table)
    _console().print("Parameters of one: isostack experiment NAME --help", markup=False)


def _parameters(found: Any) -> None:
    from twin.experiments.framework import bounds

    table = _grid("parameter", "default", "bounds", "what")
    for key, info in found.parameters.model_fields.items():
        table.add_row(key, _plain(_default(info.default)), _plain(bounds(info)), _plain(info.description or ""))
    console = _console()
    console.print(f"isostack experiment {found.name}: {found.headline} [{found.unit}]", markup=False)
    console.print(table)
    console.print("Change one with --set KEY=VALUE; lists as 5,10,25.", markup=False)


def _default(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (tuple, list)):
        return ",".join(_default(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> Any:
    """Text that keeps its brackets."""
    from rich.text import Text

    return Text(text)


def _table(found: Any, result: Any) -> None:
    from twin.experiments.framework import shown

    console = _console()
    console.print(f"{result.experiment}: {shown(result.value)} {result.unit}  ({found.headline})", markup=False)
    table = _grid(*(name.replace("[", r"\[") for name in result.series))
    rows = list(zip(*result.series.values(), strict=True))
    for row in _spread(rows):
        table.add_row(*(item if isinstance(item, str) else shown(item) for item in row))
    console.print(table)
    for sentence in result.assumptions:
        console.print(f"- {sentence}", markup=False)


def _spread(rows: Sequence[Any]) -> list[Any]:
    """The first row, the last and some between."""
    if len(rows) <= SHOWN:
        return list(rows)
    return [rows[math.floor(i * (len(rows) - 1) / (SHOWN - 1))] for i in range(SHOWN)]


def validate(
    groups: Annotated[list[str] | None, typer.Argument(metavar="[GROUP]...", help="Which; all when left out.")] = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write validation.md and its figures there.")
    ] = None,
) -> None:
    """Set the model beside published figures: value, source, how it was read, ratio, tolerance, verdict.

    Misses are shown and do not change the exit code.
    """
    from twin import validation
    from twin.validation import page

    names = tuple(groups or validation.NAMES)
    for name in names:
        validation.group(name)
    if out is not None:
        make_writable(out)
    scored = {name: validation.group(name).scored() for name in names}
    if json:
        print(_rows(scored))
    else:
        for name, rows in scored.items():
            table = _grid(*page.COLUMNS)
            for row in rows:
                table.add_row(*map(_plain, page.cells(row)))
            _console(160).print(f"\n{validation.group(name).title}", markup=False)
            _console(160).print(table)
        _console().print(page.summary(scored))
    if out is not None:
        for path in page.write(scored, out):
            print(f"wrote {path}", file=sys.stderr)


def _rows(scored: Any) -> str:
    from json import dumps

    found = [
        {
            "group": name, "figure": s.row.quantity, "published": s.row.published, "unit": s.row.unit,
            "source": s.row.source, "how_read": s.row.how, "model": s.model, "ratio": s.ratio,
            "tolerance": None if s.row.tolerance is None else str(s.row.tolerance), "use": s.row.use,
            "verdict": s.verdict,
        }
        for name, rows in scored.items() for s in rows
    ]  # fmt: skip
    return dumps(found, indent=1)
