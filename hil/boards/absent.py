"""No controller at all: a passive fixture, whose cycler asks nobody."""

from controller.frames import OUTPUTS, PERMIT_CHARGE, PERMIT_DISCHARGE, new_command_frame


class Absent:
    """Permits everything and moves nothing."""

    name = "none"

    def __init__(self) -> None:
        self._command = new_command_frame()
        self._command[OUTPUTS] = PERMIT_CHARGE | PERMIT_DISCHARGE

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """Always the same frame."""
        return self._command
