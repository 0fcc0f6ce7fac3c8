"""Virtual experiments: what a laboratory would measure, asked of the twin.

Each is a function, ``twin.experiments.creep_rate(stress_MPa=0.4)``, and a command, ``isostack experiment creep-rate``.
Its file in `twin.experiments.catalogue` is imported when it is used.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from twin.errors import InputError
from twin.experiments import catalogue
from twin.experiments.framework import Experiment, Result

NAMES = tuple(sorted(module.name.replace("_", "-") for module in iter_modules(catalogue.__path__)))
"""Every experiment: a file in the catalogue is one."""

__all__ = ["NAMES", "Experiment", "Result", "experiment", "run"]


def experiment(name: str) -> Experiment[Any]:
    """Return the experiment called ``name``; raise `InputError` naming the known ones."""
    if name not in NAMES:
        raise InputError(f"experiment {name!r} is not known; choose from {', '.join(NAMES)}")
    found: Experiment[Any] = import_module(f"twin.experiments.catalogue.{name.replace('-', '_')}").EXPERIMENT
    return found


def run(name: str, **parameters: Any) -> Result:
    """Run the experiment called ``name``."""
    return experiment(name)(**parameters)


def __getattr__(name: str) -> Callable[..., Result]:
    if name.replace("_", "-") in NAMES:
        return experiment(name.replace("_", "-")).function
    raise AttributeError(f"module 'twin.experiments' has no attribute {name!r}")
