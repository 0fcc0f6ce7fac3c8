"""The steps a control loop takes a million times: current mode, no leak, the same length every time.

They solve the same equations as the general step of `twin.build`, and are cheaper for three reasons. The current is
known, so nothing is algebraic. The model is cut where many quantities meet in one (stoichiometries, pressure, voltage):
each becomes one more row of the linear system, instead of a dense block in every equation that uses it. And what
depends on parameters and the step's length only, such as the factors of the diffusion matrix, is computed once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import casadi

from twin.build import INPUTS, OUTPUTS, with_least
from twin.discretised import discretised
from twin.elimination import Elimination
from twin.hoist import hoist, linear_rows
from twin.resolve import DRIVEN
from twin.rosenbrock import METHODS, Tableau

QUICKEST = 0.2  # s; up to this length one stage is enough (error of the voltage below 0.01 uV at 0.1 s), beyond it not
METHOD_OF = {"quick": "MIDPOINT", "fine": "RODAS3"}
"""Methods of the two functions: `quick` for steps up to `QUICKEST`, `fine` for longer ones."""

CUTS = (
    "Positive electrode stoichiometry",
    "Positive particle surface stoichiometry",
    "Cell thickness change [m]",
    "Stack pressure [Pa]",
    "Contact fraction",
    "Interface resistance [Ohm.m2]",
    "Voltage [V]",
)
"""Quantities through which the rest is coupled, each defined by the states and the ones before it."""

DEFINED, CUT = "Defined: ", "Cut: "


def cut(submodels: Mapping[str, Any], names: Sequence[str] = CUTS) -> None:
    """Make the submodels hand out a symbol for each quantity in ``names``, and keep its definition beside it."""
    import pybamm

    def wrap(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def wrapped(*args: Any) -> dict[str, Any]:
            variables = dict(original(*args))
            for name in names:
                if name in variables and DEFINED + name not in variables:
                    variables[DEFINED + name] = variables[name]
                    variables[name] = pybamm.InputParameter(CUT + name, domain=variables[name].domain or None)
            return variables

        return wrapped

    for submodel in submodels.values():
        submodel.get_fundamental_variables = wrap(submodel.get_fundamental_variables)
        submodel.get_coupled_variables = wrap(submodel.get_coupled_variables)


@dataclass(frozen=True)
class System:
    """dy/dt = f(y, w) with w_i = g_i(y, w_1 .. w_i-1), all casadi.SX; ``values`` are what a step returns."""

    y: Any
    w: Any
    f: Any
    g: Any
    values: Any

    def at(self, y: Any) -> tuple[Any, Any, Any]:
        """f, w and values at the state ``y``."""
        symbols = casadi.vertsplit(self.w)
        definitions = casadi.vertsplit(casadi.substitute(self.g, self.y, y))
        rest = [casadi.substitute(self.f, self.y, y), casadi.substitute(self.values, self.y, y)]
        w, (f, values) = casadi.substitute_inplace(symbols, definitions, rest)
        return f, casadi.vertcat(*w), values

    def matrix(self, y: Any, w: Any, h: Any, gamma: float) -> Any:
        """The Rosenbrock matrix bordered by the cuts: [[1/(h gamma) - f_y, -f_w], [-g_y, 1 - g_w]]."""
        n, m = self.y.shape[0], self.w.shape[0]
        blocks = casadi.vertcat(
            casadi.horzcat(
                casadi.SX.eye(n) / (h * gamma) - casadi.jacobian(self.f, self.y), -casadi.jacobian(self.f, self.w)
            ),
            casadi.horzcat(-casadi.jacobian(self.g, self.y), casadi.SX.eye(m) - casadi.jacobian(self.g, self.w)),
        )
        return casadi.sparsify(casadi.substitute(blocks, casadi.vertcat(self.y, self.w), casadi.vertcat(y, w)))

    def step(self, y: Any, h: Any, tableau: Tableau) -> Any:
        """The state one step of length ``h`` [s] on."""
        n, m = self.y.shape[0], self.w.shape[0]
        f, w, _ = self.at(y)
        lu = Elimination(self.matrix(y, w, h, tableau.gamma))
        stages: list[Any] = []
        for i, (a, c) in enumerate(zip(tableau.a, tableau.c, strict=True)):
            if any(a) and a != tableau.a[i - 1]:
                f = self.at(y + sum((x * k for x, k in zip(a, stages, strict=True)), casadi.SX(n, 1)))[0]
            back = sum((x / h * k for x, k in zip(c, stages, strict=True)), casadi.SX(n, 1))
            stages.append(lu.solve(casadi.vertcat(f + back, casadi.SX(m, 1)))[:n])
        return y + sum((x * k for x, k in zip(tableau.m, stages, strict=True)), casadi.SX(n, 1))


def build_quick(options: Mapping[str, str], parameter_set: str, names: Sequence[str]) -> dict[str, Any]:
    """Build the functions of `METHOD_OF`, each with its ``prepare_``, for the parameters ``names``."""
    wanted = [*OUTPUTS, *(DEFINED + name for name in CUTS)]
    model, _, events = discretised(options, parameter_set, wanted, cut)
    found = {parameter.name for parameter in model.input_parameters}
    cuts = [CUT + name for name in CUTS]
    used = [name for name in [*names, *DRIVEN, *cuts] if name in found]
    # A quantity that no equation uses stays a definition of its own.
    exported = model.export_casadi_objects([*wanted, *events], input_parameter_order=used)
    values = exported["variables"]
    whole = casadi.Function(
        "whole",
        [exported["x"], exported["inputs"]],
        [
            exported["rhs"],
            casadi.vertcat(*(values[DEFINED + name] for name in CUTS)),
            casadi.vertcat(*(values[name] for name in [*OUTPUTS, *events])),
        ],
    ).expand()
    return {
        made.name(): made for name, method in METHOD_OF.items() for made in _functions(name, method, whole, used, names)
    }


def _functions(name: str, method: str, whole: Any, used: Sequence[str], names: Sequence[str]) -> tuple[Any, Any]:
    n = whole.size1_in(0)
    y, w = casadi.SX.sym("y", n), casadi.SX.sym("w", len(CUTS))
    state, u = casadi.SX.sym("state", n + 1), casadi.SX.sym("u", len(INPUTS))
    p, h = casadi.SX.sym("p", len(names)), casadi.SX.sym("h")
    given = dict(zip(INPUTS, casadi.vertsplit(u), strict=True))
    current = given["Value of mode"]
    named = {
        **given,
        **dict(zip(names, casadi.vertsplit(p), strict=True)),
        **dict(zip((CUT + name for name in CUTS), casadi.vertsplit(w), strict=True)),
        "Current function [A]": current,
        "Leak conductance [S]": casadi.SX(0),
    }
    f, g, values = whole(y, casadi.vertcat(*(named[key] for key in used)))
    live = casadi.vertcat(y, w, u)
    system = System(y, w, linear_rows(f, live), linear_rows(g, live), values)
    after = system.step(state[:n], h, METHODS[method])
    shown = system.at(after)[2]
    k = len(OUTPUTS)
    finite = 1e300 - casadi.sumsqr(casadi.vertcat(after, u, shown))
    # Current mode reaches its demand always; the place of that event stays.
    happened = with_least(finite, casadi.SX(1), shown[k:])
    results = [casadi.vertcat(after, current), shown[:k], happened]
    fixed = casadi.vertcat(p, h)
    lean, prepared, recipe = hoist(results, fixed, casadi.vertcat(state, u))
    return (
        casadi.Function(f"prepare_{name}", [p, h], [recipe]),
        casadi.Function(name, [state, u, prepared], lean, {"cse": True}),
    )
