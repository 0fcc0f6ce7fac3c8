"""The whole controller, every command frame to the last bit, against the controller restated from its documents."""

import itertools
import random

import pytest
from frame_sequences import SEQUENCES, frames
from hypothesis import example, given, settings
from hypothesis import strategies as st
from restated_controller import RestatedController, RestatedCore
from restated_limits import (
    ARM,
    ARMED,
    BAD_CONFIG,
    BLOCKED,
    BLOCKS,
    BOUNDS,
    CONFIRM,
    COUNTS,
    CURRENT,
    DIE,
    DISARM,
    DONE,
    EVENT,
    FAULTS,
    FIELDS,
    HOME,
    IDLE,
    JOG,
    LIMITS,
    MESSAGE,
    MOVE,
    NAMES,
    NO_CONTACT,
    OUTPUTS,
    PARAMETER,
    POUCH,
    REGULATOR,
    RESET,
    SAMPLE,
    SELF_TEST,
    SENSE,
    SET,
    STATE,
    TARE,
    UNCONFIRMED,
    VALUE,
    WATCHDOG,
    WATCHED,
    WRONG_STATE,
    counts_for,
    record,
)

from controller.controller import Controller
from controller.core import Core
from controller.response import Response

BASES = st.sampled_from(
    [
        DIE,
        POUCH,
        REGULATOR,
        WATCHED,
        WATCHED | {"response_play": 0, "response_hPa": 1, "response": 256, "policy_dwell": 0, "slew": 7},
        DIE | {"approach": 20, "slew": 9999},
        DIE | {"slew": 9999, "kp": 64, "setpoint_max": 50000, "tare_limit": 10, "backlash": 0, "lag": 30, "feed": 7},
    ]
)
RECORDS_OF_CORE = (4, 6, 8, 9)


@settings(max_examples=500, deadline=None)
@given(base=BASES, found=st.sampled_from([0, 0, 0, WATCHDOG, SELF_TEST]), sequence=SEQUENCES)
@example(base=DIE, found=0, sequence=(False, [("garbage", 3, 1, 3)]))  # a sample numbered -1
def test_the_controller_does_what_its_documents_say(base, found, sequence):
    real, words = Controller(record(base), found), RestatedController(base, found)
    command = [0] * 9
    for frame in frames(sequence, base):
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert (real.core.target, real.core.part) == (words.target, 1000 * words.saved_up)
        assert (real.manual.left, real.manual.phase == 0) == (words.errand, words.homing is None)


@settings(max_examples=150, deadline=None)
@given(base=st.sampled_from([DIE, POUCH, REGULATOR]), sequence=SEQUENCES)
def test_the_core_does_what_its_documents_say(base, sequence):
    """The core knows neither policy, response check nor a limit switch that comes the wrong way."""
    real, words = Core(record(base), 0), RestatedCore(base)
    command = [0] * 9
    for frame in frames(sequence, base):
        if frame[MESSAGE] in RECORDS_OF_CORE:
            frame[MESSAGE] = 0
        real.tick(frame, command)
        assert command == words.tick(frame)


@pytest.mark.parametrize("base", [DIE, WATCHED, REGULATOR], ids=["die", "watched", "regulator"])
def test_S9_every_attribute_is_there_from_the_start(base):
    """An attribute made in a tick would allocate."""

    def names():
        core = real.core
        parts = (real, core, core.filter, core.law, real.response, real.policy, real.manual)
        return [set(vars(part)) for part in parts]

    real, states = Controller(record(base)), set()
    first = names()
    idle = frames((False, [("hold", 0, 9, 0), ("confirm", 0, 1, 0), ("jog", 0, 1, 2), ("hold", 0, 3, 0)]), base)
    for frame in [*idle, *frames((True, [("hold", 0, 9, 0), ("setpoint", 0, 1, 4)]), base)]:
        real.tick(frame, [0] * 9)
        states.add(real.core.filter.state)
    assert ARMED in states
    assert names() == first


