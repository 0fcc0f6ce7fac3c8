"""The firmware where a host program drives it: MicroPython's Unix port and WebAssembly; no pins, no clock of its own.

Each turn the host sends the time [ms, four bytes], a length (one byte) and so many bytes that arrived on the wire. The
App polls at that time until it has read them. The answer is a length (two bytes) and what the App wrote. High bytes
come first. Without bytes time still goes on: that is a cut link. The end of the input ends the board, as does LEAVE.

Words on the command line: board (3 unix, 4 wasm), version (three), build, and a folder for the record, or none: then it
is kept in memory.
"""

import gc
import sys

from controller.frames import CURRENT_INVALID, LOAD_INVALID, SENSE
from firmware.app import App
from firmware.store import Store

WASM = 4
MOST = 1024


class Port:
    """The wire: reads straight from the input, gathers what is written for the end of the turn; allocates nothing."""

    def __init__(self, source, sink) -> None:
        self.buffer = bytearray(64)
        self.source = source
        self.sink = sink
        self.head = bytearray(5)
        self.left = 0
        self.out = bytearray(MOST)
        self.n = 2

    def begin(self) -> int:
        """Waits for the next turn; its time [ms], or -1 at the end of the input."""
        head = self.head
        if self.source.readinto(head) != 5:
            return -1
        self.left = head[4]
        return head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3]

    def read(self) -> int:
        """Puts up to 64 of this turn's bytes into ``buffer``; how many."""
        n = 64 if self.left > 64 else self.left
        if n == 0:
            return 0
        self.left -= n
        return self.source.readinto(self.buffer, n)

    def write(self, buffer: bytearray, n: int) -> None:
        """Keeps the first ``n`` bytes for the end of the turn; what does not fit is lost, as on a wire."""
        out = self.out
        k = self.n
        if k + n > MOST:
            return
        for i in range(n):
            out[k + i] = buffer[i]
        self.n = k + n

    def end(self) -> None:
        """Answers the turn."""
        n = self.n
        self.n = 2
        self.out[0] = n - 2 >> 8
        self.out[1] = n - 2 & 255
        self.sink.write(self.out, n)


class Machine:
    """No pins: nothing to drive, and no sensor to trust."""

    def __init__(self, board: int) -> None:
        self.board = board

    def work(self, now: int) -> None:
        """Nothing to read."""

    def sense(self, frame: list[int]) -> None:
        """Says that there is no sensor."""
        frame[SENSE] = LOAD_INVALID | CURRENT_INVALID

    def drive(self, command: list[int]) -> None:
        """Nothing to drive."""

    def safe(self) -> None:
        """Nothing to switch off."""

    def feed(self) -> None:
        """No watchdog."""

    def adopt(self, config: list[int]) -> int:
        """Any configuration fits."""
        return 0


class Memory:
    """Files in memory, opened like those on a disk."""

    def __init__(self) -> None:
        self.files = {}  # type: ignore[var-annotated]

    def open(self, path: str, mode: str) -> object:
        """A file to be read (rb) or written anew (wb)."""
        if mode == "rb" and path not in self.files:
            raise OSError(2)
        return File(self.files, path)


class File:
    """One file of a `Memory`."""

    def __init__(self, files: dict, path: str) -> None:
        self.files = files
        self.path = path

    def read(self, most: int) -> bytes:
        """Its first bytes."""
        return self.files[self.path][:most]

    def write(self, data: bytes) -> None:
        """Its new content."""
        self.files[self.path] = bytes(data)

    def close(self) -> None:
        """Nothing to let go of."""


def serve(app: App, port: Port) -> None:
    """Turn after turn until the input ends, or the host sends the board back to its prompt."""
    while not app.leave:
        now = port.begin()
        if now < 0:
            return
        app.poll(now)
        while port.left:
            app.poll(now)
        port.end()


def main() -> None:
    """One board on standard input and output."""
    board = int(sys.argv[1])
    if board == WASM:
        # A collection there misses what only WebAssembly's own locals hold, and frees it. Turns allocate nothing that
        # stays; HELLO and STORE take some KB each, and the heap has room for thousands.
        gc.disable()
    identity = tuple([int(word) for word in sys.argv[2:6]])
    folder = sys.argv[6] if len(sys.argv) > 6 else ""
    store = Store(folder + "/record", board) if folder else Store("record", board, Memory().open)
    port = Port(sys.stdin.buffer, sys.stdout.buffer)
    serve(App(port, Machine(board), store, identity), port)


if __name__ == "__main__":
    main()
