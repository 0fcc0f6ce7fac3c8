"""What an observer makes of rows: harm in the plant, answers of the controller, other instruments' word."""

import math
from types import SimpleNamespace

import pytest

from controller.configuration import DEFAULT
from hil.campaign.observe import Bounds, Observer, Result, compare, strayed

TICK_S = 0.1
HARD_MPa, SOFT_MPa = 8.0, 7.0  # the default record's
TARE_MPa = 0.1
IDLE, ARMED, TRIPPED = range(3)
WARN, OVER, CONFIG, TRIPPED_BIT, SAMPLES, POSITION = 1024, 2, 32768, 262144, 131072, 4096
COUNTS_PER_MPa = 10_000 * 2**21 / 74898


class Watch:
    """An observer of made-up rows; one second of the run is ten of them."""

    def __init__(self, state=ARMED):
        self.result = Result("k/f/0", "k", "f", 1.0, 10.0)
        bounds = Bounds(peak_Pa=10e6, over_ticks=20, outside_ticks=30)
        self.observer = Observer(self.result, list(DEFAULT), bounds, TICK_S, step_hPa=100.0, ratio=5.0)
        self.board = SimpleNamespace(t=-1.0, command=[0] * 9, seen=[0] * 9, fault=object(), refusable=False)
        self.actuator = SimpleNamespace(asked=0, given=0, last=0, way=0, short=0.0)
        self.observer.attach(self.board, self.actuator, largest_A=1e-3)
        self.n = 0
        self.row(ticks=1, state=state)
        self.board.t = 0.0

    def row(self, ticks=1, MPa=4.0, A=0.0, state=ARMED, outputs=7, faults=0, blocks=0, event=0, move=0, message=0,
            volts=3.8, thickness=0.0, off_counts=0, off_uA=0, late_ms=0, gap=0, last=0, short_MPa=0.0):  # fmt: skip
        for _ in range(ticks):
            self.n += 1
            time = self.n * TICK_S
            truth = [round(time * 1000), 1_000_000, self.n, 0, round(A * 1e6), 0, message, 0, 0]
            seen = list(truth)
            seen[0], seen[1], seen[4] = truth[0] + late_ms, truth[1] + off_counts, truth[4] + off_uA
            self.board.seen[:] = seen
            self.board.command[:] = [move, 0, outputs, state, faults, blocks, event, 0, 0]
            self.actuator.given, self.actuator.last = self.actuator.asked - gap, last
            self.actuator.short = short_MPa * 1e6
            head = (time, volts, A, MPa * 1e6, 25.0, 25.0, *[1] * 4, MPa * 1e6, MPa * 1e6, thickness, 0.0, 1.0, 0.0)
            self.observer.row(*head, *truth, *self.board.command)
            if self.board.t >= 0:
                self.board.t += TICK_S
        return self.result


def test_the_peak_is_the_true_pressures():
    watch = Watch()
    watch.row(MPa=5.0)
    watch.row(MPa=6.5, off_counts=round(3 * COUNTS_PER_MPa))
    result = watch.row(MPa=3.0)
    assert (result.peak_MPa, result.least_MPa) == (6.5, 3.0)
    assert result.harmed_at_s is None


@pytest.mark.parametrize(
    ("row", "unharmed", "harmed"),
    [
        ({"MPa": 10.01}, 0, 1),
        ({"MPa": 8.01}, 20, 21),
        ({"MPa": 6.11, "A": 1e-3}, 30, 31),
        ({"MPa": 1.89, "A": -1e-3}, 30, 31),
    ],
)
def test_a_run_is_harmed_once_a_bound_is_passed(row, unharmed, harmed):
    assert Watch().row(ticks=unharmed, **row).harmed_at_s is None
    assert Watch().row(ticks=harmed, **row).harmed_at_s is not None


@pytest.mark.parametrize("row", [{"MPa": 7.99}, {"MPa": 6.09, "A": 1e-3}, {"MPa": 1.91, "A": -1e-3}, {"MPa": 6.5}])
def test_within_its_bounds_nothing_is_harmed(row):
    assert Watch().row(ticks=2000, **row).harmed_at_s is None


def test_what_was_there_before_the_moment_is_not_shown_by_the_fault():
    watch = Watch()
    watch.board.t = -1.0
    watch.row(faults=WARN)
    watch.board.t = 0.0
    assert watch.row(ticks=5, faults=WARN).seen == []
    assert watch.row(faults=WARN | OVER, state=TRIPPED, outputs=0).seen == ["OVER"]
    assert watch.result.tripped
    assert watch.result.seen_at_s == pytest.approx(0.5)


def test_reasons_that_follow_from_a_trip_are_not_counted():
    assert Watch().row(blocks=TRIPPED_BIT | SAMPLES).seen == []
    assert Watch().row(blocks=CONFIG).seen == ["CONFIG"]


def test_permits_that_fall_while_armed_are_shown_one_alone_is_not():
    watch = Watch()
    assert watch.row(outputs=5).seen == []
    assert watch.row(outputs=4).seen == ["PERMITS"]
    assert Watch().row(outputs=0, state=IDLE, message=2).seen == []


