"""The whole board: real firmware on an emulated Pico, its pins wired to the bench, its link to the host."""

import random
import re

import pytest
import rp2040_image
from evidence import amount

from controller.controller import Controller
from controller.vocabulary import record
from firmware import messages as m
from hil.boards.pico import Pico
from hil.session import RefusedError

rp2040_image.needed()

TICK_ms = 20
ADC_CODE_uA = 16 * 2578 / 1024
CONFIRM, SETPOINT, ARM, DISARM, RESET = 7, 5, 1, 2, 3
IDLE, ARMED, TRIPPED = 0, 1, 2
C_STOP, C_LINK, C_WATCHDOG = 4, 8, 256
MOVE, POSITION, OUTPUTS, STATE, FAULTS = range(5)


def configuration(**changes):
    return record(
        **{
            "TICK_ms": TICK_ms,
            "SPEED_counts_per_tick": 2,
            "ACCEL_counts_per_tick2": 2,
            "CHARGE_MIN_hPa": 1000,
            "DISCHARGE_MIN_hPa": 1000,
            "PERMIT_OFF_ms": 100,
            "STUCK_samples": 0,
            "HEALTHY_samples": 3,
            **changes,
        }
    )


class Bench:
    """A spring: every count of the screw presses by 300 counts of the load cell, and there is noise."""

    def __init__(self, board, seed=1):
        self.board = board
        self.random = random.Random(seed)
        self.n = 0
        self.position = 0
        self.counts = 0

    def frame(self, message=(0, 0, 0), switches=0, current=0):
        """The next sensor frame; the load cell converts every fifth tick."""
        if self.n % 5 == 0:
            self.counts = 150_000 + 300 * self.position + self.random.randrange(-20, 20)
        self.n += 1
        return [self.n * TICK_ms, self.counts, 1 + (self.n - 1) // 5, 0, current, switches, *message]

    def tick(self, *message, **more):
        frame = self.frame((*message, 0, 0, 0)[:3], **more)
        command = list(self.board.exchange(frame))
        self.position += command[MOVE]
        return frame, command

    def run(self, ticks, **more):
        return [self.tick(**more)[1] for _ in range(ticks)]

    def rest(self):
        """Idle, healthy and relaxed, whatever was done to it."""
        self.board.plug()
        (command,) = self.run(1)
        if command[STATE] != IDLE:
            self.run(20)
            command = self.tick(RESET if command[STATE] == TRIPPED else DISARM)[1]
        assert command[STATE] == IDLE
        self.position = 0

    def arm(self, setpoint=20000):
        """Armed and moving towards a setpoint some way off."""
        self.run(20)
        for message in ((CONFIRM, 0, 5000), (SETPOINT, 0, setpoint), (ARM,)):
            _, command = self.tick(*message)
            assert command[6] == 1, f"{message} was refused"
        assert command[STATE] == ARMED


@pytest.fixture(scope="module")
def shared():
    return Bench(Pico(configuration()))


@pytest.fixture
def bench(shared):
    """A board that others have used, at rest."""
    shared.rest()
    return shared


@pytest.fixture
def armed(bench):
    return compressing(bench)


@pytest.fixture
def own():
    """An armed board of the test's own, to be ruined."""
    return compressing(Bench(Pico(configuration())))


def compressing(bench):
    bench.arm()
    moves = [command[MOVE] for command in bench.run(20)]
    assert any(moves)
    return bench


def test_on_what_arrives_a_hold_at_pin_level_is_the_hold_in_this_process():
    """Counts arrive exactly, current as the nearest code of the ADC; pins and telemetry follow bit for bit."""
    bench = Bench(Pico(configuration()))
    ticks = amount(1000)
    twin = Controller(configuration())
    expected = [0] * 9
    said = {30: (CONFIRM, 0, 5000), 31: (SETPOINT, 0, 20000), 60: (ARM,)}
    moved = started = 0
    for n in range(ticks):
        frame, command = bench.tick(*said.get(n, ()), current=1370 * (n % 60) - 40000)
        sensed = bench.board.telemetry.sensor
        assert sensed[1] == frame[1]
        assert abs(sensed[4] - frame[4]) <= 0.5 * ADC_CODE_uA + 4
        assert list(sensed[5:7]) == frame[5:7]
        assert list(sensed[7:]) == frame[7:] or not frame[6]
        started = started or sensed[0] - TICK_ms
        twin.tick([sensed[0] - started, *sensed[1:5], *frame[5:]], expected)
        assert command == expected, f"tick {n}"
        moved += abs(command[MOVE])
    assert command[STATE] == ARMED
    assert moved > 5


def test_a_pressed_stop_ends_pulses_and_permits_by_the_next_tick(armed):
    _, before = armed.tick()
    assert before[OUTPUTS] & 3
    _, first = armed.tick(switches=4)
    assert first[MOVE] == 0
    assert first[OUTPUTS] & 3 == 0
    assert first[STATE] == TRIPPED
    assert first[FAULTS] & C_STOP
    after = armed.run(20)
    assert all(command[MOVE] == 0 and command[OUTPUTS] & 3 == 0 for command in after), "released is not reset"
    assert armed.tick(RESET)[1][STATE] == IDLE


def test_a_stop_within_a_tick_cuts_its_pulses(own):
    """The loop looks at the stop every turn: a train under way ends within a few milliseconds."""
    board = own.board
    board._show(own.frame())
    board.steps = 0
    seen = board.chip.until(lambda: board.steps != 0, 2000)
    assert seen
    board.set_switches(4)
    board.chip.advance(3e6)
    made = board.steps
    board.chip.advance(0.5e9)
    assert board.steps == made
    assert board.outputs() & 3 == 0


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_broken_limit_wire_blocks_its_direction_and_both_trip(bench, broken):
    bench.run(10)
    _, command = bench.tick(switches=broken)
    assert bench.board.telemetry.sensor[5] == broken
    assert command[STATE] == (TRIPPED if broken == 3 else IDLE)


def test_a_cut_link_trips_by_the_boards_own_clock(armed):
    armed.board.unplug()
    commands = armed.run(25)  # 500 ms
    assert all(command[MOVE] == 0 for command in commands[-5:])
    assert commands[-1][OUTPUTS] & 3 == 0
    armed.board.plug()
    assert armed.tick()[1][STATE] == TRIPPED
    assert armed.tick()[1][FAULTS] & C_LINK


def test_the_watchdog_bites_a_stuck_loop_and_the_board_boots_disarmed(own):
    board = own.board
    board.freeze()
    frozen = board.chip.now_ns
    assert board.chip.until(lambda: board.chip.resets == 1, 1000)
    assert board.chip.now_ns - frozen <= 500e6
    board.steps = 0
    hello = board.boot()
    assert hello.mode == m.LOOK
    assert hello.found & C_WATCHDOG
    assert hello.resets == 1
    assert board.outputs() == 0
    assert board.steps == 0
    board.session.hello(m.BENCH, hello.build, hello.checksum)
    for _ in range(20):
        board.session.listen(0.01)
    state = board.session.telemetry[-1].command
    assert state[STATE] == TRIPPED
    assert state[FAULTS] & C_WATCHDOG
    with pytest.raises(RefusedError):
        board.session.configure(configuration(), 20260102)


def test_a_latched_trip_keeps_the_watchdog_fed(armed):
    armed.tick(switches=4)
    armed.run(40)  # 800 ms
    assert armed.board.chip.resets == 0


def fresh(bench):
    """A frame with a new conversion."""
    bench.run(-bench.n % 5)
    return bench.frame()


def test_a_desync_of_the_load_cell_is_invalid_and_never_a_pressure(armed):
    board = armed.board
    frame = fresh(armed)
    frame[1] &= ~1  # with a pulse lost the last bit is still shown: low where it should be high
    board.hx711.lose_pulses = 1
    before = board.telemetry.sensor[1]
    board.exchange(frame)
    assert board.telemetry.sensor[3] & 1
    assert board.telemetry.sensor[1] == before
    assert armed.run(20)[-1][STATE] == TRIPPED, "settling outlasts the stale bound"


@pytest.mark.parametrize("pulse", [2, 7, 12])
def test_a_reset_of_the_load_cells_amplifier_in_mid_read_is_never_a_pressure(pulse):
    own = compressing(Bench(Pico(configuration())))
    frame = fresh(own)
    before = own.board.telemetry.sensor
    own.board.hx711.reset_at = pulse
    own.board.exchange(frame)
    sensed = own.board.telemetry.sensor
    assert sensed[1:3] == before[1:3] or sensed[3] & 1
    assert own.run(20)[-1][STATE] == TRIPPED
    assert own.board.telemetry.sensor[3] & 1


@pytest.mark.parametrize("date", [0, 20260102])
def test_a_record_that_the_wiring_cannot_do_is_refused_by_name(bench, date):
    session = bench.board.session
    bench.rest()
    for changes, words in (
        ({"ACTUATOR_KIND": 2, "TRAVEL_MAX_counts": 65535}, "TRAVEL_MAX_counts 65535, .* 12 bits"),
        ({"SAMPLE_ms": 12}, "SAMPLE_ms 12, the wiring 100"),
        ({"TICK_ms": 1, "SPEED_counts_per_tick": 20, "STIFFNESS_256hPa_per_count": 16}, "tick 20, .* at most 5"),
    ):
        try:
            lack = session.configure(configuration(**changes), date)
        except RefusedError as refusal:
            lack = str(refusal)
        assert re.search(words, lack)
    session.configure(configuration(), 20260101)
    bench.board.enter()


def test_a_current_wire_that_is_off_is_invalid(bench):
    frame = bench.frame()
    frame[3] = 2
    bench.board.exchange(frame)
    assert bench.board.telemetry.sensor[3] & 2


@pytest.mark.parametrize("rail", [0x7FFFFF, -0x800000])
def test_a_saturated_cell_is_invalid(bench, rail):
    frame = fresh(bench)
    frame[1] = rail
    bench.board.exchange(frame)
    assert bench.board.telemetry.sensor[3] & 1


def test_a_regulator_is_driven_by_its_duty():
    """Armed, the PWM carries the commanded position; a stop holds it, and the permits go."""
    changes = {"ACTUATOR_KIND": 2, "TRAVEL_MAX_counts": 4095, "SPEED_counts_per_tick": 8, "ACCEL_counts_per_tick2": 8}
    board = Pico(configuration(**changes))
    bench = Bench(board)
    bench.run(20)
    for message in ((SETPOINT, 0, 20000), (ARM,)):
        assert bench.tick(*message)[1][6] == 1
    commands = bench.run(40)
    assert commands[-1][POSITION] > 0
    assert board._regulator_code() == commands[-1][POSITION] == bench.position
    assert commands[-1][OUTPUTS] == 7
    held = bench.tick(switches=4)[1]
    assert held[MOVE] == 0
    assert held[POSITION] == bench.position
    assert held[OUTPUTS] & 3 == 0


def test_a_host_that_was_silent_for_less_than_two_seconds_sends_no_ctrl_c(bench):
    """The link is lost by then, but the session is not over: bytes 3 are parts of frames."""
    bench.board.unplug()
    bench.run(40)  # 800 ms
    bench.board.plug()
    bench.board.chip.send(b"\x03\x03\r\x03\x7e")
    bench.run(5)
    assert bench.board.telemetry is not None
    assert bench.tick()[1][STATE] == IDLE


def test_the_prompt_is_within_reach_and_the_board_safe_there(own):
    board = own.board
    board.chip.advance(2.2e9)  # the host falls silent: the session is over, and the board has tripped
    board.chip.prompt()
    assert board.outputs() == 0
    board.chip.advance(1e9)
    assert board.chip.resets == 0, "nobody feeds at the prompt, so nothing bites"
    assert board.chip.execute("print(6 * 7)").strip() == "42"


def test_boot_is_silent_and_safe():
    """Not a byte, not a pulse, no permit, from power-on to the first question."""
    board = Pico(configuration(), date=20260101)
    chip = board.chip
    board.close()
    said, raised = [], []
    chip.take()
    for pin in (6, 14, 15):
        chip.mcu.gpio[pin].add_listener(lambda new, _, pin=pin: raised.append(pin) if int(new) == 1 else None)
    chip.restart()
    chip.advance(1e9)
    said = chip.take()
    assert said == b""
    assert raised == []
    assert board.outputs() == 0
    hello = board.boot()
    assert (hello.mode, hello.record, hello.found, hello.date) == (m.LOOK, 0, 0, 20260101)
