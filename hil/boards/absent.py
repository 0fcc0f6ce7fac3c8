"""No controller at all: a passive fixture, whose cycler asks nobody."""

from controller.frames import OUTPUTS, PERMIT_CHARGE, PERMIT_DISCHARGE, SETPOINT_hPa, new_command_frame


class Absent:
    """Permits everything and moves nothing."""

    name = "none"

    def __init__(self, setpoint_hPa: int) -> None:
        """``setpoint_hPa`` is what the fixture was set to by hand; it is only reported."""
        self._command = new_command_frame()
        self._command[SETPOINT_hPa] = setpoint_hPa
        self._command[OUTPUTS] = PERMIT_CHARGE | PERMIT_DISCHARGE

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """Always the same frame."""
        return self._command
