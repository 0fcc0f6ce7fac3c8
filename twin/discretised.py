"""PyBaMM's discretised model of a plant, every parameter an input."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.resolve import DRIVEN, default_values

FIXED = (
    "Positive particle radius [m]",
    "Primary: Positive particle radius [m]",
    "Secondary: Positive particle radius [m]",
)
"""Parameters the mesh depends on: a change of one builds a new stepper."""


def discretised(
    options: Mapping[str, str],
    parameter_set: str,
    variables: Sequence[str],
    adapt: Callable[[Mapping[str, Any]], None] | None = None,
) -> tuple[Any, list[str], list[str]]:
    """Return the model with ``variables`` and its events as variables, the names of its parameters, and of the events.

    Every parameter is an input but those of the mesh. ``adapt`` may change the submodels before the model is built.
    """
    import pybamm

    from twin.model import SolidStateCell
    from twin.submodels.circuit.beside import Beside

    class PlantCell(SolidStateCell):
        def _choose_submodels(self) -> dict[str, Any]:
            submodels = {**super()._choose_submodels(), "circuit": Beside(self.parameter_set.functions)}
            if adapt is not None:
                adapt(submodels)
            return submodels

    model = PlantCell(options, parameter_set)
    # Cut-offs of the voltage are the cycler's business; the plant guards what the model itself cannot pass.
    guards = {event.name: event.expression for event in model.events if "voltage" not in event.name}
    model.variables = {**{name: model.variables[name] for name in variables}, **guards}
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
