"""Parameter sets: every value with its unit, its source and the range where it holds.

A set is put together from one cathode, one electrolyte and one anode, each a file of its own (`compose`); `load` finds
one by the name used in files. No parameter set imports PyBaMM: a warm start runs without it.
"""

from twin.errors import InputError
from twin.parameters import nmc811_lpscl_li
from twin.parameters.compose import CATALOGUE, compose, from_name
from twin.parameters.entry import Entry, Function, Material, ParameterSet

SETS: dict[str, ParameterSet] = {
    nmc811_lpscl_li.SET.name: nmc811_lpscl_li.SET,
}
"""Named parameter sets, by the name used in input files."""


def load(name: str) -> ParameterSet:
    """Return the parameter set called ``name``: a named one, or ``cathode|electrolyte|anode``.

    Raises
    ------
    twin.errors.InputError
        If it is not known (the message names the known ones), or its parts make no cell.
    """
    if "|" in name:
        return from_name(name)
    try:
        return SETS[name]
    except KeyError:
        raise InputError(
            f"parameter_set = {name!r}: not known; choose one of {', '.join(sorted(SETS))}, "
            "or name cathode|electrolyte|anode"
        ) from None


__all__ = ["CATALOGUE", "SETS", "Entry", "Function", "Material", "ParameterSet", "compose", "load"]
