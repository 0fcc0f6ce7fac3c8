"""A real board on a serial port: who is there is asked first, and only this isostack's own firmware is driven."""

from collections.abc import Sequence

from controller.fields import CHECKSUM
from firmware import messages as m
from firmware.host import build
from hil.boards.linked import Linked
from hil.serial_wire import SerialWire
from hil.session import Session
from hil.transport import LinkLostError
from twin.errors import InputError

RETRY_s = 0.1  # a frame that is lost comes again before the board's dead-man acts


class OnPort(Linked):
    """Implements `hil.boards.Board`."""

    def __init__(self, port: str, configuration: Sequence[int]) -> None:
        """Open ``port`` and hand over ``configuration``.

        Raises
        ------
        twin.errors.InputError
            If the port does not open, or what answers there is not a board with the firmware built from here.
        firmware.host.errors.FirmwareError
            If what builds the firmware is not installed.
        hil.transport.LinkLostError
            If the connection breaks.
        """
        wire = SerialWire(port)
        try:
            kind = _kind(wire, port)
            name = f"serial:{port}"
            super().__init__(name, wire, configuration, timeout_s=RETRY_s, build=build.image(kind).build)
        except BaseException:
            wire.close()
            raise
        self._checksum = configuration[CHECKSUM]
        self._ticking = False

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        if not self._ticking:
            # Building the plant may have taken seconds, and a board that hears nothing gives ctrl-C back to its
            # prompt: a tick's frame may hold one, a hello does not.
            self.session.hello()
            self.hello = self.session.hello(m.HIL, self.hello.build, self._checksum)
            self._ticking = True
        return super().exchange(sensor_frame)


def _kind(wire: SerialWire, port: str) -> str:
    """Which board answers."""
    flash = f"run `isostack firmware flash --port {port}`"
    try:
        return Session(wire).hello().board
    except InputError as error:
        raise InputError(f"serial:{port}: an isostack of another time answers: {flash}") from error
    except LinkLostError as error:
        if str(error).startswith("serial:"):
            raise
        raise InputError(f"serial:{port}: no isostack firmware answers: name another port, or {flash}") from error
