"""A micro:bit's program is made small at build time; each step leaves what the program does alone."""

import random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.host.fold import constants_of, fold
from firmware.host.shrink import join, pieces, rename, without_unused

CONSTANTS = {"SPEED": 7, "DEPTH": -3, "WIDE": 2**29}


def module(name, **values):
    made = ModuleType(name)
    vars(made).update(values)
    return made


def ran(source, **given):
    """Namespace of a source that has been run."""
    namespace = dict(given)
    exec(source, namespace)
    return namespace


# --- fold ----------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-99, 99).map(str) | st.sampled_from([*CONSTANTS, "c[SPEED]", "c[DEPTH]", "x"])
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "&", "|", "^", "<", "==", "and", "or"]), inner
        )
        | st.builds("(-{})".format, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
    ),
    max_leaves=12,
)


@given(expression=EXPRESSIONS, x=st.integers(-99, 99))
def test_a_folded_function_does_what_it_did(expression, x):
    body = f"def f(c, x):\n    return {expression}\n"
    folded = fold(f"from somewhere import DEPTH, SPEED, WIDE\n{body}", CONSTANTS)
    assert "import" not in folded
    assert not any(name in folded for name in CONSTANTS)
    c = list(range(100, 120))
    assert ran(folded)["f"](c, x) == ran(body, **CONSTANTS)["f"](c, x)


def test_a_name_that_a_module_sets_otherwise_is_refused():
    """Pins: the record's format of the store became the index of a field that has the same name."""
    assert fold("SPEED = 7\nx = SPEED\n", CONSTANTS) == "x = 7\n"
    with pytest.raises(ValueError, match="SPEED is 8 here and 7 elsewhere"):
        fold("SPEED = 8\nx = SPEED\n", CONSTANTS)


def test_only_what_is_known_is_dropped_from_an_import():
    folded = fold("from a import SPEED, go\nfrom b import DEPTH\nfrom c import stop\n", CONSTANTS)
    assert folded == "from a import go\nfrom c import stop\n"


def test_a_constant_is_known_by_the_name_it_has_here():
    assert fold("from a import SPEED as v\nx = v + SPEED\n", CONSTANTS) == "x = 7 + SPEED\n"


def test_a_name_that_was_not_imported_stays():
    assert fold("x = SPEED\n", CONSTANTS) == "x = SPEED\n"


def test_a_setting_of_the_same_name_goes_too():
    assert fold("SPEED = 7\nOTHER = 8\nx = SPEED, OTHER\n", CONSTANTS) == "OTHER = 8\nx = (7, OTHER)\n"


@pytest.mark.parametrize(
    "again",
    ["SPEED = other()", "def f(SPEED):\n    pass", "def SPEED():\n    pass", "class SPEED:\n    pass", "SPEED += 1",
     "for SPEED in ():\n    pass"],
)  # fmt: skip
def test_a_name_bound_twice_is_no_constant(again):
    with pytest.raises(ValueError, match=r"line 2: SPEED is bound a second time"):
        fold(f"from a import SPEED\n{again}\n", CONSTANTS)


def test_constants_are_the_integers_of_modules():
    one = module("one", A=1, FLAG=True, TEXT="2", _HIDDEN=3, part=ModuleType("x"))
    assert constants_of(one, module("two", A=1, B=-2)) == {"A": 1, "B": -2}


def test_one_name_has_one_value():
    with pytest.raises(ValueError, match="two: A is 2 here and 1 elsewhere"):
        constants_of(module("one", A=1), module("two", A=2))


# --- one program of several modules ---------------------------------------------------------------------------------

COUNTER = """
class Counter:
    def __init__(self, start):
        self.count = start
    def up(self, by):
        for i in range(by):
            self.count += 1
        return self.count
    def never(self):
        return self.hidden()
    def hidden(self):
        return 1
"""
USER = """
import math
from controller.counter import Counter
def run(steps):
    counter = Counter(math.floor(2.5))
    return [counter.up(by) for by in steps]
"""
WORDS = ("alpha", "beta", "gamma", "range", "delta", "epsilon", "zeta", "eta", "theta", "iota")


def test_modules_become_one():
    assert ran(join([COUNTER, USER]))["run"]([1, 2]) == [3, 5]


@pytest.mark.parametrize(
    ("second", "reason"),
    [("from controller.counter import Counter as C", "imported as C"), ("def Counter():\n    pass", "in two modules")],
)
def test_modules_that_would_mix_are_refused(second, reason):
    with pytest.raises(ValueError, match=reason):
        join([COUNTER, second])


def test_methods_nobody_speaks_of_go_and_those_only_they_speak_of():
    small = without_unused(join([COUNTER, USER]))
    assert "never" not in small
    assert "hidden" not in small
    assert ran(small)["run"]([1, 2]) == [3, 5]


def test_renamed_it_does_what_it_did():
    renamed, names = rename(join([COUNTER, USER]), WORDS)
    assert set(names.attributes) == {"count", "up", "never", "hidden"}
    assert "range" not in names.variables.values()
    assert {"math", "floor", "range"}.isdisjoint({*names.attributes, *names.variables})
    assert ran(renamed)[names.variables["run"]]([1, 2]) == [3, 5]
    assert "count" not in renamed


def test_a_base_class_is_renamed_with_its_name():
    source = "class Base:\n    def go(self):\n        return 4\nclass Child(Base):\n    pass\n"
    renamed, names = rename(source, WORDS)
    child = ran(renamed)[names.variables["Child"]]()
    assert getattr(child, names.attributes["go"])() == 4


def test_too_few_words_are_told():
    with pytest.raises(ValueError, match="4 names, but only 2 words"):
        rename(COUNTER, WORDS[:2])


def test_an_attribute_that_is_theirs_too_is_not_renamed_blindly():
    with pytest.raises(ValueError, match="floor"):
        rename("import math\nclass A:\n    def floor(self):\n        return math.floor(1.5)\n", WORDS)


def test_pieces_run_one_after_the_other_are_the_program():
    namespace = {}
    found = pieces(join([COUNTER, USER]))
    for piece in found:
        exec(piece, namespace)
    assert namespace["run"]([1, 2]) == [3, 5]
    methods = [len(piece) for piece in found if piece.startswith("def ")]
    assert methods == sorted(methods, reverse=True)


def test_a_class_with_more_than_methods_cannot_be_taken_apart():
    with pytest.raises(ValueError, match="only methods"):
        pieces("class A:\n    x = 1\n")


def test_the_words_are_drawn_the_most_used_first():
    source = "def f(often, seldom):\n    return often + often + often + seldom\n"
    draw = random.Random(0)
    words = draw.sample(WORDS, len(WORDS))
    _, names = rename(source, [word for word in words if word != "range"])
    assert names.variables["often"] == next(word for word in words if word != "range")
