"""Every kind of fault does what its name says; each is tested here, declared in the example, and documented."""

import itertools
import math
import random
import re
import tomllib
from array import array
from pathlib import Path

import pytest

from controller.configuration import DEFAULT
from hil.actuators import Regulator
from hil.campaign.faults import FAMILIES, KINDS, Scene
from hil.campaign.firmware_board import FirmwareBoard
from hil.campaign.observe import INSTRUMENTS
from hil.campaign.on_board import SENSORS
from hil.experiment_file import load
from hil.scaling import configuration

ROOT = Path(__file__).parents[2]
TIME, COUNTS, SAMPLE, SENSE, CURRENT, SWITCHES, MESSAGE, KEY, VALUE = range(9)
MOVE, POSITION, OUTPUTS, STATE, FAULTS, BLOCKS, EVENT = range(7)
IDLE, ARMED, TRIPPED = range(3)
ARM, DISARM, TARE, SETPOINT, CONFIRM = 1, 2, 4, 5, 7
LINK, CLOCK, WATCHDOG, CONFIG, CHECKSUM = 8, 64, 256, 32768, 65536
TICK_ms = 100
COUNTS_4MPa = 1_120_000
COUNTS_PER_MPa, STEPS_PER_MPa = 280_000.0, 200.0
TESTED = set()


def covers(*kinds):
    """Marks a test as that of these kinds."""
    TESTED.update(kinds)
    return lambda function: function


def fault(kind, severity, seed=1, energised=1):
    scene = Scene(
        list(DEFAULT), COUNTS_PER_MPa, STEPS_PER_MPa, TICK_ms / 1000, random.Random(seed),
        noise_counts=25.0, full_scale_Pa=1e6, top_code=65535,
    )  # fmt: skip
    scene.command[OUTPUTS] = 4 * energised
    return KINDS[kind](severity, scene)


def seen(found, ticks, counts=lambda n: COUNTS_4MPa + n, current=1000):
    """The frames a board sees in so many ticks from the moment on."""
    frames = []
    for n in range(ticks):
        frame = [(n + 1) * TICK_ms, counts(n), n, 0, current, 0, 0, 0, 0]
        found.sense(n * TICK_ms / 1000, frame)
        frames.append(frame)
    return frames


def column(frames, field):
    return [frame[field] for frame in frames]


# --- load cell -----------------------------------------------------------------------------------------------------


@covers("load_cell_stuck")
def test_stuck_holds_the_counts_while_conversions_go_on():
    frames = seen(fault("load_cell_stuck", 0.5), 8)
    assert column(frames, COUNTS) == [COUNTS_4MPa] * 5 + [COUNTS_4MPa + n for n in (5, 6, 7)]
    assert column(frames, SAMPLE) == list(range(8))


@covers("load_cell_drift")
def test_drift_grows_with_time_from_nothing():
    frames = seen(fault("load_cell_drift", -36.0), 101, counts=lambda n: COUNTS_4MPa)
    assert frames[0][COUNTS] == COUNTS_4MPa
    assert frames[100][COUNTS] == COUNTS_4MPa - round(0.1 * COUNTS_PER_MPa)
    assert frames[50][COUNTS] == COUNTS_4MPa - round(0.05 * COUNTS_PER_MPa)


@covers("load_cell_offset")
@pytest.mark.parametrize("sign", [-1, 1])
def test_offset_jumps_once_and_stays(sign):
    frames = seen(fault("load_cell_offset", 0.5 * sign), 50, counts=lambda n: COUNTS_4MPa)
    assert set(column(frames, COUNTS)) == {COUNTS_4MPa + sign * 140_000}


@covers("load_cell_noise")
def test_noise_has_the_rms_it_says_and_one_number_a_conversion():
    frames = seen(fault("load_cell_noise", 0.1), 4000, counts=lambda n: COUNTS_4MPa)
    off = [(counts - COUNTS_4MPa) / COUNTS_PER_MPa for counts in column(frames, COUNTS)]
    assert (sum(x * x for x in off) / len(off)) ** 0.5 == pytest.approx(0.1, rel=0.05)
    assert sum(off) / len(off) == pytest.approx(0.0, abs=0.01)
    found = fault("load_cell_noise", 0.1)
    same = [[0, COUNTS_4MPa, 7, 0, 0, 0, 0, 0, 0] for _ in range(3)]
    for frame in same:
        found.sense(0.0, frame)
    assert len(set(column(same, COUNTS))) == 1


