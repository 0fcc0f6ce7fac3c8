"""Ticks for conformance: configurations and frames, random and adversarial, the same for the same seed."""

import random
from dataclasses import dataclass

from frame_sequences import CALM, FAULTY, TALK, frames
from restated_limits import (
    COUNTS,
    DIE,
    FIELDS,
    KEY,
    MESSAGE,
    NAMES,
    POUCH,
    REGULATOR,
    SELF_TEST,
    SENSE,
    TARE,
    VALUE,
    WATCHDOG,
    WATCHED,
    record,
)

from controller.configuration import check

EXTREMES = [-(2**30), -(2**30) + 1, -(2**24), -(2**23), -1, 0, 1, 2**16, 2**23 - 1, 2**24, 2**30 - 1]
MOST = 400  # frames of one session
REARM = ("rearm", 0, 1, 0)
# With an approach budget that is soon used up; and one that an emergency stop brings to 0.
APPROACHES = WATCHED | {"approach": 20, "homing": 9}
VENTED = REGULATOR | {"stop_vents": 1, "approach": 20}


@dataclass(frozen=True)
class Session:
    """One life of a controller."""

    config: list[int]
    found: int
    frames: list[list[int]]


def sessions(ticks, seed):
    """Sessions of so many ticks in all."""
    draw = random.Random(seed)
    left = ticks
    while left:
        base = altered(draw, draw.choice([DIE, WATCHED, POUCH, REGULATOR, APPROACHES, VENTED]))
        config = record(base)
        if draw.random() < 0.1:
            config[draw.randrange(53)] = draw.choice(EXTREMES)
        elif draw.random() < 0.1:
            config[-1] ^= 1
        found = draw.choice([0] * 12 + [WATCHDOG, SELF_TEST, 2**30 - 1])
        some = disturbed(draw, spread(draw, base))[: min(left, MOST)]
        left -= len(some)
        yield Session(config, found, some)


def altered(draw, base):
    """``base`` with fields changed at random, as far as the record still passes its check."""
    for _ in range(draw.choice([0, 5, 40])):
        name = draw.choice(NAMES)
        low, high, _ = FIELDS[name]
        value = draw.choice([low, high, draw.randint(low, high), base[name] + draw.randint(-9, 9)])
        changed = base | {name: value}
        if check(record(changed)) == 0:
            base = changed
    return base


def spread(draw, base):
    """Frames of a few sequences of episodes, calm ones between faults and talk."""
    for _ in range(draw.randint(1, 4)):
        episodes = []
        for _ in range(draw.randint(1, 25)):
            kind = draw.choice(CALM * 2 + FAULTY + TALK)
            near = draw.choice([0, draw.randint(-5, 5)])
            episodes.append((kind, near, draw.randint(1, 9), draw.randint(0, 9)))
            if kind in FAULTY and draw.random() < 0.7:
                episodes.append(REARM)
        yield from frames((draw.random() < 0.9, episodes), base)


def disturbed(draw, some):
    """Now and then another message than planned, a frame of which nothing makes sense, or a cell that sticks."""
    out = []
    stuck, counts = 0, 0
    for frame in some:
        chance = draw.random()
        if stuck:
            frame[COUNTS] = counts
            stuck -= 1
        if chance < 0.015:
            frame[MESSAGE] = draw.choice([*range(-1, 13), *EXTREMES])
            frame[KEY], frame[VALUE] = draw.randint(-2, 55), value(draw)
        elif chance < 0.025:
            frame[MESSAGE], frame[KEY] = 6, draw.randint(1, 52)
            low, high, usual = FIELDS[NAMES[frame[KEY] % 52]]
            frame[VALUE] = draw.choice([low, high, low - 1, high + 1, usual, usual + draw.randint(-9, 9)])
        elif chance < 0.03:
            frame[draw.randrange(9)] = value(draw)
        elif chance < 0.033:
            frame[:] = [value(draw) for _ in range(9)]
        elif chance < 0.036:
            stuck, counts = draw.randint(1, 60), frame[COUNTS]
        elif chance < 0.04:
            frame[SENSE], frame[MESSAGE] = 1, TARE
        out.append(frame)
    return out


def value(draw):
    """Any integer of 31 bits, often one at an edge."""
    return draw.choice([draw.choice(EXTREMES), draw.randint(-(2**30), 2**30 - 1), draw.randint(-300, 60000)])
