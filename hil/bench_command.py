"""`isostack bench`: a board on its own pins, an operator at the host, a log like any run's, no plant."""

import platform
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from controller import vocabulary
from controller.frames import BLOCKS, FAULTS, STATE, TRIPPED
from firmware.host import build
from firmware.host.errors import FirmwareError
from hil.bench import Bench
from hil.bench_view import plain, view
from hil.experiment_file import Experiment
from hil.hazards import say_hazards
from hil.keyboard import Keyboard
from hil.log import LogError, finalise, journal_path
from hil.loop import DONE, TRIP, Outcome
from hil.plausibility import Check
from hil.recorder import Recorder
from hil.run import Finished, checked_configuration, free_place
from hil.session import BOARDS, Hello, RefusedError, Session
from hil.transport import LinkLostError, Transport
from twin.errors import InputError

REFRESH_S = 0.1
FLUSH_ROWS = 10
"""What a killed host may lose; an unplugged cable loses nothing."""


def hold(
    experiment: Experiment,
    wire: Transport,
    port: str,
    folder: Path,
    name: str,
    *,
    builds: Callable[[str], int | None],
    keyboard: Keyboard,
    console: Console,
    overwrite: bool = False,
    recalibrate: bool = False,
    clock: Callable[[], float] = time.monotonic,
    today: date | None = None,
) -> Finished:
    """Talk to the board at the end of ``wire`` until the operator quits or the link is lost; keep the log.

    ``builds`` gives the build hash that a board's firmware must have.

    Raises
    ------
    twin.errors.InputError
        If the board's firmware is not this isostack's, or it refuses the file's configuration.
    hil.journal.LogError
        If the log cannot be written.
    """
    configuration = checked_configuration(experiment)
    if not configuration:
        raise InputError(f"{experiment.path}: nothing to control: give it an actuator and enable control")
    base = free_place(folder, name, overwrite)
    session = Session(wire)
    try:
        hello = session.hello()
    except (LinkLostError, RefusedError) as error:
        mend = f"`isostack firmware flash --port {port}`"
        raise InputError(f"{port}: {error}: is it an isostack board? {mend}") from error
    check_firmware(hello, port, builds)
    say_hazards(experiment)
    metadata = _metadata(experiment, configuration, hello)
    today = today or date.today()
    bench = Bench(session, experiment, configuration, clock=clock, today=today, recalibrate=recalibrate)
    bench.begin()
    with Recorder(journal_path(base), metadata, flush_rows=FLUSH_ROWS) as recorder:
        bench.keep = recorder.record
        outcome = _talk(bench, keyboard, console, clock)
        recorder.close(_closing(outcome, bench))
    formats = experiment.schema.log.formats
    logs = finalise(journal_path(base), base, formats, overwrite=overwrite, judged_by=Check)
    return Finished(outcome, tuple(logs))


def check_firmware(hello: Hello, port: str, builds: Callable[[str], int | None]) -> None:
    """Raise `InputError` unless the firmware is of this isostack."""
    mend = f"`isostack firmware flash --port {port}`"
    if hello.board not in BOARDS.values():
        raise InputError(f"{port}: a board of an unknown kind: {mend}")
    build = builds(hello.board)
    if build is not None and hello.build != build:
        number = ".".join(map(str, hello.version))
        raise InputError(
            f"{port}: firmware {number} build {hello.build:07x} is not this isostack's build {build:07x}: {mend}"
        )


def expected_build(board: str) -> int | None:
    """The build hash of this isostack's firmware for ``board``; None where it is not built, but runs from source.

    Raises
    ------
    twin.errors.InputError
        If the tools to build it are not installed.
    """
    if board not in build.BOARDS:
        return None
    try:
        return build.image(board).build
    except FirmwareError as error:
        raise InputError(str(error)) from error


def _talk(bench: Bench, keyboard: Keyboard, console: Console, clock: Callable[[], float]) -> Outcome:
    """The conversation; how it ended."""
    told = 0
    live = Live(console=console, auto_refresh=False, screen=False) if keyboard.is_terminal else None
    try:
        with keyboard, live or nullcontext():
            drawn = clock()
            while not bench.done:
                _turn(bench, keyboard)
                if live is not None and clock() - drawn >= REFRESH_S:
                    drawn = clock()
                    live.update(view(bench, keyboard.typed), refresh=True)
                elif live is None:
                    told = _tell(bench, console, told)
        _tell(bench, console, told)
    except KeyboardInterrupt:
        _let_go(bench)
        return _outcome(bench, "ended by the operator")
    except LogError:
        # Nobody holds a cell without a record of it.
        bench.keep = lambda *_: None
        _let_go(bench)
        raise
    except LinkLostError as error:
        _tell(bench, console, told)
        return Outcome(TRIP, f"{error}; an armed board trips by itself and holds safe; the log is kept", 0, 0)
    return _outcome(bench, "ended by the operator")


def _turn(bench: Bench, keyboard: Keyboard) -> None:
    bench.step()
    if keyboard.escaped:
        keyboard.escaped = False
        keyboard.lines.clear()
        bench.command("stop")
    # A person may type ahead of an answer; a script's next line waits for it.
    if keyboard.lines and (keyboard.is_terminal or bench.ready):
        bench.command(keyboard.lines.popleft())
    elif keyboard.ended and not keyboard.lines and bench.ready:
        bench.quit()


def _let_go(bench: Bench) -> None:
    """Disarm after an interrupt, if the board still listens."""
    try:
        bench.quit()
    except (LinkLostError, RefusedError):
        bench.done = True


def _tell(bench: Bench, console: Console, told: int) -> int:
    for note in bench.notes[told:]:
        console.print(plain(note), markup=False, highlight=False, soft_wrap=True)
    return len(bench.notes)


def _outcome(bench: Bench, reason: str) -> Outcome:
    if bench.latest is None:
        return Outcome(DONE, reason, 0, 0)
    command = bench.latest.command
    if command[STATE] == TRIPPED:
        return Outcome(TRIP, "the controller tripped", command[FAULTS], command[BLOCKS])
    return Outcome(DONE, reason, command[FAULTS], command[BLOCKS])


def _closing(outcome: Outcome, bench: Bench) -> dict[str, Any]:
    return {
        "exit_code": outcome.code,
        "reason": outcome.reason,
        "trip_cause": vocabulary.names(outcome.faults) if outcome.code else [],
        "blocks": vocabulary.names(outcome.blocks) if outcome.code else [],
        "configuration": bench.configuration,
        "notes": [note.text for note in bench.notes],
    }


def _metadata(experiment: Experiment, configuration: list[int], hello: Hello) -> dict[str, Any]:
    file = experiment.schema
    return {
        "title": experiment.title,
        "label": experiment.title,
        "file": experiment.path.name,
        "file_text": experiment.text,
        "file_sha256": experiment.sha256,
        "overrides": list(experiment.overrides),
        "resolved": experiment.resolved(),
        "configuration": configuration,
        "versions": {"isostack": version("isostack"), "python": platform.python_version()},
        "engine": "none: a real bench",
        "build": f"{hello.build:07x}",
        "board": hello.board,
        "hello": asdict(hello),
        "controlled": True,
        "seed": file.run.seed,
        "tick_s": file.run.tick_s,
        "settle_percent": file.run.settle_percent,
        "electrode_cm2": file.electrode_area_m2 * 1e4,
    }
