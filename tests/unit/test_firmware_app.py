"""The App through its link: who may do what, when, and what comes back."""

import itertools
import re

import pytest
from fake_board import BUILD, IDENTITY, FakeBoard, Files
from hypothesis import example, given
from hypothesis import strategies as st

from controller.configuration import DEFAULT, checksum
from controller.frames import (
    C_CONFIG,
    C_FORCE,
    C_LINK,
    C_OVER,
    C_POSITION,
    C_SELF_TEST,
    C_STOP,
    C_TRIPPED,
    C_WARN,
    C_WATCHDOG,
)
from controller.vocabulary import record
from firmware.app import App
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


def simulated_frame(n, message=(0, 0, 0), sense=0):
    return [100 * n + 100, COUNTS_4MPa + (n & 1), n, sense, 0, 0, *message]


def simulated(link, count=30, said=None):
    """So many ticks of a simulation, armed by the end unless something else is ``said``; the last command."""
    said = said or {20: (CONFIRM, 0, 1000), 22: (ARM, 0, 0)}
    for n in range(count):
        command = link.tick(simulated_frame(n, said.get(n, (0, 0, 0))))
    return command


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


def test_a_trip_found_at_boot_is_kept_too():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored(), found=C_WATCHDOG)
    board.wait(1000)
    assert session(FakeBoard(files=board.files)).hello().trips & C_WATCHDOG


def test_what_joins_a_trip_later_is_not_written():
    """The cause is what came first; a write for each that follows would wear the flash."""
    board = FakeBoard(counts=COUNTS_4MPa, files=stored())
    link = session(board)
    link.enter(BENCH)
    bench = Bench(board, link).armed()
    bench.link.request(9)
    bench.tick(20)
    held = dict(board.files.held)
    bench.board.wait(1000)
    assert bench.board.app.command[4] & (C_STOP | C_LINK) == C_STOP | C_LINK
    assert board.files.held == held
    assert board.store.trips == C_STOP


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
    assert bench.link.enter(HIL).mode == LOOK, "which any bench that is not armed may be left for"
    assert bench.link.enter(BENCH).mode == BENCH
    bench.board.machine.counts = COUNTS_4MPa
    assert bench.tick(20).command[3] == 2
    assert bench.link.enter(HIL).mode != HIL, "not before the trip is reset"
    bench.link.enter(BENCH)
    bench.tick()
    assert bench.say(RESET) == 1
    bench.tick()
    assert bench.link.enter(HIL).mode == HIL


def test_nor_is_one_that_its_comparator_tripped(bench):
    bench.armed()
    bench.board.machine.switches = C_FORCE
    assert bench.tick(5).command[3] == 2
    assert bench.link.enter(HIL).mode != HIL


def test_a_disarmed_bench_that_reads_over_its_limit_does_not_retreat_and_may_be_left(bench):
    bench.board.machine.counts = 3_000_000
    assert bench.tick(20).command[4] & C_OVER
    assert bench.link.enter(HIL).mode == HIL


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
    for values in ((), (0,), (52, 1, 2), (-1, 1), (53, 1)):
        with pytest.raises(RefusedError, match="length"):
            link.request(5, values)
    link.request(5, (0, DEFAULT[0]))


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
    assert bench.link.hello(BENCH, BUILD, changed(50000)[-1]).mode == LOOK
    assert bench.link.hello(BENCH, BUILD, DEFAULT[-1]).mode == BENCH
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
    damaged(bench)
    with pytest.raises(RefusedError, match="reset a trip"):
        link.configure(DEFAULT, 20260101)


def damaged(bench):
    """Memory that loses a bit of the record while armed: the self-test that fails then is none of the wiring's."""
    bench.armed().board.app.controller.config[20] ^= 1
    assert bench.tick(2).command[3] == 2
    assert bench.board.app.controller.core.filter.latched == C_SELF_TEST


def test_a_record_damaged_in_memory_is_mended_by_no_other_record(bench):
    damaged(bench)
    with pytest.raises(RefusedError, match="reset a trip"):
        bench.link.configure(DEFAULT, 20260101)


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


