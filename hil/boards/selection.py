"""Which board a user means by a name, opened; whatever keeps it from opening is one line."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from firmware.host.errors import FirmwareError
from hil.boards import Board
from hil.session import RefusedError
from hil.transport import LinkLostError
from twin.errors import InputError

SERIAL = "serial:"


def open_board(name: str, configuration: Sequence[int]) -> Board:
    """The board called ``name``, with ``configuration`` handed over; `opened` closes it too.

    Raises
    ------
    twin.errors.InputError
        If there is no such board, something it needs is not installed, or it does not answer as it should.
    """
    kind = SERIAL if name.startswith(SERIAL) else name
    if kind not in BOARDS or name == SERIAL:
        raise InputError(f"--board {name}: not one of cpython, unix, wasm, microbit, pico, serial:PORT")
    try:
        return BOARDS[kind](name, configuration)
    except (FirmwareError, LinkLostError, RefusedError) as error:
        raise InputError(f"--board {name}: {error}") from error


@contextmanager
def opened(name: str, configuration: Sequence[int]) -> Iterator[Board]:
    """`open_board` for a ``with`` statement."""
    board = open_board(name, configuration)
    try:
        yield board
    finally:
        close = getattr(board, "close", None)  # the controller in this process has nothing to let go of
        if close is not None:
            close()


def _cpython(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.in_process import InProcess

    return InProcess(list(configuration))


def _unix(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.unix import Unix

    return Unix(configuration)


def _wasm(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.wasm import Wasm

    return Wasm(configuration)


def _microbit(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.microbit import Microbit

    return Microbit(configuration)


def _pico(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.pico import Pico

    return Pico(configuration)


def _serial(name: str, configuration: Sequence[int]) -> Board:
    from hil.boards.on_port import OnPort

    return OnPort(name.removeprefix(SERIAL), configuration)


BOARDS: dict[str, Callable[[str, Sequence[int]], Board]] = {
    "cpython": _cpython,
    "unix": _unix,
    "wasm": _wasm,
    "microbit": _microbit,
    "pico": _pico,
    SERIAL: _serial,
}
