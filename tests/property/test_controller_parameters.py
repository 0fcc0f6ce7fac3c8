"""A parameter message, any field and value: it may tighten the stored record and go back to it, no more (S5)."""

import pytest
from bench import Hand
from hypothesis import event, given, settings
from hypothesis import strategies as st
from restated_controller import loosens
from restated_limits import (
    BOUNDS,
    CONFIRM,
    DIE,
    DONE,
    FIELDS,
    LOOSER,
    NAMES,
    PARAMETER,
    REGULATOR,
    RULE,
    WATCHED,
    record,
)
from restated_record import first_broken

BASES = [DIE, WATCHED | {"approach": 40, "homing": 90, "retreat": 9}, REGULATOR | {"stop_vents": 1, "approach": 9}]


def value_of(base, name, how, near):
    low, high, _ = FIELDS[name]
    at = {"low": low, "high": high, "stored": base[name], "half": (low + base[name]) // 2, "off": 0, "any": 0}[how]
    return at + near


VALUES = st.one_of(
    st.tuples(st.sampled_from(["low", "high", "stored", "stored", "half", "off"]), st.integers(-2, 2)),
    st.tuples(st.just("stored"), st.integers(-5000, 5000)),
    st.tuples(st.just("any"), st.integers(-(2**30) + 1, 2**30 - 1)),
)


def board(base, position=None):
    """An idle controller, whose position is perhaps known."""
    hand = Hand(base).settled(30000)
    if position is not None and base["kind"] == 1:
        assert hand.say(CONFIRM, position, pressure=30000) == DONE
    return hand


def fits(base, position):
    """Whether such a record may be run at such a position."""
    return first_broken(base) == 0 and (position is None or base["travel_min"] <= position <= base["travel_max"])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(base=st.sampled_from(BASES), value=VALUES, position=st.sampled_from([None, -200, 0, 100, 20000]))
def test_a_field_is_written_when_it_fits_and_loosens_nothing_and_not_otherwise(name, base, value, position):
    if base["kind"] == 2:
        position = 0  # a regulator's code is always known
    value = value_of(base, name, *value)
    low, high, _ = FIELDS[name]
    allowed = NAMES.index(name) > 1 and low <= value <= high and not loosens(name, base[name], value)
    changed = base | {name: value}
    hand = board(base, position)
    said = hand.say(PARAMETER, value, key=NAMES.index(name), pressure=30000)
    assert (said == DONE) == (allowed and fits(changed, position))
    event(f"written: {said == DONE}")
    if said != DONE:
        assert hand.board.config == hand.board.kept == record(base), "refused, and changed"
        assert said in (BOUNDS, LOOSER, RULE)
        return
    assert hand.board.config == hand.board.kept == record(changed)
    assert hand.say(PARAMETER, base[name], key=NAMES.index(name), pressure=30000) == DONE, "no way back"
    assert hand.board.config == hand.board.kept == record(base)


WRITES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), min_size=1, max_size=15)


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from(BASES), writes=WRITES)
def test_no_sequence_of_writes_leads_to_a_record_looser_than_the_stored_one(base, writes):
    """Each is judged against the stored record, not against the last one: no way round by small steps."""
    hand, now = board(base), dict(base)
    for name, value in writes:
        written = value_of(now, name, *value)
        if hand.say(PARAMETER, written, key=NAMES.index(name), pressure=30000) == DONE:
            now[name] = written
        assert hand.board.config == hand.board.kept == record(now)
        assert first_broken(now) == 0
        assert not any(loosens(field, base[field], now[field]) for field in NAMES)
    event(f"changed: {now != base}")


LIMITING = {
    "warn": 1, "soft": 1, "hard": 1, "tare_limit": 1, "setpoint_max": 1, "slew": 1, "speed": 1, "accel": 1,
    "travel_max": 1, "charge_max": 1, "discharge_max": 1, "stale": 1, "debounce": 1, "homing": 1, "response_hPa": 1,
    "response_play": 1, "margin": -1, "setpoint_min": -1, "travel_min": -1, "charge_min": -1, "discharge_min": -1,
    "hysteresis": -1, "permit_off": -1, "healthy": -1, "response": -1,
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITING)
def test_one_step_looser_is_refused_by_name(name):
    base = WATCHED | {"approach": 40}
    hand = board(base)
    assert hand.say(PARAMETER, base[name] + LIMITING[name], key=NAMES.index(name), pressure=30000) == LOOSER


@pytest.mark.parametrize(
    "name", ["scale_num", "scale_shift", "reference", "stiffness", "sample", "dead_time", "lag", "retreat",
             "jump", "stop_vents", "response_ms"]
)  # fmt: skip
@pytest.mark.parametrize("off", [-1, 1])
def test_calibration_and_what_is_neither_tight_nor_loose_stays_as_it_is_stored(name, off):
    base = WATCHED | {"approach": 40}
    said = board(base).say(PARAMETER, base[name] + off, key=NAMES.index(name), pressure=30000)
    assert said == LOOSER


@pytest.mark.parametrize(("name", "stored"), [("stuck", 20), ("approach", 40)])
def test_a_check_that_is_on_cannot_be_switched_off_by_a_message(name, stored):
    hand = board(WATCHED | {name: stored})
    for value, event_ in ((0, LOOSER), (stored + 1, LOOSER), (stored - 1, DONE), (1, DONE), (stored, DONE)):
        assert hand.say(PARAMETER, value, key=NAMES.index(name), pressure=30000) == event_
