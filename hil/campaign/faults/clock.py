"""Faults of the board's clock, as the tick time of the sensor frame."""

from controller.frames import TIME_ms
from hil.campaign.faults.base import Fault, Scene, known, lasts

MASK = (1 << 30) - 1


class Jump(Fault):
    """The clock is suddenly elsewhere, and goes on from there."""

    kind, key, bounds, whole, either_sign = "clock_jump", "jump_ms", (1, 2**29), True, True
    what = "the tick clock jumps and goes on from there"

    def sense(self, t: float, frame: list[int]) -> None:
        """Put the jump on top."""
        frame[TIME_ms] = (frame[TIME_ms] + round(self.severity)) & MASK


class Stopped(Fault):
    """The clock stands still while ticks go on."""

    kind, key, bounds = "clock_stopped", "for_s", (0.1, 1e5)
    what = "the tick clock stands still"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._held: int | None = None

    def sense(self, t: float, frame: list[int]) -> None:
        """Hold the time of the first tick."""
        if self._held is None:
            self._held = frame[TIME_ms]
        if lasts(self.severity, t):
            frame[TIME_ms] = self._held


KINDS = known(Jump, Stopped)
