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
    FORCE,
    HOME,
    IDLE,
    JOG,
    KEY,
    LIMITS,
    LINK,
    MESSAGE,
    MOVE,
    NO_CONTACT,
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
    UNCONFIRMED,
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
CALM = ["hold"] * 4 + ["drift"] * 3 + ["edge"] * 8 + ["rearm"] * 3
FAULTY = [
    "invalid", "current", "frozen", "stuck", "saturated", "clock stands", "clock jumps", "fast", "back", "stop",
    "retract", "compress", "both", "link", "force", "spike", "noise", "garbage",
]  # fmt: skip
TALK = ["arm", "disarm", "reset", "tare", "setpoint", "parameter", "confirm", "unknown", "jog", "home", "homing"]
EPISODES = st.lists(
    st.tuples(st.sampled_from(CALM + FAULTY + TALK), st.integers(-5, 5), st.integers(1, 9), st.integers(0, 9)),
    min_size=1,
    max_size=25,
)
SEQUENCES = st.tuples(st.sampled_from([True, True, True, False]), EPISODES)
SWITCH = {"stop": 4, "retract": 1, "compress": 2, "both": 3, "link": 8, "force": 1048576}
SAY = {
    "arm": (ARM, 0, 0),
    "disarm": (DISARM, 0, 0),
    "reset": (RESET, 0, 0),
    "tare": (TARE, 0, 0),
    "confirm": (CONFIRM, 0, 100),
    "home": (HOME, 0, 0),
    "homing": (HOME, 0, 0),
}
# What the retract switch shows while homing goes on, a tick each.
FOUND = [[0, 1, 0, 1], [1, 1, 0, 0, 1], [1, 0, 1, 1, 0], [0, 0, 1], [1]]  # fmt: skip


def settling(base):
    """Ticks after boot, at any steady pressure, until a controller can be armed: debounced, then healthy."""
    return base["debounce"] + base["healthy"] + 1


