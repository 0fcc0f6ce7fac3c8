"""The closed loop: what flows when, whatever board it drives."""

import json
from array import array
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil import run as hil_run
from hil.actuators import Locked
from hil.boards.absent import Absent
from hil.columns import DTYPE
from hil.cycler import Cycler
from hil.experiment_file import load
from hil.loop import Loop
from hil.operator import Operator
from hil.protocol import Phase
from hil.room import Room
from hil.run import execute
from hil.schema import SensorSection
from hil.sensors import CurrentSense, LoadCell
from twin.errors import SimulationError
from twin.files import AmbientSection
from twin.plant import Outputs

# Restated from docs/contracts.md.
CHARGE, DISCHARGE, ENERGISED = 1, 2, 4
IDLE, ARMED, TRIPPED = 0, 1, 2
DONE, TRIP, FAILED = 0, 3, 4

DIE = Path(__file__).parents[2] / "examples" / "die_13mm.toml"
BRIEF = (
    "compare.fixtures=[]",
    "cell.state_of_charge=0.5",
    "protocol.steps.0.for_h=0.02",
    "protocol.steps.1.rest_h=0.005",
    "protocol.steps.2.for_h=0.01",
)


class FakePlant:
    """Gives the current it is asked for, at 3.7 V; remembers what it was given."""

    def __init__(self, fails_at=None, event_at=None):
        self.inputs_memory = array("d", [0.0] * 10)
        self.state = (0.0,)
        self.event = None
        self.limits = None
        self.given = []
        self._fails_at, self._event_at = fails_at, event_at

    def part(self, dt):
        return self.advance(dt)

    stride = part

    def advance(self, dt):
        u = self.inputs_memory
        self.done = dt
        if dt > 1e-6:  # the loop looks at the plant once before it starts
            self.given.append(tuple(u))
            if len(self.given) == self._fails_at:
                raise SimulationError("no longer finite")
            if len(self.given) == self._event_at:
                self.event = "Emptied cathode"
        current = u[3] if u[0] else 0.0
        return Outputs(3.7, current, 5e6, 660.0, 0.0, 1e-5, 1.0, u[6], u[6], 0.0, 0.5, 0.0)


class Script:
    """A board that says what it is told, tick after tick, and the last of it for ever."""

    name = "script"

    def __init__(self, ticks):
        self.ticks, self.frames = list(ticks), []

    def exchange(self, sensor_frame):
        outputs, state = self.ticks[min(len(self.frames), len(self.ticks) - 1)]
        self.frames.append(list(sensor_frame))
        return [0, 0, outputs, state, 0, 0, 0, 50_000, 50_000]


def looped(board, phases, plant=None, operator=None, ambient=None, **more):
    """A loop round a fake plant, and the rows it records."""
    rows = []
    sensor = SensorSection.model_validate({"load_cell_kN": 2.0})
    loop = Loop(
        plant=plant or FakePlant(),
        board=board,
        actuator=Locked(),
        load_cell=LoadCell(sensor, 1, 660.0),
        current_sense=CurrentSense(sensor, 1),
        cycler=Cycler(phases, capacity_Ah=0.005, **{"open_limit_s": 1e9} | more),
        room=Room(ambient or AmbientSection.model_validate({})),
        operator=operator,
        record=lambda *row: rows.append(row),
        measured=float,
        tick_ms=100,
    )
    return loop, rows


def column(rows, name):
    return [row[DTYPE.names.index(name)] for row in rows]


def constant(ampere, seconds):
    return Phase("rest" if ampere == 0 else "current", ampere, 1, 1, duration_s=seconds)


# --- permits -------------------------------------------------------------------------------------------------------

scripts = st.lists(st.tuples(st.integers(0, 7), st.sampled_from([IDLE, ARMED])), min_size=1, max_size=80)
phases = st.lists(
    st.builds(constant, st.sampled_from([-1e-3, 0.0, 2e-3]), st.sampled_from([0.3, 0.5, 2.0])), min_size=1, max_size=4
)


@given(scripts, phases)
def test_no_current_flows_in_a_tick_without_its_permit(script, phases):
    """The permit of a tick holds for that very tick: none lags behind."""
    plant = FakePlant()
    board = Script([*script, (CHARGE | DISCHARGE, ARMED)])
    loop, rows = looped(board, phases, plant)
    assert loop.run().code == DONE
    for asked, outputs in zip(plant.given, column(rows, "command_outputs"), strict=True):
        assert asked[:2] == (1.0, 0.0)
        if asked[3] < 0:
            assert outputs & CHARGE
        if asked[3] > 0:
            assert outputs & DISCHARGE
    # What was recorded as current is what the plant was given, to the bit.
    assert column(rows, "Current / A") == [asked[3] for asked in plant.given]