@covers("load_cell_dropout")
def test_dropout_holds_counts_and_number_for_its_time():
    frames = seen(fault("load_cell_dropout", 0.3), 6)
    assert column(frames, SAMPLE) == [0, 0, 0, 3, 4, 5]
    assert column(frames, COUNTS)[:4] == [COUNTS_4MPa, COUNTS_4MPa, COUNTS_4MPa, COUNTS_4MPa + 3]


@covers("load_cell_saturation")
def test_saturation_puts_the_counts_on_a_rail_and_says_so():
    rails = set()
    for seed in range(8):
        frames = seen(fault("load_cell_saturation", 0.2, seed), 4)
        assert column(frames, SENSE) == [1, 1, 0, 0]
        assert frames[0][COUNTS] == frames[1][COUNTS]
        assert frames[2][COUNTS] == COUNTS_4MPa + 2
        rails.add(frames[0][COUNTS])
    assert rails == {-(2**23), 2**23 - 1}


@covers("load_cell_desync")
def test_desync_shifts_24_bits_and_wraps():
    for counts, shift, expected in ((1000, 1, 2000), (1 << 22, 1, -(1 << 23)), (-1, 4, -16), (1 << 23, 1, 0)):
        assert seen(fault("load_cell_desync", shift), 1, counts=lambda n, c=counts: c)[0][COUNTS] == expected


@covers("load_cell_swapped")
def test_swapped_wires_turn_the_sign_of_everything():
    assert seen(fault("load_cell_swapped", -1.0), 1)[0][COUNTS] == -COUNTS_4MPa


@covers("load_cell_open")
@pytest.mark.parametrize("zero_MPa", [-0.2, 0.0, 0.13])
def test_an_open_bridge_reads_its_zero_and_noise_whatever_the_load(zero_MPa):
    reference = DEFAULT[4]
    frames = seen(fault("load_cell_open", zero_MPa), 2000, counts=lambda n: COUNTS_4MPa + 1000 * n)
    off = [counts - reference - zero_MPa * COUNTS_PER_MPa for counts in column(frames, COUNTS)]
    assert sum(off) / len(off) == pytest.approx(0.0, abs=3)
    assert (sum(x * x for x in off) / len(off)) ** 0.5 == pytest.approx(25.0, rel=0.1)
    assert column(frames, SAMPLE) == list(range(2000)), "conversions go on"
    assert set(column(frames, SENSE)) == {0}, "and the driver marks none of them"


@covers("load_cell_gain")
@pytest.mark.parametrize("gain", [0.2, 1.0, 2.0])
def test_a_wrong_gain_scales_the_reading_from_its_zero(gain):
    reference = DEFAULT[4]
    assert seen(fault("load_cell_gain", gain), 1, counts=lambda n: reference)[0][COUNTS] == reference
    counts = seen(fault("load_cell_gain", gain), 1, counts=lambda n: reference + 500_000)[0][COUNTS]
    assert counts == pytest.approx(reference + gain * 500_000, abs=1)


@covers("zero_jump")
@pytest.mark.parametrize("jump_MPa", [-5.0, 5.0])
def test_another_reference_is_off_by_its_jump_in_every_reading(jump_MPa):
    for under in (0, 500_000, COUNTS_4MPa):
        frames = seen(fault("zero_jump", jump_MPa), 5, counts=lambda n, c=under: c)
        assert set(column(frames, COUNTS)) == {under + round(jump_MPa * COUNTS_PER_MPa)}


@covers("load_cell_outliers")
@pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
def test_outliers_are_single_and_as_many_as_it_says(share):
    frames = seen(fault("load_cell_outliers", share), 20_000, counts=lambda n: COUNTS_4MPa)
    wrong = [counts != COUNTS_4MPa for counts in column(frames, COUNTS)]
    assert not any(a and b for a, b in itertools.pairwise(wrong)), "the next conversion is good"
    # One in so many of those that may be wrong: the one after a wrong one may not.
    assert sum(wrong) / len(wrong) == pytest.approx(share / (1 + share), rel=0.25)
    values = {counts for counts in column(frames, COUNTS) if counts != COUNTS_4MPa}
    ones = {value for value in values if value >= 0 and (value + 1).bit_count() == 1}
    assert len(ones) > 15, "all ones from some bit down"
    assert min(values) < -(2**22), "and anything"
    assert max(values - ones) > 2**22


