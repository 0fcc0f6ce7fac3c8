"""The cell in its fixture, stepped once per tick with new inputs: the plant of a control loop."""

import math
import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeVar

import numpy as np
from pydantic import ValidationError

from twin import cache
from twin.build import INPUTS, OUTPUTS
from twin.documents import read_toml
from twin.errors import InputError, SimulationError
from twin.files import AmbientSection, CellSection, FixtureSection, beside
from twin.quick import METHOD_OF, QUICKEST
from twin.resolve import options_of, values_of

Mode = Literal["current", "voltage", "power"]
WEIGHTS = {"current": (1.0, 0.0, 0.0), "voltage": (0.0, 1.0, 0.0), "power": (0.0, 0.0, 1.0)}
_Section = TypeVar("_Section", CellSection, FixtureSection, AmbientSection)
WHERE = {"current": 0, "voltage": 1, "power": 2}
LONGEST = 1.0  # s; longer steps are cut, to keep the error of a step where it was measured


@dataclass(slots=True)
class Inputs:
    """What drives a plant during one step; SI units, positive current and power on discharge."""

    mode: Mode = "current"
    value: float = 0.0
    """Current [A], voltage [V] or power [W], by the mode."""
    actuator: float = 0.0
    """Position of an actuated spring's far end [m], + compresses."""
    supply: float = 0.0
    """Supply pressure of a press [Pa]."""
    ambient: float = 298.15
    """Ambient temperature [K]."""
    extra_thickness: float = 0.0
    """Disturbance: gas, sudden expansion [m]."""
    leak: float = 0.0
    """Disturbance: conductance of an internal short [S]."""


class Outputs(NamedTuple):
    """What a plant shows after a step, in SI units."""

    voltage: float
    current: float
    pressure: float
    force: float
    thickness_change: float
    lithium_thickness: float
    contact: float
    temperature: float
    frame_temperature: float
    relaxation: float
    stoichiometry: float
    discharge_capacity: float


def _section(kind: type[_Section], content: dict[str, Any], path: str | Path) -> _Section:
    """One section of a file, validated as written; the first thing wrong with it is one line."""
    name = kind.__name__.removesuffix("Section").lower()
    given = content.get(name, {})
    if isinstance(given, dict):
        given = beside(given, path)
        # Strict validation asks for tuples; TOML has lists only.
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    try:
        return kind.model_validate(given, strict=True)
    except ValidationError as error:
        first: Any = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        value = "" if first["type"] in ("missing", "value_error") else f" = {first['input']!r}"
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{path}: {where}{value}: {reason}") from error


read_outputs = struct.Struct(f"{len(OUTPUTS)}d").unpack_from
make_outputs: Callable[[type[Outputs], Any], Outputs] = (
    tuple.__new__
)  # a named tuple made from a tuple; its own _make takes twice as long