@pytest.mark.parametrize(("sense", "told"), [(0, -5000), (2, 0)])
def test_S12_the_response_check_is_told_the_current_where_it_is_known(sense, told, monkeypatch):
    real, heard = Controller(record(WATCHED)), []
    monkeypatch.setattr(real.response, "judge", lambda *values: heard.append(values) or 0)
    for frame in frames((False, [("hold", 0, 3, 0)]), WATCHED):
        frame[CURRENT], frame[SENSE] = -5000, sense
        real.tick(frame, [0] * 9)
    assert {current for _, _, _, current, _ in heard} == {told}
    assert heard[-1] == (100, 1, real.core.filter.pressure, told, IDLE)


def test_only_three_conditions_can_be_found_at_boot():
    """Whatever else a board says it found is left aside."""
    real, command = Controller(record(), (2**20 - 1) & ~(WATCHDOG | SELF_TEST | BAD_CONFIG)), [0] * 9
    for frame in frames((False, [("hold", 0, 20, 0)])):
        real.tick(frame, command)
    assert (command[STATE], command[BLOCKS]) == (IDLE, 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_controller_does_what_its_documents_say_in_a_closed_loop(seed):
    """Approach, another setpoint up and down, a sample left out now and then: on a spring, with noise."""
    draw = random.Random(seed)
    base = draw.choice([DIE, POUCH, WATCHED, REGULATOR]) | {
        "slew": draw.choice([500, 9999, 10000]),
        "kp": 64,
        "ki": 128,
    }
    base |= {"lag": 30} if base["kind"] == 1 else {}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    position = sample = 0
    pressure, moves = 20000.0, []
    says = {12: (CONFIRM, 5000), 13: (SET, 30000), 14: (ARM, 0), 90: (SET, 45000), 190: (SET, 25000), 240: (DISARM, 0)}
    for tick in range(260):
        frame = [100 * (tick + 1), 0, 0, 0, draw.choice([0, 3000, -3000]), 0, 0, 0, 0]
        sample += tick < 20 or tick % 4 < 3
        frame[COUNTS] = counts_for(round(pressure), base) + draw.randrange(-40, 40) + sample % 2
        frame[SAMPLE], frame[SENSE] = sample, 2 * (draw.random() < 0.1)
        frame[MESSAGE], frame[VALUE] = says.get(tick, (0, 0))
        real.tick(frame, command)
        assert command == words.tick(frame), tick
        position += command[MOVE]
        pressure = max(0, 20000 + position * base["stiffness"] / 256)
        moves.append(command[MOVE])
    assert any(moves)


def armed(base, pressure=40000):
    """Controller, core alone and the words, confirmed and armed at a pressure; and a tick of all three."""
    real, alone, words = Controller(record(base)), Core(record(base), 0), RestatedController(base)
    commands, n = ([0] * 9, [0] * 9), 0

    def tick(message=0, value=0, *, pressure=pressure, fresh=True, current=0, sense=0):
        nonlocal n
        n += 1
        counts, sample = counts_for(pressure, base) + n % 2, n if fresh else n - 1
        frame = [100 * n, counts, sample, sense, current, 0, message, 0, value]
        real.tick(frame, commands[0])
        alone.tick(frame, commands[1])
        assert commands[0] == commands[1] == words.tick(frame)
        return commands[0]

    for say in [(0, 0)] * 9 + [(CONFIRM, 1000), (SET, pressure), (ARM, 0), (0, 0)]:
        tick(*say)
    assert commands[0][STATE] == ARMED
    assert real.core.part == alone.part == 0
    return real, alone, words, tick


@pytest.mark.parametrize("sense", [0, 2])
def test_charge_is_counted_where_the_current_is_known(sense):
    _, _, _, tick = armed(DIE | {"feed": 1000})
    moves = [tick(current=10**6, sense=sense)[MOVE] for _ in range(5)]
    assert any(moves) == (sense == 0)


@pytest.mark.parametrize("want", [190, 191, 192, 193])
def test_without_a_fresh_sample_nothing_is_added_to_what_is_wanted(want):
    """One tick at the edge of the deadband, of 192."""
    real, alone, words, tick = armed(DIE)
    real.core.law.want = alone.law.want = words.law.want = want
    assert (tick(fresh=False)[MOVE] != 0) == (want >= 192)


@pytest.mark.parametrize("pressure", [54000, 55000, 55001, 57000])
def test_armed_over_the_greatest_setpoint_it_begins_there(pressure):
    board, command = Core(record(DIE), 0), [0] * 9
    for n, say in enumerate([(0, 0)] * 9 + [(CONFIRM, 1000), (SET, 55000), (ARM, 0)], start=1):
        frame = [100 * n, counts_for(pressure), n, 0, 0, 0, say[0], 0, say[1]]
        frame[COUNTS] += n % 2
        board.tick(frame, command)
    assert command[STATE] == ARMED
    begun = board.setpoint if pressure >= 55000 else board.setpoint - 50  # a tick of the slew
    assert begun == min(pressure, 55000)
    assert board.target == 55000


@pytest.mark.parametrize("way", [JOG, 0])
def test_a_retreat_is_no_errand(way):
    """Pins: armed while out on an errand, a retreat's move was left over as one, and made back after the reset."""
    base = DIE | {"slew": 10000, "backlash": 0}  # so that the law moves from the very tick of arming
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    errand = [(40000, CONFIRM, 1000), (40000, way, 100), (40000, CONFIRM, 1000)]
    plan = [*[(40000, 0, 0)] * 9, *errand, (40000, ARM, 0), *[(81000, 0, 0)] * 2, (66000, RESET, 0)]
    for tick, (pressure, say, value) in enumerate([*plan, *[(66000, 0, 0)] * 5], start=1):
        frame = [100 * tick, counts_for(pressure) + tick % 2, tick, 0, 0, 0, say, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert command[STATE] == IDLE or real.manual.left == 0
        if tick == len(plan) - 1:
            assert command[MOVE] < 0
        assert tick < len(plan) or command[MOVE] == 0
    assert (command[STATE], real.manual.left) == (IDLE, 0)


WRITES = st.lists(
    st.tuples(
        st.one_of(st.integers(-1, len(NAMES) + 1), st.sampled_from([2, 13, 14, 24, 25, 47])),
        st.sampled_from([-1, 0, 1, 2, "low", "high", "below", "beyond", "same", "near", "nearly", "half", "twice"]),
        st.sampled_from([0, 0, 0, 1, 3, 12]),
        st.sampled_from([0, 0, 0, CONFIRM, JOG, TARE, SET, DISARM, ARM, HOME]),
    ),
    min_size=1,
    max_size=12,
)


def value_of(how, key, base):
    """A value for a field: an edge of its bounds, or near the one it has."""
    low, high, _ = FIELDS[NAMES[key]] if 0 <= key < len(NAMES) else (0, 65535, 0)
    has = base[NAMES[key]] if 0 <= key < len(NAMES) else 0
    named = {
        "low": low,
        "high": high,
        "below": low - 1,
        "beyond": high + 1,
        "same": has,
        "near": has + 1,
        "nearly": has - 1,
        "twice": 2 * has,
        "half": has // 2,
    }
    return named.get(how, how)


@settings(max_examples=400, deadline=None)
@given(
    base=st.sampled_from([DIE, WATCHED, REGULATOR]),
    writes=WRITES,
    pressure=st.sampled_from([-1000, 0, 500, 1000, 40000]),
)
def test_parameters_are_written_as_the_documents_say(base, writes, pressure):
    """Among other messages, at rest and out on an errand; the record afterwards is the one named, with its checksum."""
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    n = 0
    for key, how, ticks, other in writes:
        for message in [*[(0, 0, 0)] * ticks, (other, 0, 5000), (PARAMETER, key, value_of(how, key, words.b))]:
            n += 1
            frame = [100 * n, counts_for(pressure, words.b) + n % 2, n, 0, 0, 0, *message]
            real.tick(frame, command)
            assert command == words.tick(frame)
            assert real.config == real.kept == record(words.b)
            assert (real.manual.left, real.core.tare, real.core.target) == (words.errand, words.tare, words.target)


def test_after_a_parameter_neither_response_check_nor_policy_remembers_anything():
    """A move was made and a current followed by the old record; both are judged anew by the new one."""
    real, words, command = Controller(record(WATCHED)), RestatedController(WATCHED), [0] * 9
    says = {10: (CONFIRM, 0, 1000), 11: (JOG, 0, 8), 16: (PARAMETER, NAMES.index("response_play"), 449)}
    for tick in range(1, 17):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 3000, 0, *says.get(tick, (0, 0, 0))]
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert (real.policy.followed, real.policy.lasted) == (words.policy.followed, words.policy.lasted)
        if tick == 15:
            assert real.response.travel
            assert real.policy.followed == 3000
    assert command[EVENT] == DONE
    new = vars(Response(real.config)) | {"contact": 1}
    assert vars(real.response) == new, "contact is of the stack, not of the record"
    assert real.policy.followed == 0


@pytest.mark.parametrize(
    ("message", "stays"), [((0, 0, 0), True), ((SET, 0, 30000), True), ((99, 0, 0), True), ((DISARM, 0, 0), False)]
)
def test_only_disarm_ends_an_errand(message, stays):
    real, command = Controller(record()), [0] * 9
    says = [(0, 0, 0)] * 9 + [(CONFIRM, 0, 1000), (JOG, 0, 100), message, (0, 0, 0)]
    for n, say in enumerate(says, start=1):
        real.tick([100 * n, counts_for(40000) + n % 2, n, 0, 0, 0, *say], command)
    assert (command[MOVE] > 0) == stays


# Message, its value, switches, and whether the load cell is out.
FOUND, OPEN, STILL = (0, 0, 1, 0), (0, 0, 0, 0), (0, 0, 1, 0)
LOOKS = (HOME, 0, 0, 0)
AT_THE_SWITCH = [LOOKS, OPEN, FOUND]


@pytest.mark.parametrize(
    ("plan", "known"),
    [
        ([*AT_THE_SWITCH, OPEN, OPEN, FOUND], True),
        ([(HOME, 0, 1, 0), STILL, STILL, OPEN, OPEN, FOUND], True),
        (AT_THE_SWITCH, False),
        ([*AT_THE_SWITCH, OPEN, OPEN], False),
        ([*AT_THE_SWITCH, *[STILL] * 40], False),
        ([(HOME, 0, 1, 0), *[STILL] * 40], False),
        ([*AT_THE_SWITCH, OPEN, (DISARM, 0, 0, 0), FOUND], False),
        ([*AT_THE_SWITCH, (JOG, 0, 1, 0), OPEN, FOUND], False),
        ([*AT_THE_SWITCH, OPEN, (JOG, -100, 0, 0), FOUND], False),
        ([*AT_THE_SWITCH, OPEN, (0, 0, 0, 1), (0, 0, 1, 1)], False),
        ([(JOG, -100, 0, 0), OPEN, FOUND, OPEN, FOUND], False),
    ],
    ids=[
        "found, left, found again", "from the switch itself", "found once", "left", "it never opens",
        "a broken wire from the start", "disarmed", "ended", "a jog instead", "in a fault", "a jog",
    ],
)  # fmt: skip
def test_S16_homing_believes_a_switch_that_opens_and_closes_again(plan, known):
    """Pins: a switch that was active from the start, as a broken wire is, made the position known without a move."""
    real, words, command = Controller(record()), RestatedController(DIE), [0] * 9
    for tick, (say, value, switches, sense) in enumerate([*[OPEN] * 9, *plan, OPEN], start=1):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, sense, 0, switches, say, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert (real.manual.phase == 0) == (words.homing is None)
    assert bool(command[FAULTS] & UNCONFIRMED) != known


@pytest.mark.parametrize("homing", [1, 7, 40, 300])
def test_D_a_switch_that_never_opens_costs_no_more_than_the_way_back_and_trips(homing):
    """Its wire is broken, or it is stuck: the screw compresses by no more than the record allows."""
    real, command, moves = Controller(record(DIE | {"homing": homing})), [0] * 9, []
    for tick in range(1, 120):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, 1, HOME if tick == 9 else 0, 0, 0]
        real.tick(frame, command)
        moves.append(command[MOVE])
    assert sum(moves) == max(map(abs, accumulated(moves))) == homing
    assert command[STATE] == 2
    assert command[FAULTS] & (LIMITS | UNCONFIRMED) == LIMITS | UNCONFIRMED


