"""The columns of a log, in one place: name, width, unit and meaning.

A row is one control tick. The first nine columns are Battery Data Format's canonical labels, as it defines them; the
tenth is one of its later labels, which `batterydf` 0.1 does not know. Then come channels of our own in the same
manner of naming, then the frame pair: what went to the board and what came back. `batterydf` ignores columns that it
does not know, so one table is both a Battery Data Format table and a complete replay.

Current is positive in discharge. The Battery Data Format leaves the sign open, so every log states it in
its metadata.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

CURRENT_SIGN: Final = "positive current is discharge"

TIME: Final = "Test Time / s"
VOLTAGE: Final = "Voltage / V"
CURRENT: Final = "Current / A"
PRESSURE: Final = "Applied Pressure / Pa"
AMBIENT: Final = "Ambient Temperature / degC"
SURFACE: Final = "Surface Temperature T1 / degC"
CYCLE: Final = "Cycle Count / 1"
STEP_COUNT: Final = "Step Count / 1"
STEP_INDEX: Final = "Step Index / 1"
STEP_ID: Final = "Step ID / 1"
MEASURED: Final = "Measured Pressure / Pa"
SETPOINT: Final = "Setpoint Pressure / Pa"
THICKNESS: Final = "Stack Thickness Change / m"
LITHIUM: Final = "Lithium Thickness / m"
CONTACT: Final = "Contact Fraction / 1"
ACTUATOR: Final = "Actuator Position / m"
MOVE: Final = "command_move"
OUTPUTS: Final = "command_outputs"
STATE: Final = "command_state"
FAULTS: Final = "command_faults"


@dataclass(frozen=True)
class Column:
    """One column of the log.

    Attributes:
        name: heading, with the unit after a slash where Battery Data Format's manner is followed.
        code: `struct` code: `d` for a float of 8 bytes, `i` for a signed integer of 4.
        unit: unit in words a person reads; `1` for pure numbers and bit fields.
        what: what the column holds.
    """

    name: str
    code: str
    unit: str
    what: str


COLUMNS: Final = (
    Column(TIME, "d", "s", "time since the start of the test, at the end of the tick"),
    Column(VOLTAGE, "d", "V", "cell voltage at the tick's end; where a step ended at a voltage within it, that one"),
    Column(CURRENT, "d", "A", "mean cell current over the tick, positive in discharge"),
    Column(PRESSURE, "d", "Pa", "true stack pressure of the plant (in simulation), positive in compression"),
    Column(AMBIENT, "d", "degC", "ambient temperature"),
    Column(SURFACE, "d", "degC", "cell temperature"),
    Column(CYCLE, "i", "1", "number of the cycle, from 1, never falling"),
    Column(STEP_COUNT, "i", "1", "number of the executed step, from 1, repeats counted on, never falling"),
    Column(STEP_INDEX, "i", "1", "number of the row within the executed step, from 1"),
    Column(STEP_ID, "i", "1", "number of the step in the file, from 1, the same in every repeat"),
    Column(MEASURED, "d", "Pa", "stack pressure as the load cell says it, after calibration"),
    Column(SETPOINT, "d", "Pa", "pressure asked for"),
    Column(THICKNESS, "d", "m", "change of the stack's thickness since the start, positive in swelling"),
    Column(LITHIUM, "d", "m", "thickness of the lithium"),
    Column(CONTACT, "d", "1", "share of the lithium interface in contact, 0 to 1"),
    Column(ACTUATOR, "d", "m", "true position of the actuator, positive in compression"),
    Column("sensor_time_ms", "i", "ms", "tick time sent to the board, wraps at 2^30"),
    Column("sensor_counts", "i", "counts", "load cell, raw signed 24-bit counts"),
    Column("sensor_sample", "i", "1", "number of the conversion, wraps at 2^16"),
    Column("sensor_sense", "i", "1", "driver bits: 1 load cell invalid, 2 current sense invalid"),
    Column("sensor_current_uA", "i", "uA", "measured cell current, positive in discharge"),
    Column("sensor_switches", "i", "1", "bits: 1 retract limit, 2 compress limit, 4 e-stop, 8 link lost"),
    Column("sensor_message", "i", "1", "host message of this tick, 0 for none"),
    Column("sensor_key", "i", "1", "parameter index of the message"),
    Column("sensor_value", "i", "1", "value of the message"),
    Column(MOVE, "i", "counts", "actuator counts to move in this tick, positive compresses"),
    Column("command_position", "i", "counts", "commanded position after the move"),
    Column(OUTPUTS, "i", "1", "bits: 1 permit charge, 2 permit discharge, 4 actuator energised"),
    Column(STATE, "i", "1", "0 idle, 1 armed, 2 tripped"),
    Column(FAULTS, "i", "1", "fault bits, latched and active"),
    Column("command_blocks", "i", "1", "reasons that block arming, as bits"),
    Column("command_event", "i", "1", "answer to the host message: 0 none, 1 done, 2 and up refused"),
    Column("command_pressure_hPa", "i", "hPa", "control pressure from the last valid sample"),
    Column("command_setpoint_hPa", "i", "hPa", "setpoint in use, after its slew"),
)

NAMES: Final = tuple(column.name for column in COLUMNS)
# Logs of format 1 have no step counts, and the number of the step in the file under the label of the row's.
FORMERLY: Final = {STEP_ID: STEP_INDEX}
SINCE_2: Final = (STEP_COUNT, STEP_INDEX)
FLOATS: Final = tuple(column.name for column in COLUMNS if column.code == "d")
INTEGERS: Final = tuple(column.name for column in COLUMNS if column.code == "i")
# Little endian without padding, so that a row is the same bytes on every machine.
ROW: Final = struct.Struct("<" + "".join(column.code for column in COLUMNS))
DTYPE: Final = np.dtype([(column.name, {"d": "<f8", "i": "<i4"}[column.code]) for column in COLUMNS])


def units() -> dict[str, dict[str, str]]:
    """Each column's unit and meaning, for the metadata of a log."""
    return {column.name: {"unit": column.unit, "what": column.what} for column in COLUMNS}
