"""A board on a serial port, through mpremote: getting in, its files, and one line for whatever is in the way."""

import contextlib
import errno
import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

from firmware.host.errors import FirmwareError
from firmware.host.extras import need

READ_s = 5  # longest silence within an answer
TURN_s = 0.5  # longest single read while there may be nobody
PROMPT_s = 3  # longest wait for a prompt
CHUNK = 1024  # bytes at a time; a board holds it several times over
MPY_VERSION = 6
# Switches the RP2040's watchdog off (clear alias of its control register): it would reset the board while we write.
CALM = "import machine\nmachine.mem32[0x4005b000] = 1 << 30"
TREE = """import os
def _tree(folder):
 for entry in os.ilistdir('/' + folder):
  if entry[1] == 0x4000:
   print(repr((folder + entry[0] + '/', 0)), end=',')
   _tree(folder + entry[0] + '/')
  else:
   print(repr((folder + entry[0], entry[3])), end=',')
_tree('')"""

NO_PERMISSION = "no permission: join the group that owns it (`sudo usermod -aG dialout $USER`), then log in anew"

CAUSES = {
    errno.ENOENT: "no such port: `isostack doctor` lists the boards it sees",
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EBUSY: "busy: close the program that has it open",
    errno.EAGAIN: "busy: close the program that has it open",
    errno.ENOTTY: "not a serial port: `isostack doctor` lists the boards it sees",
    errno.EISDIR: "not a serial port: `isostack doctor` lists the boards it sees",
}


