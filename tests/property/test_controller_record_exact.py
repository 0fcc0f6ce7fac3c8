"""Scaling, and the rules between fields, each at its edge, against the same in exact fractions."""

import itertools
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from restated_controller import loosens
from restated_limits import DIE, FIELDS, NAMES, POUCH, REGULATOR, WATCHED, crc, record
from restated_record import GREATEST_COUNT, FAR_hPa, first_broken, pressure

from controller import configuration, vocabulary
from controller.scale import scale

WRONG_LENGTH = 63


def edges(b):
    """Each field's value at which a rule turns, given the others."""
    gap = 2 * b["hysteresis"]
    blind_ms = b["stale"] + b["debounce"] * b["sample"] + b["dead_time"] + b["lag"]
    ticks = blind_ms // b["tick"] + 2
    return {
        "warn": b["soft"], "soft": b["hard"], "hard": pressure(b, GREATEST_COUNT), "margin": b["soft"],
        "setpoint_max": b["soft"] - b["tare_limit"], "setpoint_min": b["setpoint_max"],
        "tare_limit": b["soft"] - b["setpoint_max"],
        "charge_min": b["charge_max"] - gap, "charge_max": b["hard"],
        "discharge_min": b["discharge_max"] - gap, "discharge_max": b["hard"],
        "hysteresis": (b["charge_max"] - b["charge_min"]) // 2,
        "travel_min": b["travel_max"], "stale": b["sample"] + b["tick"], "sample": b["stale"] - b["tick"],
        "tick": b["stale"] // 2, "kp": 256 - b["ki"],
        "speed": 256 * (b["hard"] - b["soft"]) // (ticks * b["stiffness"]),
        "stiffness": 256 * (b["hard"] - b["soft"]) // (ticks * b["speed"]),
        "dead_time": (256 * (b["hard"] - b["soft"]) // (b["speed"] * b["stiffness"]) - 2) * b["tick"] - blind_ms,
        "response_ms": 4 * (b["dead_time"] + 3 * b["lag"]), "kind": 2, "response": 1,
        "approach": (256 * (b["hard"] - b["soft"]) - 1) // b["stiffness"] - ticks * b["speed"],
    }  # fmt: skip


@settings(max_examples=800, deadline=None)
@given(
    base=st.sampled_from(
        [DIE, POUCH, REGULATOR, WATCHED, WATCHED | {"lag": 200, "dead_time": 10, "response_ms": 2440}]
    ),
    moves=st.lists(st.tuples(st.sampled_from(sorted(edges(DIE))), st.integers(-2, 2)), min_size=1, max_size=3),
)
def test_each_rule_turns_where_it_says(base, moves):
    for name, near in moves:
        low, high, _ = FIELDS[name]
        base = base | {name: min(max(edges(base)[name] + near, low), high)}
    assert configuration.check(record(base)) == first_broken(base)


@pytest.mark.parametrize("near", [-1, 0, 1])
@pytest.mark.parametrize("name", sorted(edges(DIE)))
@pytest.mark.parametrize(
    "base", [DIE, REGULATOR, WATCHED | {"lag": 200, "response_ms": 9000}], ids=["die", "regulator", "watched"]
)
def test_each_rule_turns_where_it_says_alone(base, name, near):
    low, high, _ = FIELDS[name]
    base = base | {name: min(max(edges(base)[name] + near, low), high)}
    assert configuration.check(record(base)) == first_broken(base)


@pytest.mark.parametrize("counts", [GREATEST_COUNT - 1, GREATEST_COUNT, GREATEST_COUNT + 1])
def test_over_limit_must_read_below_saturation_to_the_count(counts):
    """Eight counts are a hectopascal, and the hard limit begins with this one."""
    base = DIE | {"reference": counts - 8 * 900000, "scale_num": 1 << 9, "scale_shift": 12}
    base |= {"hard": 900000, "soft": 870000, "warn": 860000}
    assert configuration.check(record(base)) == first_broken(base) == (0 if counts <= GREATEST_COUNT else 65)


def test_blind_travel_may_come_to_a_256th_of_a_hectopascal_short_of_the_hard_limit():
    """Seven ticks' travel at 73/256 hPa is 511/256, of the two hectopascals that there are."""
    base = DIE | {"speed": 1, "stiffness": 73, "soft": 79998, "hard": 80000}
    assert configuration.check(record(base)) == first_broken(base) == 0
    assert configuration.check(record(base | {"stiffness": 74})) == 73


def old(base, number=1):
    """A record as format 1 had it, before the response check, or as format 2 had it, before the jump."""
    since = NAMES.index("jump"), NAMES.index("response"), NAMES.index("approach")
    fields = [number, *[base[name] for name in NAMES[1 : since[0]]]]
    fields += [base[name] for name in NAMES[since[1] : since[2]]] if number == 2 else []
    assert len(fields) == (48 if number == 2 else 38)
    return [*fields, crc(fields)]


def room(base):
    """Counts that an approach may take, or less than 0, in exact fractions."""
    blind_ms = base["stale"] + base["debounce"] * base["sample"] + base["dead_time"] + base["lag"]
    blind = base["speed"] * (floor(Fraction(blind_ms, base["tick"])) + 2)
    counts = Fraction(256 * (base["hard"] - base["soft"]), base["stiffness"])
    return ceil(counts) - 1 - blind


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    "base",
    [DIE, POUCH, REGULATOR, DIE | {"speed": 32}, POUCH | {"tick": 1, "speed": 1}],
    ids=["die", "pouch", "regulator", "little room", "quick"],
)
def test_a_good_record_of_an_older_format_is_taken_over_with_the_largest_approach_budget(base, number):
    base = base | {"response": 128, "policy_threshold": 500}
    new = configuration.adopt(old(base, number))
    named = dict(zip(NAMES, new, strict=False))
    default = dict(zip(NAMES, configuration.DEFAULT, strict=False))
    added = ["jump", "stop_vents", "homing"]
    if number == 1:
        added += [name for name in NAMES if name.startswith(("response", "policy"))]
        assert (named["response"], named["policy_threshold"]) == (0, 0)
    expected = base | {name: default[name] for name in added} | {"approach": room(base)}
    assert new == record(expected)
    assert configuration.check(new) == first_broken(expected) == 0
    assert configuration.check(record(expected | {"approach": room(base) + 1})) == 75