class Plant:
    """A solid-state cell in its fixture.

    Build it with `from_file` or `from_sections`. `step` advances it; `state` saves and restores it exactly.

    Attributes
    ----------
    event : str or None
        The event that stopped the last step, for instance an emptied cathode particle; None while all is well.
    done : float
        How much of the last step was done [s]; less than asked when an event came.
    """

    def __init__(self, stepper: cache.Stepper, values: dict[str, float]) -> None:
        self.stepper = stepper
        self.values = values
        self._parameters = parameters = np.array([values[name] for name in stepper.names])
        self._prepared = np.array(stepper.prepare(parameters)).ravel()
        start = np.array(stepper.initial(parameters)).ravel()
        self._u = array("d", [0.0] * len(INPUTS))
        self._out = array("d", [0.0] * len(OUTPUTS))
        self._events = array("d", [1.0] * len(stepper.events))
        # Two states and two bound calls: the step reads one and writes the other, and nothing is copied.
        self._states = (array("d", start), array("d", start))
        self._calls = self._bind(stepper.step, self._prepared)
        # The calls themselves, without what keeps their memory alive.
        self._general = tuple(bound[0] for bound in self._calls)
        self._quick_calls = {name: self._bind_quick(name) for name in METHOD_OF if stepper.quick is not None}
        self._quick: tuple[Any, ...] = ()
        self._quick_dt = 0.0
        self._now = 0
        self.event: str | None = None
        self.done = 0.0

    @classmethod
    def from_file(cls, path: str | Path, *, engine: str = "auto") -> Self:
        """Read the sections `[cell]`, `[fixture]` and `[ambient]` of an input file.

        Raises
        ------
        twin.errors.InputError
            If the file or one of these sections is wrong.
        """
        content = read_toml(Path(path))
        cell = _section(CellSection, content, path)
        fixture = _section(FixtureSection, content, path)
        ambient = _section(AmbientSection, content, path)
        try:
            return cls.from_sections(cell, fixture, ambient, engine=engine)
        except InputError as error:
            where = "" if str(error).startswith("fixture.") else "cell."
            raise InputError(f"{path}: {where}{error}") from error

    @classmethod
    def from_sections(
        cls, cell: CellSection, fixture: FixtureSection, ambient: AmbientSection, *, engine: str = "auto"
    ) -> Self:
        """Build from validated sections."""
        values = values_of(cell, fixture, ambient)
        return cls(cache.stepper(options_of(cell, fixture), cell.chemistry, engine=engine), values)

    def _bind(self, function: Any, prepared: Any) -> tuple[Any, ...]:
        """Two calls of ``function``, each stepping one state into the other, bound to this plant's memory."""
        bound = []
        for source in (0, 1):
            buffer, call = function.buffer()
            arguments: tuple[Any, ...] = (self._states[source], self._u, prepared)
            results = (self._states[1 - source], self._out, self._events)
            for i, memory in enumerate(arguments):
                buffer.set_arg(i, memoryview(memory))
            for i, memory in enumerate(results):
                buffer.set_res(i, memoryview(memory))
            bound.append((call, buffer, arguments, results))  # kept alive with the call
        return tuple(bound)

    def _bind_quick(self, name: str) -> tuple[Any, Any]:
        """Memory for what the function ``name`` needs prepared, and its calls."""
        function = getattr(self.stepper, name)
        prepared = np.zeros(function.size1_in(2))
        return prepared, self._bind(function, prepared)

    def _prepare_quick(self, dt: float) -> None:
        """Compute what depends on parameters and the step's length; done again only when the length changes."""
        name = "quick" if dt <= QUICKEST else "fine"
        prepared, calls = self._quick_calls[name]
        prepared[:] = np.array(getattr(self.stepper, f"prepare_{name}")(self._parameters, dt)).ravel()
        self._quick = tuple(bound[0] for bound in calls)
        self._quick_dt = dt

    def reference(self) -> tuple[Any, Any]:
        """The same model in PyBaMM, from its start and with the present inputs: `twin.reference.reference`."""
        from twin.reference import reference

        return reference(self.stepper, self.values, self._u, self._out[1])

    @property
    def state(self) -> tuple[float, ...]:
        """Every state variable; assigning it back restores the plant exactly."""
        return tuple(self._states[self._now])

    @state.setter
    def state(self, saved: tuple[float, ...]) -> None:
        target = self._states[self._now]
        if len(saved) != len(target):
            raise ValueError(f"a state of {len(saved)} numbers is not one of this plant, which has {len(target)}")
        target[:] = array("d", saved)

    @property
    def margins(self) -> dict[str, float]:
        """How far the model's events are after the last step, by name; each happens at 0."""
        return dict(zip(self.stepper.events, self._events, strict=True))

    def step(self, inputs: Inputs, dt: float) -> Outputs:
        """Advance by ``dt`` [s] with ``inputs`` held.

        When an event of the model falls within the step, the plant stops there: `event` names it and `done` says how
        much of ``dt`` was done. A plant stopped by an event goes on only with inputs that lead away from it.

        Raises
        ------
        twin.errors.SimulationError
            If the state is no longer finite: inputs beyond what the model can answer.
        """
        u = self._u
        if u[WHERE[inputs.mode]] != 1.0:
            u[0], u[1], u[2] = WEIGHTS[inputs.mode]
        u[3] = inputs.value
        u[4] = inputs.actuator
        u[5] = inputs.supply
        u[6] = inputs.ambient
        u[7] = inputs.extra_thickness
        u[8] = inputs.leak
        if 0.0 < dt <= LONGEST:
            return self.advance(dt)
        if not 0.0 < dt < math.inf:
            raise ValueError(f"dt = {dt} s: a step has a positive, finite length")
        pieces = math.ceil(dt / LONGEST)
        for piece in range(pieces):
            outputs = self.advance(dt / pieces)
            if self.event is not None:
                self.done += piece * dt / pieces
                return outputs
        self.done = dt
        return outputs

    def advance(self, dt: float) -> Outputs:
        """Advance by ``dt`` <= `LONGEST` with the inputs already in `inputs_memory`; the loop's fast path."""
        u, now = self._u, self._now
        u[9] = dt
        if u[0] == 1.0 and u[8] == 0.0 and self._quick_calls:
            if dt != self._quick_dt:
                self._prepare_quick(dt)
            self._quick[now]()
        else:
            self._general[now]()
        if self._events[0] > 0.0:
            self._now = 1 - now
            self.event = None
            self.done = dt
            return make_outputs(Outputs, read_outputs(self._out))
        return self._stop(dt)

    @property
    def inputs_memory(self) -> "array[float]":
        """The inputs of the next `advance`, in the order of `twin.build.INPUTS`."""
        return self._u

    def _stop(self, dt: float) -> Outputs:
        """Find the event within the step by bisection and stop just before it."""
        call = self._general[self._now]
        low, high = 0.0, dt
        for _ in range(40):
            self._u[9] = middle = (low + high) / 2
            if middle == 0.0:
                break
            call()
            low, high = (middle, high) if self._events[0] > 0.0 else (low, middle)
        self._u[9] = high
        call()
        self.event = self.stepper.events[self._which()]
        self._u[9] = max(low, 1e-12)
        call()
        # A step past an event may overflow; only one of next to no time that still does has no answer.
        if not all(map(math.isfinite, (*self._states[1 - self._now], *self._u, *self._out))):
            raise SimulationError("the state is no longer finite: the inputs ask for more than the cell can give")
        if low > 0.0:
            self._now = 1 - self._now
        self.done = low
        return make_outputs(Outputs, read_outputs(self._out))

    def _which(self) -> int:
        """Number of the first event that has happened; the first of the list is the least of all others."""
        return next((i for i, value in enumerate(self._events) if i and not value > 0.0), 0)
