"""A recorded run's sensor frames through the controller of today: the first bit that differs, or none."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from controller import vocabulary
from controller.configuration import TABLE, adopt, check, checksum
from controller.fields import CHECKSUM, APPROACH_counts, JUMP_hPa
from hil.boards import Board
from hil.columns import COLUMNS, TIME
from hil.log import Log
from twin.errors import InputError

SENSOR = tuple(column.name for column in COLUMNS if column.name.startswith("sensor_"))
COMMAND = tuple(column.name for column in COLUMNS if column.name.startswith("command_"))


@dataclass(frozen=True)
class Difference:
    """The first command that is not as it was recorded.

    Attributes
    ----------
    tick : int
        Row of the log, from 0.
    time_s : float
        Its test time [s].
    sensor, recorded, now : dict
        Sensor frame, and the command frames of then and now, by the names of their columns.
    """

    tick: int
    time_s: float
    sensor: dict[str, int]
    recorded: dict[str, int]
    now: dict[str, int]

    @property
    def fields(self) -> list[str]:
        """Names of the columns that differ."""
        return [name for name in COMMAND if self.recorded[name] != self.now[name]]

    def __str__(self) -> str:
        """One line."""
        words = [f"{name} was {self.recorded[name]}, is {self.now[name]}" for name in self.fields]
        return f"tick {self.tick} at {self.time_s:g} s: {', '.join(words)}"


def configuration(log: Log) -> list[int]:
    """The configuration that the log's controller ran with; one of an older format as today's, with what is new off.

    Raises
    ------
    twin.errors.InputError
        If there was no controller, its board was already running when the log began, or today's refuses it.
    """
    try:
        kept = [int(value) for value in log.metadata.get("configuration") or ()]
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{log.path}: damaged: its configuration is no list of numbers: restore it from a copy"
        ) from None
    record = adopt(kept)
    if record is not kept:
        # Its controller believed every reading at once, and knew no approach budget.
        record[JUMP_hPa], record[APPROACH_counts] = TABLE[3 * JUMP_hPa + 1], 0
        record[CHECKSUM] = checksum(record)
    if not record:
        raise InputError(f"{log.path}: a run without a controller: there is nothing to replay")
    if str(log.metadata.get("engine", "")).startswith("none"):
        raise InputError(f"{log.path}: a real bench: its board ran before the log began, so it cannot be replayed")
    code = check(record)
    if code:
        raise InputError(f"{log.path}: today's controller refuses its configuration: {vocabulary.explain(code)}")
    return record


def replay(log: Log, board: Board) -> Difference | None:
    """Exchange every sensor frame of ``log`` with ``board``, which has just started; the first difference.

    Raises
    ------
    hil.journal.LogError
        If the log is damaged.
    """
    for tick, time_s, sensor, recorded in _ticks(log):
        now = board.exchange(sensor)
        if list(now) != recorded:
            return Difference(
                tick,
                time_s,
                dict(zip(SENSOR, sensor, strict=True)),
                dict(zip(COMMAND, recorded, strict=True)),
                dict(zip(COMMAND, now, strict=True)),
            )
    return None


def _ticks(log: Log) -> Iterator[tuple[int, float, list[int], list[int]]]:
    tick = 0
    for batch in log.batches((TIME, *SENSOR, *COMMAND)):
        sensors = np.stack([batch[name] for name in SENSOR], axis=1).tolist()
        commands = np.stack([batch[name] for name in COMMAND], axis=1).tolist()
        for time_s, sensor, command in zip(batch[TIME].tolist(), sensors, commands, strict=True):
            yield tick, time_s, sensor, command
            tick += 1
