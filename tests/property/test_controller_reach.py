"""Every condition, event and edge is reached by a deterministic path, and every one has words."""

import re

import pytest
from bench import Hand
from restated_limits import (
    ARM,
    ARMED,
    BAD_CHECKSUM,
    BAD_CONFIG,
    BLOCKED,
    BLOCKS,
    BOUNDS,
    CAUSE,
    CLOCK,
    CONFIRM,
    CURRENT_LOST,
    DIE,
    DISARM,
    DONE,
    FAULTS,
    FEW_SAMPLES,
    FIELDS,
    FORCE,
    IDLE,
    LIMITS,
    LINK,
    LOOSER,
    MOVE,
    NAMES,
    NO_LOAD,
    NO_SENSOR,
    NOT_RESET,
    OUTPUTS,
    OVER,
    PARAMETER,
    POSITION,
    PRESSURE,
    REGULATOR,
    RESET,
    RULE,
    SELF_TEST,
    SENSOR,
    SET,
    SETPOINT,
    SOFT,
    STALE,
    STATE,
    STOP,
    STUCK,
    TARE,
    TRIPPED,
    UNCONFIRMED,
    UNKNOWN,
    WARN,
    WATCHDOG,
    WATCHED,
    WRONG_STATE,
    Int31,
    crc,
    record,
)  # fmt: skip

from controller import configuration, vocabulary
from controller.controller import Controller

TRIP_BY = {
    LIMITS: {"switches": 3}, STOP: {"switches": 4}, LINK: {"switches": 8}, CLOCK: {"dt": 0},
    SENSOR: {"sense": 1, "n": 2}, STALE: {"fresh": False, "n": 3}, STUCK: {"counts": 1120000, "n": 20},
    OVER: {"pressure": 80000, "n": 2}, FORCE: {"switches": FORCE},
}  # fmt: skip
WARN_BY = {
    WARN: {"pressure": 60000}, SOFT: {"pressure": 70000}, NO_LOAD: {"pressure": -1001}, CURRENT_LOST: {"sense": 2},
}  # fmt: skip


@pytest.mark.parametrize("bit", TRIP_BY)
def test_S3_each_cause_trips_latches_and_is_reset(bit):
    hand = Hand().armed(n=3)
    command = hand.tick(**TRIP_BY[bit])
    assert (command[STATE], command[FAULTS] & bit) == (TRIPPED, bit)
    assert command[OUTPUTS] & 3 == 0
    assert command[BLOCKS] & NOT_RESET
    hand.tick(n=30)
    assert (hand.command[STATE], hand.command[FAULTS] & bit) == (TRIPPED, bit)
    assert hand.say(ARM) == BLOCKED
    assert hand.say(DISARM) == WRONG_STATE
    assert hand.say(RESET) == DONE
    assert (hand.command[STATE], hand.command[FAULTS] & (1023 | FORCE)) == (IDLE, 0)


@pytest.mark.parametrize("bit", [LIMITS, STOP, LINK, CLOCK, OVER, FORCE])
def test_S3_no_reset_with_the_cause_present(bit):
    hand = Hand().armed(n=3)
    hand.tick(**TRIP_BY[bit])
    assert hand.say(RESET, **{k: v for k, v in TRIP_BY[bit].items() if k != "n"}) == CAUSE
    assert hand.command[STATE] == TRIPPED


@pytest.mark.parametrize(("bit", "ticks"), [(SENSOR, 2), (OVER, 2), (STALE, 3), (STUCK, 20)])
def test_S3_debounce_to_the_tick(bit, ticks):
    hand = Hand().armed(n=3)
    how = {k: v for k, v in TRIP_BY[bit].items() if k != "n"}
    assert hand.tick(n=ticks - 1, **how)[STATE] == ARMED
    assert hand.tick(**how)[STATE] == TRIPPED


