"""The Raspberry Pi Pico: link over USB, the clock, the loop."""

import gc
import select
import sys

import micropython
from machine import WDT, mem32
from time import ticks_ms

from controller.fields import ACTUATOR_KIND
from controller.frames import C_WATCHDOG
from firmware.app import App
from firmware.drivers.watchdog import MOST_ms, Watchdog
from firmware.store import Store
from firmware.wiring import pico as wiring

WRAP_ms = 0x3FFFFFFF
SESSION_ms = 2000
CTRL_C = 3
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

    def has(self, poll) -> int:
        """1 if the stream of ``poll`` is ready."""
        for _ in poll.ipoll(0):
            return 1
        return 0

    def read(self) -> int:
        """Puts what has arrived, up to 64 bytes, into ``buffer``; how many."""
        n = 0
        one = self.one
        while n < 64 and self.has(self.readable):
            self.input.readinto(one)
            self.buffer[n] = one[0]
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

    def attend(self, session: int) -> None:
        """While a session is on, 3 is a byte like any other; otherwise it interrupts, so that tools get in."""
        if session != self.session:
            self.session = session
            micropython.kbd_intr(-1 if session else CTRL_C)


def free() -> int:
    """Bytes of heap that are free, after collecting if they are few."""
    have = gc.mem_free()
    if have < wiring.LEAST_FREE:
        gc.collect()
        have = gc.mem_free()
    return have


def main(identity: tuple) -> None:
    """Runs until the host says LEAVE, or interrupts outside a session; any other end is left to the watchdog.

    ``identity``: major, minor, patch, build.
    """
    wiring.quiet()
    port = UsbPort()
    store = Store(RECORD, wiring.BOARD)
    store.load()
    hardware = WDT(timeout=MOST_ms)
    machine = wiring.build(store.config[ACTUATOR_KIND], Watchdog(hardware.feed, free, wiring.LEAST_FREE))
    found = machine.unfit(store.config)
    if wiring.bitten():
        found |= C_WATCHDOG
    try:
        app = App(port, machine, store, identity, found)
        gc.collect()
        loop(app, machine, port)
    except KeyboardInterrupt:
        pass
    finally:
        machine.safe()
        port.attend(0)
    # Back at the prompt nobody feeds.
    mem32[WATCHDOG_CTRL_CLEAR] = WATCHDOG_ENABLE


def loop(app: App, machine: object, port: UsbPort) -> None:
    """Turns until the host says LEAVE; it never sleeps."""
    while not app.leave:
        now = ticks_ms() & WRAP_ms
        machine.follow(app.config)
        app.poll(now)
        port.attend(not app.lost and (now - app.heard) & WRAP_ms < SESSION_ms)
