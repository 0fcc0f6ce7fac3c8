"""From the controller's Python source to C that computes the same integers.

Only what the controller needs is understood: whole numbers within 31 bits, lists of them of known length, classes
whose attributes are numbers, such lists or other classes, and objects of these as parameters. Everything else
is refused by file, line and construct,
so that nothing is mistranslated in silence. Python's rules hold where C's differ: ``//``, ``%`` and ``>>`` of negative
numbers, chained comparisons, the order of calls. An index out of range or a division by zero, where Python would
raise, sets a flag.
"""

import ast
import ctypes
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from controller.configuration import DEFAULT

RECORD = len(DEFAULT)
LENGTHS = {"config": RECORD, "c": RECORD, "kept": RECORD, "stored": RECORD, "sensor": 9, "command": 9}
"""Lengths of list parameters by name; the caller of the C functions vouches for them."""

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "ADD({0}, {1})",
    ast.Sub: "SUB({0}, {1})",
    ast.Mult: "MUL({0}, {1})",
    ast.FloorDiv: "floor_div({0}, {1})",
    ast.Mod: "floor_mod({0}, {1})",
    ast.BitAnd: "({0} & {1})",
    ast.BitOr: "({0} | {1})",
    ast.BitXor: "({0} ^ {1})",
}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
INT, NOTHING = "int", "none"
Methods = dict[str, ast.FunctionDef]


class TranslationError(Exception):
    """A construct that has no translation; ``str()`` is file, line and construct."""


@dataclass(frozen=True)
class List:
    """A list of so many integers; ``own`` where the object holds it itself."""

    length: int
    own: bool = False


@dataclass(frozen=True)
class Object:
    """An instance of a class of the controller."""

    name: str


Kind = str | List | Object


@dataclass
class Class:
    """A class: where it is, its methods, and its attributes in order of appearance."""

    module: ModuleType
    methods: Methods
    fields: dict[str, Kind] = field(default_factory=dict)


@dataclass
class Translation:
    """The C text, and the layout of every class in memory."""

    text: str
    classes: dict[str, Class]

    def structure(self, name: str) -> type[ctypes.Structure]:
        """The class ``name`` as ctypes sees it."""
        return type(name, (ctypes.Structure,), {"_fields_": [(n, self._place(k)) for n, k in self._fields(name)]})

    def _fields(self, name: str) -> list[tuple[str, Kind]]:
        return list(self.classes[name].fields.items())

    def _place(self, kind: Kind) -> Any:
        if isinstance(kind, Object):
            return self.structure(kind.name)
        if isinstance(kind, List):
            return ctypes.c_int32 * kind.length if kind.own else ctypes.c_void_p
        return ctypes.c_int32


PRELUDE = (Path(__file__).parent / "integers.c").read_text()


def translate(modules: tuple[str, ...], root: str, entries: tuple[str, ...]) -> Translation:
    """Translate the methods ``entries`` of the class ``root``, and everything they call.

    Parameters
    ----------
    modules
        Names of the modules that hold it all.
    root
        A class in the last of them. Method ``m`` of class ``K`` becomes ``K_m(struct K *self, ...)``.

    Raises
    ------
    TranslationError
        For anything that is not understood.
    """
    return _Program([importlib.import_module(name) for name in modules]).translate(root, entries)


