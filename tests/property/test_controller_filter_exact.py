"""The safety filter, every answer to the last bit, against the filter restated from its specification."""

import pytest
from frame_sequences import SEQUENCES, frames
from hypothesis import example, given, settings
from hypothesis import strategies as st
from restated_filter import TRIPS, RestatedFilter
from restated_limits import (
    DIE,
    FORCE,
    OVER,
    POUCH,
    REGULATOR,
    RESPONSE,
    SELF_TEST,
    UNCONFIRMED,
    WATCHDOG,
    counts_for,
    record,
)

from controller.safety import SafetyFilter

BAD_CONFIG = 32768
FAST = DIE | {"debounce": 1, "stuck": 0, "permit_off": 0, "hysteresis": 0, "healthy": 1, "accel": 4096, "speed": 32}
SLOW_UP = DIE | {"accel": 1}
BASES = st.sampled_from(
    [
        DIE,
        POUCH,
        REGULATOR,
        FAST,
        DIE | {"debounce": 8, "stuck": 1, "speed": 5, "retreat": 0, "margin": 0, "permit_off": 1, "healthy": 1000},
        DIE | {"debounce": 3, "stuck": 2, "retreat": 7, "accel": 1, "travel_min": -3, "travel_max": 60, "tick": 7},
        REGULATOR | {"debounce": 1, "retreat": 9, "travel_max": 40, "tick": 120, "tare_limit": 0, "speed": 9},
    ]
)
FOUND = st.sampled_from([0, 0, 0, WATCHDOG, SELF_TEST, BAD_CONFIG, WATCHDOG | SELF_TEST | BAD_CONFIG])
EDGES = ["warn", "soft", "hard", "charge_min", "charge_max", "discharge_min", "discharge_max"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 33, 50, 99, 100, 100, 100, 100, 101, 125, 249, 250, 251, 5000, -1, -(2**29)]),
        st.sampled_from([*EDGES, "no load", "margin", "gap", "calm", "calm", "calm", "far", "saturated"]),
        st.integers(-1, 1),
        st.sampled_from([1, 1, 1, 1, 0, 65535]),
        st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 3]),
        st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 8, 15, 16]),
        st.sampled_from(["", "", "", "arm", "arm", "disarm", "reset", "reset", "confirm", "trip"]),
        st.sampled_from([-(2**29), -20, -4, -3, -1, 0, 1, 3, 4, 5, 20, 2**29]),
        st.sampled_from([1, 1, 1, 2, 3, 9]),
    ),
    max_size=40,
)
# Healthy samples, a place, armed, and a few ticks so that permits open.
ARMED = [(100, "calm", 0, 1, 0, 0, "", 0, 9), (100, "calm", 0, 1, 0, 0, "confirm", 0, 1)]
ARMED += [(100, "calm", 0, 1, 0, 0, "arm", 0, 1), (100, "calm", 0, 1, 0, 0, "", 0, 9)]


def told(a):
    """All that an asker may see."""
    return {
        "fresh": a.fresh, "valid": a.valid, "pressure": a.pressure, "state": a.state,
        "standing": a.standing, "latched": a.latched, "active": a.active, "cell": a.cell, "dt": a.dt,
        "position": a.position, "outputs": a.outputs, "blocks": a.blocks(),
    }  # fmt: skip


def pressure_of(edge, base, near):
    named = {
        "no load": -base["tare_limit"], "margin": base["soft"] - base["margin"],
        "gap": base["charge_max"] - base["hysteresis"], "calm": 40000, "far": -(2**19),
    }  # fmt: skip
    return named.get(edge, base.get(edge, 0)) + near


class Both:
    """The filter and its restatement, told the same."""

    def __init__(self, base, found):
        self.base = base
        self.real, self.words = SafetyFilter(record(base), found), RestatedFilter(base, found)

    def do(self, name, *values):
        answers = [getattr(which, name)(*values) for which in (self.real, self.words)]
        assert answers[0] == answers[1], name
        assert told(self.real) == told(self.words), name


