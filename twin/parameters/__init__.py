"""Named parameter sets: every value with its unit, its source and the range where it holds.

A set is a module with ``ENTRIES`` (scalars) and ``FUNCTIONS`` (of state); `load` finds it by the name used in files.
No parameter set imports PyBaMM: a warm start runs without it.
"""

from twin.errors import InputError
from twin.parameters import nmc811_lpscl_li
from twin.parameters.entry import Entry, Function, ParameterSet

SETS: dict[str, ParameterSet] = {
    nmc811_lpscl_li.SET.name: nmc811_lpscl_li.SET,
}
"""Parameter sets by the name used in input files."""


def load(name: str) -> ParameterSet:
    """Return the parameter set called ``name``; raise `InputError` naming the known ones."""
    try:
        return SETS[name]
    except KeyError:
        raise InputError(f"parameter_set = {name!r}: not known; choose one of {', '.join(sorted(SETS))}") from None


__all__ = ["SETS", "Entry", "Function", "ParameterSet", "load"]
