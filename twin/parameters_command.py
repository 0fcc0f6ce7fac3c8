"""The command `isostack parameters`: every value of a cell with its source, as a table, JSON or a BPX file."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from twin.documents import read_toml
from twin.errors import InputError

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the section [cell]; may be given several times."),
]


def parameters(
    file: Annotated[
        Path | None, typer.Argument(help="Input file (TOML) or BPX file (JSON); a 13 mm die when left out.")
    ] = None,
    set_: Set = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.json", help="Write the cell as a BPX file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print names, values, kinds and sources as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Show what a cell is made of: every parameter with its range and source, and how its materials get on.

    A cell written with --to can be named in an input file: `bpx = "FILE.json"` in [cell].
    """
    from twin.cell_values import cell_values
    from twin.parameters import load

    cell = section(file, set_ or ())
    chosen = load(cell.chemistry)
    values = {**chosen.values(), **cell_values(cell, chosen)}
    if to is not None:
        from twin import bpx_file

        if to.exists() and not force:
            raise InputError(f"{to}: is there already; --force replaces it")
        print(f"wrote {bpx_file.write(to, chosen, values, bpx_file.size_of(cell))}")
    elif json:
        from json import dumps

        rows = [row(name, values[name], entry) for name, entry in sorted(chosen.entries.items())]
        print(dumps({"cell": chosen.description, "warnings": chosen.warnings, "parameters": rows}, indent=1))
    else:
        _table(chosen, values)


def section(file: Path | None, overrides: Sequence[str]) -> Any:
    """The section `[cell]` of ``file`` with ``overrides``; one line for what is wrong with it."""
    from twin.files import CellSection, beside

    keys: dict[str, Any] = {}
    if file is not None and file.suffix == ".json":
        keys["bpx"] = str(file)
    elif file is not None:
        cell = read_toml(file).get("cell")
        if not isinstance(cell, dict):
            raise InputError(f"{file}: has no section [cell]; name an input file, or a BPX file (.json)")
        keys = beside(cell, file)
    for item in overrides:
        key, equals, text = item.partition("=")
        if not equals:
            raise InputError(f"--set {item}: write KEY=VALUE")
        keys[key.strip().removeprefix("cell.")] = _value(text.strip())
    if not keys.keys() & {"diameter_mm", "area_cm2", "bpx"}:
        keys["diameter_mm"] = 13.0
    try:
        return CellSection.model_validate(keys)
    except ValidationError as error:
        first: Any = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("cell", *first["loc"]))
        raise InputError(f"{file or '--set'}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def _value(text: str) -> Any:
    """As TOML has it; a bare word is a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def row(name: str, value: float, entry: Any) -> dict[str, Any]:
    """One parameter for programs."""
    return {
        "name": name, "value": value, "low": entry.low, "high": entry.high, "kind": entry.kind, "source": entry.source,
    }  # fmt: skip


def _table(chosen: Any, values: dict[str, float]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, title=chosen.description, title_justify="left")
    for column in ("parameter", "value", "kind", "source"):
        table.add_column(column)
    for name, entry in sorted(chosen.entries.items()):
        table.add_row(name, f"{values[name]:.6g}", entry.kind, entry.source)
    for name, function in sorted(chosen.functions.items()):
        table.add_row(name, function.validity, function.kind, function.source)
    console = Console()
    console.print(table)
    for warning in chosen.warnings:
        console.print(f"- {warning}", highlight=False)
