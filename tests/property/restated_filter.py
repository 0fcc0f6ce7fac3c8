"""The safety filter a second time, from its specification (docs/safety.md, docs/contracts.md), for comparison.

Nothing is taken from ``controller``. It is written to be read, not to be quick: plain arithmetic on whole numbers of
any size, names instead of bits.
"""

from fractions import Fraction
from math import floor

from restated_limits import (
    ARMED,
    BLOCKED,
    BOUNDS,
    CAUSE,
    CLOCK,
    COUNTS,
    CURRENT_LOST,
    DONE,
    FEW_SAMPLES,
    FORCE,
    IDLE,
    LIMITS,
    LINK,
    NO_CONTACT,
    NO_LOAD,
    NOT_RESET,
    OVER,
    RESPONSE,
    SAMPLE,
    SELF_TEST,
    SENSE,
    SENSOR,
    SOFT,
    STALE,
    STOP,
    STUCK,
    SWITCHES,
    TIME,
    TRIPPED,
    UNCONFIRMED,
    WARN,
    WATCHDOG,
    WRONG_STATE,
)  # fmt: skip

AROUND = 2**30
FAR_hPa = 2**20
CHARGE, DISCHARGE, POWER = 1, 2, 4
RETRACT_SWITCH, COMPRESS_SWITCH = 1, 2
# What only warns, and blocks nothing.
HARMLESS = WARN | CURRENT_LOST | UNCONFIRMED | NO_CONTACT
TRIPS = LIMITS | OVER | STOP | LINK | SENSOR | STALE | CLOCK | STUCK | WATCHDOG | SELF_TEST | RESPONSE | FORCE
# What trips a controller that is not armed; what joins a trip already latched; what leaves a screw without its place.
EVEN_IDLE = STOP | LIMITS | RESPONSE
LOSES_PLACE = STOP | LIMITS | RESPONSE
OVERS = OVER | FORCE


class Permit:
    """S13: open within its window; once closed, for its least time, and then only well within."""

    def __init__(self, low, high, base):
        self.low, self.high, self.base = low, high, base
        self.open = False
        self.closed_ms = 0

    def see(self, good, pressure, dt):
        gap = 0
        if not self.open:
            self.closed_ms += dt
            if self.closed_ms <= self.base["permit_off"]:
                return
            gap = self.base["hysteresis"]
        fits = good and self.low + gap <= pressure <= self.high - gap
        if self.open and not fits:
            self.closed_ms = 0
        self.open = bool(fits)


