"""What proofs take for granted of single operations and small functions, each proven by itself.

A lemma on a function is its facts, its duties, its goal, and the uses of operators that it rests on in turn.
"""

import z3
from filter_alone import BOUNDS, MODULES, record_of, unknown_record
from symbolic import Machine, Sources
from terms import (
    WIDTH,
    Cut,
    bounded_product,
    bounds,
    fraction,
    product_at_most,
    quotient_at_most,
    quotient_shrinks,
    simple_product,
    term,
    unknown,
)

OVER_INTEGERS = ("*", "//", "%")


def of_all_integers():
    """Name and formula, valid for all integers, of every assumption in `terms.Cut`."""
    a, b, c, k = z3.Ints("a b c k")
    yield "a quotient lies between 0 and its dividend", quotient_shrinks(a, b, a / b)
    yield "x <= k y gives x // y <= k", quotient_at_most(a, b, a / b, k)
    yield "|a| <= k // b gives |a b| <= k", bounded_product(a, b, a * b, k, k / b)
    yield "a b // c <= a where b <= c", fraction(a, b, a * b, c, a * b / c)
    yield "a remainder lies under its divisor", z3.Implies(b >= 1, z3.And(a % b >= 0, a % b < b))
    yield "0 <= b <= k gives a b between 0 and k a", product_at_most(a, b, a * b, k)
    yield "a product by 0, 1, -1, or of what is not negative", simple_product(a, b, a * b)
    n, d = z3.Ints("n d")
    yield "d n = 4096 (d // 4096) n + (d mod 4096) n", d * n == 4096 * ((d / 4096) * n) + (d % 4096) * n


def of_interval(op, a, b, result, name=""):
    """One use of an operation: operands in these intervals give a result in that one."""
    if op in OVER_INTEGERS:
        x, y = z3.Ints(f"x{name} y{name}")
        value = {"*": x * y, "//": x / y, "%": x % y}[op]
    else:
        x, y = (z3.BitVec(f"{v}{name}", WIDTH) for v in "xy")
        value = Cut(None).term(op, *(unknown_like(v) for v in (x, y)), 0, 0)
    given = z3.And(x >= a[0], x <= a[1], y >= b[0], y <= b[1])
    return z3.Implies(given, z3.And(value >= result[0], value <= result[1]))


def unknown_like(x):
    return unknown(str(x))


def scale_is_exact():
    """`scale` is (counts - reference) * scale_num >> scale_shift within +-2**20, in 31 bits."""
    m = Machine(Sources(MODULES), Cut)
    config, facts = unknown_record(m)
    m.duties = []
    counts = unknown("counts", -(1 << 23), (1 << 23) - 1)
    result = term(m.function("scale", config, counts))
    c = record_of(m, config)
    d, n = counts.term - c["reference"], c["scale_num"]
    product = Cut.FUNCTIONS["*"]
    whole = product(d, n)
    facts = [z3.And(counts.term >= counts.low, counts.term <= counts.high), *facts, *m.arithmetic.assumed]
    facts.append(whole == (product(d >> 12, n) << 12) + product(d & 4095, n))  # of_all_integers, the last
    exact = whole >> c["scale_shift"]
    top = z3.BitVecVal(1 << 20, WIDTH)
    return facts, m.duties, result == z3.If(exact > top, top, z3.If(exact < -top, -top, exact)), m.arithmetic.local


def rules_bound_the_blind_time():
    """S2: a record that passes cannot cross from soft to hard limit while it is blind."""
    m = Machine(Sources(MODULES), Cut)
    m.summaries["scale"] = scale_of_top
    config, facts = unknown_record(m)
    c = record_of(m, config)
    blind = term_sum(c["stale"], Cut.FUNCTIONS["*"](c["debounce"], c["sample"]), c["dead_time"], c["lag"])
    counts = Cut.FUNCTIONS["*"](c["speed"], Cut.FUNCTIONS["//"](blind, c["tick"]) + 2)
    crossed = m.arithmetic.hard("*", counts, c["stiffness"], -(1 << 60), 1 << 60)
    apart = (c["hard"] - c["soft"]) * 256
    return [*facts, *m.arithmetic.assumed], m.duties, crossed < apart, m.arithmetic.local


def clamp_clamps():
    """what `clamp` returns is within its bound."""
    m = Machine(Sources(("controller.clamp",)), Cut)
    x, bound = unknown("x"), unknown("bound", 0)
    result = term(m.function("clamp", x, bound))
    return [bounds(x), bounds(bound)], m.duties, z3.And(result <= bound.term, result >= -bound.term), m.arithmetic.local


def confined_is_confined():
    """what `confined` returns is no more than its high, no less than the lesser."""
    m = Machine(Sources(("controller.policy",)), Cut)
    x, low, high = unknown("x"), unknown("low"), unknown("high")
    result = term(m.function("confined", x, low, high))
    least = z3.If(low.term < high.term, low.term, high.term)
    inside = z3.And(result >= least, result <= high.term)
    return [bounds(x), bounds(low), bounds(high)], m.duties, inside, m.arithmetic.local


def checksum_keeps_16_bits():
    """after each field `checksum` has 16 bits again, whatever the field; all of it in 31."""
    m = Machine(Sources(MODULES), Cut)
    fields = [unknown(f"field {i}") for i in range(len(BOUNDS))]
    result = term(m.function("checksum", m.list(fields)))
    return (
        [*map(bounds, fields), *m.arithmetic.assumed],
        m.duties,
        z3.And(result >= 0, result <= 65535),
        m.arithmetic.local,
    )


def term_sum(first, *others):
    for x in others:
        first = first + x
    return first


def scale_of_top(machine, config, counts):
    """Some pressure: no more is needed here."""
    return unknown("pressure of the highest count", -(1 << 20), 1 << 20)


OF_FUNCTIONS = {
    "scale is exact, within +-2**20": scale_is_exact,
    "clamp clamps": clamp_clamps,
    "confined confines": confined_is_confined,
    "checksum has 16 bits": checksum_keeps_16_bits,
    "S2 a record that passes cannot cross from soft to hard limit while blind": rules_bound_the_blind_time,
}
