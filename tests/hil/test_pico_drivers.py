"""The drivers as they run on the chip: MicroPython's bytecode on an emulated RP2040, judged by its pins."""

import itertools

import pico_bench
import pytest
import rp2040_image
from pico_bench import EVIDENCE

rp2040_image.needed()

MINIMUM, MAXIMUM = -0x800000, 0x7FFFFF


@pytest.fixture(scope="module")
def chip():
    return pico_bench.at_prompt()


# --- load cell ------------------------------------------------------------------------------------------------------

READER = """
from machine import Pin, disable_irq, enable_irq
from time import ticks_ms, ticks_us, ticks_diff
from firmware.drivers.hx711 import HX711
def run(gain, n):
    h = HX711(Pin(2, Pin.OUT), Pin(3, Pin.IN), disable_irq, enable_irq, gain, 10)
    worst = 0
    while n:
        ready = not h.dout()
        a = ticks_us()
        took = h.poll(ticks_ms())
        d = ticks_diff(ticks_us(), a)
        if ready and d > worst:
            worst = d
        if took:
            print(h.counts, h.invalid)
            n -= 1
    print(worst)
"""


@pytest.mark.parametrize("gain", [128, 64, 32])
def test_a_ramp_over_24_bits_is_read_exactly(gain):
    chip = pico_bench.at_prompt()
    device = pico_bench.with_hx711(chip)
    step = 0x1FFFD if not EVIDENCE else 0x3FFD
    ramp = [*range(MINIMUM, MAXIMUM, step), MAXIMUM, 0, -1, 1, 0x555555, -0x555556]
    # Six ones at the end, after something else, may be what a reset has left.
    values = [value for value in ramp if value & 63 != 63 or value in (MAXIMUM, -1)]
    chip.execute(READER)
    settling = 4 if gain == 128 else 5
    waiting = iter([*[99] * settling, *values])

    def feed():
        if device._word is None and not device._asleep():
            device.convert(next(waiting, 0))

    alarm = chip._clock.create_alarm(lambda: (feed(), alarm.schedule(1_000_000)))
    alarm.schedule(10_000_000)
    lines = chip.execute(f"run({gain}, {len(values)})", 60_000).split()
    alarm.cancel()
    read = list(zip(map(int, lines[:-1:2]), map(int, lines[1:-1:2]), strict=True))
    assert read == [(value, int(value in (MINIMUM, MAXIMUM))) for value in values]
    assert device.gain == gain
    assert device.longest_high_ns < 50_000
    assert int(lines[-1]) < 1000, "one read blocks for less than a millisecond of the chip's time"


# PIO runs between the emulated processor's instructions, and stands still for a microsecond wherever the harness looks.
RESOLVED_ns = 3_000

# --- stepper --------------------------------------------------------------------------------------------------------


# The emulator loses PIO's edges while the processor sleeps, as it does at the prompt: so it is kept busy.
MOTOR = """
from firmware.wiring import pico as w
from time import ticks_ms
s = w.stepper()
def busy(ms):
    end = ticks_ms() + ms
    while ticks_ms() < end:
        pass
def move(steps, tick):
    took = s.move(steps, tick)
    busy(tick)
    return took
"""


@pytest.fixture(scope="module")
def motor(chip):
    edges = pico_bench.Edges(chip)
    chip.execute(MOTOR)
    edges.clear()
    return edges


