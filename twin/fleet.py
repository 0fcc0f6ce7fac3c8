"""Many cells with their own parameters, states and inputs, stepped in one call."""

import ctypes
import math
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import cache as remembered
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from twin import cache, lanes
from twin import plant as one_plant
from twin.build import INPUTS, OUTPUTS
from twin.compiled import library
from twin.errors import InputError, SimulationError
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.plant import BARE, BOUNDS, LIMITS, LONGEST, NO_LIMITS, Limits, Plant, voltage_range
from twin.quick import METHOD_OF, QUICKEST
from twin.resolve import options_of, values_of

Doubles = NDArray[np.float64]
Sections = tuple[CellSection, FixtureSection, AmbientSection]
Engine = Literal["auto", "lanes", "scalar", "vm"]
DRIVER = (Path(__file__).parent / "fleet.c").read_text()
BOUNDED_BY = ("LONGEST", "COLDEST", "HOTTEST", "LEAST_LITHIUM", "LEAST_CONTACT")
"""Constants of `twin.plant` that the driver shares."""
FLAGS = {
    8: ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"),
    4: ("-mavx2",),
}
"""Compiler flags by cells at a time; the bits are the same for each."""


@dataclass(frozen=True)
class Kernel:
    """A stepper compiled for ``width`` cells at a time, with the driver of `fleet.c` round it.

    ``sizes``: of a state, inputs, what is prepared, outputs and events, by their names in C.
    """

    library: ctypes.CDLL
    width: int
    sizes: dict[str, int]


def kernel(stepper: cache.Stepper, engine: Engine = "auto", width: int | None = None) -> Kernel:
    """Compile, or find in the cache, the driver of a stepper's step functions.

    Parameters
    ----------
    stepper : twin.cache.Stepper
        From the cache.
    engine : {"auto", "lanes", "scalar"}
        ``lanes``: vectors of cells; ``scalar``: one cell at a time through the very code of a `Plant`. ``auto`` is
        ``lanes`` unless the model has an operation that has no vector form.
    width : int, optional
        Cells at a time; by default what the processor takes at once.

    Raises
    ------
    twin.errors.SimulationError
        Without a working C compiler.
    """
    names = ["step", *(name for name in METHOD_OF if stepper.quick is not None)]
    functions = cache.functions(stepper, names)
    if engine != "scalar":
        try:
            text = "".join([lanes.ARITHMETIC, *map(lanes.emit, functions)])
        except lanes.UnknownOperationError as error:
            if engine == "lanes":
                raise SimulationError(f"this model cannot be stepped in lanes: {error}") from error
        else:
            wide = width or processor_width()
            return _compiled(stepper, functions, wide, text, FLAGS.get(wide, ()))
    # Not exported: the C library of Linux has a `step` of its own, which would be called instead.
    hidden = "#define CASADI_SYMBOL_EXPORT static __attribute__((unused))\n"
    shims = "".join(_shim(function) for function in functions)
    return _compiled(stepper, functions, 1, hidden + cache.source(stepper) + shims, ())


def _compiled(stepper: cache.Stepper, functions: list[Any], width: int, text: str, flags: tuple[str, ...]) -> Kernel:
    general = functions[0]
    sizes: dict[str, int] = {
        "STATES": general.numel_in(0),
        "INPUTS": general.numel_in(1),
        "PREPARED": general.numel_in(2),
        "OUTPUTS": general.numel_out(1),
        "EVENTS": general.numel_out(2),
    }
    bare = stepper.events.index(BARE) if BARE in stepper.events else -1
    stated = {**sizes, "HAS_FAST": int(len(functions) > 1), "W": width, "BARE": f"({bare})"}
    stated |= {name: getattr(one_plant, name) for name in BOUNDED_BY}
    defines = "".join(f"#define {name} {value}\n" for name, value in stated.items())
    return Kernel(library(defines + text + DRIVER, flags, "a fleet"), width, sizes)


