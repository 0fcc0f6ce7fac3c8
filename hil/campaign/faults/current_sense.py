"""Faults of the board's own measurement of the cell's current."""

from controller.frames import CURRENT_uA
from hil.campaign.faults.base import Fault, known, within

BITS = 31  # of a frame's integers


class Scale(Fault):
    """A wrong shunt or a wrong gain."""

    kind, key, bounds = "current_scale", "gain", (0, 1000)
    what = "a wrong scale: the reading times so much"

    def sense(self, t: float, frame: list[int]) -> None:
        """Scale the reading."""
        frame[CURRENT_uA] = within(frame[CURRENT_uA] * self.severity, BITS)


class Offset(Fault):
    """An amplifier's zero that has moved."""

    kind, key, bounds, either_sign = "current_offset", "offset_uA", (1, 1e8), True
    what = "a wrong zero"

    def sense(self, t: float, frame: list[int]) -> None:
        """Shift the reading."""
        frame[CURRENT_uA] = within(frame[CURRENT_uA] + self.severity, BITS)


class Reversed(Fault):
    """Shunt wires the wrong way round: charge reads as discharge."""

    kind, key, bounds = "current_reversed", "gain", (-100, -0.01)
    what = "charge reads as discharge"

    def sense(self, t: float, frame: list[int]) -> None:
        """Turn the sign."""
        frame[CURRENT_uA] = within(frame[CURRENT_uA] * self.severity, BITS)


KINDS = known(Scale, Offset, Reversed)
