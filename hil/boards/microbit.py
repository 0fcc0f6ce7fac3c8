"""A micro:bit under QEMU: MicroPython on a Cortex-M0 with 16 KB of RAM, at the other end of its serial wire."""

from collections.abc import Sequence

from controller.fields import CHECKSUM
from firmware import messages as m
from firmware.host import microbit
from hil.emulated.qemu import EmulatorError, Machine
from hil.session import Hello, Session


class Wire:
    """The serial wire of an emulated micro:bit, as `hil.transport.Transport`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def send(self, data: bytes) -> None:
        """Put ``data`` on the wire."""
        self._machine.write(data)

    def receive(self, timeout_s: float) -> bytes:
        """What the board has sent, as soon as there is something; nothing if ``timeout_s`` pass without."""
        return self._machine.read(timeout_s=timeout_s)

    def close(self) -> None:
        """End the machine."""
        self._machine.close()


class Microbit:
    """Implements `hil.boards.Board`. The board's time stands between exchanges, so that a slow host is not a lost one.

    Attributes
    ----------
    hello : Hello
        What the board said of itself.
    machine : Machine
        The emulator.
    """

    name = "microbit"

    def __init__(self, configuration: Sequence[int]) -> None:
        """Start a board, build and upload its firmware for ``configuration``, and enter mode hil.

        Raises
        ------
        twin.errors.InputError
            If QEMU or MicroPython's firmware is not installed.
        firmware.host.errors.FirmwareError
            If the configuration is refused.
        hil.emulated.qemu.EmulatorError
            If the board does not come up.
        """
        files = microbit.bundle(configuration)
        self.machine = Machine()
        try:
            self.machine.install({name: text.encode() for name, text in files.items()})
            # It compiles its program first, silently; what it misses meanwhile is said again.
            self.session = Session(Wire(self.machine), timeout_s=0.25, tries=80)
            with self.machine.running():
                seen = self.session.hello()
                self.hello: Hello = self.session.hello(m.HIL, microbit.number(files), configuration[CHECKSUM])
            if self.hello.mode != m.HIL:
                raise EmulatorError(f"microbit: runs build {seen.build:07x}, not the one just sent")
        except BaseException:
            self.machine.close()
            raise

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        with self.machine.running():
            return list(self.session.tick(sensor_frame))

    def close(self) -> None:
        """End the board."""
        self.machine.close()
