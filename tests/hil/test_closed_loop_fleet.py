"""Many closed loops in C: each is the single loop, frame by frame, whatever the others and the threads do."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from controller.controller import Controller
from controller.frames import ARMED, TRIPPED, SETPOINT_hPa
from hil import sensors
from hil.experiment_file import load
from hil.fleet.closed_loop import REASONS, ClosedLoopFleet
from hil.run import build_loop, checked_configuration
from twin.errors import InputError, SimulationError

EXAMPLES = Path(__file__).parents[2] / "examples"
DIE, PRESS = EXAMPLES / "die_13mm.toml", EXAMPLES / "press_pneumatic.toml"
FAST = ("protocol.steps.0.charge_mA_per_cm2=1.0",)
SHORT = (
    'protocol.steps=[{charge_mA_per_cm2=1.0, until_mAh_per_cm2=0.02}, {rest_s=20}, {hold_V=3.9, for_s=20}, '
    '{discharge_mA_per_cm2=1.0, for_s=60}, {rest_s=5}]'
)  # fmt: skip


def spread(n):
    """Cells that differ in spring and loading."""
    return [(*FAST, f"fixture.spring_N_per_mm={1500 + 100 * i}", f"cell.lithium_um={i % 5}") for i in range(n)]


def noise_of(fleet, seed, number):
    """The fleet's own noise as `hil.sensors.normals` gives it."""

    def normals(_seed, stream):
        memory = np.zeros(100_000)
        fleet._library.noise(seed, number, stream, len(memory), memory.ctypes.data)
        return iter(memory.tolist())

    return normals


def single(path, overrides, normals, monkeypatch, ticks):
    """Frames, pressures and voltages of a single run with that noise, and how it ended."""
    monkeypatch.setattr(sensors, "normals", normals)
    rows = []
    loop = build_loop(load(path, overrides), lambda *row: rows.append(row))
    loop.most_ticks = min(ticks, loop.most_ticks or ticks)
    outcome = loop.run()
    table = np.array([row[-18:] for row in rows])
    return table[:, :9], table[:, 9:], np.array([row[3] for row in rows]), np.array([row[1] for row in rows]), outcome


