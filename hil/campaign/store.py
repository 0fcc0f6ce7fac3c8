"""Results kept as they come: one line each, so that a campaign that was killed goes on where it stopped."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import IO, Any, Self

from hil.campaign.file import Campaign
from hil.journal import LogError, check_regular
from twin.errors import InputError

FORMAT = 1
NAME = "runs.jsonl"
CODE = ("controller", "firmware", "hil", "twin")


@cache
def code_sha256() -> str:
    """Digest of the sources that a result follows from."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[2]
    for package in CODE:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".c"):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class Store:
    """Results of one campaign in a folder; open it with ``with``.

    Attributes
    ----------
    held : dict of str to dict
        Results by the name of their run.
    """

    def __init__(self, folder: Path, campaign: Campaign, *, anew: bool = False) -> None:
        """Open or begin; ``anew`` drops what is there.

        Raises
        ------
        twin.errors.InputError
            If results of another campaign, or of other code, are there.
        hil.journal.LogError
            If the folder cannot be written.
        """
        self.path = folder / NAME
        self.held: dict[str, dict[str, Any]] = {}
        self._head = {"format": FORMAT, "campaign": campaign.sha256, "code": code_sha256()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if anew:
                self.path.unlink(missing_ok=True)
            self._file = self._opened()
        except OSError as error:
            raise LogError(f"{folder}: cannot be written to: {error.strerror}; choose another with --out") from error

    def _opened(self) -> IO[bytes]:
        """The file, behind its last whole line."""
        lines, whole = _whole_lines(self.path)
        if not lines:
            file = self.path.open("wb")
            file.write(_line(self._head))
            file.flush()
            return file
        if lines[0] != self._head:
            raise InputError(
                f"{self.path}: results of another campaign, or made by other code: "
                "choose another --out, or --force to begin anew"
            )
        self.held = {line["key"]: line for line in lines[1:]}
        os.truncate(self.path, whole)
        return self.path.open("ab")

    def keep(self, result: dict[str, Any]) -> None:
        """Keep one result."""
        self._file.write(_line(result))
        self._file.flush()
        self.held[result["key"]] = result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode() + b"\n"


def _whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The lines that were written to their end, and where they stop; a kill may have torn the last."""
    if path.exists():
        check_regular(path, "read the results")
    data = path.read_bytes() if path.exists() else b""
    lines: list[dict[str, Any]] = []
    end = 0
    for line in data.splitlines(keepends=True):
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not line.endswith(b"\n") or not isinstance(content, dict):
            break
        lines.append(content)
        end += len(line)
    return lines, end
