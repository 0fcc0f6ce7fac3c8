"""From the PyBaMM model to the functions of a plant: `initial`, `prepare` and `step`, as CasADi functions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import casadi

from twin.discretised import discretised
from twin.hoist import hoist
from twin.resolve import DRIVEN
from twin.rosenbrock import METHODS, step

INPUTS = (
    "Weight of current mode",
    "Weight of voltage mode",
    "Weight of power mode",
    "Value of mode",
    "Actuator position [m]",
    "Supply pressure [Pa]",
    "Ambient temperature [K]",
    "Extra thickness [m]",
    "Leak conductance [S]",
    "Step [s]",
)
"""What a plant's step takes, in this order. Exactly one of the weights is 1."""

OUTPUTS = (
    "Voltage [V]",
    "Current [A]",
    "Stack pressure [Pa]",
    "Stack force [N]",
    "Cell thickness change [m]",
    "Lithium thickness [m]",
    "Contact fraction",
    "Cell temperature [K]",
    "Frame temperature [K]",
    "Frame relaxation [m]",
    "Positive electrode stoichiometry",
    "Discharge capacity [A.h]",
)
"""What a plant's step returns, in this order; events follow, each positive while it has not happened."""

CHECKS = ("Any event", "State is not finite", "Demand is beyond reach")
"""Events of every plant, before the model's own: the least of all, numbers gone wrong, a power no current delivers."""

NEWTON = 2  # corrections of the algebraic current after a jump of the inputs; the voltage is nearly linear in it


@dataclass(frozen=True)
class PlantFunctions:
    """The model as CasADi functions.

    ``initial``: parameters -> state; ``prepare``: parameters -> what depends on parameters only;
    ``step``: state, inputs, prepared -> state, outputs, events. ``names`` are the parameters in order.
    ``prepare_quick``: parameters, step length [s] -> what depends on them only; ``quick``: as ``step``, for current
    mode without a leak and a step of that length; ``fine`` likewise, for longer steps. All are None where the model has
    algebraic equations of its own.
    """

    initial: Any
    prepare: Any
    step: Any
    names: tuple[str, ...]
    events: tuple[str, ...]
    prepare_quick: Any = None
    quick: Any = None
    prepare_fine: Any = None
    fine: Any = None


def build(options: Mapping[str, str], parameter_set: str, method: str = "RODAS3", substeps: int = 1) -> PlantFunctions:
    """Discretise the model and unroll its step; takes seconds, and imports PyBaMM."""
    model, names, events = discretised(options, parameter_set, OUTPUTS)
    if model.concatenated_algebraic.size:
        from twin.implicit import build_implicit

        return build_implicit(options, parameter_set, method, substeps)
    order = [*names, *DRIVEN]
    found = {p.name for p in model.input_parameters}
    used = [n for n in order if n in found]
    exported = model.export_casadi_objects([*OUTPUTS, *events], input_parameter_order=used)
    whole = casadi.Function(
        "whole",
        [exported["x"], exported["inputs"]],
        [exported["rhs"], casadi.vertcat(*exported["variables"].values())],
    ).expand()
    start = casadi.Function("start", [exported["inputs"]], [exported["x0"]]).expand()
    functions = _assemble(whole, start, used, [n for n in names if n in found], events, method, substeps)
    from twin.quick import build_quick

    return replace(functions, **build_quick(options, parameter_set, functions.names))


def _assemble(
    whole: Any, start: Any, used: list[str], names: list[str], events: list[str], method: str, substeps: int
) -> PlantFunctions:
    n = whole.size1_in(0)
    state, u, p = (
        casadi.SX.sym("state", n + 1),
        casadi.SX.sym("u", len(INPUTS)),
        casadi.SX.sym("p", len(names)),
    )
    given = dict(zip(INPUTS, (u[i] for i in range(len(INPUTS))), strict=True))
    parameter = dict(zip(names, (p[i] for i in range(len(names))), strict=True))

    def evaluate(y: Any) -> tuple[Any, Any]:
        """Right-hand side with the mode's residual beneath, and the model's variables."""
        named = {**given, **parameter, "Current function [A]": y[n]}
        stacked = casadi.vertcat(*(named[name] for name in used))
        rhs, values = whole(y[:n], stacked)
        V = values[0]
        terminal = values[1]
        residual = (
            given["Weight of current mode"] * terminal
            + given["Weight of voltage mode"] * V
            + given["Weight of power mode"] * V * terminal
            - given["Value of mode"]
        )
        return casadi.vertcat(rhs, residual), values

    def polished(y: Any, times: int) -> Any:
        """The algebraic current made consistent with inputs and state."""
        for _ in range(times):
            current = casadi.SX.sym("current")
            residual = evaluate(casadi.vertcat(y[:n], current))[0][n]
            slope = casadi.jacobian(residual, current)
            ratio = casadi.substitute(residual / slope, current, y[n])
            y = casadi.vertcat(y[:n], y[n] - ratio)
        return y

    y = polished(state, NEWTON)
    for _ in range(substeps):
        y = step(lambda at: evaluate(at)[0], y, given["Step [s]"] / substeps, n, METHODS[method])
    y = polished(y, NEWTON)
    derivatives, values = evaluate(y)
    # Maxima swallow what is not a number, so every input and state is looked at; a sum keeps it, and overflows.
    finite = 1e300 - casadi.sumsqr(casadi.vertcat(y, u, values))
    missed = given["Weight of power mode"] * casadi.fabs(derivatives[n])
    reached = 1e-3 * casadi.fabs(given["Value of mode"]) + 1e-6 - missed
    outputs, happened = values[: len(OUTPUTS)], with_least(finite, reached, values[len(OUTPUTS) :])
    (lean_y, lean_out, lean_events), prepared, recipe = hoist([y, outputs, happened], p)
    defaults = {name: casadi.SX(0) for name in DRIVEN}
    stacked = casadi.vertcat(*({**defaults, **parameter}[name] for name in used))
    return PlantFunctions(
        casadi.Function("initial", [p], [casadi.vertcat(start(stacked), 0)]),
        casadi.Function("prepare", [p], [recipe]),
        casadi.Function("step", [state, u, prepared], [lean_y, lean_out, lean_events], {"cse": True}),
        tuple(names),
        (*CHECKS, *events),
    )


def with_least(finite: Any, *events: Any) -> Any:
    """Events with the least of all before them, so that a loop looks at one number."""
    all_events = casadi.vertcat(*events)
    # A minimum swallows what is not a number; a comparison with it is false.
    least = casadi.if_else(finite > 0, casadi.mmin(all_events), -1)
    return casadi.vertcat(least, finite, all_events)
