"""Sequences of sensor frames, adversarial yet often armed, and a witness that judges what comes back."""

import random

from hypothesis import strategies as st
from restated_limits import (
    ARM,
    ARMED,
    CAUSE,
    CLOCK,
    CONFIRM,
    COUNTS,
    DIE,
    DISARM,
    DONE,
    EVENT,
    FAULTS,
    HOME,
    IDLE,
    JOG,
    KEY,
    LIMITS,
    LINK,
    MESSAGE,
    MOVE,
    NO_LOAD,
    OUTPUTS,
    OVER,
    PARAMETER,
    POSITION,
    RESET,
    RESPONSE,
    SAMPLE,
    SELF_TEST,
    SENSE,
    SENSOR,
    SET,
    STALE,
    STATE,
    STOP,
    STUCK,
    SWITCHES,
    TARE,
    TIME,
    TRIPPED,
    VALUE,
    WATCHDOG,
    counts_for,
    record,
)  # fmt: skip

from controller.controller import Controller
from controller.safety import SafetyFilter

EDGES = [
    DIE["warn"], DIE["soft"], DIE["hard"], DIE["soft"] - DIE["margin"], DIE["charge_min"], DIE["charge_max"],
    DIE["discharge_min"], DIE["discharge_max"], DIE["charge_min"] + DIE["hysteresis"],
    DIE["charge_max"] - DIE["hysteresis"], -DIE["tare_limit"], 0, 40000, 40000, 40000,
]  # fmt: skip
EXTREMES = [-(2**30) + 1, -(2**24), -(2**23), -1, 0, 1, 2**16, 2**23 - 1, 2**24, 2**30 - 1]
CALM = ["hold"] * 6 + ["edge"] * 8 + ["rearm"] * 3
FAULTY = [
    "invalid", "current", "frozen", "stuck", "saturated", "clock stands", "clock jumps", "fast", "back", "stop",
    "retract", "compress", "both", "link", "noise", "garbage",
]  # fmt: skip
TALK = ["arm", "disarm", "reset", "tare", "setpoint", "parameter", "confirm", "unknown", "jog", "home"]
EPISODES = st.lists(
    st.tuples(st.sampled_from(CALM + FAULTY + TALK), st.integers(-5, 5), st.integers(1, 9), st.integers(0, 9)),
    min_size=1,
    max_size=25,
)
SEQUENCES = st.tuples(st.sampled_from([True, True, True, False]), EPISODES)
SWITCH = {"stop": 4, "retract": 1, "compress": 2, "both": 3, "link": 8}
SAY = {
    "arm": (ARM, 0, 0), "disarm": (DISARM, 0, 0), "reset": (RESET, 0, 0), "tare": (TARE, 0, 0),
    "confirm": (CONFIRM, 0, 100), "home": (HOME, 0, 0),
}  # fmt: skip


def frames(sequence, base=DIE):
    """The sensor frames of a sequence: a prelude that arms, perhaps, then the episodes."""
    prelude, episodes = sequence
    time, sample, pressure = 2**30 - 1000, 65530, 40000
    plan = [("confirm", 0, 1, 0), ("hold", 0, base["healthy"] + 1, 0), ("arm", 0, 1, 0), ("hold", 0, 9, 0)]
    for kind, near, ticks, pick in (plan if prelude else []) + episodes:
        if kind == "edge":
            pressure = EDGES[(pick + 3 * ticks) % len(EDGES)] + near
        if kind == "rearm":
            pressure = 40000
        length = base["healthy"] + 4 if kind == "rearm" else ticks
        for i in range(length):
            frame = [0] * 9
            dt = {"clock stands": 0, "clock jumps": 251 + 40 * pick, "fast": 33, "back": -50}.get(kind, 100)
            time = (time + dt) & (2**30 - 1)
            if kind != "frozen":
                sample = (sample + 1) & 65535
            frame[TIME], frame[SAMPLE], frame[CURRENT_INDEX] = time, sample, 1000 * near
            frame[COUNTS] = counts_for(pressure, base) + (0 if kind == "stuck" else sample & 1)
            if kind == "saturated":
                frame[COUNTS] = [2**23 - 1, -(2**23), 2**23, 2**29][pick % 4]
            frame[SENSE] = {"invalid": 1, "current": 2}.get(kind, 0)
            frame[SWITCHES] = SWITCH.get(kind, 0)
            if kind == "rearm":
                say = {0: RESET, 1: CONFIRM, length - 1: ARM}.get(i, 0)
                frame[MESSAGE], frame[VALUE] = say, 100
            elif kind in SAY and i == 0:
                frame[MESSAGE], frame[KEY], frame[VALUE] = SAY[kind]
            elif kind == "setpoint":
                frame[MESSAGE], frame[VALUE] = SET, [1000, 999, 55000, 55001, 45000, -1, 50000, 39000, 30000, 0][pick]
            elif kind == "jog" and i == 0:
                frame[MESSAGE], frame[VALUE] = JOG, [100, -50, 7, -1, 0, 20200, -20200, 20201, 3, -90][pick] + near
            elif kind == "parameter":
                frame[MESSAGE], frame[KEY], frame[VALUE] = PARAMETER, [-1, 0, 1, 47, 48, 49, 14, 99, 2**29, 1][pick], -1
            elif kind == "unknown":
                frame[MESSAGE], frame[KEY], frame[VALUE] = [10, -1, 11, 2**29][pick % 4], pick, near
            elif kind == "garbage":
                draw = random.Random(100 * near + pick + i)
                frame = [draw.choice(EXTREMES) for _ in frame]
            elif kind == "noise":
                frame[COUNTS] = random.Random(100 * near + pick + i).randrange(-(2**23), 2**23)
            yield frame


