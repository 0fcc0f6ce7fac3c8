"""A conversation with a board over any wire: requests that are repeated until answered, hello, configuration."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from controller import fields as c
from controller import vocabulary
from firmware import messages as m
from hil.link import BOARD, HOST, Decoder, Frame, encode
from hil.transport import LinkLostError, Transport
from twin.errors import InputError

BOARDS = {1: "pico", 2: "microbit", 3: "unix", 4: "wasm"}
MODES = {m.LOOK: "look", m.BENCH: "bench", m.HIL: "hil"}
ANSWERS = {
    m.A_KIND: "the firmware does not know this message",
    m.A_LENGTH: "the firmware expects another length",
    m.A_MODE: "not in this mode",
    m.A_STATE: "not in this state: disarm, and reset a trip first",
    m.A_REFUSED: "the configuration is refused",
    m.A_CHECKSUM: "the configuration did not arrive whole",
    m.A_STORE: "the record cannot be stored: is the board's file system full?",
    m.A_WIRING: "the board's wiring cannot do it",
    m.A_BUSY: "another message waits for its tick",
}
MISFITS = {
    m.W_KIND: "of kind {wired} (1 stepper, 2 regulator): change actuator.kind, or flash the other wiring",
    m.W_TICK: "at most {wired}: shorten run.tick_s",
    m.W_SPEED: "at most {wired} at its motor's pull-in rate: lower actuator.speed_um_per_s",
    m.W_CODES: "a regulator of {bits} bits ({wired}): set actuator.bits = {bits}",
    m.W_SAMPLE: "{wired} by the RATE pin of its amplifier: set sensor.rate_Hz to match",
    m.W_VENTS: "{wired} (1: it vents): set actuator.stop_vents, or VENT_ON_STOP of the wiring file",
}
"""What a board says of its wiring where the record is not what it can do, and how to bring the two together."""
ASKED = {
    m.W_KIND: c.ACTUATOR_KIND,
    m.W_TICK: c.TICK_ms,
    m.W_SPEED: c.SPEED_counts_per_tick,
    m.W_CODES: c.TRAVEL_MAX_counts,
    m.W_SAMPLE: c.SAMPLE_ms,
    m.W_VENTS: c.STOP_VENTS,
}
"""The record's field in question."""
RECORDS = {
    m.R_GOOD: "kept and good",
    m.R_NONE: "none yet",
    m.R_TORN: "torn: a write was cut",
    m.R_FOREIGN: "foreign: not of this board or firmware",
    m.R_OLDER: "of an older format",
    m.R_REFUSED: "refused by its check",
}
CHUNK = 8
TRIES = 5
MOST_BYTES, MOST_NOISE = 8192, 512
"""Without an answer among so many bytes, or a frame among so many, there is none: who babbles does not hold us up."""


class RefusedError(Exception):
    """The board answered, and said no; ``code``, ``detail`` and ``bound`` as in docs/contracts.md."""

    def __init__(self, code: int, detail: int = 0, bound: int = 0, *, record: Sequence[int] = ()) -> None:
        """``record``: the one that was refused, where the wiring cannot do it."""
        words = ANSWERS.get(code, f"answer {code}")
        if code == m.A_WIRING and detail and record:
            words += f": {misfit(detail, bound, record)}"
        elif code == m.A_REFUSED and detail:
            words += f": {vocabulary.explain(detail)}"
        super().__init__(words)
        self.code = code
        self.detail = detail
        self.bound = bound


def misfit(code: int, wired: int, record: Sequence[int]) -> str:
    """In words, why a board's wiring cannot do ``record``: ``code`` (W_KIND and up) and its own value, ``wired``."""
    if code not in ASKED:
        return f"reason {code}, {wired}"
    words = MISFITS[code].format(wired=wired, bits=(wired + 1).bit_length() - 1)
    field = ASKED[code]
    return f"the record has {vocabulary.FIELDS[field]} {record[field]}, the wiring {words}"


@dataclass(frozen=True)
class Hello:
    """What a board says of itself."""

    protocol: int
    version: tuple[int, int, int]
    build: int
    checksum: int
    board: str
    mode: int
    found: int
    record: int
    date: int
    resets: int
    trips: int


class Telemetry(NamedTuple):
    """A tick of a board on its own pins."""

    sensor: tuple[int, ...]
    command: tuple[int, ...]