@pytest.mark.parametrize("left", [-1, 0, 1, 2])
@pytest.mark.parametrize("number", [1, 2])
def test_an_older_record_with_hardly_any_room_for_an_approach_gets_what_there_is(number, left):
    """Top speed while blind takes 70 counts of 44 hPa; a record without even that breaks its own rule, no bound."""
    base = DIE | {"hard": DIE["soft"] + 44 * (70 + left) + 1}
    assert room(base) == left
    new = configuration.adopt(old(base, number))
    assert new[NAMES.index("approach")] == max(0, left)
    assert configuration.check(new) == (73 if left < 0 else 0)


@settings(max_examples=200, deadline=None)
@given(
    number=st.sampled_from([1, 2]),
    changes=st.dictionaries(
        st.sampled_from([*NAMES[1:38], "tick", "stiffness", "speed"]),
        st.sampled_from(["low", "high", 0, -1, 1, 2]),
        max_size=3,
    ),
)
@example(number=1, changes={"stiffness": 1})
@example(number=1, changes={"stiffness": 0})
@example(number=1, changes={"tick": 0})
def test_any_older_record_that_arrives_whole_is_taken_over_and_judged_by_todays_rules(number, changes):
    """Also one that no board would have run: nothing is divided by zero, and the check finds what it would find."""
    base = dict(DIE)
    for name, how in changes.items():
        base[name] = {"low": FIELDS[name][0], "high": FIELDS[name][1]}.get(how, how)
    new = configuration.adopt(old(base, number))
    named = dict(zip(NAMES, new, strict=False))
    assert [named[name] for name in NAMES[1:38]] == [base[name] for name in NAMES[1:38]]
    assert named["approach"] == (max(0, room(base)) if base["tick"] > 0 and base["stiffness"] > 0 else 0)
    assert new[-1] == crc(new[:-1])
    outside = next((1 + i for i, name in enumerate(NAMES) if not FIELDS[name][0] <= named[name] <= FIELDS[name][1]), 0)
    assert configuration.check(new) == (outside or first_broken(named))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("how", ["format 0", "other's format", "today's", "checksum", "shorter", "longer", "none"])
