"""Both sides of the link against the same bytes, which were made from the format's description alone."""

import json
from pathlib import Path

import pytest

from firmware.link import Receiver, pack
from hil.link import Decoder, Frame, encode

VECTORS = json.loads(Path(__file__).with_name("link_vectors.json").read_text())
GOOD = [(v["side"], v["sequence"], v["values"], bytes.fromhex(v["hex"])) for v in VECTORS["good"]]
BAD = [pytest.param(bytes.fromhex(v["hex"]), id=v["why"]) for v in VECTORS["bad"]]


def board_takes(data, side=0):
    receiver = Receiver(side << 7)
    return [
        (receiver.sequence, receiver.values[: receiver.count]) for byte in data if receiver.take(byte)
    ], receiver.bad


@pytest.mark.parametrize(("side", "sequence", "values", "data"), GOOD)
def test_both_sides_write_and_read_the_same_bytes(side, sequence, values, data):
    assert encode(side << 7, sequence, values[0], values[1:]) == data
    frame = bytearray(64)
    n = pack(frame, side << 7 | sequence, values[0], values[1:], len(values) - 1)
    assert bytes(frame[:n]) == data
    assert Decoder(side << 7).feed(data) == [Frame(sequence, values[0], tuple(values[1:]))]
    assert board_takes(data, side) == ([(sequence, values)], 0)


@pytest.mark.parametrize("data", BAD)
def test_both_sides_refuse_and_find_the_next_frame(data):
    after = b"\x7e" + encode(0x00, 9, 4)
    decoder = Decoder(0x00)
    assert decoder.feed(data + after) == [Frame(9, 4, ())]
    frames, bad = board_takes(data + after)
    assert frames == [(9, [4])]
    assert bad == decoder.bad >= 1
