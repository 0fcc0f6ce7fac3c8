"""Boards: everything that turns a sensor frame into a command frame. The loop cannot tell which it drives."""

from typing import Protocol


class Board(Protocol):
    """One control tick of a controller, wherever it runs."""

    name: str

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """Return the command frame (laid out in `controller.frames`); it is the board's own until the next call."""
        ...