def accumulated(moves):
    return list(itertools.accumulate(moves))


@pytest.mark.parametrize("say", [ARM, CONFIRM])
def test_while_homing_there_is_no_arming_and_no_word_for_the_position(say):
    real, words, command = Controller(record()), RestatedController(DIE), [0] * 9
    plan = [(0, 0)] * 9 + [(HOME, 0), (0, 0), (say, 100), (0, 0)]
    for tick, (message, value) in enumerate(plan, start=1):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, 0, message, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
        if message == say:
            assert command[EVENT] == WRONG_STATE
    assert command[STATE] == IDLE
    assert command[MOVE] < 0


@pytest.mark.parametrize("speed", [10, 1])
@pytest.mark.parametrize("ticks", [1, 2, 3])
@pytest.mark.parametrize(("jog", "switch"), [(300, 1), (-300, 2), (300, 2), (-300, 1)])
def test_D_a_limit_that_becomes_active_against_the_commanded_direction_trips(jog, switch, ticks, speed):
    """Two ticks in a row: one is a bounce. A switch that was active before the move is being left."""
    base = DIE | {"speed": speed}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    plan = [(CONFIRM, 1000, 0), (JOG, jog, 0), *[(0, 0, 0)] * 4, *[(0, 0, switch)] * ticks, (0, 0, 0)]
    for tick, (say, value, switches) in enumerate([*[(0, 0, 0)] * 9, *plan], start=1):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, switches, say, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
    wrong = (jog > 0) == (switch == 1)
    assert (command[STATE] == 2) == (wrong and ticks > 1)
    assert bool(command[FAULTS] & LIMITS) == (wrong and ticks > 1)


