"""A file read whole, within a bound: one that is endless, huge or no file at all is refused before it is read."""

import os
import stat
from pathlib import Path

from twin.errors import InputError

# A pipe without a writer must not block, a terminal must not become ours, and bytes stay bytes on Windows.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read_bounded(path: Path, most_bytes: int, *, absent: str = "", named: str = "a file") -> bytes:
    """All bytes of a regular file.

    Parameters
    ----------
    path
        The file; a symbolic link is followed.
    most_bytes
        Largest size that is read; a file that grows meanwhile is refused, too.
    absent
        What to do when there is no such file, added to the message.
    named
        What to name instead of a directory, device or pipe.

    Raises
    ------
    twin.errors.InputError
        No such file, a directory, a device, a pipe or a socket, larger than the bound, or not readable. One line
        without a byte of what the file holds.
    """
    try:
        _check(path, os.stat(path), most_bytes, named)
        handle = os.open(path, _FLAGS)
        with open(handle, "rb") as file:
            _check(path, os.fstat(handle), most_bytes, named)
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{f'; {absent}' if absent else ''}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > most_bytes:
        raise InputError(f"{path}: larger than {most_bytes} bytes, the most that is read")
    return data


def _check(path: Path, found: os.stat_result, most_bytes: int, named: str) -> None:
    """Refuse what is no regular file, or too large."""
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path}: is a directory; name {named} in it")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path}: is a device, a pipe or a socket; name {named}")
    if found.st_size > most_bytes:
        raise InputError(f"{path}: {found.st_size} bytes; at most {most_bytes} bytes are read")
