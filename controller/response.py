"""The response check: does the pressure answer the actuator (S12), and does the actuator touch the stack at all?"""

from controller.clamp import clamp
from controller.configuration import settling
from controller.fields import (
    RESPONSE_256,
    APPROACH_counts,
    DEBOUNCE_samples,
    FEED_QUANTUM_uAms,
    HARD_hPa,
    RESPONSE_hPa,
    RESPONSE_ms,
    RESPONSE_PLAY_hPa,
    SOFT_hPa,
    STIFFNESS_256hPa_per_count,
    TARE_LIMIT_hPa,
)
from controller.frames import ARMED, TRIPPED

MOST = 536870912
# Over any budget [counts]: the count of an approach goes no further.
FARTHEST = 1000001


class Response:
    """Compares what the actuator was told with what the pressure did, over windows too short for drift.

    A window opens with a move after stillness, a reversal settled, or the end of the last window. In it the pressure
    must rise, in the actuator's direction, by a share of travel x stiffness, less the play not yet taken up, less what
    counted charge swells, less an allowance for noise and drift. Only travel that had time to show is asked for.

    Below the tare limit the stack may hang loose in its frame, and no window is judged. There the approach budget
    bounds what an armed controller compresses: APPROACH_counts since a reading last showed contact, whatever is armed,
    reset or moved by hand in between. ``contact``: 1 while the readings show it.

    Each tick calls ``judge`` with what the filter has observed, then ``moved`` with the move that passed it; neither is
    called where both are off (RESPONSE_256 and APPROACH_counts are 0). Pressures are the filter's debounced ones.
    """

    def __init__(self, config: list[int]) -> None:
        """``config`` passes its check."""
        self.config = config
        self.contact = 0
        self.blind = 0
        self.restart()

    def restart(self) -> None:
        """Knows nothing of the past, nor of an earlier record: play on either side. The approach goes on counting."""
        self.delay = settling(self.config)
        self.way = 0
        self.travel = 0
        self.recent = 0
        self.settled = 0
        self.phase = 0
        self.wait = 0
        self.begun = 0
        self.start = 0
        self.elapsed = 0
        self.charge = 0
        self.fed = 0
        self.bad = 0
        self.last = 0

    def judge(self, dt: int, fresh: int, pressure: int, current: int, state: int) -> int:
        """1 when the pressure [hPa] does not answer, else 0; ``current`` in uA, 0 where it is not known."""
        c = self.config
        self.age(dt)
        self.count(current, dt)
        if fresh:
            self.touch(pressure)
        spent = self.spent()
        if spent and state == ARMED:
            return 1
        if fresh == 0 or c[RESPONSE_256] == 0:
            return 0
        if self.fell(pressure, state):
            self.open(pressure)
            return 1
        # Without travel there is nothing to answer; without contact nothing answers.
        if self.travel == self.begun or self.wait or self.elapsed > c[RESPONSE_ms] or self.contact == 0:
            self.open(pressure)
            return 0
        due = self.due(state)
        answer = self.answer(pressure)
        if due - answer <= c[RESPONSE_hPa]:
            self.bad = 0
            return 0
        self.bad += 1
        if self.bad < c[DEBOUNCE_samples]:
            return 0
        self.open(pressure)
        return 1

    def floor(self) -> int:
        """Pressure [hPa] from which on a reading shows contact: more than tare, noise and drift make."""
        return self.config[TARE_LIMIT_hPa] + self.config[RESPONSE_hPa]

    def spent(self) -> int:
        """1 when an armed controller has compressed as far as it may without contact."""
        return 1 if 0 < self.config[APPROACH_counts] < self.blind else 0

    def touch(self, pressure: int) -> None:
        """Takes note of whether the reading shows contact; one that does ends the approach."""
        floor = self.floor()
        self.contact = 1 if pressure >= floor else 0
        if self.contact:
            self.blind = 0

    def fell(self, pressure: int, state: int) -> int:
        """1 when the debounced reading dropped by more than the actuator makes between two samples, else 0.

        Within the blind time top speed does less than from soft to hard limit (the rules say so). A zero that jumps by
        less than that cannot take a stack held under the soft limit over the hard one.
        """
        c = self.config
        fall = self.last - pressure
        self.last = pressure
        return 1 if state == ARMED and fall >= c[HARD_hPa] - c[SOFT_hPa] else 0

    def age(self, dt: int) -> None:
        """Lets ``dt`` [ms] pass; travel becomes due once it had time to show."""
        self.wait = self.wait - dt if self.wait > dt else 0
        self.elapsed = clamp(self.elapsed + dt, MOST)
        self.phase += dt
        if self.phase >= self.delay:
            self.phase = 0
            self.settled = self.recent
            self.recent = self.travel

    def count(self, current: int, dt: int) -> None:
        """Counts charge as the law does: what it swells is no answer of the actuator."""
        quantum = self.config[FEED_QUANTUM_uAms]
        if quantum and dt:
            charge = self.charge + clamp(current, 268435455 // dt) * dt
            self.fed = clamp(self.fed + charge // quantum, MOST // self.config[STIFFNESS_256hPa_per_count])
            self.charge = charge % quantum

    def open(self, pressure: int) -> None:
        """A new window from this pressure [hPa]."""
        self.begun = self.travel
        self.start = pressure
        self.elapsed = 0
        self.fed = 0
        self.bad = 0

    def due(self, state: int) -> int:
        """Pressure [hPa] that the window's settled travel must have brought by now, at least.

        A retreat that works a little is better than none: of it nothing is due, but it must not make things worse.
        """
        c = self.config
        begun = self.begun
        play = 256 * c[RESPONSE_PLAY_hPa]
        if begun < play:
            begun = play
        if state == TRIPPED or self.settled < begun:
            return 0
        return (self.settled - begun >> 8) * c[RESPONSE_256] >> 8

    def answer(self, pressure: int) -> int:
        """Change of pressure [hPa] in the actuator's direction since the window opened, swelling taken out."""
        swelled = self.fed * self.config[STIFFNESS_256hPa_per_count] >> 16
        return (pressure - self.start + swelled) * self.way

    def moved(self, move: int, armed: int) -> None:
        """Takes note of the move [counts, not 0] the safety filter let through, armed or not."""
        way = 1 if move > 0 else -1
        if armed and self.contact == 0:
            blind = self.blind + move
            if blind < 0:
                blind = 0
            elif blind > FARTHEST:
                blind = FARTHEST
            self.blind = blind
        if way != self.way:
            # The window ends here: its pressure may be one of long ago.
            self.way = way
            self.travel = 0
            self.recent = 0
            self.settled = 0
            self.elapsed = MOST
            self.wait = self.delay
        self.travel = clamp(self.travel + move * way * self.config[STIFFNESS_256hPa_per_count], MOST)
