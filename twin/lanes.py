"""A CasADi function as straight-line C over several cells at once: one vector of W doubles for every number."""

from pathlib import Path
from typing import Any

import casadi

BINARY = {
    "OP_ADD": "{0} + {1}",
    "OP_SUB": "{0} - {1}",
    "OP_MUL": "{0} * {1}",
    "OP_DIV": "{0} / {1}",
    "OP_FMAX": "v_fmax({0}, {1})",
    "OP_FMIN": "v_fmin({0}, {1})",
    "OP_POW": "v_pow({0}, {1})",
    "OP_CONSTPOW": "v_pow({0}, {1})",
    "OP_LT": "truth({0} < {1})",
    "OP_LE": "truth({0} <= {1})",
    "OP_EQ": "truth({0} == {1})",
    "OP_NE": "truth({0} != {1})",
    "OP_AND": "truth(({0} != 0.0) & ({1} != 0.0))",
    "OP_OR": "truth(({0} != 0.0) | ({1} != 0.0))",
    "OP_IF_ELSE_ZERO": "choose({0} != 0.0, {1}, all(0.0))",
}
UNARY = {
    "OP_ASSIGN": "{0}",
    "OP_NEG": "-{0}",
    "OP_TWICE": "2.0 * {0}",
    "OP_SQ": "{0} * {0}",
    "OP_INV": "1.0 / {0}",
    "OP_NOT": "truth({0} == 0.0)",
    "OP_SIGN": "truth({0} > 0.0) - truth({0} < 0.0)",
} | {
    f"OP_{name.upper()}": f"v_{name}({{0}})"
    for name in (
        "exp", "log", "sqrt", "fabs", "tanh", "asinh", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
        "acosh", "atanh", "floor", "ceil", "erf", "log1p",
    )
}  # fmt: skip
ARITHMETIC = (Path(__file__).parent / "lanes.c").read_text()


class UnknownOperationError(Exception):
    """An operation that has no form over lanes here; ``str()`` names it."""


def emit(function: Any) -> str:
    """C text of ``lanes_<name>``: the function of that name with every number a vector of W cells.

    Parameters
    ----------
    function : casadi.Function
        Of SX type, dense arguments and results.

    Returns
    -------
    str
        Text that needs `ARITHMETIC` before it and ``W`` defined. Argument and result ``k`` is an array of vectors,
        entry ``i`` of cell ``l`` at ``[i * W + l]``, aligned to the vector's size.

    Raises
    ------
    UnknownOperationError
        For an operation not listed here.
    """
    arguments = [f"a{i}" for i in range(function.n_in())]
    results = [f"r{i}" for i in range(function.n_out())]
    signature = ", ".join([f"const V *restrict {a}" for a in arguments] + [f"V *restrict {r}" for r in results])
    body = "\n".join(_lines(function))
    return f"static void lanes_{function.name()}({signature}) {{\n{body}\n}}\n"


def _lines(function: Any) -> list[str]:
    names = {getattr(casadi, key): key for key in dir(casadi) if key.startswith("OP_")}
    work: dict[int, str] = {}
    lines = []
    for i in range(function.n_instructions()):
        name = names[function.instruction_id(i)]
        taken, given = function.instruction_input(i), function.instruction_output(i)
        if name == "OP_OUTPUT":
            lines.append(f"r{given[0]}[{given[1]}] = {work[taken[0]]};")
            continue
        lines.append(f"const V t{i} = {_expression(function, name, i, taken, work)};")
        work[given[0]] = f"t{i}"
    return lines


def _expression(function: Any, name: str, i: int, taken: list[int], work: dict[int, str]) -> str:
    if name == "OP_INPUT":
        return f"a{taken[0]}[{taken[1]}]"
    if name == "OP_CONST":
        return f"all({_literal(function.instruction_constant(i))})"
    form = BINARY.get(name) or UNARY.get(name)
    if form is None:
        raise UnknownOperationError(f"{name} has no form over lanes")
    return form.format(*(work[k] for k in taken))


def _literal(value: float) -> str:
    text = float(value).hex()
    return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(text, text)
