"""The approach budget (S12): what an armed controller compresses while no reading shows that the actuator touches."""

import math
import random

import pytest
from bench import Hand
from evidence import amount
from hypothesis import event, given, settings
from hypothesis import strategies as st
from restated_limits import (
    ARM,
    ARMED,
    BLOCKED,
    BLOCKS,
    CONFIRM,
    DIE,
    DISARM,
    DONE,
    FAULTS,
    JOG,
    MOVE,
    NAMES,
    NO_CONTACT,
    PARAMETER,
    POSITION,
    POUCH,
    REGULATOR,
    RESET,
    RESPONSE,
    SET,
    SETPOINT,
    STATE,
    TRIPPED,
)
from restated_record import first_broken

FLOOR_hPa = DIE["tare_limit"] + DIE["response_hPa"]


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([DIE, DIE | {"response": 128, "debounce": 4}, POUCH, REGULATOR]),
    budget=st.integers(1, 137),
    slew=st.sampled_from([500, 10000]),
    zero=st.integers(-900, FLOOR_hPa - 30),
    noise=st.integers(0, 25),
    seed=st.integers(0, 99),
)
def test_without_contact_it_trips_as_soon_as_the_budget_is_spent(base, budget, slew, zero, noise, seed):
    """A load cell that is dead at any zero, or a frame without a stack: the motor stops, whatever the setpoint."""
    base = base | {"approach": budget, "slew": slew}
    assert first_broken(base) == 0
    hand, draw = Hand(base).settled(zero), random.Random(seed)
    if base["kind"] == 1:
        assert hand.say(CONFIRM, 0, pressure=zero) == DONE
    assert hand.say(SET, 50000, pressure=zero) == DONE
    assert hand.say(ARM, pressure=zero) == DONE
    spent = hand.command[MOVE]
    for _ in range(3000):
        command = hand.tick(zero + draw.randint(-noise, noise))
        assert command[FAULTS] & NO_CONTACT
        assert command[SETPOINT] <= max(2 * FLOOR_hPa, base["setpoint_min"]), "the setpoint ran ahead of the contact"
        spent += command[MOVE]
        assert spent <= budget + base["speed"], "compressed on beyond the budget"
        if command[STATE] == TRIPPED:
            break
        assert spent - command[MOVE] <= budget, "the budget was spent, and nothing tripped"
    assert command[STATE] == TRIPPED, "never tripped"
    assert command[FAULTS] & RESPONSE
    assert command[MOVE] == 0


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "run",
                "run",
                "run",
                "disarm",
                "arm",
                "reset",
                "tighten",
                "loosen again",
                "setpoint",
                "jog",
                "jog back",
                "link",
            ]
        ),
        st.integers(1, 30),
        st.integers(-900, FLOOR_hPa - 60),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([DIE, DIE | {"response": 128, "debounce": 4}, REGULATOR]),
    budget=st.integers(1, 80),
    operations=OPERATIONS,
)
def test_nothing_but_contact_gives_a_new_budget(base, budget, operations):
    """Re-arming, resets, parameters, setpoints and jogs in any order: all armed compression is one sum."""
    base = base | {"approach": budget, "slew": 5000}
    hand = Hand(base).settled(0)
    spent = armed = 0
    says = {
        "disarm": [(DISARM, 0, 0)],
        "arm": [(CONFIRM, 0, 0), (SET, 0, 45000), (ARM, 0, 0)],
        "reset": [(RESET, 0, 0), (CONFIRM, 0, 0), (SET, 0, 50000), (ARM, 0, 0)],
        "tighten": [(DISARM, 0, 0), (PARAMETER, NAMES.index("ki"), 65), (PARAMETER, NAMES.index("healthy"), 6)],
        "loosen again": [(DISARM, 0, 0), (PARAMETER, NAMES.index("healthy"), 5)],
        "setpoint": [(SET, 0, 30000)],
        "jog": [(DISARM, 0, 0), (JOG, 0, 30)],
        "jog back": [(DISARM, 0, 0), (JOG, 0, -30)],
    }
    for name, ticks, pressure in [("run", 9, 0), ("arm", 9, 0), *operations]:
        for message in says.get(name, []) + [(0, 0, 0)] * ticks:
            switches = 8 if name == "link" else 0
            command = hand.tick(pressure, message=message, switches=switches)
            if command[STATE] == ARMED:
                spent = max(0, spent + command[MOVE])
                armed += 1
            assert spent <= budget + base["speed"], "a new budget without contact"
    event(f"spent: {spent > budget}, armed: {armed > 0}")


def pushed(budget, base=DIE, **changes):
    """Armed on an empty frame, 0 hPa; and the setpoint far away."""
    hand = Hand(base | {"approach": budget, "slew": 10000} | changes).settled(0)
    for message, value in ((CONFIRM, 100), (SET, 50000)):
        assert hand.say(message, value, pressure=0) == DONE
    return hand


def test_the_move_in_the_tick_of_arming_is_counted():
    """Pins: armed and disarmed in turn, a controller compressed for ever, and no tick of it was counted."""
    hand, total = pushed(20), 0
    for _ in range(200):
        hand.say(ARM, pressure=0)
        total += hand.command[MOVE]
        hand.say(DISARM, pressure=0)
        total += hand.command[MOVE]
    assert total <= 20 + DIE["speed"]


