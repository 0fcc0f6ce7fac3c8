"""Makes link_vectors.json from the format's description alone, with neither side's code.

Run it by hand after a change of the format: ``python tests/conformance/make_link_vectors.py``.
"""

import binascii
import json
import random
from pathlib import Path

EDGES = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2**20 - 1, 2**20, -(2**20), -(2**20) - 1]
EDGES += [2**27 - 1, 2**27, -(2**27), -(2**27) - 1, 2**30 - 1, -(2**30)]


def integer(value):
    length = next(n for n in range(1, 6) if -(1 << (7 * n - 1)) <= value < 1 << (7 * n - 1))
    bits = format(value % (1 << (7 * length)), f"0{7 * length}b")
    groups = [int(bits[i : i + 7], 2) for i in range(0, len(bits), 7)]
    return bytes([g | 128 for g in groups[:-1]] + groups[-1:])


def frame(side, sequence, values, payload=None):
    payload = b"".join(map(integer, values)) if payload is None else payload
    head = bytes([len(payload) + 5, side << 7 | sequence]) + payload
    return head + binascii.crc_hqx(head, 0xFFFF).to_bytes(2, "big") + b"\x7e"


def good():
    draw = random.Random(1)
    for n, value in enumerate(EDGES):
        yield n % 2, n % 128, [n % 10 + 1, value]
    for _ in range(60):
        values = [draw.randrange(1, 10)]
        values += [
            draw.choice([draw.choice(EDGES), draw.randrange(-(2**30), 2**30)]) for _ in range(draw.randrange(10))
        ]
        yield draw.choice([0, 1]), draw.randrange(128), values
    yield 0, 127, [2, *[-(2**30)] * 9]
    yield 1, 0, [1, *range(13)]


def bad():
    whole = frame(0, 5, [2, 100, -5, 7])
    yield "bit of the length", bytes([whole[0] ^ 1]) + whole[1:]
    yield "side", frame(1, 5, [4])
    yield "crc", whole[:-2] + bytes([whole[-2] ^ 128]) + whole[-1:]
    yield "no sync", whole[:-1] + b"\x00"
    yield "length 5", b"\x05\x00\x00\x00\x7e"
    yield "length 65", frame(0, 0, [], bytes(60))
    yield "integer cut", frame(0, 5, [], b"\x02\x81")
    yield "beyond 31 bits", frame(0, 5, [], b"\x02\x84\x80\x80\x80\x00")
    yield "below 31 bits", frame(0, 5, [], b"\x02\xfb\xff\xff\xff\x7f")
    yield "six bytes", frame(0, 5, [], b"\x02\x81\x80\x80\x80\x80\x00")
    yield "too many integers", frame(0, 5, [1] * 17)


def main():
    vectors = {
        "good": [{"side": s, "sequence": q, "values": v, "hex": frame(s, q, v).hex()} for s, q, v in good()],
        "bad": [{"why": why, "hex": data.hex()} for why, data in bad()],
    }
    path = Path(__file__).with_name("link_vectors.json")
    path.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
