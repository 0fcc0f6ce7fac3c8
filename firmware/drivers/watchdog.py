"""The watchdog and what must be true before it is fed."""

MOST_ms = 500
HEAP_CHECK_ms = 10000
WRAP_ms = 0x3FFFFFFF


class Watchdog:
    """Fed only if the loop has turned, the clock has moved, no tick hangs half done, and the heap has room.

    A latched trip keeps feeding: the loop is alive then, and a reset would lose the trip's cause.
    """

    def __init__(self, feed, free, least_free: int) -> None:
        """``feed()`` feeds the hardware, ``free()`` gives the free heap [bytes]; ``least_free`` must remain."""
        self.hardware = feed
        self.free = free
        self.least_free = least_free
        self.turned = 0
        self.begun = 0
        self.last = -1
        self.checked = -1

    def turn(self) -> None:
        """The loop has come round once more."""
        self.turned = 1

    def begin(self) -> None:
        """A tick has begun."""
        self.begun = 1

    def end(self) -> None:
        """A tick has ended."""
        self.begun = 0

    def feed(self, now: int) -> int:
        """Feeds if all is well; 1 if so. ``now`` [ms] wraps at 2**30."""
        if self.checked < 0 or (now - self.checked) & WRAP_ms >= HEAP_CHECK_ms:
            # Counting the heap takes six milliseconds, so seldom.
            self.checked = now
            self.roomy = self.free() >= self.least_free
        if self.turned == 0 or self.begun or now == self.last or not self.roomy:
            return 0
        self.turned = 0
        self.last = now
        self.hardware()
        return 1
