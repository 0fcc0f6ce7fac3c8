"""The safety filter by itself, asked for any move: one tick, from any state that the invariant allows."""

import z3
from claims import FOUND, LIMITS_OF, Ghost, Seen, claims, number, tie
from restated_limits import DONE, FIELDS, NAMES, SELF_TEST, TRIPPED, WATCHDOG
from symbolic import Machine, Sources, havoc
from terms import Cut, Num, bounds, interval, term, unknown

MODULES = ("controller.clamp", "controller.scale", "controller.configuration", "controller.safety")
BOUNDS = [FIELDS[name][:2] for name in NAMES] + [(0, 65535)]
# What surrounds a tick; runs in Python too, to replay a counterexample.
TICK = """
def step(f, sensor, message, place, ask, said):
    f.observe(sensor)
    if message == 1:
        said[0] = f.arm()
    elif message == 2:
        said[0] = f.disarm()
    elif message == 3:
        said[0] = f.reset()
    elif message == 7:
        said[0] = f.confirm(place)
    return f.actuate(ask)
"""
PRESSURE = z3.Function(
    "pressure", *[z3.BitVecSort(64)] * 5
)  # of reference, scale and counts: see lemmas.scale_is_exact


def sum_of_scale(machine, config, counts):
    """Stands in for `scale`; that it is this function, within these bounds, is a lemma of its own."""
    machine.need("24 bits of counts", z3.And(term(counts) >= -(1 << 23), term(counts) < 1 << 23))
    c = machine.world.things[config]
    at = [NAMES.index(n) for n in ("reference", "scale_num", "scale_shift")]
    result = Num(PRESSURE(*(term(c[i]) for i in at), term(counts)), -(1 << 20), 1 << 20)
    machine.arithmetic.assumed.append(bounds(result))
    return result


def narrowed(machine, f, *_):
    """What a frame leaves behind lies within the filter's bounds, whatever it held."""
    machine.narrow(f, LIMITS_OF)


def record_narrowed(machine, *arguments):
    """A record that comes by here lies within its bounds."""
    config = (
        arguments[0] if machine.world.kinds[arguments[0]] == "list" else machine.world.things[arguments[0]]["config"]
    )
    machine.narrow(config, dict(enumerate(BOUNDS)))


def sum_of_record(machine, config):
    """Stands in for `checksum`: any 16 bits; that it keeps within them is a lemma of its own."""
    result = unknown(f"checksum {len(machine.arithmetic.assumed)}", 0, 65535)
    machine.arithmetic.assumed.append(bounds(result))
    return result


def sum_of_clamp(machine, x, bound):
    """`clamp` itself, and that it is within its bound: lemmas.clamp_clamps."""
    result = machine.run(*machine.sources.functions["clamp"], [x, bound])
    low, high = interval(bound)
    if low < 0:
        machine.need("clamp to a bound of 0 or more", term(bound) >= 0)
    if not isinstance(result, Num):
        return result
    return Num(result.term, max(result.low, -high), min(result.high, high))


def sum_of_confined(machine, x, low, high):
    """`policy.confined` itself, and where it lies: lemmas.confined_is_confined."""
    result = machine.run(*machine.sources.functions["confined"], [x, low, high])
    least, most = min(interval(low)[0], interval(high)[0]), interval(high)[1]
    return Num(result.term, max(result.low, least), min(result.high, most)) if isinstance(result, Num) else result


def record_of(machine, config):
    """The record by name."""
    return {name: term(x) for name, x in zip(NAMES, machine.world.things[config], strict=False)}


def unknown_record(machine, called="record"):
    """Any record within its bounds, and the formula that it passes its rules."""
    items = [unknown(f"{called} {name}", *limits) for name, limits in zip([*NAMES, "checksum"], BOUNDS, strict=True)]
    config = machine.list(items)
    passes = term(machine.function("rules", config)) == 0
    return config, [*map(bounds, items), passes]


def tripped_at_boot(found, f):
    """S3, S7: what a board has found at boot trips it from the start, and is named."""
    return {
        f"S3 at boot: {name} trips and is named": z3.Implies(
            found & bit != 0, z3.And(f["state"] == TRIPPED, f["latched"] & bit != 0)
        )
        for name, bit in (("WATCHDOG", WATCHDOG), ("SELF_TEST", SELF_TEST))
    }


