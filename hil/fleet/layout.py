"""What one closed loop remembers, laid out for C and for ctypes alike, and how a single loop fills it.

Numbers are copied from the parts of a `hil.loop.Loop`, private ones too: the fleet is that loop, many times, and a
formula written twice would be two formulas.
"""

import ctypes
from collections.abc import Sequence
from functools import cache as remembered
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller import frames
from hil import cycler
from hil.actuators import OVERRUN_um, Regulator, Stepper
from hil.fleet.controllers import translation
from hil.loop import Loop
from hil.protocol import Phase
from hil.sensors import CALIBRATION_TEMPERATURE_K
from twin.errors import InputError

LOCKED, STEPPER, REGULATOR = range(3)
NEEDS = {cycler._NO_PERMIT: 0, cycler._CHARGE: 1, cycler._DISCHARGE: 2, cycler._AS_MEASURED: 3}

# C type: fields. A field in brackets is an array.
PHASE = {
    "double": "value duration above below below_A charge",
    "int32_t": "voltage needs",
}
CELL = {
    "double": """zero offset drift_counts span_drift noise_counts counts_per_N period_ms ticks_ms forces[4]
        calibration_K force frame_K voltage current current_offset current_noise resolution microstep backlash low high
        overrun motor nut position supply per_code above below lower_V upper_V bottom_V top_V phase_s phase_C charge_C
        run_s open_for open_limit due charge_end counted_from length counted least_Ah most_Ah span passed shown room_K
        target asked sum squares lowest highest""",
    "uint64_t": "force_stream force_drawn current_stream current_drawn",
    "int64_t": "n after_trip most_ticks settled number_here",
    "void *": "late phases room_steps capture",
    "int32_t": """counts sample controlled actuator late_ticks late_at code most switches waiting confirmed set setpoint
        message[3] cycler phase phase_count ended_by room_at room_count command[9] outcome event tripped faults""",
}
RUN = {
    "double": "tick_ms dt after_trip_s arming_limit_s",
    "int64_t": "n ticks pieces kind entries every slots first_slot settled_from",
    "double *": "plant_states prepared fast pressure volts",
    "int32_t *": "fault_bits states",
    "struct Cell *": "cells",
    "advance_t *": "advance",
    "stop_t *": "stop part",
    "holds_t *": "holds",
}
TYPEDEFS = """
typedef void advance_t(int64_t, const double *, const double *, const double *, const double *, double *, double *,
                       double *);
typedef double stop_t(double *, const double *, const double *, double *, double, int64_t, const double *, int32_t *);
typedef int holds_t(const double *, const double *, const double *, int64_t);
"""
KINDS: dict[str, Any] = {
    "double": ctypes.c_double,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
}


def _fields(table: dict[str, str]) -> list[tuple[str, str, int]]:
    """C type, name and length (0 for a scalar) of every field."""
    found = []
    for kind, names in table.items():
        for name in names.split():
            bare, _, rest = name.partition("[")
            found.append((kind, bare, int(rest.rstrip("]") or 0)))
    return found


def _c(name: str, table: dict[str, str], first: str = "") -> str:
    lines = [f"  {kind} {field}{f'[{length}]' if length else ''};" for kind, field, length in _fields(table)]
    return "\n".join([f"struct {name} {{", *([first] if first else []), *lines, "};"])


def _place(kind: str, length: int) -> Any:
    one = KINDS.get(kind, ctypes.c_void_p)
    return one * length if length else one


def _structure(name: str, table: dict[str, str], first: Sequence[tuple[str, Any]] = ()) -> type[ctypes.Structure]:
    fields = [*first, *((field, _place(kind, length)) for kind, field, length in _fields(table))]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


@remembered
def structures() -> tuple[type[ctypes.Structure], type[ctypes.Structure], type[ctypes.Structure]]:
    """Phase, cell and run as ctypes sees them."""
    controller = translation().structure("Controller")
    return _structure("Phase", PHASE), _structure("Cell", CELL, [("controller", controller)]), _structure("Run", RUN)


