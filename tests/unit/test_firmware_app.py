"""The App through its link: who may do what, when, and what comes back."""

import itertools
import re

import pytest
from fake_board import BUILD, FakeBoard, Files

from controller.configuration import DEFAULT, checksum
from controller.frames import C_CONFIG, C_LINK, C_OVER, C_POSITION, C_SELF_TEST, C_STOP, C_TRIPPED, C_WARN, C_WATCHDOG
from controller.vocabulary import record
from firmware.store import Store
from hil.boards.linked import Linked
from hil.link import Decoder, encode
from hil.session import RefusedError, Session

LOOK, BENCH, HIL = range(3)
ARM, DISARM, RESET, TARE, SET, PARAMETER, CONFIRM, JOG, HOME = range(1, 10)
COUNTS_4MPa = 1_120_000


def stored(config=DEFAULT):
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    store.save(config, 20260110)
    return files


def session(board):
    return Session(board)


@pytest.fixture
def bench():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored())
    link = session(board)
    link.enter(BENCH)
    return Bench(board, link)


class Bench:
    """A board in mode bench and the host's side of it, in step."""

    def __init__(self, board, link):
        self.board, self.link = board, link

    def tick(self, n=1):
        """So many ticks with signs of life; the last telemetry."""
        for _ in range(n):
            self.link.request(4)
            self.board.wait(100)
            self.link.listen(0)
        return self.link.telemetry[-1]

    def say(self, *message):
        """A message; the event that answered it."""
        self.link.say(*message)
        return self.tick().command[6]

    def armed(self):
        self.tick(20)
        assert self.say(CONFIRM, 0, 1000) == 1
        assert self.say(SET, 0, 45000) == 1
        assert self.say(ARM) == 1
        assert self.tick().command[3] == 1
        return self


def test_boot_is_silent_and_safe():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored())
    board.wait(3000)
    assert board.port.outward == b""
    assert board.machine.safe_calls == 1
    assert not any(board.machine.moves)
    assert board.machine.command[2] == 0


def test_hello_tells_who_is_there():
    hello = session(FakeBoard(files=stored())).hello()
    assert (hello.board, hello.version, hello.build, hello.checksum) == ("pico", (0, 1, 0), BUILD, DEFAULT[-1])
    assert (hello.mode, hello.record, hello.date) == (LOOK, 0, 20260110)


@pytest.mark.parametrize(
    ("protocol", "build", "checksum_", "mode"),
    [
        (2, BUILD, DEFAULT[-1], BENCH),
        (1, BUILD + 1, DEFAULT[-1], BENCH),
        (1, BUILD, 1, HIL),
        (1, BUILD, DEFAULT[-1], 3),
    ],
)
def test_a_hello_that_does_not_fit_leaves_the_board_where_nothing_moves(protocol, build, checksum_, mode):
    link = session(FakeBoard(files=stored()))
    assert link.request(1, (protocol, build, checksum_, mode)).values[7] == LOOK
    for kind, values in ((3, (ARM, 0, 0)), (3, (JOG, 0, 5)), (2, (0,) * 9)):
        with pytest.raises(RefusedError, match="not in this mode"):
            link.request(kind, values)


def test_a_bench_arms_holds_and_disarms(bench):
    bench.armed()
    assert sum(bench.board.machine.moves) > 0
    assert bench.say(DISARM) == 1
    assert bench.tick().command[3] == 0


def test_the_bench_jogs_and_homes(bench):
    bench.tick(20)
    assert bench.say(HOME) == 1
    bench.tick(3)
    assert bench.board.machine.screw < 0
    for active in (1, 0, 1):  # found, left, found again: only then it is believed
        assert bench.tick().command[4] & C_POSITION
        bench.board.machine.switches = active
        bench.tick(2)
    assert not bench.tick().command[4] & C_POSITION
    bench.board.machine.switches = 0
    before = bench.board.machine.screw
    assert bench.say(JOG, 0, 25) == 1
    bench.tick(10)
    assert bench.board.machine.screw == before + 25


