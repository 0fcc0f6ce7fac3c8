"""Mutants that no test can tell from the original, each with the reason: `equivalent.toml`."""

import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("equivalent.toml")
Key = tuple[str, str, str, str, int]


def read(text: str) -> dict[Key, str]:
    """The reason of each listed mutant.

    Raises
    ------
    ValueError
        If an entry is incomplete, gives no reason worth the name, or stands twice.
    """
    listed: dict[Key, str] = {}
    for entry in tomllib.loads(text).get("equivalent", []):
        unknown = entry.keys() - {"file", "function", "line", "change", "nth", "why"}
        if unknown or len(entry.get("why", "").split()) < 4:
            raise ValueError(f"{entry}: file, function, line, change, nth (1 unless given) and a reason are wanted")
        key = (entry["file"], entry["function"], entry["line"], entry["change"], entry.get("nth", 1))
        if key in listed:
            raise ValueError(f"{key} is listed twice")
        listed[key] = entry["why"]
    return listed


def faults(listed: dict[Key, str], killed: dict[Key, str], survived: set[Key]) -> list[str]:
    """What is wrong between the list and a whole run: ``killed`` by which test, and ``survived``."""
    return [
        *(f"survives, and is not listed: {_words(k)}" for k in sorted(survived - listed.keys())),
        *(f"is listed, but {killed[k]} tells it apart: {_words(k)}" for k in sorted(listed.keys() & killed.keys())),
        *(f"is listed, but is not there: {_words(k)}" for k in sorted(listed.keys() - killed.keys() - survived)),
    ]


def _words(key: Key) -> str:
    file, function, line, change, nth = key
    which = f" (number {nth})" if nth > 1 else ""
    return f"{file} {function}: {line}: {change}{which}"
