"""Everything with pins, as the app sees it: reads what a sensor frame needs, does what a command frame says."""

from controller.fields import ACTUATOR_KIND, STOP_VENTS, SAMPLE_ms, SPEED_counts_per_tick, TICK_ms, TRAVEL_MAX_counts
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
from firmware.messages import W_CODES, W_KIND, W_SAMPLE, W_SPEED, W_TICK, W_VENTS

STEPPER = 1
REGULATOR = 2
LONGEST_TICK_ms = 400
WRAP_ms = 0x3FFFFFFF


class Machine:
    """One board's drivers. ``board``: 1 for a Pico.

    What the drivers cannot do as commanded, pulses that were cut, and a configuration for another kind of actuator read
    as a pressed stop: each leaves the position unknown. The emergency stop itself acts within one turn of the loop,
    before the tick sees it; where it vents a regulator, it reads as pressed until the controller's code is 0, too.

    ``misfit``: why the last configuration was not taken (W_KIND and up), 0 none; ``bound``: what the wiring does there.
    """

    def __init__(
        self,
        board: int,
        load_cell,
        actuator,
        kind: int,
        switches,
        current,
        permits,
        watchdog,
        make=None,
        sample_ms: int = 100,
        stop_vents: int = 0,
    ) -> None:
        """Drivers from `firmware.drivers`; ``kind``: STEPPER or REGULATOR; ``make(kind)`` gives another actuator.

        ``sample_ms``: conversion period of the load cell's amplifier; ``stop_vents``: 1 if the emergency stop vents.
        """
        self.make = make
        self.board = board
        self.load_cell = load_cell
        self.actuator = actuator
        self.kind = kind
        self.switches = switches
        self.current = current
        self.permits = permits
        self.watchdog = watchdog
        self.sample_ms = sample_ms
        self.stop_vents = stop_vents
        self.misfit = 0
        self.bound = 0
        self.now = 0
        self.driven = 0
        self.train_ms = 0
        self.tick_ms = 1
        self.halt = 0
        self.vented = 0
        self.wrong_kind = 0

    def unfit(self, config: list[int]) -> int:
        """C_SELF_TEST if ``config`` asks for what this wiring cannot do, else 0."""
        if config[ACTUATOR_KIND] != self.kind:
            return self.refuse(W_KIND, self.kind)
        return self.beyond(config, self.actuator)

    def beyond(self, config: list[int], actuator) -> int:
        """C_SELF_TEST if ``config`` and this wiring with ``actuator`` do not belong together, else 0."""
        tick = config[TICK_ms]
        if tick > LONGEST_TICK_ms:
            return self.refuse(W_TICK, LONGEST_TICK_ms)
        sample = self.sample_ms if self.sample_ms > tick else tick
        if config[SAMPLE_ms] != sample:
            return self.refuse(W_SAMPLE, sample)
        if config[ACTUATOR_KIND] == STEPPER:
            most = actuator.most(tick)
            if config[SPEED_counts_per_tick] > most:
                return self.refuse(W_SPEED, most)
        elif not actuator.top // 2 < config[TRAVEL_MAX_counts] <= actuator.top:
            # A code is a fraction of full scale: fewer bits give at most half the codes, each worth twice as much.
            return self.refuse(W_CODES, actuator.top)
        elif config[STOP_VENTS] != self.stop_vents:
            return self.refuse(W_VENTS, self.stop_vents)
        return 0

    def refuse(self, misfit: int, bound: int) -> int:
        """C_SELF_TEST; keeps the reason."""
        self.misfit = misfit
        self.bound = bound
        return C_SELF_TEST

    def adopt(self, config: list[int]) -> int:
        """Takes a configuration for the bench, disarmed, with its kind of actuator; C_SELF_TEST if it cannot."""
        kind = config[ACTUATOR_KIND]
        actuator = self.actuator
        if kind != self.kind:
            if self.make is None:
                return self.refuse(W_KIND, self.kind)
            self.safe()
            self.vented = 0
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
        if self.switches.stop():
            self.halt = 1
            self.permits.set(0, 0)
            if self.kind == STEPPER:
                self.actuator.stop()
            elif self.stop_vents:
                self.vent()

    def vent(self) -> None:
        """Code 0 now; nothing else until the controller's code is 0, too."""
        self.vented = 1
        self.actuator.set(0)

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
        if self.halt or self.wrong_kind or self.vented:
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
                self.put(command)
        else:
            self.step(command, outputs & ENERGISED)
        self.driven = self.now
        self.watchdog.end()

    def put(self, command: list[int]) -> None:
        """The regulator's part of a command frame."""
        code = command[POSITION]
        if self.vented:
            self.vented = 1 if code else 0
        elif self.stop_vents and code and command[FAULTS] & C_STOP:
            self.vent()
        elif not self.actuator.set(code):
            self.halt = 1

    def step(self, command: list[int], energised: int) -> None:
        """The stepper's part of a command frame."""
        stepper = self.actuator
        move = command[MOVE]
        stepper.energise(energised)
        if command[FAULTS] & C_STOP:
            stepper.stop()
        self.train_ms = 0
        if move == 0:
            return
        # A tick that comes early has less time for its pulses.
        tick = (self.now - self.driven) & WRAP_ms
        if tick > self.tick_ms:
            tick = self.tick_ms
        if self.halt or self.wrong_kind or not stepper.move(move, tick):
            self.halt = 1
        else:
            self.train_ms = tick

    def safe(self) -> None:
        """Everything off, now: no pulse, permits low, motor without current, regulator as its wiring says."""
        self.permits.set(0, 0)
        if self.kind == STEPPER:
            # The pulses of a tick end within it.
            if (self.now - self.driven) & WRAP_ms < self.train_ms:
                self.halt = 1
            self.actuator.stop()
            self.actuator.energise(0)
        else:
            self.actuator.safe()

    def feed(self) -> None:
        """Feeds the watchdog, if all is alive."""
        self.watchdog.feed(self.now)
