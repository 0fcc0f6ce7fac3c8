"""Stepper on a screw, and pressure regulator: what a command comes to."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hil.actuators import Locked, Regulator, Stepper
from hil.schema import ActuatorSection

# Restated: bits of the switches, and how far behind its switch a hard stop lies.
RETRACT, COMPRESS = 1, 2
OVERRUN = 20.0

steps = st.lists(st.integers(-300, 300), max_size=60)


def stepper(tick_s=0.1, **keys):
    given = {"kind": "stepper", "dead_time_ms": 0, "microstep_um": 0.5, "backlash_um": 0.0, "travel_um": (-1e4, 1e4)}
    return Stepper(ActuatorSection.model_validate(given | keys), tick_s)


def regulator(**keys):
    given = {"kind": "regulator", "dead_time_ms": 0, "full_scale_MPa": 1.0, "bits": 12}
    return Regulator(ActuatorSection.model_validate(given | keys), 0.1)


def walk(actuator, moves):
    """Positions [um] after each move."""
    positions = []
    for move in moves:
        actuator.move(move)
        positions.append(actuator.position * 1e6)
    return positions


# --- stepper -------------------------------------------------------------------------------------------------------


@given(steps, st.floats(0.01, 10))
def test_without_backlash_the_screw_goes_whole_microsteps(moves, microstep):
    assume(sum(map(abs, moves)) * microstep < 1e4)
    position = walk(stepper(microstep_um=microstep), [0, *moves])[-1]
    assert position == pytest.approx(sum(moves) * microstep, rel=1e-9, abs=1e-6)


@given(steps, st.floats(0, 200))
def test_the_nut_is_never_further_from_the_motor_than_the_backlash(moves, backlash):
    """Taken up in compression: the nut stands between the motor and the backlash above it."""
    motor = 0
    screw = stepper(backlash_um=backlash)
    for move in moves:
        screw.move(move)
        motor += move * 0.5
        assert -1e-6 <= screw.position * 1e6 - motor <= backlash + 1e-6


@given(steps, st.floats(0, 200))
def test_the_nut_never_goes_against_the_motor(moves, backlash):
    positions = walk(stepper(backlash_um=backlash), [0, *moves])
    for move, before, after in zip(moves, positions, positions[1:], strict=False):
        assert (after - before) * move >= 0
        assert abs(after - before) <= abs(move) * 0.5 + 1e-6


def test_a_reversal_is_lost_until_the_backlash_is_taken_up():
    """10 um forward, 3 um of play: back by 3 um moves nothing, the next moves all."""
    screw = stepper(backlash_um=3.0)
    assert walk(screw, [20, -6]) == pytest.approx([10.0, 10.0])
    assert walk(screw, [-2]) == pytest.approx([9.0])
    assert walk(screw, [6]) == pytest.approx([9.0])
    assert walk(screw, [2]) == pytest.approx([10.0])


@example(70, 0.01)
@given(st.integers(0, 1000), st.sampled_from([0.001, 0.01, 0.02, 0.1, 0.2, 0.5]))
def test_a_command_comes_out_after_the_dead_time_in_whole_ticks(dead_ms, tick_s):
    """The first whole tick at or after it.

    Pins: 70 ms at a tick of 10 ms took eight ticks, for 0.07 / 0.01 is a little over 7.
    """
    late = math.ceil(Fraction(dead_ms) / Fraction(str(tick_s)) / 1000)
    screw = stepper(tick_s, dead_time_ms=dead_ms)
    positions = walk(screw, [2] + [0] * late)
    assert positions[-1] == pytest.approx(1.0)
    assert all(position == 0 for position in positions[:-1])


@given(steps, st.integers(0, 500))
def test_dead_time_delays_and_loses_nothing(moves, dead_ms):
    late = math.ceil(dead_ms / 100)
    prompt = walk(stepper(backlash_um=3.0), moves)
    delayed = walk(stepper(backlash_um=3.0, dead_time_ms=dead_ms), moves + [0] * late)
    assert delayed[late:] == prompt


@given(steps)
def test_switches_tell_the_ends_of_travel_and_stops_hold(moves):
    """A motor that is driven on stands at its stop, 20 um behind the switch, and loses the steps."""
    motor = 0.0
    screw = stepper(travel_um=(-40.0, 60.0), backlash_um=5.0)
    for move in moves:
        screw.move(move)
        motor = min(max(motor + move * 0.5, -40 - OVERRUN), 60 + OVERRUN)
        if move:
            assert screw.switches == RETRACT * (motor <= -40) + COMPRESS * (motor >= 60)
        assert -60 - 1e-6 <= screw.position * 1e6 <= 80 + 5 + 1e-6


def test_a_switch_opens_again_on_the_way_back():
    screw = stepper(travel_um=(-10.0, 10.0))
    screw.move(20)
    assert screw.switches == COMPRESS
    screw.move(-1)
    assert screw.switches == 0
    screw.move(-39)
    assert screw.switches == RETRACT


def test_a_fresh_screw_stands_at_zero_between_its_switches():
    screw = stepper()
    assert (screw.position, screw.supply, screw.switches) == (0.0, 0.0, 0)


# --- regulator -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-3000, 3000), max_size=40), st.sampled_from([8, 12, 16]))
def test_a_code_is_a_share_of_full_scale(moves, bits):
    valve = regulator(bits=bits)
    code = 0
    for move in moves:
        valve.move(move)
        code = min(max(code + move, 0), 2**bits - 1)
        assert valve.supply == pytest.approx(code * 1e6 / 2**bits)
        assert 0 <= valve.supply < 1e6


def test_a_regulator_boots_vented_and_waits_for_its_dead_time():
    valve = regulator(dead_time_ms=150)
    seen = []
    for move in (100, 0, 0):
        valve.move(move)
        seen.append(valve.supply)
    assert seen == [0.0, 0.0, pytest.approx(100 * 1e6 / 4096)]
    assert valve.switches == 0


@given(
    st.lists(st.tuples(st.integers(-500, 500), st.one_of(st.just(math.inf), st.floats(0.0, 1e6))), max_size=40),
    st.sampled_from([0, 150]),
)
def test_a_regulator_lets_through_the_lower_of_command_and_inlet(script, dead_time_ms):
    """Whatever the supply did before: the command is as it would be with a full one, and what it lacks is `short`."""
    valve, full = regulator(dead_time_ms=dead_time_ms), regulator(dead_time_ms=dead_time_ms)
    for codes, inlet in script:
        valve.inlet = inlet
        valve.move(codes)
        full.move(codes)
        assert valve.supply == min(full.supply, inlet)
        assert valve.short == full.supply - valve.supply


# --- locked --------------------------------------------------------------------------------------------------------


@given(steps, st.floats(0, 1e6))
def test_what_is_locked_does_not_move(moves, supply):
    lock = Locked(supply)
    for move in moves:
        lock.move(move)
    assert (lock.position, lock.supply, lock.switches) == (0.0, supply, 0)