def test_a_wrong_conversion_is_the_same_in_every_tick_that_sees_it():
    found = fault("load_cell_outliers", 0.5)
    for number in range(50):
        same = [[0, COUNTS_4MPa, number, 0, 0, 0, 0, 0, 0] for _ in range(3)]
        for frame in same:
            found.sense(0.0, frame)
        assert len(set(column(same, COUNTS))) == 1


# --- actuator ------------------------------------------------------------------------------------------------------


def moved(found, moves):
    return [found.move(n * TICK_ms / 1000, counts) for n, counts in enumerate(moves)]


@covers("actuator_stuck")
def test_a_stuck_actuator_does_nothing_for_its_time():
    assert moved(fault("actuator_stuck", 0.3), [5, -3, 7, 4]) == [0, 0, 0, 4]


@covers("actuator_slipping")
def test_a_slipping_actuator_loses_its_share_and_no_more():
    found = fault("actuator_slipping", 0.25)
    assert sum(moved(found, [1] * 400)) == 300
    assert sum(moved(found, [-3] * 100)) == pytest.approx(-225, abs=1)
    assert moved(found, [0] * 5) == [0] * 5


@covers("actuator_runaway")
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_runaway_moves_by_itself_while_it_has_current(sign):
    found = fault("actuator_runaway", 0.1 * sign)
    assert sum(moved(found, [0] * 100)) == pytest.approx(sign * 200, abs=1)
    found.scene.command[OUTPUTS] = 0
    assert moved(found, [0] * 10) == [0] * 10
    found.scene.record[1] = 2
    assert sum(moved(found, [0] * 100)) == pytest.approx(sign * 200, abs=1), "a valve needs no current"


@covers("actuator_reversed")
def test_a_reversed_actuator_goes_the_other_way():
    assert moved(fault("actuator_reversed", -1.0), [5, -3, 0]) == [-5, 3, 0]


@covers("actuator_backlash")
def test_grown_backlash_swallows_reversals_only():
    found = fault("actuator_backlash", 0.05)  # ten steps
    assert moved(found, [4, 4]) == [4, 4]
    assert moved(found, [-6, -6, -6]) == [0, -2, -6]
    assert moved(found, [6, 6]) == [0, 2]


@covers("actuator_coarse")
def test_a_coarse_output_means_sixteen_times_as_much_up_to_its_top():
    assert moved(fault("actuator_coarse", 16), [1, 2, -1]) == [16, 32, -16]
    valve = fault("actuator_coarse", 16)
    valve.scene.record[1] = 2
    assert moved(valve, [4000, 1000, 1000, -1000, -1500]) == [64_000, 1535, 0, 0, -9535]


@covers("supply_loss")
def test_a_lost_supply_is_nothing_or_a_share_and_comes_back():
    left = set()
    for seed in range(40):
        found = fault("supply_loss", 10.0, seed)
        assert found.inlet(0.0) == found.inlet(9.9)
        assert found.inlet(10.0) == math.inf
        left.add(found.inlet(0.0))
    assert min(left) == 0.0
    assert 0.3e6 < max(left) <= 0.6e6
    assert len(left) > 10


def test_what_reaches_the_stack_is_no_more_than_the_supply():
    section = load(ROOT / "examples" / "press_pneumatic.toml", ["actuator.bits=16"]).schema.actuator
    regulator = Regulator(section, TICK_ms / 1000)
    for codes in (20_480, 0, 0):  # the last ones let its dead time pass
        regulator.move(codes)
    held = regulator.supply
    regulator.inlet = 0.1e6
    regulator.move(0)
    assert (regulator.supply, regulator.short) == (0.1e6, pytest.approx(held - 0.1e6))
    for codes in (8192, 0, 0):
        regulator.move(codes)
    assert regulator.supply == 0.1e6, "a higher code changes nothing"
    regulator.inlet = math.inf
    regulator.move(0)
    assert regulator.supply > held, "and is there at once when the supply comes back"
    assert regulator.short == 0.0


