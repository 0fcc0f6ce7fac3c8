"""What is proven of a tick, worded over frames and a ghost: what an onlooker knows who saw every frame so far.

The ghost is the specification's own memory. It takes nothing from the controller but what it commanded; an invariant
ties the two together, holds at boot and after every tick, and is proven with the claims.
"""

import z3
from restated_limits import (
    ARM,
    ARMED,
    BAD_CHECKSUM,
    BAD_CONFIG,
    CLOCK,
    CONFIRM,
    COUNTS,
    FORCE,
    IDLE,
    LIMITS,
    LINK,
    NO_LOAD,
    OVER,
    RESET,
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
)  # fmt: skip
from terms import WIDTH

CHARGE, DISCHARGE = 1, 2  # permits in OUTPUTS
DAY = 1 << 30  # times count no further


def var(name, suffix):
    return z3.BitVec(f"ghost {name}{suffix}", WIDTH)


def number(x):
    return z3.BitVecVal(x, WIDTH)


def least(a, b):
    return z3.If(a < b, a, b)


def has(word, mask):
    return word & mask != 0


class Ghost:
    """Numbers and conditions by name; `first` is before the first frame, `any` before any other."""

    NUMBERS = (
        "time", "sample", "age", "reading", "pressure", "odd", "healthy", "bad", "over", "low1", "low2", "need1",
        "need2", "outputs", "move", "counts", "run", "seek",
    )  # fmt: skip
    CONDITIONS = ("good", "known", "sensor", "stuck", "overloaded")

    def __init__(self, values):
        self.__dict__.update(values)

    @classmethod
    def any(cls):
        numbers = {n: var(n, "") for n in cls.NUMBERS}
        return cls(numbers | {n: z3.Bool(f"ghost {n}") for n in cls.CONDITIONS})

    @classmethod
    def first(cls, c):
        zero = {n: number(0) for n in cls.NUMBERS}
        given = {"sample": number(-1), "age": number(DAY), "need1": c["permit_off"], "need2": c["permit_off"]}
        no = {n: z3.BoolVal(False) for n in cls.CONDITIONS}
        return cls(zero | given | no | {"known": c["kind"] == 2})

    def bounds(self):
        counters = [self.age, self.healthy, self.bad, self.over, self.low1, self.low2, self.run]
        readings = [self.reading, self.pressure]
        return [
            *(z3.And(x >= 0, x <= DAY) for x in counters),
            *(z3.And(x >= 0, x <= 600000) for x in (self.need1, self.need2)),
            *(z3.And(x >= -(1 << 20), x <= 1 << 20) for x in readings),
            z3.And(self.odd >= 0, self.odd <= 7, self.seek >= 0, self.seek <= 3),
        ]


