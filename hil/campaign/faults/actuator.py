"""Faults between the board's commands and the screw, or the regulator's valve."""

import math

from controller.fields import ACTUATOR_KIND
from controller.frames import ENERGISED, OUTPUTS
from hil.campaign.faults.base import BEFORE_ARMING, Fault, Scene, known, lasts

STEPPER = 1
MOST_LEFT = 0.6  # of a supply that is partly lost: a little over what the setpoint needs


class _Motion(Fault):
    """Moves in fractions of a count; what is left of one waits for the next tick."""

    needs_actuator = True

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._part = 0.0

    def _whole(self, counts: float) -> int:
        """Whole counts out of ``counts``; the rest is kept."""
        total = self._part + counts
        made = math.floor(total)
        self._part = total - made
        return made


class Stuck(_Motion):
    """A stalled motor, a jammed screw, a valve that does not move."""

    kind, key, bounds = "actuator_stuck", "for_s", (0.1, 1e6)
    what = "moves are lost, all of them"

    def move(self, t: float, counts: int) -> int:
        """Nothing."""
        return 0 if lasts(self.severity, t) else counts


class Slipping(_Motion):
    """A coupling or a stepper that loses a part of its steps."""

    kind, key, bounds = "actuator_slipping", "lost_share", (0.01, 1)
    what = "a part of every move is lost"

    def move(self, t: float, counts: int) -> int:
        """What is not lost."""
        return self._whole(counts * (1.0 - self.severity)) if counts else 0


class Runaway(_Motion):
    """Moves by itself: a step input that chatters, a valve that creeps.

    A stepper runs for as long as it has current; a valve needs none.
    """

    kind, key, bounds, either_sign = "actuator_runaway", "rate_MPa_per_s", (1e-5, 10), True
    what = "moves by itself, a stepper while it has current, a valve regardless"

    def move(self, t: float, counts: int) -> int:
        """The command, and what it does besides."""
        scene = self.scene
        if scene.record[ACTUATOR_KIND] == STEPPER and not scene.command[OUTPUTS] & ENERGISED:
            return counts
        return counts + self._whole(self.severity * scene.tick_s * scene.steps_per_MPa)


class Reversed(_Motion):
    """Motor phases or a valve's sense the wrong way round."""

    kind, key, bounds = "actuator_reversed", "gain", (-2, -0.01)
    what = "it moves the other way"

    def move(self, t: float, counts: int) -> int:
        """The other way."""
        return self._whole(counts * self.severity) if counts else 0


class Backlash(_Motion):
    """Play that has grown: a worn nut, a loose coupling, a valve that sticks."""

    kind, key, bounds = "actuator_backlash", "play_MPa", (1e-4, 50)
    what = "lost motion on every reversal, beyond what the controller knows"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._play = severity * scene.steps_per_MPa
        self._motor = 0.0
        self._nut = 0.0

    def move(self, t: float, counts: int) -> int:
        """What the nut does when the motor has crossed its play; it stands taken up in compression."""
        self._motor += counts
        nut = min(max(self._nut, self._motor), self._motor + self._play)
        made = self._whole(nut - self._nut)
        self._nut = nut
        return made


class CoarseCode(Fault):
    """The driver has fewer bits than the record: a 16-bit code on a 12-bit output means sixteen times as much."""

    kind, key, bounds, whole = "actuator_coarse", "gain", (1, 256), True
    what = "a count means so many times as much, a valve's code being cut at its top"
    needs_actuator, whens = True, (BEFORE_ARMING,)

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._asked = self._made = 0

    def move(self, t: float, counts: int) -> int:
        """From the code that was asked for to what the driver makes of it."""
        scene = self.scene
        self._asked += counts
        made = self._asked * round(self.severity)
        if scene.record[ACTUATOR_KIND] != STEPPER:
            made = min(max(made, 0), scene.top_code)
        moved, self._made = made - self._made, made
        return moved


class SupplyLoss(Fault):
    """The supply of a press falls, to nothing or to a share, and comes back at once."""

    kind, key, bounds = "supply_loss", "for_s", (0.1, 1e5)
    what = "the regulator's supply falls to a share of its range, or to nothing, and comes back"
    needs_actuator, needs_regulator = True, True

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        chance = scene.draw
        self._left = chance.uniform(0.0, MOST_LEFT) * scene.full_scale_Pa if chance.random() < 0.5 else 0.0

    def inlet(self, t: float) -> float:
        """What is left of it, for its time."""
        return self._left if lasts(self.severity, t) else math.inf


KINDS = known(Stuck, Slipping, Runaway, Reversed, Backlash, CoarseCode, SupplyLoss)