@given(scripts)
def test_time_without_a_permit_is_made_up_for(script):
    """All of the charge flows in the end, however often the cycler was opened."""
    loop, rows = looped(Script([*script, (CHARGE, ARMED)]), [constant(-1e-3, 3.0)])
    loop.run()
    assert sum(column(rows, "Current / A")) * 0.1 == pytest.approx(-3e-3)


def test_a_permit_that_falls_stops_the_current_and_lets_it_on_again():
    on, off = (CHARGE | ENERGISED, ARMED), (DISCHARGE | ENERGISED, ARMED)
    loop, rows = looped(Script([on, on, off, off, on]), [constant(-1e-3, 0.4)])
    loop.run()
    assert column(rows, "Current / A")[:6] == [-1e-3, -1e-3, 0.0, 0.0, -1e-3, -1e-3]


@given(scripts, phases)
def test_steps_are_counted_as_the_battery_data_format_defines(script, phases):
    """Executed steps count on through repeats, rows begin again in each, the file's step keeps its number."""
    phases = [replace(phase, step_index=i % 2 + 1, cycle=i // 2 + 1) for i, phase in enumerate(phases)]
    loop, rows = looped(Script([*script, (CHARGE | DISCHARGE, ARMED)]), phases)
    loop.run(every=7)
    counts, cycles = column(rows, "Step Count / 1"), column(rows, "Cycle Count / 1")
    assert counts == sorted(counts)
    assert set(counts) == set(range(1, len(phases) + 1))
    assert cycles == sorted(cycles)
    for number, phase in enumerate(phases, 1):
        own = [i for i, count in enumerate(counts) if count == number]
        assert [column(rows, "Step Index / 1")[i] for i in own] == list(range(1, len(own) + 1))
        assert {column(rows, "Step ID / 1")[i] for i in own} == {phase.step_index}
        assert {cycles[i] for i in own} == {phase.cycle}


# --- how it ends ---------------------------------------------------------------------------------------------------


def test_a_plant_that_comes_to_an_event_ends_the_run_with_its_name():
    loop, rows = looped(Absent(50_000), [constant(-1e-3, 60.0)], FakePlant(event_at=7))
    outcome = loop.run()
    assert outcome.code == FAILED
    assert "Emptied cathode" in outcome.reason
    assert len(rows) == 7


def test_a_plant_that_fails_ends_the_run_with_the_rows_before_it():
    loop, rows = looped(Absent(50_000), [constant(-1e-3, 60.0)], FakePlant(fails_at=7))
    outcome = loop.run()
    assert (outcome.code, outcome.reason) == (FAILED, "no longer finite")
    assert len(rows) == 6


def test_a_trip_is_shown_for_thirty_seconds():
    loop, rows = looped(Script([(CHARGE, ARMED)] * 5 + [(0, TRIPPED)]), [constant(-1e-3, 600.0)])
    outcome = loop.run()
    assert outcome.code == TRIP
    assert len(rows) == 5 + 300
    assert set(column(rows[5:], "Current / A")) == {0.0}


def test_a_trip_at_the_very_end_is_no_success():
    """The last phase is a rest, which needs no permit, so that the protocol completes after the trip."""
    loop, _ = looped(Script([(CHARGE, ARMED)] * 5 + [(0, TRIPPED)]), [constant(-1e-3, 0.4), constant(0.0, 5.0)])
    assert loop.run().code == TRIP


def test_an_operator_who_cannot_arm_gives_up_after_five_minutes():
    loop, rows = looped(Script([(0, IDLE)]), [constant(-1e-3, 60.0)], operator=Operator(50_000, confirm=True))
    outcome = loop.run()
    assert (outcome.code, outcome.reason) == (TRIP, "the controller could not be armed")
    assert len(rows) == 3001
    assert set(column(rows, "Current / A")) == {0.0}


def test_permits_that_stay_away_end_the_run():
    loop, rows = looped(Script([(0, ARMED)]), [constant(-1e-3, 60.0)], open_limit_s=20.0)
    outcome = loop.run()
    assert outcome.code == TRIP
    assert "permits stayed low" in outcome.reason
    assert len(rows) == 200


def test_a_voltage_limit_of_the_cell_ends_the_run():
    loop, _ = looped(Absent(50_000), [constant(-1e-3, 60.0)], upper_V=3.6)
    outcome = loop.run()
    assert outcome.code == TRIP
    assert "3.6 V" in outcome.reason


@pytest.mark.parametrize("every", [1, 7, 5000])
def test_how_often_progress_is_shown_changes_no_row(every):
    shares = []
    loop, rows = looped(Absent(50_000), [constant(-1e-3, 20.0), constant(1e-3, 5.0)])
    loop.run(shares.append, every)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] == 1.0
    reference, expected = looped(Absent(50_000), [constant(-1e-3, 20.0), constant(1e-3, 5.0)])
    reference.run()
    assert rows == expected


# --- frames --------------------------------------------------------------------------------------------------------


def test_a_frame_tells_the_time_of_its_tick_and_the_last_known_current():
    board = Script([(CHARGE, ARMED)])
    loop, rows = looped(board, [constant(-1e-3, 2.0)])
    loop.run()
    assert [frame[0] for frame in board.frames] == [100 * (n + 1) for n in range(len(rows))]
    assert abs(board.frames[0][4]) < 10  # uA: nothing has flowed yet
    assert all(abs(frame[4] + 1000) < 10 for frame in board.frames[1:])


class Still:
    """A load cell that costs nothing, for ticks of days."""

    counts, sample = 0, 0

    def read(self, force, temperature, dt_ms):
        self.sample += 1


def test_tick_time_wraps_at_2_to_the_30():
    board = Script([(CHARGE, ARMED)])
    loop, _ = looped(board, [constant(-1e-3, 2e6)])
    loop.tick_ms, loop.load_cell = 2**28, Still()
    loop.run()
    assert [frame[0] for frame in board.frames[:5]] == [2**28, 2 * 2**28, 3 * 2**28, 0, 2**28]


def test_a_passive_run_sends_no_message_and_moves_nothing():
    loop, rows = looped(Absent(50_000), [constant(-1e-3, 2.0)])
    assert loop.run().code == DONE
    for name in ("sensor_message", "command_move", "command_state", "command_faults"):
        assert set(column(rows, name)) == {0}
    assert set(column(rows, "Setpoint Pressure / Pa")) == {5e6}


def test_the_room_changes_by_the_protocols_time():
    """Time before the first permit does not count."""
    ambient = AmbientSection.model_validate({"steps": ({"at_h": 1 / 3600, "temperature_C": 35.0},)})
    loop, rows = looped(Script([(0, IDLE)] * 30 + [(CHARGE, ARMED)]), [constant(-1e-3, 3.0)], ambient=ambient)
    loop.run()
    temperatures = np.array(column(rows, "Ambient Temperature / degC"))
    assert temperatures[:40] == pytest.approx(25.0)
    assert temperatures[42:] == pytest.approx(35.0)


# --- with the real plant and controller ----------------------------------------------------------------------------


def real(folder, name="run", *overrides):
    return execute(load(DIE, (*BRIEF, *overrides)), folder, name).log()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return real(tmp_path_factory.mktemp("loop"))


def test_the_cycler_stays_open_until_the_controller_is_armed(whole):
    states, current = whole["command_state"], whole["Current / A"]
    first = int((states == ARMED).argmax())
    assert 0 < first < 100  # after some healthy samples, well under ten seconds
    assert (current[:first] == 0).all()
    flows = int((current != 0).argmax())
    assert flows >= first
    assert whole["command_outputs"][flows] & CHARGE


def test_current_and_permits_agree_in_every_row(whole):
    current, outputs = whole["Current / A"], whole["command_outputs"]
    assert (outputs[current < 0] & CHARGE == CHARGE).all()
    assert (outputs[current > 0] & DISCHARGE == DISCHARGE).all()


def test_a_run_without_a_controller_is_passive(tmp_path):
    log = real(tmp_path, "passive", "control.enabled=false")
    assert (log["Actuator Position / m"] == 0).all()
    assert (log["command_state"] == IDLE).all()
    assert log["Current / A"][:3].min() < 0  # and asks nobody for a permit
    assert log.metadata["board"] == "none"


class Wire:
    """The board, reached through text as over a cable; every frame a copy, each way."""

    name = "wire"

    def __init__(self, inner):
        self._inner = inner

    def exchange(self, sensor_frame):
        answer = self._inner.exchange(json.loads(json.dumps(sensor_frame)))
        return json.loads(json.dumps(answer))


def test_the_loop_cannot_tell_boards_apart(whole, tmp_path, monkeypatch):
    board = hil_run.InProcess
    monkeypatch.setattr(hil_run, "InProcess", lambda configuration: Wire(board(configuration)))
    other = real(tmp_path)
    assert len(other) == len(whole)
    for name in DTYPE.names:
        assert np.array_equal(other[name], whole[name]), name


class Lying:
    """A board that loses a permit once, in the middle."""

    name = "lying"

    def __init__(self, inner, tick):
        self._inner, self._tick, self._n = inner, tick, 0

    def exchange(self, sensor_frame):
        answer = list(self._inner.exchange(sensor_frame))
        self._n += 1
        if self._n == self._tick:
            answer[2] &= ENERGISED
        return answer


def test_current_is_exactly_zero_in_the_tick_that_loses_its_permit(tmp_path, monkeypatch):
    make = partial(Lying, tick=400)
    board = hil_run.InProcess
    monkeypatch.setattr(hil_run, "InProcess", lambda configuration: make(board(configuration)))
    current = real(tmp_path)["Current / A"]
    assert current[398] < 0
    assert current[399] == 0.0
    assert current[400] < 0
