"""What is proven is the controller: its terms give, for any numbers, what Python computes, to the bit."""

import random
import types

import pytest
import z3
from filter_alone import BOUNDS, TICK
from frame_sequences import SEQUENCES, frames
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from restated_limits import DIE, POUCH, REGULATOR, WATCHED, record
from symbolic import Machine, Sources, UntranslatableError, havoc
from terms import Cut, Exact, Num, term, unknown
from whole_controller import MODULES

from controller.controller import Controller
from controller.safety import SafetyFilter

WORD = (1 << 64) - 1
FEW = settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


class Terms:
    """One tick of an object as terms over unknowns; ``of`` puts numbers in their place."""

    def __init__(self, build, texts=None):
        self.machine = m = Machine(Sources(MODULES, texts), Exact)
        m.sources.add("step", TICK)
        self.unknowns = []
        self.config = m.list([self.fresh(f"record {i}", *limits) for i, limits in enumerate(BOUNDS)])
        self.ref, run = build(self)
        self.before = list(havoc(m, self.ref, {}))
        self.unknowns += [Num(z3.BitVec(path, 64), 0, 0) for path in self.before]
        results = run()
        self.after = m.world.numbers(self.ref)
        outcomes = [*results, *self.after.values(), *m.world.things[self.config]]
        self.whole = z3.Function("all", *[z3.BitVecSort(64)] * (len(outcomes) + 1))(*map(term, outcomes))

    def fresh(self, name, low=-(2**30), high=2**30 - 1):
        self.unknowns.append(unknown(name, low, high))
        return self.unknowns[-1]

    def of(self, numbers):
        """The results for these numbers, in the order of the unknowns."""
        pairs = [(u.term, z3.BitVecVal(x, 64)) for u, x in zip(self.unknowns, numbers, strict=True)]
        found = z3.simplify(z3.substitute(self.whole, *pairs))
        return [x.as_signed_long() for x in found.children()]


def numbers_of(thing, prefix=""):
    """An object's numbers by path, as the terms name them."""
    found = {}
    for name, value in vars(thing).items():
        if isinstance(value, int):
            found[prefix + name] = value
        elif hasattr(value, "__dict__"):
            found |= numbers_of(value, f"{prefix}{name}.")
    return found


def controller_terms(terms):
    m = terms.machine
    board = m.make("Controller", terms.config, 0)
    for ref, thing in m.world.things.items():
        if isinstance(thing, dict) and "config" in thing:
            m.world.things[ref] = thing | {"config": terms.config}
    sensor = m.list([terms.fresh(f"frame {i}") for i in range(9)])
    command = m.list([0] * 9)

    def run():
        m.invoke(board, "tick", sensor, command)
        return m.world.things[command]

    return board, run


def filter_terms(terms):
    m = terms.machine
    f = m.make("SafetyFilter", terms.config, 0)
    sensor = m.list([terms.fresh(f"frame {i}") for i in range(9)])
    asked = [terms.fresh(name) for name in ("message", "place", "ask")]
    said = m.list([0])
    return f, lambda: [m.function("step", f, sensor, *asked, said), m.world.things[said][0]]


@pytest.fixture(scope="module")
def whole():
    return Terms(controller_terms)


@pytest.fixture(scope="module")
def alone():
    return Terms(filter_terms)


BASES = st.sampled_from([DIE, POUCH, REGULATOR, WATCHED])


INTEGERS = st.one_of(st.integers(-(2**30), 2**30 - 1), st.integers(-9, 9), st.sampled_from([2**23 - 1, 70000, 80000]))
VALUES = st.one_of(st.sampled_from([0, 1, -1, 60001, 71000, 40000, 19999, 20000]), INTEGERS)
SAID = st.tuples(st.integers(-1, 10), st.integers(-1, 50), VALUES)


@settings(FEW, max_examples=25)
@given(
    sequence=SEQUENCES, base=BASES, said=st.dictionaries(st.integers(0, 60), st.one_of(st.none(), SAID), max_size=5)
)  # fmt: skip
def test_the_controller_in_terms_is_the_controller_in_python(whole, sequence, base, said):
    board = Controller(record(base))
    for n, frame in enumerate(frames(sequence, base)):
        command = [0] * 9
        before = [numbers_of(board)[path] for path in whole.before]
        config = list(board.config)
        if said.get(n):
            frame[6:9] = said[n]
        board.tick(frame, command)
        if n in said:
            state = numbers_of(board)
            expected = [*command, *(state[path] for path in whole.after), *board.config]
            assert whole.of([*config, *frame, *before]) == expected


