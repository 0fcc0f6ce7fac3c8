"""The response check, window by window: each of its limits to the hectopascal, the millisecond and the sample (S12)."""

import math

import pytest
from bench import Hand, closed_loop
from evidence import amount
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import (
    ARM,
    ARMED,
    CAUSE,
    CONFIRM,
    DIE,
    DONE,
    FAULTS,
    HOME,
    IDLE,
    JOG,
    MOVE,
    NAMES,
    OUTPUTS,
    PARAMETER,
    POSITION,
    POUCH,
    REGULATOR,
    RESET,
    RESPONSE,
    SET,
    STATE,
    STOP,
    TRIPPED,
    UNCONFIRMED,
    record,
)

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
                self.check.moved(move, state == ARMED)
        return said

    def pushing(self, way=1, **how):
        """Play taken up and settled, in a window that has just opened."""
        assert not self.tick(10 * way, **how)
        assert not self.tick(n=3, **how)
        return self


def test_no_move_is_never_judged_but_by_a_fall():
    check = Check()
    for pressure in (40000, 90000, 80001, 70002, 60003, 2**20):
        assert not check.tick(pressure=pressure, n=500)


FALL_hPa = DIE["hard"] - DIE["soft"]  # more than top speed makes within the blind time


@pytest.mark.parametrize("debounce", [1, 2, 5])
@pytest.mark.parametrize("state", [IDLE, ARMED, TRIPPED])
@pytest.mark.parametrize("near", range(-5, 6))
def test_a_reading_that_drops_from_hard_to_soft_limit_at_once_trips_when_armed(near, state, debounce):
    """A zero that jumped: the law would compress until the reading is back (a campaign's finding).

    The pressure that comes here has been debounced: one that fell is not waited for again.
    """
    check = Check(50000, debounce=debounce)
    assert not check.tick(n=3, state=state)
    assert check.tick(pressure=50000 - FALL_hPa - near, state=state) == (state == ARMED and near >= 0)
    assert not check.tick(n=9, state=state)


def held(pressure=50000, **changes):
    """A controller that holds a pressure with its check on."""
    hand = Hand(BASE | changes).armed(pressure, pressure, n=3)
    assert not hand.command[FAULTS] & RESPONSE
    return hand


@pytest.mark.parametrize("debounce", [1, 2, 5])
@pytest.mark.parametrize("near", [-1, 0, 1])
def test_a_fall_trips_a_controller_as_the_last_reading_of_its_debounce(near, debounce):
    hand = held(debounce=debounce)
    fallen = 50000 - FALL_hPa - near
    assert hand.tick(fallen, n=debounce - 1)[STATE] == ARMED
    assert bool(hand.tick(fallen)[FAULTS] & RESPONSE) == (near >= 0)


def test_a_fall_that_does_not_stay_is_a_spike():
    hand = held(debounce=3)
    for _ in range(20):
        assert hand.tick(0, n=2)[STATE] == ARMED
        assert hand.tick(50000)[STATE] == ARMED


@pytest.mark.parametrize(("last", "trips"), [(50000 - FALL_hPa, True), (50000 - FALL_hPa + 1, False)])
def test_the_level_before_a_fall_is_kept_until_the_fall_is_settled(last, trips):
    """Readings that agree on nothing but a fall: the last of the debounce counts, against the level before it."""
    hand = held(debounce=3)
    assert hand.tick(50000 - FALL_hPa)[STATE] == ARMED
    assert hand.tick(50000 - 2 * FALL_hPa)[STATE] == ARMED
    assert bool(hand.tick(last)[FAULTS] & RESPONSE) == trips


@pytest.mark.parametrize("debounce", [1, 2, 5])
def test_after_a_trip_the_debounce_of_a_fall_starts_over(debounce):
    """Found by the proof: the count went on, so that a board armed again could trip on one sample."""
    hand = held(debounce=debounce)
    for level in (50000, 39000, 28000):
        fallen = level - FALL_hPa
        assert hand.tick(fallen, n=debounce - 1)[STATE] == ARMED
        assert hand.tick(fallen)[FAULTS] & RESPONSE
        assert hand.tick(fallen)[STATE] == TRIPPED
        assert hand.say(RESET, pressure=fallen) == DONE
        hand.tick(level - 11000, n=debounce + BASE["healthy"])
        for message, value in ((CONFIRM, 100), (SET, level - 11000), (ARM, 0)):
            assert hand.say(message, value, pressure=level - 11000) == DONE


