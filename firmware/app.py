"""The firmware's main object: link, ticks by the board's own clock, dead-man, record; time and pins are handed in."""

from controller.configuration import DEFAULT, check, checksum
from controller.controller import Controller
from controller.fields import ACTUATOR_KIND, CHECKSUM, TICK_ms
from controller.frames import (
    ARMED,
    C_CONFIG,
    C_FORCE,
    C_OVER,
    C_SELF_TEST,
    C_WATCHDOG,
    FAULTS,
    IDLE,
    KEY,
    LINK_LOST,
    M_DISARM,
    M_JOG,
    M_NONE,
    MESSAGE,
    MOVE,
    STATE,
    STOP_PRESSED,
    SWITCHES,
    TRIPPED,
    TRIPS,
    VALUE,
    TIME_ms,
    new_command_frame,
    new_sensor_frame,
)
from firmware.link import BOARD, HOST, Receiver, pack
from firmware.machine import REGULATOR
from firmware.messages import (
    A_BUSY,
    A_CHECKSUM,
    A_DONE,
    A_KIND,
    A_LENGTH,
    A_MODE,
    A_REFUSED,
    A_STATE,
    A_STORE,
    A_WIRING,
    B_ANSWER,
    B_COMMAND,
    B_CONFIG,
    B_HELLO,
    B_SENSOR,
    BENCH,
    H_ALIVE,
    H_CONFIG,
    H_HELLO,
    H_LEAVE,
    H_MESSAGE,
    H_READ,
    H_SENSOR,
    H_STOP,
    H_STORE,
    HIL,
    LOOK,
    PROTOCOL,
    LINK_ms,
)

LENGTHS = {H_HELLO: 5, H_SENSOR: 10, H_MESSAGE: 4, H_ALIVE: 1, H_STORE: 3, H_READ: 2, H_LEAVE: 1, H_STOP: 1}
MASK = 0x3FFFFFFF
FIELDS = len(DEFAULT)


def since(now: int, then: int) -> int:
    """Milliseconds from ``then`` to ``now``; both wrap at 2^30."""
    return (now - then) & MASK


