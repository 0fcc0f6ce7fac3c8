"""An RP2040 under rp2040py: MicroPython from a UF2, its serial console over USB, its pins, its own time."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware.host.extras import EMULATORS
from hil.transport import LinkLostError
from twin.errors import InputError

IMAGE = "ISOSTACK_RP2040_UF2"
VERSION = "1.24.1"
RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
BOOT_ms = 5_000
SLICE_ns = 250_000
UF2 = b"UF2\n"
ROOM = 500  # of the emulator's 512-byte queue towards the chip


def image() -> Path:
    """The MicroPython image: from the environment, else fetched.

    Raises
    ------
    twin.errors.InputError
        Beginning "no RP2040 image", if there is none; otherwise if the one named is not one.
    """
    named = os.environ.get(IMAGE)
    if named:
        path = Path(named)
        if not path.is_file():
            raise InputError(f"{IMAGE}={named} is no file: name MicroPython's UF2 for the Pico")
        with path.open("rb") as file:
            if file.read(4) != UF2:
                raise InputError(f"{IMAGE}={named} is no UF2: name MicroPython's for the Pico")
        return path
    fetched = _fetched()
    if fetched is None:
        raise InputError(f"no RP2040 image: set {IMAGE} to MicroPython's UF2 for the Pico, or connect to the internet")
    return fetched


def _fetched() -> Path | None:
    """What rp2040py fetches or has fetched, if anything."""
    firmware = _import("rp2040py.utils.firmware_retrieve")
    try:
        path = firmware.retrieve(firmware.MICROPYTHON, VERSION)
    except (OSError, ValueError, SystemExit):
        return None
    return Path(path) if path else None


def _import(name: str) -> Any:
    """A module of the emulator; InputError where it is not installed."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"the emulated Pico needs rp2040py ({error}): {EMULATORS}") from error


