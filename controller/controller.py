"""The whole controller of a board: the core; the response check and the pressure policy; and what needs the record:
checks, tare, parameters, jog and home.
"""

from controller.configuration import DEFAULT, check, checksum
from controller.core import Core
from controller.fields import (
    ACTUATOR_KIND,
    CHECKSUM,
    RESPONSE_256,
    POLICY_THRESHOLD_uA,
    TARE_LIMIT_hPa,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
)
from controller.frames import (
    C_CHECKSUM,
    C_CONFIG,
    C_CURRENT,
    C_OVER,
    C_POSITION,
    C_RESPONSE,
    C_SELF_TEST,
    C_WATCHDOG,
    E_BOUNDS,
    E_DONE,
    E_NONE,
    E_RULE,
    E_SENSOR,
    E_STATE,
    IDLE,
    KEY,
    M_DISARM,
    M_HOME,
    M_JOG,
    M_PARAMETER,
    M_SETPOINT,
    M_TARE,
    MESSAGE,
    MOVE,
    RETRACT_LIMIT,
    TRIPS,
    VALUE,
    CURRENT_uA,
)
from controller.policy import Policy
from controller.response import Response


class Controller:
    """One pressure controller; ``tick`` turns a sensor frame into a command frame and allocates nothing."""

    def __init__(self, config: list[int], found: int = 0) -> None:
        """Copies ``config``; one that fails its check or its checksum means defaults, and no arming.

        ``found``: C_WATCHDOG, C_SELF_TEST and C_CONFIG (nothing good is stored), as the board found them at boot.
        """
        found &= C_WATCHDOG | C_SELF_TEST | C_CONFIG
        self.config = list(config)
        if check(config):
            found |= C_CONFIG
            self.config = list(DEFAULT)
        elif checksum(config) != config[CHECKSUM]:
            found |= C_CHECKSUM
            self.config = list(DEFAULT)
        self.kept = list(self.config)
        self.core = Core(self.config, found)
        self.response = Response(self.config)
        self.policy = Policy(self.config)
        self.plain = self.core.target
        self.errand = 0
        self.homing = 0

    def tick(self, sensor: list[int], command: list[int]) -> None:
        """One control tick: fills ``command`` from ``sensor`` (docs/contracts.md)."""
        core = self.core
        f = core.filter
        c = self.config
        current = sensor[CURRENT_uA]
        if c != self.kept:
            f.standing |= C_SELF_TEST
            self.mend()
        f.observe(sensor)
        known = not f.active & C_CURRENT
        silent = 0
        if c[RESPONSE_256]:
            silent = self.response.judge(f.dt, f.fresh, f.pressure, current if known else 0, f.state)
        if silent:
            f.active |= C_RESPONSE
            f.trip(C_RESPONSE)
        event = E_NONE
        if sensor[MESSAGE]:
            event = self.message(sensor[MESSAGE], sensor[KEY], sensor[VALUE])
        core.target = self.policy.target(self.plain, current, known, f.dt) if c[POLICY_THRESHOLD_uA] else self.plain
        if self.errand:
            self.look()
        core.finish(event, self.errand, current, command)
        # Moves of the law, and of a retreat, are none of an errand's.
        if self.errand:
            self.errand = self.errand - command[MOVE] if command[MOVE] else 0
        if command[MOVE] and c[RESPONSE_256]:
            self.response.moved(command[MOVE])

    def mend(self) -> None:
        """Makes one of the record and its twin, of which one changed by itself; only a reboot leads back to arming."""
        c = self.config
        kept = self.kept
        if checksum(kept) == kept[CHECKSUM]:
            for i in range(49):
                c[i] = kept[i]
        else:
            for i in range(49):
                kept[i] = c[i]

    def look(self) -> None:
        """Ends an errand that has arrived, or that nobody should be out on."""
        f = self.core.filter
        if f.state != IDLE or f.active & (TRIPS - C_OVER):
            self.errand = 0
        elif self.homing and f.switches & RETRACT_LIMIT:
            self.errand = 0
            f.confirm(self.config[TRAVEL_MIN_counts])

    def end_manual_move(self) -> None:
        """Ends a jog or a homing."""
        self.errand = 0

    def message(self, kind: int, key: int, value: int) -> int:
        """Acts on one host message; anything not listed changes nothing (S5). The event."""
        if kind == M_TARE:
            return self.take_tare()
        if kind == M_PARAMETER:
            return self.parameter(key, value)
        if kind == M_JOG:
            return self.jog(value)
        if kind == M_HOME:
            return self.home()
        if kind == M_DISARM:
            self.errand = 0
        event = self.core.message(kind, value)
        if kind == M_SETPOINT and event == E_DONE:
            self.plain = value
        return event

    def take_tare(self) -> int:
        """Control pressure counts from the present load, near the reference tare; limits do not (S6)."""
        f = self.core.filter
        if f.state != IDLE:
            return E_STATE
        if f.valid == 0:
            return E_SENSOR
        if not -self.config[TARE_LIMIT_hPa] <= f.pressure <= self.config[TARE_LIMIT_hPa]:
            return E_BOUNDS
        self.core.tare = f.pressure
        return E_DONE

    def parameter(self, key: int, value: int) -> int:
        """Writes one field when idle, if the record still passes; operator tare and setpoint start over."""
        c = self.config
        f = self.core.filter
        if f.state != IDLE or self.errand:
            return E_STATE
        if key <= ACTUATOR_KIND or key >= CHECKSUM:
            return E_BOUNDS
        old = c[key]
        c[key] = value
        code = check(c)
        if code == 0 and not f.standing & C_POSITION and not c[TRAVEL_MIN_counts] <= f.position <= c[TRAVEL_MAX_counts]:
            code = 64
        if code:
            c[key] = old
            return E_BOUNDS if code < 64 else E_RULE
        c[CHECKSUM] = checksum(c)
        self.kept[key] = value
        self.kept[CHECKSUM] = c[CHECKSUM]
        if f.standing & C_POSITION:
            f.position = c[TRAVEL_MAX_counts]
        # What the last sample was judged by has changed: there is none until the next.
        f.valid = 0
        f.age = 1048576
        f.healthy = 0
        self.core.restart()
        self.plain = self.core.target
        self.response.restart()
        self.policy.restart()
        return E_DONE

    def jog(self, counts: int) -> int:
        """Moves by so many counts when idle, as far as the filter lets it; 0 ends an errand. The event."""
        f = self.core.filter
        c = self.config
        if f.state != IDLE:
            return E_STATE
        span = c[TRAVEL_MAX_counts] - c[TRAVEL_MIN_counts]
        if counts < -span or counts > span:
            return E_BOUNDS
        self.homing = 0
        self.errand = counts
        return E_DONE

    def home(self) -> int:
        """Decompresses until the retract limit switch tells where the screw stands (S16). The event."""
        f = self.core.filter
        c = self.config
        if f.state != IDLE or c[ACTUATOR_KIND] == 2:
            return E_STATE
        # Wherever it stands, the whole span is open to decompression and no more.
        f.standing |= C_POSITION
        f.position = c[TRAVEL_MAX_counts]
        self.homing = 1
        self.errand = c[TRAVEL_MIN_counts] - c[TRAVEL_MAX_counts]
        return E_DONE
