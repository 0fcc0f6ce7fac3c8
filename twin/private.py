"""Folders and files that code is loaded from: used only where the user owns them and no other user may write them."""

import errno
import os
import shlex
import stat
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from twin.errors import InputError

VARIABLE = "ISOSTACK_CACHE"
OTHERS = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0
MOST_BYTES = 1 << 28
NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


def trusted(top: Path, *names: str) -> Path:
    """Return the folder ``top/names...`` by its real path, whether it exists or not.

    Every folder on the way is checked. ``top`` and those beneath it must be the user's own; those above may be root's,
    and writable by others only with the sticky bit, which keeps others from renaming what is in them (as ``/tmp``).
    Links above ``top`` are followed once: what is used is where they led. Where the system knows no owners (Windows),
    only links are refused.

    Raises
    ------
    twin.errors.InputError
        If others may write one of them or own it, or ``top`` or one beneath it is a symbolic link.
    """
    top = Path(os.path.abspath(top))
    try:
        real = top.parent.resolve() / top.name
    except (OSError, RuntimeError) as error:  # a circle of links
        raise InputError(f"{top}: cannot be used as the cache: {error}") from None
    for above in reversed(real.parents):
        _check(above, own=False)
    folders = list(_beneath(real, names))
    for folder in folders:
        _check(folder, own=True)
    return folders[-1]


def made(top: Path, *names: str) -> Path:
    """Make what is missing of ``top/names...``, every folder open to the user alone, and return it as `trusted` does.

    Raises
    ------
    twin.errors.InputError
        As `trusted`.
    OSError
        If a folder cannot be made.
    """
    folder = trusted(top, *names)
    for part in (*reversed(folder.parents), folder):
        if not part.is_dir():
            part.mkdir(mode=0o700, exist_ok=True)
    return trusted(top, *names)


def content(path: Path) -> bytes:
    """Read a file of a trusted folder; the open file is checked, not its name.

    Raises
    ------
    twin.errors.InputError
        If it is a symbolic link, another's, or open to others' writing.
    OSError
        If it cannot be read, is no regular file, or has more than `MOST_BYTES`.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.is_symlink():
        raise _refusal(path, "is a symbolic link", f"rm {shlex.quote(str(path))}")
    handle = os.open(path, flags)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        _check_owner(path, found, own=True)
        if found.st_size > MOST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read(MOST_BYTES)


def close_to_others(folder: Path) -> None:
    """Let only the user read and write the files of ``folder``, whatever the umask let compilers make of them."""
    for path in folder.iterdir():
        path.chmod(0o600)


def _beneath(top: Path, names: tuple[str, ...]) -> Iterator[Path]:
    return accumulate(names, lambda folder, name: folder / name, initial=top)


def _check(folder: Path, *, own: bool) -> None:
    """Raise where code in ``folder`` could be another user's; a folder that does not exist passes."""
    try:
        found = folder.lstat()
    except OSError as error:
        if error.errno in NOT_THERE:
            return
        raise InputError(f"{folder}: cannot be used as the cache: {error.strerror}") from None
    if stat.S_ISLNK(found.st_mode):
        raise _refusal(folder, "is a symbolic link", f"rm {shlex.quote(str(folder))}")
    _check_owner(folder, found, own=own)


def _check_owner(path: Path, found: os.stat_result, *, own: bool) -> None:
    user = getattr(os, "getuid", None)
    if user is None:
        return
    quoted = shlex.quote(str(path))
    if found.st_uid != user() and (own or found.st_uid != ROOT):
        raise _refusal(path, f"belongs to user {found.st_uid}, not to you ({user()})", f"chown {user()} {quoted}")
    sticky = not own and found.st_mode & stat.S_ISVTX
    if found.st_mode & OTHERS and not sticky:
        mode = stat.S_IMODE(found.st_mode)
        raise _refusal(path, f"others may write it (mode {mode:04o})", f"chmod go-w {quoted}")


def _refusal(path: Path, why: str, mend: str) -> InputError:
    return InputError(
        f"{path}: {why}, and compiled code is loaded from there: `{mend}`, or name a folder of your own in {VARIABLE}"
    )
