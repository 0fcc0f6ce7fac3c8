"""A wire that fails on purpose, and a model of what the board at its end must then have done.

The model knows from the bytes alone, by the host's own decoder, which frames are good; it ticks a controller on those
and no others, and measures how long the board heard none.
"""

from restated_limits import (
    ARM,
    ARMED,
    CONFIRM,
    DIE,
    DISARM,
    DONE,
    EVENT,
    FAULTS,
    LINK,
    MOVE,
    OUTPUTS,
    RESET,
    SET,
    STATE,
    TRIPPED,
    counts_for,
    record,
)

from controller.controller import Controller
from hil.link import BOARD, HOST, Decoder, encode
from hil.transport import LinkLostError

STEP_ms = 10
SENSOR, HELLO = 2, 1
KINDS = ("flip", "drop", "duplicate", "reorder", "delay", "cut", "babble")
SOON_ms = 300  # a board that is silent for less goes on
SAFE_ms = 500  # a board that is silent for so long is safe


class Model:
    """What a board that hears these bytes at these times does, as long as its dead-man sleeps."""

    def __init__(self):
        self.decoder = Decoder(HOST)
        self.last = None
        self.heard = 0
        self.silence = 0
        self.controller = None
        self.command = [0] * 9

    def start(self, now):
        """A fresh controller, as the board has one after its hello."""
        self.controller = Controller(record(DIE))
        self.heard, self.silence = now, 0

    def hear(self, data, now):
        for frame in self.decoder.feed(data):
            if frame.kind != HELLO and self.last is not None:
                ahead = (frame.sequence - self.last.sequence) & 127
                if not 1 <= ahead <= 64:
                    continue  # late, or the last one again: no news, and no sign of life
            self.silence = max(self.silence, now - self.heard)
            self.heard = now
            self.last = frame
            if frame.kind == SENSOR and self.controller is not None:
                self.controller.tick(list(frame.values), self.command)


class FaultyWire:
    """A transport round a `HostedWire`; ``fault`` changes what passes while it lasts."""

    def __init__(self, wire):
        self.wire = wire
        self.model = Model()
        self.fault = None
        self.waiting = []

    def clock(self, time_ms):
        self.wire.clock(time_ms)

    def send(self, data):
        now = self.wire.now
        for due, part in self.fault.outgoing(data, now) if self.fault else [(now, data)]:
            # Nothing overtakes on a wire.
            self.waiting.append((max(due, self.waiting[-1][0] if self.waiting else 0), part))

    def receive(self, timeout_s):
        left = round(timeout_s * 1000)
        answer = self.step()
        while not answer and left > 0:
            self.wire.now += STEP_ms
            left -= STEP_ms
            answer = self.step()
        return answer

    def step(self):
        """What is due reaches the board, and it polls."""
        now = self.wire.now
        while self.waiting and self.waiting[0][0] <= now:
            _, data = self.waiting.pop(0)
            self.model.hear(data, now)
            self.wire.send(data)
        answer = self.wire.receive(0)
        return self.fault.incoming(answer, now) if self.fault else answer

    def pass_time(self, ms):
        while ms > 0:
            self.wire.now += STEP_ms
            ms -= STEP_ms
            self.step()

    def close(self):
        self.wire.close()


