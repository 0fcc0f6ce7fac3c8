"""The control law to the last bit, against its words restated in exact fractions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_law import RestatedLaw
from restated_limits import DIE, REGULATOR, record

from controller.law import Law


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
    law, words = Law(record(base)), RestatedLaw(base)
    for name, *values in calls:
        if name == "moved" and values[0] == 0:
            continue
        assert getattr(law, name)(*values) == getattr(words, name)(*values), name
        assert (law.want, law.unseen, law.charge, law.slack, law.way) == (
            words.want, words.unseen, words.charge, words.slack, words.way,
        ), name  # fmt: skip


@pytest.mark.parametrize("unseen", [-3, -2, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("surprise", [-4, -3, -2, -1, 0, 1, 2, 3, 4])
def test_a_surprise_smaller_than_what_is_not_yet_felt_is_none(unseen, surprise):
    base = DIE | {"ki": 256, "kp": 256, "lag": 10000, "sample": 1}
    law, words = Law(record(base)), RestatedLaw(base)
    for which in (law, words):
        which.unseen, which.want = unseen, -surprise
    assert law.correct(0) == words.correct(0)
    assert (law.want, law.unseen) == (words.want, words.unseen)


@pytest.mark.parametrize("act", [128, 129, 191, 192, 193, 383, 384, 385, 511, 512, 639, 640, 641])
@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("was", [1, -1])
def test_deadband_and_rounding_at_their_edges(act, way, was):
    law, words = Law(record(DIE)), RestatedLaw(DIE)
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