class RestatedFilter:
    """One filter; asked as `controller.safety.SafetyFilter` is."""

    def __init__(self, base, found=0):
        self.b = base
        self.screw = base["kind"] == 1
        # S16: wherever a screw stands at boot, all decompression is open to it.
        self.position = base["travel_max"] if self.screw else 0
        self.standing = (found & ~WATCHDOG) | (UNCONFIRMED if self.screw else 0)
        self.latched = found & (WATCHDOG | SELF_TEST)
        self.state = TRIPPED if self.latched else IDLE
        self.active = self.cell = self.switches = 0
        self.time = self.dt = 0
        self.age = None  # no sample yet
        self.sample = -1  # a number that no sample has, in no contract's frame
        self.counts = None
        self.identical = self.bad = self.over = self.healthy = 0
        self.differing = 0  # readings in a row that differ from what is believed
        self.of_reading = 0  # what the last valid reading says of itself
        self.valid = self.fresh = False
        self.pressure = 0
        self.last_move = self.retreat_left = 0
        self.charge = Permit(base["charge_min"], base["charge_max"], base)
        self.discharge = Permit(base["discharge_min"], base["discharge_max"], base)
        self.outputs = 0

    def observe(self, frame):
        b = self.b
        now = frame[TIME] % AROUND
        self.dt = min((now - self.time) % AROUND, b["stale"] + 1)
        self.time = now
        invalid = frame[SENSE] & 1 == 1
        self.fresh = False
        if frame[SAMPLE] != self.sample:
            self.sample, self.age = frame[SAMPLE], 0
            self.judge(frame[COUNTS], invalid)
        elif self.age is not None:
            self.age += self.dt
        stale = self.age is None or self.age > b["stale"]
        if stale or invalid:
            self.valid = False
        if not self.valid:
            self.healthy = 0
        self.switches = frame[SWITCHES]
        both = self.switches & 3 == 3
        self.active = (
            self.standing
            | self.cell
            | (CLOCK if self.dt in (0, b["stale"] + 1) else 0)
            | (STALE if stale else 0)
            | (CURRENT_LOST if frame[SENSE] & 2 else 0)
            | (STOP if self.switches & 4 else 0)
            | (LINK if self.switches & 8 else 0)
            | (FORCE if self.switches & FORCE else 0)
            | (LIMITS if both else 0)
        )
        self.trip(self.active & TRIPS)

    def judge(self, counts, invalid):
        b = self.b
        self.identical = self.identical + 1 if counts == self.counts else 1
        self.counts = counts
        stuck = 0 < b["stuck"] <= self.identical
        saturated = not -(2**23) < counts < 2**23 - 1
        if stuck or invalid or saturated:
            self.valid = False
            self.bad += 1
        else:
            self.valid = True
            self.bad = 0
            exact = Fraction((counts - b["reference"]) * b["scale_num"], 2 ** b["scale_shift"])
            reading = min(max(floor(exact), -FAR_hPa), FAR_hPa)
            self.over = self.over + 1 if reading >= b["hard"] else 0
            self.of_reading = (
                (WARN if reading >= b["warn"] else 0)
                | (SOFT if reading >= b["soft"] else 0)
                | (NO_LOAD if reading < -b["tare_limit"] else 0)
            )
            self.believe(reading)
        self.cell = (
            (STUCK if stuck else 0)
            | (SENSOR if self.bad >= b["debounce"] else 0)
            | (OVER if self.over >= b["debounce"] else 0)
            | self.of_reading
        )

    def believe(self, reading):
        """A reading near the last one believed is believed; any other once so many in a row have not been near it."""
        near = abs(reading - self.pressure) <= self.b["jump"]
        self.healthy = self.healthy + 1 if near else 0
        self.differing = 0 if near else self.differing + 1
        if near or self.differing >= self.b["debounce"]:
            self.differing = 0
            self.fresh, self.pressure = True, reading

    def trip(self, causes):
        causes &= {IDLE: EVEN_IDLE, TRIPPED: EVEN_IDLE | OVERS, ARMED: TRIPS}[self.state]
        if not causes:
            return
        self.state = TRIPPED
        if causes & OVERS & ~self.latched:
            self.retreat_left = self.b["retreat"]
        self.latched |= causes
        if causes & LOSES_PLACE and self.screw:
            self.standing |= UNCONFIRMED

    def blocks(self):
        return (
            (self.active & ~HARMLESS)
            | (0 if self.valid else SENSOR)
            | (FEW_SAMPLES if self.healthy < self.b["healthy"] else 0)
            | (NOT_RESET if self.state == TRIPPED else 0)
        )

    def arm(self):
        if self.state == ARMED:
            return WRONG_STATE
        if self.blocks():
            return BLOCKED
        self.state = ARMED
        return DONE

    def disarm(self):
        if self.state == TRIPPED:
            return WRONG_STATE
        self.state = IDLE
        return DONE

    def reset(self):
        if self.state != TRIPPED:
            return WRONG_STATE
        if self.active & TRIPS or not self.valid:
            return CAUSE
        self.state, self.latched, self.retreat_left = IDLE, 0, 0
        return DONE

    def confirm(self, position):
        if self.state != IDLE or not self.screw:
            return WRONG_STATE
        if not self.b["travel_min"] <= position <= self.b["travel_max"]:
            return BOUNDS
        self.position = position
        self.standing &= ~UNCONFIRMED
        return DONE

    def actuate(self, ask):
        b = self.b
        if self.state == TRIPPED:
            ask = self.away()
        elif self.state == IDLE and self.active & TRIPS & ~OVERS:
            ask = 0
        move = self.cut(ask)
        if self.retreat_left:
            self.retreat_left += move
        self.last_move = move
        self.position += move
        powered = self.state == ARMED or move or not (self.screw or self.position == 0)
        good = self.state == ARMED and self.valid
        for permit in (self.charge, self.discharge):
            permit.see(good, self.pressure, self.dt)
        self.outputs = (
            (CHARGE if self.charge.open else 0) | (DISCHARGE if self.discharge.open else 0) | (POWER if powered else 0)
        )
        assert b["travel_min"] <= self.position <= b["travel_max"]
        return move

    def away(self):
        """From an over-limit only, seeing, and by what is left of the bounded travel.

        What holds a screw does not hold a regulator's code up; one that a stop vents goes to 0. An over-force
        comparator is believed for as long as it is active, whatever the load cell says.
        """
        if self.screw and self.latched & (EVEN_IDLE | WATCHDOG | SELF_TEST):
            return 0
        if not self.screw and self.b["stop_vents"] and self.latched & STOP:
            self.retreat_left = self.position
            return -self.position
        if not self.active & FORCE:
            if not self.valid:
                return 0
            if self.pressure < self.b["soft"] - self.b["margin"]:
                self.retreat_left = 0
        return -self.retreat_left

    def cut(self, ask):
        b = self.b
        way = (ask > 0) - (ask < 0)
        if way > 0:
            unsafe = not self.valid or self.standing & UNCONFIRMED or self.active & (SOFT | NO_LOAD | FORCE)
            if unsafe or self.switches & COMPRESS_SWITCH:
                return 0
            room = b["travel_max"] - self.position
        else:
            if self.switches & RETRACT_SWITCH:
                return 0
            room = self.position - b["travel_min"]
        speed = floor(Fraction(b["speed"] * min(self.dt, b["tick"]), b["tick"]))
        faster = max(self.last_move * way, 0) + b["accel"]
        return way * min(abs(ask), speed, faster, room)
