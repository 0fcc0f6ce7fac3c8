"""Runs the controller's Python source on unknown integers: each statement becomes solver terms, paths are merged.

What is understood is what the controller is written in: whole numbers, lists of known length, classes that hold
them, loops of known length. Anything else is refused by line, so that nothing is skipped in silence. What could go
wrong on a board (a result beyond 31 bits, a divisor under 1, an index out of range) is kept as a duty, with the
condition under which it is reached; a proof discharges each.
"""

import ast
import copy
import functools
import importlib
import itertools
from dataclasses import dataclass
from pathlib import Path

import z3
from terms import WIDTH, Num, choose, interval, term, unknown

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|",
    ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
COMPARE = {
    ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b,
}  # fmt: skip


class UntranslatableError(Exception):
    """A construct that is not understood: file, line, construct."""


@dataclass(frozen=True)
class Ref:
    """An object or a list in the heap."""

    at: int


@dataclass(frozen=True)
class Duty:
    """What must hold where the program comes by: ``ok`` whenever ``reached``."""

    where: str
    what: str
    reached: z3.BoolRef
    ok: z3.BoolRef


class Sources:
    """Functions and classes of modules, by name; ``texts`` replaces the text of some (a mutant's)."""

    def __init__(self, modules, texts=None):
        self.functions, self.methods, self.home = {}, {}, {}
        for name in modules:
            module = importlib.import_module(name)
            path = Path(module.__file__)
            text = (texts or {}).get(name) or path.read_text()
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef):
                    self.functions[node.name] = (module, node)
                elif isinstance(node, ast.ClassDef):
                    if node.bases or node.decorator_list:
                        raise UntranslatableError(f"{path.name}:{node.lineno}: a class with bases or decorators")
                    self.methods[node.name] = (module, {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)})

    def add(self, name, text):
        """A function of a test's own, for what surrounds the controller's; its names are those of the controller."""
        module = importlib.import_module("controller.frames")
        self.functions[name] = (module, ast.parse(text).body[0])


class World:
    """The heap: objects as name-to-value, lists as Python lists; copied where paths part."""

    numbers_of_refs = itertools.count()

    def __init__(self):
        self.things = {}
        self.kinds = {}

    def new(self, kind, thing):
        ref = Ref(next(World.numbers_of_refs))
        self.things[ref], self.kinds[ref] = thing, kind
        return ref

    def fork(self):
        other = World()
        other.things = {ref: copy.copy(thing) for ref, thing in self.things.items()}
        other.kinds = dict(self.kinds)
        return other

    def merge(self, test, yes, no):
        """Becomes ``yes`` where ``test``, else ``no``; a thing made on one path only stays as it is there."""
        self.kinds = {**no.kinds, **yes.kinds}
        self.things = {**no.things, **yes.things}
        for ref in sorted(yes.things.keys() & no.things.keys(), key=lambda ref: ref.at):
            a, b = yes.things[ref], no.things[ref]
            if isinstance(a, dict):
                self.things[ref] = {name: self.one(test, a.get(name), b.get(name)) for name in {**b, **a}}
            else:
                self.things[ref] = [self.one(test, *pair) for pair in zip(a, b, strict=True)]

    def one(self, test, yes, no):
        """A value that is ``yes`` where ``test``, else ``no``; what one path does not know is the other's."""
        if yes is no or yes is None or no is None:
            return no if yes is None else yes
        if not isinstance(yes, Ref) or not isinstance(no, Ref):
            return choose(test, yes, no)
        if yes == no:
            return yes
        a, b = self.things[yes], self.things[no]
        if self.kinds[yes] != "list" or self.kinds[no] != "list" or len(a) != len(b):
            raise UntranslatableError("another object on another path")
        return self.new("list", [choose(test, *pair) for pair in zip(a, b, strict=True)])

    def numbers(self, ref, prefix=""):
        """Every number reachable from an object, by its path of names; lists of a configuration apart."""
        found = {}
        for name, value in self.things[ref].items():
            if not isinstance(value, Ref):
                found[prefix + name] = value
            elif isinstance(self.things[value], dict):
                found |= self.numbers(value, f"{prefix}{name}.")
        return found

    def put(self, ref, path, value):
        *way, last = path.split(".")
        for name in way:
            ref = self.things[ref][name]
        self.things[ref][last] = value