def test_an_emergency_stop_from_the_host_trips_whatever_the_state(bench):
    bench.link.request(9)
    tick = bench.tick()
    assert tick.command[3] == 2
    assert tick.command[4] & C_STOP
    bench.tick(20)
    assert bench.say(RESET) == 1


def test_without_a_host_an_armed_board_trips_by_itself_and_stays_tripped(bench):
    bench.armed()
    bench.board.wait(500)
    assert bench.board.machine.command[3] == 2
    assert bench.board.machine.command[2] & 3 == 0
    tick = bench.tick(20)
    assert tick.command[3] == 2
    assert tick.command[4] & C_LINK
    assert bench.say(ARM) != 1
    assert bench.say(RESET) == 1
    assert bench.tick().command[3] == 0


def test_the_cause_of_a_trip_is_kept_beyond_a_reset(bench):
    bench.armed().board.wait(1000)
    again = FakeBoard(files=bench.board.files)
    assert session(again).hello().trips == C_LINK


def test_a_watchdog_reset_is_latched_counted_and_blocks():
    files = stored()
    for resets in (1, 2):
        board = FakeBoard(counts=COUNTS_4MPa, files=files, found=C_WATCHDOG)
        link = session(board)
        assert link.enter(BENCH).resets == resets
        tick = Bench(board, link).tick(20)
        assert tick.command[3] == 2
        assert tick.command[4] & C_WATCHDOG
        assert tick.command[5] & C_TRIPPED


def test_a_fault_latched_on_the_bench_is_not_cleared_by_a_simulation_or_a_new_record():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored(), found=C_WATCHDOG)
    link = session(board)
    link.enter(BENCH)
    Bench(board, link).tick(3)
    with pytest.raises(RefusedError, match="reset a trip"):
        link.configure(DEFAULT, 20260102)
    seen = link.hello()
    link.configure(DEFAULT)
    assert link.hello(HIL, seen.build, seen.checksum).mode == HIL
    link.enter(BENCH)
    tick = Bench(board, link).tick(3)
    assert tick.command[3] == 2
    assert tick.command[4] & C_WATCHDOG


def test_a_bench_over_its_limit_is_not_left_for_a_simulation(bench):
    bench.armed()
    bench.board.machine.counts = 3_000_000
    assert bench.tick(5).command[4] & C_OVER
    assert bench.link.enter(HIL).mode != HIL


def test_configuration_travels_whole_and_is_kept_with_its_date():
    files = Files()
    board = FakeBoard(files=files)
    config = list(DEFAULT)
    config[20] = 50000
    config[-1] = checksum(config)
    link = session(board)
    link.configure(config, 20261122)
    assert link.configuration() == config
    hello = session(FakeBoard(files=files)).hello()
    assert (hello.checksum, hello.date, hello.record) == (config[-1], 20261122, 0)


def test_a_configuration_without_a_date_is_forgotten_at_the_next_reset():
    files = Files()
    link = session(FakeBoard(files=files))
    link.configure(DEFAULT)
    assert files.held == {}


def test_a_bad_configuration_is_refused_with_its_reason_and_changes_nothing():
    board = FakeBoard(files=stored())
    link = session(board)
    bad = list(DEFAULT)
    bad[13] = 90000
    bad[-1] = checksum(bad)
    with pytest.raises(RefusedError, match="WARN < SOFT < HARD"):
        link.configure(bad, 20260101)
    bad = list(DEFAULT)
    bad[20] = 50000
    with pytest.raises(RefusedError, match="did not arrive whole"):
        link.configure(bad, 20260101)
    assert link.configuration() == DEFAULT
    for first, values in ((52, (1, 2)), (-1, (1,)), (53, (1,))):
        with pytest.raises(RefusedError, match="length"):
            link.request(5, (first, *values))


def test_a_record_that_cannot_be_stored_is_not_taken():
    board = FakeBoard(files=stored())
    board.files.full = True
    config = list(DEFAULT)
    config[20] = 50000
    config[-1] = checksum(config)
    with pytest.raises(RefusedError, match="file system full"):
        session(board).configure(config, 20260101)
    assert board.app.config == DEFAULT


