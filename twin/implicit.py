"""The general step of a model with algebraic equations of its own, such as a cathode resolved through its thickness.

One linearly implicit step serves both kinds of equation (a Rosenbrock method with a singular mass matrix, stiffly
accurate). A jump of the inputs leaves the algebraic unknowns behind: before the stages, a few Newton corrections
bring them to where inputs and state want them, and another after the last stage. The model is cut as in `twin.quick`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import casadi

from twin.build import CHECKS, INPUTS, OUTPUTS, PlantFunctions, with_least
from twin.discretised import discretised
from twin.elimination import Elimination
from twin.hoist import hoist, linear_rows
from twin.quick import CUT, DEFINED, cut
from twin.resolve import DRIVEN
from twin.rosenbrock import METHODS, Tableau

CUTS = (
    "Positive particle surface stoichiometry",
    "Positive particle mean stoichiometry",
    "Positive electrode stoichiometry",
    "Positive electrode surface potential difference [V]",
    "Cell thickness change [m]",
    "Stack pressure [Pa]",
    "Contact fraction",
    "Interface resistance [Ohm.m2]",
    "Voltage [V]",
)
"""Quantities through which the rest is coupled, each defined by the unknowns and the ones before it."""

BEFORE, AFTER = 2, 1
"""Newton corrections of the algebraic unknowns before the stages and after them."""
NEAR = 0.25
"""Corrections start from the last step's unknowns where these miss by less than this share of what rest does."""


@dataclass(frozen=True)
class Implicit:
    """M dy/dt = f(y, w) with w_i = g_i(y, w_1 .. w_i-1), M one for ``differential`` rows and zero beneath."""

    y: Any
    w: Any
    f: Any
    g: Any
    values: Any
    differential: int

    def at(self, y: Any) -> tuple[Any, Any, Any]:
        """f, w and values at ``y``."""
        definitions = casadi.vertsplit(casadi.substitute(self.g, self.y, y))
        rest = [casadi.substitute(self.f, self.y, y), casadi.substitute(self.values, self.y, y)]
        w, (f, values) = casadi.substitute_inplace(casadi.vertsplit(self.w), definitions, rest)
        return f, casadi.vertcat(*w), values

    def matrix(self, y: Any, w: Any, rate: Any) -> Any:
        """The matrix of a stage, bordered by the cuts: [[rate M - f_y, -f_w], [-g_y, 1 - g_w]]."""
        n, m = self.y.shape[0], self.w.shape[0]
        mass = casadi.diag(casadi.vertcat(casadi.SX.ones(self.differential), casadi.SX(n - self.differential, 1)))
        blocks = casadi.vertcat(
            casadi.horzcat(rate * mass - casadi.jacobian(self.f, self.y), -casadi.jacobian(self.f, self.w)),
            casadi.horzcat(-casadi.jacobian(self.g, self.y), casadi.SX.eye(m) - casadi.jacobian(self.g, self.w)),
        )
        return casadi.sparsify(casadi.substitute(blocks, casadi.vertcat(self.y, self.w), casadi.vertcat(y, w)))

    def start(self, y: Any) -> Any:
        """``y``, or with its algebraic unknowns at nothing where that is much nearer to what the last equation asks.

        They are currents, and potentials bend over with them (arcsinh): Newton's method climbs safely from rest to
        any current, but may leap past nothing when it comes down from a large one.
        """
        n, d = self.y.shape[0], self.differential
        rest = casadi.vertcat(y[:d], casadi.SX.zeros(n - d, 1))
        held, still = (casadi.fabs(self.at(x)[0][n - 1]) for x in (y, rest))
        keep = held <= NEAR * still
        return casadi.vertcat(y[:d], keep * y[d:])

    def consistent(self, y: Any, times: int) -> Any:
        """``y`` with its algebraic unknowns corrected ``times`` times, the others held."""
        n, m, d = self.y.shape[0], self.w.shape[0], self.differential
        for _ in range(times):
            f, w, _ = self.at(y)
            lu = Elimination(self.matrix(y, w, 0)[d:, d:], last=(n - d - 1,))
            change = lu.solve(casadi.vertcat(f[d:], casadi.SX(m, 1)))
            y = casadi.vertcat(y[:d], y[d:] + change[: n - d])
        return y

    def step(self, y: Any, h: Any, tableau: Tableau) -> Any:
        """``y`` one step of length ``h`` [s] on; the last unknown, whose pivot may be nothing, is eliminated last."""
        n, m = self.y.shape[0], self.w.shape[0]
        f, w, _ = self.at(y)
        lu = Elimination(self.matrix(y, w, 1 / (h * tableau.gamma)), last=(n - 1,))
        stages: list[Any] = []
        for i, (a, c) in enumerate(zip(tableau.a, tableau.c, strict=True)):
            if any(a) and a != tableau.a[i - 1]:
                f = self.at(y + sum((x * k for x, k in zip(a, stages, strict=True)), casadi.SX(n, 1)))[0]
            back = sum((x / h * k for x, k in zip(c, stages, strict=True)), casadi.SX(n, 1))
            back[self.differential :] = 0
            stages.append(lu.solve(casadi.vertcat(f + back, casadi.SX(m, 1)))[:n])
        return y + sum((x * k for x, k in zip(tableau.m, stages, strict=True)), casadi.SX(n, 1))


