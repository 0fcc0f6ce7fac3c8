"""The response check and the pressure policy to the last bit, against their words restated in exact fractions."""

import copy
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from restated_law import RestatedPolicy, RestatedResponse
from restated_limits import ARMED, DIE, IDLE, REGULATOR, TRIPPED, record

from controller.policy import Policy, grown
from controller.response import Response

RESPONSES = st.fixed_dictionaries(
    {
        "response": st.sampled_from([128, 128, 128, 1, 255, 256, 0]),
        "response_hPa": st.sampled_from([1, 150, 1000]),
        "response_play": st.sampled_from([0, 0, 1, 450]),
        "response_ms": st.sampled_from([30000, 30000, 300, 1]),
        "debounce": st.sampled_from([1, 2, 3]),
        "dead_time": st.sampled_from([0, 50, 200]),
        "lag": st.sampled_from([0, 0, 20, 1000]),
        "feed": st.sampled_from([1200000, 1, 1000, 268435455, 0]),
        "stiffness": st.sampled_from([11264, 16, 255, 256, 257, 1048576]),
        "tare_limit": st.sampled_from([1000, 0]),
        "approach": st.sampled_from([0, 0, 20, 5000]),
    }
)
TICKS = st.lists(
    st.tuples(
        st.sampled_from([100, 100, 100, 0, 1, 49, 50, 51, 199, 200, 251]),
        st.sampled_from([1, 1, 1, 0]),
        st.sampled_from(["edge", "edge", "edge", "same", "loose", "far", "fall", "fall"]),
        st.integers(-1, 1),
        st.sampled_from([0, 0, 1, -1, 20000, -20000, 2**29, -(2**29)]),
        st.sampled_from([ARMED, ARMED, IDLE, TRIPPED]),
        st.sampled_from([0, 0, 10, 10, 10, -10, 1, -1, 4096, -4096]),
    ),
    min_size=1,
    max_size=40,
)


def reading(words, how, near, dt, current, state, base):
    """A pressure at the edge of what is due, or one that means something else."""
    after = copy.copy(words)
    after.judge(dt, False, 0, current, state)
    if how == "edge":
        short = after.due(state) - base["response_hPa"] + near
        return after.start + after.way * short - (after.answer(after.start) * after.way)
    loose = base["tare_limit"] + base["response_hPa"]
    fall = words.last - (base["hard"] - base["soft"])
    return {"same": after.start, "loose": loose, "far": 40000, "fall": fall}[how] + near


@settings(max_examples=500, deadline=None)
@given(changes=RESPONSES, ticks=TICKS)
def test_the_response_check_does_what_its_words_say(changes, ticks):
    base = DIE | changes
    assume(base["response"] or base["approach"])  # else none of it is called
    real, words = Response(record(base)), RestatedResponse(base)
    assert told(real) == told(words)
    for dt, fresh, how, near, current, state, move in ticks:
        pressure = reading(words, how, near, dt, current, state, base)
        said = real.judge(dt, fresh, pressure, current, state)
        assert said == int(words.judge(dt, fresh, pressure, current, state))
        if move:
            real.moved(move, state == ARMED)
            words.moved(move, state == ARMED)
        assert told(real) == told(words)
    real.restart()
    words.restart()
    assert told(real) == told(words)


@pytest.mark.parametrize("seed", range(60))
def test_the_response_check_does_what_its_words_say_of_a_motor_on_its_way(seed):
    """Moves that go on for long enough to be due, and pressures round the edge of what is asked of them."""
    draw = random.Random(seed)
    base = DIE | {
        "response": draw.choice([128, 255]), "response_hPa": draw.choice([1, 150]), "debounce": draw.choice([1, 2, 3]),
        "response_play": draw.choice([0, 450]), "response_ms": draw.choice([30000, 2000]), "lag": draw.choice([0, 20]),
        "dead_time": draw.choice([0, 50, 200]), "feed": draw.choice([0, 1200000]), "tare_limit": 0,
    }  # fmt: skip
    real, words = Response(record(base)), RestatedResponse(base)
    way, verdicts = draw.choice([1, -1]), set()
    for tick in range(90):
        if tick == 60 and draw.random() < 0.5:
            way = -way
        current = draw.choice([0, 20000, -20000])
        near = draw.choice([-1, -1, 0, 1])
        state = draw.choice([ARMED, ARMED, ARMED, TRIPPED])
        pressure = max(20000, reading(words, "edge", near, 100, current, state, base) if tick else 40000)
        verdict = words.judge(100, True, pressure, current, state)
        verdicts.add(verdict)
        assert real.judge(100, 1, pressure, current, state) == int(verdict)
        for which in (real, words):
            which.moved(way * (1 + tick % 5), state == ARMED)
        assert told(real) == told(words)
    assert verdicts == {True, False}