class Fault:
    """One fault, drawn at random; ``done`` counts what it has spoilt."""

    def __init__(self, kind, draw, now):
        self.kind, self.draw = kind, draw
        self.times = draw.randint(1, 25 if kind == "reorder" else 6)
        self.until = now + (draw.choice([500, 600]) if draw.random() < 0.3 else draw.randint(500, 2000))
        self.ms = draw.choice([10, 50, 120, 250, 600, 1500])
        self.backwards = draw.random() < 0.5
        self.older = []
        self.done = 0

    def outgoing(self, data, now):
        self.older.append(data)
        if self.kind == "cut":
            self.done += now < self.until
            return [(now, data)] if now >= self.until else []
        if self.done >= self.times or (self.backwards and self.kind in ("flip", "drop")):
            return [(now, data)]
        self.done += 1
        if self.kind == "delay":
            return [(now + self.ms, data)]
        return [(now, part) for part in getattr(self, self.kind)(data)]

    def incoming(self, data, now):
        if self.kind == "cut" and now < self.until:
            return b""
        if data and self.backwards and self.kind in ("flip", "drop") and self.done < self.times:
            self.done += 1
            return b"".join(getattr(self, self.kind)(data))
        return data

    def flip(self, data):
        spoilt = bytearray(data)
        for _ in range(self.draw.choice([1, 1, 2, 8])):
            spoilt[self.draw.randrange(len(data))] ^= 1 << self.draw.randrange(8)
        return [bytes(spoilt)]

    def drop(self, data):
        start = self.draw.choice([0, self.draw.randrange(len(data))])
        end = self.draw.choice([len(data), self.draw.randint(start, len(data))])
        return [data[:start] + data[end:]]

    def duplicate(self, data):
        return [data] * self.draw.randint(2, 4)

    def reorder(self, data):
        some = [data, self.draw.choice(self.older)]
        return some if self.draw.random() < 0.5 else some[::-1]

    def babble(self, data):
        draw = self.draw
        noise = draw.randbytes(draw.randint(1, 200))
        if draw.random() < 0.5:
            # What would move something, were it good: wrong side, wrong sum, wrong length.
            order = encode(HOST, draw.randrange(128), SENSOR, (1, 0, 1, 0, 0, 0, ARM, 0, 0))
            noise += draw.choice([
                encode(BOARD, draw.randrange(128), SENSOR, (1, 0, 1, 0, 0, 0, ARM, 0, 0)),
                order[:-3] + bytes([order[-3] ^ 1]) + order[-2:],
                bytes([order[0] - 1]) + order[1:],
                order[:-1],
            ])  # fmt: skip
        return [noise, data] if draw.random() < 0.5 else [data, noise]


class Trial:
    """An armed board that compresses, one fault, and what must hold after it."""

    def __init__(self, board, wire):
        self.board, self.wire = board, wire
        self.n = 0

    def frame(self, message=0, value=0):
        self.n += 1
        return [self.n * 100, counts_for(40000) + (self.n & 1), self.n & 65535, 0, 1000, 0, message, 0, value]

    def say(self, message=0, value=0):
        return self.board.exchange(self.frame(message, value))

    def begin(self):
        """A fresh controller, armed, its setpoint far above the pressure."""
        self.wire.fault = None
        self.say(DISARM)  # while armed no hello is listened to
        hello = self.board.session.hello(2, self.board.hello.build, record(DIE)[-1])
        assert hello.mode == 2
        self.wire.model.start(self.wire.wire.now)
        self.say(CONFIRM, 100)
        for _ in range(DIE["healthy"] + 8):
            self.say()
        assert self.say(ARM)[EVENT] == DONE
        assert self.say(SET, 50000)[EVENT] == DONE
        moves = [self.say()[MOVE] for _ in range(20)]
        assert max(moves) > 0
        return self.say()

    def run(self, kind, draw):
        """One fault at a random moment; whether the board's dead-man has acted."""
        command = self.begin()
        assert command[STATE] == ARMED
        assert command[OUTPUTS] & 3 == 3
        for _ in range(draw.randint(0, 20)):
            self.say()
        self.wire.fault = fault = Fault(kind, draw, self.wire.wire.now)
        tripped = False
        for _ in range(30):
            try:
                command = self.say()
            except LinkLostError:
                self.wire.pass_time(draw.choice([0, 100, 200]))
                continue
            tripped = self.judge(command, tripped)
        assert fault.done
        assert not self.wire.waiting
        if tripped:
            self.recover()
        return tripped

    def judge(self, command, tripped):
        """What must hold of every answer that comes through."""
        model = self.wire.model
        if tripped or model.silence >= SAFE_ms:
            assert command[STATE] == TRIPPED
            assert command[FAULTS] & LINK
            assert command[MOVE] == 0
            assert command[OUTPUTS] & 3 == 0
            return True
        if model.silence <= SOON_ms:
            assert command == model.command
            return False
        return command[STATE] == TRIPPED and self.judge(command, True)

    def recover(self):
        """Nothing but a reset ends the trip, and only then does it arm."""
        for message in (ARM, DISARM, SET, CONFIRM, 0, ARM):
            assert self.judge(self.say(message, 40000), True)
        command = self.say(RESET)
        assert command[EVENT] == DONE
        assert command[OUTPUTS] & 3 == 0
        assert self.say(ARM)[EVENT] == DONE
