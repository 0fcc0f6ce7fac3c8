"""What is soldered to which pin of a Raspberry Pi Pico, with polarities and scales: change this file, no other."""

from firmware.drivers.current_sense import CurrentSense
from firmware.drivers.hx711 import HX711
from firmware.drivers.permits import Permits
from firmware.drivers.regulator import Regulator
from firmware.drivers.stepper import Stepper
from firmware.drivers.switches import Switches
from firmware.machine import STEPPER, Machine

BOARD = 1

# HX711: RATE pin to ground is 10 Hz, to 3.3 V is 80 Hz; the record's SAMPLE_ms must be of the same.
SCK = 2
DOUT = 3
GAIN = 128
RATE_Hz = 10

# Stepper driver. ENABLE needs a pull-up where it is active low, so that a board in reset leaves the motor off.
STEP = 6
DIR = 7
ENABLE = 8
ENABLE_LEVEL = 0
COMPRESS_LEVEL = 1
PULL_IN_Hz = 8000
SETUP_us = 20

# Normally closed to ground, pulled up inside: a broken wire reads active.
RETRACT = 10
COMPRESS = 11
STOP = 12
# 1 if pressing the emergency stop vents a regulator; the record's STOP_VENTS must say the same.
VENT_ON_STOP = 0
# Hardware over-force comparator, low at rest, or None where none is fitted.
COMPARATOR = None

# Permits to the cycler, high permits; fit pull-downs.
CHARGE = 14
DISCHARGE = 15

# Electronic regulator: PWM through a filter, 4096 codes; the record must have as many.
REGULATOR = 16
REGULATOR_BITS = 12
REGULATOR_Hz = 30517
VENT_AT_ZERO = 1

# Shunt amplifier on ADC0: 1.65 V at no current, 20 V/V across 1 ohm, so 82.5 mA at full swing.
CURRENT = 26
CURRENT_ZERO = 32776
CURRENT_NUMERATOR = 2578
CURRENT_DENOMINATOR = 1024
CURRENT_LOW = 656
CURRENT_HIGH = 64879

# Bytes of heap that must remain.
LEAST_FREE = 16384

WATCHDOG_REASON = 0x40058008


def quiet() -> None:
    """Every output to its safe level; before anything else at boot."""
    from machine import Pin

    for pin in (CHARGE, DISCHARGE, STEP, DIR, REGULATOR, SCK):
        Pin(pin, Pin.OUT, value=0)
    Pin(ENABLE, Pin.OUT, value=1 - ENABLE_LEVEL)


def bitten() -> int:
    """1 if the watchdog ran out; a reset asked for is another bit of the same register."""
    from machine import mem32

    return mem32[WATCHDOG_REASON] & 1


def build(kind: int, watchdog) -> Machine:
    """The machine with a stepper or a regulator, by ``kind``."""
    from machine import ADC, Pin, disable_irq, enable_irq

    cell = HX711(output(SCK, 0), Pin(DOUT, Pin.IN), disable_irq, enable_irq, GAIN, RATE_Hz)
    switches = Switches(*[None if pin is None else pulled_up(pin) for pin in (RETRACT, COMPRESS, STOP, COMPARATOR)])
    current = CurrentSense(
        ADC(Pin(CURRENT)).read_u16, CURRENT_ZERO, CURRENT_NUMERATOR, CURRENT_DENOMINATOR, CURRENT_LOW, CURRENT_HIGH
    )
    permits = Permits(output(CHARGE, 0), output(DISCHARGE, 0))
    return Machine(
        BOARD, cell, actuator(kind), kind, switches, current, permits, watchdog, actuator, 1000 // RATE_Hz, VENT_ON_STOP
    )


def actuator(kind: int) -> Stepper | Regulator:
    """The actuator of a ``kind``, at rest."""
    return stepper() if kind == STEPPER else regulator()


def output(pin: int, level: int):
    """A pin that drives ``level``."""
    from machine import Pin

    return Pin(pin, Pin.OUT, value=level)


def pulled_up(pin: int):
    """An input that is high unless something pulls it down."""
    from machine import Pin

    return Pin(pin, Pin.IN, Pin.PULL_UP)


def stepper() -> Stepper:
    """STEP and DIR from the first PIO state machine."""
    from firmware.drivers.pulser_pio import PioPulser

    enable = output(ENABLE, 1 - ENABLE_LEVEL)
    return Stepper(PioPulser(0, STEP, DIR), enable, ENABLE_LEVEL, COMPRESS_LEVEL, PULL_IN_Hz, SETUP_us)


def regulator() -> Regulator:
    """PWM of 4096 codes."""
    from machine import PWM, Pin

    return Regulator(PWM(Pin(REGULATOR), freq=REGULATOR_Hz, duty_u16=0), REGULATOR_BITS, VENT_AT_ZERO)
