"""A Raspberry Pi Pico with the real firmware, emulated to its pins: load cell, switches, current in; pulses out."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from controller.fields import ACTUATOR_KIND, CHECKSUM, TICK_ms
from controller.frames import (
    COUNTS,
    CURRENT_INVALID,
    ENERGISED,
    KEY,
    LOAD_INVALID,
    MESSAGE,
    MOVE,
    OUTPUTS,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    SAMPLE,
    SENSE,
    SWITCHES,
    VALUE,
    CURRENT_uA,
    new_command_frame,
)
from firmware import messages as m
from firmware.drivers.hx711 import SETTLING
from firmware.drivers.switches import COMPRESS_LIMIT, RETRACT_LIMIT, STOP_PRESSED
from firmware.host import build
from firmware.host.build import Image
from firmware.host.errors import FirmwareError
from firmware.machine import STEPPER, LONGEST_TICK_ms
from firmware.wiring import pico as wiring
from hil.emulated.hx711_device import Hx711Device
from hil.emulated.rp2040 import Chip, Wire, image
from hil.session import Hello, Session, Telemetry
from hil.transport import LinkLostError
from twin.errors import InputError

SHORTEST_TICK_ms = 20
LEAD_ns = 2_000_000  # a window begins so long before the board's tick: the conversion is shifted out, messages arrive
ALIVE_ms = 100
BOOT_ms = 5_000
KEPT = 20260101
CONVERSION_ms = 1000 // wiring.RATE_Hz
ADC_TOP = 4095
READING_TOP = 65535  # MicroPython stretches the ADC's twelve bits to sixteen
STUCK = 0x20040000  # the second core's stack, which nobody uses
BRANCH_TO_ITSELF = 0xE7FE


@cache
def firmware() -> Image:
    """This checkout's firmware, built once per process. Raises InputError where it cannot be built."""
    try:
        return build.image("pico")
    except FirmwareError as error:
        raise InputError(f"--board pico: {error}") from error


@cache
def _flash() -> bytes:
    """The flash of a Pico that has been flashed: MicroPython, then our files through its prompt."""
    chip = Chip(image())
    chip.prompt()
    chip.write_files(firmware().files)
    return chip.flash


