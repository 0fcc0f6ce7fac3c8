"""A board at the other end of a link, in mode hil: the host's frames take the place of its pins."""

from collections.abc import Callable, Sequence

from controller.fields import CHECKSUM
from firmware import messages as m
from hil.session import Hello, Session
from hil.transport import Transport
from twin.errors import InputError

TRIES = 20
"""Times a frame is sent: an emulator on a busy machine may pause for seconds; a real board has its own dead-man."""


class Linked:
    """Implements `hil.boards.Board` over any wire.

    Attributes
    ----------
    hello : Hello
        What the board said of itself.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        configuration: Sequence[int],
        *,
        clock: Callable[[int], None] | None = None,
        timeout_s: float = 0.25,
        build: int | None = None,
    ) -> None:
        """Hand over ``configuration`` (not kept beyond the board's next reset) and enter mode hil.

        ``clock`` is told the time [ms] of each tick before it is sent, for boards whose time is the host's.
        ``build``: the build hash that the board must have, where the host knows one.

        Raises
        ------
        twin.errors.InputError
            If the board's firmware is another than ``build``, or refuses.
        hil.transport.LinkLostError
            If the board does not answer.
        """
        self.name = name
        self._transport = transport
        self._clock = clock
        self.session = Session(transport, timeout_s=timeout_s, tries=TRIES)
        seen = self.session.hello()
        if seen.protocol != m.PROTOCOL or build not in (None, seen.build):
            raise InputError(
                f"{name}: firmware {'.'.join(map(str, seen.version))} build {seen.build:07x} is not this isostack's: "
                "run `isostack firmware flash`"
            )
        self.session.configure(configuration)
        self.hello: Hello = self.session.hello(m.HIL, seen.build, configuration[CHECKSUM])
        if self.hello.mode != m.HIL:
            raise InputError(f"{name}: the board stays out of mode hil: reset its trip first (`isostack bench`)")

    def exchange(self, sensor_frame: list[int]) -> list[int]:
        """One tick."""
        if self._clock is not None:
            self._clock(sensor_frame[0])
        return list(self.session.tick(sensor_frame))

    def close(self) -> None:
        """Let go of the board."""
        self._transport.close()
