"""Jog and home: an operator's errands pass the same filter; and the core is the controller without its records."""

import pytest
from bench import Hand
from frame_sequences import SEQUENCES, frames
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import (
    BLOCKS,
    BOUNDS,
    CONFIRM,
    COUNTS,
    DIE,
    DISARM,
    DONE,
    EVENT,
    FAULTS,
    FORCE,
    HOME,
    IDLE,
    JOG,
    LIMITS,
    MESSAGE,
    MOVE,
    NAMES,
    NO_CONTACT,
    PARAMETER,
    POSITION,
    REGULATOR,
    SAMPLE,
    STALE,
    STATE,
    SWITCHES,
    TIME,
    UNCONFIRMED,
    UNKNOWN,
    VALUE,
    WRONG_STATE,
    counts_for,
    record,
)  # fmt: skip

from controller.controller import Controller
from controller.core import Core

RECORDS = (4, 6, 8, 9)  # tare, parameter, jog, home: messages that the core does not know


class Screw:
    """A controller, idle, on a screw that stands ``above`` counts over its retract switch."""

    def __init__(self, above, base=DIE):
        self.board, self.base, self.above = Controller(record(base)), base, above
        self.n, self.command = 0, [0] * 9

    def tick(self, message=0, value=0, *, pressure=40000, switches=0):
        self.n += 1
        frame = [0] * 9
        frame[TIME], frame[SAMPLE] = 100 * self.n, self.n
        frame[COUNTS] = counts_for(pressure, self.base) + (self.n & 1)
        frame[SWITCHES] = switches | (self.above <= 0)
        frame[MESSAGE], frame[VALUE] = message, value
        self.board.tick(frame, self.command)
        self.above += self.command[MOVE]
        return self.command

    def until_still(self):
        ticks = 0
        while self.tick()[MOVE]:
            ticks += 1
            assert ticks < 10**5
        return self


@settings(max_examples=100, deadline=None)
@given(above=st.integers(0, 20000))
def test_homing_stops_at_the_switch_and_knows_where_it_is(above):
    screw = Screw(above)
    assert screw.tick(HOME)[EVENT] == DONE
    screw.until_still()
    assert -DIE["speed"] < screw.above <= 0, "homed before its switch, or ran past it by more than a tick"
    assert screw.command[POSITION] == DIE["travel_min"]
    assert not screw.tick()[FAULTS] & UNCONFIRMED
    assert screw.tick(CONFIRM, 1000)[EVENT] == DONE, "homing is over"


def test_homing_without_a_switch_ends_after_the_whole_travel_and_knows_nothing():
    screw = Screw(10**6)
    screw.tick(HOME)
    screw.until_still()
    assert screw.above == 10**6 - (DIE["travel_max"] - DIE["travel_min"])
    assert screw.board.core.filter.standing & UNCONFIRMED
    assert screw.tick(CONFIRM, 1000)[EVENT] == DONE, "homing is over"


@settings(max_examples=100, deadline=None)
@given(start=st.integers(DIE["travel_min"], DIE["travel_max"]), way=st.integers(-20200, 20200))
def test_a_jog_goes_as_far_as_asked_within_the_travel(start, way):
    screw = Screw(10**6)
    screw.tick(CONFIRM, start)
    assert screw.tick(JOG, way)[EVENT] == DONE
    screw.until_still()
    assert screw.command[POSITION] == min(max(start + way, DIE["travel_min"]), DIE["travel_max"])


def test_a_jog_does_not_compress_before_the_position_is_known_nor_over_the_soft_limit():
    screw = Screw(10**6)
    screw.tick(JOG, 100)
    assert screw.until_still().above == 10**6
    screw.tick(CONFIRM, 1000)
    screw.tick(pressure=DIE["soft"])
    screw.tick(JOG, 100, pressure=DIE["soft"])
    assert screw.until_still().above == 10**6


@pytest.mark.parametrize(
    ("field", "value"), [("soft", 60001), ("hard", 79000), ("tare_limit", 900), ("stale", 240), ("debounce", 1)]
)
def test_S1_a_changed_record_waits_for_a_sample_judged_by_it(field, value):
    """A soft limit set below the pressure did not hold until the next conversion."""
    hand = Hand().settled(65000)
    assert hand.say(CONFIRM, 100, pressure=65000) == DONE
    assert hand.say(PARAMETER, value, key=NAMES.index(field), pressure=65000) == DONE
    assert hand.say(JOG, 100, fresh=False) == DONE
    assert hand.command[MOVE] == hand.tick(fresh=False)[MOVE] == 0
    assert hand.command[FAULTS] & STALE


