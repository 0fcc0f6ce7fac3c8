"""Everything with pins, as the app sees it: reads what a sensor frame needs, does what a command frame says."""

from controller.fields import ACTUATOR_KIND, SPEED_counts_per_tick, TICK_ms
from controller.frames import (
    C_SELF_TEST,
    C_STOP,
    COUNTS,
    CURRENT_INVALID,
    ENERGISED,
    FAULTS,
    LOAD_INVALID,
    MOVE,
    OUTPUTS,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    POSITION,
    SAMPLE,
    SENSE,
    STOP_PRESSED,
    SWITCHES,
    CURRENT_uA,
)

STEPPER = 1
REGULATOR = 2
LONGEST_TICK_ms = 400
WRAP_ms = 0x3FFFFFFF


class Machine:
    """One board's drivers. ``board``: 1 for a Pico.

    A move the drivers cannot make, and a configuration for another kind of actuator, read as a pressed stop: both
    leave the position unknown. The emergency stop itself acts within one turn of the loop, before the tick sees it.
    """

    def __init__(
        self, board: int, load_cell, actuator, kind: int, switches, current, permits, watchdog, make=None
    ) -> None:
        """Drivers from `firmware.drivers`; ``kind``: STEPPER or REGULATOR; ``make(kind)`` gives another actuator."""
        self.make = make
        self.board = board
        self.load_cell = load_cell
        self.actuator = actuator
        self.kind = kind
        self.switches = switches
        self.current = current
        self.permits = permits
        self.watchdog = watchdog
        self.now = 0
        self.driven = 0
        self.tick_ms = 1
        self.halt = 0
        self.wrong_kind = 0

    def unfit(self, config: list[int]) -> int:
        """C_SELF_TEST if ``config`` asks for what this wiring cannot do, else 0."""
        if config[ACTUATOR_KIND] != self.kind:
            return C_SELF_TEST
        return self.beyond(config, self.actuator)

    def beyond(self, config: list[int], actuator) -> int:
        """C_SELF_TEST if ``config`` asks for a longer tick, or more pulses in one, than there can be, else 0."""
        tick = config[TICK_ms]
        if tick > LONGEST_TICK_ms or (
            config[ACTUATOR_KIND] == STEPPER and config[SPEED_counts_per_tick] > actuator.most(tick)
        ):
            return C_SELF_TEST
        return 0

    def adopt(self, config: list[int]) -> int:
        """Takes a configuration for the bench, disarmed, with its kind of actuator; C_SELF_TEST if it cannot."""
        kind = config[ACTUATOR_KIND]
        actuator = self.actuator
        if kind != self.kind:
            if self.make is None:
                return C_SELF_TEST
            self.safe()
            actuator = self.make(kind)
        if self.beyond(config, actuator):
            return C_SELF_TEST
        self.kind = kind
        self.actuator = actuator
        self.follow(config)
        return 0

    def follow(self, config: list[int]) -> None:
        """Takes the tick from the configuration in force; another kind of actuator halts."""
        self.tick_ms = config[TICK_ms]
        self.wrong_kind = config[ACTUATOR_KIND] != self.kind

    def work(self, now: int) -> None:
        """One turn of the loop at ``now`` [ms, wraps at 2**30]."""
        self.now = now
        self.watchdog.turn()
        self.load_cell.poll(now)
        if self.switches.stop() and self.halt == 0:
            self.halt = 1
            self.permits.set(0, 0)
            if self.kind == STEPPER:
                self.actuator.stop()

    def sense(self, frame: list[int]) -> None:
        """Fills the drivers' part of a sensor frame."""
        self.watchdog.begin()
        cell = self.load_cell
        current = self.current
        frame[COUNTS] = cell.counts
        frame[SAMPLE] = cell.sample
        frame[CURRENT_uA] = current.sample()
        sense = LOAD_INVALID if cell.invalid else 0
        if current.invalid:
            sense |= CURRENT_INVALID
        frame[SENSE] = sense
        switches = self.switches.read()
        if self.halt or self.wrong_kind:
            # A stop shorter than a tick counts too.
            switches |= STOP_PRESSED
            self.halt = 0
        frame[SWITCHES] |= switches

    def drive(self, command: list[int]) -> None:
        """Does what a command frame says."""
        outputs = command[OUTPUTS]
        if self.halt:
            outputs &= ENERGISED
        self.permits.set(outputs & PERMIT_CHARGE, outputs & PERMIT_DISCHARGE)
        if self.kind == REGULATOR:
            if not self.wrong_kind:
                self.actuator.set(command[POSITION])
        else:
            self.step(command, outputs & ENERGISED)
        self.driven = self.now
        self.watchdog.end()

    def step(self, command: list[int], energised: int) -> None:
        """The stepper's part of a command frame."""
        stepper = self.actuator
        move = command[MOVE]
        stepper.energise(energised)
        if command[FAULTS] & C_STOP:
            stepper.stop()
        if move == 0:
            return
        # A tick that comes early has less time for its pulses.
        tick = (self.now - self.driven) & WRAP_ms
        if tick > self.tick_ms:
            tick = self.tick_ms
        if self.halt or self.wrong_kind or not stepper.move(move, tick):
            self.halt = 1

    def safe(self) -> None:
        """Everything off, now: no pulse, permits low, motor without current, regulator as its wiring says."""
        self.permits.set(0, 0)
        if self.kind == STEPPER:
            self.actuator.stop()
            self.actuator.energise(0)
        else:
            self.actuator.safe()

    def feed(self) -> None:
        """Feeds the watchdog, if all is alive."""
        self.watchdog.feed(self.now)