# --- current sense -------------------------------------------------------------------------------------------------


@covers("current_scale", "current_offset", "current_reversed")
@pytest.mark.parametrize(
    ("kind", "severity", "reading"),
    [
        ("current_scale", 0.0, 0),
        ("current_scale", 2.5, 2500),
        ("current_offset", -300.0, 700),
        ("current_offset", 40.0, 1040),
        ("current_reversed", -1.0, -1000),
    ],
)
def test_a_wrong_current_sense_reads_wrong(kind, severity, reading):
    assert set(column(seen(fault(kind, severity), 3), CURRENT)) == {reading}


# --- clock ---------------------------------------------------------------------------------------------------------


@covers("clock_jump")
def test_the_clock_jumps_and_goes_on():
    assert column(seen(fault("clock_jump", 5000), 3), TIME) == [5100, 5200, 5300]
    assert column(seen(fault("clock_jump", -200), 3), TIME) == [2**30 - 100, 0, 100]


@covers("clock_stopped")
def test_the_clock_stands_still_for_its_time():
    assert column(seen(fault("clock_stopped", 0.2), 4), TIME) == [100, 100, 300, 400]


# --- cell ----------------------------------------------------------------------------------------------------------


@covers("cell_short", "cell_expansion", "cell_gas")
def test_the_cells_faults_come_through_the_plants_doors():
    for kind, severity, at, place, value in (
        ("cell_short", 2.0, 10.0, 8, 2e-3),
        ("cell_expansion", 30.0, 0.0, 7, 30e-6),
        ("cell_gas", 36.0, 0.0, 7, 0.0),
        ("cell_gas", 36.0, 100.0, 7, 1e-6),
    ):
        inputs = array("d", [0.0] * 10)
        fault(kind, severity).disturb(at, inputs)
        assert inputs[place] == pytest.approx(value)
        assert sum(x != 0 for x in inputs) == (value != 0)


# --- operator ------------------------------------------------------------------------------------------------------


def said(frames):
    return [(frame[MESSAGE], frame[VALUE]) for frame in frames if frame[MESSAGE]]


@covers("operator_tare")
def test_a_tare_is_tried_armed_and_under_load_and_arming_follows():
    messages = said(seen(fault("operator_tare", 2), 120))
    assert [kind for kind, _ in messages] == [TARE, DISARM, TARE, ARM] * 2


@covers("operator_setpoint")
def test_a_setpoint_lies_beyond_its_bound():
    least, most = DEFAULT[19], DEFAULT[20]
    assert set(said(seen(fault("operator_setpoint", 1.0), 100))) == {(SETPOINT, most + 10_000)}
    assert set(said(seen(fault("operator_setpoint", -0.00001), 100))) == {(SETPOINT, least - 1)}


@covers("operator_arm_tripped")
def test_the_stop_is_pressed_then_arming_is_tried():
    frames = seen(fault("operator_arm_tripped", 5), 100)
    assert column(frames, SWITCHES) == [4] * 20 + [0] * 80
    assert said(frames) == [(ARM, 0)] * 5


# --- the firmware behind its link ----------------------------------------------------------------------------------


class Bench:
    """An armed firmware board at 4 MPa, whose setpoint asks for compression."""

    def __init__(self, kind=None, severity=0.0, seed=1):
        self.board = FirmwareBoard(list(DEFAULT), TICK_ms)
        self.fault = fault(kind, severity, seed) if kind else None
        self.n = 0
        self.history = []
        for i in range(20):
            self.tick({14: (CONFIRM, 0, 1000), 15: (SETPOINT, 0, 45_000), 17: (ARM, 0, 0)}.get(i, (0, 0, 0)))
        assert self.command[STATE] == ARMED

    def tick(self, message=(0, 0, 0), t=None):
        self.n += 1
        frame = [self.n * TICK_ms, COUNTS_4MPa + self.n % 2, self.n % 65536, 0, 0, 0, *message]
        if t is not None:
            self.fault.scene.command[:] = self.command
            self.fault.sense(t, frame)
            self.fault.act(t, self.board)
        self.command = list(self.board.exchange(frame))
        self.history.append(self.command)
        return self.command

    def run(self, seconds):
        """Ticks from the fault's moment on; the history of commands since."""
        self.history = []
        for n in range(round(seconds * 1000 / TICK_ms)):
            self.tick(t=n * TICK_ms / 1000)
        return self.history

    @property
    def faults(self):
        return self.command[FAULTS]


