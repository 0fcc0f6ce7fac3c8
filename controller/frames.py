"""Layout of the two frames of the board contract, and every code they carry (docs/contracts.md).

Frames are lists of integers, each within 31 bits signed. One set of condition bits serves FAULTS and BLOCKS.
"""

# Sensor frame.
TIME_ms, COUNTS, SAMPLE, SENSE, CURRENT_uA, SWITCHES, MESSAGE, KEY, VALUE = range(9)
# Command frame.
MOVE, POSITION, OUTPUTS, STATE, FAULTS, BLOCKS, EVENT, PRESSURE_hPa, SETPOINT_hPa = range(9)

# MESSAGE
M_NONE, M_ARM, M_DISARM, M_RESET, M_TARE, M_SETPOINT, M_PARAMETER, M_CONFIRM, M_JOG, M_HOME = range(10)
# STATE
IDLE, ARMED, TRIPPED = range(3)
# EVENT: 0 no message, 1 done, from 2 on the reason of the refusal.
E_NONE, E_DONE, E_UNKNOWN, E_BOUNDS, E_STATE, E_BLOCKED, E_CAUSE, E_SENSOR, E_RULE, E_LOOSER = range(10)

# SENSE bits
LOAD_INVALID = 1
CURRENT_INVALID = 2

# SWITCHES bits
RETRACT_LIMIT = 1
COMPRESS_LIMIT = 2
STOP_PRESSED = 4
LINK_LOST = 8
OVER_FORCE = 1048576

# OUTPUTS bits
PERMIT_CHARGE = 1
PERMIT_DISCHARGE = 2
ENERGISED = 4

# Conditions that trip and latch. Stop, link and over-force comparator have the bits of their switches.
C_LIMITS = 1
C_OVER = 2
C_STOP = 4
C_LINK = 8
C_SENSOR = 16
C_STALE = 32
C_CLOCK = 64
C_STUCK = 128
C_WATCHDOG = 256
C_SELF_TEST = 512
# Conditions that only warn.
C_WARN = 1024
C_CURRENT = 2048
C_POSITION = 4096
# Conditions that warn and block arming.
C_SOFT = 8192
C_NO_LOAD = 16384
# Conditions that only block arming.
C_CONFIG = 32768
C_CHECKSUM = 65536
C_SAMPLES = 131072
C_TRIPPED = 262144
# One more that trips and latches: the pressure does not answer the actuator (S12).
C_RESPONSE = 524288
# The over-force comparator is active.
C_FORCE = 1048576
# Warns: the load cell has not shown that the actuator touches the stack.
C_CONTACT = 2097152
# Sets of conditions.
TRIPS = 1573887
WARNINGS = 2104320


def new_sensor_frame() -> list[int]:
    """A sensor frame of zeros."""
    return [0] * 9


def new_command_frame() -> list[int]:
    """A command frame of zeros: no move, no output, idle."""
    return [0] * 9
