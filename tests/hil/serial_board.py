"""The firmware's App behind a real serial port: a pseudo-terminal, served by a thread on the machine's clock."""

import os
import select
import threading
import time
import tty

from fake_board import FakeBoard

from firmware.host import build


def real_identity():
    """The identity that a Pico built from these sources has."""
    image = build.image("pico")
    return (*image.version, image.build)


class SerialBoard:
    """A board in memory at the end of ``port``, for a ``with`` statement; its screw loads its load cell.

    ``unplug_when(board)`` is asked after every turn: once it says yes, the cable is out.
    """

    zero, counts_per_N, N_per_step = 33_554, 1677.7216, 0.62

    def __init__(self, *, identity=None, files=None, force_N=0.0, unplug_when=lambda board: False):
        self.board = FakeBoard(counts=self.zero, files=files, identity=identity or real_identity(), now=self.now())
        self.force_N, self.unplug_when = force_N, unplug_when
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self.plugged, self.over = True, False
        self.thread = threading.Thread(target=self.serve, daemon=True)

    @staticmethod
    def now():
        return time.monotonic_ns() // 1_000_000 % 2**30

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.unplug()

    def unplug(self):
        if self.plugged:
            self.plugged = False
            os.close(self.slave)
            os.close(self.master)

    def serve(self):
        board, machine = self.board, self.board.machine
        while not self.over:
            ready = self.plugged and select.select([self.master], [], [], 0.005)[0]
            if ready:
                board.send(os.read(self.master, 4096))
            board.now = self.now()
            machine.counts = self.zero + round(self.counts_per_N * (self.force_N + self.N_per_step * machine.screw))
            board.poll()
            out, board.port.outward = board.port.outward, b""
            if out and self.plugged:
                os.write(self.master, out)
            if self.unplug_when(board):
                self.unplug()
