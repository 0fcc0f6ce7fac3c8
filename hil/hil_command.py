"""`isostack hil`: an experiment file through a board, in lockstep or in real time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.messages import LINK_ms
from hil.boards import Board
from hil.boards.selection import SERIAL, opened
from hil.experiment_file import Experiment
from hil.realtime import Latency, Paced
from hil.run import Finished, checked_configuration, execute
from twin.errors import InputError


@contextmanager
def board_for(experiment: Experiment, name: str, realtime: bool = False) -> Iterator[Board]:
    """The board called ``name``, configured for ``experiment``, for a ``with`` statement.

    Raises
    ------
    twin.errors.InputError
        If nothing controls the experiment, its ticks are too far apart for the board, or the board does not open.
    """
    configuration = checked_configuration(experiment)
    if not configuration:
        raise InputError(f"{experiment.path}: no controller to run on a board: give it an actuator and enable control")
    tick_ms = experiment.schema.run.tick_ms
    if realtime and name.startswith(SERIAL) and tick_ms >= LINK_ms:
        raise InputError(
            f"{experiment.path}: run.tick_s = {tick_ms / 1000:g}: a board trips after {LINK_ms / 1000:g} s without "
            "its host: choose a shorter tick, or leave --realtime out"
        )
    with opened(name, configuration) as board:
        yield board


def drive(
    experiment: Experiment,
    board: Board,
    folder: Path,
    name: str,
    *,
    label: str = "",
    engine: str = "auto",
    realtime: bool = False,
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> tuple[Finished, Latency | None]:
    """Run ``experiment`` through ``board``, and keep its log as `hil.run.execute` does, with what that raises.

    The latency is measured in real time only.
    """
    paced = Paced(board, experiment.schema.run.tick_s, clock=time.monotonic, sleep=time.sleep) if realtime else None
    finished = execute(
        experiment,
        folder,
        name,
        label=label,
        engine=engine,
        board=paced or board,
        overwrite=overwrite,
        progress=progress,
    )
    return finished, paced.latency() if paced else None
