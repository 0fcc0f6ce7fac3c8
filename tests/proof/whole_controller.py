"""The whole controller as a board runs it: one tick, any frame, from any state that the invariant allows."""

import importlib.util

import z3
from claims import FOUND, LIMITS_OF, Ghost, Seen, claims, tie
from filter_alone import (
    BOUNDS,
    PRESSURE,
    narrowed,
    possible,
    record_narrowed,
    record_of,
    share,
    sum_of_clamp,
    sum_of_confined,
    sum_of_record,
    sum_of_scale,
    tripped_at_boot,
    unknown_record,
)  # fmt: skip
from restated_limits import (
    COUNTS,
    DONE,
    EVENT,
    HOME,
    IDLE,
    MESSAGE,
    MOVE,
    OUTPUTS,
    PARAMETER,
    POSITION,
    RESET,
    RESPONSE,
    RULE,
    SELF_TEST,
    STATE,
    TRIPPED,
    UNCONFIRMED,
    UNKNOWN,
)
from restated_limits import (
    LIMITS as BAD_LIMITS,
)
from restated_limits import (
    NAMES as RECORD,
)  # fmt: skip
from symbolic import Machine, Sources, havoc
from terms import LEAST, MOST, Cut, bounds, interval, term, unknown

from controller.configuration import DEFAULT

NAMES = ("clamp", "scale", "configuration", "safety", "law", "response", "policy", "core", "manual", "controller")
MODULES = [f"controller.{name}" for name in NAMES if importlib.util.find_spec(f"controller.{name}")]
# Bounds that every tick keeps, whatever comes in; where none are named, 31 bits do.
LIMITS = {f"core.filter.{name}": limits for name, limits in LIMITS_OF.items()} | {
    "core.tare": (-50000, 50000), "core.target": (0, 10**6), "core.setpoint": (-1098576, 1098576),
    "core.part": (0, 999),
    "core.law.want": (-524288, 524288), "core.law.unseen": (-524288, 524288), "core.law.charge": (0, 268435454),
    "core.law.way": (-1, 1), "core.law.slack": (0, 2000), "core.law.keep": (0, 256),
    "plain": (0, 10**6), "policy.followed": (-268435455, 268435455), "policy.lasted": (0, 600000),
    "response.way": (-1, 1), "response.travel": (0, 1 << 29), "response.recent": (0, 1 << 29),
    "response.settled": (0, 1 << 29), "response.begun": (0, 1 << 29), "response.phase": (0, 31000),
    "response.delay": (0, 31000), "response.wait": (0, 31000), "response.elapsed": (0, 1 << 29),
    "response.start": (-(1 << 20), 1 << 20),
    "response.charge": (0, 268435454), "response.fed": (-(1 << 25), 1 << 25), "response.bad": (0, 7),
    "response.last": (-(1 << 20), 1 << 20), "response.contact": (0, 1),
    "response.blind": (0, 1000001),
    "manual.left": (-2 * 10**6, 2 * 10**6), "manual.phase": (0, 3), "manual.least": (-(1 << 20), 1 << 20),
    "against": (0, 3),
}  # fmt: skip
FILTER = "core.filter."
RESPONSE_CHECK = "response."


SUMMARIES = {"scale": sum_of_scale, "checksum": sum_of_record, "clamp": sum_of_clamp, "confined": sum_of_confined}


def inside(reach, limits):
    return limits[0] <= reach[0] and reach[1] <= limits[1]


def part(numbers):
    """The filter's numbers of a controller's."""
    return {path.removeprefix(FILTER): x for path, x in numbers.items() if path.startswith(FILTER)}


def tie_more(m, n, config, g):
    """What the controller keeps beyond the filter's invariant."""
    most = term(m.arithmetic.binary("//", 1 << 29, m.world.things[config][RECORD.index("stiffness")]))
    c = record_of(m, config)
    left, reached = n["manual.left"], n[FILTER + "position"] - c["travel_min"]
    away = backing_off(n)
    seeks = z3.And(*(z3.Implies(n["manual.phase"] == phase, g.seek == phase) for phase in (1, 2, 3)))
    return {
        "swelling fed in fits its stiffness": z3.And(n["response.fed"] <= most, n["response.fed"] >= -most),
        "homing backs off within its bound": z3.Implies(away, z3.And(left >= 0, reached + left <= c["homing"])),
        "a screw is homed, and only idle": z3.Implies(n["manual.phase"] != 0, c["kind"] == 1),
        "backing off ends with the idle state": z3.Implies(away, n[FILTER + "state"] == IDLE),
        "what homing has seen of the switch": seeks,
        "while homing, the position is not known": z3.Implies(n["manual.phase"] != 0, z3.Not(g.known)),
    }


