"""HX711 load-cell amplifier: shifts out conversions, notices lost bits and resets, never waits for the chip.

Times are those of its data sheet: SCK high over 60 us powers it down, SCK low wakes it with gain 128, and then,
as after every change of gain, four conversions pass before the output has settled. A chip that resets in mid-read holds
DOUT high: the bits not yet read are ones, as in readings of 2**k - 1, and its next conversion is late by its settling.
"""

PULSES = {128: 25, 64: 27, 32: 26}
SETTLING = 4
LATE_PERIODS = 5
# Six ones at the end, and that far from the reading before: five times the noise at gain 128.
ONES = 63
NEAR_counts = 128
# So many power cycles in a row without a conversion.
MUTE = 5
WRAP_ms = 0x3FFFFFFF


class HX711:
    """One amplifier on two pins.

    ``counts``: the last conversion, signed 24 bits; ``sample``: its number, wraps at 2**16; ``invalid``: 1 while
    there is nothing to trust. ``faults`` counts desyncs, late conversions and power cycles since boot; ``mute``: 1 if
    power cycles no longer help: a wire is off, or the chip is slower than ``rate_Hz``: look at its RATE pin.
    """

    def __init__(self, sck, dout, hold, release, gain, rate_Hz) -> None:
        """``sck(level)`` and ``dout()`` are pins; ``hold()`` stops interrupts and ``release(it)`` lets them go on.

        Raises ValueError for a gain or rate the chip does not have.
        """
        if gain not in PULSES:
            raise ValueError("HX711 gain is 128, 64 or 32")
        if rate_Hz != 10 and rate_Hz != 80:
            raise ValueError("HX711 rate is 10 or 80 Hz")
        self.sck = sck
        self.dout = dout
        self.hold = hold
        self.release = release
        self.pulses = PULSES[gain]
        # The first conversion after waking still has gain 128; choosing another starts the settling.
        self.unsettled = SETTLING if gain == 128 else SETTLING + 1
        self.late_ms = LATE_PERIODS * 1000 // rate_Hz
        # Half a period is more than its clock may be off, and less than a chip takes that has reset.
        self.due_ms = 1500 // rate_Hz
        # After waking the chip settles before its first conversion: that is not late.
        self.wake_ms = (LATE_PERIODS + SETTLING) * 1000 // rate_Hz
        self.counts = 0
        self.sample = 0
        self.faults = 0
        self.mute = 0
        self.cycles = 0
        self.last = 0
        self.late = 0
        self.invalid = 1
        self.asleep = 1
        self.discard = self.unsettled
        self.patience = self.wake_ms
        self.since = -1
        sck(1)

    def poll(self, now: int) -> int:
        """1 if a conversion was taken (good or not), else 0; ``now`` [ms], wraps at 2**30.

        Blocks for at most 27 clock pulses: the chip is read only when it says that it is ready.
        """
        if self.since < 0:
            self.since = now
        waited = (now - self.since) & WRAP_ms
        if self.asleep:
            # Two ms of the clock are more than one, which is more than 60 us.
            if waited >= 2:
                self.sck(0)
                self.asleep = 0
                self.since = now
            return 0
        if self.dout():
            if waited > self.patience:
                self.restart(now)
            elif waited > self.due_ms and self.late == 0 and self.patience == self.late_ms:
                # The sample before may be the one that was cut short; what comes next has not settled.
                self.late = 1
                self.invalid = 1
                self.faults += 1
                self.discard = self.unsettled
            return 0
        self.since = now
        self.patience = self.late_ms
        self.cycles = 0
        self.mute = 0
        self.late = 0
        return self.take(now)

    def take(self, now: int) -> int:
        """Shifts one conversion out and judges it; 1 if it counts as a sample."""
        value = self.shift()
        if not self.dout():
            # DOUT is high after the last pulse, or chip and board do not agree on the number of pulses.
            self.restart(now)
            self.sample = (self.sample + 1) & 65535
            return 1
        change = value - self.last
        self.last = value
        if self.discard:
            self.discard -= 1
            return 0
        if value & ONES == ONES and value != 8388607 and not -NEAR_counts <= change <= NEAR_counts:
            # Maybe cut short: no sample. If the chip is well, the next one comes in time.
            return 0
        self.counts = value
        self.invalid = 1 if value == -8388608 or value == 8388607 else 0
        self.sample = (self.sample + 1) & 65535
        return 1

    def shift(self) -> int:
        """Clocks out 24 bits and the pulses that choose the next gain; the signed value."""
        sck = self.sck
        dout = self.dout
        hold = self.hold
        release = self.release
        value = 0
        for i in range(self.pulses):
            # An interrupt between the edges could power the chip down.
            state = hold()
            sck(1)
            sck(0)
            release(state)
            if i < 24:
                value = value << 1 | dout()
        return value - 16777216 if value & 8388608 else value

    def restart(self, now: int) -> None:
        """Powers the chip down; what it says is invalid until it has woken and settled."""
        self.sck(1)
        self.faults += 1
        self.cycles += 1
        if self.cycles >= MUTE:
            self.mute = 1
        self.invalid = 1
        self.asleep = 1
        self.discard = self.unsettled
        self.patience = self.wake_ms
        self.since = now
