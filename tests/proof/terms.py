"""Integers as solver terms: 64 bits wide, with an interval; every operation states what it needs and what it yields.

Two readings of ``*``, ``//`` and ``%`` between unknowns: `Exact` computes them, bit for bit as Python does (for tests
of the translation); `Cut` names the result and asserts what `lemmas` proves of such an operation for all integers, no
more (for proofs: a solver cannot multiply unknowns in reasonable time). All else is the same in both.
"""

from dataclasses import dataclass
from typing import ClassVar

import z3

WIDTH = 64
LEAST, MOST = -(1 << 30), (1 << 30) - 1  # a small integer of MicroPython on a 32-bit board


@dataclass(frozen=True)
class Num:
    """An unknown integer: its term, and an interval that holds on every path."""

    term: z3.BitVecRef
    low: int
    high: int


def term(x):
    """The term of a number, known or unknown."""
    return x.term if isinstance(x, Num) else z3.BitVecVal(x, WIDTH)


def interval(x):
    return (x.low, x.high) if isinstance(x, Num) else (x, x)


def unknown(name, low=LEAST, high=MOST):
    """A fresh unknown; the caller asserts its bounds (`bounds`)."""
    return Num(z3.BitVec(name, WIDTH), low, high)


def bounds(x):
    return z3.And(x.term >= x.low, x.term <= x.high)


def choose(test, yes, no):
    """``yes if test else no`` for numbers, and for conditions."""
    if isinstance(test, bool):
        return yes if test else no
    if isinstance(yes, int) and isinstance(no, int) and not isinstance(yes, bool) and yes == no:
        return yes
    if isinstance(yes, bool | z3.BoolRef):
        return z3.simplify(z3.If(test, _truth(yes), _truth(no)))
    (a, b), (c, d) = interval(yes), interval(no)
    if isinstance(yes, Num) and isinstance(no, Num) and yes.term.eq(no.term):
        return Num(yes.term, min(a, c), max(b, d))
    return Num(z3.If(test, term(yes), term(no)), min(a, c), max(b, d))


def _truth(x):
    return z3.BoolVal(x) if isinstance(x, bool) else x


def bits_over(*values):
    """The least interval of a bit operation's result that needs no look at single bits."""
    size = max(v.bit_length() if v >= 0 else (~v).bit_length() for v in values)
    return (0 if min(values) >= 0 else -(1 << size)), (1 << size) - 1


class Arithmetic:
    """Operations on numbers; what an operation needs is reported to ``need(what, condition)``."""

    def __init__(self, need):
        self.need = need
        self.local = set()  # (operation, interval, interval, interval of the result): each to be proven
        self.assumed = []  # of results that are only named

    def binary(self, op, a, b):
        if not isinstance(a, Num) and not isinstance(b, Num):
            return self.within(op, self.plain(op, a, b))
        (la, ha), (lb, hb) = interval(a), interval(b)
        if op in ("//", "%"):
            self.need(f"{op} by nothing under 1", b > 0 if isinstance(b, int) else term(b) > 0)
            lb = max(lb, 1)
        if op in ("<<", ">>") and not 0 <= lb <= hb <= 30:
            self.need(f"{op} by 0 to 30", z3.And(term(b) >= 0, term(b) <= 30))
            lb, hb = max(lb, 0), min(hb, 30)
        low, high = reach(op, la, ha, lb, hb)
        self.local.add((op, (la, ha), (lb, hb), (low, high)))
        result = Num(self.term(op, a, b, low, high), low, high)
        return self.within(op, result)

    def plain(self, op, a, b):
        if op in ("//", "%"):
            self.need(f"{op} by nothing under 1", b > 0)
        return PLAIN[op](a, b)

    def within(self, op, x):
        """S8: the result has 31 bits; from here on it is taken to have them."""
        low, high = interval(x)
        if low < LEAST or high > MOST:
            t = term(x)
            self.need(f"{op} stays within 31 bits", z3.And(t >= LEAST, t <= MOST))
            return Num(t, max(low, LEAST), min(high, MOST)) if isinstance(x, Num) else x
        return x

    def negative(self, a):
        return self.binary("-", 0, a)

    def inverted(self, a):
        if not isinstance(a, Num):
            return ~a
        return Num(~a.term, ~a.high, ~a.low)

    def term(self, op, a, b, low, high):
        x, y = term(a), term(b)
        match op:
            case "+":
                return x + y
            case "-":
                return x - y
            case "&":
                return x & y
            case "|":
                return x | y
            case "^":
                return x ^ y
            case "<<":
                return x << y
            case ">>":
                return x >> y
            case "*" if not isinstance(a, Num) or not isinstance(b, Num):
                return x * y
        return self.hard(op, x, y, low, high)


