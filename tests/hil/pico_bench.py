"""What tests of the emulated Pico share."""

import os

from hil.boards import pico
from hil.emulated import rp2040
from hil.emulated.hx711_device import Hx711Device

EVIDENCE = os.environ.get("ISOSTACK_EVIDENCE") == "1"


def at_prompt():
    """A Pico with the firmware on its file system, at the raw prompt, an HX711 wired up."""
    chip = rp2040.Chip(rp2040.image(), pico._flash())
    chip.prompt()
    return chip


def with_hx711(chip, dout=3, sck=2):
    device = Hx711Device(chip.mcu.gpio[dout].set_input_value, lambda: chip.now_ns)
    chip.mcu.gpio[sck].add_listener(lambda new, _: device.sck(int(new) == 1))
    return device


class Edges:
    """Every rising edge of STEP with its time and direction, every change of DIR."""

    def __init__(self, chip, step=6, direction=7):
        self.rising, self.turns, self.falling = [], [], []
        pins = chip.mcu.gpio

        def stepped(new, _):
            if int(new) == 1:
                self.rising.append((chip.now_ns, int(int(pins[direction].value) == 1)))
            else:
                self.falling.append(chip.now_ns)

        pins[step].add_listener(stepped)
        pins[direction].add_listener(lambda new, _: self.turns.append(chip.now_ns))

    def clear(self):
        self.rising.clear()
        self.turns.clear()
        self.falling.clear()
