"""The controller in this process, on CPython."""

from controller.controller import Controller
from controller.frames import new_command_frame


class InProcess:
    """A board without a board: the same source, called directly."""

    name = "cpython"

    def __init__(self, configuration: list[int]) -> None:
        """``configuration`` as from `hil.scaling.configuration`."""
        self._tick = Controller(configuration).tick
        self._command = new_command_frame()

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        self._tick(sensor_frame, self._command)
        return self._command
