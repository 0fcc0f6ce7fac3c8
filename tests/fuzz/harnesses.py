"""What is fuzzed: each harness takes any bytes, and fails on a crash, an actuation nobody asked for, or growth."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fake_board import BUILD, FakeBoard, Files

from controller.configuration import DEFAULT, checksum
from controller.fields import CHECKSUM, HEALTHY_samples
from firmware.link import Receiver
from firmware.store import Store
from hil.experiment_file import load
from hil.journal import LogError
from hil.link import HOST, Decoder, Frame, encode
from hil.log import read, recover
from hil.profile_file import read_profile
from twin.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
BOARD = 0x80
H_HELLO, H_SENSOR, H_MESSAGE = 1, 2, 3
ARM, CONFIRM, JOG, HOME = 1, 7, 8, 9
ARMED = 1
COUNTS_4MPa = 1_120_000


@dataclass(frozen=True)
class Harness:
    """``run`` takes one input; ``seeds`` gives inputs to start from; ``longest`` of one input [bytes]."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    longest: int


# --- the link ----------------------------------------------------------------------------------------------------


def vectors() -> list[bytes]:
    """Every frame, good and bad, of the conformance vectors."""
    known = json.loads((ROOT / "tests" / "conformance" / "link_vectors.json").read_text())
    return [bytes.fromhex(v["hex"]) for v in [*known["good"], *known["bad"]]]


def both_parsers(data: bytes) -> None:
    """Either end's parser, for frames of either side: the same frames, the same count of bad ones, nothing grows."""
    for side in (HOST, BOARD):
        receiver, decoder = Receiver(side), Decoder(side)
        found = [
            Frame(receiver.sequence, receiver.values[0], tuple(receiver.values[1 : receiver.count]))
            for byte in data
            if receiver.take(byte)
        ]
        third = len(data) // 3
        assert decoder.feed(data[:third]) + decoder.feed(data[third:]) == found
        assert decoder.bad == receiver.bad
        assert len(receiver.frame) == 64
        assert len(receiver.values) == 16
        assert len(decoder._held) < 64
        for frame in found:
            assert all(-(2**30) <= value < 2**30 for value in (frame.kind, *frame.values))


def _calibrated() -> tuple[dict[str, bytes], int]:
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    config = list(DEFAULT)
    config[HEALTHY_samples] = 2
    config[CHECKSUM] = checksum(config)
    store.save(config, 20260110)
    return files.held, config[CHECKSUM]


STORED, STORED_CHECKSUM = _calibrated()


def whole_board(data: bytes) -> None:
    """A board under any bytes; by its first, they come as they are, or each piece as a payload with a good checksum.

    It neither arms nor moves unless a good frame asked for it: the host's parser, which is another program, says
    whether one did.
    """
    files = Files()
    files.held = dict(STORED)
    board = FakeBoard(counts=COUNTS_4MPa, files=files)
    stream = framed(data[1:]) if data[:1] > b"\x80" else data[1:]
    said = asked(stream)
    moved = armed = False
    for start in range(0, len(stream), 48):
        board.send(stream[start : start + 48])
        board.wait(100, step=20)
        moved = moved or any(board.machine.moves)
        armed = armed or board.app.command[3] == ARMED
        assert all(-(2**30) < value < 2**30 for value in board.app.command)
        board.machine.moves.clear()
    assert ARM in said or not armed, "armed, and nobody asked"
    assert said & {ARM, JOG, HOME} or not moved, "moved, and nobody asked"
    # What the host writes it can read, and it is no more than the board has to say.
    Decoder(BOARD).feed(board.port.outward)
    assert len(board.app.reply) == len(board.app.telemetry) == 64
    assert len(board.app.staged) == len(DEFAULT)
    assert set(files.held) <= {"record0", "record1"}


def asked(stream: bytes) -> set[int]:
    """The messages that the host's parser finds in good frames."""
    frames = Decoder(HOST).feed(bytes(stream))
    said = {frame.values[0] for frame in frames if frame.kind == H_MESSAGE and frame.values}
    return said | {frame.values[6] for frame in frames if frame.kind == H_SENSOR and len(frame.values) > 6}


