"""A folder for results: there, and open to writing, before the work begins."""

from pathlib import Path
from tempfile import TemporaryFile

from twin.errors import InputError


def make_writable(folder: Path) -> None:
    """Make the folder where there is none, and try it.

    Raises
    ------
    twin.errors.InputError
        If it cannot be made, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to: {error.strerror}; choose another with --out") from error