def test_the_firmware_board_regulates_like_a_board():
    bench = Bench()
    for _ in range(100):
        bench.tick()
    assert bench.command[STATE] == ARMED
    assert sum(command[MOVE] for command in bench.history) > 0
    assert bench.command[OUTPUTS] == 7


@covers("link_cut", "link_flip", "link_babble")
@pytest.mark.parametrize("kind", ["link_cut", "link_babble"])
def test_a_link_that_carries_nothing_good_trips_after_the_boards_300_ms(kind):
    history = Bench(kind, 2.0).run(2.0)
    states = [command[STATE] for command in history]
    assert states[:3] == [ARMED] * 3
    assert states[4:] == [TRIPPED] * 16
    assert history[-1][FAULTS] & LINK


def test_flipped_frames_are_no_sign_of_life():
    tripped = [Bench("link_flip", 3.0, seed).run(3.0)[-1][STATE] == TRIPPED for seed in range(6)]
    assert all(tripped)


@covers("link_drop")
def test_lost_bytes_spoil_frames_but_for_some():
    found = fault("link_drop", 100.0)
    data = bytes(range(200))
    left = found.carry(0, data)
    assert 120 < len(left) < 195
    assert list(left) == sorted(left)


@covers("link_duplicate")
def test_doubled_frames_change_nothing():
    assert {len(fault("link_duplicate", 1.0, seed).carry(0, b"ab")) for seed in range(20)} == {4, 6}
    assert {command[STATE] for command in Bench("link_duplicate", 5.0).run(5.0)} == {ARMED}


@covers("link_reorder", "link_delay")
@pytest.mark.parametrize(("kind", "longest"), [("link_reorder", 400), ("link_delay", 1500)])
def test_late_pieces_come_once_and_whole(kind, longest):
    found = fault(kind, 1.0)
    came = b""
    for n in range(40):
        found.act(n * 0.1, FirmwareBoard(list(DEFAULT), TICK_ms)) if n == 0 else setattr(found, "_t", n * 0.1)
        came += found.carry(n * 100, bytes([n]) if n < 10 else b"")
    assert sorted(came) == list(range(10))
    assert list(came) != sorted(came)
    assert longest < 4000


def test_a_bad_wire_gets_well_again():
    bench = Bench("link_cut", 0.2)
    assert {command[STATE] for command in bench.run(3.0)} == {ARMED}


@covers("brown_out")
def test_a_brown_out_cuts_the_stroke_and_the_board_comes_back_disarmed():
    bench = Bench("brown_out", 500.0)
    moves = [bench.tick()[MOVE] for _ in range(3)]
    assert max(moves) > 1
    history = bench.run(2.0)
    assert 0 < history[0][MOVE] < max(moves)
    assert all(command[:4] == [0] * 4 for command in history[1:5]), "no power: nothing moves, nothing is permitted"
    assert history[-1][STATE] == IDLE
    assert bench.board.resets == 1
    assert bench.run(3.5)[-1][STATE] == ARMED, "somebody arms it: its record is good"


@covers("board_hang")
def test_a_hang_is_ended_by_the_watchdog():
    bench = Bench("board_hang", 5000.0)
    for _ in range(60):
        bench.tick()
    history = bench.run(2.0)
    assert [command[MOVE] for command in history[:5]] == [0] * 5
    assert history[3][OUTPUTS] & 3 == 3, "pins keep their level while the loop hangs"
    assert history[-1][STATE] == TRIPPED
    assert history[-1][OUTPUTS] == 0
    assert bench.faults & WATCHDOG
    assert bench.board.resets == 1


def test_a_short_hang_is_survived():
    bench = Bench("board_hang", 150.0)
    assert bench.run(2.0)[-1][STATE] == ARMED
    assert bench.board.resets == 0


@covers("record_stored")
@pytest.mark.parametrize("seed", range(5))
def test_a_corrupted_record_is_refused_and_cannot_be_armed(seed):
    bench = Bench("record_stored", 1.0, seed)
    history = bench.run(12.0)
    assert ARMED not in [command[STATE] for command in history[2:]]
    assert history[-1][BLOCKS] & CONFIG
    assert [command[EVENT] for command in history if command[EVENT]] == [5] * 3


