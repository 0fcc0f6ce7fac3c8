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
    heard_ns : float
        When bytes last came, in the chip's time.
    """

    def __init__(self, chip: Chip, patience_ms: float | None = None) -> None:
        """``patience_ms``: the chip's time stands still once it has heard nothing for so long, until it is unplugged.

        A client that is slow is then not one that is lost.
        """
        self._chip = chip
        self._patience_ns = None if patience_ms is None else patience_ms * 1e6
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.fchmod(self._theirs, 0o600)  # else a group of the system's may write to it
        os.set_blocking(self._ours, False)
        self.name = os.ttyname(self._theirs)
        self.heard_ns = chip.now_ns
        self._plugged = True
        self._pulled = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def unplug(self) -> None:
        """Pull the cable, from any thread: the port is gone for good; the chip goes on."""
        self._pulled.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._plugged and self._pulled.is_set():
                self._part()
            if self._plugged:
                self._turn()
            else:
                self._chip.advance(SLICE_ns)

    def _turn(self) -> None:
        """One slice of the chip's time, if it is not to wait, and what came and goes meanwhile."""
        waits = self._patience_ns is not None and self._chip.now_ns - self.heard_ns >= self._patience_ns
        if select.select([self._ours], [], [], SLICE_ns / 1e9 if waits else 0)[0]:
            self._chip.send(os.read(self._ours, 256))
            self.heard_ns = self._chip.now_ns
        elif waits:
            return
        self._chip.advance(SLICE_ns)
        said = self._chip.take()
        if said and select.select([], [self._ours], [], 0)[1]:
            os.write(self._ours, said)

    def _part(self) -> None:
        self._plugged = self._chip.plugged = False
        os.close(self._ours)
        os.close(self._theirs)

    def __enter__(self) -> "PtyPort":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._plugged:
            self._part()
