"""A bad link to an emulated Pico that compresses: what its pins do, in its own time.

The judge hears what goes into the chip, by the host's own decoder, and so knows which frames are good and when.
"""

import random

import pytest
import rp2040_image
from evidence import amount
from link_faults import KINDS, FaultyWire

from controller.vocabulary import record
from hil.boards.pico import Pico
from hil.link import BOARD, HOST, Decoder, encode

rp2040_image.needed()

STEP_ms, BEAT_ms = 10, 50
SOON_ms, LATE_ms, SAFE_ms = 290, 340, 500  # goes on; has tripped (300 ms and a tick, and the loop's turn); is safe
STEP, DIR, CHARGE, DISCHARGE = 6, 7, 14, 15
HELLO, MESSAGE, ALIVE, SENSOR_FRAME, COMMAND_FRAME = 1, 3, 4, 3, 2
ARM, DISARM, RESET, SETPOINT, CONFIRM = 1, 2, 3, 5, 7
MOVE, OUTPUTS, STATE, FAULTS, BLOCKS, EVENT = 0, 2, 3, 4, 5, 6
IDLE, ARMED, TRIPPED = range(3)
DONE, C_LINK, PROTOCOL, BENCH = 1, 8, 1, 1
COUNTS_per_step = 1232  # the stiffness of the configuration: 44 hPa
PRESSED = 150_000


def configuration():
    """A short tick, a setpoint far off: it compresses all the time."""
    return record(
        TICK_ms=20, SAMPLE_ms=20, SPEED_counts_per_tick=2, ACCEL_counts_per_tick2=2, SETPOINT_SLEW_hPa_per_s=10_000,
        STUCK_samples=0, HEALTHY_samples=3, CHARGE_MIN_hPa=1000, DISCHARGE_MIN_hPa=1000, PERMIT_OFF_ms=0,
    )  # fmt: skip


class Host:
    """Says something every beat, over a wire that may be bad, and waits for no answer."""

    def __init__(self, board):
        self.board, self.chip = board, board.chip
        self.wire = None
        self.sequence, self.beats, self.last = 0, 0, 0
        self.hears, self.says = Decoder(HOST), Decoder(BOARD)
        self.draw = random.Random(1)
        self.base = self.heard = 0
        self.due = self.now
        self.sensor = self.command = None
        self.forget()
        pins = self.chip.mcu.gpio
        pins[STEP].add_listener(self.stepped)
        for pin in (CHARGE, DISCHARGE):
            pins[pin].add_listener(lambda new, _, pin=pin: self.permitted.update({pin: (self.now, int(new) == 1)}))
        self.permitted = {}
        self.send(HELLO, (PROTOCOL, board.hello.build, board.hello.checksum, BENCH))

    @property
    def now(self):
        """The chip's time [ms]."""
        return self.chip.now_ns / 1e6

    def stepped(self, new, _):
        if int(new) == 1:
            self.pulses.append((self.now, 1 if int(self.chip.mcu.gpio[DIR].value) == 1 else -1))

    def forget(self):
        """Begin to count anew."""
        self.gaps, self.pulses, self.ticks, self.messages = [], [], [], []

    # --- the wire -----------------------------------------------------------------------------------------------

    def send(self, kind, values=()):
        self.sequence = (self.sequence + 1) & 127
        self.put(encode(HOST, self.sequence, kind, values))

    def put(self, data):
        if self.wire:
            data = self.wire.carry(self.now, data)
        for frame in self.hears.feed(data):
            if frame.kind == HELLO or 1 <= (frame.sequence - self.last) & 127 <= 64:
                self.last = frame.sequence
                self.gaps.append((self.now - self.heard, self.heard))
                self.heard = self.now
                if frame.kind == MESSAGE:
                    self.messages.append(frame.values)
        self.chip.send(data)

    def beat(self):
        """A setpoint now and then, a sign of life otherwise."""
        self.beats += 1
        if self.beats % 3:
            self.send(ALIVE)
        else:
            self.send(MESSAGE, (SETPOINT, 0, self.draw.randrange(45_000, 50_000)))

    def listen(self):
        for frame in self.says.feed(self.chip.take()):
            if frame.kind == SENSOR_FRAME:
                self.sensor = frame.values
            elif frame.kind == COMMAND_FRAME:
                self.command = frame.values
                self.ticks.append((self.sensor, frame.values))

    # --- time ---------------------------------------------------------------------------------------------------

    def run(self, ms, beat=True):
        """Let so much pass; the spring follows the screw."""
        end = self.now + ms
        while self.now < end:
            if beat and self.now >= self.due:
                self.due = self.now + BEAT_ms
                self.beat()
            self.board.hx711.convert(PRESSED + COUNTS_per_step * (self.board.steps - self.base) + self.beats % 2)
            self.chip.advance(STEP_ms * 1e6)
            self.listen()

    def say(self, message, value=0):
        """The command of the tick that acted on it; after a trip that may wait until its cause is on flash."""
        self.run(2 * STEP_ms, beat=False)  # what was said before has had its tick
        self.forget()
        self.send(MESSAGE, (message, 0, value))
        for _ in range(20):
            self.run(STEP_ms, beat=False)
            for sensor, command in self.ticks:
                if sensor[6] == message:
                    return command
        raise AssertionError(f"message {message} was not acted on")

    def arm(self):
        """From idle: the spring relaxed, armed, compressing."""
        self.base = self.board.steps
        self.run(100)
        assert self.say(CONFIRM, 5000)[EVENT] == DONE
        assert self.command[BLOCKS] == 0
        assert self.say(ARM)[EVENT] == DONE
        assert self.say(SETPOINT, 50_000)[EVENT] == DONE
        self.forget()
        self.run(100)
        assert self.command[STATE] == ARMED
        assert sum(direction for _, direction in self.pulses) > 5
        assert self.permits() == 2

    def permits(self):
        return sum(int(self.chip.mcu.gpio[pin].value) == 1 for pin in (CHARGE, DISCHARGE))

    def mend(self):
        """A good wire again, and an end to whatever half frame is held on either side."""
        self.wire = None
        self.put(b"\x7e" * 70)
        self.run(BEAT_ms)