@pytest.mark.parametrize("bit", WARN_BY)
def test_warnings_only_warn(bit):
    hand = Hand().armed(n=3)
    assert hand.tick(**WARN_BY[bit])[FAULTS] & bit
    assert hand.command[STATE] == ARMED
    assert not hand.tick()[FAULTS] & bit


@pytest.mark.parametrize("off", range(-5, 6))
def test_edges_to_the_hectopascal(off):
    for edge, bit in ((60000, WARN), (70000, SOFT)):
        assert bool(Hand().armed(n=3).tick(edge + off)[FAULTS] & bit) == (off >= 0)
    assert (Hand().armed(n=3).tick(80000 + off, n=2)[STATE] == TRIPPED) == (off >= 0)
    assert bool(Hand().armed(n=3).tick(-1000 + off)[FAULTS] & NO_LOAD) == (off < 0)
    # A pressure from near by counts at once, one from far away as the last of its debounce.
    for near in (True, False):
        for edge, bit, inside in ((60000, 1, -1), (20000, 1, 1), (58000, 2, -1), (15000, 2, 1)):
            hand = Hand().armed(n=8)
            assert hand.tick(edge + 9 * inside if near else 40000, n=2)[OUTPUTS] & bit
            if not near:
                assert hand.tick(edge + off)[OUTPUTS] & 3 == 3, "S13: closed by one reading"
            assert bool(hand.tick(edge + off)[OUTPUTS] & bit) == (off * inside >= 0), "S13"
        for edge, bit, inside in ((59500, 1, -1), (20500, 1, 1), (57500, 2, -1), (15500, 2, 1)):
            hand = Hand().armed(69000, 40000)
            assert hand.tick(69000, n=9)[OUTPUTS] & 3 == 0
            assert not hand.tick(edge - 9 * inside if near else 69000, n=2)[OUTPUTS] & bit
            if not near:
                assert hand.tick(edge + off)[OUTPUTS] & 3 == 0, "S13: opened by one reading"
            assert bool(hand.tick(edge + off)[OUTPUTS] & bit) == (off * inside >= 0), "S13 hysteresis"


@pytest.mark.parametrize("off", range(-5, 6))
def test_S1_compression_stops_at_soft(off):
    hand = Hand().armed(20000, 55000)
    hand.tick(20000, n=5)
    assert hand.command[MOVE] > 0
    hand.board.core.setpoint = hand.board.core.target = 10**6
    assert hand.tick(20000)[MOVE] > 0
    assert (hand.tick(70000 + off)[MOVE] > 0) == (off < 0), "one reading is enough to forbid, and none to follow"


def test_S13_least_off_time_to_the_tick():
    hand = Hand().armed(n=9)
    assert hand.tick(10000)[OUTPUTS] & 3 == 3
    assert hand.tick(10000)[OUTPUTS] & 3 == 0
    assert hand.tick(n=7)[OUTPUTS] & 3 == 0
    assert hand.tick()[OUTPUTS] & 3 == 3


def test_retreat_ends_below_soft_minus_margin_or_at_its_travel():
    hand = Hand().armed(n=3)
    hand.tick(80000, n=2)
    moves = [hand.tick(p)[MOVE] for p in (75000, 70000, 65000, 64999, 65000, 85000, 85000)]
    assert [m < 0 for m in moves] == [True, True, True, False, False, False, False]
    hand = Hand().armed(n=3)
    start = hand.tick(80000)[POSITION]
    hand.tick(80000, n=40)
    assert hand.command[POSITION] == start - DIE["retreat"]
    assert hand.command[OUTPUTS] == 0


def test_retreat_holds_blindly_and_goes_on_when_it_sees():
    hand = Hand().armed(n=3)
    hand.tick(80000, n=2)
    assert hand.tick(80000, sense=1, n=2)[MOVE] == 0
    assert hand.tick(80000)[MOVE] < 0
    assert hand.tick(80000, switches=1)[MOVE] == 0
    assert hand.tick(80000, switches=4)[MOVE] == 0
    assert hand.tick(80000)[MOVE] == 0, "an e-stop ends the retreat"


