"""The configuration record: a list of integers, its bounds, the rules between fields, its checksum, its older form."""

from controller.fields import (
    ACTUATOR_KIND,
    CHECKSUM,
    FORMAT,
    KI_256,
    KP_256,
    RESPONSE_256,
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
    2, 2, 2,                         # FORMAT
    1, 2, 1,                         # ACTUATOR_KIND: 1 stepper on a self-locking screw, 2 regulator
    1, 131071, 74898,                # SCALE_NUM: hPa = counts * SCALE_NUM / 2**SCALE_SHIFT
    12, 30, 21,                      # SCALE_SHIFT
    -8388608, 8388607, 0,            # REFERENCE_TARE_counts: load-cell counts at no load
    1, 500, 100,                     # TICK_ms: nominal; a shorter tick moves less
    1, 1000, 100,                    # SAMPLE_ms: nominal conversion period
    2, 1000, 250,                    # STALE_ms: greatest age of a sample, and greatest tick
    1, 8, 2,                         # DEBOUNCE_samples
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
    0, 65535, 38063,                 # CHECKSUM
]
# fmt: on
DEFAULT = [TABLE[3 * i + 2] for i in range(49)]
# Of each byte by 0x1021: arming sums up the record within a tick.
REMAINDERS = [((x << 12) ^ (x << 5) ^ x) & 65535 for x in [b ^ b >> 4 for b in range(256)]]


def checksum(c: list[int]) -> int:
    """CRC16-CCITT over all fields but the last, each as four bytes, low byte first."""
    crc = 65535
    for i in range(48):
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
    if len(c) != 49:
        return 63
    for i in range(49):
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
    # S2: what top speed adds before a trip can act stays under the hard limit.
    blind = c[STALE_ms] + c[DEBOUNCE_samples] * c[SAMPLE_ms] + c[DEAD_TIME_ms] + c[LAG_ms]
    counts = c[SPEED_counts_per_tick] * (blind // c[TICK_ms] + 2)
    if counts > (256 * (hard - soft) - 1) // c[STIFFNESS_256hPa_per_count]:
        return 73
    # S12: a window in which nothing settles would never judge.
    if c[RESPONSE_256] and c[RESPONSE_ms] <= 4 * settling(c):
        return 74
    return 0


def settling(c: list[int]) -> int:
    """Time [ms] after which a move shows in the pressure, to a twentieth: dead time and three time constants."""
    return c[DEAD_TIME_ms] + 3 * c[LAG_ms]


def adopt(c: list[int]) -> list[int]:
    """A good record of format 1 in today's; any other comes back as it is, for ``check`` to judge.

    Format 1 had neither response check nor pressure policy: both stay off.
    """
    if len(c) != 39 or c[FORMAT] != 1:
        return c
    crc = 65535
    for v in c[:38]:
        crc = take(crc, v)
    if crc != c[38]:
        return c
    new = list(DEFAULT)
    for i in range(1, 38):
        new[i] = c[i]
    new[CHECKSUM] = checksum(new)
    return new
