"""Faults of the load cell, its wires and its amplifier: they change counts, sample number and validity bit."""

from controller.fields import REFERENCE_TARE_counts
from controller.frames import COUNTS, LOAD_INVALID, SAMPLE, SENSE
from hil.campaign.faults.base import Fault, Held, Scene, known, lasts, within

BITS = 24  # the amplifier's converter
RAIL = 1 << (BITS - 1)


class Stuck(Held):
    """The same reading again and again; conversions go on."""

    kind, fields = "load_cell_stuck", (COUNTS,)
    what = "the same counts in every conversion"


class Drift(Fault):
    """The zero wanders off steadily."""

    kind, key, bounds, either_sign = "load_cell_drift", "drift_MPa_per_h", (1e-3, 1e3), True
    what = "a zero that wanders off at a steady rate"

    def sense(self, t: float, frame: list[int]) -> None:
        """Add what has come together since."""
        frame[COUNTS] = within(frame[COUNTS] + self.severity * t / 3600 * self.scene.counts_per_MPa, BITS)


class Offset(Fault):
    """The zero jumps: an overload, a knock, a wire that was moved."""

    kind, key, bounds, either_sign = "load_cell_offset", "offset_MPa", (1e-3, 100), True
    what = "a zero that jumps once"

    def sense(self, t: float, frame: list[int]) -> None:
        """Add the jump."""
        frame[COUNTS] = within(frame[COUNTS] + self.severity * self.scene.counts_per_MPa, BITS)


class Noise(Fault):
    """White noise on every conversion, as from a loose contact or a motor nearby."""

    kind, key, bounds = "load_cell_noise", "noise_MPa", (1e-4, 100)
    what = "white noise on every conversion, rms"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._sample = -1
        self._now = 0.0

    def sense(self, t: float, frame: list[int]) -> None:
        """One number of noise per conversion."""
        if frame[SAMPLE] != self._sample:
            self._sample = frame[SAMPLE]
            self._now = self.scene.draw.gauss(0.0, self.severity) * self.scene.counts_per_MPa
        frame[COUNTS] = within(frame[COUNTS] + self._now, BITS)


class Dropout(Held):
    """The amplifier says nothing new."""

    kind, fields = "load_cell_dropout", (COUNTS, SAMPLE)
    what = "no conversions for a while"


class Saturation(Fault):
    """The amplifier at one of its ends, which its driver marks."""

    kind, key, bounds = "load_cell_saturation", "for_s", (0.1, 1e5)
    what = "the amplifier at one end of its range"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._rail = scene.draw.choice((-RAIL, RAIL - 1))

    def sense(self, t: float, frame: list[int]) -> None:
        """Put the counts on the rail."""
        if lasts(self.severity, t):
            frame[COUNTS] = self._rail
            frame[SENSE] |= LOAD_INVALID


class Desync(Fault):
    """Bits lost between amplifier and board, unnoticed by the driver: every conversion is shifted."""

    kind, key, bounds, whole = "load_cell_desync", "shift_bits", (1, 23), True
    what = "every conversion shifted by lost bits, unnoticed by the driver"

    def sense(self, t: float, frame: list[int]) -> None:
        """Shift, and wrap as 24 bits do."""
        shifted = (frame[COUNTS] << round(self.severity)) & (2 * RAIL - 1)
        frame[COUNTS] = shifted - 2 * RAIL if shifted >= RAIL else shifted


class Swapped(Fault):
    """The bridge's signal wires the wrong way round: more force, less counts."""

    kind, key, bounds = "load_cell_swapped", "gain", (-2, -0.01)
    what = "signal wires swapped: the sign of the reading turns"

    def sense(self, t: float, frame: list[int]) -> None:
        """Turn the sign, zero balance included."""
        frame[COUNTS] = within(frame[COUNTS] * self.severity, BITS)


class Open(Fault):
    """A broken excitation wire: the bridge gives nothing, the amplifier goes on converting its own zero."""

    kind, key, bounds = "load_cell_open", "zero_MPa", (-10, 10)
    what = "excitation broken: it reads near zero, whatever the load, and conversions go on"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._zero = scene.record[REFERENCE_TARE_counts] + severity * scene.counts_per_MPa
        self._sample = -1
        self._now = 0

    def sense(self, t: float, frame: list[int]) -> None:
        """The zero and the amplifier's noise, one number per conversion."""
        if frame[SAMPLE] != self._sample:
            self._sample = frame[SAMPLE]
            self._now = within(self._zero + self.scene.draw.gauss(0.0, self.scene.noise_counts), BITS)
        frame[COUNTS] = self._now


class Gain(Fault):
    """A wrong gain of the amplifier, a wrong sensitivity in the record, half a bridge."""

    kind, key, bounds = "load_cell_gain", "gain", (0.01, 10)
    what = "a wrong gain: the reading from the zero times so much"

    def sense(self, t: float, frame: list[int]) -> None:
        """Scale what it reads over its zero, which the reference tare knows."""
        zero = self.scene.record[REFERENCE_TARE_counts]
        frame[COUNTS] = within(zero + (frame[COUNTS] - zero) * self.severity, BITS)


class ZeroJump(Offset):
    """The reference moves: a zero taken under load, a bent cell, another cell behind the same record."""

    kind, key = "zero_jump", "jump_MPa"
    what = "the reference is another: every reading off by so much"


class Outliers(Fault):
    """Single wrong conversions, as from a disturbed data wire; the next one is good."""

    kind, key, bounds, compared, tolerated = "load_cell_outliers", "share", (1e-4, 0.5), True, True
    what = "single conversions are wrong: all ones from some bit down, or anything"

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._sample = -1
        self._wrong: int | None = None

    def sense(self, t: float, frame: list[int]) -> None:
        """Replace so many of the conversions, never two in a row."""
        if frame[SAMPLE] != self._sample:
            self._sample = frame[SAMPLE]
            hit = self._wrong is None and self.scene.draw.random() < self.severity
            self._wrong = self._any() if hit else None
        if self._wrong is not None:
            frame[COUNTS] = self._wrong

    def _any(self) -> int:
        draw = self.scene.draw
        return (1 << draw.randrange(BITS)) - 1 if draw.random() < 0.5 else draw.randrange(-RAIL, RAIL)


KINDS = known(
    Stuck, Drift, Offset, Noise, Dropout, Saturation, Desync, Swapped, Open, Gain, ZeroJump, Outliers
)  # fmt: skip
