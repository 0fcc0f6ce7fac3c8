"""The Raspberry Pi Pico: link over USB, the clock, the loop."""

import gc
import select
import sys
from time import ticks_ms

import micropython
from machine import WDT, mem32

from controller.fields import ACTUATOR_KIND
from controller.frames import C_WATCHDOG
from firmware.app import App
from firmware.drivers.watchdog import MOST_ms, Watchdog
from firmware.messages import R_GOOD
from firmware.store import Store
from firmware.wiring import pico as wiring

WRAP_ms = 0x3FFFFFFF
SESSION_ms = 2000
CTRL_C = 3
RETURN = 13
RECORD = "/record"
WATCHDOG_CTRL_CLEAR = 0x4005B000
WATCHDOG_ENABLE = 0x40000000


class UsbPort:
    """The link over the USB serial port; neither side of it ever waits."""

    def __init__(self) -> None:
        self.buffer = bytearray(64)
        self.one = bytearray(1)
        self.input = sys.stdin.buffer
        self.output = sys.stdout.buffer
        self.readable = select.poll()
        self.readable.register(sys.stdin, select.POLLIN)
        self.writable = select.poll()
        self.writable.register(sys.stdout, select.POLLOUT)
        self.session = 0
        self.last = 0
        self.interrupted = 0
        # The interpreter's own ctrl-C would take any byte 3 out of a frame.
        micropython.kbd_intr(-1)

    def has(self, poll) -> int:
        """1 if the stream of ``poll`` is ready."""
        for _ in poll.ipoll(0):
            return 1
        return 0

    def read(self) -> int:
        """Puts what has arrived, up to 64 bytes, into ``buffer``; how many.

        Outside a session, ctrl-C after a return or another ctrl-C interrupts: so tools get in, and people. No
        hello that opens a session has these two bytes in a row. What comes after them is left to the prompt.
        """
        n = 0
        one = self.one
        while n < 64 and self.has(self.readable):
            self.input.readinto(one)
            byte = one[0]
            if byte == CTRL_C and (self.last == CTRL_C or self.last == RETURN) and not self.session:
                self.interrupted = 1
                return n
            self.last = byte
            self.buffer[n] = byte
            n += 1
        return n

    def write(self, buffer: bytearray, n: int) -> None:
        """Sends the first ``n`` bytes, or as many as there is room for: a host that does not read costs no time."""
        one = self.one
        for i in range(n):
            if not self.has(self.writable):
                return
            one[0] = buffer[i]
            self.output.write(one)

    def close(self) -> None:
        """Gives ctrl-C back to the interpreter."""
        micropython.kbd_intr(CTRL_C)


def free() -> int:
    """Bytes of heap that are free, after collecting if they are few."""
    have = gc.mem_free()
    if have < wiring.LEAST_FREE:
        gc.collect()
        have = gc.mem_free()
    return have


def main(identity: tuple) -> None:
    """Runs until the host says LEAVE, or interrupts outside a session; an error is left to the watchdog.

    ``identity``: major, minor, patch, build.
    """
    wiring.quiet()
    port = UsbPort()
    store = Store(RECORD, wiring.BOARD)
    kept = store.load() == R_GOOD
    hardware = WDT(timeout=MOST_ms)
    machine = wiring.build(store.config[ACTUATOR_KIND], Watchdog(hardware.feed, free, wiring.LEAST_FREE))
    # The defaults arm nothing, whatever the wiring: only a stored record is held against it.
    found = machine.unfit(store.config) if kept else 0
    if wiring.bitten():
        found |= C_WATCHDOG
    try:
        app = App(port, machine, store, identity, found)
        gc.collect()
        loop(app, machine, port)
    finally:
        machine.safe()
        port.close()
    # Back at the prompt nobody feeds.
    mem32[WATCHDOG_CTRL_CLEAR] = WATCHDOG_ENABLE


def loop(app: App, machine, port: UsbPort) -> None:
    """Turns until it is to end; it never sleeps. A session is on from the first good frame to two seconds of silence.

    A link that is lost for less is no end to it: the host's next frame may hold what looks like ctrl-C.
    """
    while not app.leave and not port.interrupted:
        now = ticks_ms() & WRAP_ms  # type: ignore[operator]  # an integer, which the stub keeps to itself
        machine.follow(app.config)
        app.poll(now)
        if not app.lost:
            port.session = 1
        elif (now - app.heard) & WRAP_ms >= SESSION_ms:
            port.session = 0