@pytest.mark.parametrize("switches", [2, 4, 8], ids=["compress limit", "stop", "link"])
def test_what_goes_wrong_ends_a_jog_for_good(switches):
    screw = Screw(10**6)
    screw.tick(CONFIRM, 1000)
    screw.tick(JOG, 100)
    assert screw.tick(switches=switches)[MOVE] == 0
    assert screw.tick()[MOVE] == 0


@pytest.mark.parametrize("state", ["idle", "armed", "tripped"])
def test_a_jog_of_nothing_is_taken_in_every_state_and_ends_a_jog(state):
    hand = Hand().armed() if state != "idle" else Hand().settled()
    if state == "tripped":
        hand.tick(switches=8)
    before = hand.command[STATE]
    assert hand.say(JOG, 0) == DONE
    assert hand.command[STATE] == before
    if state == "idle":
        assert hand.say(JOG, -100) == DONE
        assert hand.command[MOVE] < 0
        assert hand.say(JOG, 0) == DONE
        assert hand.command[MOVE] == hand.tick()[MOVE] == 0


def test_disarm_ends_a_jog():
    screw = Screw(10**6)
    screw.tick(CONFIRM, 1000)
    screw.tick(JOG, 100)
    assert screw.tick(DISARM)[MOVE] == 0
    assert screw.tick()[MOVE] == 0


def test_no_errand_when_armed_and_no_homing_of_a_regulator():
    hold = list(frames((True, [("jog", 0, 1, 0), ("home", 0, 1, 0)])))
    board, command, events = Controller(record()), [0] * 9, {}
    for frame in hold:
        board.tick(frame, command)
        events[frame[MESSAGE]] = command[EVENT]
    assert events[JOG] == events[HOME] == WRONG_STATE
    assert Screw(100, REGULATOR).tick(HOME)[EVENT] == WRONG_STATE
    assert Screw(100).tick(JOG, 20201)[EVENT] == BOUNDS


@settings(max_examples=200, deadline=None)
@given(sequence=SEQUENCES)
def test_the_core_is_the_controller_without_its_records(sequence):
    """And without the check for a limit switch that comes the wrong way, which is off here."""
    core, whole = Core(record(), 0), Controller(record())
    whole.limits = lambda before: None
    for frame in frames(sequence):
        if frame[MESSAGE] in RECORDS:
            assert refused(frame) == UNKNOWN
            frame[MESSAGE] = 0
        a, b = [0] * 9, [0] * 9
        core.tick(frame, a)
        whole.tick(frame, b)
        assert a == b


def refused(frame):
    command = [0] * 9
    Core(record(), 0).tick(frame, command)
    return command[EVENT]


@pytest.mark.parametrize("how", [{"pressure": DIE["hard"] + 10}, {"switches": FORCE}], ids=["over", "force"])
def test_over_the_hard_limit_the_way_back_is_open_and_no_other(how):
    screw = Screw(10**6)
    screw.tick(CONFIRM, 1000)
    for way, moved in ((50, 0), (-50, -50)):
        start = screw.above
        screw.tick(JOG, way, **how)
        for _ in range(30):
            screw.tick(**how)
        assert screw.above - start == moved


@pytest.mark.parametrize("rise", [0, 149, 150, 151])
@pytest.mark.parametrize("first", [0, -200, 100])
@pytest.mark.parametrize("how", [{}, {"switches": FORCE}], ids=["over", "force"])
def test_over_the_limit_a_manual_move_ends_once_the_pressure_rose_by_more_than_noise_makes(rise, first, how):
    """It counts from the least pressure since the move began: a first rise adds up, a first fall is taken off."""
    hand = Hand().settled(81000)
    assert hand.say(CONFIRM, 1000, pressure=81000, **how) == DONE
    assert hand.say(JOG, -100, pressure=81000, **how) == DONE
    hand.tick(81000 + first, **how)
    assert hand.board.manual.left
    hand.tick(81000 + min(first, 0) + rise, **how)
    assert (hand.board.manual.left == 0) == (rise > DIE["response_hPa"])


