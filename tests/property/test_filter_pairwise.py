"""Every pair of classes of what the filter takes in, boundaries at +-5 steps, judged by the witness."""

import pytest
from allpairspy import AllPairs
from evidence import DEEP
from frame_sequences import Witness, settling
from restated_limits import (
    ARM,
    ARMED,
    CONFIRM,
    COUNTS,
    DIE,
    DISARM,
    DONE,
    IDLE,
    MESSAGE,
    POUCH,
    REGULATOR,
    RESET,
    SAMPLE,
    SENSE,
    SWITCHES,
    TIME,
    TRIPPED,
    VALUE,
    counts_for,
    record,
)  # fmt: skip

from controller.safety import SafetyFilter

NEAR = range(-5, 6) if DEEP else (-5, -1, 0, 1, 5)
EDGES = ("warn", "soft", "hard", "retreat_end", "charge_min", "charge_max", "discharge_min", "discharge_max",
         "charge_in", "charge_out", "no_load")  # fmt: skip
FACTORS = {
    "pressure": [(edge, near) for edge in EDGES for near in NEAR],
    "state": ["idle", "armed", "over", "stop", "known not"],
    "was": ["still", "up", "down"],
    "position": ["low", "low+1", "mid", "high-1", "high"],
    "age": ["fresh", "same", "stale-1", "stale", "stale+1"],
    "dt": ["still", 1, 33, "tick-1", "tick", "tick+1", "stale", "stale+1", -1],
    "counts": ["as is", 2**23 - 6, 2**23 - 2, 2**23 - 1, -(2**23), -(2**23) + 1, -(2**23) + 5, 2**30 - 1],
    "sense": [0, 1, 2, 3],
    "switches": [0, 1, 2, 3, 4, 8, 15, 16, 1048576, 1048577],
    "message": ["none", "arm", "disarm", "reset", "low-1", "low", "high", "high+1"],
    "ask": [-(2**30), "-speed-1", "-speed", -1, 0, 1, "speed", "speed+1", 2**30 - 1],
    "permits": ["on", "just off", "off long"],
}


