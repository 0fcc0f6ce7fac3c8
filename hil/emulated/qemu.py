"""A micro:bit under QEMU: a Cortex-M0 with 16 KB of RAM, running Debian's MicroPython image, its UART in our hands.

The machine's time can be stopped, so that a slow host does not count as time on the board.
"""

import ast
import atexit
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from hil.transport import LinkLostError
from twin.errors import InputError

PROGRAM = "qemu-system-arm"
FIRMWARE = Path("/usr/share/firmware-microbit-micropython/firmware.hex")
ADVICE = "apt-get install qemu-system-arm firmware-microbit-micropython"
# What an emulator that has hung is given; nothing ordinary comes near it.
PATIENCE_s = 60.0
# The board's receive buffer holds 63 bytes: what is typed, answered before the next is sent, must fit.
COMMAND_bytes = 60
PR_SET_PDEATHSIG = 1
RAM, RAM_bytes = 0x20000000, 16384
# Where this image of MicroPython counts its milliseconds.
CLOCK = 0x200002B4


class EmulatorError(LinkLostError):
    """The emulator, or the program in it, did not do as asked; the message says what came back."""


def missing() -> str:
    """Empty if a micro:bit can be emulated here, else one line that says what is missing and how to get it."""
    if shutil.which(PROGRAM) is None:
        return f"microbit: {PROGRAM} is not installed: {ADVICE}"
    if not FIRMWARE.exists():
        return f"microbit: {FIRMWARE} is not there: {ADVICE}"
    return ""


