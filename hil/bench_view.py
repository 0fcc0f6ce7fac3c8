"""The bench on screen: pressure, state, permits, every reason that blocks arming, and what was said."""

from collections.abc import Sequence

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from controller import vocabulary
from controller.frames import (
    ARMED,
    BLOCKS,
    C_POSITION,
    COMPRESS_LIMIT,
    COUNTS,
    ENERGISED,
    FAULTS,
    OUTPUTS,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    POSITION,
    RETRACT_LIMIT,
    STATE,
    STOP_PRESSED,
    SWITCHES,
    TRIPPED,
    TRIPS,
    WARNINGS,
    CURRENT_uA,
    PRESSURE_hPa,
    SETPOINT_hPa,
)
from hil.bench import Bench, Note, blocking
from hil.scaling import hPa_per_MPa

SHOWN = 8
LOOK = {ARMED: "bold green", TRIPPED: "bold red"}


def view(bench: Bench, typed: str = "") -> Group:
    """Everything for one screen."""
    said = Text("\n").join(_said(note) for note in bench.notes[-SHOWN:])
    return Group(
        _numbers(bench),
        _reasons(bench),
        Panel(said, title="said", title_align="left"),
        Text(f"> {typed}_   (help, Esc: emergency stop)"),
    )


def plain(note: Note) -> str:
    """A note as a line of a script's output."""
    return f"{'! ' if note.bad else ''}{note.text}"


def _said(note: Note) -> Text:
    return Text(note.text, style="red" if note.bad else "")


def _numbers(bench: Bench) -> Table:
    table = Table.grid(padding=(0, 3))
    if bench.latest is None:
        table.add_row("no telemetry yet")
        return table
    sensor, command = bench.latest
    state = command[STATE]
    known = not command[FAULTS] & C_POSITION and bench.um_per_count > 0
    where = f"{command[POSITION] * bench.um_per_count:.2f} um" if known else "unknown"
    table.add_row("pressure", Text(f"{command[PRESSURE_hPa] / hPa_per_MPa:.4f} MPa", style="bold"),
                  "setpoint", f"{command[SETPOINT_hPa] / hPa_per_MPa:.4f} MPa")  # fmt: skip
    table.add_row("state", Text(vocabulary.STATES[state], style=LOOK.get(state, "")),
                  "position", where)  # fmt: skip
    table.add_row("current", f"{sensor[CURRENT_uA] / 1000:.3f} mA", "load cell", f"{sensor[COUNTS]} counts")
    table.add_row("permits", permits(command), "actuator", "energised" if command[OUTPUTS] & ENERGISED else "off")
    table.add_row("switches", switches(sensor), "", "")
    return table


def permits(command: Sequence[int]) -> str:
    """Which of the cycler's permits are high."""
    pairs = ((PERMIT_CHARGE, "charge"), (PERMIT_DISCHARGE, "discharge"))
    return ", ".join(name for bit, name in pairs if command[OUTPUTS] & bit) or "none"


def switches(sensor: Sequence[int]) -> str:
    """Which switches are active."""
    pairs = ((RETRACT_LIMIT, "retract"), (COMPRESS_LIMIT, "compress"), (STOP_PRESSED, "stop"))
    return ", ".join(name for bit, name in pairs if sensor[SWITCHES] & bit) or "none"


def _reasons(bench: Bench) -> Panel:
    command = bench.latest.command if bench.latest else None
    lines: list[Text] = []
    if command is not None and command[FAULTS]:
        lines += [Text(f"fault    {text}", style="red") for text in blocking(command[FAULTS] & TRIPS)]
        lines += [Text(f"warning  {text}", style="yellow") for text in blocking(command[FAULTS] & WARNINGS)]
    if command is not None and command[STATE] != ARMED:
        lines += [
            Text(f"blocks   {text}") for text in blocking(command[BLOCKS] & ~(command[FAULTS] & (TRIPS | WARNINGS)))
        ]
    return Panel(Text("\n").join(lines) if lines else Text("none"), title="reasons", title_align="left")
