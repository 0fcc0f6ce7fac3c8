"""The stored record: configuration with calibration, its date, resets and the last trip, in two slots by turns.

A write goes to the slot that is not in use, so that a power cut at any byte leaves the old record or the new one.
"""

from controller.configuration import DEFAULT, adopt, check, checksum
from controller.fields import CHECKSUM
from firmware.link import crc16
from firmware.messages import R_FOREIGN, R_GOOD, R_NONE, R_REFUSED, R_TORN

MAGIC = b"iso"
LAYOUT = 3
# Integers of a slot: turn, date, resets, trips, configuration; and of those before. Layout 1 may stand as 0, folded in.
FIELDS = 57
FIELDS_2 = 53
FIELDS_1 = 43
SIZE = 5 + 4 * FIELDS + 2


class Store:
    """Record of one board in two files beside each other.

    ``config``: 53 integers, the defaults unless ``load`` returned 0; ``date``: yyyymmdd; ``resets``: by the watchdog;
    ``trips``: condition bits of the last trip.
    """

    def __init__(self, path: str, board: int, opener=open) -> None:
        """``path``: of the files, to which 0 or 1 is added; ``opener``: as ``open``."""
        self.path = path
        self.board = board
        self.open = opener
        self.slot = 1
        self.turn = 0
        self.forget()

    def forget(self) -> None:
        """Defaults."""
        self.config = list(DEFAULT)
        self.date = 0
        self.resets = 0
        self.trips = 0

    def load(self) -> int:
        """Reads the newer good slot; else defaults and the reason (R_NONE and up)."""
        self.forget()
        worst = R_NONE
        found = None
        for slot in range(2):
            data = self.read(slot)
            status = self.judge(data)
            if status == R_GOOD:
                values = unpack(data)
                if found is None or (values[0] - found[0]) & 0x3FFFFFFF < 0x20000000:
                    found = values
                    self.slot = slot
            elif status > worst:
                worst = status
        if found is None:
            return worst
        self.turn, self.date, self.resets, self.trips = found[:4]
        config = adopt(found[4:])
        if check(config) or checksum(config) != config[CHECKSUM]:
            return R_REFUSED
        self.config = config
        return R_GOOD

    def read(self, slot: int) -> bytes:
        """The bytes of a slot; none if it is not there."""
        try:
            f = self.open(self.path + str(slot), "rb")
        except OSError:
            return b""
        try:
            return f.read(SIZE + 1)
        finally:
            f.close()

    def judge(self, data: bytes) -> int:
        """Whether the bytes are a good record of this board, and if not, why."""
        if not data:
            return R_NONE
        if len(data) < 5 or data[:3] != MAGIC[: len(data)]:
            return R_FOREIGN if data[:3] != MAGIC[: len(data)] else R_TORN
        if data[3] > LAYOUT or data[4] != self.board:
            return R_FOREIGN
        end = 5 + 4 * fields_of(data)
        if len(data) != end + 2 or crc16(data, end) != data[end] << 8 | data[end + 1]:
            return R_TORN
        return R_GOOD

    def save(self, config: list[int], date: int) -> int:
        """Keeps a configuration that passes its check; 0, or 1 where it cannot be kept (the old one stays)."""
        old = self.config, self.date
        self.config = list(config)
        self.date = date
        if self.note():
            self.config, self.date = old
            return 1
        return 0

    def note(self) -> int:
        """Writes the record as it stands; 0, or 1 where it cannot be written."""
        slot = 1 - self.slot
        turn = (self.turn + 1) & 0x3FFFFFFF
        data = pack_record(self.board, [turn, self.date, self.resets, self.trips] + self.config)
        try:
            f = self.open(self.path + str(slot), "wb")
            try:
                f.write(data)
            finally:
                f.close()
        except OSError:
            return 1
        if self.read(slot) != bytes(data):
            return 1
        self.slot = slot
        self.turn = turn
        return 0


def fields_of(data: bytes) -> int:
    """How many integers a slot of its layout holds."""
    if data[3] == LAYOUT:
        return FIELDS
    return FIELDS_2 if data[3] == 2 else FIELDS_1


def pack_record(board: int, values: list[int]) -> bytearray:
    """The bytes of a record: magic, format, board, integers of four bytes with the low byte first, CRC."""
    data = bytearray(SIZE)
    data[:3] = MAGIC
    data[3] = LAYOUT
    data[4] = board
    for k in range(FIELDS):
        v = values[k]
        for i in range(4):
            data[5 + 4 * k + i] = v & 255
            v >>= 8
    crc = crc16(data, SIZE - 2)
    data[SIZE - 2] = crc >> 8
    data[SIZE - 1] = crc & 255
    return data


def unpack(data: bytes) -> list[int]:
    """The integers of a good record; each was within 31 bits signed when written."""
    values = []
    for k in range(fields_of(data)):
        i = 5 + 4 * k
        high = data[i + 3]
        if high > 127:
            high -= 256
        values.append(((high * 256 + data[i + 2]) * 256 + data[i + 1]) * 256 + data[i])
    return values
