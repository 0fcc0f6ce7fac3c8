"""TOML and JSON files that a user names: read within bounds, and refused by place without quoting what they hold.

A file named by mistake may be one that is not to be shown, so that errors give line, column and kind of fault only.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.reading import read_bounded

MOST_BYTES = 4_000_000
DEEPEST = 20
"""Levels of tables and arrays within each other."""

_CONTENT = re.compile(r"\((?!at ).*\)|'[^']{2,}'|\"[^\"]{2,}\"")
"""What the parsers quote from a file in their messages: keys, and more than one character."""


def toml_of(path: Path, data: bytes) -> dict[str, Any]:
    """The tables of a TOML file that has been read as ``data``; raises as `read_toml`."""
    text = text_of(path, data)
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:  # also an integer with too many digits, a date that does not exist
        raise InputError(f"{path}: cannot be read: not valid TOML: {_without_content(str(error))}") from None
    check_depth(path, tree)
    return tree


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    twin.errors.InputError
        If it is no regular file, too large, no UTF-8 text, not TOML, or nested deeper than `DEEPEST`. One line that
        quotes nothing of the file.
    """
    return toml_of(path, _bytes(path, "a TOML file"))


def read_json(path: Path) -> Any:
    """What a JSON file holds; raises as `read_toml`."""
    text = text_of(path, _bytes(path, "a JSON file"))
    try:
        tree = json.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: cannot be read: not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except ValueError:  # an integer with too many digits
        raise InputError(f"{path}: cannot be read: not JSON: a number in it is too long") from None
    check_depth(path, tree)
    return tree


def _bytes(path: Path, named: str) -> bytes:
    try:
        if not path.exists():
            raise InputError(f"{path}: cannot be read: no such file")
    except (OSError, ValueError) as error:  # a name that no file can have
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return read_bounded(path, MOST_BYTES, named=named)


def text_of(path: Path, data: bytes) -> str:
    """``data`` as text; raise `InputError` with the line where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: cannot be read: not UTF-8 text at line {line}; save it as UTF-8") from None


def check_depth(path: Path, tree: Any) -> None:
    """Bound the nesting, before anything recursive meets it."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep(path)
        level = [c for node in level for c in _children(node) if isinstance(c, dict | list)]


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []


def _too_deep(path: Path) -> InputError:
    return InputError(f"{path}: nested too deep; at most {DEEPEST} levels")


def _without_content(said: str) -> str:
    return " ".join(_CONTENT.sub("...", said).split())
