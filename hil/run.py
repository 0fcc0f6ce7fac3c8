"""Runs an experiment file from start to finished log."""

import math
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from controller import vocabulary
from controller.configuration import check
from controller.frames import C_LINK
from hil import scaling
from hil.actuators import Actuator, Locked, Regulator, Stepper
from hil.boards import Board
from hil.boards.absent import Absent
from hil.boards.in_process import InProcess
from hil.cycler import Cycler
from hil.experiment_file import Experiment
from hil.journal import LogError
from hil.log import Log, finalise, journal_path, log_path, read
from hil.loop import TRIP, Loop, Outcome
from hil.operator import Operator
from hil.plausibility import Check, Finding
from hil.realtime import BehindError, Paced
from hil.recorder import Recorder
from hil.room import Room
from hil.scaling import hPa_per_MPa
from hil.sensors import CurrentSense, LoadCell
from hil.session import RefusedError
from hil.transport import LinkLostError
from twin.errors import InputError
from twin.folder import make_writable
from twin.plant import Plant

PACKAGES = ("isostack", "pybamm", "casadi", "numpy", "pyarrow")


@dataclass(frozen=True)
class Finished:
    """A run that has ended: how, and its logs."""

    outcome: Outcome
    logs: tuple[Path, ...]

    def log(self) -> Log:
        """The first of its logs, opened."""
        return read(self.logs[0])

    def violations(self) -> list[Finding]:
        """What its log holds that is not possible."""
        return [Finding(**found) for found in self.log().outcome.get("violations", ())]