class Exact(Arithmetic):
    """As Python computes."""

    def hard(self, op, x, y, low, high):
        if op == "*":
            return x * y
        quotient = x / y  # towards zero
        rest = z3.SRem(x, y)
        down = z3.And(rest != 0, (rest < 0) != (y < 0))
        return z3.If(down, quotient - 1, quotient) if op == "//" else z3.If(down, rest + y, rest)


class Cut(Arithmetic):
    """Products and quotients of unknowns are named; what is known of them is in ``assumed``."""

    FUNCTIONS: ClassVar = {
        op: z3.Function(name, z3.BitVecSort(WIDTH), z3.BitVecSort(WIDTH), z3.BitVecSort(WIDTH))
        for op, name in (("*", "product"), ("//", "quotient"), ("%", "remainder"))
    }

    def __init__(self, need):
        super().__init__(need)
        self.products, self.quotients = [], []

    def hard(self, op, x, y, low, high):
        r = self.FUNCTIONS[op](x, y)
        self.assumed.append(z3.And(r >= low, r <= high))
        if op == "*":
            self.products.append((x, y, r))
            self.assumed += [simple_product(x, y, r), simple_product(y, x, r)]
            self.assumed += [product_at_most(x, y, r, 256), product_at_most(y, x, r, 256)]
            self.assumed += [bounded_product(x, b, r, k, q) for k, b, q in self.quotients if b.eq(y)]
            self.assumed += [bounded_product(y, b, r, k, q) for k, b, q in self.quotients if b.eq(x)]
        if op == "//":
            self.quotients.append((x, y, r))
            self.assumed += [quotient_shrinks(x, y, r), quotient_at_most(x, y, r, 256)]
            self.assumed += [bounded_product(a, b, p, x, r) for a, b, p in self.products if b.eq(y)]
            self.assumed += [fraction(a, b, x, y, r) for a, b, p in self.products if p.eq(x)]
        if op == "%":
            self.assumed += [z3.Implies(y > 0, z3.And(r >= 0, r < y))]
        return r


# What is assumed of named results, for bit vectors here and for all integers in lemmas.py.


def quotient_shrinks(x, y, q):
    """Between 0 and the dividend; 0 from a dividend under the divisor."""
    up = z3.And(q >= 0, q <= x, z3.Implies(x < y, q == 0))
    return z3.Implies(y >= 1, z3.If(x >= 0, up, z3.And(q >= x, q < 0)))


def simple_product(a, b, product):
    """By 0, by 1, by -1; and no less than a factor where neither is negative."""
    small = z3.And(
        z3.Implies(b == 0, product == 0), z3.Implies(b == 1, product == a), z3.Implies(b == -1, product == -a)
    )
    return z3.And(small, z3.Implies(z3.And(a >= 0, b >= 1), product >= a))


def product_at_most(a, b, product, k):
    """By 0 to k: between 0 and k times as much."""
    between = z3.If(a >= 0, z3.And(product >= 0, product <= k * a), z3.And(product <= 0, product >= k * a))
    return z3.Implies(z3.And(b >= 0, b <= k), between)


def quotient_at_most(x, y, q, k):
    """x <= k * y: then x // y <= k."""
    return z3.Implies(z3.And(y >= 1, x <= k * y), q <= k)


def bounded_product(a, b, product, k, quotient):
    """|a| <= k // b: then |a * b| <= k."""
    given = z3.And(b >= 1, k >= 0, a <= quotient, a >= -quotient)
    return z3.Implies(given, z3.And(product <= k, product >= -k))


def fraction(a, b, product, c, quotient):
    """a * b // c is no more than a where b is no more than c."""
    return z3.Implies(z3.And(a >= 0, b >= 0, b <= c, c >= 1), z3.And(quotient >= 0, quotient <= a))


PLAIN = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "//": lambda a, b: a // b,
    "%": lambda a, b: a % b, "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b, ">>": lambda a, b: a >> b,
}  # fmt: skip


def reach(op, la, ha, lb, hb):
    """An interval that holds every result; that it does is proven for each use (lemmas.py)."""
    if op == "&":
        if la >= 0 or lb >= 0:
            return 0, min(h for low, h in ((la, ha), (lb, hb)) if low >= 0)
        return bits_over(la, ha, lb, hb)
    if op in ("|", "^"):
        return bits_over(la, ha, lb, hb)
    if op == "%":
        return 0, hb - 1
    corners = [PLAIN[op](x, y) for x in (la, ha) for y in (lb, hb)]
    return min(corners), max(corners)
