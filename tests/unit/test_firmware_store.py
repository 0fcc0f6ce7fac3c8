"""The stored record: whole or as it was before, whatever happens to the bytes."""

import binascii
import struct

import pytest
from fake_board import FakeBoard, Files, PowerCutError
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.configuration import DEFAULT, checksum
from controller.frames import BLOCKS, C_CONFIG, STATE
from firmware.store import SIZE, Store

GOOD, NONE, TORN, FOREIGN, OLDER, REFUSED = range(6)


def record(setpoint_max):
    config = list(DEFAULT)
    config[20] = setpoint_max
    config[-1] = checksum(config)
    return config


def kept(files, path="record"):
    store = Store(path, 1, files.open)
    return store.load(), store.config, store.date


def filled(*setpoints):
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    for n, setpoint in enumerate(setpoints):
        assert store.save(record(setpoint), 20260101 + n) == 0
    return files, store


def test_what_was_saved_last_is_loaded():
    files, store = filled(40000, 41000, 42000)
    assert kept(files) == (GOOD, record(42000), 20260103)
    assert store.note() == 0


def test_a_power_cut_at_any_byte_leaves_the_old_record_or_the_new():
    for before in ((40000,), (40000, 41000)):
        for budget in range(SIZE + 1):
            files, store = filled(*before)
            files.budget = budget
            try:
                store.save(record(50000), 20270101)
            except PowerCutError:
                assert budget < SIZE
            files.budget = None
            status, config, _ = kept(files)
            assert status == GOOD
            assert config == record(50000 if budget == SIZE else before[-1])


def test_a_cut_in_the_very_first_write_is_named_and_means_defaults():
    for budget in range(SIZE):
        files = Files()
        files.budget = budget
        store = Store("record", 1, files.open)
        store.load()
        with pytest.raises(PowerCutError):
            store.save(record(50000), 20270101)
        files.budget = None
        status, config, date = kept(files)
        assert status == (TORN if budget else NONE)
        assert (config, date) == (DEFAULT, 0)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, SIZE - 1), st.integers(1, 255))
def test_any_changed_byte_is_seen(at, mask):
    files, _ = filled(40000)
    (name,) = files.held
    data = bytearray(files.held[name])
    data[at] ^= mask
    files.held[name] = bytes(data)
    status, config, _ = kept(files)
    assert status in (TORN, FOREIGN, OLDER)
    assert config == DEFAULT


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2 * SIZE), st.binary(max_size=2 * SIZE))
def test_any_bytes_at_all_mean_defaults(a, b):
    files = Files()
    files.held = {"record0": a, "record1": b}
    status, config, _ = kept(files)
    assert status in (NONE, TORN, FOREIGN, OLDER)
    assert config == DEFAULT


def spoilt(change):
    files, _ = filled(40000)
    (name,) = files.held
    files.held[name] = change(files.held[name])
    return kept(files)[0]


def slot(turn, date, resets, trips, config, board=1):
    """The bytes of a slot, restated."""
    data = bytes((*b"iso", 3, board)) + struct.pack("<57i", turn, date, resets, trips, *config)
    return data + struct.pack(">H", binascii.crc_hqx(data, 0xFFFF))


def test_records_are_written_byte_for_byte_as_documented_in_both_slots_by_turns():
    files, store = filled(40000)
    assert files.held == {"record0": slot(1, 20260101, 0, 0, record(40000))}
    store.resets, store.trips = 2, 4
    store.save(record(41000), 20260102)
    assert files.held["record1"] == slot(2, 20260102, 2, 4, record(41000))
    store.save(record(42000), 20260103)
    assert files.held == {
        "record0": slot(3, 20260103, 2, 4, record(42000)),
        "record1": slot(2, 20260102, 2, 4, record(41000)),
    }
    files.held["record2"] = slot(4, 20260104, 0, 0, record(43000))
    assert kept(files)[1] == record(42000), "there are two slots"


@pytest.mark.parametrize("board", [1, 2])
def test_a_record_cut_short_is_torn_or_foreign_where_it_says_so(board):
    """The board's number is the fifth byte."""
    files, whole = Files(), slot(1, 20260101, 0, 0, record(40000), board)
    for n in range(1, SIZE):
        files.held = {"record0": whole[:n]}
        assert kept(files)[0] == (FOREIGN if board == 2 and n >= 5 else TORN), n


