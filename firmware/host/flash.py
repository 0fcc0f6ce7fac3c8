"""Order of a flash: whatever stops it, the board starts the old firmware, the new one, or nothing."""

import errno
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol

from firmware.host.build import LIST, MAIN, sha256
from firmware.host.errors import FirmwareError

FOLDERS = ("controller", "firmware")  # ours; what lies elsewhere on the board, its record too, stays
FRESH = MAIN + ".new"
BLOCK = 4096  # the Pico's filesystem hands out room in such pieces


class Files(Protocol):
    """A board's filesystem. Paths are relative to its root; what the board refuses is an OSError."""

    def tree(self) -> dict[str, int]:
        """Size [bytes] of every file by path; folders end in a slash."""

    def room(self) -> int:
        """Free bytes."""

    def make(self, folder: str) -> None:
        """Makes one folder."""

    def remove(self, path: str) -> None:
        """Removes one file, or one empty folder."""

    def write(self, path: str, data: bytes) -> None:
        """Writes one file, in place of what was there."""

    def rename(self, old: str, new: str) -> None:
        """Renames one file, at once."""

    def sha256(self, path: str) -> str:
        """SHA-256 in hexadecimal, taken on the board."""


def install(board: Files, files: Mapping[str, bytes], say: Callable[[str], None] = lambda line: None) -> None:
    """Puts ``files`` on the board: main.py leaves first and comes back last, after all else is verified.

    ``say`` hears one line per file. Raises FirmwareError; then main.py is as before, or absent.
    """
    there = board.tree()
    _check_room(board, there, files)
    try:
        _remove(board, there, MAIN)
        # Backwards, so that a folder comes after what is in it.
        for path in sorted(there, reverse=True):
            if path.partition("/")[0] in FOLDERS and not _wanted(path, files):
                board.remove(path)
                say(f"{path} removed")
        _make_folders(board, there, files)
        for path, data in files.items():
            if path not in (LIST, MAIN):
                _put(board, there, path, data, say)
        _put(board, {}, LIST, files[LIST], say)
        _put(board, {}, FRESH, files[MAIN], say)
        board.rename(FRESH, MAIN)
        _verify(board, MAIN, files[MAIN])
    except OSError as error:
        _explain(error)


def _check_room(board: Files, there: Mapping[str, int], files: Mapping[str, bytes]) -> None:
    """Refuses before anything is touched."""
    ours = [path for path in there if path.partition("/")[0] in FOLDERS or path in files]
    have = board.room() + sum(_blocks(there[path]) for path in ours)
    want = sum(_blocks(len(data)) for data in files.values()) + 2 * BLOCK * (len(FOLDERS) + 3)
    if have < want:
        raise FirmwareError(
            f"the board's filesystem is full: {want // 1024} KB needed, {have // 1024} KB to be had: "
            "remove files of yours, then flash again"
        )


def _blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _remove(board: Files, there: Mapping[str, int], path: str) -> None:
    if path not in there:
        return
    board.remove(path)
    if path in board.tree():
        raise FirmwareError(
            f"{path}: the board does not let go of it: its filesystem is damaged, erase it and flash again"
        )


def _wanted(path: str, files: Mapping[str, bytes]) -> bool:
    return path in files or (path.endswith("/") and any(other.startswith(path) for other in files))


def _make_folders(board: Files, there: Mapping[str, int], files: Mapping[str, bytes]) -> None:
    """Outer ones first."""
    wanted = {path[: i + 1] for path in files for i, letter in enumerate(path) if letter == "/"}
    for folder in sorted(wanted - set(there)):
        board.make(folder.rstrip("/"))


def _put(board: Files, there: Mapping[str, int], path: str, data: bytes, say: Callable[[str], None]) -> None:
    """Writes and verifies one file, unless the board has it already."""
    if there.get(path) == len(data) and board.sha256(path) == sha256(data):
        say(f"{path} unchanged")
        return
    board.write(path, data)
    _verify(board, path, data)
    say(f"{path} written")


def _verify(board: Files, path: str, data: bytes) -> None:
    if board.sha256(path) != sha256(data):
        raise FirmwareError(
            f"{path}: the board holds other bytes than were sent: flash again, replace the board if it persists"
        )


def _explain(error: OSError) -> NoReturn:
    if error.errno == errno.ENOSPC:
        raise FirmwareError("the board's filesystem is full: remove files of yours, then flash again") from error
    raise FirmwareError(f"the board refuses to store files ({error}): its filesystem may be damaged") from error
