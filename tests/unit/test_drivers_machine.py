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
    """Stands for an actuator, permits and the watchdog; keeps what it is told. A regulator's greatest code is 20000."""

    top = 20000

    def __init__(self, log, name, top=20000, **answers):
        self._log, self._name, self._answers, self.top = log, name, answers, top

    def __getattr__(self, what):
        def call(*arguments):
            self._log.append((f"{self._name}.{what}", *arguments))
            return self._answers.get(what, 1)

        return call


class Bench:
    def __init__(self, kind=STEPPER, wired=None, **answers):
        """``wired``: what the wiring says beyond its defaults, 100 ms a conversion and a stop that does not vent."""
        self.log = []
        self.switch_bits = 0
        self.polled = []
        self.cell = SimpleNamespace(counts=5, sample=6, invalid=0, poll=self.polled.append)
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
            **(wired or {}),
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
    assert ("actuator.move", 1, 31) in bench.tick(1, ms=31)[1]
    assert ("actuator.move", 1, 100) in bench.tick(1, ms=240)[1]


def test_the_time_for_pulses_is_that_of_the_record_that_was_adopted():
    bench = Bench(most=600)
    bench.tick(1)
    slow = record(TICK_ms=50, STIFFNESS_256hPa_per_count=2000)
    assert bench.machine.adopt(slow) == 0
    assert ("actuator.move", 1, 50) in bench.tick(1)[1]


def test_each_turn_of_the_loop_looks_at_the_load_cell():
    bench = Bench()
    for now in (1, 2, 2**30 - 1, 0):
        bench.machine.work(now)
    assert bench.polled == [1, 2, 2**30 - 1, 0]
    assert bench.machine.board == 1


@pytest.mark.parametrize("move", [0, 5])
def test_pulses_are_stopped_by_nothing_but_a_stop(move):
    """Those of the tick before may still run."""
    assert ("actuator.stop",) not in Bench().tick(move, faults=~C_STOP)[1]


@pytest.mark.parametrize("kind", [STEPPER, REGULATOR])
def test_a_stop_acts_at_once_though_the_tick_before_could_not_do_as_commanded(kind):
    bench = Bench(kind, wired={"stop_vents": 1}, move=0, set=0)
    bench.tick(5, outputs=CHARGE, position=9)
    bench.log.clear()
    bench.switch_bits = STOP
    bench.machine.work(bench.now + 1)
    assert ("permits.set", 0, 0) in bench.log
    assert {STEPPER: ("actuator.stop",), REGULATOR: ("actuator.set", 0)}[kind] in bench.log


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


def test_a_code_that_the_regulator_does_not_have_reads_as_a_stop():
    """The controller counts on what the driver cuts off: it would go on, and wind up."""
    bench = Bench(REGULATOR, set=0)
    bench.tick(5, position=9)
    assert bench.tick()[0][5] == STOP


@pytest.mark.parametrize("after_ms", [0, 1, 37, 74, 75, 99])
def test_pulses_cut_within_their_tick_read_as_a_stop(after_ms):
    bench = Bench()
    bench.tick(5)
    bench.machine.work(bench.now + after_ms)
    bench.machine.safe()
    assert bench.tick()[0][5] == STOP


@pytest.mark.parametrize("move", [0, 5])
def test_where_no_pulse_was_left_nothing_was_cut(move):
    bench = Bench()
    bench.tick(5)
    bench.tick(move)
    bench.machine.work(bench.now + (100 if move else 0))
    bench.machine.safe()
    assert bench.tick()[0][5] == 0


# --- a stop that vents ----------------------------------------------------------------------------------------------


def put_out(log):
    return [entry[1] for entry in log if entry[0] == "actuator.set"]


@pytest.mark.parametrize("by", ["button", "controller"])
def test_a_stop_that_vents_puts_out_0_until_the_controller_has_come_down_to_it(by):
    """Neither the old code nor one on the way down, whatever comes, and no reset before."""
    bench = Bench(REGULATOR, wired={"stop_vents": 1})
    bench.tick(position=900)
    bench.log.clear()
    bench.switch_bits = STOP if by == "button" else 0
    bench.machine.work(bench.now)
    if by == "button":
        assert put_out(bench.log) == [0], "within a turn of the loop"
    bench.switch_bits = 0
    codes = []
    for position in (900, 600, 300):
        frame, log = bench.tick(position=position, faults=C_STOP)
        assert frame[5] == STOP or (by, position) == ("controller", 900)
        codes += put_out(log)
    assert set(codes) <= {0}
    bench.tick(position=0, faults=C_STOP)
    assert bench.tick(position=0, faults=C_STOP)[0][5] == 0, "from here on it may be reset"
    assert put_out(bench.tick(position=7)[1]) == [7]


def test_a_stop_that_does_not_vent_leaves_the_code_to_the_controller():
    bench = Bench(REGULATOR)
    bench.tick(position=900)
    bench.log.clear()
    bench.switch_bits = STOP
    bench.machine.work(bench.now)
    assert put_out(bench.log) == []
    assert put_out(bench.tick(position=900, faults=C_STOP)[1]) == [900]