def test_nothing_is_configured_and_no_mode_changed_while_armed(bench):
    bench.armed()
    with pytest.raises(RefusedError, match="not in this state"):
        bench.link.configure(DEFAULT, 20260101)
    with pytest.raises(RefusedError, match="not in this state"):
        bench.link.request(8)
    assert bench.link.hello().mode == BENCH
    assert bench.tick().command[3] == 1


def test_the_last_frame_again_is_answered_again_and_acted_on_once(bench):
    bench.tick(20)
    bench.say(CONFIRM, 0, 1000)
    data = encode(0x00, bench.link._sequence + 1, 3, (JOG, 0, 10))
    answers = []
    for _ in range(3):
        bench.board.send(data)
        bench.board.wait(100)
        answers += [f for f in Decoder(0x80).feed(bench.board.receive(0)) if f.kind == 4]
    assert [a.values for a in answers] == [(0,)] * 3
    bench.board.wait(200)
    assert sum(bench.board.machine.moves) == 10


def test_a_second_message_before_the_tick_is_told_to_wait(bench):
    bench.link.say(DISARM)
    with pytest.raises(RefusedError, match="another message waits"):
        bench.link.say(ARM)


@pytest.mark.parametrize(("kind", "values"), [(10, ()), (60, (1, 2)), (3, (1,)), (1, ()), (2, (0,) * 8), (7, (53,))])
def test_unknown_or_misshapen_requests_are_refused_by_name(bench, kind, values):
    with pytest.raises(RefusedError, match=r"does not know|another length"):
        bench.link.request(kind, values)


def test_the_watchdog_is_fed_by_ticks_and_in_simulation_by_time():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored())
    board.wait(1000)
    assert 9 <= board.machine.fed <= 11
    linked = Linked("fake", board, DEFAULT)
    assert linked.hello.mode == HIL
    before = board.machine.fed
    board.wait(1000)
    assert 9 <= board.machine.fed - before <= 11


def test_in_simulation_the_pins_stay_dead_whatever_the_host_sends(bench):
    board = bench.board
    linked = Linked("fake", board, DEFAULT)
    moves = len(board.machine.moves)
    for n in range(30):
        linked.exchange([100 * n + 100, COUNTS_4MPa + (n & 1), n, 0, 0, 0, {20: CONFIRM, 22: ARM}.get(n, 0), 0, 1000])
    assert board.app.command[3] == 1
    assert len(board.machine.moves) == moves
    assert board.machine.command == [0] * 9


def test_a_simulation_without_its_host_trips_too():
    board = FakeBoard(files=stored())
    linked = Linked("fake", board, DEFAULT)
    for n in range(30):
        linked.exchange([100 * n + 100, COUNTS_4MPa + (n & 1), n, 0, 0, 0, {20: CONFIRM, 22: ARM}.get(n, 0), 0, 1000])
    assert board.app.command[3] == 1
    board.wait(500)
    assert board.app.command[3] == 2
    assert board.app.command[4] & C_LINK


def test_only_a_good_record_clears_the_missing_one():
    board = FakeBoard()
    link = session(board)
    assert link.hello().found & C_CONFIG
    link.configure(DEFAULT)
    assert link.hello().found & C_CONFIG
    link.configure(DEFAULT, 20260101)
    assert not link.hello().found & C_CONFIG


def test_other_bytes_under_the_last_number_are_neither_answered_nor_acted_on(bench):
    bench.tick(20)
    bench.say(CONFIRM, 0, 1000)
    number = bench.link._sequence
    bench.board.send(encode(0x00, number, 3, (JOG, 0, 10)))
    bench.board.wait(300)
    assert not [f for f in Decoder(0x80).feed(bench.board.receive(0)) if f.kind == 4]
    assert sum(bench.board.machine.moves) == 0