def share(c, dt):
    """Counts that top speed allows in ``dt`` [ms]: speed * dt // tick."""
    return Cut.FUNCTIONS["//"](Cut.FUNCTIONS["*"](c["speed"], dt), c["tick"])


class FilterAlone:
    """Everything a proof needs: ``facts``, ``duties`` and ``goals`` by name."""

    def __init__(self, texts=None):
        sources = Sources(MODULES, texts)
        sources.add("step", TICK)
        self.machine = m = Machine(
            sources, Cut, summaries={"scale": sum_of_scale, "clamp": sum_of_clamp}, after={"observe": narrowed}
        )
        self.config, passes = unknown_record(m)
        c = record_of(m, self.config)
        found = unknown("found", 0, FOUND)
        self.f = m.make("SafetyFilter", self.config, found)
        boot = {path: term(x) for path, x in m.world.numbers(self.f).items()}
        self.boot_goals = {f"at boot: {name}": x for name, x in tie(boot, Ghost.first(c), c).items()}
        self.boot_goals["at boot: no output, nothing moves"] = z3.And(boot["outputs"] == 0, boot["move"] == 0)
        self.boot_goals |= tripped_at_boot(found.term, boot)
        self.boot_facts = [*passes, found.term & ~FOUND == 0, bounds(found), *m.arithmetic.assumed]
        self.boot_duties, m.duties = m.duties, []
        self.local = m.arithmetic.local
        self.tick(passes, c)

    def tick(self, passes, c):
        m = self.machine
        fresh = havoc(m, self.f, LIMITS_OF)
        was = {path: x.term for path, x in fresh.items()}
        self.inputs = [unknown(f"frame {i}") for i in range(9)]
        self.asked = {name: unknown(name) for name in ("message", "place", "ask")}
        said = m.list([0])
        move = m.function("step", self.f, m.list(self.inputs), *self.asked.values(), said)
        now = {path: term(x) for path, x in m.world.numbers(self.f).items()}
        message = self.asked["message"].term
        g = self.ghost = Ghost.any()
        s = [x.term for x in self.inputs]
        seen = Seen(g, s, c, lambda counts: PRESSURE(c["reference"], c["scale_num"], c["scale_shift"], counts))
        told = now | {
            "message": message,
            "move": term(move),
            "faults": now["latched"] | now["active"],
            "confirmed": z3.And(message == 7, term(m.world.things[said][0]) == DONE),
            "homing": z3.BoolVal(False),
            "homed": z3.BoolVal(False),
            "backing_off": z3.BoolVal(False),
            "slipped": z3.BoolVal(False),
            "retreat_was": was["retreat"],
            "position_was": was["position"],
            "share": share(c, now["dt"]),
        }
        after = seen.after(told)
        self.was, self.now = was, now
        self.facts = [
            *passes, *map(bounds, fresh.values()), *map(bounds, self.inputs), *map(bounds, self.asked.values()),
            *g.bounds(), *tie(was, g, c).values(), *m.arithmetic.assumed,
        ]  # fmt: skip
        self.duties = m.duties
        self.goals = dict(claims(seen, after, was, told))
        self.goals["S2 position is the sum of moves"] = z3.Or(
            told["confirmed"], now["position"] == was["position"] + told["move"]
        )
        self.goals |= {f"kept: {name}": x for name, x in tie(now, after, c).items()}
        self.goals["kept: bounds of every number"] = z3.And(*(
            z3.And(now[path] >= low, now[path] <= high) for path, (low, high) in LIMITS_OF.items()
        ))  # fmt: skip

    def possible(self):
        """States that the invariant must not rule out, or nothing was said."""
        return possible(self.was, self.now)


def possible(was, now):
    armed = z3.And(was["state"] == 1, now["state"] == 1)
    return {
        "armed, compressing, both permits": z3.And(armed, now["move"] > 0, now["outputs"] & 3 == 3),
        "tripped and retreating": z3.And(was["state"] == 2, now["state"] == 2, now["move"] < 0),
        "reset to idle": z3.And(was["state"] == 2, now["state"] == 0),
    }


__all__ = ["FilterAlone", "number"]
