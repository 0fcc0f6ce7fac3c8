"""Every small fault that can be written into a Python source: its mutants, each named so that moved code is found."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import CodeType

# Sets of bits are joined by |: that ^ does the same to what has nothing in common says nothing about a test.
# Each comparison's opposite, and what differs from it at the boundary only.
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.GtE, ast.LtE), ast.LtE: (ast.Gt, ast.Lt), ast.Gt: (ast.LtE, ast.GtE), ast.GtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.FloorDiv,), ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,), ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor), ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitAnd, ast.BitOr),
}  # fmt: skip
MEANT = -1
DELETED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Delete)


@dataclass(frozen=True)
class Mutant:
    """One change of one place. ``key`` stays the same when code above it moves."""

    file: str
    function: str
    line: str
    change: str
    nth: int
    row: int
    place: tuple[int, int]

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """File, function (empty outside of one), text of the line, change, and which of several alike in there."""
        return (self.file, self.function, self.line, self.change, self.nth)


@dataclass(frozen=True)
class Meant:
    """A fault of sense, as somebody might make it: text of one function that is replaced by other text.

    ``name`` says what is wrong then, in a few words.
    """

    file: str
    function: str
    name: str
    old: str
    new: str


class Source:
    """A file, its mutants, and each mutant compiled."""

    def __init__(self, file: str, text: str, meant: Sequence[Meant] = ()) -> None:
        """``file``: the name it goes by; ``text``: its source; ``meant``: faults of its sense.

        Raises
        ------
        ValueError
            If what one of ``meant`` changes does not stand there once.
        """
        self.file = file
        self.tree = ast.parse(text)
        self._text, self._meant = text, list(meant)
        for one in self._meant:
            if text.count(one.old) != 1:
                raise ValueError(f"{file}: {one.name}: stands there {text.count(one.old)} times: {one.old!r}")
        self._lines = text.splitlines()
        self._places = list(_places(self.tree))

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All, in the order of the text."""
        alike: Counter[tuple[str, str, str]] = Counter()
        found = []
        for number, (_, _, node, function) in enumerate(self._places):
            for choice, replaced in enumerate(_changes(node)):
                row = getattr(node, "lineno", 1)
                line = self._lines[row - 1].strip()
                change = f"{_text(node)} -> {_text(replaced)}"
                alike[function, line, change] += 1
                nth = alike[function, line, change]
                found.append(Mutant(self.file, function, line, change, nth, row, (number, choice)))
        for choice, one in enumerate(self._meant):
            row = self._text[: self._text.index(one.old)].count("\n") + 1
            found.append(Mutant(self.file, one.function, one.name, "sense", 1, row, (MEANT, choice)))
        return found

    def is_function(self, name: str) -> bool:
        """Whether a name, as in ``Law.start``, is a function's; a class's, or none, is not."""
        parts, nodes = name.split("."), list(self.tree.body)
        for part in parts:
            (node,) = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == part] or [None]
            if node is None:
                return False
            nodes = node.body
        return isinstance(node, ast.FunctionDef)

    def compiled(self, place: tuple[int, int]) -> CodeType:
        """The whole module with one change made."""
        number, choice = place
        if number == MEANT:
            one = self._meant[choice]
            return compile(self._text.replace(one.old, one.new), self.file, "exec")
        parent, name, node, _ = self._places[number]
        replaced = ast.fix_missing_locations(ast.copy_location(list(_changes(node))[choice], node))
        whole = getattr(parent, name)
        changed = [replaced if item is node else item for item in whole] if isinstance(whole, list) else replaced
        setattr(parent, name, changed)
        try:
            return compile(self.tree, self.file, "exec")
        finally:
            setattr(parent, name, whole)


def code_of(module: CodeType, function: str) -> CodeType:
    """The code of a function of a module, named as in ``Law.start``."""
    found = [module]
    while found:
        code = found.pop()
        if code.co_qualname == function:
            return code
        found += [c for c in code.co_consts if isinstance(c, CodeType)]
    raise LookupError(function)


def _text(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0]


def _places(node: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str, ast.AST, str]]:
    """Every place where something can be changed: parent, field of it, node, and the function whose code it is in.

    Not annotations, docstrings, imports. A default value belongs to whatever the function is defined in.
    """
    inside = function
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        inside = f"{function}.{node.name}".lstrip(".")
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        where = function if name == "args" and isinstance(node, ast.FunctionDef) else inside
        for child in value if isinstance(value, list) else [value]:
            words = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not isinstance(child, (ast.Import, ast.ImportFrom)) and not words:
                yield node, name, child, where
                yield from _places(child, where)


def _like(node: ast.AST, **fields: object) -> ast.AST:
    """The node with some fields changed."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything the node may be replaced by."""
    if isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield _like(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other_op in ARITHMETIC[type(node.op)]:
            yield _like(node, op=other_op())
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield _like(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            yield rest[0] if len(rest) == 1 else _like(node, values=rest)
    elif isinstance(node, (ast.If, ast.IfExp)):
        for always in (True, False):
            yield _like(node, test=ast.Constant(always))
        yield from _negated(node)
    elif isinstance(node, ast.While):
        yield _like(node, test=ast.Constant(False))
        yield from _negated(node)
    elif isinstance(node, ast.For):
        yield _like(node, iter=ast.Tuple([], ast.Load()))
    if isinstance(node, DELETED):
        yield ast.Pass()


def _negated(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    """The condition's opposite, where no other change comes to the same."""
    plain = isinstance(node.test, ast.Compare) and len(node.test.ops) == 1
    if not plain and not isinstance(node.test, ast.UnaryOp):
        yield _like(node, test=ast.UnaryOp(ast.Not(), node.test))


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    """Neighbours of a number; the other truth value; words are left alone."""
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        for value in (node.value + 1, node.value - 1):
            yield ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))
