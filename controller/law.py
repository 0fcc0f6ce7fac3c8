"""The control law: swelling fed forward from counted charge, and PI on pressure, in 1/256 of a count."""

from controller.clamp import clamp
from controller.fields import (
    KI_256,
    KP_256,
    BACKLASH_counts,
    DEADBAND_256count,
    FEED_QUANTUM_uAms,
    LAG_ms,
    SAMPLE_ms,
    STIFFNESS_256hPa_per_count,
)


class Law:
    """Asks for moves; what the safety filter let through comes back by ``moved``.

    ``want`` is the travel that would null the error [1/256 count]: setpoint and charge push it ahead, moves
    take from it, and each sample corrects it by a share of the surprise. The actuator is the integrator, so a
    move that was cut stays in ``want``, which never exceeds the error measured: nothing winds up (S11).
    """

    def __init__(self, config: list[int]) -> None:
        """``config`` passes its check."""
        self.config = config
        self.start()

    def start(self) -> None:
        """Forgets everything: called when armed."""
        c = self.config
        self.want = 0
        self.unseen = 0
        self.charge = 0
        self.way = 1
        self.slack = 0
        self.keep = 256 * c[LAG_ms] // (c[LAG_ms] + c[SAMPLE_ms])

    def feed(self, current: int, dt: int) -> None:
        """Counts charge [uA ms]; discharge thins the stack, so the actuator follows up."""
        quantum = self.config[FEED_QUANTUM_uAms]
        if quantum:
            charge = self.charge + clamp(current, 268435455 // dt) * dt
            self.want = clamp(self.want + charge // quantum, 524288)
            self.charge = charge % quantum

    def follow(self, change: int) -> None:
        """Turns a setpoint change [hPa], within +-10000, into travel."""
        self.want = clamp(self.want + change * 65536 // self.config[STIFFNESS_256hPa_per_count], 524288)

    def correct(self, error: int) -> int:
        """Learns from a fresh sample's error [hPa]; returns what to act on at once [1/256 count]."""
        c = self.config
        want = self.want
        surprise = clamp(clamp(error, 16383) * 65536 // c[STIFFNESS_256hPa_per_count], 524288) - want
        # Recent moves may or may not be felt yet: only what neither explains is a surprise.
        unseen = self.unseen
        if unseen:
            if surprise > 0 and unseen > 0:
                surprise = surprise - unseen if surprise > unseen else 0
            elif surprise < 0 and unseen < 0:
                surprise = surprise - unseen if surprise < unseen else 0
            self.unseen = unseen * self.keep >> 8
        self.want = want + (surprise * c[KI_256] >> 8)
        return surprise * c[KP_256] >> 8

    def ask(self, extra: int) -> int:
        """The move [counts] to ask for; a reversal needs twice the error and takes up half the backlash.

        Half, so that a backlash set twice too large does not overshoot; feedback finds the rest.
        """
        c = self.config
        act = self.want + extra
        dead = c[DEADBAND_256count]
        if -dead < act < dead:
            return 0
        slack = self.slack
        if (act > 0) != (self.way > 0):
            if -2 * dead < act < 2 * dead:
                return 0
            slack = c[BACKLASH_counts] >> 1
        if act > 0:
            return (act + 128 >> 8) + slack
        return -(128 - act >> 8) - slack

    def moved(self, move: int) -> None:
        """Takes note of the move [counts, not 0] the safety filter let through."""
        way = 1 if move > 0 else -1
        if way != self.way:
            self.way = way
            self.slack = self.config[BACKLASH_counts] >> 1
        felt = move * way - self.slack
        if felt < 0:
            self.slack = -felt
            return
        self.slack = 0
        felt = felt * way * 256
        self.want = clamp(self.want - felt, 524288)
        self.unseen = clamp(self.unseen + felt, 524288)
