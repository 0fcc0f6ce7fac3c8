"""Small C libraries on disk: compiled once, named by the hash of their text and flags, shared by all processes.

An entry is a folder: the text, the library and a manifest with the hash of each. It appears under its final name
only when complete; one that does not match its manifest is compiled again. What is loaded is code: folders and files
that others may write are refused (`twin.private`).
"""

import ctypes
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from twin import private
from twin.cache import cache_root, compiler
from twin.errors import SimulationError

LIBRARIES = "libraries"
# No -ffast-math and no contraction: bits do not depend on the machine. sqrt need not set errno.
FLAGS = ("-O2", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-Wno-psabi")


def library(text: str, flags: tuple[str, ...] = (), stem: str = "library") -> ctypes.CDLL:
    """Load the library compiled from ``text``, compiling it first when it is not in the cache.

    Parameters
    ----------
    text : str
        A whole C source file.
    flags : tuple of str
        Added to `FLAGS`.
    stem : str
        What error messages call it.

    Raises
    ------
    twin.errors.SimulationError
        If there is no compiler, it fails, or the library cannot be kept.
    twin.errors.InputError
        If others may write the cache, or it is not the user's own.
    """
    found = compiler()
    if found is None:
        raise SimulationError(f"no C compiler found (cc, gcc or clang): {stem} needs one")
    key = _key(text, flags)
    folder = private.trusted(cache_root(), LIBRARIES, key)
    if not _whole(folder):
        _build(folder, text, (found, *FLAGS, *flags), stem)
    private.trusted(cache_root(), LIBRARIES, key)
    try:
        private.content(folder / "library.so")  # looked at once more where it is loaded
        return ctypes.CDLL(str(folder / "library.so"))
    except OSError as error:
        raise SimulationError(f"{folder}: {stem} could not be loaded: {error}") from error


def _key(text: str, flags: tuple[str, ...]) -> str:
    stated = json.dumps([text, FLAGS, flags, sys.platform, platform.machine()])
    return hashlib.sha256(stated.encode()).hexdigest()[:24]


def _whole(folder: Path) -> bool:
    """Whether every file of the folder is what its manifest says."""
    try:
        files = json.loads(private.content(folder / "manifest.json"))
        whole = files.keys() == {"library.c", "library.so"}
        return whole and all(_file_hash(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, AttributeError):
        return False


def _file_hash(path: Path) -> str:
    return hashlib.sha256(private.content(path)).hexdigest()


def _build(folder: Path, text: str, command: tuple[str, ...], stem: str) -> None:
    """Compile into a temporary folder beside the final one, then rename."""
    try:
        private.made(cache_root(), LIBRARIES)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            (work / "library.c").write_text(text)
            _compile(work, command, stem)
            private.close_to_others(work)
            files = {path.name: _file_hash(path) for path in sorted(work.iterdir())}
            (work / "manifest.json").write_text(json.dumps(files))
            private.close_to_others(work)
            _publish(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise SimulationError(f"{folder.parent}: cannot keep {stem} there: {error.strerror}") from error


def _compile(work: Path, command: tuple[str, ...], stem: str) -> None:
    whole = [*command, "-o", str(work / "library.so"), str(work / "library.c"), "-lm"]
    done = subprocess.run(whole, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        said = next((line for line in lines if "error" in line), lines[-1])
        raise SimulationError(f"the C compiler {command[0]} failed on {stem}: {said}")


def _publish(work: Path, folder: Path) -> None:
    """Give the finished folder its name; another process may have been first, with the same content."""
    try:
        work.rename(folder)
    except OSError:
        if _whole(folder):
            return
        broken = Path(tempfile.mkdtemp(prefix=".broken-", dir=folder.parent))
        try:
            folder.rename(broken / "old")
            work.rename(folder)
        finally:
            shutil.rmtree(broken, ignore_errors=True)
