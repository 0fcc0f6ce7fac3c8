"""A wire to a firmware that runs as a child process and whose time is ours (firmware/boards/hosted.py)."""

import atexit
import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hil.transport import LinkLostError

TIME = (1 << 30) - 1
STEP_ms = 10  # how often a board is polled that has nothing to read
MOST = 255
END_s = 10.0  # what a child that does not end by itself is given


class HostedWire:
    """Implements `hil.transport.Transport`; waiting lets the board's time go on, and takes none of ours.

    Attributes
    ----------
    now : int
        The board's time [ms].
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Start the child in ``folder``. It ends with its input, so with this process, however that ends.

        ``name`` is what errors call it.
        """
        self.now = 0
        self._name = name
        self._told: int | None = None
        self._out = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child lives
        self._child = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=None if environment is None else dict(environment),
            cwd=folder,
            start_new_session=True,  # ctrl-C is for us: the board goes when we let it
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._to, self._from = self._child.stdin, self._child.stdout
        atexit.register(self.close)

    @property
    def process(self) -> int:
        """Number of the child's process."""
        return self._child.pid

    def clock(self, time_ms: int) -> None:
        """Let the board's time go on as far as ``time_ms`` is from the last that was told; both wrap at 2^30."""
        if self._told is not None:
            self.now = (self.now + ((time_ms - self._told) & TIME)) & TIME
        self._told = time_ms

    def send(self, data: bytes) -> None:
        """Put ``data`` on the wire; the board gets it with its next turn."""
        self._out += data

    def receive(self, timeout_s: float) -> bytes:
        """What the board answers, at once or within ``timeout_s`` of its time."""
        answer = self._deliver()
        until = int(timeout_s * 1000)
        while not answer and until > 0:
            self.now = (self.now + min(STEP_ms, until)) & TIME
            until -= STEP_ms
            answer = self._deliver()
        return answer

    def pass_time(self, ms: int) -> bytes:
        """Let ``ms`` go by with nothing on the wire but what was sent before; what the board said meanwhile."""
        said = b""
        while ms > 0:
            self.now = (self.now + min(STEP_ms, ms)) & TIME
            ms -= STEP_ms
            said += self._deliver()
        return said

    def _deliver(self) -> bytes:
        """One turn, or as many as what is to be sent needs."""
        said = self.turn(self._out[:MOST])
        self._out = self._out[MOST:]
        while self._out:
            said += self.turn(self._out[:MOST])
            self._out = self._out[MOST:]
        return said

    def turn(self, data: bytes) -> bytes:
        """The board polls now with up to 255 bytes ``data`` on its wire; what it writes.

        Raises
        ------
        LinkLostError
            If the child has ended.
        """
        answer = b""
        with contextlib.suppress(OSError, ValueError):
            self._to.write(self.now.to_bytes(4, "big") + bytes((len(data),)) + data)
            self._to.flush()
            answer = self._from.read(2)
            answer += self._from.read(int.from_bytes(answer, "big"))
        if len(answer) < 2 or len(answer) < 2 + int.from_bytes(answer[:2], "big"):
            raise self._lost(answer)
        return answer[2:]

    def _lost(self, rest: bytes) -> LinkLostError:
        """Why the child has ended, by its own last words: on standard error, or in the ``rest`` where it answers."""
        if self._errors.closed:
            return LinkLostError(f"{self._name}: the board was closed")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(END_s)
        self._errors.seek(0)
        lines = (self._errors.read() or rest).decode(errors="replace").strip().splitlines()
        return LinkLostError(f"{self._name}: the board has ended: {lines[-1] if lines else 'without a word'}")

    def close(self) -> None:
        """End the child; doing so twice does no harm."""
        atexit.unregister(self.close)
        with contextlib.suppress(OSError):
            self._to.close()
        try:
            self._child.wait(END_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._from.close()
        self._errors.close()
