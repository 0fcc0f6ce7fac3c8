"""Model against published figures: `isostack validate`.

A group of rows is one file in `twin.validation.groups` with a ``GROUP``; it is imported when it is used.
"""

from importlib import import_module
from pkgutil import iter_modules

from twin.errors import InputError
from twin.validation import groups
from twin.validation.framework import Group, Row, Scored, absolute, decades, factor, relative

NAMES = tuple(sorted(module.name.replace("_", "-") for module in iter_modules(groups.__path__)))
"""Every group: a file in `twin.validation.groups` is one."""

__all__ = ["NAMES", "Group", "Row", "Scored", "absolute", "decades", "factor", "group", "relative"]


def group(name: str) -> Group:
    """Return the group called ``name``; raise `InputError` naming the known ones."""
    if name not in NAMES:
        raise InputError(f"validation group {name!r} is not known; choose from {', '.join(NAMES)}")
    found: Group = import_module(f"twin.validation.groups.{name.replace('-', '_')}").GROUP
    return found
