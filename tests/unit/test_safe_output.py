"""docs/safety.md, the table of safe outputs: cause x actuator, each cell."""

import pytest

from controller import frames as f
from controller import vocabulary
from controller.controller import Controller

PERMITS = 1 | 2
ENERGISED = 4
IDLE_STATE, ARMED_STATE, TRIPPED_STATE = 0, 1, 2
WATCHED = {"RESPONSE_256": 128, "RESPONSE_hPa": 150, "RESPONSE_PLAY_hPa": 500}
STEPPER = WATCHED | {"TRAVEL_MIN_counts": -5000, "TRAVEL_MAX_counts": 5000, "RETREAT_TRAVEL_counts": 30}
REGULATOR = WATCHED | {
    "ACTUATOR_KIND": 2,
    "TRAVEL_MIN_counts": 0,
    "TRAVEL_MAX_counts": 4095,
    "STIFFNESS_256hPa_per_count": 6400,
    "BACKLASH_counts": 0,
    "RETREAT_TRAVEL_counts": 30,
}
HARD_hPa, SOFT_hPa, SETPOINT_hPa = 80_000, 70_000, 50_000
COUNTS_PER_hPa = 28.0


class Bench:
    """A controller held at 5 MPa by hand, and the means to spoil it."""

    def __init__(self, actuator, found=0):
        self.controller = Controller(vocabulary.record(**actuator), found)
        self.frame = f.new_sensor_frame()
        self.command = f.new_command_frame()
        self.time = self.sample = 0
        self.pressure = SETPOINT_hPa
        self.switches = self.sense = 0
        self.dt = 100
        self.fresh = self.noisy = True

    def tick(self, message=0, value=0):
        self.time += self.dt
        self.sample += self.fresh
        noise = self.sample % 3 if self.noisy else 0
        self.frame[:] = [
            self.time, round(self.pressure * COUNTS_PER_hPa) + noise, self.sample, self.sense, 0,
            self.switches, message, 0, value,
        ]  # fmt: skip
        self.controller.tick(self.frame, self.command)
        return self.command

    def armed(self):
        for _ in range(20):
            self.tick()
        if self.controller.config[1] == 1:
            self.tick(f.M_CONFIRM, 0)
        self.tick(f.M_SETPOINT, SETPOINT_hPa)
        self.tick(f.M_ARM)
        for _ in range(100):
            self.tick()
        assert self.command[f.STATE] == ARMED_STATE
        assert self.command[f.OUTPUTS] == PERMITS | ENERGISED
        return self


def over(bench):
    bench.pressure = HARD_hPa + 10


def invalid(bench):
    bench.sense = 1


def stuck(bench):
    bench.noisy = False


def stale(bench):
    bench.fresh = False


def force(bench):
    bench.switches = f.OVER_FORCE


def stop(bench):
    bench.switches = 4


def limits(bench):
    bench.switches = 1 | 2


def link(bench):
    bench.switches = 8


def clock(bench):
    bench.dt = 5000


def response(bench):
    bench.pressure = SETPOINT_hPa + 500  # the law decompresses, and the pressure stays


CAUSES = {
    "OVER": over, "FORCE": force, "RESPONSE": response, "SENSOR": invalid, "STUCK": stuck, "STALE": stale,
    "STOP": stop, "LIMITS": limits, "LINK": link, "CLOCK": clock,
}  # fmt: skip
AT_ONCE = {"STOP", "LIMITS", "LINK", "CLOCK", "FORCE"}


def spoil(bench, cause):
    """Bring the cause about; the moves of the ticks from the trip on."""
    CAUSES[cause](bench)
    for number in range(200):
        bench.tick()
        if bench.command[f.STATE] == TRIPPED_STATE:
            assert cause not in AT_ONCE or number == 0
            return [bench.command[f.MOVE]] + [bench.tick()[f.MOVE] for _ in range(100)]
        bench.dt = 100
    raise AssertionError(f"{cause} never tripped")


@pytest.mark.parametrize("actuator", [STEPPER, REGULATOR], ids=["stepper", "regulator"])
@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_safe_output(cause, actuator):
    bench = Bench(actuator).armed()
    bench.controller.core.filter.position = 1000
    moves = spoil(bench, cause)
    assert cause in vocabulary.names(bench.command[f.FAULTS])
    assert bench.command[f.OUTPUTS] & PERMITS == 0
    assert bench.command[f.STATE] == TRIPPED_STATE
    if cause in ("OVER", "FORCE"):
        assert max(moves) <= 0
        assert sum(moves) == -30
    else:
        assert moves == [0] * len(moves)
    holding = 0 if actuator is STEPPER else ENERGISED
    assert bench.command[f.OUTPUTS] == holding


@pytest.mark.parametrize("actuator", [STEPPER, REGULATOR], ids=["stepper", "regulator"])
def test_an_over_limit_retreat_ends_at_soft_limit_minus_margin(actuator):
    bench = Bench({**actuator, "RETREAT_TRAVEL_counts": 10_000}).armed()
    bench.controller.core.filter.position = 1000
    bench.pressure = HARD_hPa + 5000  # so far over that the law's own answer does not undo it within the debounce
    stiffness = 44 if actuator is STEPPER else 25
    for _ in range(300):
        move = bench.tick()[f.MOVE]
        assert move <= 0
        bench.pressure += move * stiffness
    assert bench.command[f.STATE] == TRIPPED_STATE
    assert SOFT_hPa - 5000 - 12 * stiffness <= bench.pressure <= SOFT_hPa - 5000


