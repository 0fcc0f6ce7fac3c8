"""An HX711 on two pins, from its data sheet: what a driver sees of the chip, glitches and all."""

from collections.abc import Callable

GAINS = {25: 128, 26: 32, 27: 64}
POWER_DOWN_ns = 60_000
SETTLING = 4
"""Conversions that a chip leaves out after a reset."""


class Hx711Device:
    """DOUT falls when a conversion is ready, bits come on rising edges of SCK, 25 to 27 pulses choose the next gain.

    Attributes
    ----------
    gain : int
        In force for the next conversion.
    reads, pulses : int
        Conversions shifted out whole; pulses since the last one was ready.
    longest_high_ns : int
        Longest SCK high seen outside a power-down that the driver meant.
    lose_pulses, reset_at : int
        Faults: so many of the next pulses do not reach the chip; it resets at this pulse of the next read (0 never).
    """

    def __init__(self, set_dout: Callable[[bool], None], now_ns: Callable[[], float]) -> None:
        """``set_dout`` drives the pin; ``now_ns`` is the chip's own time."""
        self._set_dout = set_dout
        self._now_ns = now_ns
        self._word: int | None = None
        self._rose_ns: float | None = None
        self.gain = 128
        self.pulses = 0
        self.reads = 0
        self.restarts = 0
        self.longest_high_ns = 0.0
        self.lose_pulses = 0
        self.reset_at = 0
        self._settling = 0
        set_dout(True)

    def convert(self, counts: int) -> None:
        """A conversion is ready; one not yet read is replaced. Counts saturate at 24 bits signed."""
        if self._asleep():
            return
        if self._settling:
            self._settling -= 1
            return
        counts = min(max(counts, -0x800000), 0x7FFFFF)
        self._word = counts & 0xFFFFFF
        self.pulses = 0
        self._set_dout(False)

    def _asleep(self) -> bool:
        return self._rose_ns is not None and self._now_ns() - self._rose_ns > POWER_DOWN_ns

    def sck(self, level: bool) -> None:
        """An edge on SCK."""
        if level:
            self._rose_ns = self._now_ns()
            self._shift()
        elif self._rose_ns is not None:
            high = self._now_ns() - self._rose_ns
            if high > POWER_DOWN_ns:
                self._wake()
            else:
                self.longest_high_ns = max(self.longest_high_ns, high)
            self._rose_ns = None

    def _shift(self) -> None:
        if self.lose_pulses:
            self.lose_pulses -= 1
            return
        if self._word is None:
            if 25 <= self.pulses < 27:
                self.pulses += 1
                self.gain = GAINS[self.pulses]
            return
        self.pulses += 1
        if self.pulses == self.reset_at:
            self.reset_at = 0
            self._settling = SETTLING
            self._wake()
            return
        if self.pulses <= 24:
            self._set_dout(bool(self._word >> (24 - self.pulses) & 1))
            return
        self._word = None
        self.reads += 1
        self.gain = GAINS[25]
        self._set_dout(True)

    def _wake(self) -> None:
        """Reset, by power-down or by itself: nothing to read, gain 128."""
        self._word = None
        self.gain = 128
        self.pulses = 0
        self.restarts += 1
        self._set_dout(True)
