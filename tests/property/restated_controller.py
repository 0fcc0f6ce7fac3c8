"""The whole controller a second time, from docs/contracts.md and docs/safety.md, out of its restated parts."""

from fractions import Fraction
from math import floor

from restated_filter import RestatedFilter
from restated_law import RestatedLaw, RestatedPolicy, RestatedResponse
from restated_limits import (  # fmt: skip
    ARM,
    ARMED,
    BLOCKED,
    BOUNDS,
    CONFIRM,
    CURRENT,
    CURRENT_LOST,
    DISARM,
    DONE,
    FIELDS,
    FORCE,
    HOME,
    IDLE,
    JOG,
    KEY,
    LIMITS,
    LOOSER,
    MESSAGE,
    NAMES,
    NO_CONTACT,
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

TRIPS = 1023 | RESPONSE | FORCE
RETRACT_SWITCH, COMPRESS_SWITCH = 1, 2

# How a message may change a field against the stored record; what is in none of these it may not change.
LESS = {"stale", "debounce", "warn", "soft", "hard", "tare_limit", "setpoint_max", "slew", "speed", "accel",
        "travel_max", "charge_max", "discharge_max", "response_hPa", "response_play", "homing"}  # fmt: skip
MORE = {"healthy", "margin", "setpoint_min", "travel_min", "charge_min", "discharge_min", "hysteresis", "permit_off",
        "response"}  # fmt: skip
LESS_BUT_NOT_OFF = {"stuck", "approach"}
FREE = {"backlash", "kp", "ki", "deadband", "feed", *(name for name in NAMES if name.startswith("policy"))}


def loosens(name, stored, value):
    """Whether a value is one that only a stored record may hold."""
    if value == stored or name in FREE:
        return False
    if name in LESS:
        return value > stored
    if name in MORE:
        return value < stored
    if name in LESS_BUT_NOT_OFF:
        return value == 0 or value > stored > 0
    return True


class RestatedController:
    """One controller, from the fields of its record by their names."""

    def __init__(self, base, found=0):
        self.b = self.stored = base
        self.filter = RestatedFilter(base, found)
        self.law, self.policy, self.response = RestatedLaw(base), RestatedPolicy(base), RestatedResponse(base)
        self.plain = self.target = base["setpoint_min"]
        self.tare = self.setpoint = 0
        self.saved_up = Fraction(0)  # part of a hectopascal that the slew has earned
        self.errand = 0  # counts of a manual move still to go
        self.homing = None  # or "looking", "backing off", "looking again"
        self.least = 0  # pressure of a manual move while over no limit, or the least since
        self.wrong = 0  # limit switches that have become active against the commanded direction

    def tick(self, frame):
        """The command frame."""
        f = self.filter
        current = frame[CURRENT]
        before = f.switches
        f.observe(frame)
        self.limits(before)
        known = not f.active & CURRENT_LOST
        if self.response.judge(f.dt, f.fresh, f.pressure, current if known else 0, f.state):
            f.active |= RESPONSE
            f.trip(RESPONSE)
        event = self.hear(frame[MESSAGE], frame[KEY], frame[VALUE]) if frame[MESSAGE] else NONE
        self.target = self.policy.target(self.plain, current, known, f.dt)
        if self.b["approach"] and not self.response.contact:
            f.active |= NO_CONTACT
            self.target = min(self.target, max(2 * self.response.floor(), self.b["setpoint_min"]))
        if self.errand or self.homing:
            self.look()
        pressure = f.pressure - self.tare
        armed = f.state == ARMED
        move = self.regulate(pressure, current if known else 0) if armed else f.actuate(self.errand)
        if self.errand:
            self.errand = self.errand - move if move else 0
        if move and (self.b["response"] or self.b["approach"]):
            self.response.moved(move, f.state == ARMED)
        faults = f.latched | f.active
        blocks = f.blocks() | (NO_CONTACT if self.response.spent() else 0)
        return [move, f.position, f.outputs, f.state, faults, blocks, event, pressure, self.setpoint]

    def limits(self, before):
        """A switch at the end that the screw is told to leave becomes active, and is so in the next tick too."""
        f = self.filter
        leaves = 0
        if f.screw and f.last_move:
            leaves = f.switches & (RETRACT_SWITCH if f.last_move > 0 else COMPRESS_SWITCH)
        if self.wrong and leaves:
            f.active |= LIMITS
            f.trip(LIMITS)
        self.wrong = leaves & ~before

    def look(self):
        f = self.filter
        over = f.active & (OVER | FORCE)
        self.least = min(self.least, f.pressure) if over else f.pressure
        rising = f.pressure - self.least > self.b["response_hPa"]
        if f.state != IDLE or f.active & TRIPS & ~(OVER | FORCE) or rising:
            self.end()
        elif self.homing:
            self.follow(bool(f.switches & RETRACT_SWITCH))

    def follow(self, active):
        """S16: the position is known once the switch was active, opened, and became active again."""
        f, b = self.filter, self.b
        if self.homing == "backing off":
            f.active |= UNCONFIRMED
            if not active:
                self.forget()
                self.homing, self.errand = "looking again", -2 * b["homing"]
            elif not self.errand:
                all_the_way = f.position - b["travel_min"] >= b["homing"]
                self.end()
                if all_the_way:
                    f.active |= LIMITS
                    f.trip(LIMITS)
        elif active:
            f.confirm(b["travel_min"])
            if self.homing == "looking":
                f.active |= UNCONFIRMED
                self.homing, self.errand = "backing off", b["homing"]
            else:
                self.homing, self.errand = None, 0
        elif not self.errand:
            self.homing = None

    def forget(self):
        self.filter.standing |= UNCONFIRMED
        self.filter.position = self.b["travel_max"]

    def end(self):
        if self.homing == "backing off":
            self.forget()
        self.homing, self.errand = None, 0

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
        if kind == ARM and not self.homing:
            if self.response.spent():
                return BLOCKED
            event = f.arm()
            if event == DONE:
                self.law.start()
                self.saved_up = Fraction(0)
                self.setpoint = min(f.pressure - self.tare, b["setpoint_max"])
            return event
        if kind == JOG and value == 0:
            self.end()
            self.least = f.pressure
            return DONE
        if kind == DISARM:
            self.end()
            return f.disarm()
        if self.homing and kind in (ARM, CONFIRM):
            return WRONG_STATE
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
            self.end()
            self.least = f.pressure
            self.errand = value
            return DONE
        if kind == HOME:
            if not f.screw:
                return WRONG_STATE
            self.forget()
            self.least = f.pressure
            self.homing, self.errand = "looking", -span
            return DONE
        return UNKNOWN

    def write(self, key, value):
        """One field, when idle and at rest; then everything that was judged by the old record starts over."""
        f = self.filter
        if f.state != IDLE or self.errand or self.homing:
            return WRONG_STATE
        if not 2 <= key < len(NAMES):
            return BOUNDS
        if loosens(NAMES[key], self.stored[NAMES[key]], value):
            return LOOSER
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
            permit.closed_ms = 0
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


class RestatedCore(RestatedController):
    """What the smallest board runs: without the check for a limit switch that comes the wrong way."""

    def limits(self, before):
        pass
