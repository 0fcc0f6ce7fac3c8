"""Puts integer constants in place of their names, so that the modules that define them need not go on a small board."""

import ast
from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar


def constants_of(*modules: ModuleType) -> dict[str, int]:
    """Every public integer of ``modules`` by name.

    Raises
    ------
    ValueError
        If two modules give one name different values.
    """
    found: dict[str, int] = {}
    for module in modules:
        for name, value in vars(module).items():
            if type(value) is not int or name.startswith("_"):
                continue
            if found.setdefault(name, value) != value:
                raise ValueError(f"{module.__name__}: {name} is {value} here and {found[name]} elsewhere")
    return found


def fold(source: str, constants: Mapping[str, int]) -> str:
    """``source`` with every name that ``constants`` knows replaced by its value, if imported or set at its top.

    Imports that are empty thereafter are dropped, and the settings. The meaning stays; layout and comments do not.

    Raises
    ------
    ValueError
        If such a name is bound a second time: it would then not be constant.
    """
    tree = ast.parse(source)
    values = _imported(tree, constants) | _set(tree, constants)
    folded = _Fold(values).visit(tree)
    return ast.unparse(ast.fix_missing_locations(folded)) + "\n"


def _imported(tree: ast.Module, constants: Mapping[str, int]) -> dict[str, int]:
    """The constants that the module's imports bring in, under the names they have in it."""
    return {
        alias.asname or alias.name: constants[alias.name]
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in constants
    }


def _set(tree: ast.Module, constants: Mapping[str, int]) -> dict[str, int]:
    """The constants that the module sets itself, each as ``NAME = 123``; one that it sets otherwise is refused."""
    found = {}
    for node in tree.body:
        name = _setting(node)
        if name in constants:
            value = ast.literal_eval(node.value) if isinstance(node, ast.Assign) else None
            if value != constants[name]:
                raise ValueError(f"line {node.lineno}: {name} is {value} here and {constants[name]} elsewhere")
            found[name] = constants[name]
    return found


def _setting(node: ast.stmt) -> str:
    """The name that a statement sets to an integer literal, else nothing."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int:
        target = node.targets[0]
        return target.id if len(node.targets) == 1 and isinstance(target, ast.Name) else ""
    return ""


_Named = TypeVar("_Named", ast.FunctionDef, ast.ClassDef)


class _Fold(ast.NodeTransformer):
    """Replaces names read; refuses names bound."""

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = values

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [child for child in node.body if _setting(child) not in self._values]
        self.generic_visit(node)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        node.names = [alias for alias in node.names if (alias.asname or alias.name) not in self._values]
        return node if node.names else None

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._values:
            return node
        if not isinstance(node.ctx, ast.Load):
            self._refuse(node.id, node.lineno)
        value = ast.Constant(abs(self._values[node.id]))
        return value if self._values[node.id] >= 0 else ast.UnaryOp(ast.USub(), value)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        if node.arg in self._values:
            self._refuse(node.arg, node.lineno)
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return self._named(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return self._named(node)

    def _named(self, node: _Named) -> _Named:
        if node.name in self._values:
            self._refuse(node.name, node.lineno)
        self.generic_visit(node)
        return node

    def _refuse(self, name: str, line: int) -> None:
        raise ValueError(f"line {line}: {name} is bound a second time, so it cannot be folded")
