"""Manual moves of a disarmed controller: jog, and homing by the retract limit switch."""

from controller.fields import (
    ACTUATOR_KIND,
    HOMING_counts,
    RESPONSE_hPa,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
)
from controller.frames import (
    C_FORCE,
    C_LIMITS,
    C_OVER,
    C_POSITION,
    E_BOUNDS,
    E_DONE,
    E_STATE,
    IDLE,
    RETRACT_LIMIT,
    TRIPS,
)
from controller.safety import SafetyFilter

# Phases of homing.
NONE, APPROACH, BACK_OFF, AGAIN = range(4)


class Manual:
    """What an operator asks of a disarmed actuator; every move passes the safety filter.

    Homing believes edges, not levels: it decompresses until the retract limit switch becomes active, compresses until
    the switch opens, and decompresses until it is active again; only then is the position known (S16). A switch that
    stays active over HOMING_counts of compression is stuck or its wire is broken, which trips LIMITS.

    ``left``: counts still to go, + compresses; ``phase``: of homing.
    """

    def __init__(self, config: list[int]) -> None:
        """``config`` passes its check."""
        self.config = config
        self.left = 0
        self.phase = NONE
        self.least = 0

    def jog(self, f: SafetyFilter, counts: int) -> int:
        """Moves by so many counts when idle, as far as the filter lets it; 0 ends a manual move. The event."""
        c = self.config
        if counts:
            if f.state != IDLE:
                return E_STATE
            span = c[TRAVEL_MAX_counts] - c[TRAVEL_MIN_counts]
            if counts < -span or counts > span:
                return E_BOUNDS
        self.end(f)
        self.least = f.pressure
        self.left = counts
        return E_DONE

    def home(self, f: SafetyFilter) -> int:
        """Begins to look for the retract limit switch; the event."""
        c = self.config
        if f.state != IDLE or c[ACTUATOR_KIND] == 2:
            return E_STATE
        self.forget(f)
        self.least = f.pressure
        self.phase = APPROACH
        self.left = c[TRAVEL_MIN_counts] - c[TRAVEL_MAX_counts]
        return E_DONE

    def forget(self, f: SafetyFilter) -> None:
        """Makes the position unknown: wherever the screw stands, the whole span is open to decompression."""
        f.standing |= C_POSITION
        f.position = self.config[TRAVEL_MAX_counts]

    def end(self, f: SafetyFilter) -> None:
        """Ends a manual move; a homing that was not done leaves the position unknown."""
        if self.phase == BACK_OFF:
            self.forget(f)
        self.phase = NONE
        self.left = 0

    def look(self, f: SafetyFilter) -> None:
        """Ends what a fault forbids, and leads homing on; each tick, while there is a manual move."""
        rising = self.rising(f)
        if rising or f.state != IDLE or f.active & (TRIPS - C_OVER - C_FORCE):
            self.end(f)
        elif self.phase:
            self.follow(f)

    def rising(self, f: SafetyFilter) -> int:
        """1 when the pressure is over the limit and has risen since: the move makes it worse."""
        if f.pressure < self.least or not f.active & (C_OVER | C_FORCE):
            self.least = f.pressure
        return 1 if f.pressure - self.least > self.config[RESPONSE_hPa] else 0

    def follow(self, f: SafetyFilter) -> None:
        """Homing by what the switch shows in this tick."""
        c = self.config
        if self.phase == BACK_OFF:
            f.active |= C_POSITION
            if not f.switches & RETRACT_LIMIT:
                self.forget(f)
                self.phase = AGAIN
                self.left = -2 * c[HOMING_counts]
            elif self.left == 0:
                stuck = f.position - c[TRAVEL_MIN_counts] >= c[HOMING_counts]
                self.end(f)
                if stuck:
                    f.active |= C_LIMITS
                    f.trip(C_LIMITS)
        elif f.switches & RETRACT_LIMIT:
            f.confirm(c[TRAVEL_MIN_counts])
            self.left = 0
            if self.phase == AGAIN:
                self.phase = NONE
            else:
                # Not believed yet: the position serves to bound the way back.
                f.active |= C_POSITION
                self.phase = BACK_OFF
                self.left = c[HOMING_counts]
        elif self.left == 0:
            self.phase = NONE

    def moved(self, move: int) -> None:
        """Takes note of the move [counts] the safety filter let through; one that is not let through ends it."""
        self.left = self.left - move if move else 0
