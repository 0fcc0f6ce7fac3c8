"""A whole flash, and a look at what a board carries: files through mpremote, then the firmware's own word."""

from collections.abc import Callable

from firmware.host.build import LIST, MAIN, Image
from firmware.host.errors import FirmwareError
from firmware.host.flash import install
from firmware.host.hello import Hello, Talk, compare, last_error, leave
from firmware.host.port import Board, open_serial


def flash(port: str, built: Image, say: Callable[[str], None] = lambda line: None) -> Hello:
    """Puts ``built`` on the board at ``port``, starts it, and returns its HELLO, which is that of ``built``.

    ``say`` hears one line per file. Raises FirmwareError; the board then starts the old firmware, the new, or nothing.
    """
    with Board(port, lambda serial: leave(serial, port)) as board:
        try:
            install(board, built.files, say)
            board.restart()
        except OSError as error:
            raise FirmwareError(f"{port}: the board refuses ({error}): flash again") from error
        except FirmwareError as error:
            raise FirmwareError(_named(port, str(error))) from error
        talk = Talk(board.serial, port)
        said = talk.hello()
    if said is None:
        why = last_error(bytes(talk.text)) or "no answer"
        advice = f"plug it in anew, then run `isostack firmware info --port {port}`"
        raise FirmwareError(f"{port}: flashed and verified, but the firmware says no hello ({why}): {advice}")
    compare(said, built, port)
    return said


def ask(port: str) -> Hello:
    """HELLO of the firmware that runs at ``port``; it runs on. Raises FirmwareError where none answers."""
    serial = open_serial(port)
    try:
        said = Talk(serial, port).hello(times=3)
    finally:
        serial.close()
    if said is None:
        raise FirmwareError(f"{port}: {_silent(port)}: run `isostack firmware flash --port {port}`")
    return said


def _silent(port: str) -> str:
    """Why a board that answers no hello does not; it is at MicroPython's prompt, or FirmwareError."""
    with Board(port) as board:
        there = board.tree()
    if MAIN not in there:
        return "no firmware: MicroPython is there, main.py is not"
    if LIST not in there:
        return "its main.py is not ours, or its firmware is incomplete"
    return "its firmware did not start or was stopped"


def _named(port: str, line: str) -> str:
    return line if line.startswith(port) else f"{port}: {line}"
