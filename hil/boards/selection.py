"""Which board a user means by a name, opened; whatever keeps it from opening is one line."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from firmware.host.errors import FirmwareError
from hil.boards import Board
from hil.session import RefusedError
from hil.transport import LinkLostError
from twin.errors import InputError

SERIAL = "serial:"
RETRY_s = 0.1  # a frame that is lost comes again before the board's dead-man acts


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
    except FirmwareError as error:
        raise InputError(f"--board {name}: {error}") from error
    except (LinkLostError, RefusedError) as error:
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

    board: Board = Microbit(configuration)
    return board


def _pico(_: str, configuration: Sequence[int]) -> Board:
    from hil.boards.pico import Pico

    return Pico(configuration)


def _serial(name: str, configuration: Sequence[int]) -> Board:
    """A real board: first who is there, then only the build that this isostack makes for it."""
    from firmware.host import build
    from hil.boards.linked import Linked
    from hil.serial_wire import SerialWire
    from hil.session import Session

    port = name.removeprefix(SERIAL)
    flash = f"run `isostack firmware flash --port {port}`"
    wire = SerialWire(port)
    try:
        try:
            seen = Session(wire).hello()
        except InputError as error:
            raise InputError(f"{name}: an isostack of another time answers: {flash}") from error
        except LinkLostError as error:
            if str(error).startswith(name):
                raise
            raise InputError(f"{name}: no isostack firmware answers: name another port, or {flash}") from error
        return Linked(name, wire, configuration, timeout_s=RETRY_s, build=build.image(seen.board).build)
    except BaseException:
        wire.close()
        raise


BOARDS: dict[str, Callable[[str, Sequence[int]], Board]] = {
    "cpython": _cpython,
    "unix": _unix,
    "wasm": _wasm,
    "microbit": _microbit,
    "pico": _pico,
    SERIAL: _serial,
}