class Machine:
    """One running micro:bit. Its flash starts empty.

    `close` ends it; so does the end of this process, however it comes.

    Attributes
    ----------
    paused : bool
        Whether the board's time stands.
    """

    def __init__(self, *, shift: int = 0) -> None:
        """Start it, and wait for its prompt.

        The board's time counts its instructions, of 2**``shift`` ns each, whatever the host is busy with: at 0 a
        second of the board's takes several of ours.

        Raises
        ------
        twin.errors.InputError
            If QEMU or the firmware is not installed.
        EmulatorError
            If it does not come up.
        """
        if lack := missing():
            raise InputError(lack)
        self.paused = False
        self._uart, uart = socket.socketpair()
        self._control, control = socket.socketpair()
        self._process = _start(uart, control, shift)
        for ours, theirs in ((self._uart, uart), (self._control, control)):
            theirs.close()
            ours.settimeout(PATIENCE_s)
        atexit.register(self.close)
        self._lines = self._control.makefile("rb")
        try:
            self._next()
            self._order("qmp_capabilities")
            self.read_until(b">>> ")
        except BaseException:
            self.close()
            raise

    @property
    def process(self) -> int:
        """Number of the emulator's process."""
        return self._process.pid

    def __enter__(self) -> "Machine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the machine; doing so twice does no harm."""
        atexit.unregister(self.close)
        self._process.kill()
        self._process.wait()
        self._uart.close()
        self._control.close()

    # --- the wire -----------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Put ``data`` on the wire; a paused board gets it once its time goes on."""
        try:
            self._uart.sendall(data)
        except OSError as error:
            raise EmulatorError("microbit: the emulator has ended") from error

    def read(self, *, timeout_s: float | None = None) -> bytes:
        """What the board has sent, as soon as there is something; nothing if ``timeout_s`` pass without.

        Raises
        ------
        EmulatorError
            If no time is given and nothing comes, or the machine has ended.
        """
        self._uart.settimeout(PATIENCE_s if timeout_s is None else timeout_s)
        try:
            data = self._uart.recv(4096)
        except (TimeoutError, BlockingIOError):
            if timeout_s is not None:
                return b""
            raise EmulatorError(f"microbit: nothing came from the board for {PATIENCE_s:.0f} s") from None
        except OSError as error:
            raise EmulatorError("microbit: the emulator has ended") from error
        if not data:
            raise EmulatorError("microbit: the emulator has ended")
        return data

    def read_until(self, end: bytes) -> bytes:
        """Everything from the board up to ``end``, which must be the last that it sends."""
        data = b""
        while end not in data:
            data += self.read()
        return data

    # --- time ---------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop the board's time."""
        if not self.paused:
            self._order("stop")
            self.paused = True

    def resume(self) -> None:
        """Let the board's time go on."""
        if self.paused:
            self._order("cont")
            self.paused = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """The board's time goes on within, and stands after."""
        self.resume()
        try:
            yield
        finally:
            self.pause()

    def now(self) -> int:
        """The board's time [ms] since it was switched on, in steps of 6; it lags while the board rests."""
        answer = self._order("human-monitor-command", {"command-line": f"xp /1wx {CLOCK:#x}"})
        return int(str(answer).split()[1], 16)

    def memory(self) -> bytes:
        """The board's RAM as it is, from address 0x20000000."""
        with tempfile.NamedTemporaryFile() as file:
            self._order("memsave", {"val": RAM, "size": RAM_bytes, "filename": file.name})
            return file.read()

    def _order(self, command: str, arguments: Mapping[str, object] | None = None) -> object:
        """One command to the emulator itself; what it returns."""
        order = {"execute": command, "arguments": dict(arguments or {})}
        try:
            self._control.sendall(json.dumps(order).encode())
            while "return" not in (answer := self._next()):
                if "error" in answer:
                    raise EmulatorError(f"microbit: the emulator refuses {command}: {answer['error']}")
        except OSError as error:
            raise EmulatorError("microbit: the emulator has ended") from error
        return answer["return"]

    def _next(self) -> dict[str, object]:
        line = self._lines.readline()
        if not line:
            raise EmulatorError("microbit: the emulator has ended")
        answer: dict[str, object] = json.loads(line)
        return answer

    # --- the prompt ---------------------------------------------------------------------------------------------

    def prompt(self) -> None:
        """From the ordinary prompt to the one for programs."""
        self.write(b"\x01")
        self.read_until(b"raw REPL; CTRL-B to exit\r\n>")

    def execute(self, code: str) -> str:
        """What ``code`` prints, run at the prompt for programs; at most 60 bytes at a time reach the board unread.

        Raises
        ------
        EmulatorError
            With the board's traceback, if it raises.
        """
        data = code.encode()
        if len(data) > COMMAND_bytes:
            return self._long(data)
        return self._run(data)

    def _run(self, data: bytes) -> str:
        self.write(data + b"\x04")
        answer = self.read_until(b"\x04>")
        output, _, failure = answer[2:-2].partition(b"\x04")
        if not answer.startswith(b"OK") or failure:
            raise EmulatorError(f"microbit: {failure.decode(errors='replace').strip() or answer!r}")
        return output.decode().replace("\r\n", "\n")

    def _long(self, data: bytes) -> str:
        """A longer program goes through a file: what is typed has no flow control."""
        self.put("_", data)
        return self._run(b"exec(open('_').read())")

    def put(self, name: str, data: bytes) -> None:
        """Write a file on the board, and read it back.

        Raises
        ------
        EmulatorError
            If the board's file system is full, or what is read back differs.
        """
        self._run(f"f=open({name!r},'wb')".encode())
        for command in _writes(data):
            self._run(command)
        self._run(b"f.close()")
        self._run(f"f=open({name!r},'rb')".encode())
        back = b"".join(self._line(b"print(f.read(64))") for _ in range(len(data) // 64 + 1))
        self._run(b"f.close();del f")
        if back != data:
            raise EmulatorError(f"microbit: {name} was not written as sent")

    def _line(self, code: bytes) -> bytes:
        """The bytes that ``code`` prints."""
        return bytes(ast.literal_eval(self._run(code)))

    def install(self, files: Mapping[str, bytes]) -> None:
        """Write ``files``, then start them as a reset would: main.py runs."""
        self.prompt()
        for name, data in files.items():
            self.put(name, data)
        self.restart()

    def restart(self) -> None:
        """From the prompt for programs, a soft reset; what main.py sends comes next."""
        self.write(b"\x02")
        self.read_until(b">>> ")
        self.write(b"\x04")
        self.read_until(b"soft reboot\r\n")


def _writes(data: bytes) -> Iterator[bytes]:
    """Commands that write ``data`` to the open file f, each short enough to be typed."""
    start = 0
    for end in range(1, len(data) + 1):
        if end == len(data) or len(b"f.write(%r)" % data[start : end + 1]) > COMMAND_bytes:
            yield b"f.write(%r)" % data[start:end]
            start = end


def _start(uart: socket.socket, control: socket.socket, shift: int) -> "subprocess.Popen[bytes]":
    """QEMU, in a group of its own: the wire and its control are sockets it inherits, so nothing lies on the disk."""
    command = [
        PROGRAM, "-M", "microbit", "-device", f"loader,file={FIRMWARE}",
        "-display", "none", "-monitor", "none", "-parallel", "none",
        "-icount", f"shift={shift}",
        "-chardev", f"socket,id=uart,fd={uart.fileno()}", "-serial", "chardev:uart",
        "-chardev", f"socket,id=control,fd={control.fileno()}", "-mon", "chardev=control,mode=control",
    ]  # fmt: skip
    return subprocess.Popen(
        command,
        pass_fds=(uart.fileno(), control.fileno()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_dies_with_us(),  # noqa: PLW1509 (one system call: nothing a thread could hold)
    )


def _dies_with_us() -> Callable[[], None] | None:
    """What a child calls so that the kernel ends it when this process ends, even when that is killed (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return bind
