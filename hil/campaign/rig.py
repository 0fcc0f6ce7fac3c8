"""One run, put together: the loop of an ordinary run, with a fault at the doors between its parts."""

import math
import random
from array import array
from dataclasses import dataclass, field, replace

from controller import vocabulary
from controller.configuration import check, checksum
from controller.fields import (
    ACTUATOR_KIND,
    CHECKSUM,
    RESPONSE_256,
    ACCEL_counts_per_tick2,
    APPROACH_counts,
    BACKLASH_counts,
    FEED_QUANTUM_uAms,
    RETREAT_TRAVEL_counts,
    SPEED_counts_per_tick,
    STIFFNESS_256hPa_per_count,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
)
from controller.frames import KEY, M_NONE, M_SETPOINT, MESSAGE, VALUE
from hil import scaling
from hil.actuators import Actuator, Regulator, Stepper
from hil.boards import Board
from hil.boards.in_process import InProcess
from hil.campaign.faults import HEALTHY, KINDS, Fault, Scene
from hil.campaign.file import Campaign
from hil.campaign.firmware_board import FirmwareBoard
from hil.campaign.plan import ACTIONS, Draw, has_actuator
from hil.experiment_file import Experiment
from hil.loop import Loop
from hil.operator import Operator
from hil.run import build_loop
from hil.scaling import hPa_per_MPa
from hil.schema import ProtocolSection
from twin.errors import InputError
from twin.files import AmbientSection

SPARE_H = 1.0  # the protocol is longer than the run by so much
SEGMENT_H = (0.2, 1.5)  # a healthy run's protocol changes that often
GUARD = {
    ACTUATOR_KIND: 1,
    SPEED_counts_per_tick: 1,
    ACCEL_counts_per_tick2: 1,
    TRAVEL_MIN_counts: 0,
    TRAVEL_MAX_counts: 1,
    RETREAT_TRAVEL_counts: 0,
    STIFFNESS_256hPa_per_count: 16,
    BACKLASH_counts: 0,
    FEED_QUANTUM_uAms: 0,
    RESPONSE_256: 0,
}
"""A controller with nothing to move: one count of travel, too small to be felt. It opens the permits, and trips."""


class FaultyBoard:
    """The board, and the fault before and behind it.

    Attributes
    ----------
    t : float
        Time since the fault's moment [s], negative before it.
    seen : list of int
        The sensor frame as the board got it.
    command : list of int
        The command frame as it came back.
    """

    def __init__(
        self, board: Board, fault: Fault | None, scene: Scene, moment_s: float, inputs: "array[float]"
    ) -> None:
        """``board`` is sound; from ``moment_s`` on, ``fault`` is at work. ``inputs``: the plant's, for it to disturb.

        ``says`` holds setpoints [hPa] and when the operator sends them, from the moment on [s].
        """
        self.name = board.name
        self.board = board
        self.fault = fault
        self.seen = [0] * 9
        self.command = scene.command
        self.inputs = inputs
        self.says: list[tuple[float, int]] = []
        self.refusable = fault is not None and fault.refusable
        self.moment_s = moment_s
        self._tick_s = scene.tick_s
        self._ticks = 0
        self.t = -moment_s

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        self._ticks += 1
        self.t = t = self._ticks * self._tick_s - self.moment_s
        seen = self.seen
        seen[:] = sensor_frame
        if self.says and t >= self.says[0][0] and seen[MESSAGE] == M_NONE:
            seen[MESSAGE], seen[KEY], seen[VALUE] = M_SETPOINT, 0, self.says.pop(0)[1]
        fault = self.fault
        if fault is not None and t >= 0:
            fault.disturb(t, self.inputs)
            fault.sense(t, seen)
            fault.act(t, self.board)
        command = self.board.exchange(seen)
        self.command[:] = command
        return command


class FaultyActuator:
    """The actuator, and the fault between it and its commands.

    Attributes
    ----------
    asked, given : int
        Counts it was told to move in all, and did.
    last : int
        Counts it moved in the last tick.
    way : int
        Counts it was told to move either way since the fault's moment.
    short : float
        Supply pressure that was commanded and is not there [Pa].
    """

    def __init__(self, actuator: Actuator, board: FaultyBoard) -> None:
        """``actuator`` is sound; the fault and its time are the board's."""
        self.actuator = actuator
        self.board = board
        self.asked = self.given = self.last = self.way = 0
        self.short = 0.0
        self._show()

    def _show(self) -> None:
        self.position, self.supply = self.actuator.position, self.actuator.supply
        self.switches = self.actuator.switches

    def move(self, counts: int) -> None:
        """One tick."""
        self.asked += counts
        board = self.board
        made = counts
        if board.t >= 0:
            self.way += abs(counts)
            if board.fault is not None:
                made = board.fault.move(board.t, counts)
        self.given += made
        self.last = made
        actuator = self.actuator
        if isinstance(actuator, Regulator):
            if board.fault is not None and board.t >= 0:
                actuator.inlet = board.fault.inlet(board.t)
            actuator.move(made)
            self.short = actuator.short
        else:
            actuator.move(made)
        self._show()


