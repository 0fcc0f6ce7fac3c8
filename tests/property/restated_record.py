"""Scaling, and the rules between the fields of a record, in exact fractions; nothing is taken from ``controller``."""

from fractions import Fraction
from math import floor

FAR_hPa = 2**20
GREATEST_COUNT = 2**23 - 2  # one more reads as saturated


def pressure(base, counts):
    exact = Fraction((counts - base["reference"]) * base["scale_num"], 2 ** base["scale_shift"])
    return min(max(floor(exact), -FAR_hPa), FAR_hPa)


def first_broken(b):
    """The number of the first rule that is broken, or 0; docs/bench.md says each in words."""
    margin = b["hard"] - b["soft"]
    gap = 2 * b["hysteresis"]
    blind_ms = b["stale"] + b["debounce"] * b["sample"] + b["dead_time"] + b["lag"]
    runaway_hPa = Fraction(b["speed"] * (floor(Fraction(blind_ms, b["tick"])) + 2) * b["stiffness"], 256)
    shows_ms = b["dead_time"] + 3 * b["lag"]
    holds = {
        64: b["warn"] < b["soft"] < b["hard"],
        65: pressure(b, GREATEST_COUNT) >= b["hard"],
        66: b["margin"] < b["soft"],
        67: b["setpoint_min"] < b["setpoint_max"] < b["soft"] - b["tare_limit"],
        68: b["charge_min"] + gap < b["charge_max"] <= b["hard"],
        69: b["discharge_min"] + gap < b["discharge_max"] <= b["hard"],
        70: b["travel_min"] < b["travel_max"] and (b["kind"] == 1 or b["travel_min"] == 0),
        71: b["stale"] >= max(b["sample"] + b["tick"], 2 * b["tick"]),
        72: b["kp"] + b["ki"] <= 256,
        73: runaway_hPa < margin,
        75: runaway_hPa + Fraction(b["approach"] * b["stiffness"], 256) < margin,
        74: not b["response"] or b["response_ms"] > 4 * shows_ms,
    }
    return next((number for number, kept in holds.items() if not kept), 0)
