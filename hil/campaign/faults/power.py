"""Faults of the board itself: its power, its main loop, its record."""

from abc import ABC, abstractmethod

from controller.frames import IDLE, M_ARM, MESSAGE, STATE
from hil.boards import Board
from hil.campaign.faults.base import BEFORE_ARMING, Fault, Scene, known
from hil.campaign.firmware_board import FirmwareBoard

REBOOT_ms = 200
TRIES_TO_ARM_S = (3.0, 6.0, 9.0)


class _Once(Fault, ABC):
    """Done to the board once, at the fault's moment."""

    needs_firmware = True

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._done = False

    def act(self, t: float, board: Board) -> None:
        """Do it, once."""
        if not self._done:
            self._done = True
            assert isinstance(board, FirmwareBoard)
            self.do(board)

    @abstractmethod
    def do(self, board: FirmwareBoard) -> None:
        """What is done."""


class _Rearms(_Once):
    """Somebody tries to arm a board that has come back disarmed."""

    def __init__(self, severity: float, scene: Scene) -> None:
        super().__init__(severity, scene)
        self._left = list(TRIES_TO_ARM_S)

    def sense(self, t: float, frame: list[int]) -> None:
        """Arm, without a look at anything."""
        if self._left and t >= self._left[0]:
            self._left.pop(0)
            if self.scene.command[STATE] == IDLE:
                frame[MESSAGE] = M_ARM


class BrownOut(_Rearms):
    """The power fails while the motor turns, and comes back."""

    kind, key, bounds, in_a_stroke = "brown_out", "for_ms", (1, 1e6), True
    what = "the power fails in mid-stroke and comes back"

    def do(self, board: FirmwareBoard) -> None:
        """Cut it at the next move, where there is something to move."""
        board.cut(round(self.severity), in_a_stroke=self.scene.steps_per_MPa > 0)


class Hang(_Once):
    """The main loop stands still; over half a second the watchdog bites."""

    kind, key, bounds, in_a_stroke = "board_hang", "for_ms", (1, 1e6), True
    what = "the main loop stands still; over 500 ms the watchdog bites"

    def do(self, board: FirmwareBoard) -> None:
        """Stand still."""
        board.hang(round(self.severity))


class RecordStored(_Rearms):
    """Bits of the stored record have flipped when the board boots again."""

    kind, key, bounds, whole, refusable = "record_stored", "flipped_bits", (1, 1000), True, True
    what = "bits of the stored record have flipped at the next boot"

    def do(self, board: FirmwareBoard) -> None:
        """Flip and boot."""
        board.corrupt(round(self.severity), self.scene.draw)
        board.cut(REBOOT_ms)


class RecordInMemory(_Once):
    """Bits of the record flip in memory while it is in use."""

    kind, key, bounds, whole, refusable = "record_in_memory", "flipped_bits", (1, 1000), True, True
    what = "bits of the record flip in memory while armed"

    def do(self, board: FirmwareBoard) -> None:
        """Flip."""
        board.rot(round(self.severity), self.scene.draw)


class DriverBits(_Once):
    """The board's output has fewer bits than the record was made for."""

    kind, key, bounds, whole = "driver_bits", "fewer_bits", (1, 7), True
    what = "the regulator's driver has so many bits less than the record was made for"
    needs_actuator, needs_regulator, needs_firmware = True, True, True
    whens, refusable = (BEFORE_ARMING,), True

    def do(self, board: FirmwareBoard) -> None:
        """Boot once more, on the other wiring."""
        board.rewire(board.regulator_bits - round(self.severity))


KINDS = known(BrownOut, Hang, RecordStored, RecordInMemory, DriverBits)