def test_a_simulation_begun_twice_still_gives_the_bench_its_controller_back_and_stores_nothing(bench):
    before = bench.board.app.bench
    seen = bench.link.enter(HIL)
    for _ in range(2):  # from the simulation itself, without a look in between
        seen = bench.link.hello(HIL, seen.build, seen.checksum)
        assert seen.mode == HIL
    assert bench.board.app.bench is before
    with pytest.raises(RefusedError, match="not in this mode"):
        bench.link.configure(DEFAULT, 20260101)
    bench.link.enter(BENCH)
    assert bench.board.app.controller is before


TOO_MUCH = [
    (1, 2, "ACTUATOR_KIND 1, the wiring of kind 2"),
    (2, 400, "TICK_ms 100, the wiring at most 400: shorten run.tick_s"),
    (3, 9, "SPEED_counts_per_tick 10, the wiring at most 9 .* actuator.speed_um_per_s"),
    (4, 4095, r"TRAVEL_MAX_counts 20000, the wiring a regulator of 12 bits \(4095\): set actuator.bits = 12"),
    (5, 12, "SAMPLE_ms 100, the wiring 12 .* sensor.rate_Hz"),
    (6, 1, "STOP_VENTS 0, the wiring 1 .* actuator.stop_vents"),
]


@pytest.mark.parametrize(("misfit", "bound", "words"), TOO_MUCH)
def test_a_configuration_that_the_wiring_cannot_do_is_refused_by_name_and_not_kept(bench, misfit, bound, words):
    machine = bench.board.machine
    machine.unfit, machine.misfit, machine.bound = C_SELF_TEST, misfit, bound
    held = dict(bench.board.files.held)
    with pytest.raises(RefusedError, match=f"wiring cannot do it: .*{words}"):
        bench.link.configure(DEFAULT, 20260101)
    assert bench.board.files.held == held


@pytest.mark.parametrize(("misfit", "bound", "words"), TOO_MUCH)
def test_without_a_date_it_serves_simulations_and_the_host_hears_why_the_bench_has_it_not(bench, misfit, bound, words):
    machine = bench.board.machine
    machine.unfit, machine.misfit, machine.bound = C_SELF_TEST, misfit, bound
    assert re.search(words, bench.link.configure(changed(50000)))
    assert bench.board.app.config == DEFAULT
    assert bench.link.hello(HIL, BUILD, changed(50000)[-1]).mode == HIL
    bench.link.hello()
    machine.unfit = 0
    assert bench.link.configure(changed(50000)) == ""


def changed(setpoint_max):
    config = list(DEFAULT)
    config[20] = setpoint_max
    config[-1] = checksum(config)
    return config


def test_a_stored_record_that_the_wiring_cannot_do_trips_and_another_one_mends_it():
    """Nothing else would: neither its cause nor the trip can be reset."""
    board = FakeBoard(counts=COUNTS_4MPa, files=stored(), found=C_SELF_TEST)
    machine = board.machine
    link = session(board)
    link.enter(BENCH)
    bench = Bench(board, link)
    assert bench.tick(20).command[3] == 2
    assert bench.say(RESET) != 1
    machine.unfit, machine.misfit, machine.bound = C_SELF_TEST, 4, 4095
    with pytest.raises(RefusedError, match="12 bits"):
        link.configure(DEFAULT, 20260101)
    machine.unfit = 0
    link.configure(changed(50000), 20260101)
    assert link.enter(BENCH).found == 0
    tick = bench.tick(20)
    assert tick.command[3] == 0
    assert not tick.command[4] & C_SELF_TEST


@pytest.mark.parametrize("also", ["stop", C_WATCHDOG])
def test_but_no_other_trip_is_lost_with_it(also):
    board = FakeBoard(counts=COUNTS_4MPa, files=stored(), found=C_SELF_TEST | (0 if also == "stop" else also))
    link = session(board)
    link.enter(BENCH)
    if also == "stop":
        link.request(9)
    Bench(board, link).tick(3)
    with pytest.raises(RefusedError, match="reset a trip"):
        link.configure(DEFAULT, 20260101)
    assert Bench(board, link).tick(3).command[3] == 2