def test_a_fall_while_disarmed_is_forgotten():
    check = Check(50000)
    assert not check.tick(n=3)
    assert not check.tick(pressure=1000, state=IDLE)
    assert not check.tick(n=9)


def test_a_slow_fall_is_no_jump():
    check = Check(80000)
    for pressure in range(80000, 0, -FALL_hPa + 1):
        assert not check.tick(pressure=pressure, fresh=0, n=2), "no sample, no judgement"
        assert not check.tick(pressure=pressure)


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
        check.tick(1)
        check.tick(counts - 1)
        assert check.tick(n=5) == trips


def test_a_reversal_asks_for_play_again():
    check = Check().pushing()
    check.tick(-1)
    check.tick(-15)
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


def test_a_reversal_opens_a_window_of_its_own():
    """Pins: a reversal was judged by the pressure from which the window before it had started."""
    check = Check(pressure=20000, response_play=5000).pushing(-1)
    check.tick(-1)
    assert not check.tick(pressure=19800, n=100)
    assert not check.tick(1)
    assert not check.tick(n=20)


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
        check.tick(1)
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


# --- the whole controller on a plant ------------------------------------------------------------------------------

SIGMA_hPa = 3.0
DRIFT_hPa_per_s = 2.0


def watched(base, play=None):
    """``base`` with its check on: ten sigma, a count, half a minute of drift; twice its play and two counts."""
    count = base["stiffness"] / 256
    window = max(30000, 10 * (base["dead_time"] + 3 * base["lag"]))
    allowed = math.ceil(10 * SIGMA_hPa + count + DRIFT_hPa_per_s * window / 1000)
    travel = math.ceil((2 * base["backlash"] + 2) * count) if play is None else play
    on = {"response": 128, "response_hPa": allowed, "response_play": travel, "response_ms": window}
    return base | on | {"stuck": 0}


@settings(max_examples=amount(400), deadline=None)
@given(
    base=st.sampled_from([DIE, POUCH]), ramp=st.floats(-1, 1), play=st.floats(0, 2), off=st.floats(0.55, 2.0),
    noise=st.floats(0.5, SIGMA_hPa), setpoint=st.integers(20000, 55000), start=st.integers(5000, 55000),
    turn=st.sampled_from([None, 5, 40]), delay=st.integers(0, 1),
)  # fmt: skip
def test_a_healthy_actuator_is_never_taken_for_a_failed_one(base, ramp, play, off, noise, setpoint, start, turn, delay):
    """Stiffness off by two, backlash none or grown to twice, drift either way, any setpoint, from any pressure."""
    _, _, _, hand = closed_loop(
        watched(base), seconds=100, setpoint=setpoint, start=start, ramp=ramp * DRIFT_hPa_per_s, noise=noise,
        play=play * base["backlash"], off=off, turn=turn, delay=delay,
    )  # fmt: skip
    assert hand.command[STATE] == ARMED


@settings(max_examples=10, deadline=None)
@given(off=st.floats(0.6, 1.6), noise=st.floats(0.5, SIGMA_hPa), setpoint=st.integers(10000, 55000))
def test_nor_is_a_healthy_regulator(off, noise, setpoint):
    _, _, _, hand = closed_loop(
        watched(REGULATOR, 600), seconds=240, setpoint=setpoint, start=0, lag=1.0, noise=noise, off=off
    )
    assert hand.command[STATE] == ARMED


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("base", [DIE, POUCH, REGULATOR], ids=["die", "pouch", "regulator"])
def test_an_actuator_that_does_nothing_trips(base, way):
    base = watched(base, 600 if base is REGULATOR else None)
    hand = Hand(base).armed(30000, 30000, n=100)
    if base["kind"] == 2:
        hand.board.core.filter.position = 2000
    ticks = next(n for n in range(3000) if hand.tick(30000 - 1000 * way)[STATE] == TRIPPED)
    assert hand.command[FAULTS] & RESPONSE
    assert ticks <= 300, "half a minute"


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("base", [DIE, POUCH], ids=["die", "pouch"])
def test_an_actuator_that_goes_the_other_way_trips_before_it_has_gone_far(base, way):
    base = watched(base)
    hand = Hand(base).armed(30000, 30000, n=100)
    start, pressure = hand.command[POSITION], 30000 + 100 * way
    for _ in range(300):
        command = hand.tick(pressure)
        pressure = round(30000 + 100 * way - (command[POSITION] - start) * base["stiffness"] / 256)
        if command[STATE] == TRIPPED:
            break
    assert command[FAULTS] & RESPONSE
    assert abs(pressure - 30000) <= 1500
    assert hand.tick(pressure)[MOVE] == 0


