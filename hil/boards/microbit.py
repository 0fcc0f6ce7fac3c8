"""A micro:bit under QEMU: MicroPython on a Cortex-M0 with 16 KB of RAM, at the other end of its serial wire."""

from collections.abc import Mapping, Sequence

from controller.fields import CHECKSUM
from firmware import messages as m
from firmware.host import microbit
from hil.emulated.qemu import EmulatorError, Machine
from hil.session import Hello, Session

STARTING_s = 40.0
PATIENCE_s = 10.0


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

    def __init__(self, configuration: Sequence[int], *, files: Mapping[str, str] | None = None, shift: int = 0) -> None:
        """Start a board, build and upload its firmware for ``configuration``, and enter mode hil.

        ``files``: another firmware than this checkout's, of any build. ``shift``: see `hil.emulated.qemu.Machine`.

        Raises
        ------
        twin.errors.InputError
            If QEMU or MicroPython's firmware is not installed.
        firmware.host.errors.FirmwareError
            If the configuration is refused.
        hil.emulated.qemu.EmulatorError
            If the board does not come up.
        """
        own = microbit.bundle(configuration)
        self.machine = Machine(shift=shift)
        try:
            self.machine.install({name: text.encode() for name, text in (files or own).items()})
            self.hello: Hello = self._enter(None if files else microbit.number(own), configuration[CHECKSUM])
        except BaseException:
            self.machine.close()
            raise

    def _enter(self, build: int | None, checksum: int) -> Hello:
        """Wait for the firmware and bring it into mode hil."""
        wire = Wire(self.machine)
        with self.machine.running():
            # It compiles its program first, silently: what it misses meanwhile is said again.
            Session(wire, timeout_s=STARTING_s / 80, tries=80).hello()
            self.session = Session(wire, timeout_s=PATIENCE_s, tries=2)
            seen = self.session.hello()
            hello = self.session.hello(m.HIL, seen.build if build is None else build, checksum)
        if hello.mode != m.HIL:
            raise EmulatorError(f"microbit: runs build {seen.build:07x}, which is not the one just sent")
        return hello

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        with self.machine.running():
            return list(self.session.tick(sensor_frame))

    def close(self) -> None:
        """End the board."""
        self.machine.close()
