"""Makes one program of several modules, and it small in RAM: for boards that hold their program's text in none.

The meaning stays: names are exchanged one for one, and a class's methods are defined one after the other.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

OURS = ("controller.", "firmware.")


@dataclass(frozen=True)
class Names:
    """New names by old: of attributes (methods included), and of variables (functions and classes included)."""

    attributes: Mapping[str, str]
    variables: Mapping[str, str]


def join(sources: Iterable[str]) -> str:
    """One module of several, in the order in which they need each other; imports among them are dropped.

    Raises
    ------
    ValueError
        If one is imported under another name, or two define the same name.
    """
    body: list[ast.stmt] = []
    seen: Counter[str] = Counter()
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(OURS):
                if renamed := [alias.asname for alias in node.names if alias.asname]:
                    raise ValueError(f"{node.module}: imported as {renamed[0]}")
                continue
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                seen[node.name] += 1
            body.append(node)
    if twice := [name for name, times in seen.items() if times > 1]:
        raise ValueError(f"defined in two modules: {', '.join(twice)}")
    return ast.unparse(ast.Module(body, [])) + "\n"


def rename(source: str, words: Sequence[str], keep: Iterable[str] = ()) -> tuple[str, Names]:
    """``source`` with its own attributes, and its own variables, named by ``words``, the most used first.

    Names that come from elsewhere stay, and those in ``keep``. Attributes and variables draw on ``words`` apart.

    Raises
    ------
    ValueError
        If the words run out, or an attribute of ours is also one of an imported object.
    """
    tree = ast.parse(source)
    foreign = {*_imported(tree), *dir(builtins), *keep}
    attributes = _counted(_attributes(tree))
    if mixed := set(attributes) & _theirs(tree):
        raise ValueError(f"ours, but an imported object's too: {', '.join(sorted(mixed))}")
    variables = _counted(name for name in _variables(tree) if name not in foreign)
    names = Names(_assigned(attributes, words), _assigned(variables, [word for word in words if word not in foreign]))
    return ast.unparse(_Rename(names).visit(tree)) + "\n", names


def _imported(tree: ast.Module) -> set[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def _theirs(tree: ast.Module) -> set[str]:
    """Attributes of imported objects that are used."""
    imported = _imported(tree)
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {use.attr for use in uses if isinstance(use.value, ast.Name) and use.value.id in imported}


def _attributes(tree: ast.Module) -> Iterator[str]:
    """Every use of an attribute that this program sets or defines."""
    methods = [
        m.name for c in tree.body if isinstance(c, ast.ClassDef) for m in c.body if isinstance(m, ast.FunctionDef)
    ]
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own = {*methods, *(node.attr for node in uses if isinstance(node.ctx, ast.Store))}
    for name in [*methods, *(node.attr for node in uses)]:
        if name in own and not name.startswith("__"):
            yield name


def _variables(tree: ast.Module) -> Iterator[str]:
    methods = {id(m) for c in tree.body if isinstance(c, ast.ClassDef) for m in c.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and id(node) not in methods:
            yield node.name


def _counted(names: Iterable[str]) -> list[str]:
    """Each name once, the most used first."""
    return [name for name, _ in Counter(names).most_common()]


def _assigned(names: Sequence[str], words: Sequence[str]) -> dict[str, str]:
    if len(names) > len(words):
        raise ValueError(f"{len(names)} names, but only {len(words)} words for them")
    return dict(zip(names, words, strict=False))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.attr = self._names.attributes.get(node.attr, node.attr)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.variables.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._names.variables.get(node.arg, node.arg)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                method.name = self._names.attributes.get(method.name, method.name)
                self._inside(method)
        node.bases = [self.visit(base) for base in node.bases]
        node.name = self._names.variables.get(node.name, node.name)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self._names.variables.get(node.name, node.name)
        return self._inside(node)

    def _inside(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        return node


def pieces(source: str) -> list[str]:
    """``source`` in pieces to be run one after the other in one namespace.

    Classes are defined empty, then their methods, each by the name ``_``, are put in them, the longest first: that
    takes most to compile, while there is most room.
    """
    body = ast.parse(source).body
    tops = [ast.unparse(_empty(node)) + "\n" for node in body]
    methods = [piece for node in body if isinstance(node, ast.ClassDef) for piece in _methods(node)]
    return sorted(tops + methods, key=_order)


def _order(piece: str) -> tuple[bool, int]:
    """Classes and imports first, as they come, then the longest."""
    late = piece.startswith("def ")
    return late, -len(piece) * late


def without_unused(source: str) -> str:
    """``source`` without the methods that nothing in it speaks of."""
    tree = ast.parse(source)
    while True:
        spoken = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        dropped = False
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                kept = [m for m in node.body if not _unspoken(m, spoken)]
                dropped |= len(kept) < len(node.body)
                node.body = kept
        if not dropped:
            return ast.unparse(tree) + "\n"


def _unspoken(method: ast.stmt, spoken: set[str]) -> bool:
    return isinstance(method, ast.FunctionDef) and method.name not in spoken and not method.name.startswith("__")


def _empty(node: ast.stmt) -> ast.stmt:
    """A class without its body; anything else as it is."""
    if not isinstance(node, ast.ClassDef):
        return node
    return ast.ClassDef(node.name, node.bases, node.keywords, [ast.Pass()], node.decorator_list)


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for method in node.body:
        if not isinstance(method, ast.FunctionDef):
            raise ValueError(f"class {node.name}: line {method.lineno}: only methods can be taken apart")
        name, method.name = method.name, "_"
        yield f"{ast.unparse(method)}\n{node.name}.{name}=_\n"