def declarations() -> str:
    """The same for C, with the names of `controller.frames`."""
    names = {k: v for k, v in vars(frames).items() if isinstance(v, int) and not isinstance(v, bool)}
    enum = "enum { " + ", ".join(f"{k} = {v}" for k, v in names.items()) + " };"
    cell = _c("Cell", CELL, "  struct Controller controller;")
    return "\n".join([enum, TYPEDEFS, _c("Phase", PHASE), cell, _c("Run", RUN)])


def fill(cell: Any, loop: Loop, target_Pa: float, outputs: NDArray[np.float64]) -> list[Any]:
    """Copy a single loop, before its first tick, into a cell; what the cell points at, to be kept alive.

    ``outputs``: the plant's, shape (len(OUTPUTS),), before the first tick; ``target_Pa``: what deviations count from
    where nobody controls.
    """
    cell.voltage, cell.current, cell.force = float(outputs[0]), float(outputs[1]), float(outputs[3])
    cell.frame_K = loop.room.temperature
    cell.target = target_Pa
    cell.most_ticks = loop.most_ticks or 0
    _sensors(cell, loop)
    if loop.operator is not None:
        steps = loop.operator._steps
        cell.controlled = cell.waiting = 1
        cell.confirmed = len(steps) == 1
        cell.setpoint = steps[-1][2]
    else:
        cell.command[:] = loop.board.exchange([0] * 9)
    return [*_actuator(cell, loop), *_cycler(cell, loop), *_room(cell, loop)]


def _sensors(cell: Any, loop: Loop) -> None:
    load, sense = loop.load_cell, loop.current_sense
    cell.zero, cell.offset, cell.drift_counts, cell.span_drift = (
        load.zero,
        load._offset,
        load._drift_counts,
        load._span_drift,
    )
    cell.noise_counts, cell.counts_per_N, cell.period_ms = load._noise_counts, load.counts_per_N, load._period_ms
    cell.forces[:] = load._force
    cell.calibration_K = CALIBRATION_TEMPERATURE_K
    cell.current_offset, cell.current_noise, cell.resolution = sense._offset, sense._noise_uA, sense._resolution


def _actuator(cell: Any, loop: Loop) -> list[Any]:
    actuator = loop.actuator
    cell.supply = actuator.supply
    cell.overrun = OVERRUN_um
    if isinstance(actuator, Stepper):
        cell.actuator = STEPPER
        cell.microstep, cell.backlash = actuator._microstep, actuator._backlash
        cell.low, cell.high = actuator._low, actuator._high
    elif isinstance(actuator, Regulator):
        cell.actuator = REGULATOR
        cell.most, cell.per_code = actuator._most, actuator._per_code
    else:
        return []
    late = np.zeros(max(1, len(actuator._late)), dtype=np.int32)
    cell.late, cell.late_ticks = late.ctypes.data, len(actuator._late)
    return [late]


def _cycler(cell: Any, loop: Loop) -> list[Any]:
    Kind = structures()[0]
    phases = loop.cycler._phases
    table = (Kind * len(phases))()
    for place, phase in zip(table, phases, strict=True):
        _phase(place, phase)
    cell.phases, cell.phase_count = ctypes.addressof(table), len(phases)
    cell.bottom_V, cell.top_V = loop.plant.voltage_range
    cell.lower_V, cell.upper_V, cell.open_limit = loop.cycler._lower_V, loop.cycler._upper_V, loop.cycler._open_limit
    return [table]


def _phase(place: Any, phase: Phase) -> None:
    if phase.mode == "profile":
        raise InputError("protocol: a closed-loop fleet follows no profiles: use current, voltage and rest")
    place.value, place.duration, place.charge = phase.value, phase.duration_s, phase.charge_C
    place.above, place.below, place.below_A = phase.above_V, phase.below_V, phase.below_A
    place.voltage = phase.mode == "voltage"
    place.needs = NEEDS[cycler._needs(phase)]


def _room(cell: Any, loop: Loop) -> list[Any]:
    steps = np.array(loop.room._steps, dtype=float).reshape(-1)
    cell.room_K, cell.room_steps, cell.room_count = loop.room.temperature, steps.ctypes.data, len(steps) // 2
    return [steps]