class Seen:
    """One frame as the specification reads it, after a ghost that saw all before."""

    def __init__(self, g, s, c, pressure_of, *, changed=None, later=None):
        """``s``: terms of the sensor frame; ``c``: record by name; ``pressure_of``: of counts, by the calibration.

        ``changed``: whether this frame's message has written to the record, which is ``later`` from then on.
        """
        self.s, self.c, self.g = s, c, g
        self.changed = z3.BoolVal(False) if changed is None else changed
        self.later = later or c
        self.now = s[TIME] & (DAY - 1)
        self.dt = (self.now - g.time) & (DAY - 1)
        self.invalid = has(s[SENSE], 1)
        self.fresh = s[SAMPLE] != g.sample
        self.sound = z3.And(z3.Not(self.invalid), s[COUNTS] > -(1 << 23), s[COUNTS] < (1 << 23) - 1)
        self.age = z3.If(self.fresh, number(0), least(g.age + self.dt, number(DAY)))
        self.stale = z3.Or(self.age > c["stale"], self.changed)
        self.pressure_of = pressure_of

    def after(self, command):
        """The ghost after this tick; ``command``: move, outputs, and whether a position was confirmed."""
        g, c, s = self.g, self.c, self.s
        run = z3.If(self.fresh, least(z3.If(s[COUNTS] == g.counts, g.run, number(0)) + 1, number(DAY)), g.run)
        stuck = z3.And(c["stuck"] > 0, run >= c["stuck"])
        taken = z3.And(self.fresh, self.sound, z3.Not(stuck))
        good = z3.If(self.fresh, taken, z3.And(g.good, z3.Not(self.invalid), z3.Not(self.stale)))
        good = z3.And(good, z3.Not(self.changed))  # a sample counts when judged by the record in force
        reading = z3.If(taken, self.pressure_of(s[COUNTS]), g.reading)
        one = number(1)
        change = reading - g.pressure
        near = z3.And(change <= c["jump"], change >= -c["jump"])
        believed = z3.And(taken, z3.Or(near, g.odd + one >= c["debounce"]))
        bad = z3.If(self.fresh, z3.If(taken, number(0), least(g.bad + one, number(DAY))), g.bad)
        over = z3.If(taken, z3.If(reading >= c["hard"], least(g.over + one, number(DAY)), number(0)), g.over)
        more = {
            "time": self.now,
            "sample": s[SAMPLE],
            "age": z3.If(self.changed, number(DAY), self.age),
            "reading": reading,
            "pressure": z3.If(believed, reading, g.pressure),
            "odd": z3.If(taken, z3.If(believed, number(0), g.odd + one), g.odd),
            "seek": self.seek(command["homing"]),
            "good": good,
            "healthy": z3.If(
                good, z3.If(taken, z3.If(near, least(g.healthy + one, number(DAY)), number(0)), g.healthy), number(0)
            ),
            "bad": bad,
            "over": over,
            "counts": z3.If(self.fresh, s[COUNTS], g.counts),
            "run": run,
            # What a conversion was judged by is the record of its time.
            "sensor": z3.If(self.fresh, bad >= c["debounce"], g.sensor),
            "overloaded": z3.If(self.fresh, over >= c["debounce"], g.overloaded),
            "stuck": z3.If(self.fresh, stuck, g.stuck),
            "known": z3.If(
                z3.Or(command["confirmed"], z3.And(command["homed"], self.found_again())),
                z3.BoolVal(True),
                z3.And(g.known, z3.Not(self.lost(command["slipped"])), z3.Not(command["homing"])),
            ),
            "outputs": command["outputs"],
            "move": command["move"],
        }
        passed = least(self.dt, c["stale"] + 1)
        for bit, low, need in ((CHARGE, "low1", "need1"), (DISCHARGE, "low2", "need2")):
            on, was = has(command["outputs"], bit), has(g.outputs, bit)
            before, needed = getattr(g, low), getattr(g, need)
            # A record written starts the least time anew: it is that of the new record.
            since = z3.If(self.changed, number(0), before)
            more[low] = z3.If(z3.Or(on, was), number(0), least(since + passed, number(DAY)))
            more[need] = z3.If(z3.Or(z3.And(was, z3.Not(on)), self.changed), self.later["permit_off"], needed)
        return Ghost(more)

    def seek(self, homing):
        """S16: what was seen of the retract switch since homing was asked for: 1 nothing, 2 active, 3 then open."""
        g, active = self.g, has(self.s[SWITCHES], 1)
        began = z3.If(active, number(2), number(1))
        opened = z3.If(z3.And(g.seek == 2, z3.Not(active)), number(3), g.seek)
        return z3.If(z3.Or(homing, g.seek == 1), began, opened)

    def found_again(self):
        """S16: the switch was active, opened, and is active again."""
        return z3.And(self.g.seek == 3, has(self.s[SWITCHES], 1))

    def lost(self, slipped):
        """The position is lost: a stop in mid-step, a limit switch that cannot be, or a motor that slips (S12)."""
        w = self.s[SWITCHES]
        return z3.And(self.c["kind"] == 1, z3.Or(has(w, STOP), w & 3 == 3, slipped))

    def causes(self, after):
        """What trips an armed controller in this tick, by name."""
        w, c = self.s[SWITCHES], self.c
        return {
            CLOCK: z3.Or(self.dt == 0, self.dt > c["stale"]),
            STALE: self.age > c["stale"],
            SENSOR: after.sensor,
            OVER: after.overloaded,
            STUCK: after.stuck,
            STOP: has(w, STOP),
            LINK: has(w, LINK),
            LIMITS: w & 3 == 3,
            FORCE: has(w, FORCE),
        }