@pytest.mark.parametrize("way", [30, -30])
def test_a_jog_needs_no_contact(way):
    """It is how the actuator is brought to the stack; of the budget of an armed controller it takes nothing."""
    hand = Hand(DIE | {"approach": 20}).settled(0)
    assert hand.say(CONFIRM, 1000, pressure=0) == DONE
    assert hand.say(JOG, way, pressure=0) == DONE
    hand.tick(0, n=9)
    assert hand.command[FAULTS] & NO_CONTACT
    assert hand.command[POSITION] == 1000 + way
    assert not hand.command[BLOCKS] & NO_CONTACT


@pytest.mark.parametrize("homing", [1, 7, 40])
def test_S16_a_switch_that_opened_is_looked_for_over_twice_the_way_back(homing):
    """It does not close again: its wire broke meanwhile. The screw stops, and its position is not known."""
    hand = Hand(DIE | {"homing": homing}).settled()
    assert hand.say(HOME) == DONE
    hand.tick(switches=1)
    moves = [hand.tick()[MOVE] for _ in range(60)]
    assert sum(moves) == -2 * homing
    assert moves[-1] == 0
    assert hand.command[FAULTS] & UNCONFIRMED
    assert hand.say(CONFIRM, 0) == DONE, "homing is over"


def test_S16_homing_that_may_not_back_off_ends_and_is_no_fault_of_the_switch():
    """At the soft limit nothing compresses; the switch was not given the way in which it must open."""
    hand = Hand().settled(DIE["soft"])
    assert hand.say(HOME, pressure=DIE["soft"]) == DONE
    hand.tick(DIE["soft"], n=9, switches=1)
    assert hand.command[STATE] == IDLE
    assert hand.command[FAULTS] & (LIMITS | UNCONFIRMED) == UNCONFIRMED
    assert hand.say(CONFIRM, 0, pressure=DIE["soft"]) == DONE, "homing is over"


def test_S16_from_the_tick_that_homing_begins_the_position_is_not_known():
    """Also where it begins at the switch, and the position had been confirmed."""
    hand = Hand().settled()
    assert hand.say(CONFIRM, 1000) == DONE
    assert not hand.tick(switches=1)[FAULTS] & UNCONFIRMED
    for message in ((HOME, 0, 0), *[(0, 0, 0)] * 9):
        assert hand.tick(message=message, switches=1)[FAULTS] & UNCONFIRMED


@pytest.mark.parametrize("way", [100, -100])
def test_the_board_ends_a_manual_move(way):
    """It leaves a mode, or is given another record; the position is known still."""
    hand = Hand().settled()
    assert hand.say(CONFIRM, 1000) == DONE
    assert hand.say(JOG, way) == DONE
    hand.board.end_manual_move()
    place = hand.command[POSITION]
    assert hand.tick(n=9)[POSITION] == place != 1000
    assert not hand.command[FAULTS] & UNCONFIRMED


@pytest.mark.parametrize(("base", "way"), [(DIE, 100), (DIE, -100), (REGULATOR, 100)], ids=["in", "out", "regulator"])
def test_S16_a_cut_pulse_train_costs_a_screw_its_position_and_ends_its_manual_move(base, way):
    """A regulator's code is where it was set, whatever happened to pulses."""
    screw = base["kind"] == 1
    hand = Hand(base).settled()
    assert hand.say(CONFIRM, 1000) == (DONE if screw else WRONG_STATE)
    assert hand.say(JOG, way) == DONE
    assert hand.command[MOVE] * way > 0
    hand.board.lose_position()
    hand.tick()
    assert (hand.command[MOVE] == 0) == screw
    assert bool(hand.command[FAULTS] & UNCONFIRMED) == screw
    assert (hand.board.manual.left == 0) == screw


def test_no_parameter_is_written_before_homing_is_over():
    """Also in the tick between its last move and its end."""
    soft = DIE["soft"]
    hand = Hand().settled(soft)
    assert hand.say(HOME, pressure=soft, switches=1) == DONE
    assert (hand.board.manual.left, hand.board.manual.phase == 0) == (0, False)
    assert hand.say(PARAMETER, 65, key=NAMES.index("ki"), pressure=soft, switches=1) == WRONG_STATE
    assert hand.say(PARAMETER, 65, key=NAMES.index("ki"), pressure=soft, switches=1) == DONE
