"""What goes on a micro:bit: core, law, filter and a minimal link, made to fit 16 KB of RAM with its interpreter.

Its MicroPython compiles from source on the board, in the heap that the program then lives in. So the program comes in
pieces small enough to be compiled, without the modules that only name constants, and by names that the firmware has
in ROM already. The sources themselves know nothing of this.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from controller import fields, frames
from controller.configuration import DEFAULT, check, checksum
from controller.fields import CHECKSUM, RESPONSE_256, POLICY_THRESHOLD_uA
from controller.vocabulary import explain
from firmware import link, messages
from firmware.boards import microbit as board
from firmware.host import build, sources
from firmware.host.errors import FirmwareError
from firmware.host.fold import constants_of, fold
from firmware.host.minify import minify
from firmware.host.shrink import Names, join, pieces, rename, without_unused

PROGRAM = (
    "controller/clamp.py",
    "controller/scale.py",
    "controller/safety.py",
    "controller/law.py",
    "controller/core.py",
    "firmware/link.py",
    "firmware/boards/microbit.py",
)
LEFT_OFF = {
    "controller/configuration.py": "the record is checked by the host, which asks for it by its CRC",
    "controller/controller.py": "tare and parameters: the record cannot be changed on the board",
    "controller/manual.py": "jog and homing: there are no pins",
    "controller/response.py": "response check (S12), contact and approach budget: no room; a stalled motor shows only "
    "at the permit windows",
    "controller/policy.py": "a setpoint that follows the current: no room; a file that asks for one is refused",
    "controller/fields.py, controller/frames.py, firmware/messages.py": "constants, folded into what uses them",
    "controller/vocabulary.py": "words for people, on the host only",
    "firmware/app.py": "mode bench, configuration over the link: firmware/boards/microbit.py stands in",
    "firmware/store.py": "no records are kept on the board",
    "firmware/machine.py, firmware/drivers, firmware/wiring": "no pins: it runs against the twin only",
}
"""What a micro:bit does without, and why."""

# Names that the interpreter has in ROM cost no RAM; the first ones, among its first 128, are one byte each in bytecode.
WORDS = (
    *(f"pin{i}" for i in (*range(17), 19, 20)), *(f"CLOCK{i}" for i in range(1, 13)),
    *(f"ARROW_{way}" for way in ("N", "NE", "E", "SE", "S", "SW", "W", "NW")),
    "HEART", "HAPPY", "SAD", "SMILE", "CONFUSED", "ANGRY", "ASLEEP", "SURPRISED", "SILLY", "MEH", "YES", "NO", "this",
    "love", "unused", "touch", "image", "width", "height", "invert", "fill", "blit", "authors", "panic", "button",
    "audio_play", "get_mode", "get_pull", "set_pull", "set_pixel", "get_pixel", "monospace", "shift_up", "shift_left",
    "append", "clear", "copy", "count", "extend", "find", "format", "index", "insert", "join", "keys", "lower",
    "remove", "replace", "reverse", "sort", "split", "start", "step", "stop", "update", "upper", "values", "get",
    "items", "popitem", "discard", "add", "seed", "choice", "randint", "uniform", "speed", "pitch", "play",
)  # fmt: skip
# A file's name is a string of the interpreter's, too.
PIECES = "source"
CONFIG = "config"
MAIN = "main.py"
# Optimisation level 3 leaves line numbers out of the bytecode. While a program runs, its parse tree stays: hence short.
LOADER = f"""import gc
for n in'{CONFIG}','{PIECES}':
 f=open(n);n=f.read(3)
 while n:gc.collect();exec(f.read(int(n)));n=f.read(3)
f=0
{{run}}({{Board}}({{CONFIG}},{{HELLO}}))
"""
# From its first moment, a byte of a frame is no Ctrl-C.
SETUP = "from micropython import kbd_intr,opt_level\nkbd_intr(-1)\nopt_level(3)\n"


def program(root: Path = sources.ROOT) -> tuple[list[str], Names]:
    """The program in pieces, to be run in one namespace, and the names that its own became."""
    texts = [(root / path).read_text(encoding="utf-8") for path in PROGRAM]
    constants = constants_of(fields, frames, messages, link, board)
    whole = without_unused(join(fold(text, constants) for text in texts))
    short, names = rename(minify(whole), WORDS)
    return [minify(part) for part in pieces(short)], names


def bundle(configuration: Sequence[int] = DEFAULT, root: Path = sources.ROOT) -> dict[str, str]:
    """Files of a micro:bit that runs ``configuration``, in the order in which they are to be written.

    Raises
    ------
    FirmwareError
        If the controller refuses the configuration.
    """
    record = list(configuration)
    if code := check(record):
        raise FirmwareError(f"micro:bit: the controller refuses this configuration: {explain(code)}")
    if checksum(record) != record[CHECKSUM]:
        raise FirmwareError("micro:bit: the configuration's checksum is wrong")
    if record[POLICY_THRESHOLD_uA]:
        raise FirmwareError('micro:bit: has no pressure policy: set control.policy = "constant", or take another board')
    parts, names = program(root)
    spare = [word for word in WORDS if word not in names.variables.values()]
    main = LOADER.format_map({**names.variables, "CONFIG": spare[0], "HELLO": spare[1]})
    text = "".join(map(_counted, parts))
    # From the response check on, only what the board leaves off reads the record.
    lists = zip(spare, (record[:RESPONSE_256], hello(record, number({PIECES: text, MAIN: main}))), strict=False)
    settings = [SETUP, *(f"{name}={value}\n".replace(" ", "") for name, value in lists)]
    # main.py comes last: a board with half of the rest does not start.
    return {CONFIG: "".join(map(_counted, settings)), PIECES: text, MAIN: main}


def number(files: Mapping[str, str]) -> int:
    """The build that a board with these files says it is: all but its configuration count."""
    return build.build_number({path: text.encode() for path, text in files.items() if path != CONFIG})


def _counted(piece: str) -> str:
    """A piece with its length before it, three digits."""
    return f"{len(piece):03d}{piece}"


def hello(record: Sequence[int], build_number: int) -> list[int]:
    """What the board says of itself (docs/contracts.md, HELLO)."""
    checked = record[CHECKSUM]
    return [messages.PROTOCOL, *build.version(), build_number, checked, 2, messages.LOOK, 0, messages.R_GOOD, 0, 0, 0]
