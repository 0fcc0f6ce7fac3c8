"""Frames on the wire, the board's side of the format (docs/contracts.md); nothing is allocated but at the start."""

HOST = 0
BOARD = 128
SYNC = 126
MOST = 16


def crc16(data: bytes | bytearray, n: int) -> int:
    """CRC16-CCITT (0x1021, start 0xFFFF) over the first ``n`` bytes."""
    crc = 65535
    for i in range(n):
        x = (crc >> 8) ^ data[i]
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 65535
    return crc


def pack(frame: bytearray, sequence: int, kind: int, values: list[int], n: int) -> int:
    """Writes a frame of ``kind`` and the first ``n`` integers (31 bits, 58 bytes together at most); its length.

    ``sequence`` has the side in its high bit; ``kind`` is below 64.
    """
    frame[2] = kind
    i = 3
    for k in range(n):
        v = values[k]
        s = 0
        while not -64 <= v >> s < 64:
            s += 7
        while s:
            frame[i] = (v >> s & 127) | 128
            i += 1
            s -= 7
        frame[i] = v & 127
        i += 1
    frame[0] = i + 3
    frame[1] = sequence
    crc = crc16(frame, i)
    frame[i] = crc >> 8
    frame[i + 1] = crc & 255
    frame[i + 2] = SYNC
    return i + 3


class Receiver:
    """Finds good frames in a stream of bytes; what is not one is counted and skipped, and has no other effect.

    After ``take`` returned true, ``values[:count]``, ``sequence`` (its low seven bits) and ``crc`` are the frame's.
    """

    def __init__(self, side: int) -> None:
        """``side``: whose frames to take, HOST or BOARD."""
        self.side = side
        self.frame = bytearray(64)
        self.n = 0
        self.skip = 0
        self.values = [0] * MOST
        self.count = 0
        self.sequence = 0
        self.crc = 0
        self.bad = 0

    def take(self, byte: int) -> bool:
        """Takes one byte; whether it completed a good frame."""
        if self.skip:
            if byte == SYNC:
                self.skip = 0
            return False
        n = self.n
        if n == 0 and byte == SYNC:
            return False
        frame = self.frame
        frame[n] = byte
        n += 1
        self.n = n
        if n < frame[0]:
            if (n == 1 and 6 <= byte <= 64) or (n == 2 and byte & 128 == self.side) or n > 2:
                return False
        elif byte == SYNC and crc16(frame, n - 3) == frame[n - 3] << 8 | frame[n - 2] and self.unpack(n - 3):
            self.n = 0
            self.sequence = frame[1] & 127
            self.crc = frame[n - 3] << 8 | frame[n - 2]
            return True
        self.n = 0
        self.skip = byte != SYNC
        self.bad = (self.bad + 1) & 0x3FFFFFFF
        return False

    def unpack(self, end: int) -> bool:
        """Reads the integers between header and CRC; whether all are within 31 bits and whole."""
        frame = self.frame
        values = self.values
        i = 2
        count = 0
        while i < end:
            if count == MOST:
                return False
            c = frame[i]
            i += 1
            v = c & 127
            if v & 64:
                v -= 128
            while c & 128:
                if i == end or not -8388608 <= v <= 8388607:
                    return False
                c = frame[i]
                i += 1
                v = v << 7 | c & 127
            values[count] = v
            count += 1
        self.count = count
        return True