class _Program:
    """Finds functions, classes and constants; collects what was translated."""

    def __init__(self, modules: list[ModuleType]) -> None:
        self.functions: dict[str, tuple[ModuleType, ast.FunctionDef]] = {}
        self.classes: dict[str, Class] = {}
        self.done: dict[str, str] = {}
        self.prototypes: list[str] = []
        self.tables: dict[str, str] = {}
        for module in modules:
            self._read(module)
        for name in self.classes:
            self._find_fields(name)

    def _read(self, module: ModuleType) -> None:
        for node in ast.parse(Path(str(module.__file__)).read_text()).body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = (module, node)
            elif isinstance(node, ast.ClassDef):
                if node.bases or node.decorator_list or node.keywords:
                    raise refusal(module, node, "a class with bases or decorators")
                methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
                rest = [p for p in node.body if not isinstance(p, ast.FunctionDef) and not _is_text(p)]
                if rest:
                    raise refusal(module, rest[0], "in a class, anything but methods")
                self.classes[node.name] = Class(module, methods)

    def _find_fields(self, name: str) -> None:
        """The attributes that any method assigns, and what each holds."""
        owner = self.classes[name]
        for method in owner.methods.values():
            lists = {a.arg for a in method.args.args if a.annotation and ast.unparse(a.annotation) == "list[int]"}
            for node in ast.walk(method):
                targets = node.targets if isinstance(node, ast.Assign) else []
                for target in targets:
                    if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                        assert isinstance(node, ast.Assign)
                        kind = self._held(node.value, target.attr, lists)
                        if owner.fields.setdefault(target.attr, kind) != kind:
                            raise refusal(owner.module, node, f"self.{target.attr} with another kind of value")

    def _held(self, value: ast.expr, name: str, lists: set[str]) -> Kind:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            if value.func.id in self.classes:
                return Object(value.func.id)
            if value.func.id == "list" and name in LENGTHS:
                return List(LENGTHS[name], own=True)
        if isinstance(value, ast.Name) and value.id in lists and name in LENGTHS:
            return List(LENGTHS[name])
        return INT

    def translate(self, root: str, entries: tuple[str, ...]) -> Translation:
        for entry in entries:
            self.method(root, entry)
        parts = [PRELUDE, *self.tables.values(), *(self._struct(name) for name in self.classes)]
        text = "\n".join([*parts, *self.prototypes, *self.done.values()])
        return Translation(text, self.classes)

    def _struct(self, name: str) -> str:
        lines = []
        for attribute, kind in self.classes[name].fields.items():
            if isinstance(kind, Object):
                lines.append(f"struct {kind.name} {attribute};")
            elif isinstance(kind, List):
                lines.append(f"int32_t {attribute}[{kind.length}];" if kind.own else f"int32_t *{attribute};")
            else:
                lines.append(f"int32_t {attribute};")
        return f"struct {name} {{\n  " + "\n  ".join(lines) + "\n};"

    def method(self, owner: str, name: str) -> str:
        """Name in C of a method, translated if it was not yet."""
        target = f"{owner}_{name.strip('_')}"
        if target not in self.done:
            held = self.classes[owner]
            if name not in held.methods:
                raise TranslationError(f"{held.module.__file__}: class {owner} has no method {name}")
            self._function(target, held.module, held.methods[name], owner)
        return target

    def function(self, name: str) -> str:
        """Name in C of a function, translated if it was not yet."""
        if name not in self.done:
            self._function(name, *self.functions[name], None)
        return name

    def _function(self, target: str, module: ModuleType, node: ast.FunctionDef, owner: str | None) -> None:
        self.done[target] = ""
        body = _Body(self, module, node, owner)
        head, text = body.head(target), body.text()
        self.prototypes.append(head + ";")
        # Callees come before their callers: the last to be finished stands last.
        del self.done[target]
        self.done[target] = f"{head} {{\n{text}\n}}"

    def pure(self, name: str) -> bool:
        """Whether a function only computes: stores into nothing but its own variables."""
        _, node = self.functions[name]
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
                return False
            if isinstance(part, ast.Call) and not (
                isinstance(part.func, ast.Name)
                and (part.func.id in ("len", "range") or (part.func.id in self.functions and self.pure(part.func.id)))
            ):
                return False
        return True

    def table(self, module: ModuleType, name: str, values: list[int]) -> tuple[str, Kind]:
        """A list of the module as a static array."""
        target = f"{module.__name__.replace('.', '_')}_{name}"
        text = ", ".join(_literal(value) for value in values)
        self.tables[target] = f"static const int32_t {target}[{len(values)}] = {{{text}}};"
        return target, List(len(values))