def test_disarming_is_shown_where_nobody_asked_for_it():
    assert Watch().row(state=IDLE, outputs=0).seen == ["DISARMED"]


def test_refusals_are_shown_by_name():
    assert Watch().row(event=1).seen == []
    assert Watch().row(event=3).seen == ["REFUSED BOUNDS"]


def test_the_safe_state_is_permits_low_and_nothing_that_compresses_for_a_second():
    watch = Watch()
    watch.row(ticks=5, outputs=0, state=TRIPPED)
    watch.row(outputs=0, state=TRIPPED, last=1)
    watch.row(ticks=10, outputs=0, state=TRIPPED, move=-3, last=-3)
    assert watch.result.safe_at_s is None
    assert watch.row(outputs=0, state=TRIPPED).safe_at_s == pytest.approx(0.6)
    assert Watch().row(ticks=100, outputs=4).safe_at_s == 0.0, "armed, but the cycler is open"
    assert Watch().row(ticks=100, outputs=5).safe_at_s is None


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"off_counts": round(1.02 * TARE_MPa * COUNTS_PER_MPa)}, "second load cell"),
        ({"off_counts": -round(1.02 * TARE_MPa * COUNTS_PER_MPa)}, "second load cell"),
        ({"gap": 11}, "travel sensor"),
        ({"gap": -11}, "travel sensor"),
        ({"off_uA": 101}, "second current sense"),
        ({"late_ms": 251}, "second clock"),
        ({"late_ms": -251}, "second clock"),
        ({"short_MPa": 1.02 * TARE_MPa / 5.0}, "supply pressure gauge"),
    ],
)
def test_another_instrument_sees_what_is_off_for_a_second(row, name):
    assert Watch().row(ticks=9, **row).would_see == []
    assert Watch().row(ticks=10, **row).would_see == [name]


@pytest.mark.parametrize(
    "row",
    [
        {"off_counts": round(0.98 * TARE_MPa * COUNTS_PER_MPa)},
        {"gap": 10},
        {"short_MPa": 0.019},
        {"off_uA": 100},
        {"late_ms": 250},
    ],
)
def test_what_is_off_by_less_is_seen_by_none(row):
    assert Watch().row(ticks=100, **row).would_see == []


def test_an_instrument_that_comes_back_in_time_has_seen_nothing():
    watch = Watch()
    for _ in range(5):
        watch.row(ticks=9, off_uA=500)
        watch.row()
    assert watch.result.would_see == []


def test_when_an_actuator_was_told_to_move_far_enough():
    watch = Watch()
    watch.actuator.way = 10
    assert watch.row().told_at_s is None
    watch.actuator.way = 11
    assert watch.row().told_at_s == pytest.approx(0.1)


def test_runs_are_compared_minute_by_minute():
    base, other = Watch(), Watch()
    base.row(ticks=1300)
    other.row(ticks=700)
    other.row(ticks=600, volts=3.811, thickness=2.1e-6)
    assert compare(other.observer, base.observer) == ["cell voltage against a model", "thickness gauge"]
    assert compare(base.observer, base.observer) == []
    assert len(base.observer.trace) == 3


def test_the_largest_difference_between_two_runs_is_that_of_any_tick():
    base, other = Watch(), Watch()
    base.row(ticks=30)
    other.row(ticks=10)
    other.row(MPa=3.7)
    other.row(ticks=5, MPa=4.2)
    assert strayed(other.observer, base.observer) == pytest.approx(0.3)


def unarmed(faults=0, arms=True):
    """A start under the fault: the moment is the first tick."""
    watch = Watch(state=IDLE)
    watch.row(ticks=5, state=IDLE, outputs=0, faults=faults)
    if arms:
        watch.row(ticks=5, outputs=4)
    watch.observer.close()
    return watch.result


def test_what_every_start_shows_is_no_sign_of_a_fault():
    assert unarmed(POSITION).seen == []
    assert unarmed(OVER).seen == ["OVER"]


def test_a_controller_that_cannot_be_armed_has_shown_it():
    result = unarmed(arms=False)
    assert result.seen == ["NOT ARMED"]
    assert result.seen_at_s is not None
    assert not result.armed


def test_a_run_over_the_hard_limit_names_what_saw_it_and_what_would():
    watch = Watch()
    watch.row(ticks=40, MPa=8.2)
    watch.observer.close()
    assert watch.result.over_hard_at_s == pytest.approx(0.0)
    assert watch.result.would_see == ["over-force switch"]
    under = Watch()
    under.row(ticks=40, MPa=7.9)
    under.observer.close()
    assert (under.result.over_hard_at_s, under.result.would_see) == (None, [])


def test_a_result_is_json_without_infinities():
    assert Result("k", "k", "f", 1.0, 1.0).to_json()["peak_MPa"] is None
    assert math.isinf(Result("k", "k", "f", 1.0, 1.0).peak_MPa)