def backing_off(n):
    """Homing compresses until its switch opens; what the filter takes for the position is not known yet."""
    return n["manual.phase"] == 2


def law_narrowed(machine, law, *_):
    """What the law starts from lies within its bounds."""
    held = machine.world.things[law]
    machine.narrow(law, {name: LIMITS[f"core.law.{name}"] for name in held if f"core.law.{name}" in LIMITS})


def anything(low=LEAST, high=MOST, name=""):
    """Stands in for a method that may return any number within bounds, and changes nothing a claim is about.

    With a ``name`` it is one unknown, by which a claim can speak of it; the method is then called once in a tick.
    """

    def of(machine, *_):
        result = unknown(name or f"anything {len(machine.arithmetic.assumed)}", low, high)
        machine.arithmetic.assumed.append(bounds(result))
        return result

    return of


# What the claims do not rely on: whatever these want, the filter stands between them and the actuator.
WANTS = {
    "Law.ask": anything(), "Law.correct": anything(), "Law.feed": anything(), "Law.follow": anything(),
    "Law.moved": anything(), "Response.judge": anything(0, 1, "the verdict on the response"),
    "Response.moved": anything(),
    "Policy.target": anything(0, 10**6),
}  # fmt: skip


class WholeController:
    """Everything a proof needs: ``facts``, ``duties`` and ``goals`` by name.

    ``wants``: what stands in for law, policy and response check; with none, they are what they are (for S8).
    """

    def __init__(self, texts=None, wants=WANTS):
        self.wants = wants
        self.sources = Sources(MODULES, texts)
        self.boot()
        self.tick()

    def machine(self):
        return Machine(
            self.sources,
            Cut,
            summaries=SUMMARIES | self.wants,
            before={"rules": record_narrowed, "Core": record_narrowed},
            after={"observe": narrowed, "parameter": record_narrowed, "start": law_narrowed},
            returns={"actuate": (-4096, 4096)},
        )

    def boot(self):
        """From any integers, as many as a record has."""
        m = self.machine()
        given = [unknown(f"stored {i}") for i in range(len(BOUNDS))]
        found = unknown("found", 0, FOUND)
        self.board = m.make("Controller", m.list(given), found)
        config = m.world.things[self.board]["config"]
        numbers = {path: term(x) for path, x in m.world.numbers(self.board).items()}
        c = record_of(m, config)
        # The defaults are known numbers: that they pass, Python says (test_proof.py).
        defaults = z3.And(*(term(x) == d for x, d in zip(m.world.things[config], DEFAULT, strict=True)))
        passes = z3.Or(defaults, term(m.function("rules", config)) == 0)
        first = Ghost.first(c)
        ties = tie(part(numbers), first, c) | tie_more(m, numbers, config, first)
        goals = {f"at boot: {name}": x for name, x in ties.items()}
        goals["at boot: the record in force passes"] = passes
        goals["at boot: bounds of every number"] = self.within(numbers)
        goals["at boot: the record's twin is like it"] = self.twins(m)
        goals |= tripped_at_boot(found.term, part(numbers))
        self.boot_goals, self.boot_duties = goals, m.duties
        self.boot_facts = [*map(bounds, given), found.term & ~FOUND == 0, bounds(found), *m.arithmetic.assumed]
        self.local = m.arithmetic.local
        self.booted = m

    @staticmethod
    def within(numbers):
        limits = {path: LIMITS.get(path, (LEAST, MOST)) for path in numbers}
        return z3.And(*(z3.And(numbers[path] >= low, numbers[path] <= high) for path, (low, high) in limits.items()))

    def tick(self):
        m = self.machine()
        config, passes = unknown_record(m)
        m.world.things |= self.booted.world.fork().things
        m.world.kinds |= self.booted.world.kinds
        self.replace_record(m, config)
        fresh = havoc(m, self.board, LIMITS)
        was = {path: x.term for path, x in fresh.items()}
        g = self.ghost = Ghost.any()
        before, more_before = record_of(m, config), tie_more(m, was, config, g)
        self.inputs = [unknown(f"frame {i}") for i in range(9)]
        command = m.list([0] * 9)
        m.invoke(self.board, "tick", m.list(self.inputs), command)
        sent = [term(x) for x in m.world.things[command]]
        numbers = m.world.numbers(self.board)
        now = {path: term(x) for path, x in numbers.items()}
        c, s = record_of(m, config), [x.term for x in self.inputs]
        calibration = [before[name] for name in ("reference", "scale_num", "scale_shift")]
        changed = z3.Or(*(before[name] != c[name] for name in c))
        wrote = z3.And(s[MESSAGE] == PARAMETER, sent[EVENT] == DONE)
        self.wrote = wrote
        seen = Seen(g, s, before, lambda counts: PRESSURE(*calibration, counts), changed=wrote, later=c)
        done = sent[EVENT] == DONE
        homing = z3.And(s[MESSAGE] == HOME, done)
        away = backing_off(now)
        placed = now[FILTER + "standing"] & UNCONFIRMED == 0
        told = part(now) | {
            "message": s[MESSAGE],
            "move": sent[MOVE],
            "position": sent[POSITION],
            "outputs": sent[OUTPUTS],
            "state": sent[STATE],
            "faults": sent[4],
            "slipped": now[FILTER + "active"] & (RESPONSE | BAD_LIMITS) != 0,
            "confirmed": z3.And(s[MESSAGE] == 7, done),
            "homed": z3.And(placed, z3.Not(away)),
            "homing": homing,
            "backing_off": away,
            "retreat_was": was[FILTER + "retreat"],
            "position_was": was[FILTER + "position"],
            "share": share(c, now[FILTER + "dt"]),
        }
        after = seen.after(told)
        self.was, self.now = was, now
        self.facts = [
            *passes, *map(bounds, fresh.values()), *map(bounds, self.inputs), *g.bounds(),
            *tie(part(was), g, before, backing_off(was)).values(), *more_before.values(), *m.arithmetic.assumed,
        ]  # fmt: skip
        self.duties = m.duties
        self.goals = dict(claims(seen, after, part(was), told))
        self.goals |= self.more(s, sent, changed, part(was), done)
        self.goals |= self.responses(before, part(was), told)
        ties = tie(part(now), after, c, away) | tie_more(m, now, config, after)
        self.goals |= {f"kept: {name}": x for name, x in ties.items()}
        self.goals["kept: the record's twin is like it"] = self.twins(m)
        # Where intervals say it already, single operations have been asked.
        loose = [path for path, x in numbers.items() if not inside(interval(x), LIMITS.get(path, (LEAST, MOST)))]
        self.goals |= {f"kept: bounds of {path}": self.within({path: now[path]}) for path in loose}
        self.goals["S8 every number sent has 31 bits"] = z3.And(*(z3.And(x >= LEAST, x <= MOST) for x in sent))
        # What is computed of the new record belongs to the facts.
        self.facts += m.arithmetic.assumed
        self.local |= m.arithmetic.local

    def replace_record(self, m, config, twin=None):
        """Every part of the controller holds the one record; memory keeps its bits, so its twin is like it."""
        twin = twin or m.list(m.world.things[config])
        stored = m.list([unknown(f"stored record {i}", *limits) for i, limits in enumerate(BOUNDS)])
        for ref, thing in list(m.world.things.items()):
            if isinstance(thing, dict) and "config" in thing:
                m.world.things[ref] = (
                    thing | {"config": config} | ({"kept": twin, "stored": stored} if "kept" in thing else {})
                )

    def twins(self, m):
        """Whether record and twin are alike, item by item."""
        return z3.And(*(a == b for a, b in self.pairs(m)))

    def pairs(self, m):
        """Items of the record and of its twin."""
        held = m.world.things[self.board]
        both = zip(m.world.things[held["config"]], m.world.things[held["kept"]], strict=True)
        return [(term(a), term(b)) for a, b in both]

    def possible(self):
        """States that the invariant must not rule out, or nothing was said."""
        return possible(part(self.was), part(self.now)) | {"a parameter is written": self.wrote}

    @staticmethod
    def responses(c, was, told):
        """S3, S12: what the response check says trips in any state, and is named."""
        verdict = unknown("the verdict on the response", 0, 1).term
        silent = z3.And(z3.Or(c["response"] != 0, c["approach"] != 0), verdict != 0)
        named = z3.And(told["state"] == TRIPPED, told["faults"] & RESPONSE != 0)
        reset = z3.And(told["message"] == RESET, was["state"] == TRIPPED)
        return {"S3 RESPONSE trips in any state, and is named": z3.Implies(silent, z3.Or(named, reset))}

    @staticmethod
    def more(s, sent, changed, was, done):
        """Claims on what the filter alone does not know."""
        written = z3.And(s[MESSAGE] == PARAMETER, was["state"] == IDLE, done)
        unknown_kind = z3.Or(s[MESSAGE] < 0, s[MESSAGE] > 9)
        return {
            "S5 the record changes by a parameter when idle only": z3.Implies(changed, written),
            "S5 an unknown message is answered so": z3.Implies(unknown_kind, sent[EVENT] == UNKNOWN),
        }


