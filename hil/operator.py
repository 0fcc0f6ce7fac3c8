"""The person at the bench, as a script: confirms the position, sets the setpoint, arms."""

from controller.frames import (
    BLOCKS,
    C_POSITION,
    E_DONE,
    EVENT,
    FAULTS,
    IDLE,
    M_ARM,
    M_CONFIRM,
    M_HOME,
    M_JOG,
    M_SETPOINT,
    MOVE,
    POSITION,
    STATE,
)

NOTHING = (0, 0, 0)


class Operator:
    """Sends at most one message per tick, and only until the controller has been armed.

    Attributes
    ----------
    message : tuple of int
        Kind, key and value for the next sensor frame.
    waiting : bool
        Whether there is still something to bring about.
    """

    def __init__(self, setpoint_hPa: int, *, confirm: bool, home: bool = False, short: int = 0) -> None:
        """``confirm``: the operator knows that the screw stands at 0, as assembled.

        ``home``: homes it, and jogs back to ``short`` counts before 0, again where a jog ends on the way; the approach
        from there is the controller's.
        """
        self._place = -short
        self._steps = [(M_HOME, 0, 0)] if home else [(M_CONFIRM, 0, 0)] if confirm else []
        self._unready = C_POSITION if home else 0
        self._steps.append((M_SETPOINT, 0, setpoint_hPa))
        self.message = NOTHING
        self.waiting = True

    def see(self, command: list[int]) -> None:
        """Look at the answer of this tick and decide on the message of the next."""
        sent = self.message
        self.message = NOTHING
        if command[STATE] != IDLE:
            self.waiting = False
        elif self._steps:
            if sent == self._steps[0] and command[EVENT] == E_DONE:
                self._steps.pop(0)
            self.message = self._steps[0] if self._steps else NOTHING
        elif command[FAULTS] & self._unready:
            return
        elif self._unready and command[POSITION] != self._place:
            if command[MOVE] == 0:
                self.message = (M_JOG, 0, self._place - command[POSITION])
        elif command[BLOCKS] == 0:
            self.message = (M_ARM, 0, 0)
