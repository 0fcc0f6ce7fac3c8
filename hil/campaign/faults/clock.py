"""Faults of the board's clock, as the tick time of the sensor frame."""

from controller.frames import TIME_ms
from hil.campaign.faults.base import Fault, Held, known

MASK = (1 << 30) - 1


class Jump(Fault):
    """The clock is suddenly elsewhere, and goes on from there."""

    kind, key, bounds, whole, either_sign = "clock_jump", "jump_ms", (1, 2**29), True, True
    what = "the tick clock jumps and goes on from there"

    def sense(self, t: float, frame: list[int]) -> None:
        """Put the jump on top."""
        frame[TIME_ms] = (frame[TIME_ms] + round(self.severity)) & MASK


class Stopped(Held):
    """The clock stands still while ticks go on."""

    kind, fields = "clock_stopped", (TIME_ms,)
    what = "the tick clock stands still"


KINDS = known(Jump, Stopped)
