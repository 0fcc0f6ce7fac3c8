"""A board on a serial port."""

from typing import Any

from firmware.host.errors import FirmwareError
from firmware.host.port import open_serial
from hil.link import SYNC
from hil.transport import LinkLostError
from twin.errors import InputError


class SerialWire:
    """Implements `hil.transport.Transport` on a port that is ours alone while it is open."""

    def __init__(self, port: str) -> None:
        """Open ``port``.

        Raises
        ------
        twin.errors.InputError
            If pyserial is not installed; if there is no such port, it is busy, or not ours to open.
        """
        self._port = port
        try:
            self._serial: Any = open_serial(port)
        except FirmwareError as error:
            raise InputError(f"serial:{error}") from error
        # Half a frame that came before us ends here.
        self.send(bytes((SYNC,)))

    def send(self, data: bytes) -> None:
        """Write all of ``data``."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise self._lost() from error

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived, waiting up to ``timeout_s`` for the first byte."""
        try:
            self._serial.timeout = timeout_s
            first: bytes = self._serial.read(1)
            rest: bytes = self._serial.read(self._serial.in_waiting) if first else b""
        except (OSError, TypeError) as error:  # pyserial trips over a port that was closed under it
            raise self._lost() from error
        return first + rest

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()

    def _lost(self) -> LinkLostError:
        return LinkLostError(f"serial:{self._port}: the connection broke: plug the board in anew")
