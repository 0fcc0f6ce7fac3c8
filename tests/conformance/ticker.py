"""A controller under test, on any Python: reads configurations and sensor frames, answers with digests of their doing.

Commands on standard input, each one letter; integers are four bytes, low byte first, lengths two:
N, length, text: names of the attributes to watch, of core, filter, law, response, policy, manual, controller, a line
each.
C, a configuration record, found: a new controller. Answer: K.
T, number, frames of nine integers: ticks. Answer: SHA-256 over the rows, a row being command frame and attributes.
V, the same, answered by the rows themselves.
H, the same under a locked heap. Answer: K, or M and the number of the tick that allocated.
E: the end.
"""

import hashlib
import sys
from array import array

from controller.configuration import DEFAULT
from controller.controller import Controller

SOURCE = sys.stdin.buffer
SINK = sys.stdout.buffer
BOARD = sys.implementation.name != "cpython"


def fill(buffer, n):
    """Reads ``n`` bytes into ``buffer``; false at the end of the input."""
    if BOARD:
        return SOURCE.readinto(buffer, n) == n
    return SOURCE.readinto(memoryview(buffer).cast("B")[:n]) == n


def number():
    """Two bytes, low byte first."""
    two = bytearray(2)
    fill(two, 2)
    return two[0] | two[1] << 8


def say(data):
    """Answers."""
    SINK.write(data)
    if not BOARD:
        SINK.flush()


class Ticker:
    """One controller, and what is watched of it."""

    def __init__(self, names):
        self.names = [line.split() for line in names.split("\n")]
        self.row = array("i", [0] * (9 + sum([len(part) for part in self.names])))
        self.raw = array("i", [0] * 9)
        self.frame = [0] * 9
        self.command = [0] * 9

    def configure(self):
        """A new controller, of what comes in."""
        config = array("i", DEFAULT)
        found = array("i", [0])
        fill(config, 4 * len(config))
        fill(found, 4)
        self.controller = c = Controller(list(config), found[0])
        self.objects = [c.core, c.core.filter, c.core.law, c.response, c.policy, c.manual, c]

    def read(self):
        """The next frame."""
        raw = self.raw
        fill(raw, 36)
        frame = self.frame
        for i in range(9):
            frame[i] = raw[i]

    def look(self):
        """Fills the row."""
        row = self.row
        for i in range(9):
            row[i] = self.command[i]
        k = 9
        for part in range(len(self.objects)):
            thing = self.objects[part]
            for name in self.names[part]:
                row[k] = getattr(thing, name)
                k += 1

    def run(self, rows):
        """So many ticks as the host says; digest or rows."""
        digest = hashlib.sha256()
        for _ in range(number()):
            self.read()
            self.controller.tick(self.frame, self.command)
            self.look()
            if rows:
                say(self.row)
            else:
                digest.update(self.row)
        if not rows:
            say(digest.digest())

    def run_locked(self):
        """Ticks that must not allocate: MemoryError if one does."""
        import micropython

        frames = []
        for _ in range(number()):
            self.read()
            frames.append(list(self.frame))
        tick = self.controller.tick
        command = self.command
        n = 0
        micropython.heap_lock()
        try:
            while n < len(frames):
                tick(frames[n], command)
                n += 1
        except MemoryError:
            pass
        micropython.heap_unlock()
        say(b"K" if n == len(frames) else b"M" + bytes([n & 255, n >> 8]))


def main():
    """Says R when ready, then obeys until E, or the end of the input."""
    say(b"R")
    letter = bytearray(1)
    ticker = None
    while fill(letter, 1) and letter != b"E":
        if letter == b"N":
            text = bytearray(number())
            fill(text, len(text))
            ticker = Ticker(text.decode())
        elif letter == b"C":
            ticker.configure()
            say(b"K")
        elif letter == b"H":
            ticker.run_locked()
        else:
            ticker.run(letter == b"V")


if sys.platform in ("linux", "rp2"):
    if BOARD:
        import gc

        import micropython

        micropython.kbd_intr(-1)
        if "wasi" in getattr(sys.implementation, "_build", ""):
            # A collection there frees what only WebAssembly's own locals hold (docs: hosted.py).
            gc.disable()
    main()
