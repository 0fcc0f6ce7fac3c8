"""The same controller files on every Python there is: each target takes ticks and gives digests."""

import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from controller.configuration import DEFAULT
from controller.controller import Controller
from hil.boards.unix import program as unix_program
from hil.boards.wasm import program as wasm_program

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("ticker.py")
BATCH = 500
PARTS = ("core", "filter", "law", "response", "policy", "manual", "controller")


def parts(whole):
    """Whatever of a controller holds state."""
    return (whole.core, whole.core.filter, whole.core.law, whole.response, whole.policy, whole.manual, whole)


def watched():
    """Names of all integer attributes of each part."""
    whole = Controller(list(DEFAULT))
    return [[name for name, value in vars(part).items() if isinstance(value, int)] for part in parts(whole)]


WATCHED = watched()
WIDTH = 9 + sum(map(len, WATCHED))
TITLES = [f"command[{i}]" for i in range(9)] + [
    f"{part}.{name}" for part, names in zip(PARTS, WATCHED, strict=True) for name in names
]


class Target:
    """A controller somewhere; ``send`` and ``read`` are its wire."""

    def start(self):
        assert self.read(1) == b"R"
        text = "\n".join(" ".join(names) for names in WATCHED).encode()
        self.send(b"N" + struct.pack("<H", len(text)) + text)

    def configure(self, session):
        self.send(b"C" + struct.pack(f"<{len(session.config) + 1}i", *session.config, session.found))
        assert self.read(1) == b"K"

    def digest(self, frames):
        """Of command frame and state after each of the frames."""
        self.send(b"T" + packed(frames))
        return self.read(32)

    def rows(self, frames):
        """Command frame and state after each of the frames."""
        self.send(b"V" + packed(frames))
        return [struct.unpack(f"<{WIDTH}i", self.read(4 * WIDTH)) for _ in frames]

    def locked(self, frames):
        """Ticks that may not allocate."""
        self.send(b"H" + packed(frames))
        if self.read(1) != b"K":
            (n,) = struct.unpack("<H", self.read(2))
            raise AssertionError(f"tick {n} allocates: {frames[n]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def packed(frames):
    return struct.pack("<H", len(frames)) + b"".join(struct.pack("<9i", *frame) for frame in frames)


class Child(Target):
    """A process."""

    def __init__(self, words, root=ROOT):
        self.child = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "MICROPYPATH": f"{root}:.frozen", "PYTHONPATH": str(root)},
            cwd=root,
        )
        self.start()

    def send(self, data):
        with suppress(BrokenPipeError):
            self.child.stdin.write(data)
            self.child.stdin.flush()

    def read(self, n):
        data = self.child.stdout.read(n)
        if len(data) < n:
            self.child.stdin.close()
            raise AssertionError(self.child.stderr.read().decode())
        return data

    def close(self):
        with suppress(OSError):
            self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()
        self.child.stderr.close()


def cpython(root=ROOT):
    return Child([sys.executable, SCRIPT], root)


def unix(root=ROOT):
    return Child([unix_program(), SCRIPT], root)


def wasm(root=ROOT):
    """Only ``root`` is open to it: the script lies there, or in its place among the tests."""
    beside = SCRIPT.name if (root / SCRIPT.name).exists() else SCRIPT.relative_to(ROOT)
    return Child([*wasm_program(root=root), f"/code/{beside}"], ROOT)


class Pico(Target):
    """The emulated RP2040: the .mpy files of its firmware, and the script at its prompt."""

    LIMIT_ms = 600_000

    def __init__(self):
        from firmware.host.build import image as firmware
        from hil.emulated.rp2040 import Chip, image

        self.chip = chip = Chip(image())
        self.held = bytearray()
        files = {path: data for path, data in firmware("pico").files.items() if path.startswith("controller/")}
        chip.prompt()
        chip.write_files(files | {"ticker.py": SCRIPT.read_bytes()})
        chip.send(b"import ticker\x04")
        assert self.read(2) == b"OK"
        self.start()

    def send(self, data):
        self.chip.send(data)

    def read(self, n):
        def there():
            self.held += self.chip.take()
            return len(self.held) >= n or b"Traceback" in self.held

        came = self.chip.until(there, self.LIMIT_ms)
        assert b"Traceback" not in self.held, bytes(self.held).decode()
        assert came, f"{n} bytes wanted, {bytes(self.held)} came"
        data, self.held = bytes(self.held[:n]), self.held[n:]
        return data

    def close(self):
        self.chip = None


def batches(session):
    return [session.frames[i : i + BATCH] for i in range(0, len(session.frames), BATCH)]


def digests(target, sessions):
    """One digest for each batch of each session."""
    found = []
    for session in sessions:
        target.configure(session)
        found.append([target.digest(batch) for batch in batches(session)])
    return found


def first_difference(one, other, session, batch):
    """Replays a session on two targets up to the batch that differs; the first tick that does, in words; else none."""
    for target in (one, other):
        target.configure(session)
    for done in batches(session)[:batch]:
        for target in (one, other):
            target.digest(done)
    frames = batches(session)[batch]
    for i, (mine, theirs) in enumerate(zip(one.rows(frames), other.rows(frames), strict=True)):
        if mine != theirs:
            return explained(session, batch * BATCH + i, frames[i], mine, theirs)
    return None


def explained(session, tick, frame, mine, theirs):
    lines = [f"tick {tick} of its session", f"configuration {session.config}, found {session.found}"]
    lines += [f"sensor frame   {frame}", f"command frame  {list(mine[:9])}", f"            or {list(theirs[:9])}"]
    pairs = zip(TITLES, mine, theirs, strict=True)
    return "\n".join(lines + [f"{name}: {a} or {b}" for name, a, b in pairs if a != b])