def trial(host, kind, seed):
    """One fault; how long the board was unsafe after the last good frame [ms], 0 where it went on."""
    host.arm()
    host.forget()
    draw = random.Random(seed)
    lasts = draw.randrange(50, 250) if draw.random() < 0.25 else draw.randrange(550, 800)
    begun, moved = host.now, host.board.steps
    host.wire = FaultyWire(kind, begun, begun + lasts, seed)
    host.run(lasts)
    host.mend()
    host.run(60)
    follows(host, moved)
    gap, since = max(host.gaps)
    if gap <= SOON_ms:
        assert host.command[STATE] == ARMED, f"{kind} {seed}: tripped after {gap} ms"
        assert host.say(DISARM)[STATE] == IDLE
        return 0
    if gap >= LATE_ms or host.command[STATE] == TRIPPED:
        return recovered(host, since)
    assert host.say(DISARM)[STATE] == IDLE
    return 0


def follows(host, moved):
    """Every message acted on came in a good frame, in order; pulses are the commanded ones, and no others."""
    good = iter(host.messages)
    acted = [sensor[6:9] for sensor, _ in host.ticks if sensor[6]]
    assert all(any(tuple(message) == tuple(one) for one in good) for message in acted)
    made = host.board.steps - moved
    commanded = sum(command[MOVE] for _, command in host.ticks)
    assert abs(made - commanded) <= 2, "what one tick may have under way"


def recovered(host, since):
    """Safe by its pins; nothing but a reset ends it."""
    assert host.command[STATE] == TRIPPED
    assert host.command[FAULTS] & C_LINK
    unsafe = max([at for at, direction in host.pulses if direction > 0], default=since)
    assert host.permits() == 0
    unsafe = max([unsafe, *(at for at, _ in host.permitted.values())])
    assert unsafe - since <= SAFE_ms
    for message in (ARM, SETPOINT, CONFIRM, DISARM):
        command = host.say(message, 5000)
        assert command[STATE] == TRIPPED
        assert host.permits() == 0
        assert host.pulses == []
    assert host.say(RESET)[EVENT] == DONE
    assert host.command[STATE] == IDLE
    assert host.permits() == 0
    return unsafe - since


@pytest.fixture(scope="module")
def host():
    return Host(Pico(configuration()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_link_ends_in_a_safe_state_or_in_nothing(host, kind, record_property):
    n = amount(20)
    unsafe = [trial(host, kind, 100 * KINDS.index(kind) + seed) for seed in range(n)]
    trips = sum(time > 0 for time in unsafe)
    if kind in ("cut", "babble"):
        assert trips > 0
    what = f"Pico, {kind} on its link: faults, of which trips, safe at the pins within [ms]"
    record_property("figure", (what, f"{n}, {trips}, {max(unsafe):.0f}", "20, -, 500"))
