"""The room's temperature over the run."""

from math import inf

from twin.files import AmbientSection
from twin.resolve import ZERO_CELSIUS


class Room:
    """Piecewise constant temperature.

    Attributes
    ----------
    temperature : float
        Now [K].
    until : float
        When it next changes [s]; infinity when it stays.
    """

    def __init__(self, section: AmbientSection) -> None:
        self.temperature = section.temperature_C + ZERO_CELSIUS
        self._steps = [(s.at_h * 3600, s.temperature_C + ZERO_CELSIUS) for s in section.steps]
        self.until = self._steps[0][0] if self._steps else inf

    def advance(self, time: float) -> None:
        """Bring the temperature up to ``time`` [s] of the protocol."""
        while self._steps and time >= self._steps[0][0]:
            self.temperature = self._steps.pop(0)[1]
        self.until = self._steps[0][0] if self._steps else inf
