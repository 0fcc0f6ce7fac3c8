"""The configuration record: a list of integers, its bounds, the rules between fields, its checksum, its older form."""

from controller.fields import (
    ACTUATOR_KIND,
    CHECKSUM,
    FORMAT,
    KI_256,
    KP_256,
    RESPONSE_256,
    APPROACH_counts,
    CHARGE_MAX_hPa,
    CHARGE_MIN_hPa,
    DEAD_TIME_ms,
    DEBOUNCE_samples,
    DISCHARGE_MAX_hPa,
    DISCHARGE_MIN_hPa,
    HARD_hPa,
    LAG_ms,
    PERMIT_HYSTERESIS_hPa,
    RESPONSE_ms,
    RETREAT_MARGIN_hPa,
    SAMPLE_ms,
    SETPOINT_MAX_hPa,
    SETPOINT_MIN_hPa,
    SOFT_hPa,
    SPEED_counts_per_tick,
    STALE_ms,
    STIFFNESS_256hPa_per_count,
    TARE_LIMIT_hPa,
    TICK_ms,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
    WARN_hPa,
)
from controller.scale import scale

# fmt: off

# Lower bound, upper bound, default. The default fits a 13 mm die; a board falls back on it, disarmed.
TABLE = [
    3, 3, 3,                         # FORMAT
    1, 2, 1,                         # ACTUATOR_KIND: 1 stepper on a self-locking screw, 2 regulator
    1, 131071, 74898,                # SCALE_NUM: hPa = counts * SCALE_NUM / 2**SCALE_SHIFT
    12, 30, 21,                      # SCALE_SHIFT
    -8388608, 8388607, 0,            # REFERENCE_TARE_counts: load-cell counts at no load
    1, 500, 100,                     # TICK_ms: nominal; a shorter tick moves less
    1, 1000, 100,                    # SAMPLE_ms: nominal conversion period
    2, 1000, 250,                    # STALE_ms: greatest age of a sample, and greatest tick
    1, 8, 4,                         # DEBOUNCE_samples: in a row, until a trip, a permit or the law believes them
    0, 10000, 100,                   # STUCK_samples: identical conversions that mean stuck; 0 off
    1, 1000, 10,                     # HEALTHY_samples before arming
    0, 1000, 50,                     # DEAD_TIME_ms from command to motion
    0, 10000, 0,                     # LAG_ms: time constant from motion to reading
    1, 1000000, 60000,               # WARN_hPa
    1, 1000000, 70000,               # SOFT_hPa: no compression from here on
    1, 1000000, 80000,               # HARD_hPa: trip from here on
    0, 1000000, 5000,                # RETREAT_MARGIN_hPa below soft
    0, 1000000, 500,                 # RETREAT_TRAVEL_counts, at most
    0, 50000, 1000,                  # TARE_LIMIT_hPa: operator tare from reference tare
    0, 1000000, 1000,                # SETPOINT_MIN_hPa
    0, 1000000, 55000,               # SETPOINT_MAX_hPa
    1, 10000, 500,                   # SETPOINT_SLEW_hPa_per_s
    1, 4096, 10,                     # SPEED_counts_per_tick
    1, 4096, 5,                      # ACCEL_counts_per_tick2: speeding up only
    -1000000, 1000000, 0,            # TRAVEL_MIN_counts
    -1000000, 1000000, 20000,        # TRAVEL_MAX_counts
    16, 1048576, 11264,              # STIFFNESS_256hPa_per_count: 256 times hPa per count
    0, 2000, 2,                      # BACKLASH_counts: the least play measured
    0, 256, 0,                       # KP_256: share of the surprise acted on at once
    1, 256, 64,                      # KI_256: share of the surprise learned per sample
    128, 65536, 192,                 # DEADBAND_256count; twice as wide for a reversal
    0, 268435455, 0,                 # FEED_QUANTUM_uAms: charge that swells by 1/256 count; 0 off
    0, 1000000, 20000,               # CHARGE_MIN_hPa
    0, 1000000, 60000,               # CHARGE_MAX_hPa
    0, 1000000, 20000,               # DISCHARGE_MIN_hPa
    0, 1000000, 60000,               # DISCHARGE_MAX_hPa
    0, 100000, 500,                  # PERMIT_HYSTERESIS_hPa
    0, 600000, 5000,                 # PERMIT_OFF_ms: least time low
    1, 1000000, 500,                 # JUMP_hPa: a larger change from one sample to the next must last DEBOUNCE_samples
    0, 1, 0,                         # STOP_VENTS: 1 if an emergency stop brings a regulator to 0
    0, 256, 0,                       # RESPONSE_256: share of its travel a motor must show in pressure; 0 off (S12)
    1, 1000000, 500,                 # RESPONSE_hPa: what noise and drift may make of one window
    0, 1000000, 500,                 # RESPONSE_PLAY_hPa: travel after a reversal that need not show
    1, 600000, 30000,                # RESPONSE_ms: longest window
    0, 268435455, 0,                 # POLICY_THRESHOLD_uA: change of current that the setpoint follows; 0 never
    0, 600000, 10000,                # POLICY_DWELL_ms: how long that change must have lasted
    -1000000, 1000000, 0,            # POLICY_CHARGE_hPa: added to the setpoint on charge
    0, 1000000, 0,                   # POLICY_CHARGE_hPa_per_mA: taken off it for each mA of charge
    -1000000, 1000000, 0,            # POLICY_DISCHARGE_hPa: added to the setpoint on discharge
    0, 1000000, 0,                   # POLICY_DISCHARGE_hPa_per_mA: added to it for each mA of discharge
    0, 1000000, 0,                   # APPROACH_counts: compression while no contact shows, at most; 0 off
    1, 1000000, 650,                 # HOMING_counts: compression until the retract switch opens, at most
    0, 65535, 40459,                 # CHECKSUM
]
# fmt: on
DEFAULT = [TABLE[3 * i + 2] for i in range(53)]
# Of each byte by 0x1021: arming sums up the record within a tick.
REMAINDERS = [((x << 12) ^ (x << 5) ^ x) & 65535 for x in [b ^ b >> 4 for b in range(256)]]


