"""Wires to a board: bytes out, bytes in, with a limit to waiting."""

from typing import Protocol


class Transport(Protocol):
    """A wire; `LinkLostError` from any of its methods means that it is gone for good."""

    def send(self, data: bytes) -> None:
        """Hand over all of ``data``."""
        ...

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived, as soon as there is something; nothing if ``timeout_s`` pass without."""
        ...

    def close(self) -> None:
        """Let go of the wire."""
        ...


class LinkLostError(Exception):
    """The wire is gone, or the board no longer answers; ``str()`` is one line for the user."""
