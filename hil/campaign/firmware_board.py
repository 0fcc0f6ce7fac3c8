"""The firmware's main object as a board in this process: link, dead-man, record and watchdog on a virtual clock.

Its pins are the frames of the loop, one exchange a tick; its host sends a frame each tick, over a wire that may be bad.
"""

import random
from collections.abc import Callable, Sequence

from controller.fields import ACTUATOR_KIND, CHECKSUM, STOP_VENTS, SAMPLE_ms
from controller.frames import (
    C_WATCHDOG,
    COMPRESS_LIMIT,
    COUNTS,
    CURRENT_INVALID,
    ENERGISED,
    LOAD_INVALID,
    MESSAGE,
    MOVE,
    OUTPUTS,
    OVER_FORCE,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    RETRACT_LIMIT,
    SAMPLE,
    SENSE,
    STOP_PRESSED,
    SWITCHES,
    CURRENT_uA,
    new_command_frame,
)
from firmware import messages as m
from firmware.app import App
from firmware.boards.hosted import Memory
from firmware.drivers.regulator import Regulator
from firmware.drivers.watchdog import MOST_ms, Watchdog
from firmware.machine import STEPPER, Machine
from firmware.store import Store
from hil.link import HOST, encode
from hil.session import Session

PICO = 1
VENTS = 1  # 0 V at the regulator vents it
DATE = 20260101
IDENTITY = (0, 1, 0, 0x1234567)
ENOUGH = 1 << 20  # bytes of free heap
LONGEST_WAIT_ticks = 50  # a power cut that waits for a stroke waits no longer
MASK = (1 << 30) - 1

Wire = Callable[[int, bytes], bytes]
"""What comes out of a wire at a time [ms] when these bytes go in."""


def _good(_: int, data: bytes) -> bytes:
    return data


class Pins:
    """Drivers without pins, as `firmware.machine.Machine` uses them; what they were told is kept."""

    def __init__(self) -> None:
        """All off, and no reading yet."""
        self.counts = self.sample_number = self.current_uA = self.switches = 0
        self.invalid, self.current_invalid = 1, 1
        self.permits = 0
        self.energised = 0
        self.moved = 0
        self.code = 0

    def take(self, frame: Sequence[int]) -> None:
        """What the sensors show in this tick."""
        self.counts, self.sample_number = frame[COUNTS], frame[SAMPLE]
        self.invalid = frame[SENSE] & LOAD_INVALID
        self.current_invalid = frame[SENSE] & CURRENT_INVALID
        self.current_uA, self.switches = frame[CURRENT_uA], frame[SWITCHES]

    def dead(self) -> None:
        """No power: pull-downs take the permits, the motor has no current, the regulator vents at 0 V."""
        self.permits = self.energised = 0
        self.moved -= self.code
        self.code = 0


class _LoadCell:
    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.counts = self.sample = 0
        self.invalid = 1

    def poll(self, now: int) -> None:
        pins = self.pins
        self.counts, self.sample, self.invalid = pins.counts, pins.sample_number, pins.invalid


class _Current:
    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.invalid = 1

    def sample(self) -> int:
        self.invalid = self.pins.current_invalid
        return self.pins.current_uA


class _Switches:
    def __init__(self, pins: Pins) -> None:
        self.pins = pins

    def read(self) -> int:
        return self.pins.switches & (RETRACT_LIMIT | COMPRESS_LIMIT | STOP_PRESSED | OVER_FORCE)

    def stop(self) -> int:
        return self.pins.switches & STOP_PRESSED


class _Permits:
    def __init__(self, pins: Pins) -> None:
        self.pins = pins

    def set(self, charge: int, discharge: int) -> None:
        self.pins.permits = PERMIT_CHARGE * (charge != 0) | PERMIT_DISCHARGE * (discharge != 0)


