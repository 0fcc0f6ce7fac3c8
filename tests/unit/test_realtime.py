"""Real time, by a clock that the test moves: ticks come when due, lateness is measured, too much of it ends safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.realtime import BehindError, Paced
from hil.transport import LinkLostError

TICK = 0.1
BOUND = 0.25
DISARM = 2


class Clock:
    """Time goes on only when slept, or when told."""

    def __init__(self):
        self.now = 1000.0
        self.slept = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.slept += seconds
        self.now += seconds


class Slow:
    """A board that takes so long for each exchange."""

    name = "slow"

    def __init__(self, clock, takes):
        self.clock, self.takes = clock, iter(takes)
        self.seen, self.at = [], []

    def exchange(self, frame):
        self.seen.append(list(frame))
        self.at.append(self.clock.now)
        self.clock.now += next(self.takes, 0.0)
        return [len(self.seen)] * 9


def paced(takes):
    clock = Clock()
    board = Slow(clock, takes)
    return Paced(board, TICK, clock=clock, sleep=clock.sleep, bound_s=BOUND), board, clock


def frame(i):
    return [i, 0, 0, 0, 0, 0, 1, 7, 8]


def test_each_tick_comes_when_it_is_due_and_answers_as_the_board_does():
    through, board, _ = paced([0.01] * 50)
    assert [through.exchange(frame(i))[0] for i in range(50)] == list(range(1, 51))
    assert board.at == pytest.approx([1000 + i * TICK for i in range(50)])
    assert board.seen == [frame(i) for i in range(50)]


def test_a_late_tick_is_caught_up_with_and_not_handed_on():
    """One slow answer delays its successor, and no more: the pace is the clock's, not the board's."""
    through, board, _ = paced([0.0, 0.22, 0.0, 0.0, 0.0])
    for i in range(5):
        through.exchange(frame(i))
    assert board.at == pytest.approx([1000.0, 1000.1, 1000.32, 1000.32, 1000.4])


@given(st.lists(st.integers(0, 300), min_size=1, max_size=80))
def test_a_tick_begins_when_due_or_within_the_bound_or_never(takes_ms):
    """Whatever the board takes: no tick is early, none later than the bound; the one that would be is a disarm."""
    through, board, _ = paced([ms / 1000 for ms in takes_ms])
    behind = False
    for i in range(len(takes_ms)):
        try:
            through.exchange(frame(i))
        except BehindError:
            behind = True
            break
    orders = [seen[6] for seen in board.seen]
    late = [moment - 1000 - i * TICK for i, moment in enumerate(board.at)]
    if behind:
        assert orders.pop() == DISARM
        assert late.pop() > BOUND - 1e-9
    assert DISARM not in orders
    assert all(-1e-9 <= x <= BOUND + 1e-9 for x in late)


def test_falling_behind_disarms_the_board_and_says_by_how_much():
    through, board, _ = paced([0.0, 0.5])
    through.exchange(frame(0))
    through.exchange(frame(1))
    with pytest.raises(BehindError, match="fell behind real time by 400 ms, 250 ms are allowed"):
        through.exchange(frame(2))
    assert board.seen[-1] == [2, 0, 0, 0, 0, 0, DISARM, 0, 0]
    assert len(board.seen) == 3


def test_a_board_that_cannot_be_disarmed_is_left_to_its_dead_man():
    through, board, _ = paced([0.5])
    through.exchange(frame(0))

    def gone(_):
        raise LinkLostError("gone")

    board.exchange = gone
    with pytest.raises(BehindError):
        through.exchange(frame(1))


def test_latency_counts_from_when_a_tick_was_due():
    """Of 1000 ticks ten are slow, one of them by more than a tick."""
    takes = [0.001] * 1000
    for i in range(100, 190, 10):
        takes[i] = 0.05
    takes[500] = 0.13
    through, _, _ = paced(takes)
    for i in range(1000):
        through.exchange(frame(i))
    found = through.latency()
    assert found.ticks == 1000
    assert found.p50_ms == pytest.approx(1)
    assert found.p99_ms == pytest.approx(50)
    assert found.p999_ms == pytest.approx(130)
    assert found.worst_ms == pytest.approx(130)
    assert found.missed == 1
    assert str(found).startswith("1000 ticks in real time: latency p50 1.00 ms, p99 50.00 ms")


@given(st.lists(st.floats(0, 0.09), min_size=1, max_size=300))
def test_each_quantile_is_a_latency_that_so_many_stay_within(takes):
    through, _, _ = paced(takes)
    for i in range(len(takes)):
        through.exchange(frame(i))
    found = through.latency()
    for share, quantile in ((0.5, found.p50_ms), (0.99, found.p99_ms), (0.999, found.p999_ms), (1, found.worst_ms)):
        within = sum(1000 * took <= quantile + 1e-6 for took in takes)
        assert within >= share * len(takes)
        assert any(abs(1000 * took - quantile) < 1e-6 for took in takes)
    assert found.missed == 0


def test_no_tick_no_latency():
    through, _, _ = paced([])
    assert through.latency() is None
