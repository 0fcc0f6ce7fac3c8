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

    def step(self, mode: int, value: float, dt: float) -> None:
        source = 3.6 - 0.05 * self.charge_C
        self.current = (source - value) / 50.0 if mode == VOLTAGE else value
        self.charge_C += self.current * dt
        self.throughput_C += abs(self.current) * dt
        self.voltage = source - 50.0 * self.current


def part(cycler: Cycler, cell: Cell, left: float, allowed: tuple[bool, bool]) -> tuple[int, float, float]:
    """One answer of the cycler, carried out: its mode, its value, and how long it held."""
    mode, value = cycler.decide(left, cell.voltage, cell.current, *allowed)
    span = min(cycler.span, left)
    before = cell.charge_C
    cell.step(mode, value, span)
    cycler.account(span, cell.charge_C - before, cell.voltage, cell.current)
    return mode, value, span


permits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(phases(), permits)
def test_charge_time_order_and_permits(protocol: tuple[Phase, ...], pattern: list[tuple[bool, bool]]) -> None:
    """Count charge as the cell does, skip no phase, and pass no current against a permit, whatever permits do."""
    cycler, cell = Cycler(protocol, capacity_Ah=CAPACITY_Ah), Cell()
    seen, closed, spent = [], 0.0, 0.0
    progress = 0.0
    for n in range(4000):
        charge, discharge = pattern[n % len(pattern)] if n < 400 else (True, True)
        left = DT
        while left > 1e-9 * DT and not cycler.finished:
            index = cycler.phase_index
            before = cycler.run_s
            mode, value, span = part(cycler, cell, left, (charge, discharge))
            assert 0 < span <= DT
            left -= span
            spent += span
            if cycler.run_s == before:
                assert (mode, value) == (0, 0.0)
            else:
                closed += span
                if not seen or seen[-1] != index:
                    seen.append(index)
            if mode == 0:
                assert value <= 0 or discharge
                assert value >= 0 or charge
            else:
                assert charge or discharge
            assert cycler.progress() >= progress - 1e-12
            progress = cycler.progress()
        if cycler.finished:
            break
    assert cycler.ended_by == COMPLETE
    assert seen == list(range(len(protocol)))
    assert cycler.charge_C == pytest.approx(cell.charge_C, rel=1e-9, abs=1e-12)
    assert cycler.throughput_C == pytest.approx(cell.throughput_C, rel=1e-9, abs=1e-12)
    assert cycler.run_s == pytest.approx(closed)
    assert cycler.run_s + cycler.opened_s + cycler.waited_s == pytest.approx(spent)


@given(phases(), permits)
def test_flickering_permits_change_when_not_what(protocol: tuple[Phase, ...], pattern: list[tuple[bool, bool]]) -> None:
    """Pass the same charge in each phase as without interruptions; voltage phases depend on the cell."""
    protocol = tuple(p for p in protocol if p.mode != "voltage") or (Phase("rest", 0.0, 1, 1, duration_s=1),)
    passed = []
    for interrupted in (False, True):
        cycler, cell = Cycler(protocol, capacity_Ah=CAPACITY_Ah), Cell()
        charges = [0.0] * len(protocol)
        for n in range(4000):
            allowed = pattern[n % len(pattern)] if interrupted and n < 400 else (True, True)
            left = DT
            while left > 1e-9 * DT and not cycler.finished:
                index, before = cycler.phase_index, cell.charge_C
                left -= part(cycler, cell, left, allowed)[2]
                charges[index] += cell.charge_C - before
        assert cycler.ended_by == COMPLETE
        passed.append(charges)
    assert passed[0] == pytest.approx(passed[1], rel=1e-9, abs=1e-12)