NARROW = ("control.charge_window_MPa=[4.5, 5.005]", "control.permit_hysteresis_MPa=0.0005", "control.permit_off_s=2")
FULL = ("protocol.steps=[{charge_C=5, for_h=1}]", "cell.state_of_charge=0.98", "protocol.upper_V=10")
PASSIVE = (
    "control.enabled=false", "actuator.kind=none", "cell.lithium_um=0.02", "cell.state_of_charge=0.001",
    "protocol.lower_V=2.0",
)  # fmt: skip
# Every kind of end, none of them at a tick's edge.
PARTS = (
    'protocol.steps=[{charge_C=0.5, until_capacity_fraction=0.01234}, {rest_s=3.21}, {charge_C=2, until_V=3.85}, '
    '{hold_V=3.87, until_C=0.12}, {hold_V=3.8, until_capacity_fraction=0.0003, for_h=1}, {discharge_C=1, for_s=7.77}, '
    '{rest_s=0.03}, {rest_s=0.04}, {discharge_C=0.5, until_V=2.8}]',
)  # fmt: skip
EMPTY = ("protocol.steps=[{discharge_C=5, for_h=1}]", "cell.state_of_charge=0.02")
# How the single run ends, as far as its reason has no numbers in it.
EARLY = "stopped early, as the file asks"
CASES = {
    "a die": (DIE, FAST, 3000, EARLY),
    "a die at 80 Hz and 25 ms": (DIE, (*FAST, "run.tick_s=0.025", "sensor.rate_Hz=80"), 6000, EARLY),
    "a press": (PRESS, (), 3000, EARLY),
    "a whole short protocol": (DIE, (SHORT,), 3000, "protocol complete"),
    "a room that warms": (DIE, (*FAST, "ambient.steps=[{at_h=0.02, temperature_C=45}]"), 3000, EARLY),
    "play and dead time": (DIE, (*FAST, "actuator.dead_time_ms=330", "actuator.backlash_um=9"), 3000, EARLY),
    "travel that ends": (DIE, (*FAST, "actuator.travel_um=[-0.3, 1]", "actuator.backlash_um=0"), 3000, EARLY),
    "permits that drop": (DIE, (*FAST, *NARROW), 3000, EARLY),
    "a file that stops early": (DIE, (*FAST, "run.stop_after_h=0.02"), 3000, EARLY),
    "a trip": (DIE, (*FAST, "control.stuck_samples=2"), 3000, "the controller tripped"),
    "a cell that empties": (DIE, EMPTY, 3000, "voltage"),
    "a cell at the model's limit": (DIE, FULL, 3000, "the model came to its limit"),
    "ends within ticks": (DIE, (*PASSIVE, *PARTS), 70_000, "protocol complete"),
    "ends within ticks of 1 s": (DIE, (*PASSIVE, *PARTS, "run.tick_s=1"), 7000, "protocol complete"),
    "ends within ticks of 10 s": (DIE, (*PASSIVE, *PARTS, "run.tick_s=10"), 700, "protocol complete"),
    "ends within ticks, controlled": (DIE, PARTS, 6000, EARLY),
    "a locked actuator": (DIE, (*FAST, "actuator.kind=none"), 1000, EARLY),
}
HAPPENS = {
    "a press": lambda seen, sent: (sent[:, 0] != 0).sum() > 100,
    "travel that ends": lambda seen, sent: (seen[:, 5] == 1).any(),
    "permits that drop": lambda seen, sent: (np.diff(sent[:, 2] & 1) == -1).any(),
    "play and dead time": lambda seen, sent: (sent[:, 0] != 0).sum() > 5,
    "a trip": lambda seen, sent: (sent[:, 3] == TRIPPED).any(),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cell_has_every_bit_of_a_single_run_with_its_noise(name, monkeypatch):
    path, overrides, ticks, reason = CASES[name]
    fleet = ClosedLoopFleet([load(path, overrides)] * 2, engine="scalar", numbers=[5, 6])
    found = fleet.run(ticks, observe_every=1, capture=[1])
    seen, sent, pressures, voltages, outcome = single(path, overrides, noise_of(fleet, 1, 6), monkeypatch, ticks)
    sensor, command = found["frames"][1]
    assert sensor.tolist() == seen.tolist()
    assert command.tolist() == sent.tolist()
    here = found["pressure_Pa"][1]
    assert np.array_equal(here[~np.isnan(here)], pressures)
    assert np.array_equal(found["voltage_V"][1, : len(voltages)], voltages)
    assert outcome.reason.startswith(reason)
    ended = REASONS[fleet.outcomes[1]]
    assert ended.startswith(reason) or (ended == "running" and reason == EARLY)
    assert HAPPENS.get(name, lambda seen, sent: True)(seen, sent), "the case shows what its name says"


def test_captured_frames_replay_through_the_python_controller():
    experiments = [load(DIE, some) for some in spread(9)]
    fleet = ClosedLoopFleet(experiments)
    frames = fleet.run(1500, capture=[0, 8])["frames"]
    for i, (sensors_seen, commands) in frames.items():
        board, command = Controller(checked_configuration(experiments[i])), [0] * 9
        for seen, expected in zip(sensors_seen.tolist(), commands.tolist(), strict=True):
            board.tick(seen, command)
            assert command == expected
        assert commands[-1, 3] == ARMED


def test_threads_neighbours_width_and_pieces_change_no_bits():
    cells = spread(11)
    one = ClosedLoopFleet.from_file(DIE, cells, threads=1, engine="lanes").run(900, observe_every=10)
    two = ClosedLoopFleet.from_file(DIE, cells, threads=3, engine="lanes", width=2)
    parts = [two.run(ticks, observe_every=10) for ticks in (7, 400, 493)]
    for key in ("pressure_Pa", "voltage_V", "faults", "state", "time_s"):
        assert np.array_equal(one[key], np.concatenate([part[key] for part in parts], axis=-1))
    alone = ClosedLoopFleet.from_file(DIE, cells[4:5], numbers=[4], engine="lanes").run(900, observe_every=10)
    assert np.array_equal(alone["pressure_Pa"][0], one["pressure_Pa"][4])
    assert alone["time_s"][0] == pytest.approx(1.0)


def test_cells_of_the_same_file_have_noise_of_their_own():
    fleet = ClosedLoopFleet([load(DIE, FAST)] * 3)
    frames = fleet.run(300, capture=[0, 1, 2])["frames"]
    counts = np.array([frames[i][0][50:, 1] for i in range(3)], dtype=float)
    assert np.max(np.abs(np.corrcoef(np.diff(counts)) - np.eye(3))) < 0.3


def test_the_noise_is_normal():
    fleet = ClosedLoopFleet([load(DIE)])
    draws = np.zeros(200_000)
    fleet._library.noise(7, 3, 1, len(draws), draws.ctypes.data)
    assert abs(draws.mean()) < 0.01
    assert draws.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(draws**4) == pytest.approx(3.0, abs=0.1)
    assert np.mean(draws > 3.0) == pytest.approx(1.35e-3, rel=0.2)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.01


def test_every_cell_regulates():
    fleet = ClosedLoopFleet.from_file(DIE, spread(16), settle_s=300)
    fleet.run(18_000)
    metrics = fleet.metrics()
    assert (metrics["outcome"] == 0).all()
    assert metrics["max_deviation_percent"].max() < 1.0
    assert np.abs(metrics["offset_percent"]).max() < 1.0
    assert metrics["ticks"].tolist() == [18_000] * 16


def test_metrics_are_those_of_the_history():
    fleet = ClosedLoopFleet.from_file(DIE, spread(3), settle_s=60)
    pressure = fleet.run(2000, observe_every=1)["pressure_Pa"][:, 600:]
    metrics = fleet.metrics()
    mean = pressure.mean(axis=1)
    assert metrics["mean_MPa"] == pytest.approx(mean / 1e6, rel=1e-12)
    assert metrics["rms_deviation_percent"] == pytest.approx(pressure.std(axis=1) / 5e4, rel=1e-6)
    largest = np.abs(pressure - mean[:, None]).max(axis=1)
    assert metrics["max_deviation_percent"] == pytest.approx(largest / 5e4, rel=1e-9)


def test_deviations_count_from_the_setpoint_in_use():
    """Pins: under a policy they counted from the file's, and a setpoint exactly followed read as far off."""
    quick = ("control.setpoint_slew_MPa_per_min=60.0", "control.policy_dwell_s=1.0")
    fleet = ClosedLoopFleet([load(EXAMPLES / "die_policy.toml", quick)], settle_s=60)
    found = fleet.run(3000, observe_every=1, capture=[0])
    pressure = found["pressure_Pa"][0, 600:]
    asked = 100.0 * found["frames"][0][1][600:, SETPOINT_hPa]
    assert asked.mean() < 4.2e6
    off = pressure - asked
    metrics = fleet.metrics()
    assert metrics["mean_MPa"][0] == pytest.approx(pressure.mean() / 1e6, rel=1e-9)
    assert metrics["offset_percent"][0] == pytest.approx(100 * off.mean() / asked.mean(), rel=1e-6)
    assert metrics["rms_deviation_percent"][0] == pytest.approx(100 * off.std() / asked.mean(), rel=1e-6)
    largest = np.abs(off - off.mean()).max()
    assert metrics["max_deviation_percent"][0] == pytest.approx(100 * largest / asked.mean(), rel=1e-6)


def test_a_cell_that_has_ended_stays_so_while_others_go_on():
    fleet = ClosedLoopFleet.from_file(DIE, [FAST, (*FAST, "control.stuck_samples=2"), FAST])
    found = fleet.run(1500, observe_every=100, capture=[1])
    assert [REASONS[i] for i in fleet.outcomes] == ["running", "the controller tripped", "running"]
    ended = int(fleet.metrics()["ticks"][1])
    assert len(found["frames"][1][0]) == ended < 1500
    assert np.isnan(found["pressure_Pa"][1, ended // 100 :]).all()
    assert found["state"][1, ended // 100 - 1] == TRIPPED
    assert np.isfinite(found["pressure_Pa"][[0, 2]]).all()


def test_cells_that_cannot_be_one_fleet_are_refused_in_one_line():
    for other in (load(PRESS), load(DIE, ("run.tick_s=0.05",))):
        with pytest.raises(InputError, match="cell 1") as caught:
            ClosedLoopFleet([load(DIE), other])
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="profiles"):
        ClosedLoopFleet([load(EXAMPLES / "dst_die.toml")])


def test_it_says_that_it_needs_a_compiler(monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "")
    with pytest.raises(SimulationError, match="no C compiler"):
        ClosedLoopFleet([load(DIE)])


def test_memory_for_a_cell_is_small_and_of_one_size():
    fleet = ClosedLoopFleet([load(DIE)])
    assert ctypes.sizeof(fleet._cells) < 2048