@pytest.mark.parametrize("cause", ["STOP", "LIMITS", "RESPONSE"])
def test_a_screw_that_may_have_been_cut_in_mid_step_no_longer_knows_its_place(cause):
    bench = Bench(STEPPER).armed()
    spoil(bench, cause)
    bench.switches = 0
    bench.pressure = SETPOINT_hPa
    bench.tick()
    bench.tick(f.M_RESET)
    assert bench.command[f.STATE] == IDLE_STATE
    assert "POSITION" in vocabulary.names(bench.command[f.FAULTS])
    bench.tick(f.M_ARM)
    bench.pressure = SETPOINT_hPa - 5000
    assert all(bench.tick()[f.MOVE] <= 0 for _ in range(50))


@pytest.mark.parametrize("cause", ["STOP", "LIMITS", "RESPONSE"])
@pytest.mark.parametrize("over", ["OVER", "FORCE"])
@pytest.mark.parametrize("actuator", [STEPPER, REGULATOR], ids=["stepper", "regulator"])
def test_of_a_screw_that_must_hold_nothing_retreats_and_a_regulators_code_falls(actuator, over, cause):
    """A motor that stalled, or was cut, cannot be trusted: were it reversed, the retreat would compress."""
    bench = Bench(actuator).armed()
    bench.controller.core.filter.position = 1000
    spoil(bench, cause)
    bench.switches = 0
    CAUSES[over](bench)
    if over == "FORCE":
        bench.pressure = SOFT_hPa
    moves = [bench.tick()[f.MOVE] for _ in range(50)]
    assert {cause, over} <= set(vocabulary.names(bench.command[f.FAULTS]))
    assert max(moves) == 0
    assert sum(moves) == (0 if actuator is STEPPER else -30)


@pytest.mark.parametrize("actuator", [STEPPER, REGULATOR], ids=["stepper", "regulator"])
def test_a_retreat_that_compresses_is_ended(actuator):
    """Pins: a reversed motor, over the limit, was driven on into the stack by the whole of its retreat.

    A regulator's code goes on falling, by the whole of its retreat: at a code of 0 it is off.
    """
    bench = Bench({**actuator, "RETREAT_TRAVEL_counts": 100}).armed()
    bench.controller.core.filter.position = 1000
    bench.pressure = HARD_hPa + 100
    retreat = 0
    for _ in range(100):
        move = bench.tick()[f.MOVE]
        retreat -= move if bench.command[f.STATE] == TRIPPED_STATE else 0
        bench.pressure -= move * 40
    assert bench.command[f.MOVE] == 0
    assert {"RESPONSE", "OVER"} <= set(vocabulary.names(bench.command[f.FAULTS]))
    if actuator is STEPPER:
        assert bench.pressure < HARD_hPa + 3000
    else:
        assert retreat == 100


@pytest.mark.parametrize("cause", sorted(CAUSES))
@pytest.mark.parametrize("vents", [0, 1])
def test_a_stop_holds_a_regulators_code_or_brings_it_to_nothing(vents, cause):
    """By the record; whatever else is latched, and with no load cell at all. It never rises."""
    bench = Bench({**REGULATOR, "STOP_VENTS": vents}).armed()
    bench.controller.core.filter.position = 1000
    spoil(bench, cause)
    code = bench.command[f.POSITION]
    CAUSES["STOP"](bench)
    bench.sense = 1
    moves = [bench.tick()[f.MOVE] for _ in range(120)]
    assert max(moves) == 0
    assert bench.command[f.POSITION] == (0 if vents else code)
    assert bench.command[f.OUTPUTS] == (0 if vents else ENERGISED)


@pytest.mark.parametrize("state", [IDLE_STATE, ARMED_STATE, TRIPPED_STATE])
def test_the_over_force_comparator_trips_an_armed_board_at_once_and_without_a_load_cell(state):
    bench = Bench(STEPPER).armed()
    if state == TRIPPED_STATE:
        link(bench)
        bench.tick()
        bench.switches = 0
    if state == IDLE_STATE:
        bench.tick(f.M_DISARM)
    bench.sense = 1
    force(bench)
    moves = [bench.tick()[f.MOVE] for _ in range(100)]
    assert "FORCE" in vocabulary.names(bench.command[f.FAULTS])
    assert bench.command[f.STATE] == (IDLE_STATE if state == IDLE_STATE else TRIPPED_STATE)
    assert sum(moves) == (0 if state == IDLE_STATE else -30)
    bench.tick(f.M_RESET)
    assert bench.command[f.EVENT] == (f.E_STATE if state == IDLE_STATE else f.E_CAUSE)


@pytest.mark.parametrize("actuator", [STEPPER, REGULATOR], ids=["stepper", "regulator"])
@pytest.mark.parametrize("found", [f.C_WATCHDOG, f.C_SELF_TEST])
def test_a_fault_found_at_boot_is_tripped_from_the_start(found, actuator):
    bench = Bench(actuator, found)
    for _ in range(30):
        command = bench.tick(f.M_ARM)
        assert command[f.MOVE] == 0
        assert command[f.OUTPUTS] == 0
        assert command[f.STATE] == TRIPPED_STATE