def execute(
    experiment: Experiment,
    folder: Path,
    name: str,
    *,
    label: str = "",
    engine: str = "auto",
    board: Board | None = None,
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Finished:
    """Run ``experiment`` and keep its log as ``folder/name``; the controller runs on ``board``, or in this process.

    While it runs, the log is a journal beside its final name; `isostack recover` turns one that was left by a killed
    run into a log.

    Raises
    ------
    twin.errors.InputError
        If the file asks for what the controller refuses.
    hil.journal.LogError
        If the log cannot be written, or a log is in the way and ``overwrite`` is not set.
    """
    file = experiment.schema
    configuration = checked_configuration(experiment)
    plant = Plant.from_sections(file.cell, file.fixture, file.ambient, engine=engine)
    base = free_place(folder, name, overwrite)
    board = board or _board(experiment, configuration)
    metadata = _metadata(experiment, plant, configuration, board, label)
    flush_rows = max(1, round(file.log.flush_s / file.run.tick_s))
    with Recorder(journal_path(base), metadata, flush_rows=min(flush_rows, 60_000)) as recorder:
        outcome = _ended(_loop(experiment, plant, board, recorder.record), board, progress)
        recorder.close(_closing(outcome, board, plant))
    logs = finalise(journal_path(base), base, file.log.formats, overwrite=overwrite, judged_by=Check)
    return Finished(outcome, tuple(logs))


def is_controlled(experiment: Experiment) -> bool:
    """Whether a controller drives this run; a passive fixture has none."""
    return experiment.schema.control.enabled and experiment.schema.actuator.kind != "none"


def checked_configuration(experiment: Experiment) -> list[int]:
    """The controller's configuration record; empty for a passive fixture. Raises `InputError` on what it refuses."""
    if not is_controlled(experiment):
        return []
    record = scaling.configuration(experiment.schema)
    code = check(record)
    if code:
        raise InputError(f"{experiment.path}: the controller refuses this configuration: {vocabulary.explain(code)}")
    return record


def build_loop(experiment: Experiment, record: Callable[..., None], *, engine: str = "auto") -> Loop:
    """A loop that hands its rows to ``record``, for those who keep no log."""
    file = experiment.schema
    plant = Plant.from_sections(file.cell, file.fixture, file.ambient, engine=engine)
    board = _board(experiment, checked_configuration(experiment))
    return _loop(experiment, plant, board, record)


def _ended(loop: Loop, board: Board, progress: Callable[[float], None] | None) -> Outcome:
    """Run the loop to its end, which may be that of the board."""
    paced = isinstance(board, Paced)
    try:
        return loop.run(progress, max(1, 1000 // loop.tick_ms)) if paced else loop.run(progress)
    except LinkLostError as error:
        return Outcome(TRIP, str(error), C_LINK, 0)
    except RefusedError as error:
        # It ran a moment ago: only a reset takes it out of its mode.
        return Outcome(TRIP, f"{board.name}: the board no longer ticks, it was reset: {error}", C_LINK, 0)
    except BehindError as error:
        return Outcome(TRIP, str(error), 0, 0)


def _board(experiment: Experiment, configuration: list[int]) -> Board:
    """The controller in this process; for a passive fixture, none."""
    return InProcess(configuration) if configuration else Absent(_setpoint(experiment))


def _setpoint(experiment: Experiment) -> int:
    return round(experiment.schema.control.setpoint_MPa * hPa_per_MPa)


def _loop(experiment: Experiment, plant: Plant, board: Board, record: Callable[..., None]) -> Loop:
    file = experiment.schema
    actuator = _actuator(experiment)
    values = plant.values
    return Loop(
        plant=plant,
        board=board,
        actuator=actuator,
        load_cell=LoadCell(file.sensor, file.run.seed, file.fixture.preload_MPa * 1e6 * file.cell.area_m2),
        current_sense=CurrentSense(file.sensor, file.run.seed),
        cycler=Cycler(
            experiment.phases(),
            capacity_Ah=file.cell.capacity_Ah,
            lower_V=_or(file.protocol.lower_V, values["Lower voltage cut-off [V]"]),
            upper_V=_or(file.protocol.upper_V, values["Upper voltage cut-off [V]"]),
            open_limit_s=file.run.open_limit_h * 3600,
            state_of_charge=file.cell.state_of_charge,
        ),
        room=Room(file.ambient),
        operator=_operator(experiment, actuator),
        record=record,
        measured=scaling.counts_to_pressure(file),
        tick_ms=file.run.tick_ms,
        most_ticks=None
        if file.run.stop_after_h is None
        else max(1, round(file.run.stop_after_h * 3600 / file.run.tick_s)),
    )


def _operator(experiment: Experiment, actuator: Actuator) -> Operator | None:
    """Who arms the controller, where there is one."""
    if not is_controlled(experiment):
        return None
    return Operator(_setpoint(experiment), confirm=isinstance(actuator, Stepper))


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _actuator(experiment: Experiment) -> Actuator:
    file = experiment.schema
    if file.actuator.kind == "stepper" and file.control.enabled:
        return Stepper(file.actuator, file.run.tick_s)
    if file.actuator.kind == "regulator" and file.control.enabled:
        return Regulator(file.actuator, file.run.tick_s)
    ratio = file.piston_ratio
    return Locked(file.fixture.preload_MPa * 1e6 / ratio if ratio else 0.0)


def free_place(folder: Path, name: str, overwrite: bool) -> Path:
    """The base path of the log, in a folder that exists and can be written; nothing of that name is in the way.

    Raises
    ------
    twin.errors.InputError
        If there is no such folder, or nothing can be written there.
    hil.journal.LogError
        If a log or a journal is in the way.
    """
    base = folder / name
    make_writable(folder)
    if not overwrite and any(log_path(base, form).exists() for form in ("parquet", "csv")):
        raise LogError(f"{base}: there is a log of that name; choose another --out, or --force to replace it")
    if journal_path(base).exists():
        raise LogError(
            f"{journal_path(base)}: a journal of an interrupted run is in the way: `isostack recover` it first"
        )
    return base


def _metadata(
    experiment: Experiment, plant: Plant, configuration: list[int], board: Board, label: str
) -> dict[str, Any]:
    file = experiment.schema
    return {
        "title": experiment.title,
        "label": label or experiment.title,
        "file": experiment.path.name,
        "file_text": experiment.text,
        "file_sha256": experiment.sha256,
        "overrides": list(experiment.overrides),
        "resolved": experiment.resolved(),
        "parameters": plant.values,
        "configuration": configuration,
        "profiles": {key: profile.sha256 for key, profile in experiment.profiles.items()},
        "versions": {package: version(package) for package in PACKAGES} | {"python": platform.python_version()},
        "engine": plant.stepper.engine,
        "build": plant.stepper.build,
        "board": board.name,
        **_firmware(board),
        "controlled": bool(configuration),
        "seed": file.run.seed,
        "tick_s": file.run.tick_s,
        "settle_percent": file.run.settle_percent,
        "electrode_cm2": file.electrode_area_m2 * 1e4,
    }


def _firmware(board: Board) -> dict[str, Any]:
    """What a board at the other end of a link says of itself; nothing for a controller in this process."""
    hello = getattr(board.board if isinstance(board, Paced) else board, "hello", None)
    if hello is None:
        return {}
    numbers = ".".join(map(str, hello.version))
    return {"firmware": {"board": hello.board, "version": numbers, "build": f"{hello.build:07x}"}}


def _closing(outcome: Outcome, board: Board, plant: Plant) -> dict[str, Any]:
    counted = plant.outputs.discharge_capacity
    latency = board.latency() if isinstance(board, Paced) else None
    return {
        "exit_code": outcome.code,
        "reason": outcome.reason,
        "trip_cause": vocabulary.names(outcome.faults) if outcome.code else [],
        "blocks": vocabulary.names(outcome.blocks) if outcome.code else [],
        **({"discharge_capacity_Ah": counted} if math.isfinite(counted) else {}),
        **({"latency": asdict(latency)} if latency else {}),
    }