def open_serial(port: str) -> Any:
    """The port, open and ours alone (pyserial). Raises FirmwareError."""
    serial = need("serial")
    try:
        return serial.serial_for_url(port, baudrate=115200, timeout=READ_s, write_timeout=READ_s, exclusive=True)
    except (OSError, ValueError) as error:  # pyserial's own error is an OSError
        raise FirmwareError(f"{port}: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """What is wrong with a port; pyserial keeps the number of some errors only in their text."""
    number = getattr(error, "errno", None)
    if number is None:
        number = next((n for n in CAUSES if f"[Errno {n}]" in str(error) or f"({n}, " in str(error)), None)
    if number in CAUSES:
        return CAUSES[number]
    return f"cannot be opened ({error}): `isostack doctor` lists the boards it sees"


class Board:
    """A board at MicroPython's raw prompt; a context manager that gives the port back. Implements ``flash.Files``."""

    def __init__(self, port: str, leave: Callable[[Any], None] | None = None) -> None:
        """Opens ``port`` and stops what runs there; ``leave`` asks a running firmware for the prompt.

        Raises FirmwareError.
        """
        self.port = port
        remote = need("mpremote.transport_serial")
        self._errors = (need("mpremote.transport").TransportError, struct.error)
        open_serial(port).close()  # names what mpremote would only call a failure
        with self._watched():
            self._link = remote.SerialTransport(port, timeout=READ_s)
            self.serial = self._link.serial
            self.serial.write_timeout = READ_s
        try:
            self._enter(leave)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the port back, the board at its prompt for people."""
        with contextlib.suppress(OSError):
            if self._link.in_raw_repl:
                self._link.exit_raw_repl()
        with contextlib.suppress(OSError):
            self._link.close()

    def _enter(self, leave: Callable[[Any], None] | None) -> None:
        # Asked to leave, the firmware stops its watchdog; interrupted, it does not, and resets the board soon after.
        if leave:
            leave(self.serial)
        if not self._prompted():
            raise FirmwareError(f"{self.port}: no MicroPython answers: unplug the board, plug it in, try again")
        self._check()
        self.run(CALM)
        with self._watched():
            self._link.exit_raw_repl()
            # In raw mode a soft reset runs no main.py; timers and interrupts of what ran are gone after it.
            self._link.enter_raw_repl(soft_reset=True, timeout_overall=PROMPT_s)

    def _prompted(self) -> bool:
        """Whether ctrl-C and ctrl-A bring the raw prompt."""
        with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it does not understand
            try:
                self.serial.timeout = TURN_s
                self._link.enter_raw_repl(soft_reset=False, timeout_overall=PROMPT_s)
                return True
            except self._errors:
                return False
            except OSError as error:
                raise FirmwareError(f"{self.port}: the board does not listen ({error}): plug it in anew") from error
            finally:
                self.serial.timeout = READ_s

    def _check(self) -> None:
        """Refuses a board whose chip or bytecode is not what we build for."""
        words = "import sys\nprint(repr((sys.platform, getattr(sys.implementation, '_machine', ''), "
        words += "getattr(sys.implementation, '_mpy', 0) & 255, sys.implementation.version[:3])), end='')"
        platform, machine, mpy, numbers = _literal(self.run(words))
        if platform != "rp2" or "RP2040" not in machine:
            raise FirmwareError(
                f"{self.port}: this is {machine or platform}, not a Raspberry Pi Pico: name another port"
            )
        if mpy != MPY_VERSION:
            have = ".".join(map(str, numbers))
            raise FirmwareError(f"{self.port}: MicroPython {have} is too old or too new: install 1.24 on the board")

    def run(self, code: str) -> bytes:
        """Runs code on the board; what it printed. Raises OSError as the board did, else FirmwareError."""
        with self._watched():
            out: bytes = self._link.exec(code)
            return out

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Turns what mpremote raises into OSError from the board's filesystem, or FirmwareError."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        except self._errors as error:
            text = str(error).strip().splitlines()[-1:] or ["no answer"]
            code = _errno(text[0])
            if code:
                raise OSError(code, text[0]) from error
            raise FirmwareError(
                f"{self.port}: the board stopped answering ({text[0]}): plug it in anew, try again"
            ) from error
        except OSError as error:
            # The host's own: the cable is out, or the port is gone. The board's come as text, above.
            if not isinstance(error, need("serial").SerialException) and error.errno != errno.EIO:
                raise
            raise FirmwareError(f"{self.port}: the connection broke: plug the board in anew, try again") from error

    def tree(self) -> dict[str, int]:
        """See ``flash.Files``."""
        return dict(_literal(b"[" + self.run(TREE) + b"]"))

    def room(self) -> int:
        """See ``flash.Files``."""
        size, free = _literal(self.run("import os\ns = os.statvfs('/')\nprint((s[0], s[3]), end='')"))
        return int(size) * int(free)

    def make(self, folder: str) -> None:
        """See ``flash.Files``."""
        self.run(f"import os\nos.mkdir('/' + {folder!r})")

    def remove(self, path: str) -> None:
        """See ``flash.Files``."""
        act = "rmdir" if path.endswith("/") else "remove"
        self.run(f"import os\nos.{act}('/' + {path.rstrip('/')!r})")

    def rename(self, old: str, new: str) -> None:
        """See ``flash.Files``."""
        self.run(f"import os\nos.rename('/' + {old!r}, '/' + {new!r})")

    def write(self, path: str, data: bytes) -> None:
        """See ``flash.Files``."""
        with self._watched():
            self._link.fs_writefile("/" + path, data, chunk_size=CHUNK)

    def sha256(self, path: str) -> str:
        """See ``flash.Files``."""
        with self._watched():
            return bytes(self._link.fs_hashfile("/" + path, "sha256", chunk_size=CHUNK)).hex()

    def restart(self) -> None:
        """Soft reset into main.py. The board is then at its firmware, or at its prompt."""
        with self._watched():
            self._link.exit_raw_repl()
            self.serial.write(b"\x04")
            self._link.read_until(1, b"soft reboot\r\n", timeout=READ_s)


def _literal(text: bytes) -> Any:
    import ast

    return ast.literal_eval(text.decode())


def _errno(text: str) -> int:
    """Number of an OSError that the board printed, 0 if it printed another error."""
    name, _, rest = text.partition(": ")
    if name != "OSError":
        return 0
    digits = rest.strip("[] ").removeprefix("Errno ").split("]")[0]
    return int(digits) if digits.isdigit() else errno.EIO