@pytest.mark.parametrize("shows", [(1, 0, 1), (1, 0, 0, 1, 0), (1, 2, 1), (0, 1, 1), (1, 0, 1, 1), (1, 0, 2, 2, 0, 1)])
def test_D_a_switch_that_bounces_against_the_direction_does_not_trip(shows):
    """It trips once the retract switch was active in two ticks in a row, and only the first of them brought it."""
    real, words, command = Controller(record()), RestatedController(DIE), [0] * 9
    plan = [(CONFIRM, 1000, 0), (JOG, 300, 0), (0, 0, 0), *[(0, 0, switch) for switch in shows]]
    for tick, (say, value, switches) in enumerate([*[(0, 0, 0)] * 9, *plan], start=1):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, switches, say, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
    assert (command[STATE] == 2) == ((1, 1) in itertools.pairwise(shows))


@pytest.mark.parametrize("pressure", [0, 40000])
@pytest.mark.parametrize(("name", "value"), [("response", 128), ("approach", 20)])
def test_S12_a_check_that_a_message_turns_on_knows_nothing_of_what_was_before(name, value, pressure):
    """Neither travel nor what was compressed without contact."""
    base = DIE | {"slew": 9999}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    says = {9: (CONFIRM, 0, 1000), 10: (SET, 0, 50000), 11: (ARM, 0, 0), 30: (DISARM, 0, 0)}
    says |= {31: (PARAMETER, NAMES.index(name), value), 40: (ARM, 0, 0)}
    for tick in range(1, 60):
        frame = [100 * tick, counts_for(pressure) + tick % 2, tick, 0, 0, 0, *says.get(tick, (0, 0, 0))]
        real.tick(frame, command)
        assert command == words.tick(frame)
        if tick in says:
            assert command[EVENT] == DONE
        if tick == 29:
            assert real.core.filter.position > 1020
        if tick == 31:
            assert bool(command[FAULTS] & NO_CONTACT) == (name == "approach"), "no sample judged yet"
    assert bool(command[FAULTS] & NO_CONTACT) == (name == "approach" and pressure == 0)