def test_a_regulator_retreats_too():
    hand = Hand(REGULATOR).armed(5000, 55000)
    hand.tick(5000, n=60)
    code = hand.tick(80000)[POSITION]
    hand.tick(80000, n=40)
    assert hand.command[POSITION] == code - DIE["retreat"]
    assert hand.command[OUTPUTS] == 4


def test_S2_speeds_up_by_the_acceleration_and_stops_at_once():
    hand = Hand().armed(20000, 20000, n=3)
    hand.board.core.setpoint = hand.board.core.target = 55000
    assert [hand.tick(20000)[MOVE] for _ in range(4)] == [4, 8, 10, 10]
    assert hand.tick(20000, dt=50)[MOVE] == 5
    assert hand.say(DISARM, pressure=20000) == DONE
    assert hand.command[MOVE] == 0


def test_S4_each_block_is_named():
    fresh = Hand()
    assert fresh.tick(sense=1)[BLOCKS] & (SENSOR | FEW_SAMPLES) == SENSOR | FEW_SAMPLES
    for bit, how in (
        (STOP, {"switches": 4}), (LIMITS, {"switches": 3}), (LINK, {"switches": 8}), (CLOCK, {"dt": 0}),
        (SENSOR, {"sense": 1}), (STALE, {"fresh": False, "n": 3}), (SOFT, {"pressure": 70000}),
        (NO_LOAD, {"pressure": -1001}), (STUCK, {"counts": 9, "n": 20}), (OVER, {"pressure": 80000, "n": 2}),
    ):  # fmt: skip
        hand = Hand()
        hand.tick(n=9)
        assert hand.command[BLOCKS] == 0
        assert hand.tick(**how)[BLOCKS] & bit == bit
        assert hand.say(ARM, **{k: v for k, v in how.items() if k != "n"}) == BLOCKED
        assert hand.command[STATE] != ARMED


@pytest.mark.parametrize("pressure", [0, 500, 501, 40000])
@pytest.mark.parametrize("ticks", [1, 2, 4, 5, 6, 7])
def test_S4_healthy_samples_to_the_sample(ticks, pressure):
    """After boot a pressure further than a jump from 0 must first be debounced."""
    hand = Hand()
    hand.tick(pressure, n=ticks - 1)
    needs = DIE["healthy"] + (DIE["debounce"] if pressure > DIE["jump"] else 0)
    assert hand.say(ARM, pressure=pressure) == (DONE if ticks >= needs else BLOCKED)


def test_S4_a_bad_record_means_defaults_and_no_arming():
    torn = record()
    torn[-1] ^= 1
    foreign = record(soft=90000)
    for config, bit in ((torn, BAD_CHECKSUM), (foreign, BAD_CONFIG), ([], BAD_CONFIG), (record()[:-1], BAD_CONFIG)):
        hand = Hand(config=config)
        assert hand.board.config == configuration.DEFAULT
        hand.tick(1000, n=200)
        assert hand.command[BLOCKS] & bit
        assert hand.say(ARM, pressure=1000) == BLOCKED


def test_S4_a_record_that_rots_after_boot_blocks():
    hand = Hand()
    hand.tick(n=9)
    hand.board.config[NAMES.index("ki")] ^= 1
    assert hand.say(ARM) == BLOCKED
    assert hand.command[BLOCKS] & SELF_TEST


def test_S4_a_failed_self_test_cannot_be_reset():
    hand = Hand(found=SELF_TEST)
    hand.tick(n=9)
    assert hand.say(RESET) == CAUSE
    assert hand.command[FAULTS] & SELF_TEST