def _shim(function: Any) -> str:
    """The generated function itself, as lanes of one."""
    return f"""
static void lanes_{function.name()}(const double *y, const double *u, const double *p, double *y1, double *out,
                                    double *events) {{
  const double *arg[{function.sz_arg()}] = {{y, u, p}};
  double *res[{function.sz_res()}] = {{y1, out, events}};
  casadi_int iw[{function.sz_iw() + 1}];
  double w[{function.sz_w() + 1}];
  {function.name()}(arg, res, iw, w, 0);
}}
"""


@remembered
def processor_width() -> int:
    """How many doubles the processor takes at once, of those `FLAGS` knows; 2 where nothing is known."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return 2
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set[str]())
    if {"avx512f", "avx512dq", "avx512vl"} <= flags:
        return 8
    return 4 if "avx2" in flags else 2


def aligned(*shape: int) -> Doubles:
    """Zeros at an address that vectors of every width may be read from."""
    size = math.prod(shape)
    raw = np.zeros(size + 8)
    skip = -raw.ctypes.data % 64 // 8
    return raw[skip : skip + size].reshape(shape)


def blocked(rows: Doubles, width: int) -> Doubles:
    """Rows (entries, n) as blocks (ceil(n / width), entries, width), the last cell repeated to fill the last one."""
    entries, n = rows.shape
    blocks = -(-n // width)
    filled = np.concatenate([rows, np.repeat(rows[:, -1:], blocks * width - n, axis=1)], axis=1)
    out = aligned(blocks, entries, width)
    out[:] = filled.reshape(entries, blocks, width).transpose(1, 0, 2)
    return out


def unblocked(blocks: Doubles, n: int) -> Doubles:
    """The rows (entries, n) that `blocked` was given."""
    return np.ascontiguousarray(blocks.transpose(1, 0, 2).reshape(blocks.shape[1], -1)[:, :n])


class Team:
    """Threads that each take one slice of the blocks; the caller's own takes the first."""

    def __init__(self, blocks: int, threads: int | None) -> None:
        """``threads`` None: one per processor, none with less than 4 blocks to do."""
        count = max(1, min(threads or min(os.cpu_count() or 1, -(-blocks // 4)), blocks))
        cuts = [blocks * i // count for i in range(count + 1)]
        self.slices = list(pairwise(cuts))
        self._pool = ThreadPoolExecutor(count - 1) if count > 1 else None

    def run(self, task: Callable[[int, int], Any]) -> None:
        """Call ``task(first, last)`` for every slice and wait for all."""
        if self._pool is None:
            task(*self.slices[0])
            return
        others = [self._pool.submit(task, *part) for part in self.slices[1:]]
        task(*self.slices[0])
        for other in others:
            other.result()


class Fleet:
    """Many cells of the same options and parameter set, each with its own values, state and inputs.

    Build it with `from_sections`. Arrays hold one column per cell: inputs in the order of `twin.build.INPUTS`, outputs
    in that of `twin.build.OUTPUTS`, SI units. A step allocates nothing and gives the GIL away.

    Attributes
    ----------
    inputs : ndarray, shape (len(INPUTS), n)
        Memory for the inputs of the next step. Its last row, the step's length, is the fleet's own.
    limits : ndarray, shape (5, n)
        Where each cell stops within a step, as `twin.plant.Limits`: rows in the order of its fields.
    event : ndarray of int32, shape (n,)
        By cell, the event that stopped the last step as an index into `event_names`, or -1.
    done : ndarray, shape (n,)
        How much of the last step was done [s]; less than asked where an event came.
    engine : {"lanes", "scalar", "vm"}
        What steps the cells.
    kernel, states, prepared, fast, team
        What C drivers of a fleet need: compiled functions, memory in blocks, threads; not with ``vm``.
    """

    def __init__(
        self,
        stepper: cache.Stepper,
        values: Sequence[dict[str, float]],
        *,
        threads: int | None = None,
        engine: Engine = "auto",
        width: int | None = None,
    ) -> None:
        self.stepper = stepper
        self.n = len(values)
        self.inputs = np.zeros((len(INPUTS), self.n))
        self.inputs[0] = 1.0
        self.inputs[6] = 298.15
        bounds = np.array([(*astuple(NO_LIMITS), *voltage_range(one)) for one in values])
        self._limits = np.ascontiguousarray(bounds.T)
        self.limits = self._limits[: len(bounds.T) - 2]
        self.event = np.full(self.n, -1, dtype=np.int32)
        self.done = np.zeros(self.n)
        self._outputs = np.zeros((len(OUTPUTS), self.n))
        if engine == "vm" or stepper.engine == "vm":
            self.engine: Engine = "vm"
            self._plants = [Plant(stepper, one) for one in values]
            return
        self.kernel = kernel(stepper, engine, width)
        self.engine = "scalar" if self.kernel.width == 1 and engine != "lanes" else "lanes"
        self._parameters = parameters_of(stepper, values)
        prepared, start = columns(stepper.prepare, self._parameters), columns(stepper.initial, self._parameters)
        self.prepared, self.states = blocked(prepared, self.kernel.width), blocked(start, self.kernel.width)
        self.fast = Fast(stepper, self._parameters, self.kernel.width)
        self.team = Team(len(self.states), threads)
        self._piece, self._pieces = 0.0, 0
        self._call = self.kernel.library.fleet_step
        self._call.restype = None
        self._call.argtypes = [*[ctypes.c_int64] * 5, ctypes.c_double, ctypes.c_int64, *[ctypes.c_void_p] * 8]
        memory = (self.inputs, self._limits, self._outputs, self.event, self.done)
        self._places = [array.ctypes.data for array in memory]

    @classmethod
    def from_sections(
        cls,
        sections: Sequence[Sections],
        threads: int | None = None,
        *,
        engine: Engine = "auto",
        width: int | None = None,
    ) -> Self:
        """Build from validated sections, one triple of cell, fixture and ambient per cell.

        Parameters
        ----------
        sections
            At least one; options and parameter set the same for all.
        threads : int, optional
            By default one per processor.
        engine : {"auto", "lanes", "scalar", "vm"}
            ``scalar`` gives the bits of a `Plant`; ``lanes`` is several times as fast and within 1e-12 of it per
            step; ``vm`` needs no compiler.
        width : int, optional
            Cells at a time of ``lanes``; changes no bits.

        Raises
        ------
        twin.errors.InputError
            If the cells do not share one stepper.
        """
        if not sections:
            raise InputError("a fleet needs at least one cell")
        kinds = [(options_of(cell, fixture), cell.chemistry) for cell, fixture, _ in sections]
        for i, kind in enumerate(kinds):
            if kind != kinds[0]:
                raise InputError(f"cell {i} of the fleet has {kind}, cell 0 has {kinds[0]}: one fleet, one model")
        stepper = cache.stepper(*kinds[0], engine="vm" if engine == "vm" else "auto")
        if stepper.engine == "vm" and engine != "vm":
            warnings.warn("no C compiler: CasADi's virtual machine steps the fleet, slowly", RuntimeWarning, 2)
        values = [values_of(*one) for one in sections]
        return cls(stepper, values, threads=threads, engine=engine, width=width)

    def prepare(self, dt: float) -> None:
        """Get ready for steps of ``dt`` [s], which `step` does by itself when the length changes."""
        self.fast.prepare(dt)

    def _advance(self, first: int, last: int) -> None:
        """Step the blocks of one slice."""
        fast = self.fast
        self._call(
            first, last, self.n, fast.kind, fast.entries, self._piece, self._pieces,
            self.states.ctypes.data, self.prepared.ctypes.data, fast.prepared.ctypes.data, *self._places,
        )  # fmt: skip

    def step(self, inputs: Doubles, dt: float) -> Doubles:
        """Advance every cell by ``dt`` [s] with ``inputs`` held.

        A cell that meets an event or one of its `limits` stops there (`event`, `done`); it goes on only with inputs
        that lead away from it.
        One whose numbers go wrong keeps its state, with event 1.

        Parameters
        ----------
        inputs : ndarray, shape (len(INPUTS), n)
            `inputs` itself, or values to copy there. The last row is ignored.
        dt : float
            Longer than `twin.plant.LONGEST`, it is cut into equal pieces.

        Returns
        -------
        ndarray, shape (len(OUTPUTS), n)
            The fleet's own memory: good until the next step.

        Raises
        ------
        ValueError
            If ``dt`` is not positive and finite, or the shape is wrong.
        """
        if not 0.0 < dt < math.inf:
            raise ValueError(f"dt = {dt} s: a step has a positive, finite length")
        if inputs is not self.inputs:
            if inputs.shape != self.inputs.shape:
                raise ValueError(f"inputs have shape {inputs.shape}; this fleet takes {self.inputs.shape}")
            self.inputs[:] = inputs
        self._pieces = math.ceil(dt / LONGEST)
        self._piece = dt / self._pieces
        if self.engine == "vm":
            self._step_plants()
        else:
            self.prepare(self._piece)
            self.team.run(self._advance)
        return self._outputs

    def _step_plants(self) -> None:
        """Step one after the other in CasADi's virtual machine."""
        for i, plant in enumerate(self._plants):
            plant.limits = Limits(*self.limits[:, i].tolist())
            plant.inputs_memory[:] = type(plant.inputs_memory)("d", self.inputs[:, i].tobytes())
            self.done[i], self.event[i] = 0.0, -1
            for _ in range(self._pieces):
                try:
                    self._outputs[:, i] = plant.advance(self._piece)
                except SimulationError:
                    self.event[i] = 1
                    break
                self.done[i] += plant.done
                if plant.event is not None:
                    self.event[i] = self.event_names.index(plant.event)
                    break

    @property
    def state(self) -> Doubles:
        """Every state variable, shape (n_states, n), a copy; assigning it back restores the fleet exactly."""
        if self.engine == "vm":
            return np.array([plant.state for plant in self._plants]).T
        return unblocked(self.states, self.n)

    @state.setter
    def state(self, saved: Doubles) -> None:
        shape = self.state.shape
        if saved.shape != shape:
            raise ValueError(f"a state of shape {saved.shape} is not one of this fleet, which has {shape}")
        if self.engine == "vm":
            for plant, column in zip(self._plants, saved.T, strict=True):
                plant.state = tuple(column.tolist())
        else:
            self.states[:] = blocked(saved, self.kernel.width)

    @property
    def event_names(self) -> tuple[str, ...]:
        """What the numbers in `event` stand for: the model's events, then `twin.plant.LIMITS` and its `BOUNDS`."""
        return (*self.stepper.events, *LIMITS, *BOUNDS)

    @property
    def events(self) -> NDArray[np.bool_]:
        """Which cells the last step stopped before its end, shape (n,)."""
        stopped: NDArray[np.bool_] = self.event >= 0
        return stopped


class Fast:
    """What the quick functions of a stepper need prepared for a step's length, for every cell.

    Attributes
    ----------
    kind : int
        0 where the model has none, 1 quick, 2 fine: as `twin.plant.Plant` chooses.
    entries : int
        Numbers per cell.
    prepared : ndarray, shape (blocks, entries, width)
    """

    def __init__(self, stepper: cache.Stepper, parameters: Sequence[Doubles], width: int) -> None:
        self._stepper = stepper
        self._parameters = parameters
        self._width = width
        self._dt = 0.0
        self.kind = self.entries = 0
        self.prepared = aligned(1)

    def prepare(self, dt: float) -> None:
        """Get ready for steps of ``dt`` [s]; a new length costs some 50 us per cell."""
        if self._stepper.quick is None or dt == self._dt:
            return
        name = "quick" if dt <= QUICKEST else "fine"
        function = getattr(self._stepper, f"prepare_{name}")
        rows = columns(lambda parameters: function(parameters, dt), self._parameters)
        self.prepared = blocked(rows, self._width)
        self.entries = len(rows)
        self.kind = 1 if name == "quick" else 2
        self._dt = dt


def parameters_of(stepper: cache.Stepper, values: Sequence[dict[str, float]]) -> list[Doubles]:
    """Each cell's parameters in the stepper's order."""
    return [np.array([one[name] for name in stepper.names]) for one in values]


def columns(function: Callable[[Doubles], Any], parameters: Sequence[Doubles]) -> Doubles:
    """``function`` of each cell's parameters, as columns: shape (entries, n)."""
    return np.column_stack([np.array(function(one)).ravel() for one in parameters])
