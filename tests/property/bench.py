"""A static plant with backlash, lag and noise, and a hand on the controller's messages."""

import itertools
import math
import random

from restated_limits import (  # fmt: skip
    ARM,
    CONFIRM,
    COUNTS,
    CURRENT,
    DIE,
    DONE,
    EVENT,
    KEY,
    MESSAGE,
    MOVE,
    NAMES,
    SAMPLE,
    SENSE,
    SET,
    SWITCHES,
    TIME,
    VALUE,
    counts_for,
    record,
)

from controller.controller import Controller


class Hand:
    """One controller, ticked by hand at a pressure [hPa]; ``say`` puts a message into the next tick."""

    def __init__(self, base=DIE, found=0, config=None):
        self.base = base
        self.board = Controller(record(base) if config is None else config, found)
        self.sensor = [0] * 9
        self.command = [0] * 9

    def tick(self, pressure=40000, n=1, dt=100, fresh=True, message=(0, 0, 0), **changes):
        for i in range(n):
            s = self.sensor
            s[TIME] = (s[TIME] + dt) % 2**30
            s[SAMPLE] = (s[SAMPLE] + fresh) % 65536
            s[COUNTS] = changes.get("counts", counts_for(pressure, self.base) + s[SAMPLE] % 2)
            s[SENSE], s[SWITCHES] = changes.get("sense", 0), changes.get("switches", 0)
            s[CURRENT] = changes.get("current", 0)
            s[MESSAGE], s[KEY], s[VALUE] = message if i == 0 else (0, 0, 0)
            self.board.tick(s, self.command)
        return self.command

    def say(self, message, value=0, key=0, **changes):
        return self.tick(message=(message, key, value), **changes)[EVENT]

    def settled(self, pressure=40000):
        """At a steady pressure for as long as it takes until it could be armed."""
        self.tick(pressure, n=self.base["debounce"] + self.base["healthy"] + 1)
        return self

    def armed(self, pressure=40000, setpoint=40000, n=0):
        self.settled(pressure)
        if self.base["kind"] == 1:
            assert self.say(CONFIRM, 100, pressure=pressure) == DONE
        assert self.say(SET, setpoint, pressure=pressure) == DONE
        assert self.say(ARM, pressure=pressure) == DONE
        self.tick(pressure, n=n)
        return self


def closed_loop(base, seconds=300, setpoint=50000, start=5000, ramp=0.0, noise=3.0, play=None, off=1.0, every=1,
                delay=0, lag=0.0, turn=None, current=0, blocked=range(0), wrong=None):  # fmt: skip
    """Deviations [hPa] after the approach, worst overshoot, moves, and the hand.

    ``ramp``: swelling [hPa/s], turning every ``turn`` seconds; ``play``: real backlash [counts], else as
    configured; ``off``: true over configured stiffness; ``every``: ticks per sample; ``delay``: ticks from command
    to motion; ``blocked``: ticks with the compress limit held; ``wrong``: makes the conversion of a tick another one.
    """
    hand = Hand(base).armed(start, setpoint)
    play = base["backlash"] if play is None else play
    stiffness = base["stiffness"] / 256 * off
    draw = random.Random(1)
    motor = felt = swelling = 0.0
    pressure = float(start)
    pending = [0] * delay
    settled, moves, peak = [], [], 0.0
    for i in range(seconds * 1000 // base["tick"]):
        seen = pressure + draw.gauss(0, noise)
        counts = round(base["reference"] + seen * 2 ** base["scale_shift"] / base["scale_num"])
        if wrong is not None:
            counts = wrong(i, counts)
        command = hand.tick(counts=counts, dt=base["tick"], fresh=i % every == 0, current=current,
                            switches=2 if i in blocked else 0)  # fmt: skip
        pending.append(command[MOVE])
        motor += pending.pop(0)
        felt = min(max(felt, motor - play / 2), motor + play / 2)
        back = turn and int(i * base["tick"] / 1000 / turn) % 2
        swelling += (-ramp if back else ramp) * base["tick"] / 1000
        settles = max(0.0, start + swelling + stiffness * felt)
        pressure += (settles - pressure) * (1 - math.exp(-base["tick"] / 1000 / lag)) if lag else settles - pressure
        peak = max(peak, pressure - setpoint)
        moves.append(command[MOVE])
        if i * base["tick"] > 0.5 * seconds * 1000:
            settled.append(pressure - setpoint)
    return settled, peak, moves, hand


def rms(values):
    return math.sqrt(sum(v * v for v in values) / len(values))


def reversals(moves):
    ways = [m > 0 for m in moves if m]
    return sum(a != b for a, b in itertools.pairwise(ways))


__all__ = ["NAMES", "Hand", "closed_loop", "reversals", "rms"]