def test_a_hello_that_keeps_the_mode_ends_nothing(moving):
    moving.link.say(PARAMETER, 20, 50000)
    assert moving.link.hello(BENCH, BUILD, DEFAULT[-1]).mode == BENCH
    assert moving.board.app.sensor[6:] == [PARAMETER, 20, 50000], "it waits for its tick"
    assert moving.tick(2).command[0]


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


@pytest.mark.parametrize("key", [0, 300])
def test_jog_0_ends_a_simulations_move_whatever_its_frames_say(bench, key):
    """It does not wait for the next frame, nor for the message of the last one; its key says nothing."""
    bench.link.enter(HIL)
    said = {20: (CONFIRM, 0, 1000), 21: (JOG, 0, 500), 25: (TARE, 0, 0)}
    simulated(bench.link, 26, said)
    assert bench.link.tick(simulated_frame(26, sense=2))[0] > 0
    bench.link.say(JOG, key, 0)
    assert [bench.link.tick(simulated_frame(n))[0] for n in range(27, 37)] == [0] * 10


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


def answered(board, data):
    board.send(data)
    return [f for f in Decoder(0x80).feed(board.receive(0)) if f.kind not in (2, 3)]


@pytest.mark.parametrize("number", range(128))
def test_any_hello_is_answered_and_other_first_frames_where_they_are_ahead(number):
    board = FakeBoard(files=stored())
    assert bool(answered(board, encode(0x00, number, 4, ()))) == (1 <= number <= 64)
    assert answered(FakeBoard(files=stored()), encode(0x00, number, 1, (1, 0, 0, 0)))


@pytest.mark.parametrize("crc", [0, 1, 65535])
def test_a_first_frame_is_never_taken_for_one_that_came_again(crc):
    """Whatever its CRC: here of a frame numbered 0."""
    frames = (encode(0x00, 0, 3, (DISARM, 0, value)) for value in itertools.count())
    data = next(f for f in frames if int.from_bytes(f[-3:-1], "big") == crc)
    assert not answered(FakeBoard(files=stored()), data)


def test_a_hello_like_the_last_one_is_one_anew(bench):
    """A host that starts again begins with the same bytes."""
    data = encode(0x00, 33, 1, (1, 0, 0, 0))
    for trips in (0, C_STOP):
        bench.board.store.trips = trips
        (frame,) = answered(bench.board, data)
        assert frame.values[12] == trips
        bench.board.wait(1000)
        assert bench.board.app.lost


def test_the_link_is_lost_until_a_host_is_heard():
    """From the first tick on, also at the clock's beginning."""
    board = FakeBoard(files=stored(), now=0)
    board.poll()
    assert board.app.sensor[5] == 8
    assert board.app.leave == 0


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
    bench.link.hello()
    assert bench.board.app.controller is before


@pytest.mark.parametrize("wanted", [LOOK, HIL])
def test_a_simulation_begins_and_ends_with_frames_of_zeros(bench, wanted):
    bench.tick(20)
    assert any(bench.board.app.command)
    seen = bench.link.enter(HIL)
    assert bench.board.app.sensor == bench.board.app.command == [0] * 9
    simulated(bench.link)
    bench.link.say(DISARM)
    bench.link.hello(wanted, seen.build, seen.checksum)
    assert bench.board.app.sensor == bench.board.app.command == [0] * 9


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


def test_without_its_host_a_simulation_does_not_repeat_its_hosts_last_message(bench):
    bench.link.enter(HIL)
    simulated(bench.link)
    bench.link.tick(simulated_frame(30, (SET, 0, 45000)))
    bench.board.wait(500)
    assert bench.board.app.command[3] == 2
    assert bench.board.app.command[6] == 0, "no event"


@pytest.mark.parametrize(("mode", "armed"), [(LOOK, 0), (BENCH, 0), (BENCH, 1), (HIL, 0), (HIL, 1)])
def test_a_board_is_left_for_its_prompt_unless_its_bench_is_armed(bench, mode, armed):
    if armed and mode == BENCH:
        bench.armed()
    bench.link.enter(mode)
    if armed and mode == HIL:
        simulated(bench.link)
        armed = 0
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
    bench.board.machine.misfit, bench.board.machine.bound = 3, 9  # of a record before
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


# --- ticks ----------------------------------------------------------------------------------------------------------


def ticked(board):
    """A list of (time in its frame, time it was made at [ms]) that grows with each tick."""
    made, drive = [], board.machine.drive
    board.machine.drive = lambda command: (made.append((board.app.sensor[0], board.now)), drive(command))
    return made


