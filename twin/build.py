"""From the PyBaMM model to the functions of a plant: `initial`, `prepare` and `step`, as CasADi functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import casadi

from twin.resolve import DRIVEN, default_values
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

FIXED = ("Positive particle radius [m]",)
"""Parameters the mesh depends on: a change of one builds a new stepper."""

CHECKS = ("State is not finite", "Demand is beyond reach")
"""Events of every plant, before the model's own: numbers gone wrong, a power no current delivers."""

NEWTON = 2  # corrections of the algebraic current after a jump of the inputs; the voltage is nearly linear in it


@dataclass(frozen=True)
class PlantFunctions:
    """The model as CasADi functions.

    ``initial``: parameters -> state; ``prepare``: parameters -> what depends on parameters only;
    ``step``: state, inputs, prepared -> state, outputs, events. ``names`` are the parameters in order.
    """

    initial: Any
    prepare: Any
    step: Any
    names: tuple[str, ...]
    events: tuple[str, ...]


def build(options: Mapping[str, str], parameter_set: str, method: str = "RODAS3", substeps: int = 1) -> PlantFunctions:
    """Discretise the model and unroll its step; takes seconds, and imports PyBaMM."""
    model, names, events = _discretised(options, parameter_set)
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
    return _assemble(whole, start, used, [n for n in names if n in found], events, method, substeps)


def _discretised(options: Mapping[str, str], parameter_set: str) -> tuple[Any, list[str], list[str]]:
    """PyBaMM's discretised model, every parameter an input but those of the mesh; parameter and event names."""
    import pybamm

    from twin.model import SolidStateCell

    # The plant solves for the leak itself, together with the electrical mode.
    model = SolidStateCell({**options, "leak": "none"}, parameter_set)
    # Cut-offs of the voltage are the cycler's business; the plant guards what the model itself cannot pass.
    guards = {event.name: event.expression for event in model.events if "voltage" not in event.name}
    model.variables = {**{name: model.variables[name] for name in OUTPUTS}, **guards}
    model.events = []
    values = default_values(parameter_set, model.cell_options["fixture"])
    names = sorted(set(values) - set(DRIVEN) - set(FIXED))
    inputs = dict.fromkeys([*names, *DRIVEN], "[input]")
    parameter_values = pybamm.ParameterValues({**values, **inputs})
    geometry = model.default_geometry
    parameter_values.process_model(model)
    parameter_values.process_geometry(geometry)
    mesh = pybamm.Mesh(geometry, model.default_submesh_types, model.default_var_pts)
    pybamm.Discretisation(
        mesh, model.default_spatial_methods, remove_independent_variables_from_rhs=False
    ).process_model(model)
    return model, names, list(guards)


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
        terminal = y[n] - given["Leak conductance [S]"] * V
        residual = (
            given["Weight of current mode"] * terminal
            + given["Weight of voltage mode"] * V
            + given["Weight of power mode"] * V * terminal
            - given["Value of mode"]
        )
        return casadi.vertcat(rhs, residual), casadi.vertcat(V, terminal, values[2:])

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
    outputs, happened = values[: len(OUTPUTS)], casadi.vertcat(finite, reached, values[len(OUTPUTS) :])
    (lean_y, lean_out, lean_events), prepared, recipe = _hoist([y, outputs, happened], p)
    defaults = {name: casadi.SX(0) for name in DRIVEN}
    stacked = casadi.vertcat(*({**defaults, **parameter}[name] for name in used))
    return PlantFunctions(
        casadi.Function("initial", [p], [casadi.vertcat(start(stacked), 0)]),
        casadi.Function("prepare", [p], [recipe]),
        casadi.Function("step", [state, u, prepared], [lean_y, lean_out, lean_events], {"cse": True}),
        tuple(names),
        (*CHECKS, *events),
    )


def _hoist(expressions: list[Any], p: Any) -> tuple[list[Any], Any, Any]:
    """Take out what depends on parameters only: computed once per plant, not once per step."""
    sizes = [e.shape[0] for e in expressions]
    stacked = casadi.cse(casadi.vertcat(*expressions))
    lean, symbols, recipes = casadi.extract_parametric(stacked, p)
    # Parameters that stand alone are not extracted: they come along as they are.
    symbols, recipes = casadi.vertcat(*symbols, p), casadi.vertcat(*recipes, p)
    parts = casadi.vertsplit(lean, [0, *_running(sizes)])
    return parts, symbols, recipes


def _running(sizes: list[int]) -> list[int]:
    total, ends = 0, []
    for size in sizes:
        total += size
        ends.append(total)
    return ends
