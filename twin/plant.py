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
MARGIN = 5.0  # V beyond the parameter set's cut-offs; no cell is driven further, and no cycler would
COLDEST, HOTTEST = TEMPERATURES = (
    150.0,
    600.0,
)  # K; beyond the coldest and the warmest ambient of a file, and lithium's melting point
LEAST_LITHIUM = -1e-12  # m, of a lithium anode: nothing, but for rounding; a step past it may come back to any voltage
LEAST_CONTACT = 1e-3  # of the lithium interface; a voltage out of range with less is laid to lost contact
LOWER, UPPER, CURRENT_END, CHARGE_END = LIMITS = (
    "Voltage is at its lower limit",
    "Voltage is at its upper limit",
    "Current is at its limit",
    "Charge is at its limit",
)
"""Events of a plant's `Limits`, in this order after the model's own; those of `BOUNDS` follow."""
BOUNDS = ("Voltage is out of range", "Contact is lost", "Temperature is out of range")
"""Events where no limit is met, and a step would end outside of `Plant.voltage_range` or `TEMPERATURES`."""
BARE = "Lithium is used up"
OPEN = array("d", [1.0, 0.0, 0.0, 0.0])  # current mode, no current
NOT_FINITE = "the state is no longer finite: the inputs ask for more than the cell can give"


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


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a plant stops within a step; an event of `LIMITS` each. The defaults never stop one."""

    lower_V: float = -math.inf
    """Stops where the voltage falls to this [V]."""
    upper_V: float = math.inf
    """Stops where the voltage rises to this [V]."""
    least_A: float = -math.inf
    """Stops where the size of the current falls to this [A]."""
    least_Ah: float = -math.inf
    """Stops where the discharge capacity falls to this [A.h]."""
    most_Ah: float = math.inf
    """Stops where the discharge capacity rises to this [A.h]."""


NO_LIMITS = Limits()


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
        What stopped the last step: an event of the model, for instance an emptied cathode particle, or one of
        `LIMITS` or `BOUNDS`; None while all is well.
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
        self.voltage_range = voltage_range(values)
        self._least_lithium = LEAST_LITHIUM if BARE in stepper.events else -math.inf
        self.limits = NO_LIMITS
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
    def outputs(self) -> Outputs:
        """What the last step came to; meaningless before the first."""
        return make_outputs(Outputs, read_outputs(self._out))

    @property
    def margins(self) -> dict[str, float]:
        """How far the model's events are after the last step, by name; each happens at 0."""
        return dict(zip(self.stepper.events, self._events, strict=True))

    @property
    def limits(self) -> Limits:
        """Where the coming steps stop, besides at the model's events; found within a step, as these are."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        low, high = self.voltage_range
        self._low, self._high = max(low, limits.lower_V), min(high, limits.upper_V)
        self._only_voltage = limits == Limits(limits.lower_V, limits.upper_V)

    def step(self, inputs: Inputs, dt: float) -> Outputs:
        """Advance by ``dt`` [s] with ``inputs`` held.

        When an event of the model or one of the `limits` falls within the step, the plant stops there: `event` names
        it and `done` says how much of ``dt`` was done. A plant stopped by an event goes on only with inputs that lead
        away from it; one that is asked for what crosses a limit at once does nothing, and shows its open circuit.

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
        return self.stride(dt)

    def stride(self, dt: float) -> Outputs:
        """Advance by ``dt`` [s], cut into pieces of at most `LONGEST`, with the inputs already in `inputs_memory`."""
        return self._pieces(self.advance, dt)

    def part(self, dt: float) -> Outputs:
        """`stride` for a length that does not come again, such as the part of a tick before a step of a protocol ends.

        It takes the general function, which needs nothing prepared for its length.
        """
        return self._pieces(self._general_step, dt)

    def advance(self, dt: float) -> Outputs:
        """Advance by one step of ``dt`` [s] with the inputs already in `inputs_memory`; the loop's fast path."""
        u, now = self._u, self._now
        u[9] = dt
        if u[0] == 1.0 and u[8] == 0.0 and self._quick_calls:
            if dt != self._quick_dt:
                self._prepare_quick(dt)
            self._quick[now]()
        else:
            self._general[now]()
        if self._events[0] > 0.0:
            out = make_outputs(Outputs, read_outputs(self._out))
            if (
                self._low < out[0] < self._high
                and COLDEST < out[7] < HOTTEST
                and out[5] >= self._least_lithium
                and (self._only_voltage or self._within(out))
            ):
                self._now = 1 - now
                self.event = None
                self.done = dt
                return out
        return self._stop(dt)

    @property
    def inputs_memory(self) -> "array[float]":
        """The inputs of the next `advance`, in the order of `twin.build.INPUTS`."""
        return self._u

    def _pieces(self, advance: Callable[[float], Outputs], dt: float) -> Outputs:
        if 0.0 < dt <= LONGEST:
            return advance(dt)
        if not 0.0 < dt < math.inf:
            raise ValueError(f"dt = {dt} s: a step has a positive, finite length")
        pieces = math.ceil(dt / LONGEST)
        for piece in range(pieces):
            outputs = advance(dt / pieces)
            if self.event is not None:
                self.done += piece * dt / pieces
                return outputs
        self.done = dt
        return outputs

    def _general_step(self, dt: float) -> Outputs:
        self._u[9] = dt
        self._general[self._now]()
        if not self._holds():
            return self._stop(dt)
        self._now = 1 - self._now
        self.event = None
        self.done = dt
        return self._shown()

    def _shown(self) -> Outputs:
        return make_outputs(Outputs, read_outputs(self._out))

    def _within(self, out: Outputs) -> bool:
        """Whether current and charge are within their limits."""
        limits = self._limits
        least = limits.least_A
        return not -least <= out.current <= least and limits.least_Ah < out.discharge_capacity < limits.most_Ah

    def _holds(self) -> bool:
        """Whether the step just computed meets no event and no limit, as `advance` looks at it."""
        out = self._shown()
        return (
            self._events[0] > 0.0
            and self._low < out.voltage < self._high
            and COLDEST < out.temperature < HOTTEST
            and out.lithium_thickness >= self._least_lithium
            and self._within(out)
        )

    def _stop(self, dt: float) -> Outputs:
        """Find the event within the step by bisection and stop just before it."""
        u, call = self._u, self._general[self._now]
        if not all(map(math.isfinite, u)):
            raise SimulationError(NOT_FINITE)
        low, high = 0.0, dt
        for _ in range(40):
            u[9] = middle = (low + high) / 2
            if middle == 0.0:
                break
            call()
            low, high = (middle, high) if self._holds() else (low, middle)
        u[9] = high
        call()
        self.event = self._which()
        self.done = low
        if low == 0.0:
            return self._at_rest()
        u[9] = low
        call()
        self._now = 1 - self._now
        return self._shown()

    def _at_rest(self) -> Outputs:
        """What the plant shows with its circuit open, its state left alone: what was asked for did not flow."""
        u = self._u
        asked = u[:4]
        u[:4] = OPEN
        u[9] = 1e-12
        self._general[self._now]()
        u[:4] = asked
        out = self._shown()
        # A step past an event may overflow; only one of next to no time that still does has no answer.
        if not all(map(math.isfinite, (*self._states[1 - self._now], *out))):
            raise SimulationError(NOT_FINITE)
        return out

    def _which(self) -> str:
        """What has happened: the first event of the model, else a limit, else the reason for an impossible voltage.

        The first of the model's events is the least of all others.
        """
        happened = [i for i, value in enumerate(self._events) if not value > 0.0]
        if happened:
            return self.stepper.events[happened[1] if len(happened) > 1 else 0]
        out, limits = self._shown(), self._limits
        if not limits.lower_V < out.voltage:
            return LOWER
        if not out.voltage < limits.upper_V:
            return UPPER
        if not self._within(out):
            return CURRENT_END if abs(out.current) <= limits.least_A else CHARGE_END
        # Its margin counts in nanometres of lithium, from one below nothing.
        if self.margins.get(BARE, math.inf) < 2.0:
            return BARE
        if self._low < out.voltage < self._high:
            return BOUNDS[2]
        return BOUNDS[out.contact < LEAST_CONTACT]


def voltage_range(values: dict[str, float]) -> tuple[float, float]:
    """What a plant may answer [V]: its parameters' cut-offs and `MARGIN` beyond; past it, it stops."""
    return values["Lower voltage cut-off [V]"] - MARGIN, values["Upper voltage cut-off [V]"] + MARGIN