class Machine:
    """Executes functions of `Sources`; collects `duties` on the way."""

    def __init__(self, sources, arithmetic, *, summaries=None, before=None, after=None, returns=None):
        """``summaries``: what stands in for a function or Class.method; ``before``, ``after``: called round one;
        ``returns``: bounds of what comes back.
        """
        self.sources = sources
        self.world = World()
        self.path = []
        self.duties = []
        self.where = ""
        self.arithmetic = arithmetic(self.need)
        self.summaries, self.before, self.after = summaries or {}, before or {}, after or {}
        self.returns = returns or {}

    def need(self, what, ok):
        if ok is True:
            return
        self.duties.append(
            Duty(self.where, what, z3.And(z3.BoolVal(True), *self.path), z3.BoolVal(ok) if isinstance(ok, bool) else ok)
        )

    def list(self, values):
        return self.world.new("list", list(values))

    def make(self, name, *arguments):
        """An instance of the class ``name``."""
        if name in self.before:
            self.before[name](self, *arguments)
        ref = self.world.new(name, {})
        self.invoke(ref, "__init__", *arguments)
        return ref

    def invoke(self, ref, name, *arguments):
        kind = self.world.kinds[ref]
        if f"{kind}.{name}" in self.summaries:
            return self.summaries[f"{kind}.{name}"](self, ref, *arguments)
        module, methods = self.sources.methods[kind]
        return self.run(module, methods[name], [ref, *arguments])

    def function(self, name, *arguments):
        if name in self.summaries:
            return self.summaries[name](self, *arguments)
        return self.run(*self.sources.functions[name], list(arguments))

    def run(self, module, node, arguments):
        names, defaults = [a.arg for a in node.args.args], node.args.defaults
        missing = len(names) - len(arguments)
        arguments = arguments + [ast.literal_eval(d) for d in defaults[len(defaults) - missing :] if missing]
        frame = _Frame(self, module, dict(zip(names, arguments, strict=True)))
        place = self.where
        if node.name in self.before:
            self.before[node.name](self, *arguments)
        result = frame.block(node.body)
        if node.name in self.after:
            self.after[node.name](self, *arguments)
        if node.name in self.returns:
            result = self.narrowed(node.name, result, *self.returns[node.name])
        self.where = place
        return result

    def narrow(self, ref, limits):
        """Items or attributes get these intervals, by place or name; a duty says that they lie within."""
        held = self.world.things[ref]
        for at, (low, high) in limits.items():
            held[at] = self.narrowed(at, held[at], low, high)

    def narrowed(self, name, x, low, high):
        """``x`` with this interval; a duty says that it lies within."""
        least, most = interval(x)
        if low <= least and most <= high:
            return x
        t = term(x)
        self.need(f"{name} within {low} to {high}", z3.And(t >= low, t <= high))
        return Num(t, max(least, low), min(most, high))