def test_a_venting_stop_does_not_outlive_its_actuator():
    bench = Bench(REGULATOR, wired={"stop_vents": 1})
    bench.tick(position=900)
    bench.switch_bits = STOP
    bench.machine.work(bench.now)
    bench.switch_bits = 0
    bench.machine.make = {STEPPER: Trace(bench.log, "other", most=600)}.get
    assert bench.machine.adopt(record()) == 0
    bench.tick()
    assert bench.tick()[0][5] == 0


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


SLOW = {"STALE_ms": 1000, "SPEED_counts_per_tick": 1}
VALVE = {"ACTUATOR_KIND": REGULATOR, "TRAVEL_MIN_counts": 0}
# What is wired, the record, and the code and bound of what does not fit, or nothing.
FITTING = [
    ({}, {}, None),
    ({"most": 10}, {"SPEED_counts_per_tick": 10}, None),
    ({"most": 9}, {"SPEED_counts_per_tick": 10}, (3, 9)),
    ({}, VALVE, (1, STEPPER)),
    ({"kind": REGULATOR}, {}, (1, REGULATOR)),
    ({}, {"TICK_ms": 400, "SAMPLE_ms": 400, **SLOW}, None),
    ({}, {"TICK_ms": 401, "SAMPLE_ms": 401, **SLOW}, (2, 400)),
    ({}, {"SAMPLE_ms": 99}, (5, 100)),
    ({}, {"SAMPLE_ms": 12}, (5, 100)),
    ({"sample_ms": 12}, {"SAMPLE_ms": 12, "TICK_ms": 12, "SPEED_counts_per_tick": 1}, None),
    ({"sample_ms": 12}, {"SAMPLE_ms": 12, "TICK_ms": 100}, (5, 100)),
    ({"sample_ms": 12}, {"SAMPLE_ms": 100, "TICK_ms": 20, "SPEED_counts_per_tick": 1}, (5, 20)),
    ({"kind": REGULATOR, "top": 4095}, VALVE | {"TRAVEL_MAX_counts": 4095}, None),
    ({"kind": REGULATOR, "top": 4095}, VALVE | {"TRAVEL_MAX_counts": 4096}, (4, 4095)),
    ({"kind": REGULATOR, "top": 4095}, VALVE | {"TRAVEL_MAX_counts": 65535}, (4, 4095)),
    ({"kind": REGULATOR, "top": 65535}, VALVE | {"TRAVEL_MAX_counts": 4095}, (4, 65535)),
    ({"kind": REGULATOR, "top": 4095}, VALVE | {"TRAVEL_MAX_counts": 2048}, None),
    ({"kind": REGULATOR, "top": 4095}, VALVE | {"TRAVEL_MAX_counts": 2047}, (4, 4095)),
    ({"kind": REGULATOR}, VALVE | {"STOP_VENTS": 1}, (6, 0)),
    ({"kind": REGULATOR, "stop_vents": 1}, VALVE, (6, 1)),
    ({"kind": REGULATOR, "stop_vents": 1}, VALVE | {"STOP_VENTS": 1}, None),
    ({"stop_vents": 1}, {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("wired", "changes", "misfit"), FITTING)
def test_what_the_wiring_cannot_do_fails_the_self_test_by_name(wired, changes, misfit):
    others = {name: wired[name] for name in ("sample_ms", "stop_vents") if name in wired}
    machine = Bench(wired=others, **{"most": 600} | {k: v for k, v in wired.items() if k not in others}).machine
    assert (machine.misfit, machine.bound) == (0, 0)
    assert machine.unfit(record(**changes)) == (C_SELF_TEST if misfit else 0)
    if misfit:
        assert (machine.misfit, machine.bound) == misfit
    assert machine.adopt(record(**changes)) == (C_SELF_TEST if misfit else 0)


@pytest.mark.parametrize("tick", [20, 100])
def test_the_speed_is_held_against_what_the_motor_makes_in_the_records_tick(tick):
    bench = Bench()
    bench.machine.actuator.most = lambda ms: ms // 10
    for speed in (tick // 10, tick // 10 + 1):
        config = record(TICK_ms=tick, SPEED_counts_per_tick=speed, STIFFNESS_256hPa_per_count=16)
        assert (bench.machine.unfit(config) == 0) == (speed == tick // 10)
    assert bench.machine.bound == tick // 10


@given(st.integers(1, 16), st.integers(8, 16))
def test_only_a_record_of_as_many_bits_is_taken(bits, wired):
    """A code is a fraction of full scale: with others every pressure would be a power of two too high or too low."""
    machine = Bench(REGULATOR, top=2**wired - 1).machine
    assert (machine.adopt(record(**VALVE | {"TRAVEL_MAX_counts": 2**bits - 1})) == 0) == (bits == wired)


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


def test_the_watchdog_is_told_of_each_turn_and_of_both_ends_of_a_tick():
    bench = Bench()
    bench.log.clear()
    bench.machine.work(5)
    assert ("watchdog.turn",) in bench.log
    bench.machine.sense([0] * 9)
    assert bench.log[-1] == ("watchdog.begin",)
    bench.machine.drive([0] * 9)
    assert bench.log[-1] == ("watchdog.end",)