@example([10] * 60, 2**30 - 200)
@given(st.lists(st.integers(1, 100), max_size=60), st.integers(0, 2**30 - 1) | st.integers(2**30 - 400, 2**30 - 1))
def test_ticks_keep_to_their_times_whatever_the_turns_of_the_loop_and_where_the_clock_wraps(turns, start):
    """Less than a tick late is no other time, so the controller's clock does not jitter; never early."""
    board = FakeBoard(files=stored(), now=start)
    made, worked = ticked(board), []
    board.machine.work = worked.append
    board.poll()
    for turn in turns:
        board.wait(turn, step=turn)
    assert [time for time, _ in made] == [(start + 100 * n) % 2**30 for n in range(sum(turns) // 100 + 1)]
    assert all((at - time) % 2**30 < 100 for time, at in made)
    assert worked == [now % 2**30 for now in itertools.accumulate(turns, initial=start)], "the pins, each turn"


@pytest.mark.parametrize("late", [99, 100, 101, 250])
@pytest.mark.parametrize("start", [2**30 - 200, 2**30 - 350, 5000])
def test_a_loop_a_tick_late_or_more_begins_its_time_anew(start, late):
    """A write to flash, say: what was missed is not made up for."""
    board = FakeBoard(files=stored(), now=start)
    made = ticked(board)
    board.poll()
    board.wait(100 + late, step=100 + late)
    board.wait(100, step=1)
    first = 100 if late < 100 else 100 + late
    assert [time for time, _ in made] == [(start + ms) % 2**30 for ms in (0, first, first + 100)]


# --- answers --------------------------------------------------------------------------------------------------------


def test_a_configuration_is_read_from_any_of_its_fields(bench):
    for first in range(53):
        frame = bench.link.request(7, (first,))
        assert frame.values == (first, *DEFAULT[first : first + 8])
    for first in (-1, 53):
        with pytest.raises(RefusedError, match="length"):
            bench.link.request(7, (first,))


def test_a_refusal_by_check_has_one_more_integer_and_a_misfit_two(bench):
    bench.link.request(5, (13, 90000))
    with pytest.raises(RefusedError):
        bench.link.request(6, (20260101, 0))
    (frame,) = Decoder(0x80).feed(bytes(bench.board.app.reply))
    assert frame.values == (5, 64)
    bench.link.request(5, (13, DEFAULT[13]))
    machine = bench.board.machine
    machine.unfit, machine.misfit, machine.bound = C_SELF_TEST, 3, 9
    assert bench.link.request(6, (0, DEFAULT[-1])).values == (0, 3, 9)
    machine.unfit = 0
    assert bench.link.request(6, (0, DEFAULT[-1])).values == (0,)
    assert bench.board.app.mode == LOOK, "a bench with another record is entered anew"


def test_no_request_makes_a_boards_buffers_grow(bench):
    app = bench.board.app
    before = {name: len(value) for name, value in vars(app).items() if isinstance(value, list | bytearray)}
    for kind, values in ((1, (1, BUILD, DEFAULT[-1], BENCH)), (4, ()), (7, (0,)), (5, (0, 3)), (6, (0, DEFAULT[-1]))):
        bench.link.request(kind, values)
    assert {name: len(getattr(app, name)) for name in before} == before


def test_nothing_is_found_at_boot_unless_said():
    board = FakeBoard(files=stored())
    assert App(board.port, board.machine, board.store, IDENTITY).found == 0


def test_telemetry_is_numbered_by_ticks_since_boot():
    board = FakeBoard(counts=COUNTS_4MPa, files=stored())
    link = session(board)
    link.enter(BENCH)
    ticks = len(board.machine.moves)
    board.wait(100)
    numbers = {f.sequence for f in Decoder(0x80).feed(board.receive(0))}
    assert numbers == {ticks + 1}


def test_telemetry_counts_its_ticks_in_seven_bits(bench):
    seen = []
    for _ in range(140):
        bench.board.wait(100)
        seen += [f.sequence for f in Decoder(0x80).feed(bench.board.receive(0)) if f.kind == 3]
    assert len(seen) >= 140
    assert {(b - a) % 128 for a, b in itertools.pairwise(seen)} == {1}
