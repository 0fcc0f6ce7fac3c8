"""A bad wire at random moments: the board ends safe in time, acts on no bad frame, recovers by explicit reset only.

Link, App and Controller on a clock of the test's. In mode bench the load cell reads below the setpoint, so that the
law wants to compress for as long as it may.
"""

import random

import pytest
from evidence import amount
from fake_board import FakeBoard, Files
from link_faults import KINDS, FaultyWire

from controller.configuration import DEFAULT
from firmware.store import Store
from hil.link import HOST, Decoder, encode
from hil.session import Session

MOMENTS = amount(1000)
SAFE_WITHIN_MS = 500
H_MESSAGE, H_ALIVE = 3, 4
ARM, RESET, SET, CONFIRM = 1, 3, 5, 7
ARMED, TRIPPED = 1, 2
LINK = 8
COUNTS_4MPa = 1_120_000
POLL_ms = 20


def stored():
    files = Files()
    store = Store("record", 1, files.open)
    store.load()
    store.save(DEFAULT, 20260110)
    return files


FILES = stored()


class Campaign:
    """An armed board whose host sends a sign of life every 100 ms through a faulty wire."""

    def __init__(self, kind, seed):
        draw = random.Random(f"{kind} {seed}")
        files = Files()
        files.held = dict(FILES.held)
        self.board = FakeBoard(counts=COUNTS_4MPa, files=files, now=draw.randrange(2**30))
        self.session = Session(self.board)
        self.session.enter(1)
        self.arm()
        self.start = self.board.now
        begin = draw.randrange(0, 400)
        self.wire = FaultyWire(kind, begin, begin + draw.randrange(20, 1200), seed)
        self.sequence = self.session._sequence
        self.arrived = Decoder(HOST)
        self.good_at = 0
        self.history = []

    def arm(self):
        for n in range(20):
            message = {14: (CONFIRM, 0, 1000), 15: (SET, 0, 45000), 17: (ARM, 0, 0)}.get(n)
            if message:
                self.session.say(*message)
            else:
                self.session.request(H_ALIVE)
            self.board.wait(100, POLL_ms)
        assert self.board.machine.command[3] == ARMED
        self.board.port.outward = b""

    def elapsed(self):
        return (self.board.now - self.start) % 2**30

    def step(self, said=None):
        """One poll; every 100 ms the host sends ``said`` or a sign of life. What comes in is also judged apart."""
        now = self.elapsed()
        data = b""
        if now % 100 == 0:
            self.sequence = (self.sequence + 1) & 127
            data = encode(HOST, self.sequence, *(said or (H_ALIVE, ())))
        data = self.wire.carry(now, data)
        if self.arrived.feed(data):
            self.good_at = now
        self.board.send(data)
        self.board.wait(POLL_ms, POLL_ms)
        state, move, outputs = (self.board.machine.command[i] for i in (3, 0, 2))
        self.history.append((self.elapsed(), state, move, outputs & 3, self.good_at))

    def run(self, ms):
        for _ in range(ms // POLL_ms):
            self.step()
        return self


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_wire_ends_in_the_safe_state(kind, record_property):
    tripped, slowest = 0, 0
    for seed in range(MOMENTS):
        campaign = Campaign(kind, seed).run(2400)
        states = [entry[1] for entry in campaign.history]
        for now, state, move, permits, good_at in campaign.history:
            if now - good_at >= SAFE_WITHIN_MS:
                assert state == TRIPPED, seed
                assert move <= 0, seed
                assert permits == 0, seed
            if state == TRIPPED:
                assert (move, permits) == (0, 0), seed
        if TRIPPED in states:
            tripped += 1
            first = states.index(TRIPPED)
            slowest = max(slowest, campaign.history[first][0] - campaign.history[first][4])
            # The wire has been good again for a second: only an explicit reset leaves the trip.
            assert set(states[first:]) == {TRIPPED}, seed
            assert campaign.board.app.command[4] & LINK, seed
            recover(campaign)
        else:
            assert set(states) == {ARMED}, seed
    record_property(
        "figure",
        (f"link {kind}, {MOMENTS} moments: longest to safe state", f"{slowest} ms ({tripped} tripped)", "500 ms"),
    )


def recover(campaign):
    """Arming is refused before the reset, and works after it."""
    campaign.wire.end = 0
    for said, state in (((H_MESSAGE, (ARM, 0, 0)), TRIPPED), ((H_MESSAGE, (RESET, 0, 0)), 0)):
        while campaign.elapsed() % 100:
            campaign.step()
        campaign.step(said)
        campaign.run(300)
        assert campaign.board.machine.command[3] == state


@pytest.mark.parametrize("kind", KINDS)
def test_no_message_is_acted_on_that_was_not_sent_whole(kind):
    """Messages go through the bad wire; what the controller is told is a subsequence of what was said."""
    for seed in range(MOMENTS):
        campaign = Campaign(kind, seed)
        heard, told = campaign.board.app.controller, []
        message = heard.message
        heard.message = lambda *m, told=told, message=message: told.append(m) or message(*m)
        said = []
        for n in range(60):
            if campaign.elapsed() % 100 == 0:
                said.append((SET, 0, 40000 + n))
                campaign.step((H_MESSAGE, said[-1]))
            else:
                campaign.step()
        left = iter(said)
        assert all(m in left for m in told), (seed, told)


def test_the_campaign_can_fail(monkeypatch):
    """A board that listened to anything would not trip: without the dead-man the first test fails."""
    campaign = Campaign("cut", 3)
    monkeypatch.setattr("firmware.app.LINK_ms", 2**29)
    campaign.wire.end = 10**6
    campaign.run(2000)
    assert campaign.history[-1][1] == ARMED