def framed(data: bytes) -> bytes:
    """Frames of the host: a byte for the kind, one for the number of integers, five for each."""
    out, at, sequence = b"", 0, 0
    while at + 2 <= len(data):
        kind, count = data[at] % 12, min(data[at + 1] % 12, (len(data) - at - 2) // 5)
        words = [data[at + 2 + 5 * i : at + 7 + 5 * i] for i in range(count)]
        at += 2 + 5 * count
        sequence = (sequence + 1) % 128
        try:
            out += encode(HOST, sequence, kind, [_integer(word) for word in words])
        except ValueError:
            out += data[:3]
    return out


def _integer(word: bytes) -> int:
    """A small one half the time: most of what means something is small."""
    return word[1] - 8 if word[0] & 1 else int.from_bytes(word[1:], "little") % 2**31 - 2**30


def _words(kind: int, *values: int) -> bytes:
    """What `framed` makes such a frame of."""
    integers = [b"\x00" + (value + 2**30).to_bytes(4, "little") for value in values]
    return bytes((kind, len(values))) + b"".join(integers)


def board_seeds() -> list[bytes]:
    """Frames as they are; and payloads: into mode bench, every message, every kind; armed, and moved."""
    bench = _words(H_HELLO, 1, BUILD, STORED_CHECKSUM, 1)
    alive = _words(4) * 36
    messages = [_words(H_MESSAGE, message, 0, value) for message in range(11) for value in (0, 100)]
    armed = bench + alive + _words(H_MESSAGE, CONFIRM, 0, 0) + alive + _words(H_MESSAGE, ARM, 0, 0) + alive
    sensor = _words(H_SENSOR, 100, COUNTS_4MPa, 1, 0, 0, 0, ARM, 0, 0)
    hil = _words(H_HELLO, 1, BUILD, STORED_CHECKSUM, 2) + sensor
    config = _words(5, 0, *DEFAULT[:8]) + _words(6, 20260101, STORED_CHECKSUM) + _words(7, 30)
    framed = [armed, hil, config, *(bench + alive + message for message in messages)]
    return [b"\x00" + v for v in vectors()] + [b"\xff" + seed for seed in framed]


# --- files -------------------------------------------------------------------------------------------------------


def _refused(work: Callable[[], object], family: type[Exception]) -> None:
    """Either it works, or it is refused in one line."""
    try:
        work()
    except family as error:
        line = str(error)
    else:
        line = "it works"
    assert len(line.splitlines()) == 1, line


def experiment_file(data: bytes) -> None:
    """Any bytes as an experiment file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.toml"
        path.write_bytes(data)
        _refused(lambda: load(path, ()).phases(), InputError)


def experiment_seeds() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "examples").glob("*.toml"))]


def profile_file(data: bytes) -> None:
    """Any bytes as a profile, a CSV by the first byte or a Parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("f.parquet" if data[:1] == b"P" else "f.csv")
        path.write_bytes(data)
        _refused(lambda: read_profile(path, positive_current="charge"), InputError)


def profile_seeds() -> list[bytes]:
    short = b"Test Time / s,Current / A,Voltage / V\n0,1,4\n1,-1e-3,4\n2.5,0,4\n"
    head = [path.read_bytes()[:2000] for path in sorted((ROOT / "examples" / "profiles").glob("*.csv"))]
    return [short, short.replace(b",", b";"), b"time [min]\tcurrent [A]\n0\t1\n1\t2\n", *head]


def log_file(data: bytes) -> None:
    """Any bytes as a log, by the first: a journal, a Parquet or a CSV log (its metadata after the first NUL)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kind, body = data[:1], data[1:]
        if kind == b"J":
            path = folder / "f.journal.arrows"
        elif kind == b"C":
            path = folder / "f.bdf.csv"
            body, _, side = body.partition(b"\0")
            (folder / "f.bdf.csv.metadata.json").write_bytes(side)
        else:
            path = folder / "f.bdf.parquet"
        path.write_bytes(body)
        _refused(lambda: [len(rows) for rows in read(path).batches()], LogError)
        _refused(lambda: len(read(path)), LogError)
        if kind == b"J":
            _refused(lambda: recover(path), LogError)


def log_seeds() -> list[bytes]:
    """A short log in each of the three forms."""
    from hil.columns import COLUMNS
    from hil.log import finalise
    from hil.recorder import Recorder

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = folder / "s.journal.arrows"
        with Recorder(journal, {"seed": 1}, flush_rows=2) as recorder:
            for row in range(5):
                recorder.record(*(float(row) if column.code == "d" else row for column in COLUMNS))
            recorder.close({"exit_code": 0, "reason": "done", "trip_cause": []})
        seeds = [b"J" + journal.read_bytes()]
        parquet, csv = finalise(journal, folder / "s", ("parquet", "csv"))
        side = csv.with_name(csv.name + ".metadata.json").read_bytes()
        return [*seeds, b"P" + parquet.read_bytes(), b"C" + csv.read_bytes() + b"\0" + side]


HARNESSES = {
    "link": Harness(both_parsers, vectors, 400),
    "board": Harness(whole_board, board_seeds, 400),
    "experiment": Harness(experiment_file, experiment_seeds, 4000),
    "profile": Harness(profile_file, profile_seeds, 3000),
    "log": Harness(log_file, log_seeds, 40000),
}
