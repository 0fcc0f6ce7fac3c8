"""Ends within a tick: whatever the tick, a cut-off is met at its voltage, and the charge that passes is that asked for.

Every row of every log is possible: finite, and within what a cell, its fixture and its room can be.
"""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hil.cli import main
from hil.experiment_file import load
from hil.loop import DONE
from hil.run import build_loop
from hil.variants import variant
from twin.build import OUTPUTS
from twin.fleet import Fleet
from twin.plant import Inputs, Limits, Plant
from twin.resolve import default_sections

DIE = Path(__file__).parents[2] / "examples" / "die_13mm.toml"
TICKS = (0.02, 0.1, 0.5, 1.0, 5.0, 10.0)
NEAR_V = 5e-3
AREA_cm2 = math.pi / 4 * 1.3**2
CAPACITY_C = 4.0 * AREA_cm2 * 3.6
LEAN = ("compare.fixtures=[]", "control.enabled=false", "actuator.kind=none", "protocol.lower_V=2.0")
MODEST = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ticks = st.sampled_from(TICKS)
rates = st.floats(0.2, 8.0)


def run(steps, tick, *overrides, fixture=None):
    """Columns of an uncontrolled run, and its loop: time, voltage, current, pressure, ... as in `hil.columns`."""
    experiment = load(DIE, (*LEAN, f"run.tick_s={tick}", f"protocol.steps=[{', '.join(steps)}]", *overrides))
    if fixture is not None:
        experiment = variant(experiment, fixture)
    rows = []
    loop = build_loop(experiment, lambda *row: rows.append(row[:16]))
    outcome = loop.run()
    return np.array(rows), loop, outcome


def possible(rows):
    """Restated: a lithium cell between a short and what oxidises its electrolyte, never below no pressure or metal."""
    assert np.isfinite(rows).all()
    assert (np.diff(rows[:, 0]) > 0).all()
    assert (rows[:, 1] > -3.0).all()
    assert (rows[:, 1] < 10.0).all()
    assert (rows[:, 3] >= 0).all()
    assert (rows[:, 5] > -60).all()
    assert (rows[:, 5] < 200).all()
    assert (rows[:, 13] >= -1e-12).all()
    assert ((rows[:, 14] > 0) & (rows[:, 14] <= 1)).all()


@given(ticks, rates, rates, st.floats(0.0, 2.0), st.sampled_from([2.2, 2.8, 3.4]), st.sampled_from([3.9, 4.2]))
@example(5.0, 1.0, 2.0, 0.0, 2.8, 4.2)  # all lithium comes from the cathode: at the end the voltage has no bottom
@MODEST
def test_a_charge_and_a_discharge_end_at_their_voltage(tick, up, down, lithium_um, low, high):
    steps = (f"{{charge_C={up}, until_V={high}}}", "{rest_s=7.77}", f"{{discharge_C={down}, until_V={low}}}")
    rows, loop, outcome = run(steps, tick, f"cell.lithium_um={lithium_um}", "cell.state_of_charge=0.2")
    possible(rows)
    assert outcome.code == DONE
    for step, limit, way in ((1, high, -1), (3, low, 1)):
        ended = rows[rows[:, 7] == step]
        # A step whose current crosses its end at once passes nothing, and has no voltage of its own to show.
        if np.maximum(way * ended[:, 2], 0).sum() * tick > 1e-3 * tick * CAPACITY_C / 3600:
            assert abs(ended[-1, 1] - limit) < NEAR_V
    assert rows[:, 2].sum() * tick == pytest.approx(loop.cycler.charge_C, rel=1e-6, abs=1e-12)
    assert loop.plant.advance(1e-9).discharge_capacity * 3600 == pytest.approx(loop.cycler.charge_C, abs=1e-9)


@given(ticks, st.lists(st.tuples(st.floats(0.2, 2.0), st.floats(0.011, 47.3)), min_size=1, max_size=6))
@MODEST
def test_charge_that_passes_is_charge_asked_for(tick, pulses):
    """Steps by time, charge and discharge in turn, far shorter and longer than a tick."""
    steps = [f"{{{('charge', 'discharge')[i % 2]}_C={r}, for_s={s}}}" for i, (r, s) in enumerate(pulses)]
    rows, _, outcome = run(steps, tick, "cell.state_of_charge=0.5", "cell.lithium_um=5", "protocol.upper_V=6")
    possible(rows)
    assert outcome.code == DONE
    asked = [(-1) ** (i + 1) * r * CAPACITY_C / 3600 * s for i, (r, s) in enumerate(pulses)]
    assert rows[:, 2].sum() * tick == pytest.approx(sum(asked), rel=1e-6, abs=1e-6 * max(map(abs, asked)))
    assert len(rows) == math.ceil(sum(s for _, s in pulses) / tick * (1 - 1e-9))


@given(
    ticks, st.lists(st.tuples(st.floats(0.005, 3.0), st.floats(-1e-3, 1e-3)), min_size=2, max_size=12),
    st.integers(1, 5), st.sampled_from(["previous", "linear"]), st.floats(0.01, 3.0),
)  # fmt: skip
@MODEST
def test_a_profile_passes_its_charge_beside_other_fixtures_too(
    tmp_path_factory, tick, table, repeat, interpolation, rest
):
    folder = tmp_path_factory.mktemp("profile")
    lengths, currents = zip(*table, strict=True)
    times = np.cumsum([0.0, *lengths])
    path = folder / "p.csv"
    path.write_text("".join(f"{t!r},{i!r}\n" for t, i in zip(times.tolist(), (*currents, 0.0), strict=True)))
    held = [i * s for i, s in zip(currents, lengths, strict=True)]
    joined = [(i + j) / 2 * s for i, j, s in zip(currents, (*currents[1:], 0.0), lengths, strict=True)]
    pieces = held if interpolation == "previous" else joined
    step = f'{{profile="{path}", positive_current="discharge", repeat={repeat}, interpolation="{interpolation}"}}'
    for other in (None, "fixed_gap"):
        rows, _, outcome = run((f"{{rest_s={rest}}}", step), tick, "cell.state_of_charge=0.5", "cell.lithium_um=5",
                               f"compare.tick_s={2 * tick}", fixture=other)  # fmt: skip
        possible(rows)
        assert outcome.code == DONE
        passed = rows[:, 2].sum() * (tick if other is None else 2 * tick)
        assert passed == pytest.approx(repeat * sum(pieces), rel=1e-6, abs=1e-6 * sum(map(abs, pieces)))


