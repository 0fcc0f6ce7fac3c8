"""A board in memory: the firmware's App with a port, pins, files and a clock that tests drive."""

import io

from firmware.app import App
from firmware.store import Store

BUILD = 0x1234567
IDENTITY = (0, 1, 0, BUILD)


class Files:
    """A folder in memory whose power can be cut after ``budget`` written bytes."""

    def __init__(self):
        self.held = {}
        self.budget = None
        self.full = False
        self.forgets = False

    def open(self, path, mode):
        if mode == "rb":
            if path not in self.held:
                raise OSError(2, "no such file")
            return io.BytesIO(self.held[path])
        assert mode == "wb"
        if self.full:
            raise OSError(28, "no space left on device")
        self.held[path] = b""
        return _Written(self, path)


class PowerCutError(Exception):
    """The power went while a file was written."""


class _Written:
    def __init__(self, files, path):
        self.files, self.path = files, path

    def write(self, data):
        for byte in bytes(data):
            if self.files.budget is not None:
                if self.files.budget == 0:
                    raise PowerCutError
                self.files.budget -= 1
            self.files.held[self.path] += bytes([byte ^ self.files.forgets])

    def close(self):
        pass


class Machine:
    """Pins: a load cell that reads ``counts``, switches, a screw that counts what it was told to move."""

    board = 1

    def __init__(self, counts=0):
        self.counts, self.sample, self.switches, self.invalid = counts, 0, 0, 0
        self.screw, self.command, self.safe_calls, self.fed = 0, [0] * 9, 0, 0
        self.unfit = self.misfit = self.bound = 0
        self.moves = []

    def work(self, now):
        pass

    def sense(self, frame):
        self.sample = (self.sample + 1) & 0xFFFF
        frame[1], frame[2], frame[3], frame[4] = self.counts + (self.sample & 1), self.sample, self.invalid, 0
        frame[5] |= self.switches

    def drive(self, command):
        self.command = list(command)
        self.screw += command[0]
        self.moves.append(command[0])

    def safe(self):
        self.safe_calls += 1
        self.command = [0] * 9

    def feed(self):
        self.fed += 1

    def adopt(self, config):
        return self.unfit


class Port:
    """Bytes in, bytes out."""

    def __init__(self):
        self.buffer, self.inward, self.outward = bytearray(64), b"", b""

    def read(self):
        n = min(64, len(self.inward))
        self.buffer[:n] = self.inward[:n]
        self.inward = self.inward[n:]
        return n

    def write(self, buffer, n):
        self.outward += bytes(buffer[:n])


class FakeBoard:
    """An App on fake hardware, and the wire to it (`hil.transport.Transport`); time is ``now`` [ms]."""

    def __init__(self, counts=0, files=None, found=0, now=2**30 - 500, identity=IDENTITY):
        self.files = files or Files()
        self.port, self.machine = Port(), Machine(counts)
        self.store = Store("record", 1, self.files.open)
        self.now = now
        self.app = App(self.port, self.machine, self.store, identity, found)

    def send(self, data):
        self.port.inward += data

    def receive(self, timeout_s):
        self.poll()
        out, self.port.outward = self.port.outward, b""
        return out

    def poll(self):
        """Let the App take in all that has arrived; no time passes."""
        self.app.poll(self.now)
        while self.port.inward:
            self.app.poll(self.now)

    def wait(self, ms, step=10):
        """Let time pass."""
        for _ in range(ms // step):
            self.now = (self.now + step) % 2**30
            self.poll()

    def close(self):
        pass