class Chip:
    """One RP2040. Time stands still but for `advance`.

    Attributes
    ----------
    mcu : Any
        rp2040py's own object: `gpio`, `adc`, `pwm`, `watchdog`.
    resets : int
        By the watchdog or by software since it was switched on.
    """

    def __init__(self, uf2: Path, flash: bytes | None = None) -> None:
        """Power on, with a copy of ``flash`` if given."""
        batch, bootrom, load, simulator, cdc = (
            _import(f"rp2040py.{name}")
            for name in ("execute_batch", "device.bootrom", "device.load_flash", "simulator", "usb.cdc")
        )
        logging.getLogger("rp2040py").setLevel(logging.ERROR)
        self._batch = batch.execute_batch
        self._simulator = simulator.Simulator(rp2040=_import("rp2040py.rp2040").RP2040())
        self.mcu = self._simulator.rp2040
        log = _import("rp2040py.utils.logging")
        self.mcu.logger = log.ConsoleLogger(log.LogLevel.ERROR)
        self.mcu.load_bootrom(bootrom.BOOTROM_B1)
        try:
            load.load_uf2(uf2, self.mcu)
        except (ValueError, OSError) as error:
            raise InputError(f"no RP2040 image: {uf2} is no UF2 for the Pico ({error})") from error
        if flash is not None:
            self.mcu.flash[:] = flash
        self._clock = self._simulator.clock
        self._stop = self._clock.create_alarm(self._simulator.stop)
        self._cdc = cdc.USBCDC(self.mcu.usb_ctrl)
        self._cdc.on_serial_data = self._hear
        self._cdc.on_device_connected = self._connect
        self._out = bytearray()
        self._in = bytearray()
        self.plugged = True
        self.connections = 0
        self.resets = 0
        self.mcu.watchdog.on_watchdog_trigger = self._reset
        self.mcu.core.pc = _import("rp2040py.memory_map").FLASH_START_ADDRESS

    # --- time -------------------------------------------------------------------------------------------------

    @property
    def now_ns(self) -> float:
        """Time since power-on [ns]."""
        return float(self._clock.nanos)

    def advance(self, nanos: float) -> None:
        """Let the chip run for so long."""
        while nanos > 0:
            self._feed()
            part = min(nanos, SLICE_ns) if self._out else nanos
            self._run(part)
            nanos -= part

    def _run(self, nanos: float) -> None:
        self._stop.schedule(nanos)
        self._simulator.stopped = False
        while not self._simulator.stopped:
            self._batch(self._simulator, 1)

    def until(self, met: Callable[[], bool], limit_ms: float) -> bool:
        """Run in slices until ``met()``, for ``limit_ms`` at most; whether it was."""
        end = self.now_ns + limit_ms * 1e6
        while not met():
            if self.now_ns >= end:
                return False
            self.advance(SLICE_ns)
        return True

    def _reset(self) -> None:
        self.resets += 1
        self.mcu.enter_reset(from_watchdog=True)
        self.mcu.leave_reset()

    # --- serial -----------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.connections += 1
        self._out.clear()

    def _hear(self, data: bytes) -> None:
        if self.plugged:
            self._in += data

    def _feed(self) -> None:
        n = min(len(self._out), max(0, ROOM - self._cdc.tx_fifo.item_count))
        for byte in self._out[:n]:
            self._cdc.send_serial_byte(byte)
        del self._out[:n]

    def send(self, data: bytes) -> None:
        """Bytes to the chip; lost while unplugged."""
        if self.plugged:
            self._out += data

    def take(self) -> bytes:
        """Bytes from the chip since the last call."""
        data = bytes(self._in)
        self._in.clear()
        return data

    # --- the prompt -------------------------------------------------------------------------------------------

    def prompt(self) -> None:
        """Interrupt whatever runs and enter the raw prompt. Raises InputError if there is none."""
        seen = bytearray()

        def ready() -> bool:
            seen.extend(self.take())
            return seen.endswith(RAW_PROMPT)

        for _ in range(5):
            self.send(b"\r\x03\x03\x01")
            if self.until(ready, BOOT_ms / 5):
                return
        raise InputError(
            f"the emulated Pico gives no prompt: is {IMAGE} MicroPython for the Pico? it said {seen[-80:]!r}"
        )

    def execute(self, source: str, limit_ms: float = 10_000) -> str:
        """What ``source`` prints at the raw prompt; InputError if it raises or takes too long."""
        seen = bytearray()
        self.take()
        self.send(source.encode() + b"\x04")

        def done() -> bool:
            seen.extend(self.take())
            return seen.count(b"\x04") >= 2 and seen.endswith(b">")

        if not self.until(done, limit_ms):
            raise InputError(f"the emulated Pico does not answer; it said {bytes(seen[-200:])!r}")
        out, error, _ = seen.removeprefix(b"OK").split(b"\x04", 2)
        if error:
            raise InputError(f"the emulated Pico: {error.decode(errors='replace').strip().splitlines()[-1]}")
        return out.decode().replace("\r\n", "\n")

    def write_files(self, files: Mapping[str, bytes]) -> None:
        """Put files on the chip's file system, at the raw prompt."""
        folders: set[str] = set()
        self.execute("import os")
        for path, data in files.items():
            parts = path.strip("/").split("/")[:-1]
            for n in range(1, len(parts) + 1):
                folder = "/".join(parts[:n])
                if folder not in folders:
                    folders.add(folder)
                    self.execute(f"try:\n os.mkdir({folder!r})\nexcept OSError: pass")
            self.execute(f"f=open({path!r},'wb')")
            for i in range(0, len(data), 512):
                self.execute(f"f.write({data[i : i + 512]!r})")
            self.execute("f.close()")

    def restart(self) -> None:
        """Switch off and on again; the flash keeps what it has."""
        self.mcu.enter_reset()
        self.mcu.leave_reset()

    @property
    def flash(self) -> bytes:
        """What the flash holds."""
        return bytes(self.mcu.flash)


class Wire:
    """The chip's USB cable as a transport; waiting lets the chip's time pass."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def send(self, data: bytes) -> None:
        """To the chip."""
        if not self._chip.plugged:
            raise LinkLostError("the emulated Pico is unplugged")
        self._chip.send(data)

    def receive(self, timeout_s: float) -> bytes:
        """From the chip; ``timeout_s`` is its time."""
        end = self._chip.now_ns + timeout_s * 1e9
        while True:
            data = self._chip.take()
            if data or self._chip.now_ns >= end:
                return data
            self._chip.advance(SLICE_ns)

    def close(self) -> None:
        """Nothing to let go of."""
