"""`isostack campaign`: the runs that are missing, then table, figure and files."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from hil.campaign import report
from hil.campaign.execute import Certificates, execute
from hil.campaign.figure import campaign_figure
from hil.campaign.file import read
from hil.campaign.plan import plan
from hil.campaign.results import Table, tabulate
from hil.campaign.store import NAME, Store, code_sha256
from hil.journal import explain
from twin.cache import compiler

PACKAGES = ("isostack", "pybamm", "casadi", "numpy")


@dataclass(frozen=True)
class Done:
    """A campaign that has been run to its end."""

    title: str
    table: Table
    json: str
    paths: tuple[Path, ...]


def campaign(
    path: Path,
    folder: Path,
    *,
    runs: int | None = None,
    only: Sequence[str] = (),
    workers: int | None = None,
    scheduler: str | None = None,
    certificates: Certificates | None = None,
    engine: str = "auto",
    anew: bool = False,
    console: Console,
) -> Done:
    """Run what is missing of a campaign; write its table (JSON, CSV, Markdown) and its figure into ``folder``.

    Raises
    ------
    twin.errors.InputError
        If the file is wrong, the folder holds another campaign, or the scheduler does not answer.
    hil.journal.LogError
        If the folder cannot be written.
    """
    given = read(path)
    draws = plan(given, runs=runs, only=only)
    with Store(folder, given, anew=anew) as store, _bar(console, len(draws)) as progress:
        results = execute(
            given, draws, store, workers=workers, scheduler=scheduler, certificates=certificates,
            engine=engine, progress=progress,
        )  # fmt: skip
    table = tabulate(results)
    facts = {
        "code_sha256": code_sha256(),
        "engine": "vm" if engine == "vm" or compiler() is None else "c",
        "versions": {package: version(package) for package in PACKAGES},
    }
    json = report.to_json(table, given, facts)
    name = path.stem
    written = [folder / NAME]
    for suffix, text in (
        (".json", json + "\n"),
        (".csv", report.to_csv(table)),
        (".md", report.to_markdown(table, given, facts)),
    ):
        written.append(_write(folder / f"{name}{suffix}", text))
    if table.totals:
        written.append(campaign_figure(table, folder / f"{name}.png", given.title))
    return Done(given.title, table, json, tuple(written))


def _write(path: Path, text: str) -> Path:
    """Under its name there is the whole text, or what was there before."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise explain(error, path, "write the table") from None
    finally:
        part.unlink(missing_ok=True)
    return path


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Callable[[int], Any]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("runs", total=total)
        yield lambda done: bars.update(task, completed=done)
