"""What the controller promises for any input sequence; a failure names its S-number."""

import pytest
from frame_sequences import SEQUENCES, Witness, frames, run_controller, run_filter
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from restated_controller import loosens
from restated_limits import (
    ARMED,
    BOUNDS,
    DIE,
    DONE,
    EVENT,
    FAULTS,
    FIELDS,
    IDLE,
    LOOSER,
    MESSAGE,
    MOVE,
    NAMES,
    OUTPUTS,
    PARAMETER,
    POUCH,
    REGULATOR,
    RULE,
    STATE,
    TARE,
    TIME,
    TRIPPED,
    UNKNOWN,
    WATCHDOG,
    WATCHED,
    WRONG_STATE,
    Int31,
    record,
)  # fmt: skip

from controller.configuration import check, checksum
from controller.controller import Controller

WILD = st.lists(st.lists(st.integers(-(2**30) + 1, 2**30 - 1), min_size=9, max_size=9), max_size=4)
RUN = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# With an approach budget that is soon used up, and a retract switch that must soon open.
APPROACHES = DIE | {"approach": 6, "homing": 9, "debounce": 4}
VENTED = REGULATOR | {"stop_vents": 1, "approach": 20, "retreat": 30}
BASES = pytest.mark.parametrize(
    "base",
    [DIE, POUCH, REGULATOR, WATCHED, APPROACHES, VENTED],
    ids=["die", "pouch", "regulator", "watched", "approaches", "vented"],
)
RUNNERS = pytest.mark.parametrize("run", [run_filter, run_controller], ids=["filter", "controller"])


@BASES
@RUNNERS
@RUN
@given(sequence=SEQUENCES)
def test_S1_to_S4_and_S13_to_S16_hold_for_any_sequence(run, base, sequence):
    witness = Witness(base, whole=run is run_controller)
    for sensor, command in run(sequence, base):
        witness.see(sensor, command)
    event(f"response trips: {witness.responses > 0}")
    event(f"armed {min(witness.armed_ticks, 20) // 10 * 10}+ ticks")


@RUNNERS
def test_sequences_do_arm(run):
    seen = list(run((True, [("hold", 0, 9, 0)])))
    assert [c[STATE] for _, c in seen].count(ARMED) >= 18
    assert any(c[MOVE] for _, c in seen)
    assert any(c[OUTPUTS] & 3 == 3 for _, c in seen)


@RUN
@given(sequence=SEQUENCES, bad=st.sampled_from([(10, 0, 0), (-5, 3, 3), (2**29, 1, 1), (5, 0, 999), (5, 0, 55001)]))
def test_S5_what_is_not_listed_changes_nothing(sequence, bad):
    spoken, silent = Controller(record()), Controller(record())
    for frame in frames(sequence):
        quiet, loud = [0] * 9, [0] * 9
        silent.tick(frame, quiet)
        if frame[MESSAGE] == 0:
            frame[6:9] = bad
            spoken.tick(frame, loud)
            assert loud[EVENT] in (UNKNOWN, BOUNDS), "S5: no reason given"
            loud[EVENT] = 0
        else:
            spoken.tick(frame, loud)
        assert loud == quiet, "S5: a refused message changed something"


@RUN
@given(key=st.integers(-3, 57), value=st.one_of(st.integers(-10, 200000), st.integers(-(2**30) + 1, 2**30 - 1)))
def test_S5_parameters_within_bounds_when_idle_only(key, value):
    for prelude, expected in ((True, WRONG_STATE), (False, None)):
        board = Controller(record())
        command = [0] * 9
        for frame in frames((prelude, [("hold", 0, 1, 0)])):
            board.tick(frame, command)
        before = list(board.config)
        frame[TIME] = (frame[TIME] + 100) % 2**30
        frame[6:9] = [PARAMETER, key, value]
        board.tick(frame, command)
        if expected:
            assert command[EVENT] == expected, "S5: parameter written while armed"
        if command[EVENT] == DONE:
            low, high, _ = FIELDS[NAMES[key]]
            assert 2 <= key <= 51, "S5: not a parameter"
            assert not loosens(NAMES[key], DIE[NAMES[key]], value), "S5: looser than the stored record"
            assert low <= value <= high, "S5: out of bounds"
            assert board.config == record(DIE | {NAMES[key]: value}), "S5: not the field named"
        else:
            assert board.config == before, "S5: a refused parameter changed the record"
            assert command[EVENT] in (WRONG_STATE, BOUNDS, RULE, LOOSER)


