"""The control law to the last bit, against its words restated in exact fractions."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_limits import DIE, REGULATOR, record

from controller.law import Law

FULL = 2**19  # 2048 counts, in 1/256
GREATEST_ERROR_hPa = 16383
GREATEST_CHARGE_uAms = 2**28 - 1


def within(x, bound):
    return min(max(x, -bound), bound)


class Words:
    """What `controller/law.py` says it does. Travel in 1/256 of a count, pressure in hPa, charge in uA ms."""

    def __init__(self, base):
        self.b = base
        self.want = self.unseen = self.charge = self.slack = 0
        self.way = 1

    def travel(self, pressure):
        return floor(Fraction(pressure * 256, 1) / Fraction(self.b["stiffness"], 256))

    def feed(self, current, dt):
        if self.b["feed"]:
            most = floor(Fraction(GREATEST_CHARGE_uAms, dt))
            pot = self.charge + dt * within(current, most)
            whole, self.charge = divmod(pot, self.b["feed"])
            self.want = within(self.want + whole, FULL)

    def follow(self, change):
        self.want = within(self.want + self.travel(change), FULL)

    def correct(self, error):
        surprise = within(self.travel(within(error, GREATEST_ERROR_hPa)), FULL) - self.want
        same_way = surprise * self.unseen > 0
        if same_way:
            surprise = 0 if abs(surprise) <= abs(self.unseen) else surprise - self.unseen
        lag, sample = self.b["lag"], self.b["sample"]
        self.unseen = floor(Fraction(self.unseen * floor(Fraction(256 * lag, lag + sample)), 256))
        self.want += floor(Fraction(surprise * self.b["ki"], 256))
        return floor(Fraction(surprise * self.b["kp"], 256))

    def ask(self, extra):
        act = self.want + extra
        way = 1 if act > 0 else -1
        turns = way != self.way
        if abs(act) < self.b["deadband"] * (2 if turns else 1):
            return 0
        nearest = floor(Fraction(abs(act), 256) + Fraction(1, 2))
        return way * (nearest + (self.b["backlash"] // 2 if turns else self.slack))

    def moved(self, move):
        way = 1 if move > 0 else -1
        if way != self.way:
            self.way, self.slack = way, self.b["backlash"] // 2
        taken_up = min(self.slack, abs(move))
        self.slack -= taken_up
        felt = 256 * way * (abs(move) - taken_up)
        self.want = within(self.want - felt, FULL)
        self.unseen = within(self.unseen + felt, FULL)


def around(*edges):
    return st.one_of(st.sampled_from([e + d for e in edges for d in (-1, 0, 1)]), st.integers(min(edges), max(edges)))


BASES = st.fixed_dictionaries(
    {
        "stiffness": st.sampled_from([16, 100, 256, 257, 1434, 11264, 1048576]),
        "feed": st.sampled_from([0, 1, 2, 7, 1000, 1200000, 268435455]),
        "lag": st.sampled_from([0, 1, 50, 1000, 10000]),
        "sample": st.sampled_from([1, 12, 100, 1000]),
        "backlash": st.sampled_from([0, 1, 2, 3, 4, 50, 2000]),
        "ki": st.sampled_from([1, 2, 64, 255, 256]),
        "kp": st.sampled_from([0, 1, 3, 128, 256]),
        "deadband": st.sampled_from([128, 129, 192, 256, 384, 65536]),
    }
)
CALLS = st.one_of(
    st.tuples(
        st.just("feed"), around(-(2**30) + 2, -2684355, -1000, 0, 1000, 2684355, 2**30 - 2), around(2, 100, 1000)
    ),
    st.tuples(st.just("follow"), st.one_of(st.integers(-10000, 10000), st.integers(-9, 9))),
    st.tuples(st.just("correct"), st.one_of(around(-(2**20), -16384, 16384, 2**20), st.integers(-200, 200))),
    st.tuples(st.just("ask"), st.one_of(st.integers(-600, 600), around(-524288, 524288))),
    st.tuples(
        st.just("moved"), st.one_of(st.integers(1, 60), st.integers(-60, -1), around(1, 4096), around(-4096, -2))
    ),
)


@settings(max_examples=600, deadline=None)
@given(base=BASES, calls=st.lists(CALLS, min_size=1, max_size=20))
def test_the_law_does_what_its_words_say(base, calls):
    base = DIE | base
    law, words = Law(record(base)), Words(base)
    for name, *values in calls:
        if name == "moved" and values[0] == 0:
            continue
        assert getattr(law, name)(*values) == getattr(words, name)(*values), name
        assert (law.want, law.unseen, law.charge, law.slack, law.way) == (
            words.want, words.unseen, words.charge, words.slack, words.way,
        ), name  # fmt: skip


@pytest.mark.parametrize("act", [128, 129, 191, 192, 193, 383, 384, 385, 511, 512, 639, 640, 641])
@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("was", [1, -1])
def test_deadband_and_rounding_at_their_edges(act, way, was):
    law, words = Law(record(DIE)), Words(DIE)
    law.way = words.way = was
    law.slack = words.slack = 1
    law.want = words.want = way * act
    assert law.ask(0) == words.ask(0)


@pytest.mark.parametrize("base", [DIE, REGULATOR], ids=["die", "regulator"])
def test_arming_forgets_everything(base):
    law = Law(record(base))
    law.want, law.unseen, law.charge, law.slack, law.way = 5, 6, 7, 8, -1
    law.start()
    fresh = Law(record(base))
    assert vars(law) == vars(fresh)
    assert (fresh.want, fresh.unseen, fresh.charge, fresh.slack, fresh.way) == (0, 0, 0, 0, 1)