# --- what ends motion works in every mode ---------------------------------------------------------------------------


@pytest.fixture(params=["jog", "home"])
def moving(bench, request):
    """A bench whose screw moves by hand."""
    bench.tick(20)
    bench.say(CONFIRM, 0, 1000)
    assert bench.say(*{"jog": (JOG, 0, 800), "home": (HOME,)}[request.param]) == 1
    bench.tick(3)
    assert bench.board.machine.moves[-1]
    return bench


def stands(bench):
    """The screw does, for a second."""
    before = bench.board.machine.screw
    bench.board.wait(1000)
    return bench.board.machine.screw == before


@pytest.mark.parametrize("mode", [LOOK, HIL, 3])
def test_leaving_a_mode_ends_a_manual_move(moving, mode):
    moving.link.enter(mode)
    assert stands(moving)
    moving.link.enter(BENCH)
    moving.link.request(4)
    assert stands(moving)


def test_a_move_said_just_before_the_mode_is_left_is_not_begun(bench):
    bench.tick(20)
    bench.say(CONFIRM, 0, 1000)
    bench.link.say(JOG, 0, 500)
    bench.link.hello()
    assert stands(bench)


@pytest.mark.parametrize("date", [0, 20260101])
def test_a_new_configuration_ends_a_manual_move(moving, date):
    moving.link.configure(changed(50000), date)
    assert stands(moving)


def test_a_configuration_for_simulations_only_ends_it_too(moving):
    moving.board.machine.unfit, moving.board.machine.misfit = C_SELF_TEST, 3
    moving.link.configure(changed(50000))
    assert stands(moving)


@pytest.mark.parametrize("mode", [LOOK, BENCH, HIL])
@pytest.mark.parametrize("what", ["stop", "disarm", "jog 0"])
def test_stop_disarm_and_jog_0_are_taken_in_every_mode(moving, mode, what):
    link = moving.link
    link.enter(mode)
    link.request(*{"stop": (9, ()), "disarm": (3, (DISARM, 0, 0)), "jog 0": (3, (JOG, 0, 0))}[what])
    moving.board.wait(200)
    assert stands(moving)
    link.enter(BENCH)
    tick = moving.tick(2)
    assert (tick.command[3] == 2) == (what == "stop")
    assert bool(tick.command[4] & C_STOP) == (what == "stop")


@pytest.mark.parametrize("mode", [LOOK, HIL])
@pytest.mark.parametrize("message", [m for m in range(-1, 12) if m not in (DISARM, JOG)])
def test_and_no_other_message_is(bench, mode, message):
    bench.link.enter(mode)
    for value in (0, 1):
        with pytest.raises(RefusedError, match="not in this mode"):
            bench.link.say(message, 0, value)


def test_disarm_lets_go_of_a_simulation_too(bench):
    linked = Linked("fake", bench.board, DEFAULT)
    for n in range(30):
        linked.exchange([100 * n + 100, COUNTS_4MPa + (n & 1), n, 0, 0, 0, {20: CONFIRM, 22: ARM}.get(n, 0), 0, 1000])
    linked.session.say(DISARM)
    assert linked.exchange([3100, COUNTS_4MPa, 31, 0, 0, 0, 0, 0, 0])[3] == 0


def test_no_bench_is_left_for_a_simulation_with_its_regulator_under_pressure():
    """Its pins go dead there; a bench that came back would put its old code out at once."""
    config = record(ACTUATOR_KIND=2, TRAVEL_MIN_counts=0, TRAVEL_MAX_counts=4095)
    board = FakeBoard(counts=COUNTS_4MPa, files=stored(config))
    link = session(board)
    link.enter(BENCH)
    bench = Bench(board, link)
    bench.tick(20)
    assert link.enter(HIL).mode == HIL
    assert link.enter(BENCH).mode == BENCH
    bench.tick(20)
    bench.say(JOG, 0, 30)
    bench.tick(10)
    assert bench.board.machine.command[1] == 30
    assert link.enter(HIL).mode != HIL
    link.enter(BENCH)
    bench.say(JOG, 0, -30)
    bench.tick(10)
    assert link.enter(HIL).mode == HIL


