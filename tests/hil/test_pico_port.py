"""The emulated Pico behind a serial port of this machine: what real clients do to a real one."""

import subprocess
import sys

import pytest
import rp2040_image
import serial

from firmware import messages as m
from firmware.link import BOARD, HOST, Receiver, pack
from hil.boards import pico
from hil.emulated import rp2040
from hil.emulated.pty_port import PtyPort

rp2040_image.needed()

GENEROUS_s = 60


@pytest.fixture
def port():
    chip = rp2040.Chip(rp2040.image(), pico._flash())
    chip.advance(1e9)
    with PtyPort(chip) as port:
        yield port


def mpremote(port, *words):
    command = [sys.executable, "-m", "mpremote", "connect", port.name, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=GENEROUS_s, check=True).stdout


def test_the_firmware_answers_over_a_serial_port(port):
    frame = bytearray(64)
    receiver = Receiver(BOARD)
    with serial.Serial(port.name, timeout=GENEROUS_s) as wire:
        wire.write(frame[: pack(frame, HOST | 1, m.H_HELLO, [m.PROTOCOL, 0, 0, m.LOOK], 4)])
        while not receiver.take(wire.read(1)[0]):
            pass
    assert receiver.values[0] == m.B_HELLO
    assert receiver.values[5] == pico.firmware().build


def test_mpremote_gets_in_while_the_firmware_runs(port):
    assert mpremote(port, "exec", "print(6 * 7)").strip() == "42"
    assert "firmware" in mpremote(port, "fs", "ls")