def test_a_store_has_the_defaults_before_it_is_loaded_and_where_nothing_good_is_left():
    files = Files()
    for bad in ({}, {"record1": b"iso"}):
        store = Store("record", 1, files.open)
        assert (store.config, store.date, store.resets, store.trips) == (DEFAULT, 0, 0, 0)
        files.held = {"record0": slot(1, 20260101, 2, 4, record(40000))}
        assert store.load() == GOOD
        files.held = bad
        assert store.load() != GOOD
        assert (store.config, store.date, store.resets, store.trips) == (DEFAULT, 0, 0, 0)


class Counted:
    """An open file of `Files` that counts the open ones, and may fail."""

    def __init__(self, count, file, fails):
        count.append(1)
        self.count, self.file, self.fails = count, file, fails

    def read(self, n):
        if self.fails:
            raise PowerCutError
        return self.file.read(n)

    def write(self, data):
        if self.fails:
            raise OSError(28, "no space left on device")
        self.file.write(data)

    def close(self):
        self.count.pop()


@pytest.mark.parametrize("fails", [False, True])
def test_every_file_is_closed_whatever_became_of_it(fails):
    files, still_open = Files(), []
    store = Store("record", 1, lambda path, mode: Counted(still_open, files.open(path, mode), fails))
    assert store.save(record(40000), 20260101) == fails
    assert still_open == []
    if fails:
        with pytest.raises(PowerCutError):
            store.load()
    else:
        assert store.load() == GOOD
    assert still_open == []


def test_every_reason_has_its_name():
    assert kept(Files())[0] == NONE
    assert spoilt(lambda d: d[:-1]) == TORN
    assert spoilt(lambda d: d + b"\0") == TORN
    assert spoilt(lambda d: b"iso") == TORN
    assert spoilt(lambda d: b"x" + d[1:]) == FOREIGN
    assert spoilt(lambda d: d[:4] + b"\x02" + d[5:]) == FOREIGN
    assert spoilt(lambda d: d[:3] + b"\x00" + d[4:]) == TORN
    assert spoilt(lambda d: d[:3] + b"\x04" + d[4:]) == FOREIGN
    assert spoilt(lambda d: d[:3] + b"\x02" + d[4:]) == TORN
    assert spoilt(lambda d: d[:3] + b"\x01" + d[4:]) == TORN


def test_a_record_of_a_configuration_that_fails_its_check_is_refused():
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    bad = list(DEFAULT)
    bad[20] = 10**6
    bad[-1] = checksum(bad)
    assert store.save(bad, 20260101) == 0
    assert kept(files) == (REFUSED, DEFAULT, 20260101)
    # One that passes it, but is not the one whose checksum it has.
    assert store.save([*record(40000)[:-1], 0], 20260102) == 0
    assert kept(files) == (REFUSED, DEFAULT, 20260102)


def older(layout=1):
    """The bytes of a slot as an older firmware wrote them, at turn 7: 39 fields of format 1, or 49 of format 2."""
    now = record(40000)
    fields = [2, *now[1:38], *now[40:50]] if layout == 2 else [1, *now[1:38]]
    fields.append(binascii.crc_hqx(struct.pack(f"<{len(fields)}i", *fields), 0xFFFF))
    data = bytes((*b"iso", layout, 1)) + struct.pack(f"<{4 + len(fields)}i", 7, 20260101, 3, 4, *fields)
    return data + struct.pack(">H", binascii.crc_hqx(data, 0xFFFF))


@pytest.mark.parametrize("slot", ["record0", "record1"])
@pytest.mark.parametrize("layout", [0, 1, 2])
def test_a_record_of_an_older_format_is_taken_over_and_written_anew_in_the_other_slot(layout, slot):
    """What is new is off, but for the approach budget, which becomes the most that the rules allow.

    Pins: boards wrote 0 for 1, for the builder had folded another module's constant of the same name into it.
    """
    files = Files()
    files.held = {slot: older(layout)}
    store = Store("record", 1, files.open)
    taken = record(40000)
    # Between the limits (10 000 hPa, 44 hPa a count) 227 counts, less 10 a tick for 700 ms of blindness and two ticks.
    taken[50] = 227 - 10 * (7 + 2)
    taken[-1] = checksum(taken)
    assert (store.load(), store.config, store.date, store.resets, store.trips) == (GOOD, taken, 20260101, 3, 4)
    assert store.save(record(41000), 20260102) == 0
    assert kept(files) == (GOOD, record(41000), 20260102)
    assert files.held[slot] == older(layout), "the old slot is overwritten last"