@pytest.mark.parametrize("before", [((JOG, 300, 0), 4), ((0, 0, 0), 0)], ids=["as a move ended", "as the move began"])
@pytest.mark.parametrize(("way", "switch"), [(1, 1), (-1, 2)])
def test_D_a_switch_that_became_active_at_rest_is_left_without_a_trip(way, switch, before):
    """Or in the last tick of a move, or in the first: it is not what the move brought about."""
    first, ticks = before
    real, words, command = Controller(record()), RestatedController(DIE), [0] * 9
    plan = [(CONFIRM, 1000, 0), (first[0], first[1] * way, 0), *[(0, 0, 0)] * ticks]
    plan += [(JOG, 0, switch), (0, 0, switch)] if ticks else []
    plan += [(JOG, 300 * way, switch), *[(0, 0, switch)] * 5]
    for tick, (say, value, switches) in enumerate([*[(0, 0, 0)] * 9, *plan], start=1):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, switches, say, 0, value]
        real.tick(frame, command)
        assert command == words.tick(frame)
    assert command[STATE] == IDLE
    assert command[MOVE] * way > 0


@pytest.mark.parametrize(
    ("name", "value", "off_ms", "ticks"),
    [("ki", 65, 700, 7), ("ki", 65, 699, 6), ("hysteresis", 501, 700, 7), ("permit_off", 1400, 700, 14)],
)
def test_S13_after_a_parameter_the_least_off_time_starts_over(name, value, off_ms, ticks):
    base = DIE | {"healthy": 1, "permit_off": off_ms}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    says = {20: (CONFIRM, 0, 1000), 21: (SET, 0, 40000), 22: (PARAMETER, NAMES.index(name), value), 24: (ARM, 0, 0)}
    opened = []
    for tick in range(1, 40):
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, 0, *says.get(tick, (0, 0, 0))]
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert command[EVENT] == (DONE if tick in says else 0)
        opened += [tick] if command[OUTPUTS] & 3 == 3 else []
    assert opened == list(range(22 + ticks, 40))


