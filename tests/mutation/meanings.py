"""Faults of sense, which no change of form makes: `meanings.toml`. Each is a mutant that a test has to notice."""

import tomllib
from pathlib import Path

from mutants import Meant

FILE = Path(__file__).with_name("meanings.toml")


def read(text: str) -> list[Meant]:
    """All of them.

    Raises
    ------
    ValueError
        If an entry is incomplete, changes nothing, or two have one name.
    """
    found: list[Meant] = []
    for entry in tomllib.loads(text).get("meaning", []):
        if entry.keys() != {"file", "function", "name", "old", "new"} or entry["old"] == entry["new"]:
            raise ValueError(f"{entry}: file, function, name, old and another new are wanted")
        one = Meant(**entry)
        if any((one.file, one.name) == (other.file, other.name) for other in found):
            raise ValueError(f"{one.file}: {one.name!r} is there twice")
        found.append(one)
    return found


def by_file() -> dict[str, list[Meant]]:
    """Those of `meanings.toml`, where there is one, by the file they are of."""
    found: dict[str, list[Meant]] = {}
    for one in read(FILE.read_text()) if FILE.exists() else []:
        found.setdefault(one.file, []).append(one)
    return found
