"""What all submodels share: the cell's geometry as symbols, and access to the parameter set's functions."""

from collections.abc import Mapping
from typing import Any

import pybamm

from twin.errors import InputError
from twin.parameters.bounds import refusal

Variables = dict[str, Any]
RT_F = pybamm.constants.R / pybamm.constants.F
THROUGH = "positive electrode"
"""The cathode composite, from separator (0) to collector (1): depths are shares of its thickness, which may vary."""


class Submodel(pybamm.BaseSubModel):  # type: ignore[misc]
    """A PyBaMM submodel of the solid-state cell.

    Parameters
    ----------
    functions : mapping of str to `twin.parameters.Function`
        The parameter set's functions of state.
    """

    def __init__(self, functions: Mapping[str, Any], name: str | None = None) -> None:
        super().__init__(None, name=name or type(self).__name__)
        self.functions = functions


class Bounded(pybamm.UnaryOperator):  # type: ignore[misc]
    """A parameter whose number is checked when PyBaMM puts it in; then the number alone is left.

    Inputs and functions of time have no number then, and are not checked.
    """

    def __init__(self, child: Any) -> None:
        super().__init__("bounded", child)

    def _unary_new_copy(self, child: Any, perform_simplifications: bool = True) -> Any:
        if isinstance(child, pybamm.Parameter | pybamm.FunctionParameter):
            return type(self)(child)
        if isinstance(child, pybamm.Scalar):
            wrong = refusal(self.child.name, float(child.value))
            if wrong:
                raise InputError(wrong)
        return child


def parameter(name: str) -> Any:
    """A scalar parameter by its name with unit; a number out of its bounds raises `twin.errors.InputError`."""
    return Bounded(pybamm.Parameter(name))


def driven(name: str) -> Any:
    """A parameter that may be a function of time [s]: how PyBaMM drives what a plant's inputs drive."""
    return Bounded(pybamm.FunctionParameter(name, {"Time [s]": pybamm.t}))


def area() -> Any:
    """Area of one layer [m2]."""
    return parameter("Electrode width [m]") * parameter("Electrode height [m]")


def through_average(symbol: Any) -> Any:
    """Mean of ``symbol`` through the cathode composite."""
    return pybamm.Integral(symbol, pybamm.SpatialVariable("x_p", domain=THROUGH))


def layers() -> Any:
    """Layers in parallel, stacked: their thicknesses add, their currents share."""
    return parameter("Number of electrodes connected in parallel to make a cell")


def separator_conductivity(T: Any) -> Any:
    """Of the electrolyte in the separator [S.m-1] at ``T`` [K]."""
    return parameter("Separator conductivity [S.m-1]") * arrhenius(
        parameter("Separator conductivity activation energy [J.mol-1]"), T
    )


def arrhenius(activation_energy: Any, T: Any) -> Any:
    """exp(-E/R (1/T - 1/T_ref)) [1] for a rate with ``activation_energy`` [J.mol-1] at ``T`` [K]."""
    return pybamm.exp(activation_energy / pybamm.constants.R * (1 / parameter("Reference temperature [K]") - 1 / T))