class _Body:
    """One function or method."""

    def __init__(self, program: _Program, module: ModuleType, node: ast.FunctionDef, owner: str | None) -> None:
        self.program, self.module, self.node, self.owner = program, module, node, owner
        a = node.args
        if a.vararg or a.kwarg or a.kwonlyargs or a.posonlyargs or node.decorator_list:
            raise self.refusal(node, "such parameters or decorators")
        self.parameters: dict[str, Kind] = {}
        for parameter in a.args:
            if parameter.arg == "self" and owner is not None:
                self.parameters["self"] = Object(owner)
            else:
                self.parameters[parameter.arg] = self._annotated(parameter)
        self.locals: dict[str, Kind] = {}
        self.loops: set[str] = set()
        stores = (n for n in _inside(node.body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        self.assigned = {n.id for n in stores}
        self.returns = self._returned()

    def refusal(self, node: ast.AST, what: str) -> TranslationError:
        return refusal(self.module, node, what)

    def _annotated(self, parameter: ast.arg) -> Kind:
        text = ast.unparse(parameter.annotation) if parameter.annotation else "nothing"
        if text == "int":
            return INT
        if text == "list[int]" and parameter.arg in LENGTHS:
            return List(LENGTHS[parameter.arg])
        if text in self.program.classes:
            return Object(text)
        raise self.refusal(parameter, f"a parameter {parameter.arg} of {text}")

    def _returned(self) -> Kind:
        text = ast.unparse(self.node.returns) if self.node.returns else "nothing"
        if text not in ("int", "None"):
            raise self.refusal(self.node, f"a function that returns {text}")
        return INT if text == "int" else NOTHING

    def head(self, target: str) -> str:
        places = [_declared(name, kind) for name, kind in self.parameters.items()]
        return f"static {'int32_t' if self.returns == INT else 'void'} {target}({', '.join(places) or 'void'})"

    def text(self) -> str:
        lines = self.block(self.node.body)
        if self.returns == INT and not isinstance(self.node.body[-1], ast.Return):
            raise self.refusal(self.node.body[-1], "an end of a function without its value")
        declared = [_declared(name, kind) + " = 0;" for name, kind in self.locals.items()]
        return "\n".join("  " + line for line in [*declared, *lines])

    # Statements

    def block(self, body: list[ast.stmt]) -> list[str]:
        return [line for statement in body for line in self.statement(statement)]

    def statement(self, s: ast.stmt) -> list[str]:
        match s:
            case ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Expr(value=ast.Call() as call):
                return [self.expression(call, calls=True)[0] + ";"]
            case ast.Assign(targets=[target]):
                return self.assign(target, s.value)
            case ast.AugAssign():
                whole = ast.copy_location(ast.BinOp(_loaded(s.target), s.op, s.value), s)
                return self.assign(s.target, whole)
            case ast.If():
                return self.branch(s)
            case ast.For():
                return self.loop(s)
            case ast.Return(value=None) if self.returns == NOTHING:
                return ["return;"]
            case ast.Return(value=ast.expr() as value) if self.returns == INT:
                return [f"return {self.number(value, calls=True)};"]
            case _:
                raise self.refusal(s, type(s).__name__)

    def branch(self, s: ast.If) -> list[str]:
        calls = isinstance(s.test, ast.Call)
        lines = [f"if ({self.truth(s.test, calls=calls)}) {{", *("  " + x for x in self.block(s.body))]
        if s.orelse:
            lines += ["} else {", *("  " + x for x in self.block(s.orelse))]
        return [*lines, "}"]

    def loop(self, s: ast.For) -> list[str]:
        match s:
            case ast.For(
                target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=[limit], keywords=[]), orelse=[]
            ):
                pass
            case _:
                raise self.refusal(s, "a loop over anything but range(so many)")
        if not isinstance(limit, ast.Constant) or name in self.locals or name in self.parameters:
            raise self.refusal(s, "a loop of variable length, or over a variable used elsewhere")
        if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in _inside(s.body)):
            raise self.refusal(s, "a loop whose variable is assigned")
        self.loops.add(name)
        lines = [f"for (int32_t {name} = 0; {name} < {self.number(limit)}; {name}++) {{"]
        lines += ["  " + x for x in self.block(s.body)]
        self.loops.discard(name)
        return [*lines, "}"]

    def assign(self, target: ast.expr, value: ast.expr) -> list[str]:
        match target:
            case ast.Name(id=name):
                text, kind = self.expression(value, calls=True)
                known = self.parameters.get(name) or self.locals.setdefault(name, kind)
                if known != kind or name in self.loops or (name in self.parameters and kind != INT):
                    raise self.refusal(target, f"{name} with another kind of value")
                return [f"{name} = {text};"]
            case ast.Attribute():
                return self.assign_attribute(target, value)
            case ast.Subscript():
                return [f"{self.expression(target)[0]} = {self.number(value, calls=isinstance(value, ast.Call))};"]
            case _:
                raise self.refusal(target, f"assignment to {type(target).__name__}")

    def assign_attribute(self, target: ast.Attribute, value: ast.expr) -> list[str]:
        place, kind = self.expression(target)
        if isinstance(kind, Object):
            assert isinstance(value, ast.Call)
            init = self.program.method(kind.name, "__init__")
            return [f"{init}({', '.join([place, *self.arguments(value, kind.name, '__init__')])});"]
        if isinstance(kind, List) and kind.own:
            assert isinstance(value, ast.Call)
            text, given = self.expression(value.args[0])
            if given != List(kind.length):
                raise self.refusal(value, "a copy of another length")
            return [f"memcpy({place}, {text}, sizeof {place});"]
        text, given = self.expression(value, calls=True)
        if given != kind:
            raise self.refusal(target, "an attribute with another kind of value")
        return [f"{place} = {text};"]

    # Expressions: text and kind

    def number(self, e: ast.expr, *, calls: bool = False) -> str:
        text, kind = self.expression(e, calls=calls)
        if kind != INT:
            raise self.refusal(e, "a value that is not a number")
        return text

    def truth(self, e: ast.expr, *, calls: bool = False) -> str:
        """An expression where only its truth counts: there, and only there, ``and`` and ``or`` are understood."""
        match e:
            case ast.BoolOp(op=op, values=values):
                return "(" + (" && " if isinstance(op, ast.And) else " || ").join(map(self.truth, values)) + ")"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(!{self.truth(operand)})"
            case _:
                return self.number(e, calls=calls)

    def expression(self, e: ast.expr, *, calls: bool = False) -> tuple[str, Kind]:
        """``calls``: a call that changes something may stand here, for nothing else is computed beside it."""
        match e:
            case ast.Constant(value=int() as value) if not isinstance(value, bool):
                return _literal(value), INT
            case ast.Name(id=name):
                return self.name(e, name)
            case ast.Attribute():
                return self.attribute(e)
            case ast.Subscript():
                return self.item(e)
            case ast.BinOp():
                return self.binary(e), INT
            case ast.UnaryOp():
                return self.unary(e), INT
            case ast.Compare():
                return self.compare(e), INT
            case ast.IfExp():
                return self.choice(e, calls)
            case ast.Call():
                return self.call(e, calls)
            case _:
                raise self.refusal(e, f"{type(e).__name__} as a value")

    def name(self, e: ast.expr, name: str) -> tuple[str, Kind]:
        if name in self.loops:
            return name, INT
        kind = self.parameters.get(name) or self.locals.get(name)
        if kind is not None:
            return name, kind
        if name in self.assigned:
            raise self.refusal(e, f"{name} before it has a value")
        value = getattr(self.module, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            return _literal(value), INT
        if isinstance(value, list) and all(isinstance(v, int) for v in value):
            return self.program.table(self.module, name, value)
        raise self.refusal(e, f"the name {name}")

    def attribute(self, e: ast.Attribute) -> tuple[str, Kind]:
        base, kind = self.expression(e.value)
        if not isinstance(kind, Object) or e.attr not in self.program.classes[kind.name].fields:
            raise self.refusal(e, f"the attribute {e.attr}")
        held = self.program.classes[kind.name].fields[e.attr]
        text = f"{base}->{e.attr}"
        if isinstance(held, Object):
            return f"(&{text})", held
        # Stores need to know who owns a list; loads do not.
        if isinstance(held, List) and isinstance(e.ctx, ast.Load):
            return text, List(held.length)
        return text, held

    def item(self, e: ast.Subscript) -> tuple[str, Kind]:
        base, kind = self.expression(e.value)
        if not isinstance(kind, List):
            raise self.refusal(e, "an item of what is not a list")
        index = self._constant(e.slice)
        if index is None:
            return f"{base}[INDEX({self.number(e.slice)}, {kind.length})]", INT
        if not 0 <= index < kind.length:
            raise self.refusal(e, f"item {index} of {kind.length}")
        return f"{base}[{index}]", INT

    def _constant(self, e: ast.expr) -> int | None:
        """The whole number that an expression is, where that is plain."""
        if isinstance(e, ast.Constant) and isinstance(e.value, int):
            return e.value
        if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
            size = self._constant(e.operand)
            return None if size is None else -size
        if isinstance(e, ast.Name) and e.id not in (self.parameters.keys() | self.assigned):
            value = getattr(self.module, e.id, None)
            return value if isinstance(value, int) else None
        return None

    def binary(self, e: ast.BinOp) -> str:
        left, right = self.number(e.left), self.number(e.right)
        if isinstance(e.op, ast.LShift | ast.RShift):
            return self.shift(e, left, right)
        if type(e.op) not in BINARY:
            raise self.refusal(e, type(e.op).__name__)
        return BINARY[type(e.op)].format(left, right)

    def shift(self, e: ast.BinOp, left: str, right: str) -> str:
        by = self._constant(e.right)
        if isinstance(e.op, ast.RShift):
            return f"({left} >> {by})" if by is not None and 0 <= by < 32 else f"shift_right({left}, {right})"
        if by is None or not 0 <= by < 31:
            raise self.refusal(e, "a shift to the left by a variable")
        return f"MUL({left}, {1 << by})"

    def unary(self, e: ast.UnaryOp) -> str:
        match e.op:
            case ast.USub():
                return f"SUB(0, {self.number(e.operand)})"
            case ast.Invert():
                return f"(~{self.number(e.operand)})"
            case ast.Not():
                return f"(!{self.truth(e.operand)})"
            case _:
                raise self.refusal(e, type(e.op).__name__)

    def compare(self, e: ast.Compare) -> str:
        """A chain as pairs: its middle is computed twice, and cannot hold a call that changes something."""
        if len(e.ops) == 1 and isinstance(e.ops[0], ast.Eq | ast.NotEq):
            (left, kind), (right, other) = self.expression(e.left), self.expression(e.comparators[0])
            if isinstance(kind, List) and isinstance(other, List) and kind.length == other.length:
                # Lists are equal item by item; the structs hold them without gaps.
                return f"(memcmp({left}, {right}, {kind.length} * sizeof(int32_t)) {COMPARE[type(e.ops[0])]} 0)"
        values = [self.number(v) for v in (e.left, *e.comparators)]
        for op in e.ops:
            if type(op) not in COMPARE:
                raise self.refusal(e, type(op).__name__)
        pairs = [f"({a} {COMPARE[type(op)]} {b})" for a, op, b in zip(values, e.ops, values[1:], strict=False)]
        return pairs[0] if len(pairs) == 1 else "(" + " && ".join(pairs) + ")"

    def choice(self, e: ast.IfExp, calls: bool) -> tuple[str, Kind]:
        (yes, kind), (no, other) = (self.expression(part, calls=calls) for part in (e.body, e.orelse))
        if kind != other:
            raise self.refusal(e, "a choice between different kinds")
        return f"({self.truth(e.test)} ? {yes} : {no})", kind

    def call(self, e: ast.Call, calls: bool) -> tuple[str, Kind]:
        if e.keywords or any(isinstance(a, ast.Starred) for a in e.args):
            raise self.refusal(e, "a call with keywords")
        if isinstance(e.func, ast.Attribute):
            return self.call_method(e, e.func, calls)
        name = ast.unparse(e.func)
        if name == "len" and len(e.args) == 1:
            kind = self.expression(e.args[0])[1]
            if isinstance(kind, List):
                return str(kind.length), INT
        if name not in self.program.functions or name in self.locals or name in self.parameters:
            raise self.refusal(e, f"a call of {name}")
        if not calls and not self.program.pure(name):
            raise self.refusal(e, f"a call of {name}, which changes something, beside other computations")
        target = self.program.function(name)
        text = f"{target}({', '.join(self.arguments(e, None, name))})"
        return text, _returns(self.program.functions[name][1])

    def call_method(self, e: ast.Call, f: ast.Attribute, calls: bool) -> tuple[str, Kind]:
        base, kind = self.expression(f.value)
        if not isinstance(kind, Object):
            raise self.refusal(e, f"a method {f.attr} of what is not an object")
        if not calls:
            raise self.refusal(e, f"a call of {f.attr}, which may change something, beside other computations")
        target = self.program.method(kind.name, f.attr)
        text = f"{target}({', '.join([base, *self.arguments(e, kind.name, f.attr)])})"
        return text, _returns(self.program.classes[kind.name].methods[f.attr])

    def arguments(self, e: ast.Call, owner: str | None, name: str) -> list[str]:
        """Arguments in order; one that is a call that changes something must be the only one."""
        node = self.program.functions[name][1] if owner is None else self.program.classes[owner].methods[name]
        expected = [a for a in node.args.args if a.arg != "self"]
        if len(expected) != len(e.args):
            raise self.refusal(e, f"a call of {name} with {len(e.args)} arguments, which takes {len(expected)}")
        texts = []
        for parameter, argument in zip(expected, e.args, strict=True):
            text, kind = self.expression(argument, calls=len(e.args) == 1)
            wanted: Kind = List(LENGTHS[parameter.arg]) if parameter.arg in LENGTHS else INT
            held = ast.unparse(parameter.annotation) if parameter.annotation else ""
            if held in self.program.classes:
                wanted = Object(held)
            if kind != wanted:
                raise self.refusal(argument, f"an argument for {parameter.arg} of another kind")
            texts.append(text)
        return texts


def refusal(module: ModuleType, node: ast.AST, what: str) -> TranslationError:
    """What to raise where there is no translation."""
    return TranslationError(f"{module.__file__}:{getattr(node, 'lineno', 0)}: {what} has no translation to C")


def _returns(node: ast.FunctionDef) -> Kind:
    return INT if node.returns and ast.unparse(node.returns) == "int" else NOTHING


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _inside(body: list[ast.stmt]) -> list[ast.AST]:
    return [node for statement in body for node in ast.walk(statement)]


def _loaded(target: ast.expr) -> ast.expr:
    """What stands left of ``+=``, read."""
    copy: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(copy, target)


def _declared(name: str, kind: Kind) -> str:
    if isinstance(kind, Object):
        return f"struct {kind.name} *{name}"
    return f"int32_t *{name}" if isinstance(kind, List) else f"int32_t {name}"


def _literal(value: int) -> str:
    if not -(2**31) < value < 2**31:
        raise TranslationError(f"{value} does not fit 32 bits")
    return f"({value})" if value < 0 else str(value)
