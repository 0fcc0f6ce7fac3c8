"""The whole controller a second time, from docs/contracts.md and docs/safety.md, out of its restated parts."""

from fractions import Fraction
from math import floor

from restated_filter import RestatedFilter
from restated_law import RestatedLaw, RestatedPolicy, RestatedResponse
from restated_limits import (  # fmt: skip
    ARM,
    ARMED,
    BOUNDS,
    CONFIRM,
    CURRENT,
    CURRENT_LOST,
    DISARM,
    DONE,
    FIELDS,
    HOME,
    IDLE,
    JOG,
    KEY,
    MESSAGE,
    NAMES,
    NO_SENSOR,
    NONE,
    OVER,
    PARAMETER,
    RESET,
    RESPONSE,
    RULE,
    SET,
    TARE,
    UNCONFIRMED,
    UNKNOWN,
    VALUE,
    WRONG_STATE,
)
from restated_record import first_broken

TRIPS = 1023 | RESPONSE
RETRACT_SWITCH = 1


class RestatedController:
    """One controller, from the fields of its record by their names."""

    def __init__(self, base, found=0):
        self.b = base
        self.filter = RestatedFilter(base, found)
        self.law, self.policy, self.response = RestatedLaw(base), RestatedPolicy(base), RestatedResponse(base)
        self.plain = self.target = base["setpoint_min"]
        self.tare = self.setpoint = 0
        self.saved_up = Fraction(0)  # part of a hectopascal that the slew has earned
        self.errand = 0
        self.homing = False

    def tick(self, frame):
        """The command frame."""
        f = self.filter
        current = frame[CURRENT]
        f.observe(frame)
        known = not f.active & CURRENT_LOST
        if self.response.judge(f.dt, f.fresh, f.pressure, current if known else 0, f.state):
            f.active |= RESPONSE
            f.trip(RESPONSE)
        event = self.hear(frame[MESSAGE], frame[KEY], frame[VALUE]) if frame[MESSAGE] else NONE
        self.target = self.policy.target(self.plain, current, known, f.dt)
        if self.errand:
            self.look()
        pressure = f.pressure - self.tare
        armed = f.state == ARMED
        move = self.regulate(pressure, current if known else 0) if armed else f.actuate(self.errand)
        if self.errand:
            self.errand = self.errand - move if move else 0
        if move:
            self.response.moved(move)
        faults = f.latched | f.active
        return [move, f.position, f.outputs, f.state, faults, f.blocks(), event, pressure, self.setpoint]

    def look(self):
        f = self.filter
        if f.state != IDLE or f.active & TRIPS & ~OVER:
            self.errand = 0
        elif self.homing and f.switches & RETRACT_SWITCH:
            self.errand = 0
            f.confirm(self.b["travel_min"])

    def regulate(self, pressure, current):
        f, law = self.filter, self.law
        if current:
            law.feed(current, f.dt)
        if self.setpoint != self.target:
            law.follow(self.slew(f.dt))
        extra = law.correct(self.setpoint - pressure) if f.fresh else 0
        move = f.actuate(law.ask(extra))
        if move:
            law.moved(move)
        return move

    def slew(self, dt):
        earned = self.saved_up + Fraction(self.b["slew"] * dt, 1000)
        step = floor(earned)
        self.saved_up = earned - step
        change = min(max(self.target - self.setpoint, -step), step)
        self.setpoint += change
        return change

    def hear(self, kind, key, value):
        f, b = self.filter, self.b
        span = b["travel_max"] - b["travel_min"]
        if kind == ARM:
            event = f.arm()
            if event == DONE:
                self.law.start()
                self.saved_up = Fraction(0)
                self.setpoint = min(f.pressure - self.tare, b["setpoint_max"])
            return event
        if kind == DISARM:
            self.errand = 0
            return f.disarm()
        if kind == RESET:
            return f.reset()
        if kind == CONFIRM:
            return f.confirm(value)
        if kind == SET:
            if not b["setpoint_min"] <= value <= b["setpoint_max"]:
                return BOUNDS
            self.plain = value
            return DONE
        if kind == PARAMETER:
            return self.write(key, value)
        if kind in (TARE, JOG, HOME) and f.state != IDLE:
            return WRONG_STATE
        if kind == TARE:
            if not f.valid:
                return NO_SENSOR
            if abs(f.pressure) > b["tare_limit"]:
                return BOUNDS
            self.tare = f.pressure
            return DONE
        if kind == JOG:
            if abs(value) > span:
                return BOUNDS
            self.homing, self.errand = False, value
            return DONE
        if kind == HOME:
            if not f.screw:
                return WRONG_STATE
            f.standing |= UNCONFIRMED
            f.position = b["travel_max"]
            self.homing, self.errand = True, -span
            return DONE
        return UNKNOWN

    def write(self, key, value):
        """One field, when idle and out on no errand; then everything that was judged by the old record starts over."""
        f = self.filter
        if f.state != IDLE or self.errand:
            return WRONG_STATE
        if not 2 <= key < len(NAMES):
            return BOUNDS
        low, high, _ = FIELDS[NAMES[key]]
        if not low <= value <= high:
            return BOUNDS
        changed = self.b | {NAMES[key]: value}
        unknown = f.standing & UNCONFIRMED
        if first_broken(changed) or not (unknown or changed["travel_min"] <= f.position <= changed["travel_max"]):
            return RULE
        self.b = changed
        for part in (f, self.law, self.policy, self.response):
            part.b = changed
        for name, permit in (("charge", f.charge), ("discharge", f.discharge)):
            permit.low, permit.high, permit.base = changed[f"{name}_min"], changed[f"{name}_max"], changed
        if unknown:
            f.position = changed["travel_max"]
        f.valid, f.age, f.healthy = False, None, 0
        self.plain = self.target = changed["setpoint_min"]
        self.tare = self.setpoint = 0
        self.saved_up = Fraction(0)
        self.policy.restart()
        self.response.delay = changed["dead_time"] + 3 * changed["lag"]
        self.response.restart()
        return DONE