def test_S7_a_watchdog_reset_is_latched_and_can_be_reset():
    hand = Hand(found=WATCHDOG)
    hand.tick(n=9)
    assert hand.say(ARM) == BLOCKED
    hand.tick(80000, n=5)
    assert hand.command[MOVE] == 0, "no retreat after a boot"
    hand.settled()
    assert hand.say(RESET) == DONE
    assert hand.say(ARM) == DONE


def test_events():
    hand = Hand()
    hand.tick(sense=1)
    assert hand.say(TARE, sense=1) == NO_SENSOR
    assert hand.say(99) == UNKNOWN
    assert hand.say(SET, 55001) == BOUNDS
    assert hand.say(RESET) == WRONG_STATE
    assert hand.say(CONFIRM, 20001) == BOUNDS
    assert hand.say(CONFIRM, -201) == BOUNDS
    assert hand.say(CONFIRM, -200) == DONE
    assert hand.say(PARAMETER, 60000, key=NAMES.index("soft")) == RULE
    assert hand.say(PARAMETER, 60001, key=NAMES.index("warn")) == LOOSER
    assert hand.say(PARAMETER, 8388608, key=NAMES.index("reference")) == LOOSER
    assert hand.say(PARAMETER, 257, key=NAMES.index("ki")) == BOUNDS
    for pressure, event in ((1001, BOUNDS), (-1001, BOUNDS), (1000, DONE)):
        hand.tick(pressure, n=2)
        assert hand.say(TARE, pressure=pressure) == event
    assert hand.command[PRESSURE] == 0
    assert hand.tick(n=9)[PRESSURE] == 39000
    assert hand.say(ARM) == DONE
    assert hand.say(ARM) == WRONG_STATE
    assert hand.say(TARE, pressure=500) == WRONG_STATE
    assert hand.say(CONFIRM, 5) == WRONG_STATE
    assert hand.say(SET, 30000) == DONE
    assert Hand(REGULATOR).say(CONFIRM, 5) == WRONG_STATE


def test_S16_position_is_lost_by_stop_and_limits_only():
    for how, lost in (({"switches": 4}, True), ({"switches": 3}, True), ({"switches": 8}, False)):
        hand = Hand().armed(n=3)
        hand.tick(**how)
        assert bool(hand.tick()[FAULTS] & UNCONFIRMED) == lost
    assert Hand().tick()[FAULTS] & UNCONFIRMED
    assert not Hand(REGULATOR).tick()[FAULTS] & UNCONFIRMED


def test_S5_travel_may_not_leave_the_position_outside():
    hand = Hand()
    top = NAMES.index("travel_max")
    hand.tick(n=9)
    assert hand.say(PARAMETER, 10000, key=top) == DONE
    assert hand.command[POSITION] == 10000, "S16: unknown means all the way out"
    assert hand.say(CONFIRM, 5000) == DONE
    assert hand.say(PARAMETER, 4999, key=top) == RULE
    assert hand.say(PARAMETER, 5000, key=top) == DONE
    assert hand.command[BLOCKS] & FEW_SAMPLES
    assert hand.command[SETPOINT] == 0


RULES = {
    64: {"warn": 70000}, 65: {"hard": 300000, "soft": 290000}, 66: {"margin": 70000}, 67: {"setpoint_max": 69000},
    68: {"charge_min": 59000}, 69: {"discharge_max": 80001}, 70: {"travel_max": -200}, 71: {"stale": 199},
    72: {"kp": 193}, 73: {"speed": 33}, 74: {"response": 1, "response_ms": 200}, 75: {"approach": 158},
}  # fmt: skip


@pytest.mark.parametrize("code", RULES)
def test_each_rule_of_the_record(code):
    assert configuration.check(record(**RULES[code])) == code
    assert vocabulary.explain(code)