class Changed(WholeController):
    """The record in memory differs from its twin at the start of a tick: one of the two changed by itself."""

    def tick(self):
        m = self.machine()
        config, passes = unknown_record(m)
        twin, _ = unknown_record(m, "twin")
        m.world.things |= self.booted.world.fork().things
        m.world.kinds |= self.booted.world.kinds
        self.replace_record(m, config, twin)
        fresh = havoc(m, self.board, LIMITS)
        was, pairs = part({path: x.term for path, x in fresh.items()}), self.pairs(m)
        inputs = [unknown(f"frame {i}") for i in range(9)]
        command = m.list([0] * 9)
        m.invoke(self.board, "tick", m.list(inputs), command)
        sent = [term(x) for x in m.world.things[command]]
        differ = z3.Or(*(a != b for a, b in pairs))
        self.facts = [*passes, *map(bounds, fresh.values()), *map(bounds, inputs), differ, *m.arithmetic.assumed]
        named = z3.And(sent[STATE] == TRIPPED, sent[4] & SELF_TEST != 0)
        self.goals = {
            "S3 SELF_TEST trips an armed controller, and is named": z3.Implies(was["state"] == 1, named),
            "S4 a changed record does not arm": z3.Implies(was["state"] == IDLE, sent[STATE] != 1),
        }
        self.duties, self.boot_goals, self.boot_duties = [], {}, []
        self.can = {"armed, and changed": was["state"] == 1}
        self.local |= m.arithmetic.local

    def possible(self):
        return self.can


