"""A few thousand seeded inputs to every harness of `make fuzz`: random bytes, and seeds cut, spliced and flipped."""

import random

import pytest
from evidence import amount
from harnesses import ARM, HARNESSES, asked, framed, whole_board

INPUTS = {"link": 4000, "board": 3000, "experiment": 1500, "profile": 1000, "log": 1500}


def spoilt(draw, seeds, longest):
    """One input: a seed with a few bytes changed, a piece cut out or another put in; now and then only noise."""
    if draw.random() < 0.1:
        return draw.randbytes(draw.randrange(longest))
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randrange(1, 5)):
        at, length = draw.randrange(len(data) + 1), draw.randrange(1, 20)
        way = draw.randrange(4)
        if way == 0 and at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        elif way == 1:
            del data[at : at + length]
        elif way == 2:
            data[at:at] = draw.randbytes(length)
        else:
            other = draw.choice(seeds)
            start = draw.randrange(len(other) + 1)
            data[at:at] = other[start : start + length]
    return bytes(data[:longest])


@pytest.mark.parametrize("name", HARNESSES)
def test_any_bytes(name):
    harness = HARNESSES[name]
    seeds = harness.seeds()
    draw = random.Random(f"{name} 20261125")
    for seed in seeds:
        harness.run(seed)
    for _ in range(amount(INPUTS[name])):
        data = spoilt(draw, seeds, harness.longest)
        try:
            harness.run(data)
        except BaseException as error:
            raise AssertionError(f"{name}: {data.hex()}") from error


def test_what_a_board_should_not_do_would_be_seen(monkeypatch):
    """The harness can fail: a receiver without a checksum arms on a frame that the host's parser refuses."""
    seeds = [seed for seed in HARNESSES["board"].seeds() if seed[:1] == b"\xff"]
    stream = bytearray(framed(seeds[0][1:]))
    arm = stream.rindex(bytes((3, ARM)))
    assert ARM in asked(stream)
    whole_board(b"\x00" + bytes(stream))
    stream[arm + 2] ^= 1
    assert ARM not in asked(stream)
    whole_board(b"\x00" + bytes(stream))
    monkeypatch.setattr("firmware.link.crc16", lambda frame, n: frame[n] << 8 | frame[n + 1])
    with pytest.raises(AssertionError, match="nobody asked"):
        whole_board(b"\x00" + bytes(stream))
