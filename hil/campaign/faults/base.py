"""What every fault is: a kind, the range its severity may have, and where it takes hold of the loop."""

import math
import random
from array import array
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hil.boards import Board

When = Literal["before_arming", "mid_run", "low_setpoint"]
BEFORE_ARMING: When = "before_arming"
MID_RUN: When = "mid_run"
LOW_SETPOINT: When = "low_setpoint"
WHENS: tuple[When, ...] = (BEFORE_ARMING, MID_RUN, LOW_SETPOINT)


@dataclass
class Scene:
    """What a fault needs to know of the run it happens in.

    Attributes
    ----------
    record : list of int
        The controller's configuration.
    counts_per_MPa, steps_per_MPa : float
        Load-cell counts, and actuator counts, per pressure on the stack [1/MPa].
    noise_counts : float
        The amplifier's own noise [counts rms].
    full_scale_Pa, top_code : float, int
        What a regulator's supply comes to at its highest code [Pa], and that code.
    tick_s : float
        One tick of the loop [s].
    draw : random.Random
        The run's own randomness.
    command : list of int
        The command frame of the tick before.
    """

    record: list[int]
    counts_per_MPa: float
    steps_per_MPa: float
    tick_s: float
    draw: random.Random
    noise_counts: float = 0.0
    full_scale_Pa: float = 0.0
    top_code: int = 0
    command: list[int] = field(default_factory=lambda: [0] * 9)


class Fault:
    """Nothing wrong yet; a kind overrides the door it comes through.

    Times are counted from the fault's moment [s]; before it no door is opened.
    """

    kind: ClassVar[str]
    key: ClassVar[str]
    """The file's key for the range of severities, with its unit."""
    what: ClassVar[str]
    """One line for documents."""
    bounds: ClassVar[tuple[float, float]]
    whole: ClassVar[bool] = False
    """Severities are whole numbers."""
    either_sign: ClassVar[bool] = False
    """A run draws the sign too."""
    needs_actuator: ClassVar[bool] = False
    needs_regulator: ClassVar[bool] = False
    whens: ClassVar[tuple[When, ...]] = WHENS
    """When it can come."""
    refusable: ClassVar[bool] = False
    """The board has all that it takes to refuse it, before anything moves."""
    tolerated: ClassVar[bool] = False
    """The controller is to bear with it: no trip, and the true pressure as without it."""
    needs_firmware: ClassVar[bool] = False
    """Runs through the firmware's main object and its link, on a virtual clock."""
    in_a_stroke: ClassVar[bool] = False
    """The setpoint is on its way when the fault comes, so that the actuator moves."""
    compared: ClassVar[bool] = False
    """The same run is made without the fault too, to tell which other instrument would have shown it."""

    def __init__(self, severity: float, scene: Scene) -> None:
        self.severity = severity
        self.scene = scene

    def sense(self, t: float, frame: list[int]) -> None:
        """Change what the board is about to see."""

    def disturb(self, t: float, inputs: "array[float]") -> None:
        """Change the plant's inputs, in the order of `twin.build.INPUTS`."""

    def move(self, t: float, counts: int) -> int:
        """What the actuator does of the move it was told [counts]."""
        return counts

    def inlet(self, t: float) -> float:
        """Pressure at a regulator's inlet [Pa]."""
        return math.inf

    def act(self, t: float, board: Board) -> None:
        """Do something to the board itself."""


def lasts(severity: float, t: float) -> bool:
    """Whether a fault that lasts ``severity`` [s] is still there."""
    return t < severity


class Held(Fault):
    """Some fields of the sensor frame stay as they were at the moment, for ``severity`` [s]."""

    key, bounds = "for_s", (0.1, 1e5)
    fields: ClassVar[tuple[int, ...]]

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._held: list[int] | None = None

    def sense(self, t: float, frame: list[int]) -> None:
        """Put back what was there at the moment."""
        if self._held is None:
            self._held = [frame[i] for i in self.fields]
        if lasts(self.severity, t):
            for i, value in zip(self.fields, self._held, strict=True):
                frame[i] = value


def within(value: float, bits: int) -> int:
    """``value`` rounded and cut to a signed integer of so many bits."""
    half = 1 << (bits - 1)
    return min(max(round(value), -half), half - 1)


Known = dict[str, type[Fault]]


def known(*kinds: type[Any]) -> Known:
    """Kinds by name."""
    return {kind.kind: kind for kind in kinds}