@pytest.mark.parametrize("steps", [1, -1, 2, 7, -60, 200, -200])
def test_a_move_is_so_many_pulses_evenly_spaced(chip, motor, steps):
    tick_ms = 50
    motor.clear()
    assert chip.execute(f"print(move({steps}, {tick_ms}))").strip() == "1"
    times = [time for time, _ in motor.rising]
    assert len(times) == abs(steps)
    assert {direction for _, direction in motor.rising} == {int(steps > 0)}
    period_ns = 2_000 * (tick_ms * 375 // abs(steps))
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert all(abs(gap - period_ns) < RESOLVED_ns + period_ns / 200 for gap in gaps)
    assert motor.falling[-1] - times[0] <= 0.75 * tick_ms * 1e6
    assert all(times[0] - turn >= 20_000 for turn in motor.turns), "DIR is set up before the first pulse"


def test_moves_that_come_early_wait_their_turn_each_with_its_direction(chip, motor):
    motor.clear()
    chip.execute("s.move(5, 20); s.move(-3, 20); s.move(2, 20); busy(60)")
    assert [direction for _, direction in motor.rising] == [1] * 5 + [0] * 3 + [1] * 2


def test_stop_ends_a_train_at_once_and_forgets_what_waits(chip, motor):
    motor.clear()
    chip.execute("s.move(200, 400); s.move(100, 400); busy(50); s.stop()")
    made = len(motor.rising)
    assert 20 < made < 40, "50 of 400 ms, of which 300 are for 200 pulses"
    chip.execute("busy(700)")
    assert len(motor.rising) == made
    assert int(chip.mcu.gpio[6].value) == 0
    motor.clear()
    chip.execute("move(3, 20)")
    assert len(motor.rising) == 3


def test_past_the_pull_in_rate_nothing_moves(chip, motor):
    motor.clear()
    assert chip.execute("print(move(200, 10), s.refused)").split() == ["0", "1"]
    assert motor.rising == []


# --- regulator ------------------------------------------------------------------------------------------------------


def test_a_code_of_the_regulator_is_its_duty(chip):
    chip.execute("from firmware.wiring import pico as w\nr = w.regulator()")
    channel = chip.mcu.pwm.channels[0]
    assert channel.top == 4095
    for code in [0, 1, 2, 1000, 2047, 2048, 4094, 4095]:
        chip.execute(f"r.set({code})")
        chip.advance(1e6)
        assert channel.cc & 0xFFFF == code


# --- time and memory ------------------------------------------------------------------------------------------------

TICKS = """
import gc, micropython
from time import ticks_us, ticks_diff
from controller.controller import Controller
from controller.configuration import DEFAULT, checksum
from controller.frames import new_sensor_frame, new_command_frame
def ticks(n, changes):
    c = list(DEFAULT)
    for at, value in changes:
        c[at] = value
    c[52] = checksum(c)
    k = Controller(c, 0)
    s = new_sensor_frame()
    o = new_command_frame()
    said = {3: (7, 5000), 4: (5, 45000), 14: (1, 0)}
    worst = 0
    arming = 0
    states = 0
    travel = 0
    for i in range(n):
        s[0] += 100
        s[1] = ((20000 + 44 * travel) * (1 << c[3])) // c[2] + c[4] + (i * 7919 & 15)
        s[2] += 1
        s[4] = 20000 if i >> 5 & 1 else -20000
        s[6], s[8] = said.get(i, (0, 0))
        micropython.heap_lock()
        a = ticks_us()
        k.tick(s, o)
        d = ticks_diff(ticks_us(), a)
        micropython.heap_unlock()
        states |= 1 << o[3]
        travel += o[0]
        if i == 14:
            arming = d
        elif d > worst:
            worst = d
    return worst, arming, states, travel
"""
# Fields of the record by number: response check, approach budget, feed-forward, proportional share, and a policy that
# follows at once.
EVERYTHING = [(40, 128), (50, 100), (31, 1200000), (28, 64), (44, 500), (45, 500), (47, 300), (49, 500)]


@pytest.mark.parametrize(("changes", "goal_us"), [([], 1000), (EVERYTHING, 1800)], ids=["default", "everything on"])
def test_a_tick_takes_so_long_and_allocates_nothing(chip, record_property, request, changes, goal_us):
    """On a spring, on the way to another setpoint, with a current that turns; arming starts the law anew."""
    chip.execute(TICKS)
    worst_us, arming_us, states, travel = map(int, chip.execute(f"print(*ticks(140, {changes}))").split())
    assert states == 0b11, "idle and armed were seen, no trip"
    assert travel > 100
    what = f"Pico: worst tick, {request.node.callspec.id}, under the emulator [us of chip time]"
    record_property("figure", (what, worst_us, goal_us))
    assert worst_us < goal_us
    assert arming_us < 1.2 * goal_us


TURNS = """
import micropython
from firmware.boards import pico
from firmware.app import App
from firmware.store import Store
from firmware.drivers.watchdog import Watchdog
from firmware.wiring import pico as w
from time import ticks_ms
class Sink:
    n = 0
    def write(self, b):
        self.n += 1
        return 1
def turns(ms):
    port = pico.UsbPort()
    port.output = sink = Sink()
    machine = w.build(1, Watchdog(lambda: None, pico.free, 1000))
    app = App(port, machine, Store('/none', 1), (0, 1, 0, 5))
    app.mode = 1
    # The first turns set up what is kept; the trip of a board without switches is noted in flash.
    end = ticks_ms() + 500
    while ticks_ms() < end:
        app.poll(ticks_ms())
    first = app.ticks
    sink.n = 0
    end = ticks_ms() + ms
    now = 0
    micropython.heap_lock()
    try:
        while now < end:
            now = ticks_ms()
            app.poll(now)
    finally:
        micropython.heap_unlock()
        machine.safe()
    return app.ticks - first, sink.n
"""


def test_a_turn_of_the_loop_allocates_nothing(chip):
    """Ticks with all their drivers and telemetry, under a locked heap."""
    chip.execute(TURNS)
    ticks, sent = map(int, chip.execute("print(*turns(1500))").split())
    assert ticks >= 14
    assert sent > 20 * ticks
