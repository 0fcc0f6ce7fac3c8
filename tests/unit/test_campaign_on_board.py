"""What the board's sensors could have seen of a run over the hard limit: each rule, its deadline, on made-up ticks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.configuration import DEFAULT
from hil.campaign.on_board import Tick, over_hard

TICK_S = 0.1
HARD_MPa, SOFT_MPa = 8.0, 7.0  # the default record's
REFERENCE, COUNTS_PER_MPa = DEFAULT[4], 10_000 * 2 ** DEFAULT[3] / DEFAULT[2]
KIND, STIFFNESS = 1, 26
IDLE, ARMED, TRIPPED = range(3)
MPa_PER_COUNT = DEFAULT[STIFFNESS] / 256 / 1e4
TRAVEL, JUMP, READING = "travel against load cell", "load cell: jump", "load cell: hard limit"


class Run:
    """Ticks of a made-up run; its moment is the first tick, its load cell converts once a tick."""

    def __init__(self, kind=1):
        self.record = list(DEFAULT)
        self.record[KIND] = kind
        self.ticks = []
        self.number = self.position = 0

    def add(self, seconds, true, reading=None, *, move=0, state=ARMED, switches=0, sense=0, stale=False, counts=None):
        """``true``: pressure [MPa], of which the load cell reads ``reading``; ``move`` [counts] in every tick."""
        for _ in range(round(seconds / TICK_S)):
            n = len(self.ticks)
            self.position += move
            self.number += not stale
            shown = REFERENCE + round((true if reading is None else reading) * COUNTS_PER_MPa) + n % 3
            row = Tick(n * TICK_S, true * 1e6, shown if counts is None else counts, self.number, sense, switches, move,
                       self.position, state)  # fmt: skip
            self.ticks.append(row)
        return self

    def judged(self, **more):
        return over_hard(self.ticks, self.record, **more)

    def unanswered(self):
        return set(self.judged().unanswered)


def test_under_the_hard_limit_there_is_nothing_to_judge():
    assert Run().add(20, 5.0).add(5, 7.99, switches=2).judged() is None
    assert Run().add(20, 7.9).add(5, 7.99, reading=9.0).judged() is None, "the true pressure counts"


@given(st.floats(0.0, 7.9), st.floats(8.1, 20.0))
def test_a_load_cell_that_reads_the_same_whatever_the_pressure_says_nothing(reading, true):
    """Where nothing moved, what the reading was and is tells no more: only another instrument would."""
    judged = Run().add(20, 5.0, reading).add(20, true, reading).judged()
    assert (judged.unanswered, judged.answered) == ((), ())
    assert judged.at_s == pytest.approx(20.0)


def test_a_reading_over_the_hard_limit_is_to_be_acted_on():
    assert Run().add(10, 5.0).add(1.0, 8.5).judged().unanswered == (), "there was no time"
    assert READING in Run().add(10, 5.0).add(5, 8.5).unanswered()
    judged = Run().add(10, 5.0).add(0.5, 8.5).add(20, 8.5, state=TRIPPED).judged()
    assert judged.unanswered == ()
    assert READING in judged.answered


def test_a_trip_after_the_deadline_is_too_late():
    assert READING in Run().add(10, 5.0).add(3, 8.5).add(20, 8.5, state=TRIPPED).unanswered()


def test_a_regulator_that_reads_the_hard_limit_has_to_lower_its_code():
    def run(move):
        start = Run(kind=2).add(1, 5.0, move=100).add(10, 5.0).add(0.5, 8.5)
        return start.add(0.4, 8.5, state=TRIPPED).add(20, 8.5, move=move, state=TRIPPED)

    assert READING in run(0).unanswered(), "a trip that keeps the code is no answer"
    assert READING not in run(-1).unanswered()
    assert READING not in Run(kind=2).add(10, 5.0).add(0.5, 8.5).add(20, 8.5, state=TRIPPED).unanswered(), "vented"


@pytest.mark.parametrize(("fall", "sees"), [(0.45, False), (0.55, True), (5.0, True), (-3.0, True)])
def test_a_reading_that_jumps_by_half_of_soft_to_hard_is_to_be_seen(fall, sees):
    found = Run().add(20, 5.0).add(20, 5.0, 5.0 - fall).add(20, 8.5, 5.0 - fall).unanswered()
    assert (JUMP in found) is sees


def test_a_reading_that_changes_with_travel_does_not_jump():
    run = Run().add(20, 2.0)
    step = 2 * round(0.1 / MPa_PER_COUNT)
    for n in range(30):
        run.add(TICK_S, 2.0 + 0.2 * n, move=step)
    assert JUMP not in run.add(20, 8.5, 7.8).unanswered()


def compressed(reading, start=3.0, seconds=20):
    """Compressed by 4 MPa worth of travel; ``reading`` of start and travel [MPa] is what the load cell shows of it."""
    run = Run().add(20, start, reading(start, 0.0))
    ticks = round(seconds / TICK_S)
    counts = round(4.0 / MPa_PER_COUNT / ticks)
    for n in range(ticks):
        run.add(TICK_S, start, reading(start, 4.0 * n / ticks), move=counts)
    return run.add(5, start, reading(start, 4.0)).add(5, 8.5, reading(start, 4.0))


@pytest.mark.parametrize(("share", "sees"), [(0.0, True), (0.3, True), (0.6, False), (1.0, False)])
def test_travel_that_the_reading_does_not_answer_is_to_be_seen(share, sees):
    found = compressed(lambda start, travel: start + share * travel).unanswered()
    assert (TRAVEL in found) is sees


def test_a_stack_beyond_where_it_was_assembled_is_in_contact():
    assert TRAVEL in compressed(lambda start, travel: 0.0).unanswered()
    approach = Run()
    approach.position = -round(9.0 / MPa_PER_COUNT)
    approach.add(20, 0.0)
    step = round(9.0 / MPa_PER_COUNT / 600)
    approach.add(60, 0.0, move=step).add(20, 8.5, 0.0)
    assert TRAVEL not in approach.unanswered(), "a homed screw comes from afar"


def test_a_regulators_code_that_stands_for_the_hard_limit_is_to_be_seen():
    def run(kind, worth):
        start = Run(kind).add(TICK_S, 5.0, move=round(worth / MPa_PER_COUNT))
        return start.add(10, 5.0).add(30, 8.5, 5.0).unanswered()

    assert "regulator's code" in run(2, 8.1)
    assert "regulator's code" not in run(2, 7.9)
    assert "regulator's code" not in run(1, 8.1), "a screw's position is no pressure"


@pytest.mark.parametrize(
    ("tick", "name"),
    [
        ({"switches": 2}, "compress limit switch"),
        ({"switches": 1048576}, "over-force comparator on board"),
        ({"sense": 1}, "load cell: no good conversions"),
        ({"counts": 2**23 - 1}, "load cell: no good conversions"),
        ({"stale": True}, "load cell: no good conversions"),
        ({"counts": REFERENCE + 1_000_000}, "load cell: stuck"),
    ],
)
def test_what_switches_and_driver_show_is_to_be_seen(tick, name):
    assert name in Run().add(20, 5.0).add(20, 5.0, **tick).add(20, 8.5, 5.0, **tick).unanswered()
    assert name not in Run().add(20, 5.0).add(40, 8.5, 5.0).unanswered()


def test_a_reading_that_scatters_is_to_be_seen():
    run = Run().add(10, 5.0)
    for n in range(200):
        run.add(TICK_S, 5.0, 5.0 + 0.5 * (n % 2))
    assert "load cell: scatter" in run.add(10, 8.5, 5.0).unanswered()


def test_what_the_board_can_refuse_is_to_be_refused():
    over = Run().add(10, 5.0).add(20, 8.5, 5.0)
    assert over.judged(refusable=True).unanswered == ("record and wiring",)
    tripped = Run().add(0.2, 5.0).add(10, 5.0, state=TRIPPED).add(20, 8.5, 5.0, state=TRIPPED)
    assert tripped.judged(refusable=True).answered == ("record and wiring",)


def test_leaving_the_armed_state_is_an_answer():
    assert READING not in Run().add(10, 5.0).add(0.5, 8.5).add(20, 8.5, state=IDLE).unanswered()