def drive(base, found, steps):
    both = Both(base, found)
    time = sample = toggle = 0
    for dt, edge, near, fresh, sense, switches, say, ask, ticks in steps:
        for i in range(ticks):
            time = (time + dt) % 2**30
            sample = (sample + fresh) % 65536
            toggle ^= edge != "margin"  # there the reading stands still
            counts = counts_for(pressure_of(edge, base, near), base) + toggle
            if edge == "saturated":
                counts = [-(2**23), 2**23 - 1, 2**23 - 2, -(2**23) + 1][near + 1 if near < 1 else 2 + toggle]
            both.do("observe", [time, counts, sample, sense, 0, switches, 0, 0, 0])
            if say == "trip":
                both.do("trip", RESPONSE)
            elif say and i == 0:
                place = [base["travel_min"] + near, base["travel_max"] + near, 30][ask % 3]
                both.do(say, *([place] if say == "confirm" else []))
            both.do("actuate", ask if both.real.state != 0 or ask % 2 else 0)


@settings(max_examples=500, deadline=None)
@given(base=BASES, found=FOUND, armed=st.sampled_from([True, True, False]), steps=STEPS)
@example(base=DIE, found=0, armed=False, steps=[(dt, "calm", 0, 0, 0, 0, "", 1, 1) for dt in (1, 0, 1, 250, 251)])
@example(base=DIE, found=0, armed=False, steps=[(2**30 - 251, "calm", 0, 1, 0, 0, "", 1, 1)])
@example(base=DIE, found=WATCHDOG, armed=False, steps=[(100, "hard", 1, 1, 0, 0, "", -9, 9)])
@example(base=FAST, found=0, armed=True, steps=[(249, "calm", 0, 1, 0, 0, "", 2**29, 1)])
@example(
    base=FAST, found=0, armed=True, steps=[(100, "charge_max", 1, 1, 0, 0, "", 0, 3), (1, "calm", 0, 1, 0, 0, "", 0, 1)]
)
@example(
    base=SLOW_UP,
    found=0,
    armed=True,
    steps=[(100, "calm", 0, 1, 0, 0, "", 20, 9), *[(100, "calm", 0, 1, 0, 0, "", ask, 1) for ask in (-1, -20, -20)]],
)
@example(
    base=DIE,
    found=0,
    armed=True,
    steps=[
        (100, "calm", 0, 1, 0, 0, "", 4, 2),
        *[(100, "calm", 0, 1, 0, s, "", ask, 2) for s in (2, 1) for ask in (1, -1)],
    ],
)
@example(
    base=DIE,
    found=0,
    armed=True,
    steps=[
        (100, "calm", 0, 1, 0, 0, "", 20, 9),
        (100, "hard", 1, 1, 0, 0, "", 0, 3),
        (100, "margin", -1, 1, 0, 0, "", 0, 2),
    ],
)
@example(
    base=DIE, found=0, armed=True, steps=[(125, "calm", 0, 0, 0, 0, "", 20, 3), (100, "calm", 0, 1, 0, 0, "", 1, 9)]
)
def test_the_filter_does_what_its_words_say(base, found, armed, steps):
    drive(base, found, (ARMED if armed else []) + steps)


@settings(max_examples=150, deadline=None)
@given(base=BASES, found=FOUND, sequence=SEQUENCES)
def test_the_filter_does_what_its_words_say_under_any_frames(base, found, sequence):
    both = Both(base, found)
    for i, frame in enumerate(frames(sequence, base)):
        both.do("observe", frame)
        say = {1: "arm", 2: "disarm", 3: "reset", 7: "confirm"}.get(frame[6])
        if say:
            both.do(say, *([frame[8]] if say == "confirm" else []))
        both.do("actuate", [20, -1, 0, 2**29, -(2**29), 1][i % 6])


def test_S8_counts_of_samples_end_somewhere():
    board = SafetyFilter(record(DIE | {"stuck": 0}), 0)
    frame = [0, counts_for(40000), 0, 0, 0, 0, 0, 0, 0]

    def samples(n, counts, sense=0):
        for _ in range(n):
            frame[0], frame[1], frame[2], frame[3] = frame[0] + 100, counts, frame[2] + 1, sense
            board.observe(frame)

    samples(DIE["healthy"] + 3, counts_for(40000))
    assert board.healthy == DIE["healthy"]
    board.same = 2**14 - 2
    samples(1, counts_for(40000))
    assert board.same == 2**14 - 1
    samples(3, counts_for(40000))
    assert board.same == 2**14
    samples(7, 0, sense=1)
    assert board.bad == 7
    samples(9, 0, sense=1)
    assert board.bad == 8
    samples(7, counts_for(90000))
    assert (board.bad, board.over) == (0, 7)
    samples(9, counts_for(90000))
    assert board.over == 8
    ages = set()
    for _ in range(9):
        frame[0] += 100
        board.observe(frame)
        ages.add(board.age)
    assert max(ages) == 300, "a stale sample grows no older"


