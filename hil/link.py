"""Frames on the wire, the host's side of the format (docs/contracts.md); the board's side is `firmware.link`."""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass

SYNC = 0x7E
HOST, BOARD = 0x00, 0x80
SHORTEST, LONGEST = 6, 64
MOST_VALUES = 16


@dataclass(frozen=True)
class Frame:
    """A good frame: its sequence number (0 to 127), its kind, and the integers after it."""

    sequence: int
    kind: int
    values: tuple[int, ...]


def encode(side: int, sequence: int, kind: int, values: Sequence[int] = ()) -> bytes:
    """A frame as bytes.

    Raises
    ------
    ValueError
        If an integer leaves 31 bits, or they do not fit one frame.
    """
    payload = b"".join(_integer(value) for value in (kind, *values))
    if len(payload) > LONGEST - 5 or len(values) >= MOST_VALUES:
        raise ValueError(f"{len(values)} integers of {len(payload)} bytes do not fit one frame")
    head = bytes((len(payload) + 5, side | (sequence & 127))) + payload
    return head + binascii.crc_hqx(head, 0xFFFF).to_bytes(2, "big") + bytes((SYNC,))


def _integer(value: int) -> bytes:
    if not -(1 << 30) <= value < 1 << 30:
        raise ValueError(f"{value} leaves 31 bits")
    groups = [value & 127]
    while not -64 <= value < 64:
        value >>= 7
        groups.append((value & 127) | 128)
    return bytes(reversed(groups))


class Decoder:
    """Finds good frames of one side in a stream of bytes, however it is cut.

    Attributes
    ----------
    bad : int
        Frames that were not.
    """

    def __init__(self, side: int) -> None:
        """``side``: whose frames to take, `HOST` or `BOARD`."""
        self._side = side
        self._held = bytearray()
        self._skipping = False
        self.bad = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete with ``data``."""
        self._held += data
        found: list[Frame] = []
        while self._held and self._step(found):
            pass
        return found

    def _step(self, found: list[Frame]) -> bool:
        """Consume what can be judged; whether to go on."""
        held = self._held
        if self._skipping:
            end = held.find(SYNC)
            self._skipping = end < 0
            del held[: end + 1 if end >= 0 else len(held)]
        elif held[0] == SYNC:
            del held[0]
        elif not SHORTEST <= held[0] <= LONGEST:
            self._refuse(1)
        elif len(held) > 1 and held[1] & 0x80 != self._side:
            self._refuse(2)
        elif len(held) < held[0]:
            return False
        else:
            frame = _frame(bytes(held[: held[0]]))
            if frame is None:
                self._refuse(held[0])
            else:
                found.append(frame)
                del held[: held[0]]
        return True

    def _refuse(self, n: int) -> None:
        self.bad += 1
        self._skipping = self._held[n - 1] != SYNC
        del self._held[:n]


def _frame(data: bytes) -> Frame | None:
    """The frame these bytes are, if they are a good one; length and side have been looked at."""
    if data[-1] != SYNC or binascii.crc_hqx(data[:-3], 0xFFFF) != int.from_bytes(data[-3:-1], "big"):
        return None
    values: list[int] = []
    partial: int | None = None
    for byte in data[2:-3]:
        low = byte & 127
        if partial is None:
            partial = low - 128 if low & 64 else low
        elif -(1 << 23) <= partial < 1 << 23:
            partial = partial * 128 + low
        else:
            return None
        if byte < 128:
            values.append(partial)
            partial = None
    if partial is not None or len(values) > MOST_VALUES:
        return None
    return Frame(data[1] & 127, values[0], tuple(values[1:]))
