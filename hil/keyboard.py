"""What the operator types: whole lines, one key that acts at once, and the line so far; a terminal or a pipe."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

ESCAPE = "\x1b"
_Kind = type[BaseException] | None


class Keyboard:
    """Reads in a thread of its own, so that nobody waits for a key. Use it in a ``with`` statement.

    Attributes
    ----------
    lines : deque of str
        Lines typed and not yet taken.
    typed : str
        The line so far (at a terminal).
    escaped : bool
        The Esc key was pressed.
    ended : bool
        The input is over; what is in ``lines`` is all there will be.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        """``stream``: standard input unless given."""
        self._stream = stream or sys.stdin
        self._restore: Callable[[], None] = lambda: None
        self.lines: deque[str] = deque()
        self.typed = ""
        self.escaped = False
        self.ended = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person types, rather than a script."""
        return self._stream.isatty()

    def __enter__(self) -> Self:
        """Begin to read."""
        if self.is_terminal:
            key, self._restore = _windows() if os.name == "nt" else _posix(self._stream)
            target: Callable[[], None] = lambda: self._keys(key)  # noqa: E731 - two ways to read
        else:
            target = self._whole_lines
        threading.Thread(target=target, daemon=True).start()
        return self

    def __exit__(self, kind: _Kind, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        self._restore()

    def _whole_lines(self) -> None:
        for line in self._stream:
            self.lines.append(line)
        self.ended = True

    def _keys(self, key: Callable[[], str]) -> None:
        while True:
            letter = key()
            if not letter:
                self.ended = True
                return
            self.press(letter)

    def press(self, letter: str) -> None:
        """Take one key."""
        if letter == ESCAPE:
            self.escaped = True
            self.typed = ""
        elif letter in "\r\n":
            self.lines.append(self.typed)
            self.typed = ""
        elif letter in "\x7f\b":
            self.typed = self.typed[:-1]
        elif letter.isprintable():
            self.typed += letter


def _posix(stream: IO[str]) -> tuple[Callable[[], str], Callable[[], None]]:
    import termios
    import tty

    handle = stream.fileno()
    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)  # keys at once; Ctrl-C still interrupts

    def key() -> str:
        return os.read(handle, 1).decode(errors="replace")

    return key, lambda: termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _windows() -> tuple[Callable[[], str], Callable[[], None]]:
    import importlib

    msvcrt: Any = importlib.import_module("msvcrt")
    return msvcrt.getwch, lambda: None