def test_rules_pass_one_step_inside():
    for name, value in (
        ("warn", 69999), ("margin", 69999), ("setpoint_max", 68999), ("charge_min", 58999), ("discharge_max", 80000),
        ("travel_max", -199), ("stale", 200), ("kp", 192), ("response_ms", 1),
        ("approach", 157),
    ):  # fmt: skip
        assert configuration.check(record(**{name: value})) == 0, name
    assert configuration.check(record(REGULATOR, travel_min=-1)) == 70
    # Four times 50 ms of dead time, and three time constants of a lag.
    assert configuration.check(record(response=1, response_ms=201)) == 0
    assert configuration.check(record(response=1, response_ms=1400, lag=100)) == 74
    assert configuration.check(record(response=1, response_ms=1401, lag=100)) == 0


def test_S2_top_speed_times_blind_time_stays_under_the_hard_limit():
    # 250 + 2 * 100 + 50 ms are 5 ticks, and 2 for what is under way: 7 ticks of 44 hPa per count.
    for margin in (2000, 3000, 5000):
        greatest = max(s for s in range(1, 40) if configuration.check(record(speed=s, hard=70000 + margin)) == 0)
        assert greatest * 7 * 44 < margin <= (greatest + 1) * 7 * 44


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_these_bounds(name):
    low, high, _ = FIELDS[name]
    i = NAMES.index(name)
    assert (vocabulary.LOWER[i], vocabulary.UPPER[i]) == (low, high)
    assert name.split("_")[0] in vocabulary.FIELDS[i].lower()
    for value in (low - 1, high + 1):
        if abs(value) < 2**30:
            assert configuration.check(record(**{name: value})) == 1 + i


@pytest.mark.parametrize(("number", "first"), [(1, 38), (2, 48)])
def test_a_record_of_an_older_format_is_taken_over(number, first):
    today = record(WATCHED)
    old = [number, *today[1:38], *today[40 : first + 2]]
    old.append(crc(old))
    new = configuration.adopt(old)
    assert new[1:38] == old[1:38]
    assert new[40 : first + 2] == old[38:first]
    assert configuration.check(new) == 0
    assert configuration.checksum(new) == new[-1]
    # 227 counts from soft to hard limit, less 70 while blind.
    assert new[38:40] + new[first + 2 :] == [*configuration.DEFAULT[38:40], *configuration.DEFAULT[first + 2 : 50], 157,
                                             configuration.DEFAULT[51], new[52]]  # fmt: skip
    for other in (record(), [], old[:-1], [*old, 0], [0, *old[1:]], [3 - number, *old[1:]],
                  [*old[:-1], old[-1] ^ 1], [*old[:9], 5, *old[10:]]):  # fmt: skip
        assert configuration.adopt(other) is other


def test_default_record_is_whole():
    assert configuration.check(configuration.DEFAULT) == 0
    assert configuration.checksum(configuration.DEFAULT) == configuration.DEFAULT[-1]
    assert configuration.checksum(record()) == record()[-1]
    assert vocabulary.record(SOFT_hPa=71000)[14] == 71000
    with pytest.raises(ValueError, match="HARD"):
        vocabulary.record(HARD_hPa=1)
    with pytest.raises(ValueError, match="unknown"):
        vocabulary.record(SOFT=1)


def test_every_bit_and_event_has_words():
    assert sorted(vocabulary.CONDITIONS) == [1 << i for i in range(22)]
    assert sorted(vocabulary.EVENTS) == list(range(10))
    assert vocabulary.names(OVER | SOFT) == ["OVER", "SOFT"]
    assert all(re.fullmatch("[A-Z_]+", words[0]) for words in vocabulary.CONDITIONS.values())


def test_boots_into_no_output():
    command = [7] * 9
    Controller(record()).tick([0] * 9, command)
    assert (command[MOVE], command[OUTPUTS], command[STATE]) == (0, 0, IDLE)


def test_S4_one_invalid_sample_starts_the_count_over():
    for how in ({"sense": 1}, {"sense": 1, "fresh": False}, {"fresh": False, "n": 3}):
        hand = Hand()
        hand.tick(n=9)
        hand.tick(**how)
        hand.tick(n=3)
        assert hand.say(ARM) == BLOCKED
        assert hand.say(ARM) == DONE


