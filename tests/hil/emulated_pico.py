"""An emulated Pico on a pseudo-terminal, in a process of its own: `python emulated_pico.py IMAGE.uf2`.

Says the path of its port, then takes one word per line: `driven` (which pins it drives), `cut` (power off and on),
`keep` (its flash, as it is) and `back` (to what was kept, and power on). Answers each with the pins it then drives.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rp2040py.boards import resolve_board_spec
from rp2040py.cli.pty_repl import PtyInteractiveRepl
from rp2040py.device import MicroPythonDevice
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.utils.firmware_retrieve import MICROPYTHON

FREE = [pin for pin in range(29) if not 23 <= pin <= 25]  # 23 to 25 belong to the Pico itself


@asynccontextmanager
async def emulated(image: Path) -> AsyncIterator[tuple[MicroPythonDevice, str]]:
    """A running Pico and the path of its port."""
    device = MicroPythonDevice(board=resolve_board_spec("pico", MICROPYTHON, str(image)))
    async with device:
        console = PtyInteractiveRepl(device.cdc, device.simulator, on_quit=lambda code: None)
        await console.start()
        try:
            yield device, str(console.slave_path)
        finally:
            await console.stop()


def driven(device: MicroPythonDevice) -> list[int]:
    """Numbers of the pins that are driven high or low."""
    return [pin for pin in FREE if device.mcu.gpio[pin].value in (GPIOPinState.LOW, GPIOPinState.HIGH)]


async def serve(image: Path) -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    words = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    kept = b""
    async with emulated(image) as (device, port):
        print(json.dumps(port), flush=True)
        while word := (await words.readline()).decode().strip():
            if word == "keep":
                kept = bytes(device.mcu.flash)
            elif word == "back":
                device.mcu.flash[:] = kept
            if word in ("cut", "back"):
                await device.ahard_reset()
            print(json.dumps(driven(device)), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