@given(phases(), st.sampled_from([0.02, 0.1, 0.37, 0.5, 1.0, 5.0, 10.0]))
def test_the_tick_changes_no_charge(protocol: tuple[Phase, ...], dt: float) -> None:
    """Pass in each phase what the phase asks for, whatever the tick, however many phases end within one."""
    cycler, cell = Cycler(protocol, capacity_Ah=CAPACITY_Ah), Cell()
    charges, times = [0.0] * len(protocol), [0.0] * len(protocol)
    while not cycler.finished:
        left = dt
        while left > 1e-9 * dt and not cycler.finished:
            index, before = cycler.phase_index, cell.charge_C
            span = part(cycler, cell, left, (True, True))[2]
            left -= span
            charges[index] += cell.charge_C - before
            times[index] += span
    for phase, charge, time in zip(protocol, charges, times, strict=True):
        if phase.mode == "rest":
            assert (charge, time) == (0.0, pytest.approx(phase.duration_s, rel=1e-6))
        elif phase.mode == "current":
            until = min(phase.duration_s, phase.charge_C / abs(phase.value))
            assert charge == pytest.approx(phase.value * until, rel=1e-6)
        elif phase.profile is not None:
            assert charge == pytest.approx(charge_of(phase.profile, phase.duration_s), rel=1e-6, abs=1e-12)
            assert time == pytest.approx(phase.duration_s, rel=1e-6)


def charge_of(profile: Profile, seconds: float) -> float:
    """Charge of a profile that starts again at its end, row by row."""
    passes, rest = divmod(seconds, profile.duration_s)
    charge = passes * profile.charge_C
    for start, end, current in zip(profile.time_s[:-1], profile.time_s[1:], profile.current_A[:-1], strict=True):
        charge += float(current) * max(0.0, min(float(end), rest) - float(start))
    return charge


@given(st.floats(3.0, 4.0), st.floats(3.0, 4.0), st.lists(st.floats(2.0, 5.0), min_size=1, max_size=30))
def test_beyond_a_limit_it_is_over(a: float, b: float, volts: list[float]) -> None:
    """End at the first voltage at or beyond a limit, and never come back."""
    low, high = min(a, b) - 0.5, max(a, b) + 0.5
    phase = Phase("current", 1e-3, 1, 1, duration_s=1e9)
    cycler = Cycler([phase], capacity_Ah=CAPACITY_Ah, lower_V=low, upper_V=high)
    beyond = False
    for n, v in enumerate(volts):
        if n:
            cycler.account(DT, 1e-3 * DT, v, 1e-3)
        answer = cycler.decide(DT, v, 1e-3, True, True)
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


stretches = st.lists(st.tuples(st.floats(0, 3e5), st.sampled_from([0.02, 0.1, 1.0, 10.0, 1e3])), max_size=30)


@given(rows, stretches, st.sampled_from(["previous", "linear"]))
def test_cursor_agrees_with_the_table(table: Any, times: list[tuple[float, float]], interpolation: Any) -> None:
    """Read forwards, backwards and in between, a cursor gives the charge of the table over the length."""
    steps, current = zip(*table, strict=True)
    time = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    profile = Profile(time, np.array(current), "p", "", interpolation)
    cursor = profile.cursor()

    def charge(until: float) -> float:
        passes, rest = divmod(until, profile.duration_s)
        inside = time[time < rest]
        knots = np.append(inside, rest)
        if interpolation == "linear":
            values = np.interp(knots, time, current)
            part = float(((values[1:] + values[:-1]) / 2) @ np.diff(knots))
        else:
            part = float(np.array(current)[: len(inside)] @ np.diff(knots))
        return float(passes * profile.charge_C + part)

    for start, length in times:
        off = profile.peak_A * (1e-8 + 1e-12 * (start + length))
        expected = charge(start + length) - charge(start)
        assert cursor.mean(start, length) * length == pytest.approx(expected, rel=1e-9, abs=off)


def test_example_profile_runs_in_a_cycler() -> None:
    path = Path(__file__).parents[2] / "examples" / "profiles" / "dst.csv"
    profile = read_profile(path, positive_current="discharge")
    cycler = Cycler([Phase("profile", 0.0, 1, 1, duration_s=720, profile=profile)], capacity_Ah=1)
    cell = Cell()
    sent = []
    while not cycler.finished:
        sent.append(part(cycler, cell, DT, (True, True))[1])
    assert cycler.charge_C == pytest.approx(90, rel=1e-9)
    # Rows of whole seconds: each tick has its row's current to the bit.
    assert set(sent) == set(profile.current_A[:-1].tolist())
