"""The controller of one board: frames in, frames out; the law reaches the actuator through the filter."""

from controller.configuration import (
    ACTUATOR_KIND,
    CHECKSUM,
    DEFAULT,
    SETPOINT_MAX_hPa,
    SETPOINT_MIN_hPa,
    SETPOINT_SLEW_hPa_per_s,
    TARE_LIMIT_hPa,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
    check,
    checksum,
)
from controller.frames import (
    ARMED,
    BLOCKS,
    C_CHECKSUM,
    C_CONFIG,
    C_CURRENT,
    C_POSITION,
    C_SELF_TEST,
    C_WATCHDOG,
    E_BOUNDS,
    E_DONE,
    E_NONE,
    E_RULE,
    E_SENSOR,
    E_STATE,
    E_UNKNOWN,
    EVENT,
    FAULTS,
    IDLE,
    KEY,
    M_ARM,
    M_CONFIRM,
    M_DISARM,
    M_PARAMETER,
    M_RESET,
    M_SETPOINT,
    M_TARE,
    MESSAGE,
    MOVE,
    OUTPUTS,
    POSITION,
    STATE,
    VALUE,
    CURRENT_uA,
    PRESSURE_hPa,
    SETPOINT_hPa,
)
from controller.law import Law
from controller.safety import SafetyFilter


class Controller:
    """One pressure controller; ``tick`` turns a sensor frame into a command frame and allocates nothing."""

    def __init__(self, config: list[int], found: int = 0) -> None:
        """Copies ``config``; one that fails its check or its checksum means defaults, and no arming.

        ``found``: C_WATCHDOG and C_SELF_TEST, as the board found them at boot.
        """
        found &= C_WATCHDOG | C_SELF_TEST
        if check(config):
            found |= C_CONFIG
        elif checksum(config) != config[CHECKSUM]:
            found |= C_CHECKSUM
        self.config = list(DEFAULT if found & (C_CONFIG | C_CHECKSUM) else config)
        self.filter = SafetyFilter(self.config, found)
        self.law = Law(self.config)
        self.tare = 0
        self.target = self.config[SETPOINT_MIN_hPa]
        self.setpoint = 0
        self.part = 0

    def tick(self, sensor: list[int], command: list[int]) -> None:
        """One control tick: fills ``command`` from ``sensor`` (docs/contracts.md)."""
        f = self.filter
        f.observe(sensor)
        event = E_NONE
        if sensor[MESSAGE]:
            event = self.message(sensor[MESSAGE], sensor[KEY], sensor[VALUE])
        pressure = f.pressure - self.tare
        move = self.regulate(pressure, sensor[CURRENT_uA]) if f.state == ARMED else f.actuate(0)
        command[MOVE] = move
        command[POSITION] = f.position
        command[OUTPUTS] = f.outputs
        command[STATE] = f.state
        command[FAULTS] = f.latched | f.active
        command[BLOCKS] = f.blocks()
        command[EVENT] = event
        command[PRESSURE_hPa] = pressure
        command[SETPOINT_hPa] = self.setpoint

    def regulate(self, pressure: int, current: int) -> int:
        """An armed tick of the law; the move that passed the filter."""
        f = self.filter
        law = self.law
        if current and not f.active & C_CURRENT:
            law.feed(current, f.dt)
        if self.setpoint != self.target:
            law.follow(self.slew(f.dt))
        extra = law.correct(self.setpoint - pressure) if f.fresh else 0
        move = f.actuate(law.ask(extra))
        if move:
            law.moved(move)
        return move

    def slew(self, dt: int) -> int:
        """Brings the setpoint nearer to its target within ``dt`` [ms]; the change [hPa]."""
        part = self.part + self.config[SETPOINT_SLEW_hPa_per_s] * dt
        step = part // 1000
        self.part = part % 1000
        change = self.target - self.setpoint
        if change > step:
            change = step
        elif change < -step:
            change = -step
        self.setpoint += change
        return change

    def message(self, kind: int, key: int, value: int) -> int:
        """Acts on one host message; anything not listed changes nothing (S5). The event."""
        f = self.filter
        if kind == M_ARM:
            return self.arm()
        if kind == M_DISARM:
            return f.disarm()
        if kind == M_RESET:
            return f.reset()
        if kind == M_CONFIRM:
            return f.confirm(value)
        if kind == M_SETPOINT:
            if value < self.config[SETPOINT_MIN_hPa] or value > self.config[SETPOINT_MAX_hPa]:
                return E_BOUNDS
            self.target = value
            return E_DONE
        if kind == M_TARE:
            return self.take_tare()
        if kind == M_PARAMETER:
            return self.parameter(key, value)
        return E_UNKNOWN

    def arm(self) -> int:
        """Arms from the present pressure, so that the setpoint slews from there."""
        c = self.config
        f = self.filter
        if checksum(c) != c[CHECKSUM]:
            # The record has rotted since boot.
            f.standing |= C_CHECKSUM
            f.active |= C_CHECKSUM
        event = f.arm()
        if event == E_DONE:
            self.law.start()
            self.part = 0
            self.setpoint = f.pressure - self.tare
            if self.setpoint > c[SETPOINT_MAX_hPa]:
                self.setpoint = c[SETPOINT_MAX_hPa]
        return event

    def take_tare(self) -> int:
        """Control pressure counts from the present load, near the reference tare; limits do not (S6)."""
        f = self.filter
        if f.state != IDLE:
            return E_STATE
        if f.valid == 0:
            return E_SENSOR
        if not -self.config[TARE_LIMIT_hPa] <= f.pressure <= self.config[TARE_LIMIT_hPa]:
            return E_BOUNDS
        self.tare = f.pressure
        return E_DONE

    def parameter(self, key: int, value: int) -> int:
        """Writes one field when idle, if the record still passes; operator tare and setpoint start over."""
        c = self.config
        f = self.filter
        if f.state != IDLE:
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
        if f.standing & C_POSITION:
            f.position = c[TRAVEL_MAX_counts]
        f.healthy = 0
        self.tare = 0
        self.target = c[SETPOINT_MIN_hPa]
        return E_DONE