def checksum(c: list[int]) -> int:
    """CRC16-CCITT over all fields but the last, each as four bytes, low byte first."""
    crc = 65535
    for i in range(52):
        crc = take(crc, c[i])
    return crc


def take(crc: int, v: int) -> int:
    """The checksum ``crc`` with one more field."""
    for _ in range(4):
        crc = ((crc & 255) << 8) ^ REMAINDERS[(crc >> 8) ^ (v & 255)]
        v >>= 8
    return crc


def check(c: list[int]) -> int:
    """0 if the record is fit to run, 1 + the first field out of bounds, 63 wrong length, 64 and up a rule."""
    if len(c) != 53:
        return 63
    for i in range(53):
        if c[i] < TABLE[3 * i] or c[i] > TABLE[3 * i + 1]:
            return 1 + i
    return rules(c)


def rules(c: list[int]) -> int:
    """0, or 64 and up: the first rule between fields that is broken; every field is within its bounds."""
    soft = c[SOFT_hPa]
    hard = c[HARD_hPa]
    if not c[WARN_hPa] < soft < hard:
        return 64
    # Over-limit must read as a pressure, not as a saturated cell.
    if scale(c, 8388606) < hard:
        return 65
    if c[RETREAT_MARGIN_hPa] >= soft:
        return 66
    if not c[SETPOINT_MIN_hPa] < c[SETPOINT_MAX_hPa] < soft - c[TARE_LIMIT_hPa]:
        return 67
    gap = 2 * c[PERMIT_HYSTERESIS_hPa]
    if not c[CHARGE_MIN_hPa] + gap < c[CHARGE_MAX_hPa] <= hard:
        return 68
    if not c[DISCHARGE_MIN_hPa] + gap < c[DISCHARGE_MAX_hPa] <= hard:
        return 69
    low = c[TRAVEL_MIN_counts]
    if low >= c[TRAVEL_MAX_counts] or (c[ACTUATOR_KIND] == 2 and low != 0):
        return 70
    if c[STALE_ms] < c[SAMPLE_ms] + c[TICK_ms] or c[STALE_ms] < 2 * c[TICK_ms]:
        return 71
    if c[KP_256] + c[KI_256] > 256:
        return 72
    # S2: what top speed adds before a trip can act stays under the hard limit, and so does an approach without contact.
    room = approach_room(c)
    if room < 0:
        return 73
    if c[APPROACH_counts] > room:
        return 75
    # S12: a window in which nothing settles would never judge.
    if c[RESPONSE_256] and c[RESPONSE_ms] <= 4 * settling(c):
        return 74
    return 0


