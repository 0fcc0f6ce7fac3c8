"""The whole controller of a board: the core; response check, pressure policy and manual moves; and what needs the
record: checks, tare, parameters.
"""

from controller.configuration import DEFAULT, check, checksum, loosens
from controller.core import Core
from controller.fields import (
    ACTUATOR_KIND,
    CHECKSUM,
    RESPONSE_256,
    APPROACH_counts,
    PERMIT_OFF_ms,
    POLICY_THRESHOLD_uA,
    SETPOINT_MIN_hPa,
    TARE_LIMIT_hPa,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
)
from controller.frames import (
    ARMED,
    BLOCKS,
    C_CHECKSUM,
    C_CONFIG,
    C_CONTACT,
    C_CURRENT,
    C_LIMITS,
    C_POSITION,
    C_RESPONSE,
    C_SELF_TEST,
    C_WATCHDOG,
    COMPRESS_LIMIT,
    E_BLOCKED,
    E_BOUNDS,
    E_DONE,
    E_LOOSER,
    E_NONE,
    E_RULE,
    E_SENSOR,
    E_STATE,
    IDLE,
    KEY,
    M_ARM,
    M_CONFIRM,
    M_DISARM,
    M_HOME,
    M_JOG,
    M_PARAMETER,
    M_SETPOINT,
    M_TARE,
    MESSAGE,
    MOVE,
    RETRACT_LIMIT,
    STATE,
    VALUE,
    CURRENT_uA,
)
from controller.manual import Manual
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
        self.stored = list(self.config)
        self.core = Core(self.config, found)
        self.response = Response(self.config)
        self.policy = Policy(self.config)
        self.manual = Manual(self.config)
        self.plain = self.core.target
        self.against = 0

    def tick(self, sensor: list[int], command: list[int]) -> None:
        """One control tick: fills ``command`` from ``sensor`` (docs/contracts.md)."""
        core = self.core
        f = core.filter
        c = self.config
        current = sensor[CURRENT_uA]
        if c != self.kept:
            f.standing |= C_SELF_TEST
            self.mend()
        before = f.switches
        f.observe(sensor)
        if f.switches & (RETRACT_LIMIT | COMPRESS_LIMIT):
            self.limits(before)
        else:
            self.against = 0
        known = not f.active & C_CURRENT
        response = self.response
        watched = c[RESPONSE_256] | c[APPROACH_counts]
        if watched:
            silent = response.judge(f.dt, f.fresh, f.pressure, current if known else 0, f.state)
            if silent:
                f.active |= C_RESPONSE
                f.trip(C_RESPONSE)
        event = E_NONE
        if sensor[MESSAGE]:
            event = self.message(sensor[MESSAGE], sensor[KEY], sensor[VALUE])
        core.target = self.policy.target(self.plain, current, known, f.dt) if c[POLICY_THRESHOLD_uA] else self.plain
        if c[APPROACH_counts] and response.contact == 0:
            self.approach()
        manual = self.manual
        if manual.left or manual.phase:
            manual.look(f)
        core.finish(event, manual.left, current, command)
        # Moves of the law, and of a retreat, are none of the operator's.
        if manual.left:
            manual.moved(command[MOVE])
        if watched:
            if response.blind:
                spent = response.spent()
                if spent:
                    command[BLOCKS] |= C_CONTACT
            if command[MOVE]:
                response.moved(command[MOVE], 1 if command[STATE] == ARMED else 0)

    def limits(self, before: int) -> None:
        """Trips LIMITS when a limit switch becomes active against the commanded direction, for two ticks in a row."""
        f = self.core.filter
        if self.config[ACTUATOR_KIND] == 2 or f.move == 0:
            self.against = 0
            return
        wrong = f.switches & (RETRACT_LIMIT if f.move > 0 else COMPRESS_LIMIT)
        if self.against and wrong:
            f.active |= C_LIMITS
            f.trip(C_LIMITS)
        self.against = wrong & ~before

    def approach(self) -> None:
        """Without contact: warns, and holds the setpoint back until the pressure has answered the actuator."""
        core = self.core
        core.filter.active |= C_CONTACT
        floor = self.response.floor()
        touching = 2 * floor
        if touching < self.config[SETPOINT_MIN_hPa]:
            touching = self.config[SETPOINT_MIN_hPa]
        if core.target > touching:
            core.target = touching

    def end_manual_move(self) -> None:
        """Ends a jog, or homing, from outside: the board leaves a mode, or its configuration is replaced."""
        self.manual.end(self.core.filter)

    def lose_position(self) -> None:
        """Makes a screw's position unknown (S16): a pulse train was cut."""
        if self.config[ACTUATOR_KIND] == 1:
            self.manual.end(self.core.filter)
            self.core.filter.standing |= C_POSITION

    def mend(self) -> None:
        """Makes one of the record and its twin, of which one changed by itself; only a reboot leads back to arming."""
        c = self.config
        kept = self.kept
        if checksum(kept) == kept[CHECKSUM]:
            for i in range(53):
                c[i] = kept[i]
        else:
            for i in range(53):
                kept[i] = c[i]

    def message(self, kind: int, key: int, value: int) -> int:
        """Acts on one host message; anything not listed changes nothing (S5). The event."""
        if kind == M_TARE:
            return self.take_tare()
        if kind == M_PARAMETER:
            return self.parameter(key, value)
        f = self.core.filter
        manual = self.manual
        if kind == M_JOG:
            return manual.jog(f, value)
        if kind == M_HOME:
            return manual.home(f)
        if kind == M_DISARM:
            manual.end(f)
        if manual.phase and (kind == M_ARM or kind == M_CONFIRM):  # noqa: SIM109 - a tuple takes time
            return E_STATE
        if kind == M_ARM:
            spent = self.response.spent()
            if spent:
                return E_BLOCKED
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
        """Writes one field when idle, if it loosens nothing and the record still passes; tare and setpoint start over.

        Calibration and limits come from the stored record: a message may tighten it, and go back to it.
        """
        c = self.config
        f = self.core.filter
        if f.state != IDLE or self.manual.left or self.manual.phase:
            return E_STATE
        if key <= ACTUATOR_KIND or key >= CHECKSUM:
            return E_BOUNDS
        if loosens(key, self.stored[key], value):
            return E_LOOSER
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
        f.charge_wait = 1 + c[PERMIT_OFF_ms]
        f.discharge_wait = f.charge_wait
        self.core.restart()
        self.plain = self.core.target
        self.response.restart()
        self.policy.restart()
        return E_DONE