CURRENT_INDEX = 4


def run_controller(sequence, base=DIE, found=0):
    """The whole controller over a sequence: pairs of frames."""
    board = Controller(record(base), found)
    for frame in frames(sequence, base):
        command = [0] * 9
        board.tick(frame, command)
        yield frame, command


def run_filter(sequence, base=DIE, found=0):
    """The filter alone, asked for anything when armed: pairs of frames as a controller would send them."""
    board = SafetyFilter(record(base)[:], found)
    draw = random.Random(len(sequence[1]))
    for frame in frames(sequence, base):
        board.observe(frame)
        event = 0
        if frame[MESSAGE] == ARM:
            event = board.arm()
        elif frame[MESSAGE] == DISARM:
            event = board.disarm()
        elif frame[MESSAGE] == RESET:
            event = board.reset()
        elif frame[MESSAGE] == CONFIRM:
            event = board.confirm(frame[VALUE])
        ask = draw.choice([-(2**29), -20, -1, 0, 1, 20, 20, 2**29, 2**29])
        move = board.actuate(ask if board.state != IDLE else 0)
        faults = board.latched | board.active
        yield frame, [move, board.position, board.outputs, board.state, faults, board.blocks(), event, 0, 0]


class Witness:
    """Knows from the frames alone what must hold; told of each pair, it raises with the promise's number."""

    def __init__(self, base=DIE, found=0):
        self.b = base
        start = 0 if base["kind"] == 2 else base["travel_max"]
        self.last = [0, start, 0, TRIPPED if found else IDLE, found, 0, 0, 0, 0]
        self.time = 0
        self.sample = -1
        self.age = 10**6
        self.run = self.bad = self.over = self.healthy = 0
        self.counts = 0
        self.pressure = 0
        self.valid = False
        self.known = base["kind"] == 2
        self.retreated = 0
        self.low_ms = {1: 0, 2: 0}
        self.latched = found
        self.armed_ticks = 0
        self.errand = 0
        self.homing = False
        self.since_move = 10**6
        self.responses = 0
        self.level = self.falls = 0

    def sense(self, s):
        """Judges the frame as the specification words it."""
        b = self.b
        now = s[TIME] % 2**30
        self.dt = (now - self.time) % 2**30
        self.time = now
        invalid = bool(s[SENSE] & 1)
        if s[SAMPLE] != self.sample:
            self.sample, self.age = s[SAMPLE], 0
            self.run = self.run + 1 if s[COUNTS] == self.counts else 1
            self.counts = s[COUNTS]
            if invalid or not -(2**23) < s[COUNTS] < 2**23 - 1 or self.run >= b["stuck"]:
                self.bad += 1
                self.valid = False
            else:
                self.bad = 0
                self.valid = True
                self.healthy += 1
                self.pressure = (s[COUNTS] - b["reference"]) * b["scale_num"] >> b["scale_shift"]
                self.over = self.over + 1 if self.pressure >= b["hard"] else 0
        else:
            self.age += self.dt
        if invalid or self.age > b["stale"]:
            self.valid = False
        if not self.valid:
            self.healthy = 0
        causes = 0
        causes |= CLOCK if not 0 < self.dt <= b["stale"] else 0
        causes |= STALE if self.age > b["stale"] else 0
        causes |= SENSOR if self.bad >= b["debounce"] else 0
        causes |= STUCK if self.run >= b["stuck"] else 0
        causes |= OVER if self.over >= b["debounce"] else 0
        causes |= STOP if s[SWITCHES] & 4 else 0
        causes |= LINK if s[SWITCHES] & 8 else 0
        causes |= LIMITS if s[SWITCHES] & 3 == 3 else 0
        self.causes = causes

    def see(self, s, c):
        """Takes in a pair and checks every promise."""
        self.sense(s)
        self.S12(s, c)
        if c[EVENT] == DONE and s[MESSAGE] == CONFIRM:
            self.known = True
        self.run_errand(s, c)
        for promise in (self.S1, self.S2, self.S3, self.S4, self.S13, self.S14, self.S15, self.S16):
            promise(s, c, self.last)
        self.last = c
        self.armed_ticks += c[STATE] == ARMED

    def run_errand(self, s, c):
        """What the operator has asked for by jog and home; ends with what ends it."""
        b = self.b
        if c[EVENT] == DONE and s[MESSAGE] == JOG:
            self.errand, self.homing = s[VALUE], False
            assert abs(self.errand) <= b["travel_max"] - b["travel_min"], "S5: a jog beyond the travel"
        if c[EVENT] == DONE and s[MESSAGE] == HOME:
            self.errand, self.homing, self.known = b["travel_min"] - b["travel_max"], True, False
            self.last = [*self.last[:POSITION], b["travel_max"], *self.last[POSITION + 1 :]]
            assert b["kind"] == 1, "S5: homed a regulator"
        if (c[EVENT] == DONE and s[MESSAGE] == DISARM) or c[STATE] != IDLE or self.causes & ~OVER:
            self.errand = 0
        if self.homing and self.errand and s[SWITCHES] & 1:
            self.known, self.homing, self.errand = True, False, 0
            assert c[POSITION] == b["travel_min"], "S16: homed elsewhere"
            self.last = [*self.last[:POSITION], b["travel_min"], *self.last[POSITION + 1 :]]

    def S12(self, s, c):
        """A response trip is a cause like others; when it may come, but not whether it must, is known here."""
        b = self.b
        self.since_move += min(self.dt, b["stale"] + 1)
        if self.valid and self.age == 0:
            armed = self.last[STATE] == ARMED and not self.causes
            self.falls = self.falls + 1 if armed and self.level - self.pressure >= b["hard"] - b["soft"] else 0
            self.level = self.level if self.falls else self.pressure
        if c[FAULTS] & RESPONSE and not self.latched & RESPONSE:
            assert b["response"], "S12: switched off, and tripped"
            assert self.valid, "S12: judged an invalid sample"
            assert self.age == 0, "S12: judged a sample twice"
            if self.falls < b["debounce"]:
                assert self.since_move <= b["response_ms"] + b["stale"], "S12: nothing had moved"
                assert self.pressure >= b["tare_limit"] + b["response_hPa"], "S12: judged a stack that hangs loose"
            assert c[STATE] == TRIPPED, "S12: did not trip"
            self.responses += 1
            self.causes |= RESPONSE
            if self.last[STATE] != ARMED:
                self.latched |= RESPONSE
            self.known = b["kind"] == 2
        if c[MOVE]:
            self.since_move = 0

    def S1(self, s, c, was):
        if c[MOVE] > 0:
            assert self.valid, "S1: compressed on an invalid or stale sensor"
            assert self.pressure < self.b["soft"], "S1: compressed at or over the soft limit"
            assert self.pressure >= -self.b["tare_limit"], "S1: compressed on an impossible reading"

    def S2(self, s, c, was):
        b = self.b
        size = abs(c[MOVE])
        before = abs(was[MOVE]) if was[MOVE] * c[MOVE] > 0 else 0
        assert size <= b["speed"], "S2: speed"
        assert size * b["tick"] <= b["speed"] * min(self.dt, b["tick"]), "S2: speed over a short tick"
        assert size <= before + b["accel"], "S2: acceleration"
        assert b["travel_min"] <= c[POSITION] <= b["travel_max"], "S2: travel"
        if not (s[MESSAGE] == CONFIRM and c[EVENT] == DONE):
            assert c[POSITION] == was[POSITION] + c[MOVE], "S2: position is not the sum of moves"

    def S3(self, s, c, was):
        b = self.b
        if was[STATE] == ARMED and self.causes:
            assert c[STATE] == TRIPPED, "S3: a cause did not trip"
            self.latched |= self.causes
            self.retreated = 0
        elif self.causes & (STOP | LIMITS):
            assert c[STATE] == TRIPPED, "S3: stop or limits did not trip"
            self.latched |= self.causes & (STOP | LIMITS)
        if was[STATE] == TRIPPED and self.causes & OVER:
            self.latched |= OVER
        if was[STATE] == TRIPPED and c[STATE] != TRIPPED:
            assert s[MESSAGE] == RESET, "S3: left a trip without a reset"
            assert c[STATE] == IDLE, "S3: a reset went elsewhere than idle"
            assert not self.causes, "S3: reset with its cause present"
            assert self.valid, "S3: reset on an invalid sensor"
            self.latched = 0
        if s[MESSAGE] == RESET and was[STATE] == TRIPPED and self.causes:
            assert c[EVENT] == CAUSE, "S3: refusal without its reason"
        if c[STATE] == TRIPPED:
            assert c[FAULTS] & self.latched == self.latched, "S3: a cause was forgotten"
            assert c[MOVE] <= 0, "S3: compressed when tripped"
        else:
            assert self.latched == 0, "S3: a latch without a trip"
            self.retreated = 0
        if c[STATE] == IDLE and c[MOVE]:
            assert not self.causes & ~OVER, "S3: moved when idle in spite of a cause"
            assert c[MOVE] < 0 or not self.causes, "S1: compressed over the limit"
            assert c[MOVE] * self.errand > 0, "S3: moved when idle and not sent"
            assert abs(c[MOVE]) <= abs(self.errand), "S3: jogged too far"
        self.errand = self.errand - c[MOVE] if c[MOVE] else 0
        if c[STATE] == TRIPPED and c[MOVE]:
            self.retreated -= c[MOVE]
            assert self.latched & OVER, "S3: retreated without an over-limit"
            hold = STOP | LIMITS | RESPONSE | WATCHDOG | SELF_TEST
            assert not self.latched & hold, "S3: moved when it should hold"
            assert self.valid, "S3: retreated blindly"
            assert self.pressure >= b["soft"] - b["margin"], "S3: retreated below its goal"
            assert self.retreated <= b["retreat"], "S3: retreated too far"

    def S4(self, s, c, was):
        if c[STATE] == ARMED and was[STATE] != ARMED:
            assert s[MESSAGE] == ARM, "S4: armed unasked"
            assert was[STATE] == IDLE, "S4: armed out of a trip"
            assert self.healthy >= self.b["healthy"], "S4: armed on too few samples"
            assert not self.causes, "S4: armed on a cause"
            assert -self.b["tare_limit"] <= self.pressure < self.b["soft"], "S4: armed out of range"

    def S13(self, s, c, was):
        b = self.b
        off = b["permit_off"]
        for bit, name in ((1, "charge"), (2, "discharge")):
            low, high = b[name + "_min"], b[name + "_max"]
            if c[OUTPUTS] & bit:
                assert c[STATE] == ARMED, "S13: permit unless armed"
                assert self.valid, "S13: permit on an invalid sensor"
                assert low <= self.pressure <= high, "S13: permit out of its window"
                if not was[OUTPUTS] & bit:
                    gap = b["hysteresis"]
                    assert low + gap <= self.pressure <= high - gap, "S13: hysteresis"
                    assert self.low_ms[bit] + min(self.dt, b["stale"] + 1) >= off, "S13: least off time"
            elif was[OUTPUTS] & bit:
                wrong = c[STATE] != ARMED or not self.valid or not low <= self.pressure <= high
                assert wrong, "S13: permit dropped for nothing"
                self.low_ms[bit] = 0
            else:
                self.low_ms[bit] += min(self.dt, b["stale"] + 1)

    def S14(self, s, c, was):
        if s[SWITCHES] & 4:
            assert c[MOVE] == 0, "S14: moved under e-stop"
            assert c[OUTPUTS] & 3 == 0, "S14: permit under e-stop"
            assert c[STATE] == TRIPPED, "S14: e-stop did not trip"
            assert c[FAULTS] & STOP, "S14: e-stop not named"

    def S15(self, s, c, was):
        if s[SWITCHES] & 1:
            assert c[MOVE] >= 0, "S15: moved past the retract limit"
        if s[SWITCHES] & 2:
            assert c[MOVE] <= 0, "S15: moved past the compress limit"
        if s[SWITCHES] & 3 == 3:
            assert c[STATE] == TRIPPED, "S15: both limits did not trip"

    def S16(self, s, c, was):
        if self.b["kind"] == 1 and s[SWITCHES] & 7 in (3, 4, 5, 6, 7):
            self.known = False
        if not self.known:
            assert c[MOVE] <= 0, "S16: compressed with the position unknown"


__all__ = ["NO_LOAD", "SEQUENCES", "Witness", "frames", "run_controller", "run_filter"]
