"""Many closed loops in one call: plants in lanes, everything else in C beside them, slices of cells on threads."""

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from controller.configuration import DEFAULT
from hil.experiment_file import Experiment, load
from hil.fleet import layout
from hil.fleet.controllers import FLAGS, raise_fault, translation
from hil.loop import AFTER_TRIP_S, ARMING_LIMIT_S, Loop
from hil.run import build_loop, checked_configuration
from twin.cache import compiler
from twin.compiled import library
from twin.errors import InputError, SimulationError
from twin.fleet import Engine, Fleet
from twin.plant import LONGEST

Doubles = NDArray[np.float64]
SOURCE = (Path(__file__).parent / "closed_loop.c").read_text()
RUNNING = 0
REASONS = (
    "running",
    "protocol complete",
    "voltage at or over its limit",
    "voltage at or under its limit",
    "the measured voltage is not a number",
    "the measured current is not a number",
    "permits stayed low",
    "the controller tripped",
    "the controller could not be armed",
    "the model came to its limit",
    "stopped early, as the file asks",
)
"""How a cell ended, by its number in `ClosedLoopFleet.outcomes`."""


class ClosedLoopFleet:
    """One closed loop per experiment, as `hil.run` builds them, all ticked together.

    A cell does what its single run would do, given the same noise; noise here is a function of the seed in its file,
    its number and a counter, so that neither the number of threads nor the other cells change anything.

    Attributes
    ----------
    n, ticks : int
        Cells, and ticks so far.
    tick_s : float
        Length of a tick [s].
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        *,
        threads: int | None = None,
        numbers: Sequence[int] | None = None,
        settle_s: float = 600.0,
        engine: Engine = "auto",
        width: int | None = None,
    ) -> None:
        """Build one cell per experiment.

        Parameters
        ----------
        experiments
            Of the same tick, options and parameter set; without profiles.
        threads : int, optional
            By default one per processor.
        numbers : sequence of int, optional
            Cell numbers for the noise; by default 0, 1, 2 and so on.
        settle_s : float
            Time from the start that metrics leave out [s].
        engine, width
            As for `twin.Fleet`; ``scalar`` gives the bits of a single run.

        Raises
        ------
        twin.errors.InputError
            If the cells cannot be one fleet, or the controller refuses a file.
        twin.errors.SimulationError
            Without a C compiler.
        """
        if compiler() is None or engine == "vm":
            raise SimulationError("a closed-loop fleet is compiled, and there is no C compiler (cc, gcc or clang)")
        loops = [build_loop(one, _ignore) for one in experiments]
        _check_one_fleet(loops)
        self.n, self.ticks = len(loops), 0
        self.tick_s = loops[0].tick_ms / 1000
        self.numbers = list(range(self.n)) if numbers is None else list(numbers)
        self._fleet = Fleet(
            loops[0].plant.stepper, [one.plant.values for one in loops], threads=threads, engine=engine, width=width
        )
        self._library = _compiled(self._fleet)
        outputs = _started(self._fleet, loops)
        self._cells = (layout.structures()[1] * self.n)()
        self._kept = [
            layout.fill(cell, one, experiment.schema.control.setpoint_MPa * 1e6, outputs[:, i])
            for i, (cell, one, experiment) in enumerate(zip(self._cells, loops, experiments, strict=True))
        ]
        self._start(experiments)
        self._run = self._prepared_run(loops[0].tick_ms, settle_s)

    @classmethod
    def from_file(cls, path: str | Path, overrides: Sequence[Sequence[str]], **options: Any) -> Self:
        """One cell per set of overrides of the same file (`hil.experiment_file.load`); options as for the class."""
        return cls([load(path, tuple(some)) for some in overrides], **options)

    def _start(self, experiments: Sequence[Experiment]) -> None:
        for i, (cell, experiment) in enumerate(zip(self._cells, experiments, strict=True)):
            record = np.array(checked_configuration(experiment) or [0] * len(DEFAULT), dtype=np.int32)
            cell.number_here = i
            seed, number = experiment.schema.run.seed, self.numbers[i]
            raise_fault(self._library.fleet_start(ctypes.byref(cell), record.ctypes.data, seed, number))

    def _prepared_run(self, tick_ms: int, settle_s: float) -> Any:
        """What every call of the driver gets, but for what each asks."""
        fleet, run = self._fleet, layout.structures()[2]()
        run.pieces = max(1, math.ceil(self.tick_s / LONGEST))
        fleet.prepare(self.tick_s / run.pieces)
        run.tick_ms, run.dt, run.n = tick_ms, self.tick_s, self.n
        run.after_trip_s, run.arming_limit_s = AFTER_TRIP_S, ARMING_LIMIT_S
        run.kind, run.entries = fleet.fast.kind, fleet.fast.entries
        run.plant_states, run.prepared = fleet.states.ctypes.data, fleet.prepared.ctypes.data
        run.fast = fleet.fast.prepared.ctypes.data
        run.settled_from = math.ceil(settle_s / self.tick_s)
        run.cells = ctypes.addressof(self._cells)
        functions = fleet.kernel.library
        run.advance = ctypes.cast(functions.fleet_advance, ctypes.c_void_p).value
        run.stop = ctypes.cast(functions.fleet_stop, ctypes.c_void_p).value
        run.part = ctypes.cast(functions.fleet_part, ctypes.c_void_p).value
        run.holds = ctypes.cast(functions.fleet_holds, ctypes.c_void_p).value
        return run

    def run(self, ticks: int, observe_every: int | None = None, capture: Sequence[int] = ()) -> dict[str, Any]:
        """Run every cell that has not ended for ``ticks`` more ticks.

        Parameters
        ----------
        ticks : int
        observe_every : int, optional
            Keep every so manieth tick, counted from the start of all; none by default.
        capture : sequence of int
            Cells of which every pair of frames is kept.

        Returns
        -------
        dict
            ``time_s`` (m,), ``pressure_Pa`` and ``voltage_V`` (n, m), ``faults`` and ``state`` of int32 (n, m): the
            ticks kept, NaN and -1 after a cell has ended; ``frames``: cell -> sensor and command frames, int32 (t, 9)
            each.

        Raises
        ------
        twin.errors.SimulationError
            Where a controller's Python source would have raised.
        """
        kept = self._histories(ticks, observe_every)
        pairs = {i: np.zeros((ticks, 2, 9), dtype=np.int32) for i in capture}
        for i, memory in pairs.items():
            self._cells[i].capture = memory.ctypes.data
        before = {i: self._cells[i].n for i in pairs}
        self._run.ticks = ticks
        faults: list[int] = []
        try:
            self._fleet.team.run(lambda a, b: faults.append(self._library.fleet_run(a, b, ctypes.byref(self._run))))
        finally:
            for i in pairs:
                self._cells[i].capture = None
        for fault in faults:
            raise_fault(fault)
        self.ticks += ticks
        done = {i: pair[: self._cells[i].n - before[i]] for i, pair in pairs.items()}
        return kept | {"frames": {i: (pair[:, 0], pair[:, 1]) for i, pair in done.items()}}

    def _histories(self, ticks: int, every: int | None) -> dict[str, Any]:
        """Memory for the ticks that are kept, bound to the driver."""
        first, last = (self.ticks // every, (self.ticks + ticks) // every) if every else (0, 0)
        shape = (self.n, last - first)
        kept: dict[str, Any] = {
            "time_s": np.arange(first + 1, last + 1) * ((every or 0) * self.tick_s),
            "pressure_Pa": np.full(shape, np.nan),
            "voltage_V": np.full(shape, np.nan),
            "faults": np.full(shape, -1, dtype=np.int32),
            "state": np.full(shape, -1, dtype=np.int32),
        }
        run = self._run
        run.every, run.slots, run.first_slot = every or 0, shape[1], first
        run.pressure, run.volts = kept["pressure_Pa"].ctypes.data, kept["voltage_V"].ctypes.data
        run.fault_bits, run.states = kept["faults"].ctypes.data, kept["state"].ctypes.data
        return kept

    @property
    def outcomes(self) -> NDArray[np.int32]:
        """How each cell ended, an index into `REASONS`, shape (n,); 0 while it runs."""
        return np.array([cell.outcome for cell in self._cells], dtype=np.int32)

    def metrics(self) -> dict[str, Any]:
        """Figures per cell, arrays of shape (n,); pressures are the plant's true ones.

        ``mean_MPa``, and ``offset_percent``, ``rms_deviation_percent``, ``max_deviation_percent`` after `settle_s`, in
        per cent of the mean setpoint: of the pressure less the setpoint in use, from their own mean, as in
        `hil.metrics`; ``ticks`` done, ``outcome``, and ``faults``, every bit that was ever set.
        """
        names = ("settled", "sum", "squares", "lowest", "highest", "asked")
        count, total, squares, low, high, asked = (
            np.array([getattr(cell, name) for cell in self._cells], dtype=float) for name in names
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            off = total / count
            rms = np.sqrt(np.maximum(squares / count - off**2, 0.0))
            target = asked / count
            largest = np.where(count > 0, np.maximum(high - off, off - low), np.nan)
        return {
            "mean_MPa": (target + off) / 1e6,
            "offset_percent": 100 * off / target,
            "rms_deviation_percent": 100 * rms / target,
            "max_deviation_percent": 100 * largest / target,
            "ticks": np.array([cell.n for cell in self._cells]),
            "outcome": self.outcomes,
            "faults": np.array([cell.faults for cell in self._cells], dtype=np.int32),
        }


def _ignore(*row: Any) -> None:
    """A recorder that keeps nothing."""


def _check_one_fleet(loops: Sequence[Loop]) -> None:
    if not loops:
        raise InputError("a fleet needs at least one cell")
    for i, one in enumerate(loops):
        if one.plant.stepper.build != loops[0].plant.stepper.build:
            raise InputError(f"cell {i} of the fleet has other options or parameters than cell 0: one fleet, one model")
        if one.tick_ms != loops[0].tick_ms:
            raise InputError(f"cell {i} ticks every {one.tick_ms} ms, cell 0 every {loops[0].tick_ms} ms: one tick")


def _started(fleet: Fleet, loops: Sequence[Loop]) -> Doubles:
    """Outputs of the plants before their first tick: a step too short to change anything."""
    u = fleet.inputs
    u[0] = 1.0
    for i, one in enumerate(loops):
        u[4:7, i] = one.actuator.position, one.actuator.supply, one.room.temperature
    saved = fleet.state
    outputs = fleet.step(u, 1e-9).copy()
    fleet.state = saved
    return outputs


def _compiled(fleet: Fleet) -> ctypes.CDLL:
    """The driver for this model and width; a model of the same sizes shares it."""
    defines = {f"N_{name}": size for name, size in fleet.kernel.sizes.items()} | {"W": fleet.kernel.width}
    head = "".join(f"#define {name} {size}\n" for name, size in defines.items())
    text = "\n".join([head, translation().text, layout.declarations(), SOURCE])
    loaded = library(text, FLAGS, "a closed-loop fleet")
    loaded.cell_size.restype = ctypes.c_int64
    loaded.fleet_run.argtypes = [ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    loaded.fleet_start.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
    loaded.noise.argtypes = [*[ctypes.c_uint64] * 3, ctypes.c_int64, ctypes.c_void_p]
    assert loaded.cell_size() == ctypes.sizeof(layout.structures()[1])
    return loaded