def test_S12_with_the_approach_budget_spent_arming_is_refused_and_nothing_else():
    base = DIE | {"approach": 20, "slew": 9999}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    plan = [*[(0, 0, 0)] * 9, (CONFIRM, 0, 1000), (SET, 0, 50000), (ARM, 0, 0), *[(0, 0, 0)] * 20]
    others = [(RESET, 0, 0), (CONFIRM, 0, 500), (SET, 0, 30000), (TARE, 0, 0), (DISARM, 0, 0), (JOG, 0, 9), (JOG, 0, 0)]
    others += [(HOME, 0, 0), (DISARM, 0, 0), (PARAMETER, NAMES.index("ki"), 65), *[(0, 0, 0)] * 9, (CONFIRM, 0, 500)]
    for tick, say in enumerate([*plan, *others, (ARM, 0, 0)], start=1):
        frame = [100 * tick, counts_for(0) + tick % 2, tick, 0, 0, 0, *say]
        real.tick(frame, command)
        assert command == words.tick(frame)
        if tick > len(plan):
            assert command[BLOCKS] & NO_CONTACT
            assert command[EVENT] == (BLOCKED if say[0] == ARM else DONE if say[0] else 0)


@pytest.mark.parametrize("least", [1000, 2299, 2300, 2301, 3000])
@pytest.mark.parametrize("asked", [3000, 3001, 50000])
@pytest.mark.parametrize("pressure", [0, 1149, 1150, 40000])
def test_S12_without_contact_the_setpoint_is_held_back_at_twice_what_shows_it(least, asked, pressure):
    """1000 hPa of tare and 150 hPa of noise show none; and a setpoint is never below its least."""
    base = DIE | {"approach": 20, "setpoint_min": least}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    for tick, say in enumerate([*[(0, 0, 0)] * 9, (SET, 0, asked), (0, 0, 0)], start=1):
        frame = [100 * tick, counts_for(pressure, base) + tick % 2, tick, 0, 0, 0, *say]
        real.tick(frame, command)
        assert command == words.tick(frame)
    assert real.core.target == (asked if pressure >= 1150 else max(2300, least))


