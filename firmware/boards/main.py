"""Becomes main.py on the Pico: starts the firmware if files.txt and every file it names are whole, else the prompt."""

import binascii
import hashlib
import os

from machine import Pin


def digest(path: str) -> str:
    """SHA-256 of a file, in hexadecimal."""
    whole = hashlib.sha256()
    part = bytearray(512)
    with open(path, "rb") as file:
        size = file.readinto(part)
        while size:
            whole.update(memoryview(part)[:size])
            size = file.readinto(part)
    return binascii.hexlify(whole.digest()).decode()


def hidden(path: str) -> bool:
    """True if the import of this .mpy would find something else first."""
    for other in (path[:-4], path[:-4] + ".py"):
        try:
            os.stat(other)
            return True
        except OSError:
            pass
    return False


def whole() -> bool:
    """True if the list ends as it should, and what it names is there, unchanged, and is what an import finds."""
    seen = 0
    with open("files.txt") as lines:
        for line in lines:
            word, path = line.split()
            if word == "complete":
                return int(path) == seen
            if digest(path) != word or hidden(path):
                return False
            seen += 1
    return False


def start() -> None:
    """Nothing is driven until the firmware, whole, does so."""
    # After a soft reset pins are as they were; 23 to 25 belong to the Pico itself.
    for pin in range(29):
        if not 23 <= pin <= 25:
            Pin(pin, Pin.IN)
    try:
        fit = whole()
    except (OSError, ValueError):
        fit = False
    if not fit:
        print("isostack: files missing or changed, nothing started: flash again")
        return
    from firmware.boards.pico import main
    from firmware.identity import IDENTITY

    main(IDENTITY)


start()
