"""Commands for boards: `isostack firmware build|flash|info` and `isostack doctor`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from firmware.host.errors import FirmwareError

BAD_INPUT = 2

app = typer.Typer(
    name="firmware",
    help="Builds the firmware of a board, puts it there, and asks a board what it carries.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Board = Annotated[str, typer.Option("--board", metavar="pico|microbit", help="Which board.")]
Port = Annotated[str, typer.Option("--port", help="Serial port of the board; `isostack doctor` lists them.")]
MaybePort = Annotated[
    str | None, typer.Option("--port", help="Serial port of the board; without one: what a build would contain.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder [default: build/BOARD]")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def build(board: Board = "pico", out: Out = None) -> None:
    """Build a board's firmware into a folder, with a manifest; the same sources give the same bytes."""
    from firmware.host import build as builder

    with _told():
        built = builder.image(board)
        folder = out or Path("build") / board
        builder.write(built, folder)
        typer.echo(f"{folder}: {_contents(built)}")


@app.command()
def flash(port: Port) -> None:
    """Put the firmware on a Pico, verify it there, start it, and read back its hello.

    The board's stored record stays. If this is interrupted, the board starts nothing until it is flashed again.
    """
    from firmware.host import build as builder
    from firmware.host import hello, session

    with _told():
        built = builder.image("pico")
        said = session.flash(port, built, typer.echo)
        typer.echo(f"{port}: runs {hello.label('pico', *said[1:5])}")


@app.command()
def info(port: MaybePort = None, board: Board = "pico", json_: Json = False) -> None:
    """Say what the firmware at a port is, or what a build would contain."""
    with _told():
        lines = _of_port(port) if port else _of_build(board)
        _print(lines, json_)


def doctor(json_: Json = False) -> None:
    """What is installed, which boards are seen, what to do next: one line each."""
    from firmware.host import doctor as surgery

    found = surgery.look()
    if json_:
        typer.echo(json.dumps([vars(finding) for finding in found], indent=2))
        return
    for finding in found:
        typer.echo(finding.line())


def _of_port(port: str) -> dict[str, object]:
    from firmware.host import build as builder
    from firmware.host import hello, session

    said = session.ask(port)
    facts: dict[str, object] = {"port": port, "firmware": hello.label(hello.BOARDS.get(said.board), *said[1:5])}
    built = builder.image("pico")
    ours = (said.major, said.minor, said.patch, said.build) == (*built.version, built.build)
    facts["build"] = "the one this isostack makes" if ours else f"not the one this isostack makes ({built.build:07x})"
    return {**facts, **said._asdict()} | {"build number": said.build, "build": facts["build"]}


def _of_build(board: str) -> dict[str, object]:
    from firmware.host import build as builder

    built = builder.image(board)
    facts: dict[str, object] = {"board": board, "contents": _contents(built)}
    return {**facts, **{path: len(data) for path, data in built.files.items()}}


def _contents(built: object) -> str:
    from firmware.host import build as builder
    from firmware.host.hello import label

    assert isinstance(built, builder.Image)
    return f"{label(built.board, *built.version, built.build)}, {len(built.files)} files, {built.size} bytes"


def _print(facts: dict[str, object], json_: bool) -> None:
    if json_:
        typer.echo(json.dumps(facts, indent=2))
        return
    for key, value in facts.items():
        typer.echo(f"{key}: {value}")


@contextmanager
def _told() -> Iterator[None]:
    """What the user can mend: one line, exit 2."""
    try:
        yield
    except FirmwareError as error:
        _fail(str(error))


def _fail(line: str) -> NoReturn:
    print(line, file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
