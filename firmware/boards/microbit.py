"""The smallest board, a BBC micro:bit: core and link, in mode hil; no pins, no records (docs/contracts.md).

It runs against the twin only. Its configuration is sent with the firmware, and its host knows both by their checksums.
The interpreter's stack takes six calls, one in the other, and the core needs four: so the main loop calls its parts.
"""

from controller.core import Core
from controller.fields import TICK_ms
from controller.frames import ARMED, LINK_LOST, MESSAGE, STATE, SWITCHES, VALUE, CURRENT_uA, TIME_ms
from controller.safety import SafetyFilter
from firmware.link import BOARD, HOST, Receiver, pack
from firmware.messages import (
    A_DONE,
    A_KIND,
    A_LENGTH,
    A_MODE,
    B_ANSWER,
    B_COMMAND,
    B_HELLO,
    H_ALIVE,
    H_HELLO,
    H_LEAVE,
    H_SENSOR,
    HIL,
    LOOK,
    LINK_ms,
)

# What is to be done about a frame, or about its absence.
NOTHING = 0
ANSWER = 1
TICK = 2
ALONE = 3
START = 4
LEAVE = 5


class Board(Receiver):
    """Takes the host's bytes, and knows what to do about its frames; time [ms] is handed in."""

    def __init__(self, config: list[int], hello: list[int]) -> None:
        """``config``: a record that passes its check. ``hello``: the thirteen integers of HELLO, mode look."""
        Receiver.__init__(self, HOST)
        self.hello = hello
        self.core = Core(config, 0)
        self.last = 0
        self.last_crc = 0
        self.kind = 0
        self.said = hello
        self.heard = 0
        self.sensor = [0] * 9
        self.command = [0] * 9

    def accept(self, now: int) -> int:
        """Judges the frame that was taken; what is to be done before ``reply``."""
        values = self.values
        kind = values[0]
        ahead = (self.sequence - self.last) & 127
        if kind != H_HELLO and self.kind:
            if ahead > 64:
                return NOTHING
            if ahead == 0:
                return ANSWER if self.crc == self.last_crc else NOTHING
        self.heard = now
        self.last = self.sequence
        self.last_crc = self.crc
        count = self.count
        code = A_LENGTH
        if kind == H_SENSOR:
            if count == 10:
                if self.hello[7] == HIL:
                    for i in range(9):
                        self.sensor[i] = values[i + 1]
                    self.kind = B_COMMAND
                    self.said = self.command
                    return TICK
                code = A_MODE
        elif kind == H_HELLO:
            if count == 5:
                return START
        elif kind != H_ALIVE and kind != H_LEAVE:
            code = A_KIND
        elif count == 1:
            code = A_DONE
        self.kind = B_ANSWER
        self.said = [code]
        return LEAVE if kind == H_LEAVE and code == A_DONE else ANSWER

    def greet(self) -> None:
        """Says who is there; unless armed, starts over in the mode that was asked for."""
        hello = self.hello
        if self.command[STATE] != ARMED:
            values = self.values
            mode = values[4]
            if values[1] != hello[0] or values[2] != hello[4] or values[3] != hello[5] or mode != HIL:
                mode = LOOK
            hello[7] = mode
            self.command = [0] * 9
            core = self.core
            # As a new core would be, in the old one's place: there is no room for two.
            SafetyFilter.__init__(core.filter, core.config, 0)
            core.law.start()
            core.restart()
        self.kind = B_HELLO
        self.said = hello

    def reply(self) -> bytearray:
        """The frame to send; the same again if the host asks again."""
        n = pack(self.frame, BOARD | self.last, self.kind, self.said, len(self.said))
        return self.frame[:n]

    def watch(self, now: int) -> int:
        """What is to be done without a frame: armed and alone for too long, a tick with the link lost."""
        if self.command[STATE] != ARMED or (now - self.heard) & 0x3FFFFFFF <= LINK_ms:
            return NOTHING
        sensor = self.sensor
        sensor[TIME_ms] = (sensor[TIME_ms] + self.core.config[TICK_ms]) & 0x3FFFFFFF
        sensor[SWITCHES] |= LINK_LOST
        sensor[MESSAGE] = 0
        # The reply that the host may yet ask for again stays as it was.
        self.command = self.command[:]
        return ALONE


def run(board: Board) -> None:
    """Serves the host over the micro:bit's UART until told to leave."""
    from microbit import running_time, uart

    todo = NOTHING
    while todo != LEAVE:
        todo = NOTHING
        if uart.any():
            # The rest of a frame in one go; a frame that stops short keeps the UART waiting for a millisecond or two.
            for byte in uart.read(board.frame[0] - board.n if board.n else 1):
                if board.take(byte):
                    todo = board.accept(running_time())
        else:
            todo = board.watch(running_time())
        if todo == TICK or todo == ALONE:  # noqa: SIM109 (a tuple takes room)
            sensor = board.sensor
            core = board.core
            core.filter.observe(sensor)
            event = core.message(sensor[MESSAGE], sensor[VALUE]) if sensor[MESSAGE] else 0
            core.finish(event, 0, sensor[CURRENT_uA], board.command)
        elif todo == START:
            board.greet()
        if todo != NOTHING and todo != ALONE:
            uart.write(board.reply())
