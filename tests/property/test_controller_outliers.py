"""Single wrong conversions: they forbid at once what is unsafe, and decide nothing (S1, the debounced pressure)."""

import random
from functools import cache

import pytest
from bench import Hand, closed_loop
from evidence import amount
from hypothesis import event, given, settings
from hypothesis import strategies as st
from restated_limits import ARMED, COUNTS, DIE, MOVE, OUTPUTS, POSITION, POUCH, REGULATOR, STATE, counts_for
from restated_record import pressure as reading_of

LEAST, MOST = -(2**23) + 1, 2**23 - 2  # beyond them a conversion is saturated, not valid
RATE = 0.05
NOISY = {"debounce": 6, "stuck": 0}
CHECKED = {"response": 128, "response_hPa": 200, "response_play": 600}
PLANTS = {
    "die": (DIE | NOISY, 0, 5000),
    "pouch": (POUCH | NOISY, 0, 5000),
    "regulator": (REGULATOR | NOISY, 1.0, 0),
    "die, response check on": (DIE | NOISY | CHECKED, 0, 5000),
}


def replaced(kind, seed):
    """Replaces a twentieth of the conversions by wrong ones."""
    draw = random.Random(seed)

    def wrong(_, counts):
        if draw.random() >= RATE:
            return counts
        if kind == "any size":
            return draw.choice([-1, 1]) * draw.randrange(2 ** draw.randrange(24))
        if kind == "2^k - 1":
            return draw.choice([-1, 1]) * (2 ** draw.randrange(24) - 1)
        if kind == "one bit":
            return counts ^ 1 << draw.randrange(23)
        return counts + draw.choice([-1, 1]) * draw.randrange(2 ** draw.randrange(22))

    return wrong


@pytest.mark.parametrize("kind", ["any size", "2^k - 1", "one bit", "off by any amount"])
@pytest.mark.parametrize("plant", PLANTS)
def test_one_wrong_conversion_in_twenty_neither_trips_nor_moves_the_pressure_by_a_hundredth(plant, kind):
    base, lag, start = PLANTS[plant]
    for seed in range(amount(100)):
        settled, peak, _, hand = closed_loop(
            base, seconds=300, start=start, lag=lag, ramp=1, turn=40, wrong=replaced(kind, f"{kind} {seed}")
        )
        assert hand.command[STATE] == ARMED, seed
        assert max(map(abs, settled)) <= 500, seed
        assert peak <= 500, seed


def test_without_the_debounce_the_same_conversions_move_the_pressure():
    """The test above can fail: with a jump that lets every reading through it does."""
    settled, peak, _, hand = closed_loop(
        DIE | NOISY | {"jump": 1000000}, seconds=300, wrong=replaced("any size", "any size 0")
    )
    assert hand.command[STATE] != ARMED or max(peak, *map(abs, settled)) > 500


@cache
def held(name, start, seed, at=None, counts=0):
    """A hold on a spring, or on the way to it; one conversion replaced. Moves, outputs, states, positions."""
    base = {"die": DIE, "pouch": POUCH, "kp": DIE | {"kp": 64}}[name]
    hand, draw = Hand(base).armed(start, 40000), random.Random(seed)
    begun, rows = hand.command[POSITION], []
    for tick in range(120):
        seen = start + (hand.command[POSITION] - begun) * base["stiffness"] / 256 + draw.gauss(0, 3)
        right = counts_for(round(seen), base) + draw.randrange(2)
        command = hand.tick(counts=right if tick != at else counts)
        rows.append((command[MOVE], command[OUTPUTS], command[STATE], command[POSITION]))
    return rows


