"""Faults of the load cell, its wires and its amplifier: they change counts, sample number and validity bit."""

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


KINDS = known(Stuck, Drift, Offset, Noise, Dropout, Saturation, Desync, Swapped)