@pytest.mark.parametrize("switch", [1, 2])
@pytest.mark.parametrize("way", [1, -1])
def test_a_regulators_code_has_no_direction_that_a_limit_switch_could_contradict(way, switch):
    real, words, command = Controller(record(REGULATOR)), RestatedController(REGULATOR), [0] * 9
    for tick in range(1, 60):
        say = {9: 200, 40: 300 * way}.get(tick, 0)
        frame = [100 * tick, counts_for(40000) + tick % 2, tick, 0, 0, switch if tick > 43 else 0, 0, 0, 0]
        frame[MESSAGE], frame[VALUE] = JOG if say else 0, say
        real.tick(frame, command)
        assert command == words.tick(frame)
        assert tick != 43 or command[MOVE] * way > 0
    assert command[STATE] == IDLE


@pytest.mark.parametrize("way", [JOG, HOME])
@pytest.mark.parametrize("gain", [-1, 1])
def test_D_over_the_limit_and_rising_ends_a_manual_move(way, gain):
    """A motor wired the wrong way round compresses where it is told to let go; the response check is off here."""
    base = DIE | {"reference": 0}
    real, words, command = Controller(record(base)), RestatedController(base), [0] * 9
    pressure = moved = 0
    for tick in range(1, 200):
        pressure = 81000 + 44 * gain * moved
        say = (CONFIRM, 15000) if tick == 9 else (way, -900) if tick == 10 else (0, 0)
        frame = [100 * tick, counts_for(pressure, base) + tick % 2, tick, 0, 0, 0, say[0], 0, say[1]]
        real.tick(frame, command)
        assert command == words.tick(frame)
        moved += command[MOVE]
    if gain < 0:
        assert pressure <= 81000 + DIE["response_hPa"] + 44 * 2 * DIE["speed"]
        assert (real.manual.left, real.manual.phase) == (0, 0)
    else:
        assert moved < -800


@pytest.mark.parametrize("counts", [-20201, -20200, -20199, 20199, 20200, 20201])
def test_a_jog_goes_as_far_as_from_end_to_end_and_no_further(counts):
    """Travel from -200 to 20000."""
    real, command = Controller(record()), [0] * 9
    real.tick([100, counts_for(40000), 1, 0, 0, 0, JOG, 0, counts], command)
    assert command[EVENT] == (DONE if abs(counts) <= 20200 else BOUNDS)


@pytest.mark.parametrize("pressure", [-1001, -1000, -999, 0, 999, 1000, 1001])
def test_S6_the_tare_is_taken_within_its_limit_and_no_further(pressure):
    real, command = Controller(record()), [0] * 9
    for n in range(1, 12):
        real.tick([100 * n, counts_for(pressure) + n % 2, n, 0, 0, 0, TARE if n == 11 else 0, 0, 0], command)
    assert command[EVENT] == (DONE if abs(pressure) <= 1000 else BOUNDS)
    assert real.core.tare == (pressure if abs(pressure) <= 1000 else 0)
