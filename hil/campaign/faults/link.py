"""Faults of the wire between host and board: what happens to pieces of bytes on it, for a while."""

from abc import ABC, abstractmethod

from hil.boards import Board
from hil.campaign.faults.base import Fault, Scene, known, lasts
from hil.campaign.firmware_board import FirmwareBoard

MOST_FLIPS = 3
MOST_COPIES = 3
LOST_BYTES = 0.2
LATE_ms = (100, 400)
DELAY_ms = (50, 1500)
MOST_NOISE = 200


class _Wire(Fault, ABC):
    """A wire that is bad for a while; afterwards it carries what it held back, when that is due."""

    key, bounds, needs_firmware = "for_s", (0.01, 1e5), True

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._t = 0.0
        self._late: list[tuple[int, bytes]] = []

    def act(self, t: float, board: Board) -> None:
        """Put this wire in the place of the good one."""
        self._t = t
        assert isinstance(board, FirmwareBoard)
        board.wire = self.carry

    def carry(self, now: int, data: bytes) -> bytes:
        """What comes out at ``now`` [ms]."""
        due = b"".join(piece for at, piece in self._late if at <= now)
        self._late = [(at, piece) for at, piece in self._late if at > now]
        return due + (self.spoil(now, data) if lasts(self.severity, self._t) else data)

    @abstractmethod
    def spoil(self, now: int, data: bytes) -> bytes:
        """What becomes of ``data``."""

    def _hold(self, now: int, data: bytes, between: tuple[int, int]) -> bytes:
        self._late.append((now + self.scene.draw.randrange(*between), data))
        return b""


class Flip(_Wire):
    """One to three bits of each piece are wrong."""

    kind = "link_flip"
    what = "bits of every frame flip"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Flip them."""
        spoilt = bytearray(data)
        for _ in range(self.scene.draw.randint(1, MOST_FLIPS)):
            spoilt[self.scene.draw.randrange(len(spoilt))] ^= 1 << self.scene.draw.randrange(8)
        return bytes(spoilt)


class Drop(_Wire):
    """A fifth of the bytes is lost."""

    kind = "link_drop"
    what = "a fifth of the bytes is lost"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Keep the others."""
        return bytes(byte for byte in data if self.scene.draw.random() >= LOST_BYTES)


class Duplicate(_Wire):
    """Pieces come two or three times."""

    kind = "link_duplicate"
    what = "frames come two or three times"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Repeat."""
        return data * self.scene.draw.randint(2, MOST_COPIES)


class Reorder(_Wire):
    """Every other piece is overtaken by its followers."""

    kind = "link_reorder"
    what = "every other frame is overtaken by later ones"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Hold some of them back."""
        return data if self.scene.draw.random() < 0.5 else self._hold(now, data, LATE_ms)


class Delay(_Wire):
    """Everything comes late, by up to a second and a half."""

    kind = "link_delay"
    what = "frames come late, by up to 1.5 s"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Hold all of them back."""
        return self._hold(now, data, DELAY_ms)


class Babble(_Wire):
    """Noise instead of frames."""

    kind = "link_babble"
    what = "noise in the place of frames"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Random bytes."""
        return self.scene.draw.randbytes(self.scene.draw.randrange(MOST_NOISE))


class Cut(_Wire):
    """Nothing comes."""

    kind = "link_cut"
    what = "nothing comes"

    def spoil(self, now: int, data: bytes) -> bytes:
        """Nothing."""
        return b""


KINDS = known(Flip, Drop, Duplicate, Reorder, Delay, Babble, Cut)
