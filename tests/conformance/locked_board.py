"""The firmware on a hosted board, its heap locked from the first turn after the session is set up."""

import micropython

from firmware.boards import hosted

SET_UP = 10  # turns: hello, seven parts of the configuration, store, hello


class Port(hosted.Port):
    """Locks the heap when the time has come."""

    turn = 0

    def begin(self):
        self.turn += 1
        if self.turn == SET_UP + 1:
            micropython.heap_lock()
        return super().begin()


hosted.Port = Port
try:
    hosted.main()
except MemoryError:
    while micropython.heap_unlock():  # so that it can be told
        pass
    raise
