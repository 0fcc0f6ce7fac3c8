"""Limit switches, emergency stop, over-force comparator: low at rest, pulled up, so a broken wire reads active."""

RETRACT_LIMIT = 1
COMPRESS_LIMIT = 2
STOP_PRESSED = 4
OVER_FORCE = 1048576


class Switches:
    """Three inputs, or four, high when active."""

    def __init__(self, retract, compress, stop, force=None) -> None:
        """Pins, called for their level; ``force``: of the over-force comparator, where one is fitted."""
        self.retract = retract
        self.compress = compress
        self.stop = stop
        self.force = force

    def read(self) -> int:
        """The active ones as bits of SWITCHES."""
        bits = 0
        if self.retract():
            bits = RETRACT_LIMIT
        if self.compress():
            bits |= COMPRESS_LIMIT
        if self.stop():
            bits |= STOP_PRESSED
        if self.force is not None and self.force():
            bits |= OVER_FORCE
        return bits
