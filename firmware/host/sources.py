"""Which source files a board needs: its entry point, what that imports, and nothing else."""

import ast
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from firmware.host.errors import FirmwareError

OURS = ("controller", "firmware")
IDENTITY = "firmware.identity"  # written by the build, not taken from the tree
ROOT = Path(__file__).parents[2]


def as_it_is(text: str) -> str:
    """No change."""
    return text


def needed(entry: str, root: Path = ROOT, change: Callable[[str], str] = as_it_is) -> dict[str, str]:
    """Text of every file of ours that importing the module ``entry`` loads, by path, in order of path.

    ``change`` is applied to each text before its imports are followed: a module that nobody names any more stays off.

    Raises FirmwareError for a module of ours that is imported but is not there, or that is for hosts only.
    """
    found: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        path = _file(name, root)
        if name == IDENTITY or path in found:
            continue
        if path.startswith("firmware/host/") or path == "controller/vocabulary.py":
            raise FirmwareError(f"{path} is for hosts only, but firmware for a board imports it")
        found[path] = change(_text(root, path))
        waiting += _imports(found[path], root)
        waiting += [parent for parent in [name.rpartition(".")[0]] if parent]
    return dict(sorted(found.items()))


def _file(module: str, root: Path) -> str:
    path = PurePosixPath(*module.split("."))
    return str(path / "__init__.py") if (root / path).is_dir() else f"{path}.py"


def _text(root: Path, path: str) -> str:
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FirmwareError(f"{path} is missing from this installation: install isostack again") from None


def _imports(source: str, root: Path) -> list[str]:
    """Modules of ours that ``source`` imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names += [name for name in inner if name == IDENTITY or (root / _file(name, root)).is_file()]
    return [name for name in names if name.partition(".")[0] in OURS]
