"""Step pulses from a PIO state machine of the RP2040: counted and timed in hardware, free of jitter."""

from machine import Pin
from rp2 import StateMachine

from firmware.drivers.pulse_program import OVERHEAD_us, train

MOST_COUNT = 4096
MOST_half_us = 131071
SET_STEP_LOW = 0xE000
PULL_NO_WAIT = 0x8080
FIFO_WORDS = 4


class PioPulser:
    """Trains of pulses; up to four wait their turn, each with its own direction, so none is cut or turned round."""

    def __init__(self, number: int, step: int, direction: int) -> None:
        """``number`` of the state machine; numbers of the STEP and DIR pins, both low until a train starts."""
        self.machine = StateMachine(number, train, freq=1000000, set_base=Pin(step), out_base=Pin(direction))
        self.abort()

    def emit(self, count: int, direction: int, half_us: int) -> int:
        """Starts a train of ``count`` pulses, each half ``half_us`` long; 0 if it cannot, 1 if done."""
        machine = self.machine
        if not 0 < count <= MOST_COUNT or half_us < OVERHEAD_us or machine.tx_fifo() >= FIFO_WORDS:
            return 0
        if half_us > MOST_half_us:
            half_us = MOST_half_us
        machine.put((half_us - OVERHEAD_us) << 13 | direction << 12 | (count - 1))
        return 1

    def abort(self) -> None:
        """No further pulse, STEP low, nothing left waiting."""
        machine = self.machine
        machine.active(0)
        for _ in range(FIFO_WORDS):
            machine.exec(PULL_NO_WAIT)
        machine.restart()
        machine.exec(SET_STEP_LOW)
        machine.active(1)