@covers("record_in_memory")
def test_bits_of_the_record_in_use_flip():
    bench = Bench("record_in_memory", 3.0)
    before = list(bench.board.app.controller.config)
    controller, rotten = bench.board.app.controller, []
    mend = controller.mend
    controller.mend = lambda: (rotten.extend(controller.config), mend())
    bench.tick(t=0.0)
    assert sum((a ^ b).bit_count() for a, b in zip(before, rotten, strict=True)) == 3
    assert controller.config == before, "the twin was whole"


def test_a_record_that_rots_while_armed_ends_the_run():
    """Found by the campaign: a wrong scale in memory drives the screw to its end, at 2.4 times the hard limit."""
    bench = Bench()
    bench.board.app.controller.config[2] ^= 1 << 15  # SCALE_NUM
    for _ in range(200):
        bench.tick()
    assert bench.command[STATE] != ARMED


@covers("driver_bits")
def test_a_driver_of_twelve_bits_behind_a_record_of_sixteen():
    press = load(ROOT / "examples" / "press_pneumatic.toml", ["actuator.bits=16"]).schema
    board = FirmwareBoard(configuration(press), TICK_ms, press.actuator.bits)
    found = fault("driver_bits", 4)
    found.act(0.0, board)
    found.act(0.1, board)
    assert board.resets == 1, "it boots once on its wiring, and stays there"
    for code, output in ((100, 1600), (4095, 65_520), (20_000, 65_520)):
        board.machine.actuator.set(code)
        assert board.pins.code == output


# --- all of them ---------------------------------------------------------------------------------------------------


def test_every_kind_is_tested_here():
    assert set(KINDS) == TESTED


def test_every_kind_is_in_the_example():
    declared = tomllib.loads((ROOT / "examples" / "campaign.toml").read_text())["faults"]
    assert [entry["kind"] for entry in declared] == list(KINDS)


def test_every_kind_its_key_its_meaning_and_its_range_are_in_the_document():
    text = (ROOT / "docs" / "campaign.md").read_text()
    declared = tomllib.loads((ROOT / "examples" / "campaign.toml").read_text())["faults"]
    for kind, entry in zip(KINDS.values(), declared, strict=True):
        row = re.search(rf"^\| `{kind.kind}` \| `{kind.key}` \| {re.escape(kind.what)} \| ([^|]*) \|$", text, re.M)
        assert row is not None, kind.kind
        numbers, _, sign = row[1].partition(", either way")
        drawn = [float(number.replace(",", "")) for number in numbers.split(" to ")]
        assert sorted(set(drawn)) == sorted(set(entry[kind.key])), kind.kind
        assert row[1].endswith(", either way") is kind.either_sign
        assert sign == ""


def test_every_rule_and_every_instrument_is_in_the_document():
    text = (ROOT / "docs" / "campaign.md").read_text()
    for name, meaning in (SENSORS | INSTRUMENTS).items():
        assert f"| {name} | {meaning} |" in text


def test_every_kind_is_in_the_reported_campaign():
    """In every fixture where it can happen, and with three thousand runs and more in all."""
    text = (ROOT / "docs" / "campaign-results.md").read_text()
    by_fault = text[text.index("## By fault\n") : text.index("## By fault and fixture")]
    runs = {kind: int(count) for kind, count in re.findall(r"^\| (\w+) \| (\d+) \|", by_fault, re.M)}
    assert list(runs) == list(KINDS)
    assert sum(runs.values()) >= 3000


def test_kinds_belong_to_one_family_each():
    assert sum(len(family) for family in FAMILIES.values()) == len(KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.needs_firmware], ids=lambda k: k.kind)
def test_a_fault_leaves_frames_within_31_bits(kind):
    low, high = kind.bounds
    for severity in (low, high, *((-low, -high) if kind.either_sign else ())):
        found = kind(severity, fault("load_cell_offset", 1.0).scene)
        for frame in seen(found, 30, counts=lambda n: 2**23 - 1, current=2**29):
            assert all(-(2**30) <= value < 2**30 for value in frame)
            assert -(2**23) <= frame[COUNTS] < 2**23
