"""What a step need not do every time: work on symbolic expressions before they become code."""

from dataclasses import dataclass
from typing import Any

import casadi


def hoist(expressions: list[Any], fixed: Any, live: Any | None = None) -> tuple[list[Any], Any, Any]:
    """Take out what depends on ``fixed`` only: computed once per plant, not once per step.

    Parameters
    ----------
    expressions : list of casadi.SX columns
        What a step computes.
    fixed : casadi.SX column
        Symbols that do not change from step to step.
    live : casadi.SX column, optional
        All other symbols; when given, divisions by fixed quantities become products.

    Returns
    -------
    (lean, prepared, recipe)
        The expressions in terms of the live symbols and ``prepared``; ``recipe`` is what ``prepared`` stands for, in
        terms of ``fixed``.
    """
    ends = _running([e.shape[0] for e in expressions])
    stacked, symbols, definitions = casadi.vertcat(*expressions), [], []
    if live is not None:
        undivided = without_divisions(stacked, live, fixed)
        stacked, symbols, definitions = undivided.expressions, undivided.symbols, undivided.definitions
    known = casadi.vertcat(fixed, *symbols)
    lean, extracted, recipes = casadi.extract_parametric(casadi.cse(stacked), known)
    # What stands alone is not extracted: it comes along as it is.
    prepared, recipe = casadi.vertcat(*extracted, known), casadi.vertcat(*recipes, known)
    if symbols:
        _, (recipe,) = casadi.substitute_inplace(symbols, definitions, [recipe])
    return casadi.vertsplit(lean, [0, *ends]), prepared, recipe


def _running(sizes: list[int]) -> list[int]:
    total, ends = 0, []
    for size in sizes:
        total += size
        ends.append(total)
    return ends


def linear_rows(expressions: Any, variables: Any) -> Any:
    """``expressions`` with each row that is linear in ``variables`` written as one sum of products.

    Its coefficients then depend on parameters only and are computed once; diffusion comes as nested differences,
    products and quotients instead, all of them in every step.
    """
    jacobian = casadi.jacobian(expressions, variables)
    origin = casadi.substitute(expressions, variables, casadi.SX.zeros(variables.shape[0], 1))
    rows = []
    for i in range(expressions.shape[0]):
        row = jacobian[i, :]
        if casadi.depends_on(casadi.vertcat(row.T, 0), variables):
            rows.append(expressions[i])
        else:
            rows.append(casadi.mtimes(casadi.sparsify(row), variables) + origin[i])
    return casadi.vertcat(*rows)


@dataclass(frozen=True)
class Reciprocals:
    """``expressions`` without divisions by what is fixed; ``symbols`` stand for the reciprocals ``definitions``."""

    expressions: Any
    symbols: list[Any]
    definitions: list[Any]


def without_divisions(expressions: Any, variables: Any, parameters: Any) -> Reciprocals:
    """Make each division by something of ``parameters`` only a product with its reciprocal, which is computed once.

    The reciprocal has to be a symbol: CasADi turns a product with 1/x back into a division.
    """
    function = casadi.Function("f", [variables, parameters], [expressions])
    work: dict[int, tuple[Any, bool]] = {}
    inputs = (variables, parameters)
    found: dict[int, tuple[Any, Any]] = {}
    result = casadi.SX.zeros(expressions.shape[0], 1)
    for k in range(function.n_instructions()):
        kind, operands = function.instruction_id(k), function.instruction_input(k)
        into = function.instruction_output(k)
        if kind == casadi.OP_CONST:
            work[into[0]] = casadi.SX(function.instruction_constant(k)), True
        elif kind == casadi.OP_INPUT:
            work[into[0]] = inputs[operands[0]][operands[1]], operands[0] == 1
        elif kind == casadi.OP_OUTPUT:
            result[into[1]] = work[operands[0]][0]
        else:
            made, fixed = zip(*(work[i] for i in operands), strict=True)
            if kind == casadi.OP_DIV and fixed == (False, True):
                below = made[1]
                symbol, _ = found.setdefault(below.element_hash(), (casadi.SX.sym(f"r{len(found)}"), 1 / below))
                work[into[0]] = made[0] * symbol, False
            else:
                build = casadi.SX.binary if len(made) == 2 else casadi.SX.unary
                work[into[0]] = build(kind, *made), all(fixed)
    symbols, definitions = zip(*found.values(), strict=True) if found else ((), ())
    return Reciprocals(result, list(symbols), list(definitions))
