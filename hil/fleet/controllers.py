"""Many controllers in one call: the one Python source, translated to C."""

import ctypes
from collections.abc import Sequence
from functools import cache as remembered
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.configuration import DEFAULT
from hil.fleet.translate import Translation, translate
from twin.compiled import library
from twin.errors import SimulationError

Ints = NDArray[np.int32]
MODULES = ("controller.fields", "controller.frames", "controller.clamp", "controller.scale", "controller.configuration",
           "controller.law", "controller.safety", "controller.core", "controller.response", "controller.policy",
           "controller.manual", "controller.controller")  # fmt: skip
FLAGS = ("-fwrapv",)
BATCH = (
    f"\n#define RECORD {len(DEFAULT)}\n"
    + """
int64_t controllers_size(void) { return sizeof(struct Controller); }
int32_t controllers_init(struct Controller *all, int32_t *configs, int32_t *found, int64_t n) {
  fault = 0;
  for (int64_t i = 0; i < n; i++) Controller_init(&all[i], configs + RECORD * i, found[i]);
  return fault;
}
int32_t controllers_tick(struct Controller *all, int32_t *sensors, int32_t *commands, int64_t n) {
  fault = 0;
  for (int64_t i = 0; i < n; i++) Controller_tick(&all[i], sensors + 9 * i, commands + 9 * i);
  return fault;
}
"""
)
FAULTS = {1: "an index out of range", 2: "a division by zero", 4: "a number of more than 31 bits"}


@remembered
def translation() -> Translation:
    """The controller in C."""
    return translate(MODULES, "Controller", ("__init__", "tick"))


@remembered
def compiled(checked: bool = False) -> ctypes.CDLL:
    """The controller, compiled; ``checked`` looks whether every intermediate keeps to 31 bits."""
    loaded = library(("#define CHECKED\n" if checked else "") + translation().text + BATCH, FLAGS, "the controller")
    loaded.controllers_size.restype = ctypes.c_int64
    for call in (loaded.controllers_init, loaded.controllers_tick):
        call.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    return loaded


class CompiledControllers:
    """``n`` controllers with their own configurations, ticked together.

    Attributes
    ----------
    sensors, commands : ndarray of int32, shape (n, 9)
        The frames of the last tick (`controller.frames`).
    """

    def __init__(
        self, configs: Sequence[Sequence[int]] | Ints, found: Sequence[int] | int = 0, *, checked: bool = False
    ) -> None:
        """``configs``: n records (`controller.fields`); ``found``: what each board found at boot.

        Raises
        ------
        ValueError
            If a record has another length.
        twin.errors.SimulationError
            Without a C compiler.
        """
        records = np.ascontiguousarray(np.array(configs, dtype=np.int32))
        if records.ndim != 2 or records.shape[1] != len(DEFAULT):
            raise ValueError(f"configurations of shape {records.shape}; they are n records of {len(DEFAULT)} integers")
        self.n = len(records)
        self._library = compiled(checked)
        self._structure = translation().structure("Controller")
        assert ctypes.sizeof(self._structure) == self._library.controllers_size()
        self._all = (self._structure * self.n)()
        self.sensors = np.zeros((self.n, 9), dtype=np.int32)
        self.commands = np.zeros((self.n, 9), dtype=np.int32)
        starts = np.broadcast_to(np.array(found, dtype=np.int32), (self.n,)).copy()
        raise_fault(self._library.controllers_init(self._all, records.ctypes.data, starts.ctypes.data, self.n))

    def tick(self, sensors: Ints) -> Ints:
        """One tick of every controller.

        Parameters
        ----------
        sensors : ndarray of int, shape (n, 9)
            Sensor frames, each number within 31 bits.

        Returns
        -------
        ndarray of int32, shape (n, 9)
            Command frames, in memory of its own until the next tick.

        Raises
        ------
        twin.errors.SimulationError
            Where the Python source would have raised; with ``checked`` also when a number leaves 31 bits.
        """
        self.sensors[:] = sensors
        raise_fault(
            self._library.controllers_tick(self._all, self.sensors.ctypes.data, self.commands.ctypes.data, self.n)
        )
        return self.commands

    def state(self, i: int) -> dict[str, Any]:
        """Every attribute of controller ``i`` by name; those of its parts are dictionaries of their own."""
        return _attributes(self._all[i])


def _attributes(structure: ctypes.Structure) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, *_ in structure._fields_:
        value = getattr(structure, name)
        if isinstance(value, ctypes.Structure):
            found[name] = _attributes(value)
        elif isinstance(value, ctypes.Array):
            found[name] = list(value)
        elif isinstance(value, int) and not _is_pointer(structure, name):
            found[name] = value
    return found


def _is_pointer(structure: ctypes.Structure, name: str) -> bool:
    return any(entry[0] == name and entry[1] is ctypes.c_void_p for entry in structure._fields_)


def raise_fault(fault: int) -> None:
    """Raise what the flag of the translated controller stands for, if anything."""
    if fault:
        raise SimulationError("the compiled controller met " + " and ".join(t for b, t in FAULTS.items() if fault & b))


class Compiled:
    """The compiled controller as a board."""

    name = "compiled"

    def __init__(self, configuration: Sequence[int]) -> None:
        """``configuration`` as from `hil.scaling.configuration`."""
        self._one = CompiledControllers([configuration])
        self._command = [0] * 9

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        self._one.sensors[0] = sensor_frame
        self._command[:] = self._one.tick(self._one.sensors)[0].tolist()
        return self._command