def test_a_record_that_cannot_be_stored_leaves_a_regulator_at_rest(bench):
    """It was given up for the other kind of actuator, so the controller is not to go on from its old code."""
    bench.tick(20)
    bench.say(CONFIRM, 0, 1000)
    bench.board.files.full = True
    before = bench.board.app.controller
    with pytest.raises(RefusedError, match="file system full"):
        bench.link.configure(DEFAULT, 20260101)
    assert bench.board.app.controller is before
    with pytest.raises(RefusedError, match="file system full"):
        bench.link.configure(record(ACTUATOR_KIND=2, TRAVEL_MIN_counts=0), 20260101)
    assert bench.board.app.controller is not before
    assert bench.board.app.config == DEFAULT


# --- signs of life --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [0, 1, 5, 40])
def test_the_last_frame_again_and_a_late_one_are_no_signs_of_life(bench, behind):
    """A wire that repeats itself, or a buffer that empties late, stands for no host."""
    bench.armed()
    number = bench.link._sequence - behind & 127
    again = encode(0x00, number, 4, ())
    for _ in range(6):
        bench.board.send(again)
        bench.board.wait(100)
    assert bench.board.machine.command[3] == 2
    assert bench.board.app.lost


def test_a_host_is_there_for_300_ms_after_its_last_frame_and_no_longer(bench):
    bench.armed()
    bench.link.request(4)
    bench.board.wait(300)
    assert not bench.board.app.lost
    bench.board.wait(10)
    assert bench.board.app.lost


def test_a_lost_link_ends_a_manual_move_in_every_mode(moving):
    """In mode look it was ended before; a frame of the pins' own keeps its other switches."""
    moving.board.machine.switches = 2
    moving.board.wait(500)
    assert moving.board.app.sensor[5] == 2 + 8
    moving.board.machine.switches = 0
    assert stands(moving)
    board = moving.board
    moving.link.hello()
    board.wait(500)
    assert board.app.sensor[5] == 8


# --- what is written, and when --------------------------------------------------------------------------------------


def test_the_cause_of_a_trip_is_written_once_nothing_moves_and_only_what_trips(bench):
    """Over the limit it retreats first; where that ends it still warns."""
    bench.armed()
    board = bench.board
    held = dict(board.files.held)
    board.machine.counts = 3_000_000
    bench.tick(4)
    assert board.machine.command[3] == 2
    for _ in range(10):
        bench.tick()
        assert board.machine.moves[-1] < 0
        assert board.files.held == held, "a write takes tens of milliseconds"
    board.machine.counts = 1_750_000
    assert bench.tick(12).command[4] & C_WARN
    assert board.files.held != held
    assert board.app.store.trips == C_OVER


# --- what a change of mode or record does to pins and faults --------------------------------------------------------


def test_pins_are_made_safe_where_a_simulation_or_a_new_record_begins(bench):
    calls = bench.board.machine.safe_calls
    bench.link.enter(HIL)
    assert bench.board.machine.safe_calls == calls + 1
    bench.link.enter(BENCH)
    bench.link.configure(changed(50000))
    assert bench.board.machine.safe_calls == calls + 2


def test_a_simulation_has_a_controller_of_its_own_with_no_fault(bench):
    before = bench.board.app.controller
    bench.link.enter(HIL)
    own = bench.board.app.controller
    assert own is not before
    assert own.core.filter.standing & C_CONFIG == 0
    bench.link.enter(LOOK)
    assert bench.board.app.controller is before


def test_a_board_without_a_good_record_is_one_under_a_passing_one_too():
    board = FakeBoard(counts=COUNTS_4MPa)
    link = session(board)
    link.configure(changed(50000))
    link.enter(BENCH)
    assert Bench(board, link).tick(3).command[5] & C_CONFIG


