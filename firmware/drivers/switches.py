"""Limit switches and emergency stop: normally closed to ground, pulled up, so a broken wire reads active."""

RETRACT_LIMIT = 1
COMPRESS_LIMIT = 2
STOP_PRESSED = 4


class Switches:
    """Three inputs, high when active."""

    def __init__(self, retract, compress, stop) -> None:
        """Pins, called for their level."""
        self.retract = retract
        self.compress = compress
        self.stop = stop

    def read(self) -> int:
        """The active ones as bits of SWITCHES."""
        bits = 0
        if self.retract():
            bits = RETRACT_LIMIT
        if self.compress():
            bits |= COMPRESS_LIMIT
        if self.stop():
            bits |= STOP_PRESSED
        return bits