@RUN
@given(sequence=SEQUENCES, tare=st.integers(-1000, 1000))
def test_S6_limits_do_not_move_with_the_operator_tare(sequence, tare):
    plain, tared = Controller(record()), Controller(record())
    tared.core.tare = tare
    for frame in frames(sequence):
        a, b = [0] * 9, [0] * 9
        if frame[MESSAGE] == TARE:
            frame[MESSAGE] = 0
        plain.tick(frame, a)
        tared.tick(frame, b)
        if a[STATE] != IDLE or b[STATE] != IDLE:
            assert a[STATE] == b[STATE], "S6: a trip moved with the tare"
        assert a[FAULTS] == b[FAULTS], "S6: a limit moved with the tare"
        assert a[OUTPUTS] & 3 == b[OUTPUTS] & 3, "S6: a permit moved with the tare"


@RUN
@given(sequence=SEQUENCES)
def test_S7_after_a_watchdog_reset_tripped_until_reset(sequence):
    witness = Witness(found=WATCHDOG)
    for sensor, command in run_controller(sequence, found=WATCHDOG):
        witness.see(sensor, command)
        if witness.latched & WATCHDOG:
            assert command[STATE] == TRIPPED, "S7: watchdog fault not latched"
            assert command[FAULTS] & WATCHDOG, "S7: watchdog fault not named"


@BASES
@RUN
@given(sequence=SEQUENCES, wild=WILD)
def test_S8_no_intermediate_leaves_31_bits(base, sequence, wild):
    board = Controller([Int31(x) for x in record(base)])
    command = [0] * 9
    for frame in [*frames(sequence, base), *wild]:
        board.tick([Int31(x) for x in frame], command)
        assert all(-(2**30) < x < 2**30 for x in command), "S8: a command leaves 31 bits"


def corners():
    return st.tuples(
        *(st.one_of(st.sampled_from([lo, hi]), st.integers(lo, hi)) if n != "kind" else st.integers(lo, hi)
          for n, (lo, hi, _) in FIELDS.items())
    )  # fmt: skip


@RUN
@given(fields=corners())
def test_S8_check_and_checksum_stay_within_31_bits(fields):
    config = [Int31(x) for x in [*fields, 0]]
    assert check(config) >= 0
    assert 0 <= checksum(config) < 65536


EXTREME = {
    "scale_num": [1, 131071], "reference": [-8388608, 8388607], "stiffness": [16, 64, 1048576], "ki": [1, 256],
    "deadband": [128, 65536], "slew": [1, 10000], "feed": [0, 1, 268435455], "lag": [0, 1000, 10000],
    "backlash": [0, 2000], "tick": [1, 100, 120], "scale_shift": [12, 21, 30], "speed": [1, 10, 100, 4096],
    "accel": [1, 4096], "travel_max": [20000, 1000000], "permit_off": [0, 600000], "stale": [250, 1000],
    "response": [1, 256], "response_hPa": [1, 1000000], "response_play": [0, 1000000], "response_ms": [1, 600000],
    "policy_threshold": [1, 268435455], "policy_dwell": [0, 600000], "policy_charge": [-1000000, 1000000],
    "policy_charge_slope": [1, 1000000], "policy_discharge": [-1000000, 1000000],
    "policy_discharge_slope": [1, 1000000], "jump": [1, 1000000], "approach": [1, 100], "homing": [1, 1000000],
    "debounce": [1, 8],
}  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.dictionaries(st.sampled_from(sorted(EXTREME)), st.integers(0, 3), max_size=5),
    sequence=SEQUENCES,
    current=st.integers(-(2**30) + 1, 2**30 - 1),
)
def test_S8_for_any_configuration_that_passes(changes, sequence, current):
    base = DIE | {name: EXTREME[name][pick % len(EXTREME[name])] for name, pick in changes.items()}
    config = record(base)
    if check(config):
        return
    event("extreme configuration ran")
    board = Controller([Int31(x) for x in config])
    command = [0] * 9
    for frame in frames(sequence, base):
        frame[4] = current
        board.tick([Int31(x) for x in frame], command)


def test_S8_the_guard_itself_raises():
    for overflow in (lambda x: x + 1, lambda x: 1 + x, lambda x: x << 1, lambda x: x * 2, lambda x: -x - 1):
        with pytest.raises(OverflowError):
            overflow(Int31(2**30 - 1))
    assert type(1 - Int31(3) // 2 & 7) is Int31
