"""Words for people: what each bit, event and field means. For hosts only; no board imports this."""

from controller import configuration as k
from controller import fields
from controller import frames as f

# Condition bit: name, meaning, what to do.
CONDITIONS: dict[int, tuple[str, str, str]] = {
    f.C_LIMITS: (
        "LIMITS",
        "both limit switches are active, one became active against the commanded direction, or one never opened",
        "check switches, their wiring and the motor's direction",
    ),
    f.C_OVER: ("OVER", "pressure at or over the hard limit", "relieve the stack, find out why"),
    f.C_STOP: ("STOP", "emergency stop pressed", "release it, reset, confirm the position"),
    f.C_LINK: ("LINK", "the host link is lost", "reconnect, then reset"),
    f.C_SENSOR: ("SENSOR", "load cell invalid, saturated or stuck", "check the load cell and its amplifier"),
    f.C_STALE: ("STALE", "no fresh conversion within STALE_ms", "check the amplifier's clock and data wires"),
    f.C_CLOCK: ("CLOCK", "the tick clock stood still or jumped", "check the board's main loop"),
    f.C_STUCK: ("STUCK", "too many identical conversions", "check the load cell: real readings carry noise"),
    f.C_WATCHDOG: ("WATCHDOG", "the board was reset by its watchdog", "read its record, then reset"),
    f.C_SELF_TEST: ("SELF_TEST", "the board's self-test failed", "replace or reflash the board"),
    f.C_WARN: ("WARN", "pressure at or over the warning limit", "watch it"),
    f.C_CURRENT: ("CURRENT", "current sense invalid: charge is not counted", "check the current sense"),
    f.C_POSITION: ("POSITION", "position unknown: decompression only", "confirm the position when idle"),
    f.C_SOFT: ("SOFT", "pressure at or over the soft limit: no compression", "lower the setpoint or decompress"),
    f.C_NO_LOAD: ("NO_LOAD", "reading far below zero: no compression", "check the load cell's wiring and tare"),
    f.C_CONFIG: ("CONFIG", "no good configuration is stored", "calibrate and store one"),
    f.C_CHECKSUM: ("CHECKSUM", "configuration checksum wrong", "write the configuration again"),
    f.C_SAMPLES: ("SAMPLES", "too few healthy samples yet", "wait"),
    f.C_RESPONSE: (
        "RESPONSE",
        "the pressure does not answer the actuator: stalled, slipping, reversed, stuck, or no contact in the approach",
        "check load cell, motor, wiring and screw, reset, then home or confirm the position",
    ),
    f.C_FORCE: (
        "FORCE",
        "the over-force comparator is active, or its wire is broken",
        "relieve the stack, compare both sensors",
    ),
    f.C_CONTACT: ("CONTACT", "no contact yet: the load cell reads an empty frame", "jog until the pressure rises"),
    f.C_TRIPPED: ("TRIPPED", "a trip is latched", "reset once its cause is gone"),
}

EVENTS: dict[int, tuple[str, str]] = {
    f.E_NONE: ("NONE", "no message"),
    f.E_DONE: ("DONE", "done"),
    f.E_UNKNOWN: ("UNKNOWN", "unknown message"),
    f.E_BOUNDS: ("BOUNDS", "value or field out of bounds"),
    f.E_STATE: ("STATE", "not in this state"),
    f.E_BLOCKED: ("BLOCKED", "arming is blocked: see the blocks"),
    f.E_CAUSE: ("CAUSE", "a cause of the trip is still there"),
    f.E_SENSOR: ("SENSOR", "no valid sample to work from"),
    f.E_RULE: ("RULE", "the configuration would break a rule between its fields"),
    f.E_LOOSER: ("LOOSER", "a message may only tighten what the stored record holds: store a new record"),
}

STATES: dict[int, str] = {f.IDLE: "idle", f.ARMED: "armed", f.TRIPPED: "tripped"}

MESSAGES: dict[int, str] = {
    f.M_NONE: "none", f.M_ARM: "arm", f.M_DISARM: "disarm", f.M_RESET: "reset", f.M_TARE: "tare",
    f.M_SETPOINT: "setpoint", f.M_PARAMETER: "parameter", f.M_CONFIRM: "confirm position",
    f.M_JOG: "jog", f.M_HOME: "home",
}  # fmt: skip

# Field names in the record's order, without and with the unit they end in.
FIELDS: tuple[str, ...] = tuple(sorted((n for n in vars(fields) if n[0].isupper()), key=lambda n: int(vars(fields)[n])))
LOWER: list[int] = k.TABLE[0::3]
UPPER: list[int] = k.TABLE[1::3]

RULES: dict[int, str] = {
    63: "the record has the wrong length",
    64: "WARN < SOFT < HARD",
    65: "the load cell reads HARD without saturating",
    66: "RETREAT_MARGIN < SOFT",
    67: "SETPOINT_MIN < SETPOINT_MAX < SOFT - TARE_LIMIT",
    68: "CHARGE_MIN + 2 PERMIT_HYSTERESIS < CHARGE_MAX <= HARD",
    69: "DISCHARGE_MIN + 2 PERMIT_HYSTERESIS < DISCHARGE_MAX <= HARD",
    70: "TRAVEL_MIN < TRAVEL_MAX, and a regulator's TRAVEL_MIN is 0",
    71: "STALE holds one sample and one tick, and at least two ticks",
    72: "KP + KI <= 256",
    73: "top speed times all that delays a trip, times the stiffness, stays under HARD - SOFT (S2)",
    74: "RESPONSE_ms holds more than four times DEAD_TIME + 3 LAG, or the response check is off (S12)",
    75: "the same with APPROACH, all of it without contact, stays under HARD - SOFT",
}


def names(bits: int) -> list[str]:
    """Names of the condition bits that are set, lowest first."""
    return [words[0] for bit, words in CONDITIONS.items() if bits & bit]


def explain(code: int) -> str:
    """What a code of ``configuration.check`` means."""
    if code == 0:
        return "fit to run"
    if code in RULES:
        return RULES[code]
    i = code - 1
    return f"{FIELDS[i]} is not within {LOWER[i]} to {UPPER[i]}"


def record(**values: int) -> list[int]:
    """A configuration record: the defaults, changed by field name, with its checksum. Raises on what fails."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    config = [values.get(name, default) for name, default in zip(FIELDS, k.DEFAULT, strict=True)]
    config[fields.CHECKSUM] = k.checksum(config)
    code = k.check(config)
    if code:
        raise ValueError(explain(code))
    return config
