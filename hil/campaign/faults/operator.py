"""Mistakes of the person at the bench: messages that must change nothing."""

from typing import ClassVar

from controller.fields import SETPOINT_MAX_hPa, SETPOINT_MIN_hPa
from controller.frames import KEY, M_ARM, M_DISARM, M_SETPOINT, M_TARE, MESSAGE, STOP_PRESSED, SWITCHES, VALUE
from hil.campaign.faults.base import Fault, Scene, known
from hil.scaling import hPa_per_MPa

EVERY_S = 1.0
PRESSED_S = 2.0


class _Says(Fault):
    """One message a second, so many times over."""

    bounds: ClassVar[tuple[float, float]] = (1, 1000)
    script: ClassVar[tuple[int, ...]]

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._said = 0

    def sense(self, t: float, frame: list[int]) -> None:
        """Say the next one when its second has come."""
        if t < self._said * EVERY_S or self._said >= self.times() * len(self.script):
            return
        frame[MESSAGE] = self.script[self._said % len(self.script)]
        frame[KEY], frame[VALUE] = 0, self.value()
        self._said += 1

    def times(self) -> int:
        """How often the script is gone through."""
        return round(self.severity)

    def value(self) -> int:
        """What goes with each message."""
        return 0


class TareUnderLoad(_Says):
    """A tare while armed, then one under load, then arming again."""

    kind, key, whole = "operator_tare", "attempts", True
    what = "a tare while armed, and another under load"
    script = (M_TARE, M_DISARM, M_TARE, M_ARM)


class SetpointBeyond(_Says):
    """A setpoint over its highest, or under its lowest."""

    kind, key, bounds, either_sign = "operator_setpoint", "beyond_MPa", (1e-4, 50), True
    what = "a setpoint beyond its bounds"
    script = (M_SETPOINT,)

    def times(self) -> int:
        """Insists."""
        return 5

    def value(self) -> int:
        """So far beyond the bound on its side [hPa], one at least."""
        beyond = round(self.severity * hPa_per_MPa)
        record = self.scene.record
        if self.severity > 0:
            return record[SETPOINT_MAX_hPa] + max(beyond, 1)
        return record[SETPOINT_MIN_hPa] + min(beyond, -1)


class ArmTripped(_Says):
    """The emergency stop is pressed, let go, and nobody resets before arming."""

    kind, key, whole = "operator_arm_tripped", "attempts", True
    what = "arming over a latched trip, without a reset"
    script = (M_ARM,)

    def sense(self, t: float, frame: list[int]) -> None:
        """Press, then arm and arm."""
        if t < PRESSED_S:
            frame[SWITCHES] |= STOP_PRESSED
        super().sense(t, frame)


KINDS = known(TareUnderLoad, SetpointBeyond, ArmTripped)