def approach_room(c: list[int]) -> int:
    """Counts between soft and hard limit, less those that top speed covers before a trip can act."""
    blind = c[STALE_ms] + c[DEBOUNCE_samples] * c[SAMPLE_ms] + c[DEAD_TIME_ms] + c[LAG_ms]
    counts = c[SPEED_counts_per_tick] * (blind // c[TICK_ms] + 2)
    return (256 * (c[HARD_hPa] - c[SOFT_hPa]) - 1) // c[STIFFNESS_256hPa_per_count] - counts


def settling(c: list[int]) -> int:
    """Time [ms] after which a move shows in the pressure, to a twentieth: dead time and three time constants."""
    return c[DEAD_TIME_ms] + 3 * c[LAG_ms]


def adopt(c: list[int]) -> list[int]:
    """A good record of format 1 or 2 in today's; any other comes back as it is, for ``check`` to judge.

    Format 1 had neither response check nor pressure policy: both stay off. Neither had an approach budget: it becomes
    the largest that the rules allow.
    """
    last = len(c) - 1
    if not ((last == 38 and c[FORMAT] == 1) or (last == 48 and c[FORMAT] == 2)):
        return c
    crc = 65535
    for i in range(last):
        crc = take(crc, c[i])
    if crc != c[last]:
        return c
    new = list(DEFAULT)
    for i in range(1, 38):
        new[i] = c[i]
    for i in range(38, last):
        new[i + 2] = c[i]
    room = approach_room(new) if new[TICK_ms] > 0 and new[STIFFNESS_256hPa_per_count] > 0 else 0
    new[APPROACH_counts] = room if room > 0 else 0
    new[CHECKSUM] = checksum(new)
    return new


# How a parameter message may change a field, in the record's order, against the stored record: nothing loosens what a
# stored, dated record holds. N not at all, L to less, M to more, S to less but not to 0 (off), F freely.
N, L, M, S, F = range(5)
# fmt: off
CHANGES = [
    N, N, N, N, N,  # FORMAT, ACTUATOR_KIND, SCALE_NUM, SCALE_SHIFT, REFERENCE_TARE
    N, N, L, L, S,  # TICK, SAMPLE, STALE, DEBOUNCE, STUCK
    M, N, N, L, L,  # HEALTHY, DEAD_TIME, LAG, WARN, SOFT
    L, M, N, L, M,  # HARD, RETREAT_MARGIN, RETREAT_TRAVEL, TARE_LIMIT, SETPOINT_MIN
    L, L, L, L, M,  # SETPOINT_MAX, SETPOINT_SLEW, SPEED, ACCEL, TRAVEL_MIN
    L, N, F, F, F,  # TRAVEL_MAX, STIFFNESS, BACKLASH, KP, KI
    F, F, M, L, M,  # DEADBAND, FEED_QUANTUM, CHARGE_MIN, CHARGE_MAX, DISCHARGE_MIN
    L, M, M, N, N,  # DISCHARGE_MAX, PERMIT_HYSTERESIS, PERMIT_OFF, JUMP, STOP_VENTS
    M, L, L, N, F,  # RESPONSE_256, RESPONSE_hPa, RESPONSE_PLAY, RESPONSE_ms, POLICY_THRESHOLD
    F, F, F, F, F,  # POLICY_DWELL, POLICY_CHARGE, its slope, POLICY_DISCHARGE, its slope
    S, L, N,        # APPROACH, HOMING, CHECKSUM
]
# fmt: on


def loosens(key: int, old: int, new: int) -> int:
    """1 if a parameter message may not change field ``key`` from ``old``, the stored record's, to ``new``; else 0."""
    how = CHANGES[key]
    if how == F or new == old:
        return 0
    if how == L:
        return 1 if new > old else 0
    if how == M:
        return 1 if new < old else 0
    if how == S:
        return 1 if new == 0 or new > old > 0 else 0
    return 1
