"""What every board runs: one tick through filter and law, and the messages that need no record-keeping."""

from controller.fields import (
    SETPOINT_MAX_hPa,
    SETPOINT_MIN_hPa,
    SETPOINT_SLEW_hPa_per_s,
)
from controller.frames import (
    ARMED,
    BLOCKS,
    C_CURRENT,
    E_BOUNDS,
    E_DONE,
    E_NONE,
    E_UNKNOWN,
    EVENT,
    FAULTS,
    M_ARM,
    M_CONFIRM,
    M_DISARM,
    M_RESET,
    M_SETPOINT,
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


class Core:
    """Filter and law of one controller; the law reaches the actuator through the filter."""

    def __init__(self, config: list[int], found: int) -> None:
        """``config`` passes its check; ``found`` holds the condition bits found at boot (0 none)."""
        self.config = config
        self.filter = SafetyFilter(config, found)
        self.law = Law(config)
        self.restart()

    def restart(self) -> None:
        """Forgets the operator's tare and setpoint."""
        self.tare = 0
        self.target = self.config[SETPOINT_MIN_hPa]
        self.setpoint = 0
        self.part = 0

    def tick(self, sensor: list[int], command: list[int]) -> None:
        """One control tick: fills ``command`` from ``sensor`` (docs/contracts.md)."""
        self.filter.observe(sensor)
        event = E_NONE
        if sensor[MESSAGE]:
            event = self.message(sensor[MESSAGE], sensor[VALUE])
        self.finish(event, 0, sensor[CURRENT_uA], command)

    def finish(self, event: int, errand: int, current: int, command: list[int]) -> None:
        """The rest of a tick that has been observed; ``errand`` [counts] is what to ask for when not armed."""
        f = self.filter
        pressure = f.pressure - self.tare
        move = self.regulate(pressure, current) if f.state == ARMED else f.actuate(errand)
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

    def message(self, kind: int, value: int) -> int:
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
        return E_UNKNOWN

    def arm(self) -> int:
        """Arms from the present pressure, so that the setpoint slews from there."""
        f = self.filter
        event = f.arm()
        if event == E_DONE:
            self.law.start()
            self.part = 0
            self.setpoint = f.pressure - self.tare
            if self.setpoint > self.config[SETPOINT_MAX_hPa]:
                self.setpoint = self.config[SETPOINT_MAX_hPa]
        return event