@dataclass
class Rig:
    """Everything of one run."""

    draw: Draw
    experiment: Experiment
    loop: Loop
    board: FaultyBoard
    actuator: FaultyActuator
    record: list[int] = field(repr=False)


def build(campaign: Campaign, draw: Draw, *, engine: str = "auto") -> Rig:
    """Put a run together; its loop keeps no rows until it is told where to."""
    experiment = _experiment(campaign, draw)
    file = experiment.schema
    controlled = has_actuator(campaign, draw.fixture)
    configuration = configuration_of(experiment, controlled)
    loop = build_loop(experiment, lambda *row: None, engine=engine)
    kind = KINDS.get(draw.kind)
    scene = Scene(
        record=configuration,
        counts_per_MPa=hPa_per_MPa / scaling.pressure_per_count(file),
        steps_per_MPa=hPa_per_MPa / scaling.pressure_per_step(file) if controlled else 0.0,
        tick_s=file.run.tick_s,
        draw=random.Random(draw.seed),
        noise_counts=scaling.noise(file) / scaling.pressure_per_count(file),
        top_code=(1 << file.actuator.bits) - 1,
        full_scale_Pa=file.actuator.full_scale_MPa * 1e6 if file.actuator.kind == "regulator" else 0.0,
    )
    fault = None if kind is None else kind(draw.severity, scene)
    firmware = kind is not None and kind.needs_firmware
    inner: Board = (
        FirmwareBoard(configuration, file.run.tick_ms, file.actuator.bits) if firmware else InProcess(configuration)
    )
    board = FaultyBoard(inner, fault, scene, draw.moment_s, loop.plant.inputs_memory)
    base = file.control.setpoint_MPa
    board.says = [(at - draw.moment_s, round((base + step) * hPa_per_MPa)) for at, step in draw.setpoint_steps]
    actuator = FaultyActuator(loop.actuator, board)
    loop.board = board
    loop.actuator = actuator  # type: ignore[assignment]  # it has all that the loop asks of one
    if loop.operator is None:
        loop.operator = Operator(round(base * hPa_per_MPa), confirm=True)
    elif draw.homes and isinstance(actuator.actuator, Stepper):
        short = configuration[APPROACH_counts] // 2
        loop.operator = Operator(round(base * hPa_per_MPa), confirm=False, home=True, short=short)
    loop.most_ticks = math.ceil((draw.moment_s + draw.watch_s) / file.run.tick_s)
    return Rig(draw, experiment, loop, board, actuator, configuration)


def configuration_of(experiment: Experiment, controlled: bool) -> list[int]:
    """The controller's record: of the file, or for a fixture without an actuator that of a guard.

    Raises
    ------
    twin.errors.InputError
        If the controller refuses it.
    """
    record = scaling.configuration(experiment.schema)
    if not controlled:
        for key, value in GUARD.items():
            record[key] = value
        record[CHECKSUM] = checksum(record)
    code = check(record)
    if code:
        raise InputError(f"{experiment.path}: the controller refuses this configuration: {vocabulary.explain(code)}")
    return record


def _experiment(campaign: Campaign, draw: Draw) -> Experiment:
    """The fixture's experiment with what was drawn."""
    experiment = campaign.experiments[draw.fixture]
    file = experiment.schema
    steps = tuple({"at_h": at / 3600, "temperature_C": value} for at, value in draw.room_steps)
    ambient = AmbientSection.model_validate({"temperature_C": draw.temperature_C, "steps": steps})
    changed = file.model_copy(
        update={
            "cell": file.cell.model_copy(update={"state_of_charge": draw.state_of_charge}),
            "ambient": ambient,
            "protocol": ProtocolSection.model_validate({"steps": _steps(draw)}),
            "run": file.run.model_copy(update={"seed": draw.seed, "stop_after_h": None, "open_limit_h": 1000.0}),
        }
    )
    return replace(experiment, schema=changed, profiles={})


def _steps(draw: Draw) -> tuple[dict[str, float], ...]:
    """The protocol: one step, or for a healthy run many, with as much charge as discharge in the long run."""
    hours = (draw.moment_s + draw.watch_s) / 3600 + SPARE_H
    if draw.kind != HEALTHY or not draw.room_steps:
        return (_step(draw.action, draw.current_mA_per_cm2, hours),)
    chance = random.Random(draw.seed)
    steps: list[dict[str, float]] = []
    while hours > 0:
        lasts = chance.uniform(*SEGMENT_H)
        steps.append(_step(chance.choice(ACTIONS), draw.current_mA_per_cm2 * chance.uniform(0.3, 1.0), lasts))
        hours -= lasts
    return tuple(steps)


def _step(action: str, current: float, hours: float) -> dict[str, float]:
    if action == "rest":
        return {"rest_h": hours}
    return {f"{action}_mA_per_cm2": current, "for_h": hours}


__all__ = ["GUARD", "FaultyActuator", "FaultyBoard", "Rig", "build", "configuration_of"]
