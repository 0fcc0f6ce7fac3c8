"""The pressure policy: a setpoint that follows the cell's current, within the windows of the permits."""

from controller.clamp import clamp
from controller.fields import (
    CHARGE_MAX_hPa,
    CHARGE_MIN_hPa,
    DISCHARGE_MAX_hPa,
    DISCHARGE_MIN_hPa,
    PERMIT_HYSTERESIS_hPa,
    POLICY_CHARGE_hPa,
    POLICY_CHARGE_hPa_per_mA,
    POLICY_DISCHARGE_hPa,
    POLICY_DISCHARGE_hPa_per_mA,
    POLICY_DWELL_ms,
    POLICY_THRESHOLD_uA,
    SETPOINT_MAX_hPa,
    SETPOINT_MIN_hPa,
)


def confined(x: int, low: int, high: int) -> int:
    """``x``, no less than ``low`` and no more than ``high``; ``high`` wins."""
    if x < low:
        x = low
    return high if x > high else x


def grown(current: int, slope: int) -> int:
    """The part of the change [hPa] that grows with a current [uA, positive], by ``slope`` [hPa/mA]."""
    if slope == 0:
        return 0
    return clamp(current, 536870911 // slope) * slope // 1000


class Policy:
    """Turns the operator's setpoint and the current into the pressure to hold.

    Discharge strips the metal, which wants pressure; charge plates it, which wants less. The current that is followed
    changes only once the measured one has been further from it than the threshold for the whole dwell: noise and the
    seconds of a drive cycle move nothing. Below the threshold there is no direction, and the setpoint is plain.
    """

    def __init__(self, config: list[int]) -> None:
        """``config`` passes its check."""
        self.config = config
        self.restart()

    def restart(self) -> None:
        """No current is followed yet."""
        self.followed = 0
        self.lasted = 0

    def target(self, plain: int, current: int, valid: int, dt: int) -> int:
        """The pressure to hold [hPa] for the operator's ``plain`` one; ``current`` [uA] is off where not ``valid``.

        Nobody asks where the policy is off (POLICY_THRESHOLD_uA is 0).
        """
        threshold = self.config[POLICY_THRESHOLD_uA]
        if valid:
            self.follow(clamp(current, 268435455), threshold, dt)
        else:
            self.restart()
        if self.followed >= threshold:
            return self.discharging(plain)
        if self.followed <= -threshold:
            return self.charging(plain)
        return plain

    def follow(self, current: int, threshold: int, dt: int) -> None:
        """Takes up a current that has been another one for long enough."""
        if -threshold < current - self.followed < threshold:
            self.lasted = 0
            return
        self.lasted += dt
        if self.lasted >= self.config[POLICY_DWELL_ms]:
            self.followed = current
            self.lasted = 0

    def discharging(self, plain: int) -> int:
        """Stripping: more pressure, and more with current."""
        c = self.config
        change = c[POLICY_DISCHARGE_hPa] + grown(self.followed, c[POLICY_DISCHARGE_hPa_per_mA])
        return self.bounded(plain + change, c[DISCHARGE_MIN_hPa], c[DISCHARGE_MAX_hPa])

    def charging(self, plain: int) -> int:
        """Plating: less pressure, and less with current."""
        c = self.config
        change = c[POLICY_CHARGE_hPa] - grown(-self.followed, c[POLICY_CHARGE_hPa_per_mA])
        return self.bounded(plain + change, c[CHARGE_MIN_hPa], c[CHARGE_MAX_hPa])

    def bounded(self, pressure: int, low: int, high: int) -> int:
        """``pressure`` where the permit of its direction opens, and within the setpoint's own bounds."""
        c = self.config
        gap = c[PERMIT_HYSTERESIS_hPa]
        return confined(confined(pressure, low + gap, high - gap), c[SETPOINT_MIN_hPa], c[SETPOINT_MAX_hPa])
