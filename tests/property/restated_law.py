"""Law, policy and response check a second time, in exact fractions, for comparison; nothing is taken from them."""

from fractions import Fraction
from math import floor

from restated_limits import ARMED, TRIPPED

FARTHEST = 1000001  # one count over the largest approach budget
FULL = 2**19  # 2048 counts, in 1/256
GREATEST_ERROR_hPa = 16383
GREATEST_CHARGE_uAms = 2**28 - 1
GREATEST_TRAVEL = 2**29  # in 1/256 hPa


def within(x, bound):
    return min(max(x, -bound), bound)


def poured(pot, current, dt, quantum):
    """Whole quanta in a pot of charge [uA ms] after ``dt`` [ms] more, and what is left in it."""
    return divmod(pot + dt * within(current, floor(Fraction(GREATEST_CHARGE_uAms, dt))), quantum)


class RestatedLaw:
    """What `controller/law.py` says it does. Travel in 1/256 of a count, pressure in hPa, charge in uA ms."""

    def __init__(self, base):
        self.b = base
        self.start()

    def start(self):
        self.want = self.unseen = self.charge = self.slack = 0
        self.way = 1

    def travel(self, pressure):
        return floor(Fraction(pressure * 256) / Fraction(self.b["stiffness"], 256))

    def feed(self, current, dt):
        if self.b["feed"]:
            whole, self.charge = poured(self.charge, current, dt, self.b["feed"])
            self.want = within(self.want + whole, FULL)

    def follow(self, change):
        self.want = within(self.want + self.travel(change), FULL)

    def correct(self, error):
        surprise = within(self.travel(within(error, GREATEST_ERROR_hPa)), FULL) - self.want
        same_way = surprise * self.unseen > 0
        if same_way:
            surprise = 0 if abs(surprise) <= abs(self.unseen) else surprise - self.unseen
        lag, sample = self.b["lag"], self.b["sample"]
        self.unseen = floor(Fraction(self.unseen * floor(Fraction(256 * lag, lag + sample)), 256))
        self.want += floor(Fraction(surprise * self.b["ki"], 256))
        return floor(Fraction(surprise * self.b["kp"], 256))

    def ask(self, extra):
        act = self.want + extra
        way = 1 if act > 0 else -1
        turns = way != self.way
        if abs(act) < self.b["deadband"] * (2 if turns else 1):
            return 0
        nearest = floor(Fraction(abs(act), 256) + Fraction(1, 2))
        return way * (nearest + (self.b["backlash"] // 2 if turns else self.slack))

    def moved(self, move):
        way = 1 if move > 0 else -1
        if way != self.way:
            self.way, self.slack = way, self.b["backlash"] // 2
        taken_up = min(self.slack, abs(move))
        self.slack -= taken_up
        felt = 256 * way * (abs(move) - taken_up)
        self.want = within(self.want - felt, FULL)
        self.unseen = within(self.unseen + felt, FULL)


class RestatedPolicy:
    """What `controller/policy.py` says it does."""

    def __init__(self, base):
        self.b = base
        self.restart()

    def restart(self):
        self.followed = self.lasted = 0

    def target(self, plain, current, valid, dt):
        threshold = self.b["policy_threshold"]
        if not threshold:
            return plain
        if valid:
            self.follow(within(current, GREATEST_CHARGE_uAms), dt)
        else:
            self.restart()
        if abs(self.followed) < threshold:
            return plain
        name, way = ("discharge", 1) if self.followed > 0 else ("charge", -1)
        slope = self.b[f"policy_{name}_slope"]
        # Beyond what 30 bits hold, the current counts no further.
        current = min(abs(self.followed), floor(Fraction(2**29 - 1, slope))) if slope else 0
        wanted = plain + self.b[f"policy_{name}"] + way * floor(Fraction(current * slope, 1000))
        gap = self.b["hysteresis"]
        opens = min(max(wanted, self.b[f"{name}_min"] + gap), self.b[f"{name}_max"] - gap)
        return min(max(opens, self.b["setpoint_min"]), self.b["setpoint_max"])

    def follow(self, current, dt):
        if abs(current - self.followed) < self.b["policy_threshold"]:
            self.lasted = 0
            return
        self.lasted += dt
        if self.lasted >= self.b["policy_dwell"]:
            self.followed, self.lasted = current, 0


class RestatedResponse:
    """What `controller/response.py` says it does (S12). Travel is in 1/256 hPa, in the direction of the last move."""

    def __init__(self, base):
        self.b = base
        self.delay = base["dead_time"] + 3 * base["lag"]
        self.contact, self.blind = False, 0
        self.restart()

    def restart(self):
        self.way = self.travel = self.recent = self.settled = self.phase = self.wait = 0
        self.charge = self.last = 0
        self.open(0)

    def open(self, pressure):
        self.begun, self.start = self.travel, pressure
        self.elapsed = self.fed = self.bad = 0

    def judge(self, dt, fresh, pressure, current, state):
        if not (self.b["response"] or self.b["approach"]):
            return False
        self.age(dt)
        if current and dt and self.b["feed"]:
            whole, self.charge = poured(self.charge, current, dt, self.b["feed"])
            self.fed = within(self.fed + whole, floor(Fraction(GREATEST_TRAVEL, self.b["stiffness"])))
        if fresh:
            self.contact = pressure >= self.floor()
            self.blind = 0 if self.contact else self.blind
        if state == ARMED and self.spent():
            return True
        if not fresh or not self.b["response"]:
            return False
        if self.fell(pressure, state):
            self.open(pressure)
            return True
        if not self.contact or self.wait or self.travel == self.begun or self.elapsed > self.b["response_ms"]:
            self.open(pressure)
            return False
        if self.due(state) - self.answer(pressure) <= self.b["response_hPa"]:
            self.bad = 0
            return False
        self.bad += 1
        if self.bad < self.b["debounce"]:
            return False
        self.open(pressure)
        return True

    def age(self, dt):
        self.wait = max(0, self.wait - dt)
        self.elapsed = min(self.elapsed + dt, GREATEST_TRAVEL)
        self.phase += dt
        if self.phase >= self.delay:
            self.phase, self.settled, self.recent = 0, self.recent, self.travel

    def fell(self, pressure, state):
        """No actuator goes from hard to soft limit between two samples."""
        before, self.last = self.last, pressure
        return state == ARMED and before - pressure >= self.b["hard"] - self.b["soft"]

    def spent(self):
        """So much has been compressed, armed, since a reading last showed contact."""
        return 0 < self.b["approach"] < self.blind

    def floor(self):
        """A reading from here on is more than a tare, noise and drift make of an empty frame."""
        return self.b["tare_limit"] + self.b["response_hPa"]

    def due(self, state):
        taken_up = max(self.begun, 256 * self.b["response_play"])
        if state == TRIPPED or self.settled < taken_up:
            return 0
        whole = floor(Fraction(self.settled - taken_up, 256))
        return floor(Fraction(whole * self.b["response"], 256))

    def answer(self, pressure):
        swelled = floor(Fraction(self.fed * self.b["stiffness"], 65536))
        return (pressure - self.start + swelled) * self.way

    def moved(self, move, armed):
        if armed and not self.contact:
            self.blind = min(max(0, self.blind + move), FARTHEST)
        way = 1 if move > 0 else -1
        if way != self.way:
            self.way, self.wait, self.elapsed = way, self.delay, GREATEST_TRAVEL
            self.travel = self.recent = self.settled = 0
        self.travel = within(self.travel + abs(move) * self.b["stiffness"], GREATEST_TRAVEL)
