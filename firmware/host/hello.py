"""What a running firmware says of itself, and how it is asked for its prompt: the link, over an open port."""

from typing import Any, NamedTuple

from firmware.host.build import Image
from firmware.host.errors import FirmwareError
from firmware.link import BOARD, HOST, SYNC, Receiver, pack
from firmware.messages import A_DONE, B_ANSWER, B_HELLO, H_HELLO, H_LEAVE, LOOK, PROTOCOL

BOARDS = {1: "pico", 2: "microbit", 3: "unix", 4: "wasm"}
ASKED = 8  # how often a question is put: what came before it on the wire may have spoilt it
FIRST = 32  # sequence numbers from here on are no control characters: 3 interrupts a firmware outside a session
SILENCE_s = 0.5  # longest wait for the next byte


class Hello(NamedTuple):
    """A board's HELLO, in the order of docs/contracts.md."""

    protocol: int
    major: int
    minor: int
    patch: int
    build: int
    checksum: int
    board: int
    mode: int
    found: int
    record: int
    date: int
    resets: int
    trips: int


class Talk:
    """Questions and answers over an open port: ``write``, ``read`` and ``timeout`` [s] as pyserial has them."""

    def __init__(self, serial: Any, port: str) -> None:
        self.serial = serial
        self.port = port
        self.sequence = FIRST
        self.receiver = Receiver(BOARD)
        self.text = bytearray()  # all that came, for the words of a firmware that did not start

    def ask(self, question: int, values: list[int], kind: int, times: int = ASKED) -> list[int] | None:
        """Puts a ``question`` until it is answered by a frame of ``kind``; the integers after the kind, or none."""
        self.sequence = self.sequence + 1 & 127
        for _ in range(times):
            self._send(question, values)
            answer = self._hear(kind)
            if answer is not None:
                return answer
        return None

    def _send(self, kind: int, values: list[int]) -> None:
        frame = bytearray(64)
        size = pack(frame, HOST | self.sequence, kind, values, len(values))
        try:
            # The sync in front ends whatever half a frame the board has heard before.
            self.serial.write(bytes([SYNC]) + bytes(frame[:size]))
        except OSError as error:
            raise FirmwareError(f"{self.port}: the board does not listen: plug it in anew, try again") from error

    def _hear(self, kind: int) -> list[int] | None:
        old, self.serial.timeout = self.serial.timeout, SILENCE_s
        try:
            for _ in range(4096):
                byte = self.serial.read(1)
                if not byte:
                    # Silence ends half a frame: it shall not eat the next answer.
                    self.receiver.n = self.receiver.skip = 0
                    return None
                self.text += byte
                take = self.receiver.take(byte[0])
                values = self.receiver.values[: self.receiver.count]
                if take and values and values[0] == kind and self.receiver.sequence == self.sequence:
                    return values[1:]
        except OSError as error:
            raise FirmwareError(f"{self.port}: the connection broke: plug the board in anew, try again") from error
        finally:
            self.serial.timeout = old
        return None

    def hello(self, times: int = ASKED) -> Hello | None:
        """The board's HELLO, or none. Raises FirmwareError for a protocol that is not ours."""
        answer = self.ask(H_HELLO, [PROTOCOL, 0, 0, LOOK], B_HELLO, times)
        if answer is None:
            return None
        if not answer or answer[0] != PROTOCOL or len(answer) != len(Hello._fields):
            had = answer[0] if answer else "none"
            words = f"its firmware speaks protocol {had}, this isostack {PROTOCOL}"
            raise FirmwareError(f"{self.port}: {words}: run `isostack firmware flash --port {self.port}`")
        return Hello(*answer)


def last_error(text: bytes) -> str:
    """The last line of a traceback in what a board sent, or nothing."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    errors = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    return errors[-1] if errors else ""


def leave(serial: Any, port: str) -> None:
    """Asks a running firmware for its prompt; silent where no firmware of ours answers.

    Raises FirmwareError where it will not leave, as while armed.
    """
    talk = Talk(serial, port)
    if talk.ask(H_HELLO, [PROTOCOL, 0, 0, LOOK], B_HELLO, 2) is None:
        return
    answer = talk.ask(H_LEAVE, [], B_ANSWER)
    if answer is not None and answer[:1] != [A_DONE]:
        raise FirmwareError(
            f"{port}: the board will not stop its firmware (answer {answer[0]}): disarm it, then try again"
        )


def compare(said: Hello, built: Image, port: str) -> None:
    """Raises FirmwareError unless board, version and build are those of ``built``."""
    have = (BOARDS.get(said.board), said.major, said.minor, said.patch, said.build)
    want = (built.board, *built.version, built.build)
    if have != want:
        words = f"runs {label(*have)}, this isostack has {label(*want)}"
        raise FirmwareError(f"{port}: {words}: run `isostack firmware flash --port {port}`")


def label(board: str | None, major: int, minor: int, patch: int, build: int) -> str:
    """``pico 0.1.0 build 1a2b3c4``."""
    return f"{board or 'an unknown board'} {major}.{minor}.{patch} build {build:07x}"