def stalled(hand, pressure=39000, n=300, **changes):
    """Ticks with a motor that has stalled, until something trips."""
    for _ in range(n):
        if hand.tick(pressure, **changes)[STATE] == TRIPPED:
            return hand.command
    return hand.command


def test_a_response_trip_latches_and_is_reset_like_others():
    hand = Hand(watched(DIE)).armed(n=3)
    command = stalled(hand)
    assert (command[STATE], command[FAULTS]) == (TRIPPED, RESPONSE)
    assert command[OUTPUTS] == 0
    assert command[MOVE] == 0
    hand.tick(39000, n=50)
    assert (hand.command[STATE], hand.command[FAULTS]) == (TRIPPED, RESPONSE | UNCONFIRMED)
    assert hand.say(RESET, pressure=39000) == DONE
    assert (hand.command[STATE], hand.command[FAULTS]) == (IDLE, UNCONFIRMED)
    assert hand.say(ARM, pressure=39000) == DONE


def test_a_reset_in_the_tick_of_the_trip_is_refused():
    once = Hand(watched(DIE)).armed(n=3)
    ticks = next(n for n in range(300) if once.tick(39000)[STATE] == TRIPPED)
    hand = Hand(watched(DIE)).armed(n=3)
    hand.tick(39000, n=ticks)
    assert hand.command[STATE] == ARMED
    assert hand.say(RESET, pressure=39000) == CAUSE
    assert hand.command[STATE] == TRIPPED


def test_a_regulator_keeps_its_place_and_its_code():
    hand = Hand(watched(REGULATOR, 600)).armed(30000, 35000, n=3)
    command = stalled(hand, 30000)
    assert command[FAULTS] == RESPONSE
    code = command[POSITION]
    assert hand.tick(30000, n=20)[POSITION] == code > 0
    assert hand.command[OUTPUTS] == 4


@pytest.mark.parametrize("errand", [JOG, HOME])
def test_an_errand_on_a_motor_that_does_nothing_trips(errand):
    hand = Hand(watched(DIE))
    hand.tick(n=9)
    assert hand.say(errand, -100) == DONE
    assert stalled(hand, 40000)[FAULTS] & RESPONSE
    assert hand.say(RESET, pressure=40000) == DONE
    assert not any(hand.tick(40000)[MOVE] for _ in range(50)), "the errand outlived its trip"


def test_an_errand_with_nothing_in_the_frame_does_not():
    hand = Hand(watched(DIE))
    hand.tick(0, n=9)
    assert hand.say(JOG, -200, pressure=0) == DONE
    assert stalled(hand, 0)[STATE] == IDLE


def test_charge_is_left_aside_where_the_current_is_not_known():
    for sense, fed in ((0, True), (2, False)):
        hand = Hand(watched(DIE)).armed(n=3)
        hand.tick(current=100001, sense=sense, n=60)
        assert bool(hand.board.response.charge) == fed


def test_a_written_parameter_starts_over():
    hand = Hand(watched(DIE))
    hand.tick(n=9)
    assert hand.say(JOG, -9) == DONE
    hand.tick(n=2)
    assert hand.say(JOG, 0) == DONE
    hand.tick(n=2)
    assert hand.board.response.travel
    assert hand.say(PARAMETER, 65, key=NAMES.index("ki")) == DONE
    assert (hand.board.response.travel, hand.board.response.way) == (0, 0)


def test_a_stop_goes_before_it():
    hand = Hand(watched(DIE)).armed(n=3)
    assert stalled(hand, switches=4)[FAULTS] & (STOP | RESPONSE) == STOP