def test_any_other_record_comes_back_as_it_is(number, how):
    good = old(DIE, number)
    fields = {
        "format 0": [0, *good[1:-1], crc([0, *good[1:-1]])],
        "other's format": [3 - number, *good[1:-1], crc([3 - number, *good[1:-1]])],
        "today's": record(),
        "checksum": [*good[:-1], good[-1] ^ 1],
        "shorter": good[:-1],
        "longer": [*good, 0],
        "none": [],
    }[how]
    assert configuration.adopt(fields) is fields


def test_a_record_of_another_length_is_named_so():
    for fields in ([], record()[:-1], [*record(), 0]):
        assert configuration.check(fields) == WRONG_LENGTH


@pytest.mark.parametrize("value", [-1, 0, 65535, 65536])
def test_the_checksum_field_has_bounds_too(value):
    last = len(NAMES)
    assert configuration.check([*record()[:-1], value]) == (0 if 0 <= value <= 65535 else 1 + last)


@settings(max_examples=400, deadline=None)
@given(
    num=st.one_of(st.integers(1, 131071), st.sampled_from([1, 4095, 4096, 131071])),
    shift=st.integers(12, 30),
    reference=st.sampled_from([0, 1000, -1, -(2**23), 2**23 - 1]),
    counts=st.one_of(st.integers(-(2**23), 2**23 - 1), st.sampled_from([-4097, -4096, -4095, 0, 4095, 4096])),
)
def test_scaling_is_exact_and_ends_at_104_MPa(num, shift, reference, counts):
    base = DIE | {"scale_num": num, "scale_shift": shift, "reference": reference}
    assert scale(record(base), counts) == pressure(base, counts)


@pytest.mark.parametrize("near", range(-2, 3))
@pytest.mark.parametrize("end", [-FAR_hPa, FAR_hPa])
def test_scaling_ends_to_the_hectopascal(end, near):
    base = DIE | {"scale_num": 4096, "scale_shift": 12, "reference": 0}
    assert scale(record(base), end + near) == min(max(end + near, -FAR_hPa), FAR_hPa)


def test_every_code_of_the_check_has_words():
    assert vocabulary.explain(0) == "fit to run"
    for i, (name, (low, high, _)) in enumerate(FIELDS.items()):
        said = vocabulary.explain(1 + i)
        assert said.endswith(f" is not within {low} to {high}")
        assert name.split("_")[0] in said.lower()
    assert [code for code in range(63, 100) if code in vocabulary.RULES] == list(range(63, 76))
    assert vocabulary.explain(63) == "the record has the wrong length"
    assert "S2" in vocabulary.explain(73)


VALUES = [-1000000, -2, -1, 0, 1, 2, 3, 4096, 4097, 1000000]


@pytest.mark.parametrize("name", NAMES)
def test_S5_what_a_message_may_change_of_a_stored_record(name):
    key = NAMES.index(name)
    for stored, value in itertools.product(VALUES, VALUES):
        assert configuration.loosens(key, stored, value) == int(loosens(name, stored, value)), (stored, value)


def test_S5_no_message_changes_the_checksum():
    for stored, value in itertools.product(VALUES, VALUES):
        assert configuration.loosens(len(NAMES), stored, value) == int(stored != value)