def claims(seen, after, was, now):
    """Name and formula of every claim on one tick.

    ``was``, ``now``: the controller's state before and after, ``now`` with move, position, outputs, state, faults,
    message (what was asked of it) and asked.
    """
    g, c, s = seen.g, seen.later, seen.s
    move, state = now["move"], now["state"]
    size = z3.If(move < 0, -move, move)
    same_way = z3.If(z3.And(g.move > 0, move > 0), g.move, z3.If(z3.And(g.move < 0, move < 0), -g.move, number(0)))
    causes = seen.causes(after)
    some = z3.Or(*causes.values())
    up, w = move > 0, s[SWITCHES]
    yield "S1 no compression on an invalid or stale load cell", z3.Implies(up, z3.And(after.good, z3.Not(seen.stale)))
    yield "S1 no compression at or over the soft limit", z3.Implies(up, after.reading < c["soft"])
    yield "S1 no compression on an impossible reading", z3.Implies(up, after.reading >= -c["tare_limit"])
    yield "S1 no compression while the over-force comparator is active", z3.Implies(up, z3.Not(has(w, FORCE)))
    yield "S2 speed", size <= c["speed"]
    yield "S2 speed in a short tick", z3.Implies(seen.dt < c["tick"], size <= now["share"])
    yield "S2 acceleration", size <= same_way + c["accel"]
    yield "S2 travel", z3.And(now["position"] >= c["travel_min"], now["position"] <= c["travel_max"])
    yield "S3 every cause trips when armed", z3.Implies(z3.And(was["state"] == ARMED, some), state == TRIPPED)
    yield "S3 and is named", z3.And(*(
        z3.Implies(z3.And(was["state"] == ARMED, test), has(now["faults"], bit)) for bit, test in causes.items()
    ))  # fmt: skip
    leaves = z3.And(was["state"] == TRIPPED, state != TRIPPED)
    good_reset = z3.And(now["message"] == RESET, state == IDLE, z3.Not(some), after.good)
    yield "S3 a trip is left by reset only, its causes gone", z3.Implies(leaves, good_reset)
    yield "S3 no compression when tripped", z3.Implies(state == TRIPPED, move <= 0)
    screw = c["kind"] == 1
    held = z3.And(screw, has(now["latched"], STOP | LIMITS | RESPONSE | WATCHDOG | SELF_TEST))
    sees = z3.Or(has(w, FORCE), z3.And(after.good, after.pressure >= c["soft"] - c["margin"]))
    relieves = z3.And(has(now["latched"], OVER | FORCE), z3.Not(held), sees)
    may_retreat = z3.Or(relieves, vents(now, c))
    yield (
        "S3 tripped, it moves to relieve an over-limit only, or where a stop vents",
        z3.Implies(z3.And(state == TRIPPED, move != 0), may_retreat),
    )
    yield (
        "S3 a regulator over the limit lowers its code, whatever is latched",
        z3.Implies(
            z3.And(state == TRIPPED, z3.Not(screw), relieves, z3.Or(has(w, FORCE), now["valid"] != 0),
                   now["retreat_was"] > 0, c["retreat"] > 0, seen.dt >= c["tick"],
                   now["position_was"] > 0),
            move < 0,
        ),
    )  # fmt: skip
    wrong = z3.Or(*(test for bit, test in causes.items() if bit not in (OVER, FORCE)))
    yield "S3 idle, with a cause other than over-limit: no move", z3.Implies(z3.And(state == IDLE, wrong), move == 0)
    arms = z3.And(was["state"] != ARMED, state == ARMED)
    fit = z3.And(z3.Not(some), after.good, after.reading < c["soft"], after.reading >= -c["tare_limit"])
    asked = z3.And(now["message"] == ARM, was["state"] == IDLE, after.healthy >= c["healthy"])
    yield "S4 armed only when asked, healthy and without a fault", z3.Implies(arms, z3.And(asked, fit))
    for bit, name in ((CHARGE, "charge"), (DISCHARGE, "discharge")):
        low, high, gap = c[name + "_min"], c[name + "_max"], c["hysteresis"]
        on, opened = has(now["outputs"], bit), z3.Not(has(g.outputs, bit))
        inside = z3.And(after.pressure >= low, after.pressure <= high)
        yield f"S13 permit to {name}: armed, in its window", z3.Implies(on, z3.And(state == ARMED, inside))
        opens = z3.And(on, opened)
        deep = z3.And(after.pressure >= low + gap, after.pressure <= high - gap)
        yield f"S13 permit to {name}: hysteresis", z3.Implies(opens, deep)
        yield f"S13 permit to {name}: opens on a valid sample only", z3.Implies(opens, after.good)
        waited = getattr(g, f"low{bit}") + least(seen.dt, c["stale"] + 1) >= getattr(g, f"need{bit}")
        yield f"S13 permit to {name}: least time low", z3.Implies(opens, waited)
    stop = has(w, STOP)
    yield "S14 emergency stop: no pulse in that tick", z3.Implies(z3.And(stop, screw), move == 0)
    yield "S14 emergency stop: a regulator's code does not rise", z3.Implies(stop, move <= 0)
    yield "S14 emergency stop: both permits low", z3.Implies(stop, now["outputs"] & 3 == 0)
    yield "S14 emergency stop: tripped, and named", z3.Implies(stop, z3.And(state == TRIPPED, has(now["faults"], STOP)))
    yield "S15 no move past the retract limit", z3.Implies(z3.And(screw, has(w, 1)), move >= 0)
    yield "S15 no move past the compress limit", z3.Implies(has(w, 2), move <= 0)
    yield "S15 both limits trip", z3.Implies(w & 3 == 3, state == TRIPPED)
    away = now["backing_off"]
    yield (
        "S16 position unknown: decompression only, but for homing",
        z3.Implies(z3.Not(after.known), z3.Or(move <= 0, away)),
    )
    gone = now["position"] - c["travel_min"]
    yield "S16 homing backs off so far at most", z3.Implies(z3.And(away, move > 0), gone <= c["homing"])


