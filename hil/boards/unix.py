"""The firmware on MicroPython's Unix port, in a process beside this one; its time is ours."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware.host import build, sources
from firmware.host.extras import EMULATORS
from hil.boards.linked import Linked
from hil.emulated.hosted import HostedWire
from twin.errors import InputError

HEAP = "heapsize=8M"
ENTRY = "firmware.boards.hosted"
NUMBER = 3  # of this board, in its hello
RETRY_s = 0.05  # of the board's time: a frame that is lost comes again before the board's dead-man acts


class Unix(Linked):
    """Implements `hil.boards.Board`."""

    def __init__(self, configuration: Sequence[int], folder: Path | None = None) -> None:
        """Start the board and hand over ``configuration``; its record is kept in ``folder``, or in memory.

        Raises
        ------
        twin.errors.InputError
            If MicroPython is not installed.
        hil.transport.LinkLostError
            If it dies.
        """
        words = [str(program()), "-X", HEAP, *entry(NUMBER, str(folder.resolve()) if folder else "")]
        # It looks for modules where it is started, before anywhere else.
        wire = HostedWire("unix", words, environment(), sources.ROOT)
        start(self, "unix", wire, configuration)


def program() -> Path:
    """MicroPython's Unix port: beside this Python, or on PATH.

    Raises
    ------
    twin.errors.InputError
        If there is none.
    """
    beside = Path(sys.executable).with_name("micropython")
    if beside.is_file() and os.access(beside, os.X_OK):
        return beside
    found = shutil.which("micropython")
    if found is None:
        raise InputError(f"--board unix: MicroPython is not installed: {EMULATORS}")
    return Path(found)


def environment() -> dict[str, str]:
    """Where MicroPython finds the firmware: in the sources that this isostack runs from."""
    return {**os.environ, "MICROPYPATH": f"{sources.ROOT}:.frozen"}


def entry(board: int, folder: str) -> list[str]:
    """MicroPython's words that start the firmware as ``board``; ``folder`` is the board's, or empty."""
    texts = {path: text.encode() for path, text in sources.needed(ENTRY).items()}
    identity = (*build.version(), build.build_number(texts))
    return ["-m", ENTRY, *map(str, (board, *identity)), *([folder] if folder else [])]


def start(board: Linked, name: str, wire: HostedWire, configuration: Sequence[int]) -> None:
    """Bring a `Linked` to life over ``wire``, and leave no child behind if that fails."""
    try:
        Linked.__init__(board, name, wire, configuration, clock=wire.clock, timeout_s=RETRY_s)
    except BaseException:
        wire.close()
        raise