class Writing(WholeController):
    """A parameter written, by itself: the record that is in force afterwards passes, whatever was asked."""

    def tick(self):
        m = self.machine()
        config, passes = unknown_record(m)
        m.world.things |= self.booted.world.fork().things
        m.world.kinds |= self.booted.world.kinds
        self.replace_record(m, config)
        fresh = havoc(m, self.board, LIMITS)
        key, value = unknown("key"), unknown("value")
        event = term(m.invoke(self.board, "parameter", key, value))
        after = m.world.things[config]
        self.duties = m.duties
        self.goals = {"the record in force passes": term(m.function("rules", config)) == 0}
        self.goals["the record's twin is like it"] = self.twins(m)
        self.goals["the record in force is within its bounds"] = z3.And(*(
            z3.And(term(x) >= low, term(x) <= high) for x, (low, high) in zip(after, BOUNDS, strict=True)
        ))  # fmt: skip
        self.facts = [*passes, *map(bounds, fresh.values()), bounds(key), bounds(value), *m.arithmetic.assumed]
        self.can = {"a parameter is written": event == DONE, "one is refused": event == RULE}
        self.boot_goals, self.boot_duties = {}, []
        self.local |= m.arithmetic.local

    def possible(self):
        return self.can


class Moved(WholeController):
    """The response check told of a move that passed the filter, so no faster than the record allows (S2 speed)."""

    def tick(self):
        m = self.machine()
        m.summaries.pop("Response.moved", None)
        config, passes = unknown_record(m)
        m.world.things |= self.booted.world.fork().things
        m.world.kinds |= self.booted.world.kinds
        self.replace_record(m, config)
        response = m.world.things[self.board]["response"]
        limits = {path.removeprefix(RESPONSE_CHECK): x for path, x in LIMITS.items() if path.startswith(RESPONSE_CHECK)}
        fresh = havoc(m, response, limits)
        move = unknown("move", -4096, 4096)
        m.invoke(response, "moved", move, unknown("armed", 0, 1))
        now = {RESPONSE_CHECK + path: term(x) for path, x in m.world.numbers(response).items()}
        speed = record_of(m, config)["speed"]
        slow = z3.And(move.term != 0, move.term <= speed, move.term >= -speed)
        self.facts = [*passes, *map(bounds, fresh.values()), bounds(move), slow, *m.arithmetic.assumed]
        self.duties, self.goals = m.duties, {"kept: bounds of its numbers": self.within(now)}
        self.boot_goals, self.boot_duties = {}, []
        self.can = {"it moves up": move.term > 0, "it moves down": move.term < 0}
        self.local |= m.arithmetic.local

    def possible(self):
        return self.can


class WholeTick(WholeController):
    """The same with law, policy and response check as they are: that every number stays within 31 bits (S8).

    What the response check does last, once told of the move, is `Moved`.
    """

    def __init__(self, texts=None):
        super().__init__(texts, {"Response.moved": anything()})
        ours = ("S8", "kept: bounds", "kept: swelling")
        self.goals = {name: goal for name, goal in self.goals.items() if name.startswith(ours)}
        self.boot_goals, self.boot_duties = {}, []


__all__ = ["COUNTS", "WholeController", "interval"]
