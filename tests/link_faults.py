"""What can happen to bytes on a wire, by name; each fault begins at a moment and lasts a while. Seeded."""

import random

KINDS = ("flips", "drops", "duplicates", "reorder", "delay", "cut", "babble")


class FaultyWire:
    """Passes pieces of bytes on, as a bad wire would between ``start`` and ``end`` [ms]."""

    def __init__(self, kind, start, end, seed):
        self.kind, self.start, self.end = kind, start, end
        self.draw = random.Random(seed)
        self.held = []

    def carry(self, now, data):
        """What comes out at ``now`` when ``data`` goes in; call it with nothing to let time pass."""
        ready = b"".join(piece for at, piece in self.held if at <= now)
        self.held = [(at, piece) for at, piece in self.held if at > now]
        if not self.start <= now < self.end:
            return ready + data
        return ready + getattr(self, self.kind)(now, data)

    def flips(self, now, data):
        spoilt = bytearray(data)
        for _ in range(self.draw.randrange(1, 4) if data else 0):
            spoilt[self.draw.randrange(len(spoilt))] ^= 1 << self.draw.randrange(8)
        return bytes(spoilt)

    def drops(self, now, data):
        return bytes(byte for byte in data if self.draw.random() > 0.2)

    def duplicates(self, now, data):
        return data * self.draw.randrange(1, 4)

    def reorder(self, now, data):
        if data and self.draw.random() < 0.5:
            self.held.append((now + self.draw.randrange(100, 400), data))
            return b""
        return data

    def delay(self, now, data):
        if data:
            self.held.append((now + self.draw.randrange(50, 1500), data))
        return b""

    def cut(self, now, data):
        return b""

    def babble(self, now, data):
        return self.draw.randbytes(self.draw.randrange(200))