# What a board may have found at boot.
FOUND = WATCHDOG | SELF_TEST | BAD_CONFIG | BAD_CHECKSUM
# The filter's numbers: bounds that every tick keeps, whatever comes in.
LIMITS_OF = {
    "standing": (0, (1 << 22) - 1), "latched": (0, (1 << 22) - 1), "state": (0, 2), "active": (0, (1 << 22) - 1),
    "time": (0, DAY - 1), "dt": (0, 1001), "age": (0, 1 << 20), "same": (0, 16384), "fresh": (0, 1), "valid": (0, 1),
    "bad": (0, 8), "over": (0, 8), "odd": (0, 7), "healthy": (0, 1000), "cell": (0, (1 << 15) - 1),
    "pressure": (-(1 << 20), 1 << 20),
    "charge_wait": (0, 600001), "discharge_wait": (0, 600001), "move": (-4096, 4096), "position": (-10**6, 10**6),
    "retreat": (0, 10**6), "outputs": (0, 7),
}  # fmt: skip


def tie(f, g, c, backing_off=None):
    """The invariant between the filter's numbers and the ghost's, by name.

    ``backing_off``: homing is; then the filter has a position to bound it by, which is not yet known.
    """
    away = z3.BoolVal(False) if backing_off is None else backing_off
    eight = number(8)
    valid = f["valid"] != 0
    return {
        "a latch is a trip": (f["latched"] != 0) == (f["state"] == TRIPPED),
        "only a trip retreats": z3.Implies(f["state"] != TRIPPED, f["retreat"] == 0),
        "a retreat is from an over-limit, or a stop that vents": z3.Implies(
            f["retreat"] != 0, z3.Or(has(f["latched"], OVER | FORCE), vents(f, c))
        ),
        "position within the travel": z3.And(f["position"] >= c["travel_min"], f["position"] <= c["travel_max"]),
        "position known or not": z3.Or(g.known, away) == z3.Or(c["kind"] == 2, z3.Not(has(f["standing"], UNCONFIRMED))),
        "backing off, it is not known": z3.Implies(away, z3.Not(g.known)),
        "a regulator knows its position": z3.Implies(c["kind"] == 2, z3.Not(has(f["standing"], UNCONFIRMED))),
        "last time and sample": z3.And(f["time"] == g.time, f["sample"] == g.sample),
        "age": z3.If(f["age"] <= c["stale"], f["age"] == g.age, g.age > c["stale"]),
        "a valid sample is good and fresh enough": z3.Implies(valid, z3.And(g.good, f["age"] <= c["stale"])),
        "pressure": z3.And(f["pressure"] == g.pressure, f["odd"] == g.odd),
        "bits of the cell": z3.Implies(valid, z3.And(
            has(f["cell"], SOFT) == (g.reading >= c["soft"]),
            has(f["cell"], NO_LOAD) == (g.reading < -c["tare_limit"]),
        )),
        "what a sample may set": f["cell"] & ~(SENSOR | OVER | STUCK | WARN | SOFT | NO_LOAD) == 0,
        "causes of the cell": z3.And(
            has(f["cell"], SENSOR) == g.sensor, has(f["cell"], OVER) == g.overloaded, has(f["cell"], STUCK) == g.stuck
        ),
        "identical conversions": z3.And(f["counts"] == g.counts, f["same"] == least(g.run, number(16384))),
        "samples counted": f["healthy"] <= g.healthy,
        "bad and over": z3.And(f["bad"] == least(g.bad, eight), f["over"] == least(g.over, eight)),
        "last move and outputs": z3.And(f["move"] == g.move, f["outputs"] == g.outputs),
        "a permit is an armed controller's": z3.Implies(g.outputs & 3 != 0, f["state"] == ARMED),
        "the charge permit waits": waits(has(g.outputs, CHARGE), f["charge_wait"], g.low1, g.need1),
        "the discharge permit waits": waits(has(g.outputs, DISCHARGE), f["discharge_wait"], g.low2, g.need2),
        "what stands": f["standing"] & ~(SELF_TEST | UNCONFIRMED | BAD_CONFIG | BAD_CHECKSUM) == 0,
        "a reset waits for what stands": z3.Implies(has(f["standing"], SELF_TEST), f["state"] == TRIPPED),
    }  # fmt: skip


def vents(f, c):
    """A regulator whose emergency stop vents it."""
    return z3.And(c["kind"] == 2, c["stop_vents"] == 1, has(f["latched"], STOP))


def waits(on, wait, low, need):
    """A permit that is low has been low, and will be, for its least time."""
    return z3.And(on == (wait == 0), z3.Implies(wait != 0, low + wait - 1 >= need))


__all__ = ["CONFIRM", "LIMITS_OF", "Ghost", "Seen", "claims", "tie"]