class _Stepper:
    def __init__(self, pins: Pins) -> None:
        self.pins = pins

    def most(self, tick_ms: int) -> int:
        return 4096

    def move(self, steps: int, tick_ms: int) -> int:
        self.pins.moved += steps
        return 1

    def energise(self, on: int) -> None:
        self.pins.energised = ENERGISED if on else 0

    def stop(self) -> None:
        """Pulses come within their tick here: none is left to stop."""


class _Pwm:
    """The output behind the regulator's driver, in the record's codes."""

    def __init__(self, pins: Pins, record_bits: int) -> None:
        self.pins = pins
        self.shift = 16 - record_bits

    def duty_u16(self, duty: int) -> None:
        code = duty >> self.shift
        self.pins.moved += code - self.pins.code
        self.pins.code = code


class _Port:
    """Bytes in, bytes out."""

    def __init__(self) -> None:
        self.buffer = bytearray(64)
        self.inward = b""
        self.outward = b""

    def read(self) -> int:
        n = min(64, len(self.inward))
        self.buffer[:n] = self.inward[:n]
        self.inward = self.inward[n:]
        return n

    def write(self, buffer: bytearray, n: int) -> None:
        self.outward = (self.outward + bytes(buffer[:n]))[-4096:]


class FirmwareBoard:
    """Implements `hil.boards.Board` by the firmware on its own pins (mode bench).

    Attributes
    ----------
    wire : callable
        What carries the host's bytes to the board.
    app : firmware.app.App
        The firmware, anew after each reset.
    resets : int
        Boots but the first.
    regulator_bits : int
        Of its regulator's driver; as many as the record has, until it is rewired.
    """

    name = "firmware"

    def __init__(self, configuration: Sequence[int], tick_ms: int, regulator_bits: int = 16) -> None:
        """A board whose record is ``configuration``, booted, with a session in mode bench.

        ``regulator_bits``: of the codes that the record, and whoever takes its moves, counts in.
        """
        self.pins = Pins()
        self.wire: Wire = _good
        self.resets = -1
        self._tick_ms = tick_ms
        self._kind = configuration[ACTUATOR_KIND]
        self._record_bits = self.regulator_bits = regulator_bits
        self._sample_ms, self._stop_vents = configuration[SAMPLE_ms], configuration[STOP_VENTS]
        self._memory = Memory()
        store = Store("record", PICO, self._memory.open)
        store.load()
        store.save(list(configuration), DATE)
        self._now = self._fed = self._sequence = 0
        self._dark_until: int | None = None
        self._hung_until: int | None = None
        self._stroke: tuple[int, int] | None = None
        self._command = new_command_frame()
        self._boot(0)

    # --- what can be done to it ---------------------------------------------------------------------------------

    def cut(self, for_ms: int, *, in_a_stroke: bool = False) -> None:
        """Take the power away for so long; at the next move, half done, if ``in_a_stroke``."""
        if in_a_stroke:
            self._stroke = (for_ms, LONGEST_WAIT_ticks)
        else:
            self._dark_until = self._now + for_ms

    def rewire(self, bits: int) -> None:
        """Boot on a wiring whose regulator has so many bits."""
        self.regulator_bits = bits
        self.pins.dead()
        self._boot(0)

    def hang(self, for_ms: int) -> None:
        """The main loop stands still for so long, unless the watchdog bites before."""
        self._hung_until = self._now + for_ms

    def corrupt(self, bits: int, draw: random.Random) -> None:
        """Flip so many bits of the stored record, in every slot that is there."""
        files: dict[str, bytes] = self._memory.files
        for path, data in files.items():
            spoilt = bytearray(data)
            for place in draw.sample(range(8 * len(spoilt)), bits):
                spoilt[place // 8] ^= 1 << place % 8
            files[path] = bytes(spoilt)

    def rot(self, bits: int, draw: random.Random) -> None:
        """Flip so many bits of the record in memory, which the controller is running on."""
        config: list[int] = self.app.controller.config
        for place in draw.sample(range(29 * (CHECKSUM + 1)), bits):
            config[place // 29] ^= 1 << place % 29

    # --- a board ------------------------------------------------------------------------------------------------

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick of the loop; what the board's pins do in it."""
        self._now += self._tick_ms
        self.pins.take(sensor_frame)
        if self._hung_until is not None and self._now >= self._hung_until:
            self._hung_until = None
        if self._dark_until is not None:
            self._dark()
        elif self._hung_until is not None:
            self._hang()
        else:
            self._turn(sensor_frame)
            self._wait_for_stroke()
        return self._told()

    def _told(self) -> list[int]:
        pins, command = self.pins, self._command
        command[MOVE], command[OUTPUTS] = pins.moved, pins.permits | pins.energised
        pins.moved = 0
        return command

    def _turn(self, frame: Sequence[int]) -> None:
        """The host's frame through the wire, then the loop of the board until all is read."""
        self._sequence = (self._sequence + 1) & 127
        said = (m.H_MESSAGE, frame[MESSAGE:]) if frame[MESSAGE] else (m.H_ALIVE, ())
        self.port.inward += self.wire(self._now, encode(HOST, self._sequence, *said))
        self.port.outward = b""
        self._poll()
        while self.port.inward and self._hung_until is None:
            self._poll()
        self._command[:] = self.app.command

    def _poll(self) -> None:
        try:
            self.machine.follow(self.app.config)
            self.app.poll(self._now & MASK)
        except (ArithmeticError, IndexError, ValueError):
            # As in firmware/boards/pico.py: all off, and nobody feeds the watchdog any more.
            self.machine.safe()
            self._hung_until = self._now + 2 * MOST_ms

    def _wait_for_stroke(self) -> None:
        if self._stroke is None:
            return
        for_ms, patience = self._stroke
        if self.pins.moved == 0 and patience:
            self._stroke = (for_ms, patience - 1)
            return
        half = int(self.pins.moved / 2)
        self._stroke = None
        self._dark_until = self._now + for_ms
        # Half of the pulses were out.
        if self._kind == STEPPER:
            self.pins.moved = half
        self.pins.dead()
        self._command[:] = new_command_frame()

    def _dark(self) -> None:
        assert self._dark_until is not None
        self.pins.dead()
        self._command[:] = new_command_frame()
        if self._now >= self._dark_until:
            self._dark_until = None
            self._boot(0)

    def _hang(self) -> None:
        if self._now - self._fed > MOST_ms:
            self._hung_until = None
            self.pins.dead()
            self._boot(C_WATCHDOG)

    def _boot(self, found: int) -> None:
        """Power on, or the watchdog's reset; then the host opens its session anew, over a good wire."""
        self.resets += 1
        pins = self.pins
        driver = Regulator(_Pwm(pins, self._record_bits), self.regulator_bits, VENTS)
        actuator = _Stepper(pins) if self._kind == STEPPER else driver
        watchdog = Watchdog(self._feed, lambda: ENOUGH, 0)
        self.machine = Machine(
            PICO, _LoadCell(pins), actuator, self._kind, _Switches(pins), _Current(pins), _Permits(pins), watchdog,
            sample_ms=self._sample_ms, stop_vents=self._stop_vents,
        )  # fmt: skip
        self.port = _Port()
        store = Store("record", PICO, self._memory.open)
        store.load()
        found |= self.machine.unfit(store.config)
        self.app = App(self.port, self.machine, store, IDENTITY, found)
        self._fed = self._now
        session = Session(self)
        session.enter(m.BENCH)
        self._sequence = self.app.sequence
        self._command[:] = self.app.command

    def _feed(self) -> None:
        self._fed = self._now

    # --- the wire of its session (`hil.transport.Transport`) -----------------------------------------------------

    def send(self, data: bytes) -> None:
        """Bytes to the board, over a good wire."""
        self.port.inward += data

    def receive(self, timeout_s: float) -> bytes:
        """What the board answers; no time passes."""
        self._poll()
        while self.port.inward:
            self._poll()
        out, self.port.outward = self.port.outward, b""
        return out

    def close(self) -> None:
        """Nothing to let go of."""
