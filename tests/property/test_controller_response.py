"""The response check, window by window: each of its limits to the hectopascal, the millisecond and the sample (S12)."""

import pytest
from restated_limits import ARMED, DIE, IDLE, TRIPPED, record

from controller.response import Response

COUNT_hPa = DIE["stiffness"] / 256  # 44
SETTLING_ms = DIE["dead_time"] + 3 * DIE["lag"]  # 50
BASE = DIE | {"response": 128, "response_hPa": 150, "response_play": 440, "debounce": 1}


class Check:
    """A response check, ticked by hand; samples come with every tick."""

    def __init__(self, pressure=40000, **changes):
        self.base = BASE | changes
        self.check = Response(record(self.base))
        self.pressure = pressure
        self.said = 0

    def tick(self, move=0, pressure=None, *, n=1, dt=100, fresh=1, current=0, state=ARMED):
        """1 if it tripped in any of so many ticks."""
        self.pressure = self.pressure if pressure is None else pressure
        said = 0
        for _ in range(n):
            said |= self.check.judge(dt, fresh, self.pressure, current, state)
            if move:
                self.check.moved(move)
        return said

    def pushing(self, way=1, **how):
        """Play taken up and settled, in a window that has just opened."""
        assert not self.tick(10 * way, **how)
        assert not self.tick(n=3, **how)
        return self


def test_no_move_is_never_judged():
    check = Check()
    for pressure in (40000, 90000, 2000, 40000):
        assert not check.tick(pressure=pressure, n=500)


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_half_of_the_travel_must_show_less_the_allowance(way, off):
    # Ten more counts are 440 hPa: 220 are due, 150 may be missing.
    check = Check().pushing(way)
    assert not check.tick(10 * way)
    assert check.tick(pressure=40000 + way * (220 - 150 - off), n=3) == (off > 0)


def test_play_need_not_show_after_a_reversal():
    for counts, trips in ((10 + 6, 0), (10 + 7, 1)):  # 440 hPa of play, and 300 that half of is allowed
        check = Check()
        check.tick(counts)
        assert check.tick(n=5) == trips


def test_a_reversal_asks_for_play_again():
    check = Check().pushing()
    check.tick(-16)
    assert not check.tick(n=9), "the way back had play to take up"
    check.tick(-1)
    assert check.tick(n=9)


def test_the_other_way_needs_no_play_to_be_wrong():
    for wrong, trips in ((150, 0), (151, 1)):
        check = Check(response_play=5000).pushing()
        check.tick(1)
        assert check.tick(pressure=40000 - wrong, n=9) == trips


def test_a_move_is_due_once_it_had_time_to_show():
    check = Check(dead_time=500).pushing()
    check.tick(n=20)
    check.tick(20)
    assert not check.tick(n=5), "due before its dead time"
    assert check.tick(n=6)


def test_what_came_before_a_reversal_may_still_be_under_way():
    check = Check(dead_time=500)
    check.tick(1)
    check.tick(n=20)
    check.tick(-1)
    for pressure in range(40000, 42000, 500):
        assert not check.tick(pressure=pressure), "the reversal was judged before it had settled"
    check.tick(-1, n=3)
    assert check.tick(pressure=42500)


def test_a_window_ends():
    for late, trips in ((0, 1), (1, 0)):
        check = Check(response_ms=3000)
        check.tick(20)
        assert not check.tick(fresh=0, n=29)
        assert check.tick(dt=100 + late) == trips


def test_slow_moves_against_slow_drift_are_a_perfect_hold():
    # Eight counts in every 30 s that the pressure does not show: half of them is 176 hPa, 6 would be 132.
    for pause, trips in ((50, 0), (30, 1)):
        check = Check().pushing()
        assert any(check.tick(1) or check.tick(n=pause - 1) for _ in range(200)) == trips


def test_charge_that_swells_is_no_answer():
    # 100 mA for 10 s thin the stack by 3.3 counts, 143 hPa; 22 more are due.
    for current, trips in ((0, 0), (100000, 1), (-100000, 0)):
        check = Check(debounce=2).pushing(-1)
        check.tick(-1)
        assert check.tick(n=100, current=current) == trips


def test_a_stack_that_may_hang_loose_is_not_judged():
    # At a tare limit of 1000 hPa and an allowance of 150.
    for pressure, trips in ((1149, 0), (1150, 1)):
        check = Check(pressure=pressure).pushing()
        check.tick(20)
        assert check.tick(n=9) == trips


def test_samples_in_a_row_and_none_twice():
    check = Check(debounce=3).pushing()
    check.tick(20)
    assert not check.tick(n=2, pressure=40000)
    assert not check.tick(pressure=45000)
    assert not check.tick(n=2, pressure=40000)
    assert not check.tick(n=9, fresh=0)
    assert check.tick()


def test_a_retreat_may_be_weak_but_not_wrong():
    check = Check().pushing(-1, state=TRIPPED)
    check.tick(-100, state=TRIPPED)
    assert not check.tick(n=9, state=TRIPPED)
    assert check.tick(pressure=40151, state=TRIPPED)


def test_an_errand_is_judged_too():
    check = Check().pushing(state=IDLE)
    check.tick(20, state=IDLE)
    assert check.tick(n=9, state=IDLE)


def test_switched_off_it_says_nothing():
    check = Check(response=0).pushing()
    assert not check.tick(100, n=50)


def test_once_told_it_starts_over():
    check = Check().pushing()
    check.tick(20)
    assert check.tick(n=9)
    assert not check.tick(n=400)


@pytest.mark.parametrize("share", [1, 64, 256])
def test_the_share_is_what_must_show(share):
    # 100 counts are 4400 hPa, less 440 of play that the first ten took up.
    due = 4400 * share // 256
    for short, trips in ((150, 0), (151, 1)):
        check = Check(response=share).pushing()
        check.tick(100)
        assert check.tick(pressure=40000 + due - short, n=3) == trips
