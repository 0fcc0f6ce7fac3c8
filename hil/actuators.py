"""What stands between the board's commands and the plant: stepper on a screw, and pressure regulator."""

import math
from collections import deque

from hil.schema import ActuatorSection

RETRACT_LIMIT, COMPRESS_LIMIT = 1, 2
OVERRUN_um = 20.0  # hard stops lie so far beyond the limit switches


def _whole_ticks(time_ms: int, tick_s: float) -> int:
    """Ticks until so much has passed; in whole milliseconds, for 0.07 / 0.01 is a little over 7."""
    return -(-time_ms // round(tick_s * 1000))


class Stepper:
    """A stepper on a self-locking screw: microsteps after a dead time, lost motion on reversal, limit switches.

    Attributes
    ----------
    position : float
        Of the spring's far end [m], + compresses.
    switches : int
        Bits of the active limit switches.
    """

    __slots__ = (
        "_backlash",
        "_high",
        "_late",
        "_low",
        "_microstep",
        "_motor",
        "_nut",
        "position",
        "supply",
        "switches",
    )

    def __init__(self, section: ActuatorSection, tick_s: float) -> None:
        """The screw stands at 0, taken up in compression."""
        self._microstep = section.microstep_um
        self._backlash = section.backlash_um
        low, high = section.travel_um
        self._low, self._high = low, high
        self._late: deque[int] = deque([0] * _whole_ticks(section.dead_time_ms, tick_s))
        self._motor = 0.0
        self._nut = 0.0
        self.position = 0.0
        self.supply = 0.0
        self.switches = 0

    def move(self, steps: int) -> None:
        """One tick in which the board asks for ``steps`` microsteps."""
        if self._late:
            self._late.append(steps)
            steps = self._late.popleft()
        if steps == 0:
            return
        motor = self._motor + steps * self._microstep
        # A stalled motor against its stop loses steps.
        self._motor = motor = min(max(motor, self._low - OVERRUN_um), self._high + OVERRUN_um)
        self._nut = min(max(self._nut, motor), motor + self._backlash)
        self.position = self._nut * 1e-6
        self.switches = RETRACT_LIMIT * (motor <= self._low) | COMPRESS_LIMIT * (motor >= self._high)


class Regulator:
    """An electronic pressure regulator: a code after a dead time; its lag belongs to the fixture.

    Attributes
    ----------
    supply : float
        What it lets through [Pa]: the commanded pressure, and no more than there is at its inlet.
    inlet : float
        Pressure at its inlet [Pa]; without end unless somebody shuts it.
    """

    __slots__ = ("_code", "_late", "_most", "_per_code", "inlet", "position", "supply", "switches")

    def __init__(self, section: ActuatorSection, tick_s: float) -> None:
        """0 V: vented."""
        self._most = (1 << section.bits) - 1
        self._per_code = section.full_scale_MPa * 1e6 / (1 << section.bits)
        self._late: deque[int] = deque([0] * _whole_ticks(section.dead_time_ms, tick_s))
        self._code = 0
        self.inlet = math.inf
        self.position = 0.0
        self.supply = 0.0
        self.switches = 0

    def move(self, codes: int) -> None:
        """One tick in which the board moves its output by ``codes``."""
        if self._late:
            self._late.append(codes)
            codes = self._late.popleft()
        if codes:
            self._code = min(max(self._code + codes, 0), self._most)
        self.supply = min(self._code * self._per_code, self.inlet)

    @property
    def short(self) -> float:
        """Pressure that was commanded and is not there [Pa]."""
        return self._code * self._per_code - self.supply


class Locked:
    """Nothing moves: the actuator of a fixed gap, of a plain spring, or a locked one; a press keeps its supply."""

    __slots__ = ("position", "supply", "switches")

    def __init__(self, supply: float = 0.0) -> None:
        """``supply`` [Pa] of a hand-set press."""
        self.position = 0.0
        self.supply = supply
        self.switches = 0

    def move(self, counts: int) -> None:
        """Ignored."""


Actuator = Stepper | Regulator | Locked