class _Frame:
    """One call: local names, and the module whose constants it sees."""

    def __init__(self, machine, module, names):
        self.machine, self.module, self.names = machine, module, names

    @property
    def world(self):
        return self.machine.world

    def refuse(self, node, what):
        raise UntranslatableError(f"{Path(self.module.__file__).name}:{getattr(node, 'lineno', 0)}: {what}")

    # Statements: a block returns the function's value, or None where it ends without one

    def block(self, body):
        for i, node in enumerate(body):
            self.machine.where = f"{Path(self.module.__file__).name}:{node.lineno}"
            match node:
                case ast.Return(value=value):
                    return None if value is None else self.value(value)
                case ast.If():
                    done, result = self.branch(node, body[i + 1 :])
                    if done:
                        return result
                case ast.For():
                    return self.block(self.unrolled(node) + body[i + 1 :])
                case _:
                    self.statement(node)
        return None

    def branch(self, node, rest):
        """Whether the rest of the block is done too, and its value: so where one way returns and the other goes on."""
        test = self.truth(node.test)
        leaves = any(isinstance(n, ast.Return) for part in node.body + node.orelse for n in ast.walk(part))
        ways = (node.body + rest, node.orelse + rest) if leaves else (node.body, node.orelse)
        if isinstance(test, bool):
            return leaves, self.block(ways[0] if test else ways[1])
        return leaves, self.fork(test, lambda: self.block(ways[0]), lambda: self.block(ways[1]))

    def fork(self, test, one, other):
        """Both ways, each in its own copy of the world, then merged."""
        machine, before, names = self.machine, self.world, self.names
        ends = []
        for condition, way in ((test, one), (z3.Not(test), other)):
            machine.world, self.names = before.fork(), dict(names)
            # A new thing gets a number that the other path does not use.
            machine.path.append(condition)
            value = way()
            machine.path.pop()
            ends.append((value, machine.world, self.names))
        (yes, yes_world, yes_names), (no, no_world, no_names) = ends
        before.merge(test, yes_world, no_world)
        machine.world = before
        self.names = {n: before.one(test, yes_names.get(n), no_names.get(n)) for n in {**no_names, **yes_names}}
        return before.one(test, yes, no)

    def unrolled(self, node):
        """The statements of a loop of known length, as often as they run."""
        count = node.iter
        known = isinstance(count, ast.Call) and ast.unparse(count.func) == "range" and len(count.args) == 1
        if not known or node.orelse or any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(node)):
            self.refuse(node, "a loop other than for ... in range(n)")
        times = self.value(count.args[0])
        if not isinstance(times, int):
            self.refuse(node, "a loop of unknown length")
        counted = [ast.Assign([node.target], ast.copy_location(ast.Constant(i), node)) for i in range(times)]
        return [part for one in counted for part in (ast.copy_location(one, node), *node.body)]

    def statement(self, node):
        match node:
            case ast.Assign(targets=[target], value=value):
                self.store(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                old = self.value(target)
                self.store(target, self.machine.arithmetic.binary(self.operator(op, node), old, self.value(value)))
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as call):
                self.value(call)
            case _:
                self.refuse(node, type(node).__name__)

    def store(self, target, value):
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Attribute(value=owner, attr=name):
                self.world.things[self.value(owner)][name] = value
            case ast.Subscript(value=owner, slice=place):
                items, at = self.world.things[self.value(owner)], self.value(place)
                self.inside(at, items)
                for i in range(len(items)):
                    items[i] = choose(self.equal(at, i), value, items[i])
            case _:
                self.refuse(target, f"assignment to {type(target).__name__}")

    def inside(self, at, items):
        low, high = interval(at)
        if low < 0 or high >= len(items):
            self.machine.need("index in range", z3.And(term(at) >= 0, term(at) < len(items)))

    def equal(self, a, b):
        return a == b if isinstance(a, int) and isinstance(b, int) else term(a) == term(b)

    # Expressions

    def value(self, e):
        match e:
            case ast.Constant(value=int() as value) if not isinstance(value, bool):
                return value
            case ast.Name(id=name):
                return self.name(e, name)
            case ast.Attribute(value=owner, attr=name):
                thing = self.world.things[self.value(owner)]
                if name not in thing:
                    self.refuse(e, f"the attribute {name}")
                return thing[name]
            case ast.Subscript(value=owner, slice=place):
                return self.item(self.value(owner), self.value(place))
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.value(left), self.value(right)
                return self.machine.arithmetic.binary(self.operator(op, e), a, b)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.machine.arithmetic.negative(self.value(operand))
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.machine.arithmetic.inverted(self.value(operand))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                test = self.truth(test)
                if isinstance(test, bool):
                    return self.value(body if test else orelse)
                return self.fork(test, lambda: self.value(body), lambda: self.value(orelse))
            case ast.Call():
                return self.call(e)
            case ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return choose(self.truth(e), 1, 0)  # True is 1
        return self.refuse(e, f"{type(e).__name__} as a value")

    def operator(self, op, node):
        return OPERATORS.get(type(op)) or self.refuse(node, type(op).__name__)

    def name(self, e, name):
        if name in self.names:
            return self.names[name]
        value = getattr(self.module, name, None)
        if isinstance(value, list):
            return tuple(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self.refuse(e, f"the name {name}")

    def item(self, owner, at):
        items = self.held(owner)
        if isinstance(at, int):
            self.machine.need("index in range", 0 <= at < len(items))
            return items[at]
        self.inside(at, items)
        if isinstance(owner, tuple):
            return looked_up(owner, at)
        result = items[0]
        for i in range(1, len(items)):
            result = choose(term(at) == i, items[i], result)
        return result

    def held(self, owner):
        """The items of a list: one in the heap, or a constant of a module."""
        return owner if isinstance(owner, tuple) else self.world.things[owner]

    def call(self, e):
        arguments = [self.value(a) for a in e.args]
        if e.keywords:
            self.refuse(e, "a call with keywords")
        if isinstance(e.func, ast.Attribute):
            return self.machine.invoke(self.value(e.func.value), e.func.attr, *arguments)
        name = ast.unparse(e.func)
        if name == "len":
            return len(self.held(arguments[0]))
        if name == "list":
            return self.machine.list(self.held(arguments[0]))
        if name in self.machine.sources.methods:
            return self.machine.make(name, *arguments)
        if name in self.machine.sources.functions:
            return self.machine.function(name, *arguments)
        return self.refuse(e, f"a call of {name}")

    def truth(self, e):
        """A condition: True, False, or a term."""
        match e:
            case ast.BoolOp(op=op, values=[first, *rest]):
                return self.chain(isinstance(op, ast.And), first, rest)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _not(self.truth(operand))
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self.compare(e, left, ops, others)
        value = self.value(e)
        return value != 0 if isinstance(value, int) else term(value) != 0

    def chain(self, every, first, rest):
        """and, or: what stands behind is only reached where the first did not decide."""
        one = self.truth(first)
        if not rest:
            return one
        if isinstance(one, bool):
            return self.chain(every, rest[0], rest[1:]) if one == every else one
        self.machine.path.append(one if every else z3.Not(one))
        other = self.chain(every, rest[0], rest[1:])
        self.machine.path.pop()
        if isinstance(other, bool):
            return one if other == every else other
        return z3.And(one, other) if every else z3.Or(one, other)

    def compare(self, e, left, ops, others):
        if isinstance(left, ast.Compare) or isinstance(others[0], ast.Compare):
            (op,), a, b = ops, self.truth(left), self.truth(others[0])
            if not isinstance(op, ast.Eq | ast.NotEq):
                self.refuse(e, "an order of conditions")
            same = a == b
            return same if isinstance(op, ast.Eq) else _not(same)
        values = [self.value(v) for v in (left, *others)]
        if all(isinstance(v, Ref) and self.world.kinds[v] == "list" for v in values):
            (op,), (a, b) = ops, map(self.held, values)
            unlike = [(x, y) for x, y in zip(a, b, strict=True) if x is not y]
            same = z3.And(*(term(x) == term(y) for x, y in unlike)) if unlike else True
            return same if isinstance(op, ast.Eq) else _not(same)
        parts = []
        for op, a, b in zip(ops, values, values[1:], strict=False):
            if type(op) not in COMPARE:
                self.refuse(e, type(op).__name__)
            known = isinstance(a, int) and isinstance(b, int)
            parts.append(COMPARE[type(op)](a, b) if known else COMPARE[type(op)](term(a), term(b)))
        if all(isinstance(p, bool) for p in parts):
            return all(parts)
        return z3.And(*parts) if len(parts) > 1 else parts[0]


@functools.cache
def _table(values):
    """A term of a constant list's item at a place of its own, made once: there are long ones, read often."""
    place = z3.BitVec("place in a table", WIDTH)
    result = z3.BitVecVal(values[0], WIDTH)
    for i, value in enumerate(values[1:], 1):
        result = z3.If(place == i, z3.BitVecVal(value, WIDTH), result)
    return place, result


def looked_up(values, at):
    """An item of a constant list."""
    place, result = _table(values)
    return Num(z3.substitute(result, (place, term(at))), min(values), max(values))


def _not(x):
    return not x if isinstance(x, bool) else z3.Not(x)


def havoc(machine, ref, limits):
    """Puts a fresh unknown in place of every number an object holds; the unknowns by path, for assumptions."""
    fresh = {}
    for path in machine.world.numbers(ref):
        low, high = limits.get(path, (None, None))
        fresh[path] = unknown(path) if low is None else unknown(path, low, high)
        machine.world.put(ref, path, fresh[path])
    return fresh


__all__ = ["Duty", "Machine", "Num", "Ref", "Sources", "UntranslatableError", "World", "havoc"]