def changes(name, start, seed, at, counts):
    """What one replaced conversion changed: the greatest change of a later move, and of the position."""
    plain, other = held(name, start, seed), held(name, start, seed, at, counts)
    after = range(at + 1, len(plain))
    return max(abs(plain[i][0] - other[i][0]) for i in after), max(abs(plain[i][3] - other[i][3]) for i in after)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["die", "pouch", "kp"]),
    start=st.sampled_from([40000, 39000, 42000, 36000]),
    seed=st.integers(0, 3),
    at=st.integers(0, 110),
    counts=st.one_of(
        st.integers(LEAST, MOST),
        st.sampled_from([s * (2**k - 1) for k in range(23) for s in (1, -1)]),
        st.integers(-2000, 2000).map(lambda off: counts_for(40000 + off)),
    ),
)
def test_one_outlier_of_any_size_changes_no_more_than_one_within_the_jump(name, start, seed, at, counts):
    """Any size, any moment of the approach or the hold: nothing trips, no permit moves, and moves hardly change."""
    base = {"die": DIE, "pouch": POUCH, "kp": DIE | {"kp": 64}}[name]
    plain, other = held(name, start, seed), held(name, start, seed, at, counts)
    assert [row[2] for row in other] == [ARMED] * len(other), "one conversion tripped"
    if at > 8:
        assert [row[1] for row in other] == [row[1] for row in plain], "one conversion moved a permit"
    # What is believed by then, to a few hectopascals of noise: less than the 30 that are left to the jump.
    believed = start + round((plain[at - 1][3] - plain[0][3] + plain[0][0]) * base["stiffness"] / 256) if at else start
    far = abs(reading_of(base, counts) - believed) > base["jump"] + 30
    event(f"on the way: {start != 40000}, far: {far}")
    within = [way * (base["jump"] - 30) // part for way in (1, -1) for part in (1, 2, 4)]
    allowed = [changes(name, start, seed, at, counts_for(believed + off, base)) for off in within]
    # One that forbids compression (S1) delays the move of its own tick, which is made up for later.
    forbids = not -base["tare_limit"] <= reading_of(base, counts) < base["soft"]
    late = max(plain[at][0], 0) if forbids else 0
    move, position = changes(name, start, seed, at, counts)
    assert move <= max(a for a, _ in allowed) + 2 + late, "one conversion changed a later move"
    assert position <= max(b for _, b in allowed) + 2 + late, "one conversion moved the actuator"


@settings(max_examples=300, deadline=None)
@given(
    debounce=st.integers(1, 8),
    counts=st.one_of(st.integers(LEAST, MOST), st.integers(-700, 700).map(lambda off: counts_for(40000 + off))),
)
def test_as_many_equal_readings_as_the_debounce_are_believed_and_one_fewer_is_not(debounce, counts):
    base = DIE | {"debounce": debounce}
    hand = Hand(base).settled()
    believed = hand.board.core.filter.pressure
    reading = reading_of(base, counts)
    near = abs(reading - believed) <= base["jump"]
    event(f"near: {near}")
    for tick in range(1, debounce + 1):
        hand.tick(counts=counts)
        known = near or tick == debounce
        assert hand.board.core.filter.pressure == (reading if known else believed)
        assert hand.board.core.filter.fresh == known
        assert hand.sensor[COUNTS] == counts


@settings(max_examples=300, deadline=None)
@given(
    debounce=st.integers(2, 8),
    readings=st.lists(st.tuples(st.integers(0, 7), st.integers(-900000, 900000)), max_size=30),
)
def test_outliers_with_a_right_reading_between_them_are_never_believed(debounce, readings):
    """Up to one fewer than the debounce in a row, whatever they read."""
    hand = Hand(DIE | {"debounce": debounce, "stuck": 0}).armed(n=9)
    for many, far in readings:
        for _ in range(min(many, debounce - 1)):
            command = hand.tick(40000 + far + (600 if far >= 0 else -600))
            assert abs(hand.board.core.filter.pressure - 40000) <= DIE["jump"]
            if LEAST <= hand.sensor[COUNTS] <= MOST:
                assert command[OUTPUTS] & 3 == 3
        hand.tick(40000)
        assert hand.tick(40000)[STATE] == ARMED
        hand.tick(40000, n=8)


@pytest.mark.parametrize("pressure", [DIE["soft"], DIE["hard"], 250000, -DIE["tare_limit"] - 1])
def test_S1_one_reading_is_enough_to_forbid_compression(pressure):
    hand = Hand().armed(20000, 55000, n=9)
    assert hand.command[MOVE] > 0
    assert hand.tick(pressure)[MOVE] <= 0
    assert hand.command[STATE] == ARMED
