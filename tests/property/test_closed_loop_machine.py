"""The closed loop under anything in any order: a rule-based machine, judged by the witness and by the plant.

Rules are what a bench meets: the operator's messages, current steps, bad sensors, switches, the emergency stop, the
clock, the link, the power. Frames are kept, and replayed on other Pythons.
"""

import contextlib
import itertools
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from evidence import DEEP, examples
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from link_faults import KINDS as WIRES
from link_faults import FaultyWire
from loop_rig import WRITABLE, Rig
from restated_limits import (
    ARM,
    ARMED,
    CONFIRM,
    DISARM,
    EVENT,
    FAULTS,
    FIELDS,
    HOME,
    JOG,
    MOVE,
    NAMES,
    OUTPUTS,
    PARAMETER,
    RESET,
    SET,
    SETPOINT,
    STATE,
    TARE,
    TRIPPED,
    WATCHDOG,
)  # fmt: skip

sys.path.append(str(Path(__file__).parents[1] / "conformance"))
import targets

KINDS = ("stepper", "regulator")
KEPT = []  # sessions of the machines that ran: record, found, pairs of frames
MOST_KEPT = 400
DONE = Counter()  # ticks, armed ticks, trips, by board
RUN = settings(
    max_examples=examples(12, 1500), stateful_step_count=40, deadline=None, print_blob=True, derandomize=not DEEP,
    suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)  # fmt: skip
SWITCHES = {"retract": 1, "compress": 2, "both": 3, "stop": 4, "link": 8}


def invalid(frame):
    frame[3] |= 1


def saturated(frame):
    frame[1] = 2**23 - 1


def wild(frame):
    frame[1] = 2**29


def no_current(frame):
    frame[3] |= 2


class Loop(RuleBasedStateMachine):
    """What both boards go through."""

    board = "direct"

    @initialize(kind=st.sampled_from(KINDS), found=st.sampled_from([0, 0, 0, WATCHDOG]))
    def start(self, kind, found):
        self.rig = Rig(kind, self.board, found)
        self.frozen = None
        if not found:
            self.prepare(True)

    @rule(ticks=st.integers(1, 30))
    def wait(self, ticks):
        for _ in range(ticks):
            self.rig.tick()

    @rule(at_once=st.booleans())
    def prepare(self, at_once):
        """What an operator does: reset, confirm, wait, setpoint, arm."""
        rig = self.rig
        rig.tick((RESET, 0, 0))
        rig.tick((CONFIRM, 0, rig.witness.last[1] if not rig.witness.known else 0))
        for _ in range(rig.base["healthy"] + 1 if at_once else 1):
            rig.tick()
        rig.tick((SET, 0, 50000))
        rig.tick((ARM, 0, 0))

    @rule(ticks=st.integers(5, 60))
    def hold(self, ticks):
        self.prepare(True)
        self.wait(ticks)

    @rule(message=st.sampled_from([ARM, DISARM, RESET, TARE, HOME, 11, -1, 2**29]))
    def say(self, message):
        self.rig.tick((message, 0, 0))

    @rule(hPa=st.integers(-1, 80000))
    def setpoint(self, hPa):
        self.rig.tick((SET, 0, hPa))

    @rule(counts=st.integers(-200, 200), ticks=st.integers(0, 20))
    def jog(self, counts, ticks):
        self.rig.tick((JOG, 0, counts))
        self.wait(ticks)

    @rule(name=st.sampled_from(WRITABLE), share=st.integers(80, 120))
    def parameter(self, name, share):
        value = self.rig.base[name] * share // 100
        self.rig.tick((PARAMETER, NAMES.index(name), value))

    @rule(key=st.integers(-2, 60), value=st.integers(-(2**30) + 1, 2**30 - 1))
    def senseless_parameter(self, key, value):
        out = not 0 <= key < len(NAMES) or not FIELDS[NAMES[key]][0] <= value <= FIELDS[NAMES[key]][1]
        if out:
            answer = self.rig.tick((PARAMETER, key, value))
            assert answer[EVENT] != 1, "S5: a senseless parameter was taken"

    @rule(n=st.integers(0, 2), ticks=st.integers(1, 40))
    def current(self, n, ticks):
        """Charge, rest or discharge begins."""
        self.rig.phase(n)
        self.wait(ticks)

    @rule(how=st.sampled_from([invalid, saturated, wild, no_current]), ticks=st.integers(1, 5))
    def bad_sensor(self, how, ticks):
        for _ in range(ticks):
            self.rig.tick(spoil=how)

    @rule(ticks=st.integers(1, 6))
    def no_conversions(self, ticks):
        _, counts, sample, *_ = self.rig.sessions[-1][2][-1][0] if self.rig.sessions[-1][2] else (0, 0, 0)

        def frozen(frame):
            frame[1], frame[2] = counts, sample

        for _ in range(ticks):
            self.rig.tick(spoil=frozen)

    @rule(ticks=st.integers(1, 25))
    def stuck_cell(self, ticks):
        """Fresh conversions that never change: the plant may go where it will until that is noticed."""
        counts = self.rig.load_cell.counts
        self.rig.lied = True

        def stuck(frame):
            frame[1] = counts

        for _ in range(ticks):
            self.rig.tick(spoil=stuck)

    @rule(name=st.sampled_from(sorted(SWITCHES)), ticks=st.integers(1, 3))
    def switch(self, name, ticks):
        for _ in range(ticks):
            self.rig.tick(switches=SWITCHES[name])
        if name == "stop":
            assert self.rig.command[OUTPUTS] & 3 == 0, "S14: a permit under the emergency stop"
            assert self.rig.lied or self.rig.command[STATE] == TRIPPED, "S14: an emergency stop that trips nothing"

    @rule(dt=st.sampled_from([0, -100, 1, 33, 249, 250, 251, 5000, 2**29]))
    def clock(self, dt):
        self.rig.tick(dt=dt)

    @rule(found=st.sampled_from([0, WATCHDOG]))
    def power_cut(self, found):
        rig = self.rig
        rig.boot(found)
        answer = rig.tick()
        if answer is not None and not rig.lied:
            assert answer[STATE] != 1, "S7: armed after a boot"
            assert answer[MOVE] == 0, "S7: moved after a boot"
        if found and self.board == "direct":
            assert answer[STATE] == TRIPPED, "S7: a watchdog's reset is not latched"
            assert answer[FAULTS] & WATCHDOG, "S7: a watchdog's reset is not named"

    @invariant()
    def the_true_pressure_stays_under_the_hard_limit(self):
        """Where no sensor lied and no answer was lost, whatever was asked."""
        if hasattr(self, "rig") and not self.rig.lied:
            assert self.rig.hPa < self.rig.base["hard"], "the cell was crushed"

    @invariant()
    def the_setpoint_is_within_its_bounds(self):
        if hasattr(self, "rig") and self.rig.armed():
            most = self.rig.witness.b["setpoint_max"]
            assert self.rig.command[SETPOINT] <= most, "S5: a setpoint out of bounds"

    def teardown(self):
        if not hasattr(self, "rig"):
            return
        states = [command[STATE] for *_, pairs in self.rig.sessions for _, command in pairs]
        DONE[self.board, "ticks"] += len(states)
        DONE[self.board, "armed"] += states.count(ARMED)
        DONE[self.board, "trips"] += sum(b == TRIPPED != a for a, b in itertools.pairwise(states))
        if len(KEPT) < MOST_KEPT and self.board == "direct":
            KEPT.extend(self.rig.sessions)


