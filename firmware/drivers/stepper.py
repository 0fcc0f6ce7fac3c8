"""Step, direction and enable of a stepper driver; the pulses themselves come from a pulser."""


class Stepper:
    """Turns the signed move of a tick into exactly so many pulses, evenly, in three quarters of the tick.

    The pulser has ``emit(count, direction, half_us) -> int`` (1 taken, 0 not), ``abort()``. ``refused`` counts
    moves that could not be made as asked: of those no pulse is emitted, so the position is no longer known.
    """

    def __init__(self, pulser, enable, enable_level, compress_level, pull_in_Hz, setup_us) -> None:
        """``enable(level)`` is a pin, ``pull_in_Hz`` the rate the motor starts and stops at without losing steps.

        Raises ValueError if DIR cannot be set up in time at that rate.
        """
        self.least_us = (1000000 + 2 * pull_in_Hz - 1) // (2 * pull_in_Hz)
        if self.least_us < setup_us:
            raise ValueError("DIR set-up time is longer than half a step at the pull-in rate")
        self.pulser = pulser
        self.enable = enable
        self.enable_level = enable_level
        self.compress_level = compress_level
        self.refused = 0
        self.stop()

    def most(self, tick_ms: int) -> int:
        """Most pulses in a tick of ``tick_ms``."""
        return tick_ms * 375 // self.least_us

    def move(self, steps: int, tick_ms: int) -> int:
        """Emits ``steps`` pulses, + compresses; 1 if they were taken, 0 if they were refused."""
        if steps == 0:
            return 1
        direction = self.compress_level
        if steps < 0:
            steps = -steps
            direction = 1 - direction
        half_us = tick_ms * 375 // steps
        if half_us >= self.least_us and self.pulser.emit(steps, direction, half_us):
            return 1
        self.stop()
        self.refused += 1
        return 0

    def energise(self, on: int) -> None:
        """Current through the motor, or none."""
        self.enable(self.enable_level if on else 1 - self.enable_level)

    def stop(self) -> None:
        """No further pulse, at once; the motor keeps its current until told otherwise."""
        self.pulser.abort()