@given(ticks, st.floats(3.6, 4.1), st.floats(0.05, 0.5))
@MODEST
def test_a_hold_ends_at_its_current(tick, volts, share):
    """The current column is the mean of each tick, so its sum is the cell's charge while the current decays, too."""
    steps = ("{charge_C=0.5, for_s=30}", f"{{hold_V={volts}, until_C={share}, for_h=2}}")
    rows, loop, outcome = run(steps, tick, "cell.state_of_charge=0.4", "cell.lithium_um=5")
    possible(rows)
    assert outcome.code == DONE
    charge = loop.plant.advance(1e-9).discharge_capacity * 3600
    assert rows[:, 2].sum() * tick == pytest.approx(charge, rel=1e-6, abs=1e-9)
    held = loop.cycler.phase_s
    assert held <= 7200 * (1 + 1e-9)


def emptied(**options):
    cell, fixture, ambient = default_sections("spring")
    update = {"lithium_um": 0.05, "state_of_charge": 0.0, "areal_capacity_mAh_per_cm2": 4.0}
    return cell.model_copy(update=update | options), fixture, ambient


@given(st.floats(0.01, 60.0), st.floats(0.05, 5.0), st.sampled_from([None, 2.0, 2.8]))
@example(0.5, 0.25, None)  # -28 kV
@MODEST
def test_a_plant_stops_at_its_limit_or_within_its_range_whatever_the_step(dt, density, limit):
    """A discharge of a thin film of lithium; without a limit, its end is named before the voltage is impossible."""
    plant = Plant.from_sections(*emptied())
    fleet = Fleet.from_sections([emptied()] * 2, engine="scalar")
    if limit is not None:
        plant.limits = Limits(lower_V=limit)
        fleet.limits[0] = limit
    current = density * 1e-3 * AREA_cm2
    fleet.inputs[3] = current
    spent = 0.0
    while plant.event is None:
        out = plant.step(Inputs("current", current), dt)
        found = fleet.step(fleet.inputs, dt)
        spent += plant.done
        assert found[:, 1].tolist() == list(out)
        assert -3.0 < out.voltage < 10.0
        assert out.lithium_thickness >= -1e-12
        assert 200 < out.temperature < 400
    assert fleet.event_names[fleet.event[0]] == plant.event
    assert fleet.done == pytest.approx(plant.done, rel=1e-12)
    assert out[OUTPUTS.index("Discharge capacity [A.h]")] == pytest.approx(current * spent / 3600, rel=1e-9)
    if limit is not None:
        assert plant.event == "Voltage is at its lower limit"
        assert abs(out.voltage - limit) < NEAR_V
    else:
        assert plant.event in ("Lithium is used up", "Maximum positive particle surface stoichiometry")
    # Asked again for what it has none of, it stays as it is, and shows its open circuit.
    state = plant.state
    again = plant.step(Inputs("current", current), dt)
    assert plant.event is not None
    assert plant.done < 1e-6
    assert -3.0 < again.voltage < 10.0
    assert plant.state == pytest.approx(state, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("tick", TICKS)
def test_a_demand_that_crosses_its_limit_at_once_does_not_flow(tick):
    plant = Plant.from_sections(*emptied(state_of_charge=0.5, lithium_um=5.0))
    plant.limits = Limits(lower_V=3.0)
    before = plant.state
    out = plant.step(Inputs("current", 1.0), tick)
    assert (plant.event, plant.done, out.current) == ("Voltage is at its lower limit", 0.0, 0.0)
    assert out.voltage > 3.0
    assert plant.state == before


def check(monkeypatch, capsys, path, *words):
    monkeypatch.setattr(sys, "argv", ["isostack", "check", str(path), *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    return " ".join(capsys.readouterr().out.split())


def test_check_says_which_rows_a_tick_cannot_show(tmp_path, monkeypatch, capsys):
    (tmp_path / "p.csv").write_text("0,0\n0.04,4e-4\n0.06,0\n0.5,4e-4\n1.5,0\n")
    (tmp_path / "p.toml").write_text(
        f"""{DIE.read_text().split("[protocol]")[0]}
        [protocol]
        [[protocol.steps]]
        profile = "p.csv"
        positive_current = "discharge"
        [control]
        enabled = false
        [sensor]
        load_cell_kN = 2.0
        [actuator]
        kind = "none"
        [compare]
        fixtures = ["fixed_gap"]
        """
    )
    path = tmp_path / "p.toml"
    said = check(monkeypatch, capsys, path)
    assert "run.tick_s = 0.1: 2 of 4 rows are shorter than a tick" in said
    assert "compare.tick_s = 1: 3 of 4 rows are shorter than a tick" in said
    assert "the shortest lasts 0.02 s" in said
    assert "run.tick_s = 0.02: every row lasts a tick or more" in check(
        monkeypatch, capsys, path, "--set", "run.tick_s=0.02"
    )