@pytest.mark.parametrize("layout", [1, 2])
def test_any_changed_byte_of_an_older_record_is_seen(layout):
    good, files = older(layout), Files()
    for at in range(3, len(good)):
        files.held = {"record0": good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :]}
        status, config, _ = kept(files)
        assert status in (TORN, FOREIGN), at
        assert config == DEFAULT


def test_an_older_configuration_that_was_damaged_before_it_was_kept_is_refused():
    """Its own checksum is wrong, that of the slot is not."""
    fields = [1, *record(40000)[1:38], 0]
    data = b"iso\x01\x01" + struct.pack("<43i", 7, 20260101, 3, 4, *fields)
    files = Files()
    files.held = {"record0": data + struct.pack(">H", binascii.crc_hqx(data, 0xFFFF))}
    assert kept(files)[:2] == (REFUSED, DEFAULT)


# Everything that writes the record: what the host sends, what the board notes of itself, and an old record's first.
WRITES = {
    "a configuration": lambda store: store.save(record(50000), 20270101),
    "the cause of a trip": lambda store: noted(store, "trips", 4),
    "a reset by the watchdog": lambda store: noted(store, "resets", 1),
}
BEFORE = {"one slot": (40000,), "both slots": (40000, 41000)}


def noted(store, name, value):
    setattr(store, name, value)
    store.note()


def all_kept(files):
    store = Store("record", 1, files.open)
    return store.load(), store.config, store.date, store.resets, store.trips


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("write", WRITES)
def test_any_write_cut_at_any_byte_leaves_old_or_new_whole_and_never_armed(write, before):
    files, store = filled(*BEFORE[before])
    old = all_kept(files)
    first = dict(files.held)
    WRITES[write](store)
    new = all_kept(files)
    assert old != new
    assert old[0] == new[0] == GOOD
    for budget in range(SIZE + 1):
        files, store = filled(*BEFORE[before])
        assert files.held == first
        files.budget = budget
        try:
            WRITES[write](store)
        except PowerCutError:
            files.budget = None
        assert all_kept(files) == (new if budget == SIZE else old)
        board = FakeBoard(files=files)
        board.wait(100, step=50)
        assert board.app.command[STATE] == 0
        assert board.app.record == GOOD
        assert not any(board.machine.moves)


def test_a_write_that_reads_back_otherwise_is_none():
    """A worn page of flash: the record that stood before is the one in force."""
    files, store = filled(40000)
    files.forgets = True
    assert store.save(record(50000), 20270101) == 1
    assert store.note() == 1
    assert store.config == record(40000)
    files.forgets = False
    assert kept(files) == (GOOD, record(40000), 20260101)


def test_negative_numbers_are_kept():
    config = record(40000)
    config[24] = -1000000
    config[-1] = checksum(config)
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    assert store.save(config, 20260101) == 0
    assert kept(files) == (GOOD, config, 20260101)


def test_a_full_file_system_keeps_the_old_record():
    files, store = filled(40000)
    files.full = True
    assert store.save(record(50000), 20270101) == 1
    assert store.note() == 1
    assert store.config == record(40000)
    assert kept(files) == (GOOD, record(40000), 20260101)


def test_the_turn_wraps():
    files, store = filled(40000)
    store.turn = 2**30 - 4
    store.save(DEFAULT, 20260101)
    for setpoint in (40000, 41000, 42000, 43000, 44000):
        store.save(record(setpoint), 20260101)
        assert 0 <= store.turn < 2**30
        assert kept(files)[1] == record(setpoint)


@pytest.mark.parametrize("data", [b"", b"iso", b"foreign" * 30, b"iso\x00" + bytes(200)])
def test_a_board_without_a_good_record_boots_disarmed_and_says_why(data):
    files = Files()
    files.held = {"record0": data}
    board = FakeBoard(files=files)
    board.wait(2000)
    assert board.app.command[STATE] == 0
    assert board.app.command[BLOCKS] & C_CONFIG
    assert board.app.record in (NONE, TORN, FOREIGN, OLDER)