def build_implicit(options: Mapping[str, str], parameter_set: str, method: str, substeps: int) -> PlantFunctions:
    """Discretise the model with its cuts and unroll the step; there is no `quick` for it."""
    wanted = [*OUTPUTS, *(DEFINED + name for name in CUTS)]
    model, parameters, events = discretised(options, parameter_set, wanted, partial(cut, names=CUTS))
    for parameter in model.input_parameters:
        if parameter.domain:  # PyBaMM sizes the symbols in the equations, not the ones it lists
            parameter._expected_size = model.default_var_pts["x_p"]
    found = {parameter.name: parameter._expected_size for parameter in model.input_parameters}
    sizes = [found.get(CUT + name, 1) for name in CUTS]
    names = [name for name in parameters if name in found]
    used = [name for name in [*parameters, *DRIVEN, *(CUT + name for name in CUTS)] if name in found]
    exported = model.export_casadi_objects([*wanted, *events], input_parameter_order=used)
    values = exported["variables"]
    arguments = [exported["x"], exported["z"], exported["inputs"]]
    results = [
        exported["rhs"],
        exported["algebraic"],
        casadi.vertcat(*(values[DEFINED + name] for name in CUTS)),
        casadi.vertcat(*(values[name] for name in [*OUTPUTS, *events])),
    ]
    whole = casadi.Function("whole", arguments, results).expand()
    start = casadi.Function("start", [exported["inputs"]], [casadi.vertcat(exported["x0"], exported["z0"])]).expand()
    return _functions(whole, start, (used, names, events), sizes, method, substeps)


def _functions(
    whole: Any, start: Any, known: tuple[list[str], list[str], list[str]], sizes: list[int], method: str, substeps: int
) -> PlantFunctions:
    used, names, events = known
    d = whole.size1_in(0)
    n = d + whole.size1_in(1) + 1
    y, w, state = casadi.SX.sym("y", n), casadi.SX.sym("w", sum(sizes)), casadi.SX.sym("state", n)
    u, p = casadi.SX.sym("u", len(INPUTS)), casadi.SX.sym("p", len(names))
    given = dict(zip(INPUTS, casadi.vertsplit(u), strict=True))
    parameter = dict(zip(names, casadi.vertsplit(p), strict=True))
    ends = [0, *accumulate(sizes)]
    cuts = dict(zip((CUT + name for name in CUTS), casadi.vertsplit(w, ends), strict=True))
    named = {**given, **parameter, **cuts, "Current function [A]": y[n - 1]}
    rhs, algebraic, g, values = whole(y[:d], y[d : n - 1], casadi.vertcat(*(named[name] for name in used)))
    V = cuts[CUT + "Voltage [V]"]
    terminal = y[n - 1] - given["Leak conductance [S]"] * V
    mode = (
        given["Weight of current mode"] * terminal
        + given["Weight of voltage mode"] * V
        + given["Weight of power mode"] * V * terminal
        - given["Value of mode"]
    )
    live = casadi.vertcat(y, w, u)
    f = linear_rows(casadi.vertcat(rhs, algebraic, mode), live)
    system = Implicit(y, w, f, linear_rows(g, live), values, d)
    after = system.consistent(system.start(state), BEFORE)
    for _ in range(substeps):
        after = system.step(after, given["Step [s]"] / substeps, METHODS[method])
    after = system.consistent(after, AFTER)
    left, _, shown = system.at(after)
    finite = 1e300 - casadi.sumsqr(casadi.vertcat(after, u, shown))
    missed = given["Weight of power mode"] * casadi.fabs(left[n - 1])
    reached = 1e-3 * casadi.fabs(given["Value of mode"]) + 1e-6 - missed
    k = len(OUTPUTS)
    lean, prepared, recipe = hoist(
        [after, shown[:k], with_least(finite, reached, shown[k:])], p, casadi.vertcat(state, u)
    )
    rest = {**dict.fromkeys(DRIVEN, casadi.SX(0)), **{name: casadi.SX(*symbol.shape) for name, symbol in cuts.items()}}
    stacked = casadi.vertcat(*({**rest, **parameter}[name] for name in used))
    return PlantFunctions(
        initial=casadi.Function("initial", [p], [casadi.vertcat(start(stacked), 0)]),
        prepare=casadi.Function("prepare", [p], [recipe]),
        step=casadi.Function("step", [state, u, prepared], lean, {"cse": True}),
        prepare_quick=None,
        quick=None,
        prepare_fine=None,
        fine=None,
        names=tuple(names),
        events=(*CHECKS, *events),
    )