def told(a):
    names = "way travel recent settled phase wait begun start elapsed charge fed bad last contact blind"
    return [getattr(a, name) for name in names.split()]


@settings(max_examples=60, deadline=None)
@given(stiffness=st.sampled_from([16, 1048576]), way=st.sampled_from([1, -1]), times=st.integers(1, 400))
def test_S8_travel_and_time_end_somewhere(stiffness, way, times):
    base = DIE | {"stiffness": stiffness, "response": 256, "feed": 1, "response_play": 0}
    real, words = Response(record(base)), RestatedResponse(base)
    for which in (real, words):
        which.elapsed = 2**29 - 200
        for _ in range(times):
            which.moved(4096 * way, True)
            which.judge(100, 0, 0, -way * 2**29, ARMED)
    assert told(real) == told(words)
    assert max(map(abs, told(real))) <= 2**29


@pytest.mark.parametrize("budget", [0, 1, 2, 20])
@pytest.mark.parametrize("near", [-1, 0, 1])
@pytest.mark.parametrize("state", [IDLE, ARMED, TRIPPED])
def test_S12_the_approach_budget_ends_to_the_count_when_armed(budget, near, state):
    """A budget of 0 is none: nothing ends it."""
    real = Response(record(DIE | {"approach": budget, "response": 128}))
    if budget + near:
        real.moved(budget + near, True)
    assert real.judge(100, 1, 0, 0, state) == (state == ARMED and budget > 0 and near > 0)
    assert real.spent() == int(budget > 0 and near > 0)


POLICIES = st.fixed_dictionaries(
    {
        "policy_threshold": st.sampled_from([500, 500, 1, 268435455]),
        "policy_dwell": st.sampled_from([1000, 0, 100]),
        "policy_charge": st.sampled_from([-5000, 0, 3, -1000000, 1000000]),
        "policy_charge_slope": st.sampled_from([0, 1, 2, 300, 1000000]),
        "policy_discharge": st.sampled_from([5000, 0, -3, -1000000, 1000000]),
        "policy_discharge_slope": st.sampled_from([0, 1, 3, 500, 1000000]),
        "hysteresis": st.sampled_from([500, 0]),
        "setpoint_max": st.sampled_from([55000, 57600]),
        "setpoint_min": st.sampled_from([1000, 16000, 21000]),
    }
)
CURRENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 499, 500, 501, 999, 1000, 1001, 2000, 268435454, 268435455, 2**30 - 1]),
        st.sampled_from([1, -1]),
        st.sampled_from([1, 1, 1, 1, 0]),
        st.sampled_from([100, 100, 99, 1000, 0]),
        st.sampled_from([1, 1, 3, 10, 11]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=500, deadline=None)
@given(changes=POLICIES, base=st.sampled_from([DIE, REGULATOR]), plain=st.integers(1000, 55000), ticks=CURRENTS)
def test_the_policy_does_what_its_words_say(changes, base, plain, ticks):
    base = base | changes
    real, words = Policy(record(base)), RestatedPolicy(base)
    for size, way, valid, dt, times in ticks:
        for _ in range(times):
            given_to_both = (plain, way * size, valid, dt)
            assert real.target(*given_to_both) == words.target(*given_to_both)
            assert (real.followed, real.lasted) == (words.followed, words.lasted)
    real.restart()
    assert (real.followed, real.lasted) == (0, 0)


@pytest.mark.parametrize("slope", [0, 1, 2, 3, 999, 1000, 1024, 2089, 65536, 1000000])
@pytest.mark.parametrize("near", [-1, 0, 1, 2, 10**6])
def test_what_grows_with_current_is_exact_and_ends_where_30_bits_do(slope, near):
    most = (2**29 - 1) // slope if slope else 0
    current = most + near
    if 0 <= current < 2**28:
        assert grown(current, slope) == min(current, most) * slope // 1000


def test_S8_the_count_of_an_approach_ends_somewhere():
    """Found by the proof: with the budget off and the check on, it went on for as long as no contact showed."""
    base = DIE | {"response": 128, "approach": 0}
    real, words = Response(record(base)), RestatedResponse(base)
    for which in (real, words):
        which.blind = 1000000
        for _ in range(3):
            which.moved(4096, True)
    assert real.blind == words.blind == 1000001