class Session:
    """Requests and answers over one wire.

    Attributes
    ----------
    telemetry : deque of Telemetry
        What the board sent unasked, oldest first.
    repeats : int
        Requests sent more than once.
    """

    def __init__(self, transport: Transport, *, timeout_s: float = 0.25, tries: int = TRIES) -> None:
        """``timeout_s``: how long to wait for an answer before the request is repeated."""
        self._transport = transport
        self._decoder = Decoder(BOARD)
        self._timeout_s = timeout_s
        self._tries = tries
        self._sequence = 32  # a first HELLO holds no 3: while it boots, a board takes that for ctrl-C
        self._sensor: tuple[int, ...] | None = None
        self.telemetry: deque[Telemetry] = deque()
        self.repeats = 0

    @property
    def bad(self) -> int:
        """Frames of the board that came damaged."""
        return self._decoder.bad

    def request(self, kind: int, values: Sequence[int] = ()) -> Frame:
        """Send and return the board's answer.

        Raises
        ------
        RefusedError
            If the answer is an error code.
        LinkLostError
            If the board does not answer, or the wire is gone.
        """
        self._sequence = (self._sequence + 1) & 127
        data = encode(HOST, self._sequence, kind, values)
        for tried in range(self._tries):
            self.repeats += tried > 0
            self._transport.send(data)
            answer = self._answer()
            if answer is not None:
                if answer.kind == m.B_ANSWER and answer.values[0]:
                    raise RefusedError(*answer.values[:3])
                return answer
        raise LinkLostError("the board does not answer")

    def _answer(self) -> Frame | None:
        """The frame with the sequence number just sent; telemetry on the way is kept."""
        taken = noise = 0
        while taken < MOST_BYTES and noise < MOST_NOISE:
            data = self._transport.receive(self._timeout_s)
            if not data:
                return None
            frames = self._decoder.feed(data)
            taken += len(data)
            noise = 0 if frames else noise + len(data)
            answers = [f for f in frames if not self._unasked(f)]
            for frame in answers:
                if frame.sequence == self._sequence:
                    return frame
        return None

    def listen(self, timeout_s: float) -> None:
        """Take in telemetry that arrives within ``timeout_s``."""
        data = self._transport.receive(timeout_s)
        for frame in self._decoder.feed(data):
            self._unasked(frame)

    def _unasked(self, frame: Frame) -> bool:
        """Keep a frame of telemetry; whether it was one."""
        if frame.kind == m.B_SENSOR and len(frame.values) == 9:
            self._sensor = frame.values
            return True
        if frame.kind == m.B_COMMAND and len(frame.values) == 9 and self._sensor is not None:
            self.telemetry.append(Telemetry(self._sensor, frame.values))
            self._sensor = None
            return True
        return False

    # --- what a session is made of ------------------------------------------------------------------------------

    def hello(self, mode: int = m.LOOK, build: int = 0, checksum: int = 0) -> Hello:
        """Ask who is there; for a mode other than look, build and checksum must be the board's.

        Raises
        ------
        twin.errors.InputError
            If what answers is no isostack board.
        """
        frame = self.request(m.H_HELLO, (m.PROTOCOL, build, checksum, mode))
        v = frame.values
        if frame.kind != m.B_HELLO or len(v) != 13:
            raise InputError("what answers is not this isostack's firmware: flash the board again")
        return Hello(v[0], (v[1], v[2], v[3]), v[4], v[5], BOARDS.get(v[6], "unknown"), *v[7:13])

    def enter(self, mode: int) -> Hello:
        """Bring the board into ``mode``, whatever its build; for boards that run this checkout's own files."""
        seen = self.hello()
        return self.hello(mode, seen.build, seen.checksum)

    def configure(self, record: Sequence[int], date: int = 0) -> str:
        """Hand the configuration over; with a ``date`` (yyyymmdd) the board keeps it beyond its next reset.

        Returns
        -------
        str
            Empty; or why it serves simulations only: what the board's wiring cannot do of it.

        Raises
        ------
        RefusedError
            If the board does not take it; with a date, also for its wiring.
        """
        for first in range(0, len(record), CHUNK):
            self.request(m.H_CONFIG, (first, *record[first : first + CHUNK]))
        try:
            values = self.request(m.H_STORE, (date, record[c.CHECKSUM])).values
        except RefusedError as refusal:
            raise RefusedError(refusal.code, refusal.detail, refusal.bound, record=record) from None
        return misfit(values[1], values[2], record) if len(values) == 3 else ""

    def configuration(self) -> list[int]:
        """The configuration in force on the board."""
        record: list[int] = []
        while len(record) < c.CHECKSUM + 1:
            record += self.request(m.H_READ, (len(record),)).values[1:]
        return record

    def tick(self, sensor_frame: Sequence[int]) -> tuple[int, ...]:
        """One tick in mode hil: the command frame."""
        return self.request(m.H_SENSOR, sensor_frame).values

    def say(self, message: int, key: int = 0, value: int = 0) -> None:
        """A message for the board's next tick (mode bench); its event comes with the telemetry."""
        self.request(m.H_MESSAGE, (message, key, value))

    def close(self) -> None:
        """Let go of the wire."""
        self._transport.close()
