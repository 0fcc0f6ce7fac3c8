"""The link under any bytes: both sides find the same frames, and only such as were sent."""

import binascii

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware import link as board
from firmware.link import Receiver, pack
from hil import link as host
from hil.link import Decoder, encode

HOST, BOARD = 0x00, 0x80
INTEGERS = st.one_of(st.integers(-(2**30), 2**30 - 1), st.integers(-70, 70))
KINDS = st.integers(1, 9)
MESSAGES = st.tuples(st.integers(0, 127), KINDS, st.lists(INTEGERS, max_size=9))


def board_side(data):
    receiver = Receiver(HOST)
    found = [(receiver.sequence, tuple(receiver.values[: receiver.count])) for byte in data if receiver.take(byte)]
    return found, receiver.bad


def host_side(pieces):
    decoder = Decoder(HOST)
    found = [(f.sequence, (f.kind, *f.values)) for piece in pieces for f in decoder.feed(piece)]
    return found, decoder.bad


@settings(max_examples=500, deadline=None)
@given(MESSAGES, st.sampled_from([HOST, BOARD]))
def test_what_one_side_writes_the_other_reads(message, side):
    sequence, kind, values = message
    frame = bytearray(64)
    n = pack(frame, side | sequence, kind, values, len(values))
    assert bytes(frame[:n]) == encode(side, sequence, kind, values)
    (found,) = Decoder(side).feed(bytes(frame[:n]))
    assert (found.sequence, found.kind, found.values) == (sequence, kind, tuple(values))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), MESSAGES.map(lambda m: encode(HOST, *m))), max_size=12), st.data())
def test_both_sides_find_the_same_frames_in_any_bytes_however_they_are_cut(parts, data):
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert board_side(stream) == host_side(pieces)


@settings(max_examples=500, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=8), st.data())
def test_up_to_three_flipped_bits_in_a_frame_are_always_seen(messages, data):
    """The CRC's distance is 4 over these lengths: no damaged frame is taken for a good one."""
    sent = [encode(HOST, *m) for m in messages]
    spoilt = bytearray(sent[0])
    bits = data.draw(st.sets(st.integers(8, 8 * len(spoilt) - 9), min_size=1, max_size=3))
    for bit in bits:
        spoilt[bit // 8] ^= 1 << bit % 8
    found, bad = board_side(bytes(spoilt))
    assert found == []
    assert bad >= 1


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), MESSAGES)
def test_after_any_noise_and_one_frame_lost_at_most_frames_come_through(noise, message):
    clean = encode(HOST, *message)
    found, _ = board_side(noise + b"\x7e" * 64 + clean + clean)
    assert (message[0], (message[1], *message[2])) in found


def test_both_sides_know_each_other_by_the_high_bit():
    assert (board.HOST, board.BOARD) == (host.HOST, host.BOARD) == (0x00, 0x80)


def by_hand(side, sequence, payload):
    head = bytes((len(payload) + 5, side | sequence)) + payload
    return head + binascii.crc_hqx(head, 0xFFFF).to_bytes(2, "big") + b"\x7e"


@pytest.mark.parametrize("integers", [1, 2, 15, 16, 17])
@pytest.mark.parametrize("length", [6, 7, 63, 64, 65, 66])
def test_a_frame_has_6_to_64_bytes_and_at_most_16_integers(integers, length):
    """Made by hand, of integers of up to five bytes each; both sides take it or both do not."""
    size = length - 5
    if not integers <= size <= 5 * integers:
        return
    sizes = [size // integers + (i < size % integers) for i in range(integers)]
    payload = b"".join(b"\x80" * (n - 1) + b"\x05" for n in sizes)
    assert len(payload) == size
    fits = length <= 64 and integers <= 16
    data = by_hand(HOST, 9, payload)
    found = [(9, (5,) * integers)] if fits else []
    assert (board_side(data), host_side([data])) == ((found, not fits), (found, not fits))


def test_what_just_fits_a_frame_is_sent_and_what_just_does_not_is_not():
    wide = 2**29
    assert len(encode(HOST, 1, 2, [wide] * 11 + [1] * 3)) == 64
    assert len(encode(HOST, 1, 2, [1] * 15)) == 5 + 16
    for values in ([wide] * 11 + [1] * 4, [1] * 16):
        with pytest.raises(ValueError, match="do not fit"):
            encode(HOST, 1, 2, values)


@pytest.mark.parametrize("values", [[2**30], [-(2**30) - 1], [2**29] * 12, [0] * 17])
def test_what_does_not_fit_is_not_sent(values):
    with pytest.raises(ValueError, match=r"31 bits|do not fit"):
        encode(HOST, 0, 2, values)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_the_receiver_holds_no_more_than_a_frame_and_numbers_within_31_bits(noise):
    receiver = Receiver(HOST)
    for byte in noise:
        if receiver.take(byte):
            assert all(-(2**30) <= v < 2**30 for v in receiver.values[: receiver.count])
    assert len(receiver.frame) == 64
    assert len(receiver.values) == 16


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([HOST, BOARD]),
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=4),
            st.tuples(st.sampled_from([HOST, BOARD]), MESSAGES).map(lambda sent: encode(sent[0], *sent[1])),
        ),
        max_size=8,
    ),
)
@example(HOST, [bytes((5, HOST))])
@example(HOST, [bytes((64, HOST, 1))])
@example(HOST, [bytes((65, HOST))])
@example(HOST, [bytes((6, BOARD))])
@example(BOARD, [bytes((6, HOST))])
@example(BOARD, [bytes((6, HOST + 7))])
def test_both_sides_count_a_bad_frame_at_the_same_byte(side, parts):
    receiver, decoder = Receiver(side), Decoder(side)
    for byte in b"".join(parts):
        took = receiver.take(byte)
        assert isinstance(took, bool)
        assert took == bool(decoder.feed(bytes((byte,))))
        assert receiver.bad == decoder.bad


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_the_receiver_gives_the_crc_of_the_frame_it_took(message):
    data = encode(HOST, *message)
    receiver = Receiver(HOST)
    assert [receiver.take(byte) for byte in data] == [False] * (len(data) - 1) + [True]
    assert receiver.crc == binascii.crc_hqx(data[:-3], 0xFFFF)


def test_S9_the_receiver_has_heard_nothing_at_first_and_every_attribute_is_there():
    """An attribute made while frames come in would allocate."""
    receiver = Receiver(HOST)
    first = vars(receiver).copy()
    assert (first.pop("side"), first.pop("frame"), first.pop("values")) == (HOST, bytearray(64), [0] * 16)
    assert set(first.values()) == {0}
    for byte in encode(HOST, 5, 2, [7]):
        receiver.take(byte)
    assert receiver.sequence == 5
    assert set(vars(receiver)) == {"side", "frame", "values", *first}
