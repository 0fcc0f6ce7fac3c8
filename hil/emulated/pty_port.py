"""The emulated Pico's USB cable as a serial port of this machine, for clients that open one by name."""

import os
import select
import threading
import tty
from types import TracebackType

from hil.emulated.rp2040 import Chip

SLICE_ns = 1_000_000


class PtyPort:
    """A pseudo-terminal wired to a chip, which runs as fast as it can while the port is open (a context manager).

    Attributes
    ----------
    name : str
        To open, as ``/dev/pts/3``.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.name = os.ttyname(self._theirs)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._ended.is_set():
            if select.select([self._ours], [], [], 0)[0]:
                self._chip.send(os.read(self._ours, 256))
            self._chip.advance(SLICE_ns)
            said = self._chip.take()
            if said and select.select([], [self._ours], [], 0)[1]:
                os.write(self._ours, said)

    def __enter__(self) -> "PtyPort":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)