class App:
    """One board. Call ``poll`` again and again; it never waits.

    ``port``: ``buffer``, ``read() -> int``, ``write(buffer, n)``. ``machine``: ``board``, ``work(now)``,
    ``sense(frame)``, ``drive(command)``, ``safe()``, ``feed()``. ``store``: `firmware.store.Store`. ``identity``:
    major, minor, patch, build. ``found``: conditions at boot (C_WATCHDOG, C_SELF_TEST).
    """

    def __init__(self, port, machine, store, identity, found: int = 0) -> None:
        self.port = port
        self.machine = machine
        self.store = store
        self.identity = identity
        machine.safe()
        self.record = store.load()
        if found & C_WATCHDOG:
            store.resets = (store.resets + 1) & MASK
            store.note()
        self.found = found | (C_CONFIG if self.record else 0)
        # The self-test at boot is that of the stored record against the wiring.
        self.misfit = found & C_SELF_TEST
        self.receiver = Receiver(HOST)
        self.reply = bytearray(64)
        self.telemetry = bytearray(64)
        self.values = [0] * 16
        self.staged = list(DEFAULT)
        # No frame has this CRC: the first one that is no hello is acted on from number 1 on.
        self.sequence = 0
        self.crc = -1
        self.mode = LOOK
        self.leave = 0
        self.heard = 0
        self.lost = 1
        self.due = -1
        self.ticks = 0
        self.stop = 0
        self.noted = 0
        self.sensor = new_sensor_frame()
        self.command = new_command_frame()
        self.controller = self.bench = Controller(store.config, self.found)
        self.config = self.bench.config
        self.trial = store.config

    # --- time -------------------------------------------------------------------------------------------------

    def poll(self, now: int) -> None:
        """Whatever there is to do at ``now`` [ms, wrapping at 2^30]."""
        self.machine.work(now)
        receiver = self.receiver
        n = self.port.read()
        data = self.port.buffer
        for i in range(n):
            if receiver.take(data[i]):
                self.accept(now)
        if since(now, self.heard) > LINK_ms:
            self.lost = 1
        tick = self.config[TICK_ms]
        if self.due < 0:
            self.due = now
        late = since(now, self.due)
        if late < 0x20000000:
            # A turn of the loop late is no other time: the controller's clock does not jitter.
            time = self.due if late < tick else now
            self.due = (time + tick) & MASK
            if self.mode != HIL:
                self.tick(time)
            else:
                if self.lost and self.command[STATE] == ARMED:
                    self.alone(tick)
                self.machine.feed()

    def tick(self, now: int) -> None:
        """One tick by the board's own clock, on its own pins."""
        sensor = self.sensor
        sensor[SWITCHES] = 0
        self.machine.sense(sensor)
        sensor[TIME_ms] = now
        if self.lost:
            sensor[SWITCHES] |= LINK_LOST
        if self.stop:
            sensor[SWITCHES] |= STOP_PRESSED
            self.stop = 0
        command = self.command
        self.controller.tick(sensor, command)
        self.machine.drive(command)
        self.ticks = (self.ticks + 1) & MASK
        if self.mode == BENCH:
            self.tell(B_SENSOR, sensor)
            self.tell(B_COMMAND, command)
        sensor[MESSAGE] = M_NONE
        self.machine.feed()
        self.keep()

    def alone(self, tick: int) -> None:
        """In mode hil, armed, without a host: a tick on the last frame, with the link lost."""
        sensor = self.sensor
        sensor[TIME_ms] = (sensor[TIME_ms] + tick) & MASK
        sensor[SWITCHES] |= LINK_LOST
        sensor[MESSAGE] = M_NONE
        self.controller.tick(sensor, self.command)

    def keep(self) -> None:
        """Keeps the cause of a trip, once nothing moves: writing flash takes tens of milliseconds."""
        command = self.command
        if command[STATE] != TRIPPED:
            self.noted = 0
        elif self.noted == 0 and command[MOVE] == 0:
            self.noted = 1
            causes = command[FAULTS] & TRIPS
            if causes != self.store.trips:
                self.store.trips = causes
                self.store.note()

    # --- link -------------------------------------------------------------------------------------------------

    def accept(self, now: int) -> None:
        """A good frame: acts on a new one, answers the last one again, drops a late one."""
        receiver = self.receiver
        ahead = (receiver.sequence - self.sequence) & 127
        kind = receiver.values[0]
        if kind != H_HELLO and (ahead > 64 or (ahead == 0 and receiver.crc != self.crc)):
            return
        if ahead or kind == H_HELLO:
            self.heard = now
            self.lost = 0
            self.sequence = receiver.sequence
            self.crc = receiver.crc
            self.handle(kind)
        self.port.write(self.reply, self.reply_length)

    def handle(self, kind: int) -> None:
        """Acts on a new frame; leaves the reply."""
        count = self.receiver.count
        if LENGTHS.get(kind, count) != count:
            self.answer(A_LENGTH)
        elif kind == H_SENSOR:
            self.sense()
        elif kind == H_HELLO:
            self.hello()
        elif kind == H_ALIVE:
            self.answer(A_DONE)
        elif kind == H_MESSAGE:
            self.answer(self.queue())
        elif kind == H_STOP:
            # In mode hil it waits for the bench's next tick: there is none before, and no pin is driven.
            self.stop = 1
            self.answer(A_DONE)
        elif kind == H_CONFIG:
            self.answer(self.stage(count))
        elif kind == H_STORE:
            self.keep_config()
        elif kind == H_READ:
            self.read()
        elif kind == H_LEAVE:
            self.leave = self.mode == HIL or self.state() != ARMED
            self.answer(A_DONE if self.leave else A_STATE)
        else:
            self.answer(A_KIND)

    def state(self) -> int:
        """Of the controller in force, now; a command frame has it since its last tick."""
        return self.controller.core.filter.state

    def sense(self) -> None:
        """A tick on the host's frame (mode hil)."""
        if self.mode != HIL:
            self.answer(A_MODE)
            return
        values = self.receiver.values
        sensor = self.sensor
        for i in range(9):
            sensor[i] = values[i + 1]
        self.controller.tick(sensor, self.command)
        self.respond(B_COMMAND, self.command, 9)

    def hello(self) -> None:
        """Who is there; changes the mode where build and checksum are the board's, and nothing is armed."""
        values = self.receiver.values
        wanted = values[4]
        if self.state() != ARMED and not (wanted == HIL != self.mode and self.held()):
            config = self.trial if wanted == HIL else self.config
            same = values[1] == PROTOCOL and values[2] == self.identity[3] and values[3] == config[CHECKSUM]
            self.enter(wanted if same and LOOK <= wanted <= HIL else LOOK)
        self.values[:10] = (PROTOCOL,) + self.identity + (
            self.controller.config[CHECKSUM], self.machine.board, self.mode, self.found, self.record,
        )  # fmt: skip
        self.values[10] = self.store.date
        self.values[11] = self.store.resets
        self.values[12] = self.store.trips
        self.respond(B_HELLO, self.values, 13)

    def held(self) -> int:
        """Whether the bench cannot be left for a simulation: tripped over a limit, where it may still be retreating,
        or with a regulator that holds a pressure, which a bench that comes back would go on from at once.
        """
        f = self.controller.core.filter
        return f.latched & (C_OVER | C_FORCE) or (self.config[ACTUATOR_KIND] == REGULATOR and f.position)

    def enter(self, mode: int) -> None:
        """Changes the mode, which ends a manual move; hil has a controller of its own, so that a fault latched on the
        bench stays latched.
        """
        if mode != self.mode:
            self.controller.end_manual_move()
            self.sensor[MESSAGE] = M_NONE
        if mode == HIL:
            self.machine.safe()
            self.controller = Controller(self.trial)
        elif self.mode == HIL:
            self.controller = self.bench
        else:
            self.mode = mode
            return
        self.mode = mode
        self.sensor = new_sensor_frame()
        self.command = new_command_frame()

    def queue(self) -> int:
        """A message for the bench's next tick; in the other modes what ends motion, and at once."""
        values = self.receiver.values
        sensor = self.sensor
        if self.mode != BENCH:
            if values[1] != M_DISARM and (values[1] != M_JOG or values[3]):
                return A_MODE
            self.controller.message(values[1], values[2], values[3])
            return A_DONE
        if sensor[MESSAGE]:
            return A_BUSY
        sensor[MESSAGE] = values[1]
        sensor[KEY] = values[2]
        sensor[VALUE] = values[3]
        return A_DONE

    def stage(self, count: int) -> int:
        """Part of a configuration."""
        values = self.receiver.values
        first = values[1]
        if count < 3 or first < 0 or first + count - 2 > FIELDS:
            return A_LENGTH
        for i in range(count - 2):
            self.staged[first + i] = values[2 + i]
        return A_DONE

    def keep_config(self) -> None:
        """Takes the staged configuration, and keeps it where a date is given; tripped, for a simulation only."""
        values = self.receiver.values
        config = list(self.staged)
        code = check(config)
        state = self.state()
        # A stored record that the wiring cannot do trips at boot: another one is what mends it.
        if self.misfit and self.controller.core.filter.latched == C_SELF_TEST:
            state = IDLE
        if self.mode == HIL:
            self.answer(A_MODE)
        elif state == ARMED or (values[1] and state == TRIPPED):
            self.answer(A_STATE)
        elif code:
            self.answer(A_REFUSED, code)
        elif not values[2] == config[CHECKSUM] == checksum(config):
            self.answer(A_CHECKSUM)
        elif values[1] and self.machine.adopt(config):
            self.answer(A_WIRING, self.machine.misfit, self.machine.bound)
        elif values[1] and self.store.save(config, values[1]):
            self.machine.adopt(self.config)
            if config[ACTUATOR_KIND] != self.config[ACTUATOR_KIND]:
                # Its actuator was given up for the other one, and is at rest now.
                self.start_over(self.config)
            self.answer(A_STORE)
        else:
            self.controller.end_manual_move()
            if values[1]:
                self.record = 0
                self.misfit = 0
                self.found &= ~(C_CONFIG | C_SELF_TEST)
            self.trial = config
            fits = state == IDLE and self.machine.adopt(config) == 0
            if fits:
                self.start_over(config)
            if fits or state != IDLE:
                self.answer(A_DONE)
            else:
                self.answer(A_DONE, self.machine.misfit, self.machine.bound)

    def start_over(self, config: list[int]) -> None:
        """A controller of its own for the new configuration, disarmed; a latched trip would be lost, so not then."""
        self.mode = LOOK
        self.machine.safe()
        self.controller = self.bench = Controller(config, self.found)
        self.config = self.bench.config

    def read(self) -> None:
        """Eight fields of the configuration in force, or fewer at its end."""
        first = self.receiver.values[1]
        if not 0 <= first < FIELDS:
            self.answer(A_LENGTH)
            return
        n = min(8, FIELDS - first)
        self.values[0] = first
        for i in range(n):
            self.values[1 + i] = self.controller.config[first + i]
        self.respond(B_CONFIG, self.values, n + 1)

    def answer(self, code: int, more: int = 0, bound: int = 0) -> None:
        """An ANSWER as the reply; ``bound`` goes with the codes of a misfit."""
        self.values[0] = code
        self.values[1] = more
        self.values[2] = bound
        n = 1
        if more:
            n = 2 if code == A_REFUSED else 3
        self.respond(B_ANSWER, self.values, n)

    def respond(self, kind: int, values: list[int], n: int) -> None:
        """The reply to the frame at hand: ``kind`` and the first ``n`` values."""
        self.reply_length = pack(self.reply, BOARD | self.sequence, kind, values, n)

    def tell(self, kind: int, values: list[int]) -> None:
        """Nine values, unasked."""
        self.port.write(self.telemetry, pack(self.telemetry, BOARD | self.ticks & 127, kind, values, 9))
