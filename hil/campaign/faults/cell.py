"""Faults of the cell itself, through the plant's doors: extra thickness and a leak."""

from array import array

from hil.campaign.faults.base import Fault, known
from twin.build import INPUTS

THICKNESS, LEAK = INPUTS.index("Extra thickness [m]"), INPUTS.index("Leak conductance [S]")


class Short(Fault):
    """An internal short: a conductance beside the cell."""

    kind, key, bounds, compared = "cell_short", "leak_mS", (1e-6, 1e4), True
    what = "an internal short, as a conductance"

    def disturb(self, t: float, inputs: "array[float]") -> None:
        """Let it leak."""
        inputs[LEAK] = self.severity * 1e-3


class Expansion(Fault):
    """The stack is suddenly thicker: a particle, a buckled layer."""

    kind, key, bounds, compared = "cell_expansion", "thickness_um", (0.01, 1e4), True
    what = "the stack is thicker at once"

    def disturb(self, t: float, inputs: "array[float]") -> None:
        """Add it."""
        inputs[THICKNESS] = self.severity * 1e-6


class Gas(Fault):
    """Gas or a side reaction thickens the stack slowly."""

    kind, key, bounds, compared = "cell_gas", "growth_um_per_h", (1e-3, 1e4), True
    what = "the stack thickens slowly"

    def disturb(self, t: float, inputs: "array[float]") -> None:
        """Add what has grown."""
        inputs[THICKNESS] = self.severity * 1e-6 * t / 3600


KINDS = known(Short, Expansion, Gas)