def test_once_it_is_spent_arming_again_moves_nothing_more():
    """Pins: reset, confirmed and armed again, a controller made one more move each time before it was judged."""
    hand, total = pushed(20), 0
    for _ in range(20):
        for message, value in ((RESET, 0), (CONFIRM, 100), (SET, 50000), (ARM, 0)):
            hand.say(message, value, pressure=0)
            total += hand.command[MOVE]
        for _ in range(30):
            total += hand.tick(0)[MOVE]
    assert total <= 20 + DIE["speed"]


def test_a_jog_forth_and_back_gives_no_new_budget():
    """Pins: a jog towards the stack was not counted, and the way back was taken off what had been spent."""
    hand, total = pushed(40, slew=500), 0
    start = hand.command[POSITION]
    for _ in range(5):
        hand.say(ARM, pressure=0)
        for _ in range(100):
            if hand.command[POSITION] - start >= 30 or hand.command[STATE] != ARMED:
                break
            total += hand.tick(0)[MOVE]
        hand.say(DISARM, pressure=0)
        for way in (40, -40):
            hand.say(JOG, way, pressure=0)
            hand.tick(0, n=12)
        start = hand.command[POSITION]
    assert 30 <= total <= 40 + DIE["speed"]
    assert hand.say(ARM, pressure=0) == BLOCKED
    assert hand.command[BLOCKS] & NO_CONTACT


@pytest.mark.parametrize("near", [-1, 0])
def test_contact_gives_a_new_budget_to_the_hectopascal(near):
    hand = pushed(100)
    assert hand.say(ARM, pressure=0) == DONE
    while hand.board.response.blind < 40:
        assert hand.tick(0)[STATE] == ARMED
    hand.tick(FLOOR_hPa - 100, n=2)
    assert hand.tick(FLOOR_hPa - 100)[STATE] == ARMED
    command = hand.tick(FLOOR_hPa + near)
    assert bool(command[FAULTS] & NO_CONTACT) == (near < 0)
    hand.tick(0, n=2)
    spent = 0
    while hand.command[STATE] == ARMED:
        spent += hand.tick(0)[MOVE]
    assert (spent > 40) == (near >= 0)


def test_a_single_reading_above_the_floor_is_no_contact():
    hand = pushed(60, debounce=4)
    assert hand.say(ARM, pressure=0) == DONE
    for _ in range(100):
        assert hand.tick(40000)[FAULTS] & NO_CONTACT
        if hand.tick(0, n=3)[STATE] == TRIPPED:
            break
    assert hand.command[FAULTS] & RESPONSE


@settings(max_examples=amount(1000), deadline=None)
@given(
    base=st.sampled_from([DIE, POUCH]),
    off=st.floats(0.5, 2.0),
    gap=st.integers(0, 30),
    play=st.floats(0, 6),
    noise=st.floats(0, 5),
    setpoint=st.integers(10000, 55000),
    check=st.booleans(),
    delay=st.integers(0, 1),
    seed=st.integers(0, 9),
)
def test_a_healthy_stack_is_never_tripped_on_its_way_from_no_load(
    base, off, gap, play, noise, setpoint, check, delay, seed
):
    """Soft or stiff by two, behind a gap and play: the budget covers the floor, gap, play and what is under way."""
    under_way = (base["debounce"] + 2 + delay) * base["speed"]
    count = base["stiffness"] / 256 * off
    budget = math.ceil(FLOOR_hPa / count) + gap + math.ceil(play) + under_way
    base = base | {"approach": budget, "stuck": 0, "slew": 2000}
    base |= {"response": 128, "response_hPa": 150, "response_play": math.ceil(12 * count)} if check else {}
    assert first_broken(base) == 0
    hand, draw = Hand(base).settled(0), random.Random(seed)
    for message, value in ((CONFIRM, 0), (SET, setpoint), (ARM, 0)):
        assert hand.say(message, value, pressure=0) == DONE
    motor, felt, pending = hand.command[MOVE], 0.0, [0] * delay
    pressure = 0.0
    for _ in range(900):
        command = hand.tick(round(pressure + draw.gauss(0, noise)))
        assert command[STATE] == ARMED, f"tripped: {command[FAULTS]}"
        pending.append(command[MOVE])
        motor += pending.pop(0)
        felt = min(max(felt, motor - play), motor)
        pressure = max(0.0, count * (felt - gap))
    assert abs(pressure - setpoint) <= setpoint / 100 + 3 * count
    assert not command[FAULTS] & NO_CONTACT


@pytest.mark.parametrize("base", [DIE, POUCH, REGULATOR], ids=["die", "pouch", "regulator"])
def test_switched_off_nothing_is_counted_and_nothing_said(base):
    hand = Hand(base).settled(0)
    if base["kind"] == 1:
        hand.say(CONFIRM, 0, pressure=0)
    hand.say(SET, 55000, pressure=0)
    assert hand.say(ARM, pressure=0) == DONE
    command = hand.tick(0, n=300)
    assert command[STATE] == ARMED
    assert not command[FAULTS] & NO_CONTACT
    assert hand.board.response.blind == 0
