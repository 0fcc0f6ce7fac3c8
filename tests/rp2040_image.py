"""The one reason to skip a test of the emulated Pico: there is no MicroPython image to run, and none was named."""

import pytest

from hil.emulated import rp2040
from twin.errors import InputError


def needed():
    """Path of the image; skips the test or file that asks, saying why. An image named wrongly is an error."""
    try:
        return rp2040.image()
    except InputError as error:
        if str(error).startswith("no RP2040 image"):
            pytest.skip(str(error), allow_module_level=True)
        raise
