"""The drivers together: frames in and out of pins."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.vocabulary import record
from firmware.machine import REGULATOR, STEPPER, Machine

STOP, BOTH = 4, 3
C_STOP, C_SELF_TEST = 4, 512
CHARGE, DISCHARGE, ENERGISED = 1, 2, 4


class Trace:
    """Stands for an actuator, permits and the watchdog; keeps what it is told."""

    def __init__(self, log, name, **answers):
        self._log, self._name, self._answers = log, name, answers

    def __getattr__(self, what):
        def call(*arguments):
            self._log.append((f"{self._name}.{what}", *arguments))
            return self._answers.get(what, 1)

        return call


class Bench:
    def __init__(self, kind=STEPPER, **answers):
        self.log = []
        self.switch_bits = 0
        self.cell = SimpleNamespace(counts=5, sample=6, invalid=0, poll=lambda now: 0)
        self.current = SimpleNamespace(invalid=0, sample=lambda: 77)
        switches = SimpleNamespace(read=lambda: self.switch_bits, stop=lambda: self.switch_bits & STOP)
        self.machine = Machine(
            1,
            self.cell,
            Trace(self.log, "actuator", **answers),
            kind,
            switches,
            self.current,
            Trace(self.log, "permits"),
            Trace(self.log, "watchdog"),
        )
        self.machine.follow(record(ACTUATOR_KIND=kind, TICK_ms=100, TRAVEL_MIN_counts=0))
        self.now = 0

    def tick(self, move=0, outputs=0, faults=0, position=0, ms=100):
        """One tick; the sensor frame, and what the drivers were told."""
        self.now += ms
        self.machine.work(self.now)
        frame = [0] * 9
        self.machine.sense(frame)
        self.log.clear()
        self.machine.drive([move, position, outputs, 0, faults, 0, 0, 0, 0])
        return frame, [entry for entry in self.log if not entry[0].startswith("watchdog")]


def test_a_frame_carries_what_the_drivers_read():
    bench = Bench()
    bench.switch_bits = BOTH
    assert bench.tick()[0] == [0, 5, 6, 0, 77, 3, 0, 0, 0]


@given(st.integers(0, 1), st.integers(0, 1))
def test_invalid_drivers_show_in_sense(cell, current):
    bench = Bench()
    bench.cell.invalid, bench.current.invalid = cell, current
    assert bench.tick()[0][3] == cell + 2 * current


@given(st.integers(0, 7), st.integers(-20, 20))
def test_a_command_reaches_its_pins(outputs, move):
    bench = Bench()
    _, log = bench.tick(move, outputs)
    assert ("permits.set", outputs & CHARGE, outputs & DISCHARGE) in log
    assert ("actuator.energise", outputs & ENERGISED) in log
    assert [entry for entry in log if entry[0] == "actuator.move"] == ([("actuator.move", move, 100)] if move else [])


def test_a_tick_that_comes_early_has_less_time_for_its_pulses():
    bench = Bench()
    bench.tick(1)
    assert ("actuator.move", 1, 30) in bench.tick(1, ms=30)[1]
    assert ("actuator.move", 1, 100) in bench.tick(1, ms=240)[1]


def test_a_pressed_stop_acts_before_its_tick():
    bench = Bench()
    bench.tick(5)
    bench.log.clear()
    bench.switch_bits = STOP
    bench.machine.work(bench.now + 1)
    assert ("actuator.stop",) in bench.log
    assert ("permits.set", 0, 0) in bench.log


def test_a_stop_shorter_than_a_tick_is_reported_once():
    bench = Bench()
    bench.switch_bits = STOP
    bench.machine.work(1)
    bench.switch_bits = 0
    assert bench.tick()[0][5] == STOP
    assert bench.tick()[0][5] == 0


def test_between_a_stop_and_its_tick_nothing_is_permitted_and_nothing_moves():
    """The stop is pressed while the controller works out a tick that did not know of it."""
    bench = Bench()
    bench.tick()
    frame = [0] * 9
    bench.machine.sense(frame)
    bench.switch_bits = STOP
    bench.machine.work(bench.now + 1)
    bench.log.clear()
    bench.machine.drive([5, 0, 7, 1, 0, 0, 0, 0, 0])
    assert ("permits.set", 0, 0) in bench.log
    assert not [entry for entry in bench.log if entry[0] == "actuator.move"]


def test_a_stop_fault_stops_pulses_left_from_before():
    assert ("actuator.stop",) in Bench().tick(faults=C_STOP)[1]


def test_a_move_that_cannot_be_made_reads_as_a_stop():
    bench = Bench(move=0)
    bench.tick(5)
    assert bench.tick()[0][5] == STOP


def test_a_regulator_gets_the_position_as_its_code():
    assert ("actuator.set", 1234) in Bench(REGULATOR).tick(position=1234)[1]


@pytest.mark.parametrize(("kind", "other"), [(STEPPER, REGULATOR), (REGULATOR, STEPPER)])
def test_a_configuration_for_another_actuator_halts(kind, other):
    bench = Bench(kind)
    bench.machine.follow(record(ACTUATOR_KIND=other, TRAVEL_MIN_counts=0))
    frame, log = bench.tick(5, position=9)
    assert frame[5] == STOP
    assert not [entry for entry in log if entry[0] in ("actuator.move", "actuator.set")]


@pytest.mark.parametrize(("kind", "other"), [(STEPPER, REGULATOR), (REGULATOR, STEPPER)])
def test_another_kind_of_actuator_is_adopted_and_the_old_one_left_at_rest(kind, other):
    bench = Bench(kind)
    made = Trace(bench.log, "other", most=600)
    bench.machine.make = {other: made}.get
    bench.log.clear()
    assert bench.machine.adopt(record(ACTUATOR_KIND=other, TICK_ms=100, TRAVEL_MIN_counts=0)) == 0
    told = [entry[0] for entry in bench.log]
    assert ("actuator.stop" if kind == STEPPER else "actuator.safe") in told
    frame, log = bench.tick(5, position=9)
    assert frame[5] == 0
    assert {entry[0].partition(".")[0] for entry in log} == {"other", "permits"}


def test_what_cannot_be_adopted_changes_nothing():
    bench = Bench(STEPPER, most=5)
    asked = [record(SPEED_counts_per_tick=6), record(ACTUATOR_KIND=REGULATOR, TRAVEL_MIN_counts=0)]
    for configuration in asked:
        assert bench.machine.adopt(configuration) == C_SELF_TEST
        assert bench.machine.kind == STEPPER
        assert bench.tick()[0][5] == 0


@pytest.mark.parametrize(
    ("changes", "most", "verdict"),
    [
        ({}, 600, 0),
        ({"SPEED_counts_per_tick": 10}, 10, 0),
        ({"SPEED_counts_per_tick": 10}, 9, C_SELF_TEST),
        ({"ACTUATOR_KIND": 2}, 600, C_SELF_TEST),
        ({"TICK_ms": 400, "STALE_ms": 1000, "SPEED_counts_per_tick": 1}, 600, 0),
        ({"TICK_ms": 401, "STALE_ms": 1000, "SPEED_counts_per_tick": 1}, 600, C_SELF_TEST),
    ],
)
def test_what_the_wiring_cannot_do_fails_the_self_test(changes, most, verdict):
    assert Bench(most=most).machine.unfit(record(**changes)) == verdict


@pytest.mark.parametrize(
    ("kind", "told"), [(STEPPER, ["actuator.stop", "actuator.energise"]), (REGULATOR, ["actuator.safe"])]
)
def test_safe_is_everything_off(kind, told):
    bench = Bench(kind)
    bench.log.clear()
    bench.machine.safe()
    assert [entry[0] for entry in bench.log] == ["permits.set", *told]
    assert bench.log[0][1:] == (0, 0)
    if kind == STEPPER:
        assert bench.log[-1] == ("actuator.energise", 0)


def test_a_stop_pressed_on_a_regulator_takes_its_permits_at_once():
    bench = Bench(REGULATOR)
    bench.tick(outputs=CHARGE | DISCHARGE | ENERGISED)
    bench.log.clear()
    bench.switch_bits = STOP
    bench.machine.work(bench.now)
    assert [entry for entry in bench.log if entry[0].startswith(("permits", "actuator"))] == [("permits.set", 0, 0)]


def test_the_watchdog_is_fed_with_the_time_of_the_last_turn():
    bench = Bench()
    bench.tick()
    bench.log.clear()
    bench.machine.feed()
    assert bench.log == [("watchdog.feed", bench.now)]
