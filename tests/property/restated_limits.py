"""The controller's contract and limits, restated by hand: nothing here is imported from ``controller``."""

import binascii
import struct

# Sensor frame.
TIME, COUNTS, SAMPLE, SENSE, CURRENT, SWITCHES, MESSAGE, KEY, VALUE = 0, 1, 2, 3, 4, 5, 6, 7, 8
# Command frame.
MOVE, POSITION, OUTPUTS, STATE, FAULTS, BLOCKS, EVENT, PRESSURE, SETPOINT = 0, 1, 2, 3, 4, 5, 6, 7, 8

IDLE, ARMED, TRIPPED = 0, 1, 2
ARM, DISARM, RESET, TARE, SET, PARAMETER, CONFIRM, JOG, HOME = 1, 2, 3, 4, 5, 6, 7, 8, 9
NONE, DONE, UNKNOWN, BOUNDS, WRONG_STATE, BLOCKED, CAUSE, NO_SENSOR, RULE = 0, 1, 2, 3, 4, 5, 6, 7, 8
LOOSER = 9

LIMITS, OVER, STOP, LINK, SENSOR, STALE, CLOCK, STUCK, WATCHDOG, SELF_TEST = (1 << i for i in range(10))
WARN, CURRENT_LOST, UNCONFIRMED, SOFT, NO_LOAD = 1024, 2048, 4096, 8192, 16384
BAD_CONFIG, BAD_CHECKSUM, FEW_SAMPLES, NOT_RESET = 32768, 65536, 131072, 262144
RESPONSE = 524288
FORCE = 1048576  # bit of the switch, too
NO_CONTACT = 2097152
CAUSES = LIMITS | OVER | STOP | LINK | SENSOR | STALE | CLOCK | STUCK | FORCE

# name: (lower, upper, value for a 13 mm die); the order is the record's.
FIELDS = {
    "format": (3, 3, 3),
    "kind": (1, 2, 1),
    "scale_num": (1, 131071, 74898),
    "scale_shift": (12, 30, 21),
    "reference": (-8388608, 8388607, 1000),
    "tick": (1, 500, 100),
    "sample": (1, 1000, 100),
    "stale": (2, 1000, 250),
    "debounce": (1, 8, 2),
    "stuck": (0, 10000, 20),
    "healthy": (1, 1000, 5),
    "dead_time": (0, 1000, 50),
    "lag": (0, 10000, 0),
    "warn": (1, 1000000, 60000),
    "soft": (1, 1000000, 70000),
    "hard": (1, 1000000, 80000),
    "margin": (0, 1000000, 5000),
    "retreat": (0, 1000000, 60),
    "tare_limit": (0, 50000, 1000),
    "setpoint_min": (0, 1000000, 1000),
    "setpoint_max": (0, 1000000, 55000),
    "slew": (1, 10000, 500),
    "speed": (1, 4096, 10),
    "accel": (1, 4096, 4),
    "travel_min": (-1000000, 1000000, -200),
    "travel_max": (-1000000, 1000000, 20000),
    "stiffness": (16, 1048576, 11264),
    "backlash": (0, 2000, 4),
    "kp": (0, 256, 0),
    "ki": (1, 256, 64),
    "deadband": (128, 65536, 192),
    "feed": (0, 268435455, 1200000),
    "charge_min": (0, 1000000, 20000),
    "charge_max": (0, 1000000, 60000),
    "discharge_min": (0, 1000000, 15000),
    "discharge_max": (0, 1000000, 58000),
    "hysteresis": (0, 100000, 500),
    "permit_off": (0, 600000, 700),
    "jump": (1, 1000000, 500),
    "stop_vents": (0, 1, 0),
    "response": (0, 256, 0),
    "response_hPa": (1, 1000000, 150),
    "response_play": (0, 1000000, 450),
    "response_ms": (1, 600000, 30000),
    "policy_threshold": (0, 268435455, 0),
    "policy_dwell": (0, 600000, 1000),
    "policy_charge": (-1000000, 1000000, -5000),
    "policy_charge_slope": (0, 1000000, 0),
    "policy_discharge": (-1000000, 1000000, 5000),
    "policy_discharge_slope": (0, 1000000, 0),
    "approach": (0, 1000000, 0),
    "homing": (1, 1000000, 40),
}
NAMES = list(FIELDS)
DIE = {name: value for name, (_, _, value) in FIELDS.items()}
# A 25 cm2 pouch: 5.6 hPa per count, 42 load-cell counts per hPa.
POUCH = DIE | {"scale_num": 49932, "stiffness": 1434, "deadband": 384, "speed": 50, "accel": 25, "feed": 22500000}
# The die with its response check on, and a setpoint that follows the current.
WATCHED = DIE | {"response": 128, "policy_threshold": 500, "policy_charge_slope": 300, "policy_discharge_slope": 500}
# A pneumatic regulator: 12 bits over 10 MPa, 1 s lag.
REGULATOR = DIE | {
    "kind": 2,
    "stiffness": 6400,
    "backlash": 0,
    "lag": 1000,
    "travel_min": 0,
    "travel_max": 4095,
    "feed": 0,
}


def crc(fields):
    """CRC16-CCITT (0x1021, 0xFFFF) of the fields as little-endian 32-bit words."""
    return binascii.crc_hqx(struct.pack(f"<{len(fields)}i", *fields), 0xFFFF)


def record(base=DIE, **changes):
    """A configuration record as the board stores it."""
    values = base | changes
    fields = [int(values[name]) for name in NAMES]
    return [*fields, crc(fields)]


def counts_for(pressure_hPa, base=DIE):
    """The least load-cell count that reads as this pressure."""
    return base["reference"] - (-pressure_hPa << base["scale_shift"]) // base["scale_num"]


class Int31(int):
    """An integer that raises outside 31 bits signed, and makes every result of arithmetic one of its kind."""

    def __new__(cls, value=0):
        if not -(1 << 30) < int(value) < 1 << 30:
            raise OverflowError(f"S8: {int(value)} leaves 31 bits")
        return super().__new__(cls, value)


def _guard(name):
    plain = getattr(int, name)

    def operate(self, *others):
        result = plain(self, *others)
        return result if result is NotImplemented else Int31(result)

    setattr(Int31, name, operate)


for _op in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    _guard(f"__{_op}__")
    _guard(f"__r{_op}__")
for _op in ("neg", "pos", "abs", "invert"):
    _guard(f"__{_op}__")