def frames(sequence, base=DIE):
    """The sensor frames of a sequence: a prelude that arms, perhaps, then the episodes."""
    prelude, episodes = sequence
    time, sample, pressure = 2**30 - 1000, 65530, 40000
    plan = [("confirm", 0, 1, 0), ("hold", 0, settling(base), 0), ("arm", 0, 1, 0), ("hold", 0, 9, 0)]
    for kind, near, ticks, pick in (plan if prelude else []) + episodes:
        if kind == "edge":
            pressure = EDGES[(pick + 3 * ticks) % len(EDGES)] + near
        if kind == "rearm":
            pressure = 40000
        if kind == "drift":
            pressure += 40 * near
        length = settling(base) + 3 if kind == "rearm" else ticks
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
            if kind == "spike" and i == 0:
                frame[COUNTS] += [5000, -5000, 20000, -20000, 3 * 10**6, -1 - 2**20, 14000, -14000, 2**21, 10**6][pick]
            frame[SWITCHES] = SWITCH.get(kind, 0)
            if kind == "homing":
                shows = FOUND[pick % len(FOUND)]
                frame[SWITCHES] = shows[min(i, len(shows) - 1)]
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
                frame[MESSAGE], frame[KEY], frame[VALUE] = PARAMETER, [-1, 0, 1, 51, 52, 53, 14, 99, 2**29, 1][pick], -1
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
    """Knows from the frames alone what must hold; given each pair, it raises with the promise's number.

    ``whole``: the pairs are the whole controller's, not those of the filter alone.
    """

    def __init__(self, base=DIE, found=0, whole=True):
        self.b = base
        self.whole = whole
        start = 0 if base["kind"] == 2 else base["travel_max"]
        self.last = [0, start, 0, TRIPPED if found else IDLE, found, 0, 0, 0, 0]
        self.time = 0
        self.sample = -1
        self.age = 10**6
        self.run = self.bad = self.over = self.healthy = 0
        self.counts = 0
        self.reading = 0  # the last valid one
        self.pressure = 0  # the debounced one
        self.differing = 0
        self.fresh = False
        self.valid = False
        self.known = base["kind"] == 2
        self.switches = self.wrong = 0
        self.retreated = 0
        self.low_ms = {1: 0, 2: 0}
        self.latched = found
        self.armed_ticks = 0
        self.left = 0  # of a manual move [counts]
        self.phase = None  # of homing
        self.least = self.backed = 0
        self.since_move = 10**6
        self.responses = 0
        self.level = 0
        self.contact, self.blind = False, 0

    def sense(self, s):
        """Judges the frame as the specification words it."""
        b = self.b
        now = s[TIME] % 2**30
        self.dt = (now - self.time) % 2**30
        self.time = now
        invalid = bool(s[SENSE] & 1)
        self.fresh = False
        if s[SAMPLE] != self.sample:
            self.sample, self.age = s[SAMPLE], 0
            self.run = self.run + 1 if s[COUNTS] == self.counts else 1
            self.counts = s[COUNTS]
            if invalid or not -(2**23) < s[COUNTS] < 2**23 - 1 or 0 < b["stuck"] <= self.run:
                self.bad += 1
                self.valid = False
            else:
                self.bad = 0
                self.valid = True
                self.debounce((s[COUNTS] - b["reference"]) * b["scale_num"] >> b["scale_shift"])
                self.over = self.over + 1 if self.reading >= b["hard"] else 0
        else:
            self.age += self.dt
        if invalid or self.age > b["stale"]:
            self.valid = False
        if not self.valid:
            self.healthy = 0
        causes = self.directions(s)
        causes |= CLOCK if not 0 < self.dt <= b["stale"] else 0
        causes |= STALE if self.age > b["stale"] else 0
        causes |= SENSOR if self.bad >= b["debounce"] else 0
        causes |= STUCK if 0 < b["stuck"] <= self.run else 0
        causes |= OVER if self.over >= b["debounce"] else 0
        causes |= STOP if s[SWITCHES] & 4 else 0
        causes |= LINK if s[SWITCHES] & 8 else 0
        causes |= FORCE if s[SWITCHES] & FORCE else 0
        causes |= LIMITS if s[SWITCHES] & 3 == 3 else 0
        self.causes = causes

    def debounce(self, reading):
        """A reading near the debounced pressure is believed at once, any other only as the last of so many in a row."""
        b = self.b
        self.reading = reading = min(max(reading, -(2**20)), 2**20)
        near = abs(reading - self.pressure) <= b["jump"]
        self.healthy = self.healthy + 1 if near else 0
        self.differing = 0 if near else self.differing + 1
        if near or self.differing == b["debounce"]:
            self.pressure, self.differing, self.fresh = reading, 0, True

    def directions(self, s):
        """LIMITS, if a switch at the end that the screw was sent away from became active, and is so a second time."""
        moved = self.last[MOVE]
        wrong = s[SWITCHES] & ((moved > 0) + 2 * (moved < 0)) if self.whole and self.b["kind"] == 1 else 0
        cause = LIMITS if self.wrong and wrong else 0
        self.wrong, self.switches = wrong & ~self.switches, s[SWITCHES]
        return cause

    def see(self, s, c):
        """Takes in a pair and checks every promise."""
        self.sense(s)
        self.S12(s, c)
        if c[EVENT] == DONE and s[MESSAGE] == CONFIRM:
            assert not self.phase, "S16: a position confirmed while homing"
            self.known = True
        self.manual_move(s, c)
        for promise in (self.S1, self.S2, self.S3, self.S4, self.S13, self.S14, self.S15, self.S16):
            promise(s, c, self.last)
        self.last = c
        self.armed_ticks += c[STATE] == ARMED

    def manual_move(self, s, c):
        """What the operator has asked for by jog and home, what ends it, and how far homing is."""
        b = self.b
        span = b["travel_max"] - b["travel_min"]
        done = c[EVENT] == DONE
        if done and s[MESSAGE] == JOG:
            self.end_manual_move()
            self.left, self.least = s[VALUE], self.pressure
            assert abs(self.left) <= span, "S5: a jog beyond the travel"
            assert self.left == 0 or c[STATE] != ARMED, "S5: jogged when armed"
        if done and s[MESSAGE] == HOME:
            assert b["kind"] == 1, "S5: homed a regulator"
            self.lose()
            self.phase, self.left, self.least = "looking", -span, self.pressure
        if s[MESSAGE] == DISARM:
            self.end_manual_move()
        if not (self.left or self.phase):
            return
        assert not (self.phase and c[STATE] == ARMED), "S16: armed while homing"
        if self.pressure < self.least or not self.causes & (OVER | FORCE):
            self.least = self.pressure
        rising = self.pressure - self.least > b["response_hPa"]
        if c[STATE] == ARMED or self.causes & ~(OVER | FORCE) or rising:
            self.end_manual_move()
        elif self.phase:
            self.home_on(s[SWITCHES] & 1)
        if self.phase == "backing off":
            assert c[FAULTS] & UNCONFIRMED, "S16: a position given out before homing was done"

    def home_on(self, active):
        """Homing: known once the switch was active, then not, then active again; one that never opens is a fault."""
        b = self.b
        if self.phase == "backing off":
            if not active:
                self.lose()
                self.phase, self.left = "looking again", -2 * b["homing"]
            elif self.left == 0:
                all_the_way = self.backed >= b["homing"]
                self.end_manual_move()
                self.causes |= LIMITS if all_the_way else 0
        elif active:
            self.place(b["travel_min"])
            if self.phase == "looking":
                self.phase, self.left, self.backed = "backing off", b["homing"], 0
            else:
                self.phase, self.left, self.known = None, 0, True
        elif self.left == 0:
            self.phase = None

    def end_manual_move(self):
        if self.phase == "backing off":
            self.lose()
        self.phase, self.left = None, 0

    def lose(self):
        """The position is not known: all decompression is open."""
        self.known = False
        self.place(self.b["travel_max"])

    def place(self, position):
        self.last = [*self.last[:POSITION], position, *self.last[POSITION + 1 :]]

    def S12(self, s, c):
        """A response trip is a cause like others; of what trips here, a fall and the approach budget must."""
        b = self.b
        self.since_move += min(self.dt, b["stale"] + 1)
        armed = self.last[STATE] == ARMED and not self.causes
        floor = b["tare_limit"] + b["response_hPa"]
        fell = bool(b["response"] and self.fresh and armed and self.level - self.pressure >= b["hard"] - b["soft"])
        if self.fresh:
            self.level = self.pressure
            self.contact = self.pressure >= floor
            self.blind = 0 if self.contact else self.blind
        spent = armed and 0 < b["approach"] < self.blind
        if self.whole:
            assert c[FAULTS] & RESPONSE or not (fell or spent), "S12: no trip by a fall, or by the approach budget"
            assert bool(c[FAULTS] & NO_CONTACT) == (b["approach"] > 0 and not self.contact), "S12: contact misnamed"
        if c[FAULTS] & RESPONSE and not self.latched & RESPONSE:
            if not spent:
                assert b["response"], "S12: switched off, or within the approach budget, and tripped"
                assert self.valid, "S12: judged an invalid sample"
                assert self.fresh, "S12: judged a sample twice, or one not debounced"
            if not (spent or fell):
                assert self.since_move <= b["response_ms"] + b["stale"], "S12: nothing had moved"
                assert self.pressure >= floor, "S12: judged a stack that hangs loose"
            assert c[STATE] == TRIPPED, "S12: did not trip"
            self.responses += 1
            self.causes |= RESPONSE
        if c[MOVE]:
            self.since_move = 0
        if c[STATE] == ARMED and not self.contact:
            self.blind = max(0, self.blind + c[MOVE])

    def S1(self, s, c, was):
        if c[MOVE] > 0:
            assert self.valid, "S1: compressed on an invalid or stale sensor"
            assert self.reading < self.b["soft"], "S1: compressed at or over the soft limit"
            assert self.reading >= -self.b["tare_limit"], "S1: compressed on an impossible reading"
            assert not s[SWITCHES] & FORCE, "S1: compressed against the over-force comparator"

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
        always = STOP | LIMITS | RESPONSE
        if was[STATE] == ARMED and self.causes:
            assert c[STATE] == TRIPPED, "S3: a cause did not trip"
            joins = self.causes
        else:
            joins = self.causes & (always | OVER | FORCE if was[STATE] == TRIPPED else always)
            assert c[STATE] == TRIPPED or not self.causes & always, "S3: stop, limits or response did not trip"
        if joins & (OVER | FORCE) & ~self.latched:
            self.retreated = 0
        self.latched |= joins
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
        if c[STATE] == IDLE and c[MOVE]:
            assert not self.causes & ~(OVER | FORCE), "S3: moved when idle in spite of a cause"
            assert c[MOVE] < 0 or not self.causes, "S1: compressed over the limit"
            assert c[MOVE] * self.left > 0, "S3: moved when idle and not sent"
            assert abs(c[MOVE]) <= abs(self.left), "S3: jogged too far"
        if self.left:
            self.left = self.left - c[MOVE] if c[MOVE] else 0
        vents = b["kind"] == 2 and b["stop_vents"] and self.latched & STOP
        if c[STATE] == TRIPPED and c[MOVE] and not vents:
            self.retreated -= c[MOVE]
            assert self.latched & (OVER | FORCE), "S3: retreated without an over-limit"
            hold = always | WATCHDOG | SELF_TEST
            assert b["kind"] == 2 or not self.latched & hold, "S3: moved when it should hold"
            if not self.causes & FORCE:
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
            # The move of this very tick is in the budget by now, and may have been the one that spent it.
            spent = 0 < self.b["approach"] < self.blind - c[MOVE]
            assert not (self.whole and spent), "S4: armed on a spent approach budget"
            assert -self.b["tare_limit"] <= self.reading < self.b["soft"], "S4: armed out of range"

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
        b = self.b
        if s[SWITCHES] & 4:
            assert c[MOVE] == 0 or (b["kind"] == 2 and c[MOVE] < 0), "S14: moved under e-stop"
            assert c[OUTPUTS] & 3 == 0, "S14: permit under e-stop"
            assert c[STATE] == TRIPPED, "S14: e-stop did not trip"
            assert c[FAULTS] & STOP, "S14: e-stop not named"
        if b["kind"] == 2 and b["stop_vents"] and self.latched & STOP:
            able = not s[SWITCHES] & 1 and b["speed"] * min(self.dt, b["tick"]) >= b["tick"]
            assert c[MOVE] < 0 or was[POSITION] == 0 or not able, "S14: did not vent"

    def S15(self, s, c, was):
        if s[SWITCHES] & 1:
            assert c[MOVE] >= 0, "S15: moved past the retract limit"
        if s[SWITCHES] & 2:
            assert c[MOVE] <= 0, "S15: moved past the compress limit"
        if s[SWITCHES] & 3 == 3:
            assert c[STATE] == TRIPPED, "S15: both limits did not trip"

    def S16(self, s, c, was):
        if self.b["kind"] == 1 and self.causes & (STOP | LIMITS | RESPONSE):
            self.known = False
        if self.phase == "backing off":
            self.backed += c[MOVE]
            assert 0 <= self.backed <= self.b["homing"], "S16: backed off too far"
        elif not self.known:
            assert c[MOVE] <= 0, "S16: compressed with the position unknown"


__all__ = ["NO_LOAD", "SEQUENCES", "Witness", "frames", "run_controller", "run_filter", "settling"]