def test_a_frame_of_a_simulation_arrives_whole_and_so_does_its_answer(bench):
    linked = Linked("fake", bench.board, DEFAULT)
    sent = [100, 1000, 7, 3, -5, 2, SET, 0, 45000]
    command = linked.exchange(list(sent))
    assert bench.board.app.sensor == sent
    assert command == bench.board.app.command
    assert (command[6], len(command)) == (1, 9)


@pytest.mark.parametrize("armed", [False, True])
def test_a_simulation_is_ticked_without_its_host_only_while_armed_and_its_time_goes_on(bench, armed):
    linked = Linked("fake", bench.board, DEFAULT)
    board, ticks = bench.board, []
    tick = board.app.controller.tick
    board.app.controller.tick = lambda sensor, command: (ticks.append(list(sensor)), tick(sensor, command))
    for n in range(30):
        said = {20: CONFIRM, 22: ARM}.get(n, 0) if armed else 0
        linked.exchange([100 * n + 100, COUNTS_4MPa + (n & 1), n, 0, 0, 0, said, 0, 1000])
    own = len(ticks)
    board.wait(200)
    assert len(ticks) == own, "the link is not lost yet"
    board.wait(1000)
    assert len(ticks) - own == armed, "once tripped there is nothing to wait for"
    if armed:
        assert ticks[-1][0] == 3000 + 100
        assert ticks[-1][5:7] == [8, 0]


@pytest.mark.parametrize(("mode", "armed"), [(LOOK, 0), (BENCH, 0), (BENCH, 1), (HIL, 0)])
def test_a_board_is_left_for_its_prompt_unless_its_bench_is_armed(bench, mode, armed):
    if armed:
        bench.armed()
    bench.link.enter(mode)
    if armed:
        with pytest.raises(RefusedError, match="not in this state"):
            bench.link.request(8)
    else:
        bench.link.request(8)
    assert bool(bench.board.app.leave) == (not armed)


def test_a_parameter_travels_with_its_key(bench):
    bench.tick(20)
    assert bench.say(PARAMETER, 20, 50000) == 1
    assert bench.board.app.config[20] == 50000


def test_each_cause_of_a_trip_is_noted_once(bench):
    notes = []
    note = bench.board.store.note
    bench.board.store.note = lambda: (notes.append(bench.board.store.trips), note())[1]
    for _ in range(2):
        bench.link.request(9)
        bench.tick(25)
        assert notes == [C_STOP], "of the same cause there is nothing new to keep"
        assert bench.say(RESET) == 1
        bench.tick(2)
    bench.armed().board.wait(1000)
    assert notes == [C_STOP, C_LINK]


def test_the_count_of_resets_outlives_the_next_one():
    files = stored()
    FakeBoard(files=files, found=C_WATCHDOG)
    assert session(FakeBoard(files=files)).hello().resets == 1


def test_a_passing_configuration_serves_a_simulation_only_while_a_trip_is_latched(bench):
    bench.link.request(9)
    bench.tick(2)
    assert bench.link.configure(changed(50000)) == ""
    assert bench.board.app.config == DEFAULT
    assert bench.tick().command[3] == 2


def test_the_wiring_takes_the_old_record_back_where_the_new_one_cannot_be_stored(bench):
    adopted = []
    bench.board.machine.adopt = lambda config: adopted.append(list(config)) or 0
    bench.board.files.full = True
    with pytest.raises(RefusedError, match="file system full"):
        bench.link.configure(changed(50000), 20260101)
    assert adopted == [changed(50000), DEFAULT]


def test_a_board_that_was_given_a_good_record_says_so():
    board = FakeBoard()
    link = session(board)
    assert link.hello().record == 1
    link.configure(DEFAULT, 20260101)
    assert link.hello().record == 0


def test_telemetry_counts_its_ticks_in_seven_bits(bench):
    seen = []
    for _ in range(140):
        bench.board.wait(100)
        seen += [f.sequence for f in Decoder(0x80).feed(bench.board.receive(0)) if f.kind == 3]
    assert len(seen) >= 140
    assert {(b - a) % 128 for a, b in itertools.pairwise(seen)} == {1}