class Bench:
    """A filter, its witness, and a hand that brings both to where a row begins."""

    def __init__(self, base):
        self.base = base
        self.filter, self.witness = SafetyFilter(record(base), 0), Witness(base, whole=False)
        self.time = self.sample = 0
        self.pressure = (
            max(base["charge_min"], base["discharge_min"]) + min(base["charge_max"], base["discharge_max"])
        ) // 2

    def tick(self, *, ask=0, message=0, value=0, dt=None, fresh=True, sense=0, switches=0, counts=None):
        base = self.base
        self.time = (self.time + (base["tick"] if dt is None else dt)) % 2**30
        self.sample += fresh
        frame = [0] * 9
        frame[TIME], frame[SAMPLE], frame[SENSE], frame[SWITCHES] = self.time, self.sample, sense, switches
        frame[COUNTS] = counts_for(self.pressure, base) + self.sample % 2 if counts is None else counts
        frame[MESSAGE], frame[VALUE] = message, value
        f = self.filter
        f.observe(frame)
        event = {ARM: f.arm, DISARM: f.disarm, RESET: f.reset, CONFIRM: lambda: f.confirm(value)}.get(message, int)()
        move = f.actuate(ask if f.state != IDLE else 0)
        faults = f.latched | f.active
        self.witness.see(frame, [move, f.position, f.outputs, f.state, faults, f.blocks(), event, 0, 0])
        return event

    def begin(self, row):
        """Brings filter and witness to the row's state."""
        base = self.base
        self.tick()
        if base["kind"] == 1 and row["state"] != "known not":
            assert self.tick(message=CONFIRM, value=place(base, row["position"])) == DONE
        for _ in range(settling(base)):
            self.tick()
        if row["state"] not in ("idle", "known not"):
            assert self.tick(message=ARM) == DONE
            for _ in range(2 + base["permit_off"] // base["tick"] if row["permits"] == "on" else 1):
                self.tick()
            if row["permits"] == "off long":
                for _ in range(base["permit_off"] // base["tick"]):
                    self.tick()
            self.tick(ask={"still": 0, "up": base["speed"], "down": -base["speed"]}[row["was"]])
        if row["state"] == "stop":
            self.tick(switches=4)
        if row["state"] == "over":
            held, self.pressure = self.pressure, base["hard"]
            for _ in range(base["debounce"]):
                self.tick()
            self.pressure = held

    def run(self, row):
        base = self.base
        self.begin(row)
        ages = {"stale-1": base["stale"] - 1, "stale": base["stale"], "stale+1": base["stale"] + 1}
        if row["age"] in ages:
            half = ages[row["age"]] // 2
            self.tick(fresh=False, dt=half)
            self.tick(fresh=False, dt=ages[row["age"]] - half)
        self.pressure = pressure(base, *row["pressure"])
        steps = {"still": 0, "tick-1": base["tick"] - 1, "tick": base["tick"], "tick+1": base["tick"] + 1,
                 "stale": base["stale"], "stale+1": base["stale"] + 1}  # fmt: skip
        says = {"none": (0, 0), "arm": (ARM, 0), "disarm": (DISARM, 0), "reset": (RESET, 0),
                "low-1": (CONFIRM, base["travel_min"] - 1), "low": (CONFIRM, base["travel_min"]),
                "high": (CONFIRM, base["travel_max"]), "high+1": (CONFIRM, base["travel_max"] + 1)}  # fmt: skip
        message, value = says[row["message"]]
        speed = base["speed"]
        asks = {"-speed-1": -speed - 1, "-speed": -speed, "speed": speed, "speed+1": speed + 1}
        how = {
            "ask": asks.get(row["ask"], row["ask"]),
            "fresh": row["age"] == "fresh",
            "counts": None if row["counts"] == "as is" else row["counts"],
            "dt": steps.get(row["dt"], row["dt"]),
        }
        self.tick(**how, message=message, value=value, sense=row["sense"], switches=row["switches"])
        # What it leads to: the same again without the message, then a calm tick.
        self.tick(**how, sense=row["sense"], switches=row["switches"])
        self.tick(ask=how["ask"])
        return self.filter.state


def place(base, where):
    low, high = base["travel_min"], base["travel_max"]
    return {"low": low, "low+1": low + 1, "mid": (low + high) // 2, "high-1": high - 1, "high": high}[where]


def pressure(base, edge, near):
    at = {
        "retreat_end": base["soft"] - base["margin"], "charge_in": base["charge_min"] + base["hysteresis"],
        "charge_out": base["charge_max"] - base["hysteresis"], "no_load": -base["tare_limit"],
    }  # fmt: skip
    return at.get(edge, base.get(edge)) + near


@pytest.fixture(scope="module")
def rows():
    return [dict(zip(FACTORS, row, strict=True)) for row in AllPairs(list(FACTORS.values()))]


def test_the_rows_cover_every_pair(rows):
    names = list(FACTORS)
    seen = {(a, row[a], b, row[b]) for row in rows for a in names for b in names if a < b}
    assert len(seen) == sum(len(FACTORS[a]) * len(FACTORS[b]) for a in names for b in names if a < b)


# With the largest jump every valid reading is believed at once: each row's edge is one of the debounced pressure.
@pytest.mark.parametrize(
    "base",
    [DIE, POUCH, REGULATOR, DIE | {"jump": 1000000}, REGULATOR | {"jump": 1000000, "stop_vents": 1}],
    ids=["die", "pouch", "regulator", "die, any jump", "regulator, any jump"],
)
def test_every_pair_of_classes_keeps_every_promise(rows, base, record_property):
    ends = set()
    for row in rows:
        try:
            ends.add(Bench(base).run(row))
        except AssertionError as broken:
            raise AssertionError(f"{broken}: {row}") from broken
    assert ends == {IDLE, ARMED, TRIPPED}
    pairs = sum(len(a) * len(b) for i, a in enumerate(FACTORS.values()) for b in list(FACTORS.values())[:i])
    record_property("figure", (f"filter, pairs of input classes in {len(rows):,} rows", f"{pairs:,}", "all"))