def test_S13_an_invalid_sensor_between_samples_closes_the_permits():
    hand = Hand().armed(n=9)
    assert hand.tick(fresh=False)[OUTPUTS] & 3 == 3
    assert hand.tick(fresh=False, sense=1, dt=10)[OUTPUTS] & 3 == 0
    assert hand.tick(fresh=False, dt=10)[OUTPUTS] & 3 == 0, "S1: the last sample stays invalid"


def test_S13_the_least_off_time_counts_from_boot():
    hand = Hand(DIE | {"permit_off": 3000}).armed()
    boot = DIE["debounce"] + DIE["healthy"] + 4
    assert hand.tick(n=30 - boot)[OUTPUTS] & 3 == 0
    assert hand.tick(n=2)[OUTPUTS] & 3 == 3


def test_staleness_and_clock_to_the_millisecond():
    assert Hand().armed(n=3).tick(dt=250)[STATE] == ARMED
    assert Hand().armed(n=3).tick(dt=251)[FAULTS] & CLOCK
    assert Hand().armed(n=3).tick(fresh=False, dt=125, n=2)[STATE] == ARMED
    hand = Hand().armed(n=3)
    hand.tick(fresh=False, dt=125, n=2)
    assert hand.tick(fresh=False, dt=1)[FAULTS] == STALE


def test_stuck_can_be_switched_off():
    hand = Hand(DIE | {"stuck": 0}).armed(n=3)
    assert hand.tick(counts=1121000, n=200)[STATE] == ARMED


def test_S3_a_trip_keeps_the_cause_it_had():
    hand = Hand().armed(n=3)
    hand.tick(switches=8)
    hand.tick(fresh=False, n=5)
    assert hand.tick()[FAULTS] == LINK
    hand.tick(80000, n=2)
    assert hand.tick(n=3)[FAULTS] == LINK | OVER


def test_S8_a_leap_of_the_clock_on_a_frozen_sample():
    hand = Hand(config=[Int31(x) for x in record()])
    command = [0] * 9
    for time in (0, 100, 99, 2**30 - 1, 2**30 - 2, 1, -(2**30) + 1, 2**29):
        frame = [0] * 9
        frame[0] = time
        hand.board.tick([Int31(x) for x in frame], command)


def test_S2_travel_ends_to_the_count():
    hand = Hand(DIE | {"travel_max": 115}).armed(20000)
    hand.board.core.setpoint = hand.board.core.target = 55000
    assert hand.tick(20000, n=20)[POSITION] == 115
    hand.board.core.setpoint = hand.board.core.target = 1000
    assert hand.tick(30000, n=11)[POSITION] < 60
    hand.tick(30000, n=90)
    assert hand.command[POSITION] == DIE["travel_min"]


def test_S2_decompression_speeds_up_by_the_acceleration_too():
    hand = Hand(DIE | {"backlash": 0}).armed(40000, 40000, n=3)
    hand.board.core.setpoint = hand.board.core.target = 10000
    assert [hand.tick(40000)[MOVE] for _ in range(4)] == [-4, -8, -10, -10]


def test_S16_a_position_is_confirmed_at_either_end_of_travel():
    for end in (-200, 20000):
        hand = Hand()
        assert hand.say(CONFIRM, end) == DONE
        assert hand.command[POSITION] == end


def test_S13_least_off_time_to_the_millisecond():
    for last, opens in ((99, 0), (100, 3)):
        hand = Hand().armed(n=9)
        assert hand.tick(10000)[OUTPUTS] & 3 == 3
        assert hand.tick(10000)[OUTPUTS] & 3 == 0
        hand.tick(n=6)
        assert hand.tick(dt=last)[OUTPUTS] & 3 == 0
        assert hand.tick(dt=1)[OUTPUTS] & 3 == opens
