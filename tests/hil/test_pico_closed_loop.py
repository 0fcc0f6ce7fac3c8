"""A closed loop of plant and real firmware at pin level, and the same loop in this process: two runs, one log."""

import pytest
import rp2040_image
from command_line import ALONE, DIE, HALF
from evidence import amount

from hil.boards.in_process import InProcess
from hil.boards.pico import Pico
from hil.columns import NAMES
from hil.experiment_file import load
from hil.operator import Operator
from hil.run import build_loop, checked_configuration

rp2040_image.needed()

TICKS = amount(2000)
TICK_s = 0.02
# Charge, rest and discharge within the run; the screw moves by as much as the tick allows.
STEPS = (
    f"protocol.steps.0.for_h={0.5 * TICKS * TICK_s / 3600}",
    f"protocol.steps.1.rest_h={0.1 * TICKS * TICK_s / 3600}",
    f"protocol.steps.2.for_h={TICKS * TICK_s / 3600}",
)
# A board has counted its time without permits before the run begins: so they are due before it is armed.
BOOT = ("control.permit_off_s=0.2", "control.healthy_samples=5")
QUICK = ("run.tick_s=0.02", "actuator.acceleration_um_per_s2=1600", "control.setpoint_slew_MPa_per_min=60")
SETPOINT, UP_hPa, DOWN_hPa = 5, 53_000, 47_000
STATE, ARMED = 3, 1
TIME, COUNTS, SAMPLE, SENSE, CURRENT = range(5)


class Stepping(Operator):
    """Arms, then asks for more and for less pressure in turn."""

    def __init__(self):
        super().__init__(UP_hPa, confirm=True)
        self.ticks = 0

    def see(self, command):
        self.ticks += 1
        if command[STATE] != ARMED:
            super().see(command)
            return
        turn, odd = divmod(self.ticks, TICKS // 4)
        self.message = (SETPOINT, 0, DOWN_hPa if turn % 2 else UP_hPa) if odd == 0 else (0, 0, 0)


class ThroughAdc:
    """The current as twelve bits carry it and MicroPython reads it: 1.65 V at none, 82.5 mA at full swing."""

    def __init__(self, sense):
        self.sense = sense

    def read(self, current):
        code = round((32776 + self.sense.read(current) * 1024 / 2578) / 65535 * 4095)
        return ((code << 4 | code >> 8) - 32776) * 2578 // 1024


class Watched:
    """A board, and what it says that it sensed."""

    def __init__(self, board):
        self.board, self.name, self.sensed = board, board.name, []

    def exchange(self, frame):
        command = self.board.exchange(frame)
        self.sensed.append((list(frame), list(self.board.telemetry.sensor)))
        return command


@pytest.fixture(scope="module")
def experiment():
    return load(DIE, (ALONE, HALF, *STEPS, *BOOT, *QUICK))


def run(experiment, board):
    rows = []
    loop = build_loop(experiment, lambda *row: rows.append(row))
    loop.board, loop.operator, loop.most_ticks = board, Stepping(), TICKS
    loop.current_sense = ThroughAdc(loop.current_sense)
    outcome = loop.run()
    assert outcome.code == 0, outcome
    return rows


def test_the_log_at_pin_level_is_that_of_the_run_in_this_process(experiment, record_property):
    """Every column of every row, bit for bit: plant, sensors, pulses, permits, faults, events."""
    configuration = checked_configuration(experiment)
    board = Watched(Pico(configuration))
    found = run(experiment, board)
    expected = run(experiment, InProcess(configuration))
    assert len(found) == len(expected) == TICKS
    for n, (row, other) in enumerate(zip(found, expected, strict=True)):
        assert row == other, f"tick {n}: {[name for name, a, b in zip(NAMES, row, other, strict=True) if a != b]}"
    assert {row[NAMES.index("command_state")] for row in found} == {0, 1}
    moves = [row[NAMES.index("command_move")] for row in found]
    assert min(moves) < 0 < max(moves)
    currents = [row[NAMES.index("Current / A")] for row in found]
    assert min(currents) < 0 < max(currents)
    goal = "2,000, counts within one"
    record_property("figure", ("Pico at pin level in a closed loop: rows as in process, bit for bit", TICKS, goal))

    shift = board.sensed[0][1][TIME] - board.sensed[0][0][TIME]
    for shown, seen in board.sensed:
        assert seen[TIME] - shown[TIME] == shift, "its clock has an offset, and does not jitter"
        assert seen[COUNTS] == shown[COUNTS]
        assert seen[SENSE:6] == shown[SENSE:6]