class Pico:
    """Implements `hil.boards.Board` at pin level, in lockstep: each exchange is one tick of the board's own time.

    The board decides when it ticks; windows are laid so that one tick with all its pulses falls into each. A message
    of the frame travels over the link. ``MOVE`` is counted from STEP and DIR (or read from the PWM), ``OUTPUTS`` is
    read from the pins; the rest of the command frame is the board's telemetry.

    Attributes
    ----------
    hello : Hello
        What the board said of itself.
    chip : Chip
        For fault injection: ``chip.plugged``, ``chip.resets``.
    hx711 : Hx711Device
        Likewise: ``lose_pulses``.
    telemetry : Telemetry or None
        The board's own frames of the last tick; None if none came.
    """

    name = "pico"

    def __init__(self, configuration: Sequence[int], *, flash: bytes | None = None, date: int = KEPT) -> None:
        """Boot, hand ``configuration`` over, and enter mode bench.

        The board keeps it with ``date`` (yyyymmdd) on its emulated flash, for no bench arms on a passing one.

        Raises
        ------
        twin.errors.InputError
            Without image or emulator, or if the tick is too short to emulate.
        """
        self._configuration = list(configuration)
        self._tick_ns = configuration[TICK_ms] * 1e6
        if configuration[TICK_ms] < SHORTEST_TICK_ms:
            raise InputError(
                f"--board pico: a tick of {configuration[TICK_ms]} ms is too short: {SHORTEST_TICK_ms} or more"
            )
        self.chip = Chip(image(), flash or _flash())
        self._wire_up()
        self._sample: int | None = None
        self._quiet_ms = 0
        self.telemetry: Telemetry | None = None
        self._command = new_command_frame()
        self.session = Session(Wire(self.chip))
        self.boot()
        self.session.configure(configuration, date)
        if configuration[ACTUATOR_KIND] != STEPPER:
            # Which actuator is wired is settled at boot.
            self.chip.restart()
            self.boot()
        self.enter()

    # --- wires ------------------------------------------------------------------------------------------------

    def _wire_up(self) -> None:
        """Everything that is soldered to the Pico, healthy."""
        gpio = self.chip.mcu.gpio
        self.hx711 = Hx711Device(gpio[wiring.DOUT].set_input_value, lambda: self.chip.now_ns)
        gpio[wiring.SCK].add_listener(lambda new, _: self.hx711.sck(int(new) == 1))
        gpio[wiring.STEP].add_listener(self._stepped)
        self.steps = 0
        self._code = 0
        self.set_switches(0)
        self.set_current(0)
        self.sensed_ns: float = -1.0
        self._hook_adc(self.chip.mcu.adc)

    def _hook_adc(self, adc: Any) -> None:
        """Each tick reads the current once: that is how its moment is known."""
        convert = adc.on_adc_read

        def read(channel: int) -> None:
            self.sensed_ns = self.chip.now_ns
            convert(channel)

        adc.on_adc_read = read

    def _stepped(self, new: int, _: int) -> None:
        if int(new) == 1:
            self.steps += 1 if self._high(wiring.DIR) == wiring.COMPRESS_LEVEL else -1

    def _high(self, pin: int) -> int:
        """1 if the board drives the pin high, else 0: what a pull-down at the other end sees."""
        return int(int(self.chip.mcu.gpio[pin].value) == 1)

    def set_switches(self, bits: int) -> None:
        """Limit switches and stop, normally closed to ground: an active one is open, and pulled up."""
        for pin, bit in (
            (wiring.RETRACT, RETRACT_LIMIT),
            (wiring.COMPRESS, COMPRESS_LIMIT),
            (wiring.STOP, STOP_PRESSED),
        ):
            self.chip.mcu.gpio[pin].set_input_value(bool(bits & bit))

    def set_current(self, microamperes: int | None) -> None:
        """The current sense amplifier's output, as the nearest code of the ADC; None: its wire is off, at 3.3 V."""
        raw = ADC_TOP
        if microamperes is not None:
            reading = wiring.CURRENT_ZERO + microamperes * wiring.CURRENT_DENOMINATOR / wiring.CURRENT_NUMERATOR
            raw = min(max(round(reading * ADC_TOP / READING_TOP), 0), ADC_TOP)
        self.chip.mcu.adc.channel_values[wiring.CURRENT - 26] = raw

    def outputs(self) -> int:
        """Permits and enable as their pins are, as bits of OUTPUTS."""
        energised = self._high(wiring.ENABLE) == wiring.ENABLE_LEVEL and self._driven(wiring.ENABLE)
        if self._configuration[ACTUATOR_KIND] != STEPPER:
            energised = self._regulator_code() > 0
        return (
            PERMIT_CHARGE * self._high(wiring.CHARGE)
            | PERMIT_DISCHARGE * self._high(wiring.DISCHARGE)
            | ENERGISED * energised
        )

    def _driven(self, pin: int) -> bool:
        return int(self.chip.mcu.gpio[pin].value) in (0, 1)

    def _regulator_code(self) -> int:
        """Code that the PWM pin puts out."""
        return int(self.chip.mcu.pwm.channels[wiring.REGULATOR // 2 % 8].cc) & 0xFFFF

    # --- a session --------------------------------------------------------------------------------------------

    def boot(self) -> Hello:
        """Let the board boot until it answers; its hello."""
        end = self.chip.now_ns + BOOT_ms * 1e6
        while True:
            try:
                self.hello = self.session.hello()
                return self.hello
            except LinkLostError:
                if self.chip.now_ns > end:
                    raise

    def enter(self) -> None:
        """Mode bench; the load cell settles, and the windows are laid round the board's ticks."""
        self.hello = self.session.hello(m.BENCH, self.hello.build, self._configuration[CHECKSUM])
        if self.hello.mode != m.BENCH:
            raise InputError("the emulated Pico stays out of mode bench")
        for _ in range(SETTLING if wiring.GAIN == 128 else SETTLING + 1):
            self.hx711.convert(0)
            self.chip.advance(5e6)
        self._align()

    def _align(self) -> None:
        """Go to where a window begins."""
        seen = self.sensed_ns
        for _ in range(4 * LONGEST_TICK_ms // CONVERSION_ms):
            if self.chip.until(lambda: self.sensed_ns != seen, CONVERSION_ms):
                break
            self.hx711.convert(0)
        else:
            raise InputError("the emulated Pico does not tick")
        self._edge_ns = self.sensed_ns + self._tick_ns - LEAD_ns
        # Said before: its answer would take from the time that the first conversion has.
        self.session.request(m.H_ALIVE)
        self._run_to_edge(0)
        self.session.telemetry.clear()
        self.steps = 0
        self._code = self._regulator_code()
        self._quiet_ms = 0

    def _run_to_edge(self, counts: int | None) -> None:
        """The rest of the window; ``counts`` is what the amplifier goes on converting in one longer than its period."""
        left = self._edge_ns - self.chip.now_ns
        while counts is not None and left > 1.4e6 * CONVERSION_ms:
            self.chip.advance(CONVERSION_ms * 1e6)
            self.hx711.convert(counts)
            left = self._edge_ns - self.chip.now_ns
        if left > 0:
            self.chip.advance(left)

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick: the frame as pins show it, then the board's answer as its pins and telemetry show it."""
        converted = self._show(sensor_frame)
        self._edge_ns += self._tick_ns
        if self.chip.plugged:
            self._talk(sensor_frame)
        self._run_to_edge(converted)
        self.telemetry = self._heard()
        command = self._command
        if self.telemetry is not None:
            command[:] = self.telemetry.command
        command[MOVE] = self._moved()
        command[OUTPUTS] = self.outputs()
        return command

    def _show(self, frame: list[int]) -> int | None:
        """Put a frame on the pins; the counts of a fresh conversion."""
        self.set_switches(frame[SWITCHES])
        self.set_current(None if frame[SENSE] & CURRENT_INVALID else frame[CURRENT_uA])
        if frame[SAMPLE] == self._sample:
            return None
        self._sample = frame[SAMPLE]
        counts = 0x7FFFFF if frame[SENSE] & LOAD_INVALID else frame[COUNTS]
        self.hx711.convert(counts)
        return counts

    def _talk(self, frame: list[int]) -> None:
        """The frame's message, or a sign of life when it is time."""
        self._quiet_ms += self._configuration[TICK_ms]
        if frame[MESSAGE]:
            self.session.say(frame[MESSAGE], frame[KEY], frame[VALUE])
        elif self._quiet_ms >= ALIVE_ms:
            self.session.request(m.H_ALIVE)
        else:
            return
        self._quiet_ms = 0

    def _heard(self) -> Telemetry | None:
        """The one tick's telemetry of this window."""
        self.session.listen(0)
        last = self.session.telemetry.pop() if self.session.telemetry else None
        self.session.telemetry.clear()
        return last

    def _moved(self) -> int:
        """Counts moved in this window, from the pins."""
        if self._configuration[ACTUATOR_KIND] == STEPPER:
            steps, self.steps = self.steps, 0
            return steps
        old, self._code = self._code, self._regulator_code()
        return self._code - old

    # --- faults -----------------------------------------------------------------------------------------------

    def unplug(self) -> None:
        """Cut the link; the board goes on."""
        self.chip.plugged = False

    def plug(self) -> None:
        """Mend the link."""
        self.chip.plugged = True

    def freeze(self) -> None:
        """Hang the board's program for good: only its watchdog can end that."""
        self.chip.mcu.write_uint16(STUCK, BRANCH_TO_ITSELF)
        self.chip.mcu.core.pc = STUCK

    def close(self) -> None:
        """Switch off."""
