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
    files, _ = filled(40000, 41000, 42000)
    assert kept(files) == (GOOD, record(42000), 20260103)


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


def test_every_reason_has_its_name():
    assert kept(Files())[0] == NONE
    assert spoilt(lambda d: d[:-1]) == TORN
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


def older(layout=1):
    """The bytes of a slot with a record of format 1, as its firmware wrote them: 39 fields and no response check."""
    fields = [1, *record(40000)[1:38]]
    fields.append(binascii.crc_hqx(struct.pack("<38i", *fields), 0xFFFF))
    data = bytes((*b"iso", layout, 1)) + struct.pack("<43i", 7, 20260101, 3, 4, *fields)
    return data + struct.pack(">H", binascii.crc_hqx(data, 0xFFFF))


@pytest.mark.parametrize("layout", [0, 1])
def test_a_record_of_format_1_is_taken_over_with_what_is_new_switched_off(layout):
    """Pins: boards wrote 0 for 1, for the builder had folded another module's constant of the same name into it."""
    files = Files()
    files.held = {"record0": older(layout)}
    store = Store("record", 1, files.open)
    taken = record(40000)
    # Of 10000 hPa at 44 hPa a count 227 counts, less 10 a tick in the 9 ticks until a trip acts.
    taken[50] = 137
    taken[-1] = checksum(taken)
    assert (store.load(), store.config, store.date, store.resets, store.trips) == (GOOD, taken, 20260101, 3, 4)
    assert store.save(record(41000), 20260102) == 0
    assert kept(files) == (GOOD, record(41000), 20260102)
    assert files.held["record0"] == older(layout), "the old slot is overwritten last"


@pytest.mark.parametrize("at", range(3, len(older())))
def test_any_changed_byte_of_an_older_record_is_seen(at):
    data = bytearray(older())
    data[at] ^= 0x10
    files = Files()
    files.held = {"record0": bytes(data)}
    status, config, _ = kept(files)
    assert status in (TORN, FOREIGN)
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
