"""The closed loop: plant, sensors, board, actuator and cycler, one tick at a time, in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from controller.frames import (
    BLOCKS,
    FAULTS,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    STATE,
    TRIPPED,
)
from hil.actuators import Actuator
from hil.boards import Board
from hil.cycler import COMPLETE, CURRENT, NEAR, Cycler
from hil.operator import Operator
from hil.room import Room
from hil.scaling import hPa_per_MPa
from hil.sensors import CurrentSense, LoadCell
from twin.errors import SimulationError
from twin.plant import LIMITS, LONGEST, LOWER, NO_LIMITS, UPPER, Outputs, Plant
from twin.resolve import ZERO_CELSIUS

TIME_WRAP = (1 << 30) - 1
ARMING_LIMIT_S = 300.0  # an operator gives up after so long
AFTER_TRIP_S = 30.0  # a tripped run goes on for so long, to show the safe state

DONE, TRIP, FAILED = 0, 3, 4
"""Exit codes of a run: the protocol was completed, a safety trip ended it, the simulation failed."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    code : int
        0 done, 3 a safety trip ended the run, 4 the simulation failed.
    reason : str
        One sentence.
    faults, blocks : int
        Bits of the last command frame.
    """

    code: int
    reason: str
    faults: int
    blocks: int


@dataclass
class Loop:
    """Everything one run needs; `run` drives it to its end.

    ``record`` takes a row in the order of `hil.columns`; ``measured`` turns raw counts into the pressure [Pa] they
    stand for.
    """

    plant: Plant
    board: Board
    actuator: Actuator
    load_cell: LoadCell
    current_sense: CurrentSense
    cycler: Cycler
    room: Room
    operator: Operator | None
    record: Callable[..., None]
    measured: Callable[[int], float]
    tick_ms: int
    most_ticks: int | None = None
    tripped: Outcome | None = field(default=None, init=False)

    def run(self, progress: Callable[[float], None] | None = None, every: int = 5000) -> Outcome:
        """Drive the loop until the protocol is over, a trip has shown its safe state, or the plant fails.

        ``progress`` is called with the share of the protocol done, 0 to 1, once per ``every`` ticks.
        """
        started = _started(self.plant, self.actuator, self.room)
        tick = _tick(self, started)
        outcome: Outcome | None = None
        left = self.most_ticks
        try:
            while outcome is None:
                outcome = tick(every if left is None else min(every, left))
                if left is not None and outcome is None:
                    left -= min(every, left)
                    if left == 0:
                        outcome = self.tripped or Outcome(DONE, "stopped early, as the file asks", 0, 0)
                if progress is not None:
                    progress(self._share(left))
        except SimulationError as error:
            return Outcome(FAILED, str(error), 0, 0)
        return outcome

    def _share(self, left: int | None) -> float:
        """Share of the run that is done: of the protocol, or of the ticks it may take."""
        of_ticks = 1 - left / self.most_ticks if left is not None and self.most_ticks else 0.0
        return max(self.cycler.progress(), of_ticks)


def _started(plant: Plant, actuator: Actuator, room: Room) -> tuple[float, ...]:
    """Outputs of the plant before its first tick: a step too short to change anything."""
    u = plant.inputs_memory
    u[0], u[1], u[2], u[3] = 1.0, 0.0, 0.0, 0.0
    u[4], u[5], u[6] = actuator.position, actuator.supply, room.temperature
    u[7] = u[8] = 0.0
    saved = plant.state
    outputs = plant.advance(1e-9)
    plant.state = saved
    return outputs


def _tick(loop: Loop, outputs: tuple[float, ...]) -> Callable[[int], Outcome | None]:
    """A function that runs so many ticks; everything it touches is a local name, for this is the hot path."""
    plant, actuator, room, operator = loop.plant, loop.actuator, loop.room, loop.operator
    tick_ms, dt = loop.tick_ms, loop.tick_ms / 1000
    advance, u, exchange, move = plant.advance, plant.inputs_memory, loop.board.exchange, actuator.move
    if dt > LONGEST:
        advance = plant.stride
    read_force, read_current = loop.load_cell.read, loop.current_sense.read
    load_cell, cycler, record, measured = loop.load_cell, loop.cycler, loop.record, loop.measured
    decide, account = cycler.decide, cycler.account
    frame = [0] * 9
    n, after_trip = 0, 0
    executed, index = -1, 0
    voltage, current, _, force, *_ = outputs
    frame_temperature, passed = room.temperature, 0.0
    limits = plant.limits = NO_LIMITS

    def ticks(count: int) -> Outcome | None:
        nonlocal n, after_trip, executed, index, voltage, current, force, frame_temperature, passed, limits
        for _ in range(count):
            read_force(force, frame_temperature, tick_ms)
            frame[0] = (n + 1) * tick_ms & TIME_WRAP
            frame[1] = counts = load_cell.counts
            frame[2] = load_cell.sample
            frame[4] = read_current(current)
            frame[5] = actuator.switches
            if operator is not None:
                frame[6], frame[7], frame[8] = operator.message
            command = exchange(frame)
            if operator is not None and operator.waiting:
                operator.see(command)
            move(command[0])
            charge, discharge = command[2] & PERMIT_CHARGE != 0, command[2] & PERMIT_DISCHARGE != 0
            mode, value = decide(dt, voltage, current, charge, discharge)
            time = cycler.run_s
            if time >= room.until:
                room.advance(time)
            u[mode], u[1 - mode], u[3] = 1.0, 0.0, value
            u[4], u[5], u[6] = actuator.position, actuator.supply, room.temperature
            if limits is not cycler.limits:
                plant.limits = limits = cycler.limits
            cycle, step, phase = cycler.cycle_count, cycler.step_index, cycler.phase_index
            span, failed = cycler.span, False
            out = advance(dt) if span >= dt else plant.part(span)
            if span >= dt and plant.event is None:
                mean = out[1] if mode == CURRENT else (out[11] - passed) * 3600 / dt
                account(dt, mean * dt, out[0], out[1])
                shown = out[0]
            else:
                out, mean, shown, failed = _in_parts(plant, cycler, out, mode, passed, dt, charge, discharge)
                limits = plant.limits
            (voltage, current, pressure, force, thickness, lithium, contact, temperature, frame_temperature,
             _, _, passed) = out  # fmt: skip
            n += 1
            index = index + 1 if phase == executed else 1
            executed = phase
            record(
                n * tick_ms / 1000, shown, mean, pressure,
                room.temperature - ZERO_CELSIUS, temperature - ZERO_CELSIUS,
                cycle, phase + 1, index, step,
                measured(counts), command[8] * (1e6 / hPa_per_MPa), thickness, lithium, contact, actuator.position,
                *frame, *command,
            )  # fmt: skip
            if failed:
                return Outcome(FAILED, f"the model came to its limit: {plant.event}", command[FAULTS], command[BLOCKS])
            if command[STATE] == TRIPPED:
                after_trip += 1
                loop.tripped = Outcome(TRIP, "the controller tripped", command[FAULTS], command[BLOCKS])
                if after_trip * dt >= AFTER_TRIP_S:
                    return loop.tripped
            if cycler.finished:
                return loop.tripped or _ended(cycler.ended_by, command)
            if operator is not None and operator.waiting and n * dt > ARMING_LIMIT_S:
                return Outcome(TRIP, "the controller could not be armed", command[FAULTS], command[BLOCKS])
        return None

    return ticks


def _in_parts(
    plant: Plant, cycler: Cycler, out: Outputs, mode: int, passed: float, dt: float, charge: bool, discharge: bool
) -> tuple[Outputs, float, float, bool]:
    """Finish a tick within which a phase ends: what the plant shows at its end, for the row, and whether it failed.

    ``out``: after the first part, which the plant has done in ``mode``; ``passed``: discharge capacity before it
    [A.h]; ``charge``, ``discharge``: permits of the tick. For the row: the mean current of the tick, and the voltage
    at its end, or where a phase ended at a voltage, that one.
    """
    u, left, flowed, shown = plant.inputs_memory, dt, 0.0, None
    while True:
        event, done = plant.event, plant.done
        part = out.current * done if mode == CURRENT else (out.discharge_capacity - passed) * 3600
        left, flowed, passed = left - done, flowed + part, out.discharge_capacity
        at_limit = event in LIMITS
        if event is not None and not at_limit:
            return out, flowed / dt, out.voltage, True
        voltage = out.voltage
        if event in (LOWER, UPPER):
            voltage = plant.limits.lower_V if event == LOWER else plant.limits.upper_V
            shown = out.voltage if done > 0.0 else shown
        cycler.account(done, part, voltage, out.current, at_limit)
        if left <= NEAR * dt:
            return out, flowed / dt, out.voltage if shown is None else shown, False
        mode, value = cycler.decide(left, out.voltage, out.current, charge, discharge)
        u[mode], u[1 - mode], u[3] = 1.0, 0.0, value
        plant.limits = cycler.limits
        out = plant.part(min(cycler.span, left))


def _ended(reason: str, command: list[int]) -> Outcome:
    """The cycler has finished: as planned, or because one of its limits was met."""
    return Outcome(DONE if reason == COMPLETE else TRIP, reason, command[FAULTS], command[BLOCKS])