class DirectLoop(Loop):
    """The controller in this process."""


class LinkedLoop(Loop):
    """The firmware's App behind a wire."""

    board = "linked"

    @rule(kind=st.sampled_from(WIRES),
          ms=st.integers(1, 1500), seed=st.integers(0, 2**16), ticks=st.integers(1, 20))  # fmt: skip
    def bad_wire(self, kind, ms, seed, ticks):
        board = self.rig.board
        board.wire = FaultyWire(kind, board.elapsed, board.elapsed + ms, seed)
        self.wait(ticks)

    @precondition(lambda self: hasattr(self, "rig"))
    @rule(budget=st.integers(0, 400))
    def power_cut_while_the_record_is_written(self, budget):
        rig = self.rig
        files = rig.files
        files.budget = budget
        with contextlib.suppress(Exception):
            rig.board.session.configure(rig.record, 20260102)
        files.budget = None
        rig.boot()
        assert rig.board.board.app.command[STATE] != 1, "armed after a boot"


@pytest.mark.parametrize("machine", [DirectLoop, LinkedLoop])
def test_anything_in_any_order(machine, record_property):
    run_state_machine_as_test(machine, settings=RUN)
    ticks, armed, trips = (DONE[machine.board, what] for what in ("ticks", "armed", "trips"))
    assert armed > ticks // 20, "hardly ever armed: nothing was tried"
    assert trips > 0
    what = f"closed loop under anything, {machine.board}: ticks, armed, trips"
    record_property("figure", (what, f"{ticks:,}, {armed:,}, {trips:,}", ""))


@pytest.mark.parametrize("where", [targets.unix, targets.wasm], ids=["unix", "wasm"])
def test_what_the_machines_saw_replays_bit_for_bit(where, record_property):
    """S10, on frames of a closed loop: needs the machines to have run before it in this process."""
    if not KEPT:
        run_state_machine_as_test(DirectLoop, settings=settings(RUN, max_examples=examples(4, 100)))
    ticks = 0
    with where() as target:
        for record, found, pairs in KEPT:
            if not pairs:
                continue
            target.configure(SimpleNamespace(config=record, found=found))
            for start in range(0, len(pairs), 500):
                some = pairs[start : start + 500]
                rows = target.rows([frame for frame, _ in some])
                assert [list(row[:9]) for row in rows] == [command for _, command in some]
                ticks += len(some)
    assert ticks > 100
    name = {"unix": "Unix", "wasm": "WebAssembly"}[where.__name__]
    record_property("figure", (f"closed-loop machine's frames on {name}, bit for bit", f"{ticks:,}", "all"))
