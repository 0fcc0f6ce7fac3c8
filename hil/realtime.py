"""Real time: ticks a board at the clock's pace, measures how late it is, and stops before that does harm."""

from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from controller.frames import KEY, M_DISARM, MESSAGE, VALUE
from hil.boards import Board
from hil.session import RefusedError
from hil.transport import LinkLostError

BEHIND_s = 0.25
"""How late a tick may begin; a board trips by itself after 0.3 s without its host."""


class BehindError(Exception):
    """The host cannot keep pace; the board has been disarmed. ``str()`` is one line for the user."""


@dataclass(frozen=True)
class Latency:
    """How late the board's answers came, each counted from when its tick was due.

    Attributes
    ----------
    p50_ms, p99_ms, p999_ms, worst_ms : float
        Median, the latency that 99 % and 99.9 % of the ticks stay within, and the greatest.
    missed : int
        Ticks whose answer came after the next was due.
    """

    ticks: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float
    missed: int

    def __str__(self) -> str:
        return (
            f"{self.ticks} ticks in real time: latency p50 {self.p50_ms:.2f} ms, p99 {self.p99_ms:.2f} ms, "
            f"p99.9 {self.p999_ms:.2f} ms, worst {self.worst_ms:.2f} ms; {self.missed} deadlines missed"
        )


class Paced:
    """Implements `hil.boards.Board` around another: each exchange waits until its tick is due.

    Attributes
    ----------
    board : Board
        The board within.
    """

    def __init__(
        self,
        board: Board,
        tick_s: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        bound_s: float = BEHIND_s,
    ) -> None:
        """``clock`` [s] never goes back; ``sleep`` takes seconds; the first exchange starts the pace."""
        self.board = board
        self.name = board.name
        self._tick_s = tick_s
        self._clock = clock
        self._sleep = sleep
        self._bound_s = bound_s
        self._start: float | None = None
        self._latencies = array("d")

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick when it is due.

        Raises
        ------
        BehindError
            If it is due for longer than the bound.
        """
        due = self._wait()
        late = self._clock() - due
        if late > self._bound_s:
            self._disarm(sensor_frame)
            raise BehindError(
                f"this machine fell behind real time by {late * 1000:.0f} ms, "
                f"{self._bound_s * 1000:.0f} ms are allowed: the board was disarmed; "
                "close other programs, or choose a longer run.tick_s"
            )
        command = self.board.exchange(sensor_frame)
        self._latencies.append(self._clock() - due)
        return command

    def _wait(self) -> float:
        """When the tick at hand is due; not before then."""
        now = self._clock()
        if self._start is None:
            self._start = now
        due = self._start + len(self._latencies) * self._tick_s
        if now < due:
            self._sleep(due - now)
        return due

    def _disarm(self, sensor_frame: list[int]) -> None:
        frame = list(sensor_frame)
        frame[MESSAGE], frame[KEY], frame[VALUE] = M_DISARM, 0, 0
        # Where even this fails the board's own dead-man acts.
        with suppress(LinkLostError, RefusedError):
            self.board.exchange(frame)

    def latency(self) -> Latency | None:
        """What has been measured so far; none before the first tick."""
        found = np.frombuffer(self._latencies)
        if not len(found):
            return None
        p50, p99, p999, worst = (float(np.quantile(found, q, method="higher")) * 1000 for q in (0.5, 0.99, 0.999, 1))
        return Latency(len(found), p50, p99, p999, worst, int((found > self._tick_s).sum()))