def from_any_state(seed, base):
    """A filter whose numbers are any, small ones often, and a frame."""
    draw = random.Random(seed)
    f = SafetyFilter(record(base), 0)
    for path in numbers_of(f):
        setattr(f, path, draw.choice([0, 1, 2, draw.randrange(9), draw.randrange(-(2**20), 2**20)]))
    f.state = draw.randrange(3)
    frame = [draw.choice([0, 1, 2, 4, 100, draw.randrange(-(2**30), 2**30)]) for _ in range(9)]
    return f, frame, [draw.choice([0, 1, 2, 3, 7]), draw.randrange(-300, 20300), draw.randrange(-(2**30), 2**30)]


@settings(FEW, max_examples=150)
@given(seed=st.integers(0, 2**32), base=BASES)
def test_the_filter_in_terms_is_the_filter_in_python_from_any_state(alone, seed, base):
    f, frame, (message, place, ask) = from_any_state(seed, base)
    before = [numbers_of(f)[path] for path in alone.before]
    said = [0]
    move = step_in_python()(f, frame, message, place, ask, said)
    expected = [move, said[0], *(numbers_of(f)[path] for path in alone.after), *f.config]
    assert alone.of([*record(base), *frame, message, place, ask, *before]) == expected


def step_in_python():
    names = {}
    exec(TICK, names)
    return names["step"]


@settings(FEW, max_examples=300)
@given(a=INTEGERS, b=INTEGERS, op=st.sampled_from(["+", "-", "*", "//", "%", "&", "|", "^", ">>"]))
def test_every_operator_is_that_of_python(a, b, op):
    if op in ("//", "%"):
        b = abs(b) + 1
    if op == ">>":
        b = abs(b) % 31
    arithmetic = Exact(lambda what, ok: None)
    wide = (1 << 62) - 1
    arithmetic.within = lambda op, x: x  # products may leave 31 bits: here only their value counts
    x, y = Num(z3.BitVec("a", 64), -(2**30), 2**30), Num(z3.BitVec("b", 64), -(2**30), 2**30)
    result = arithmetic.binary(op, x, y)
    value = z3.simplify(z3.substitute(result.term, (x.term, z3.BitVecVal(a, 64)), (y.term, z3.BitVecVal(b, 64))))
    expected = eval(f"a {op} b", {"a": a, "b": b})
    assert -wide < expected < wide
    assert value.as_signed_long() == expected


REFUSED = {
    "a while": "while self.a:\n            self.a = 0",
    "a float": "self.a = 1.5",
    "a power": "self.a = self.a ** 2",
    "a true division": "self.a = self.a / 2",
    "a loop over a list": "for i in config:\n            self.a = i",
    "a loop of unknown length": "for i in range(self.a):\n            self.a = i",
    "an unknown name": "self.a = nothing_known",
    "an unknown function": "self.a = abs(self.a)",
    "a list": "self.a = [1]",
    "two targets": "self.a = b = 1",
    "a try": "try:\n            self.a = 1\n        finally:\n            self.a = 2",
    "a keyword": "self.take(x=1)",
    "an assert": "assert self.a",
    "a membership": "self.a = self.a in config",
    "a break": "for i in range(3):\n            break",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_understood_is_refused_by_line(body, tmp_path, monkeypatch):
    text = f"class Thing:\n    def run(self, config):\n        {body}\n\n    def take(self, x):\n        pass\n"
    path = tmp_path / "thing_for_terms.py"
    path.write_text(text)
    module = types.ModuleType("thing_for_terms")
    module.__file__ = str(path)
    monkeypatch.setitem(__import__("sys").modules, "thing_for_terms", module)
    m = Machine(Sources(["thing_for_terms"]), Cut)
    thing = m.world.new("Thing", {"a": unknown("a")})
    with pytest.raises(UntranslatableError, match=r"thing_for_terms\.py:3"):
        m.invoke(thing, "run", m.list([unknown("c")]))