@pytest.mark.parametrize("base", [DIE, REGULATOR], ids=["screw", "regulator"])
def test_at_boot_it_has_seen_nothing_moves_nothing_and_permits_nothing(base):
    """Every attribute: no sample (an age that is stale for any configuration, a number that no sample has), no time."""
    board = vars(SafetyFilter(record(base), 0)).copy()
    screw = base["kind"] == 1
    assert board.pop("config") == record(base)
    assert board.pop("age") == 2**20
    assert board.pop("sample") == -1
    assert board.pop("position") == (base["travel_max"] if screw else 0)
    assert board.pop("standing") == (UNCONFIRMED if screw else 0)
    assert board.pop("charge_wait") == board.pop("discharge_wait") == 1 + base["permit_off"]
    assert set(board.values()) == {0}, "everything else is nothing"


@pytest.mark.parametrize("base", [DIE, REGULATOR], ids=["screw", "regulator"])
def test_S9_every_attribute_is_there_from_the_start(base):
    """An attribute made in a tick would allocate."""
    board = SafetyFilter(record(base), 0)
    first = set(vars(board))
    board.observe([100, 1, 1, 0, 0, 0, 0, 0, 0])
    board.actuate(1)
    assert set(vars(board)) == first


def test_S3_a_reset_ends_a_retreat_for_good():
    """After it, a trip of another cause holds, though the pressure is where a retreat would go on."""
    both = Both(DIE, 0)
    n = 0

    def tick(pressure, switches=0, say="", *values):
        nonlocal n
        n += 1
        both.do("observe", [100 * n, counts_for(pressure) + n % 2, n, 0, 0, switches, 0, 0, 0])
        if say:
            both.do(say, *values)
        both.do("actuate", 0)
        return both.real.move

    for _ in range(9):
        tick(40000)
    tick(40000, 0, "confirm", 1000)
    tick(40000, 0, "arm")
    tick(81000)
    assert tick(81000) < 0
    assert tick(66000, 0, "reset") == 0
    for _ in range(9):
        tick(66000)
    tick(66000, 0, "arm")
    assert both.real.state == 1
    assert tick(66000, 8) == 0
    assert both.real.state == 2
    assert tick(66000) == 0


@pytest.mark.parametrize("bit", [1 << i for i in range(22)])
def test_S3_idle_what_trips_holds_but_the_way_back_over_the_limit_and_what_warns_is_open(bit):
    """Also by a condition that the filter does not find itself: the response check's, or that no contact shows."""
    board = SafetyFilter(record(), 0)
    for n in range(1, 9):
        board.observe([100 * n, counts_for(40000) + n % 2, n, 0, 0, 0, 0, 0, 0])
    board.active |= bit
    holds = bit & (TRIPS & ~(OVER | FORCE))
    assert board.actuate(-1) == (0 if holds else -1)


@pytest.mark.parametrize("vents", [0, 1])
@pytest.mark.parametrize("base", [DIE, REGULATOR], ids=["screw", "regulator"])
@pytest.mark.parametrize("pressure", [40000, 81000])
@pytest.mark.parametrize(("switches", "causes"), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (8, 0), (0, RESPONSE)])
def test_S1_a_regulators_code_falls_whatever_its_switches_read_and_whatever_is_latched(
    base, vents, pressure, switches, causes
):
    """Over the limit, and to 0 on an emergency stop that vents.

    A screw does not pass its retract switch, and holds by what may have cost it its position.
    """
    base = base | {"stop_vents": vents}
    both = Both(base, 0)
    n = 0

    def tick(pressure, ask=0, switches=0, say="", *values):
        nonlocal n
        n += 1
        both.do("observe", [100 * n, counts_for(pressure, base) + n % 2, n, 0, 0, switches, 0, 0, 0])
        if say:
            both.do(say, *values)
        both.do("actuate", ask)
        return both.real.move

    for _ in range(9):
        tick(40000)
    tick(40000, 0, 0, "confirm", 0)
    tick(40000, 0, 0, "arm")
    for _ in range(9):
        assert tick(40000, 9) > 0
    place = both.real.position
    assert place > base["retreat"]
    if causes:
        both.do("trip", causes)
    for _ in range(30):
        tick(pressure, 0, switches)
    screw = base["kind"] == 1
    over = base["retreat"] if pressure >= base["hard"] else 0
    if screw and (causes or switches in (1, 3, 4)):
        over = 0
    assert place - both.real.position == (place if vents and switches == 4 and not screw else over)
