"""Properties of protocol and cycler: what holds for any steps, any permits and any cell."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.cycler import COMPLETE, VOLTAGE, Cycler
from hil.profile import Profile
from hil.profile_file import read_profile
from hil.protocol import Phase, compile_steps
from hil.schema import Step

CAPACITY_Ah = 1e-3
DT = 0.1

currents = st.floats(1e-4, 1e-1).flatmap(lambda i: st.sampled_from([i, -i]))
seconds = st.floats(0.05, 5.0)


@st.composite
def phases(draw: st.DrawFn) -> tuple[Phase, ...]:
    """Draw a short protocol that ends by time at the latest."""
    found = []
    for i in range(draw(st.integers(1, 5))):
        mode = draw(st.sampled_from(["current", "rest", "voltage", "profile"]))
        duration = draw(seconds)
        match mode:
            case "current":
                current = draw(currents)
                charge = draw(st.one_of(st.just(math.inf), st.floats(1e-5, 1e-1)))
                found.append(Phase("current", current, i + 1, 1, duration_s=duration, charge_C=charge))
            case "rest":
                found.append(Phase("rest", 0.0, i + 1, 1, duration_s=duration))
            case "voltage":
                below = draw(st.floats(1e-6, 1e-3))
                volts = draw(st.floats(3.2, 4.0))
                found.append(Phase("voltage", volts, i + 1, 1, duration_s=duration, below_A=below))
            case _:
                rows = draw(st.lists(st.floats(-1e-2, 1e-2), min_size=2, max_size=6))
                table = Profile(np.arange(len(rows)) * 0.7, np.array(rows), "p", "")
                found.append(Phase("profile", 0.0, i + 1, 1, duration_s=duration, profile=table))
    return tuple(found)


class Cell:
    """A voltage source behind a resistance, its charge counted."""

    def __init__(self) -> None:
        self.charge_C = 0.0
        self.throughput_C = 0.0
        self.voltage = 3.6
        self.current = 0.0

    def step(self, mode: int, value: float) -> None:
        source = 3.6 - 0.05 * self.charge_C
        self.current = (source - value) / 50.0 if mode == VOLTAGE else value
        self.charge_C += self.current * DT
        self.throughput_C += abs(self.current) * DT
        self.voltage = source - 50.0 * self.current


permits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(phases(), permits)
def test_charge_time_order_and_permits(protocol: tuple[Phase, ...], pattern: list[tuple[bool, bool]]) -> None:
    """Count charge as the cell does, skip no phase, and pass no current against a permit, whatever permits do."""
    cycler, cell = Cycler(protocol, capacity_Ah=CAPACITY_Ah), Cell()
    seen, closed = [], 0
    progress = 0.0
    for n in range(4000):
        charge, discharge = pattern[n % len(pattern)] if n < 400 else (True, True)
        mode, value = cycler.tick(DT, cell.voltage, cell.current, charge, discharge)
        if cycler.finished:
            break
        if cycler.opened or not cycler.started:
            assert (mode, value) == (0, 0.0)
        else:
            closed += 1
            if not seen or seen[-1] != cycler.phase_index:
                seen.append(cycler.phase_index)
        if mode == 0:
            assert value <= 0 or discharge
            assert value >= 0 or charge
        else:
            assert charge or discharge
        assert cycler.progress() >= progress - 1e-12
        progress = cycler.progress()
        cell.step(mode, value)
    assert cycler.ended_by == COMPLETE
    assert seen == list(range(len(protocol)))
    assert cycler.charge_C == pytest.approx(cell.charge_C, rel=1e-9, abs=1e-12)
    assert cycler.throughput_C == pytest.approx(cell.throughput_C, rel=1e-9, abs=1e-12)
    assert cycler.run_s == pytest.approx(closed * DT)
    assert cycler.run_s + cycler.opened_s + cycler.waited_s <= (n + 1) * DT + 1e-9


@given(phases(), permits)
def test_flickering_permits_change_when_not_what(protocol: tuple[Phase, ...], pattern: list[tuple[bool, bool]]) -> None:
    """Send the same currents, in the same order, as without interruptions; voltage phases depend on the cell."""
    protocol = tuple(p for p in protocol if p.mode != "voltage") or (Phase("rest", 0.0, 1, 1, duration_s=1),)
    sent = []
    for interrupted in (False, True):
        cycler, values, current = Cycler(protocol, capacity_Ah=CAPACITY_Ah), [], 0.0
        for n in range(4000):
            allowed = pattern[n % len(pattern)] if interrupted and n < 400 else (True, True)
            _, value = cycler.tick(DT, 3.6, current, *allowed)
            current = value
            if cycler.finished:
                break
            if cycler.started and not cycler.opened:
                values.append(value)
        assert cycler.ended_by == COMPLETE
        sent.append(values)
    assert sent[0] == sent[1]


@given(st.floats(3.0, 4.0), st.floats(3.0, 4.0), st.lists(st.floats(2.0, 5.0), min_size=1, max_size=30))
def test_beyond_a_limit_it_is_over(a: float, b: float, volts: list[float]) -> None:
    """End at the first voltage at or beyond a limit, and never come back."""
    low, high = min(a, b) - 0.5, max(a, b) + 0.5
    phase = Phase("current", 1e-3, 1, 1, duration_s=1e9)
    cycler = Cycler([phase], capacity_Ah=CAPACITY_Ah, lower_V=low, upper_V=high)
    beyond = False
    for v in volts:
        answer = cycler.tick(DT, v, 1e-3, True, True)
        beyond = beyond or not low < v < high
        assert cycler.finished == beyond
        assert answer == ((0, 0.0) if beyond else (0, 1e-3))


@given(st.floats(0.001, 10), st.floats(0.5, 10), st.floats(1e-5, 1e-1), st.sampled_from(["charge", "discharge"]))
def test_rates_densities_and_amperes_agree(rate: float, areal: float, area_m2: float, way: str) -> None:
    """Mean the same whether written as C-rate, current density or current."""
    capacity_Ah = areal * 10 * area_m2
    density, ampere = rate * areal, rate * capacity_Ah
    keys: list[dict[str, Any]] = [{f"{way}_C": rate}]
    if 1e-4 <= density <= 100:
        keys.append({f"{way}_mA_per_cm2": density})
    if 1e-9 <= ampere <= 1000:
        keys.append({f"{way}_A": ampere})
    steps = [Step.model_validate({**k, "until_capacity_fraction": 0.5}) for k in keys]
    compiled = compile_steps(steps, area_m2=area_m2, capacity_Ah=capacity_Ah)
    for phase in compiled:
        assert phase.value == pytest.approx(ampere if way == "discharge" else -ampere, rel=1e-12)
        assert phase.charge_C == pytest.approx(0.5 * capacity_Ah * 3600)


step_trees = st.recursive(
    st.just({"rest_s": 1.0}),
    lambda inner: st.builds(
        lambda n, s: {"repeat": n, "steps": s}, st.integers(1, 3), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(step_trees, min_size=1, max_size=4))
def test_repeats_unroll_completely(trees: list[dict[str, Any]]) -> None:
    """Have as many phases as the repeats multiply to, with step numbers and cycles from 1 and no gaps."""

    def size(tree: dict[str, Any]) -> int:
        return tree["repeat"] * sum(map(size, tree["steps"])) if "steps" in tree else 1

    compiled = compile_steps([Step.model_validate(t) for t in trees], area_m2=1e-4, capacity_Ah=1e-3)
    assert len(compiled) == sum(map(size, trees))
    numbers, cycles = [p.step_index for p in compiled], [p.cycle for p in compiled]
    assert set(numbers) == set(range(1, max(numbers) + 1))
    assert cycles == sorted(cycles)
    assert set(cycles) == set(range(1, max(cycles) + 1))


rows = st.lists(st.tuples(st.floats(1e-3, 1e4), st.floats(-100, 100)), min_size=2, max_size=20)


@given(rows, st.sampled_from(["charge", "discharge"]))
def test_profile_survives_the_file(tmp_path_factory: pytest.TempPathFactory, table: Any, way: Any) -> None:
    """Read back what was written, to the bit, but for the sign that the key turns."""
    steps, current = zip(*table, strict=True)
    time = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    path = tmp_path_factory.mktemp("profile", numbered=True) / "p.csv"
    path.write_text("".join(f"{t!r},{i!r}\n" for t, i in zip(time.tolist(), current, strict=True)))
    profile = read_profile(path, positive_current=way)
    assert np.array_equal(profile.time_s, time)
    assert np.array_equal(profile.current_A, np.array(current) * (1 if way == "discharge" else -1))


@given(rows, st.lists(st.floats(-10, 2e5), max_size=30), st.sampled_from(["previous", "linear"]))
def test_cursor_agrees_with_the_table(table: Any, times: list[float], interpolation: Any) -> None:
    """Read forwards, backwards and in between, a cursor gives what the table gives."""
    steps, current = zip(*table, strict=True)
    time = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    profile = Profile(time, np.array(current), "p", "", interpolation)
    cursor = profile.cursor()
    for t in times:
        value = cursor.at(t)
        if interpolation == "linear":
            assert value == pytest.approx(float(np.interp(t, time, current)), rel=1e-6, abs=1e-6)
        else:
            i = min(max(int(np.searchsorted(time, t, side="right")) - 1, 0), len(time) - 2)
            assert value == current[i]


def test_example_profile_runs_in_a_cycler() -> None:
    path = Path(__file__).parents[2] / "examples" / "profiles" / "dst.csv"
    profile = read_profile(path, positive_current="discharge")
    cycler = Cycler([Phase("profile", 0.0, 1, 1, duration_s=720, profile=profile)], capacity_Ah=1)
    current = 0.0
    while not cycler.finished:
        _, current = cycler.tick(DT, 3.7, current, True, True)
    assert cycler.charge_C == pytest.approx(90, rel=1e-9)
