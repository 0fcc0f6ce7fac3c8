"""The cycler, tick by tick."""

import math

import numpy as np
import pytest

from hil.cycler import COMPLETE, CURRENT, OPEN, VOLTAGE, Cycler
from hil.profile import Profile
from hil.protocol import Phase

DT = 0.1
CHARGE = Phase("current", -1e-3, 1, 1, duration_s=1.0)
DISCHARGE = Phase("current", 1e-3, 2, 1, duration_s=1.0)
REST = Phase("rest", 0.0, 3, 2, duration_s=0.5)
HOLD = Phase("voltage", 4.0, 4, 2, below_A=1e-4)


def cycler(*phases: Phase, **options: float) -> Cycler:
    return Cycler(phases, capacity_Ah=1e-3, **options)


def tick(c: Cycler, voltage: float = 3.7, current: float = 0.0, permits: str = "cd") -> tuple[int, float]:
    """Account for the tick that passed, but before the first, and decide on the next."""
    if not math.isinf(c.span):
        c.account(DT, current * DT, voltage, current)
    return c.decide(DT, voltage, current, "c" in permits, "d" in permits)


def test_waits_for_the_first_permit() -> None:
    c = cycler(CHARGE)
    for _ in range(51):
        assert tick(c, permits="") == OPEN
    assert not c.started
    assert c.waited_s == pytest.approx(5)
    assert c.run_s == c.phase_s == c.opened_s == 0
    assert tick(c) == (CURRENT, -1e-3)
    assert c.started


@pytest.mark.parametrize(("phase", "needed", "other"), [(CHARGE, "c", "d"), (DISCHARGE, "d", "c")])
def test_each_direction_needs_its_permit(phase: Phase, needed: str, other: str) -> None:
    c = cycler(phase)
    assert tick(c, permits=needed) == (CURRENT, phase.value)
    assert tick(c, current=phase.value, permits=other) == OPEN
    assert c.opened
    assert tick(c, permits=needed) == (CURRENT, phase.value)


def test_a_rest_needs_no_permit() -> None:
    c = cycler(REST, CHARGE)
    tick(c)
    for _ in range(5):
        assert tick(c, permits="") == OPEN
    assert c.phase_index == 1
    assert c.opened  # the charge that follows does


def test_phase_lasts_its_duration() -> None:
    c = cycler(CHARGE, DISCHARGE)
    sent = [tick(c, current=-1e-3)[1] for _ in range(11)]
    assert sent == [-1e-3] * 10 + [1e-3]


def test_opened_time_does_not_count_and_the_phase_goes_on() -> None:
    c = cycler(CHARGE)
    for _ in range(5):
        tick(c, current=-1e-3)
    for _ in range(7):
        tick(c, permits="d")
    assert c.opened_s == pytest.approx(0.6)  # the first of the seven accounts for a tick that still passed
    assert c.phase_s == pytest.approx(0.5)
    while not c.finished:
        tick(c, current=-1e-3)
    assert c.run_s == pytest.approx(1.0)
    assert c.ended_by == COMPLETE


def test_voltage_ends() -> None:
    c = cycler(Phase("current", -1.0, 1, 1, above_V=4.2), Phase("current", 1.0, 2, 1, below_V=3.0))
    tick(c, 4.3)  # before any current of this phase has flown, the voltage is not its doing
    assert c.phase_index == 0
    tick(c, 4.2)
    assert c.phase_index == 1
    tick(c, 3.01)
    assert not c.finished
    assert tick(c, 3.0) == OPEN
    assert c.finished


def test_charge_end() -> None:
    c = cycler(Phase("current", 1.0, 1, 1, charge_C=0.5))
    n = 0
    while not c.finished:
        tick(c, current=1.0)
        n += 1
    assert n == 6
    assert c.charge_C == pytest.approx(0.5)


def test_hold_takes_the_measured_direction() -> None:
    c = cycler(HOLD)
    assert tick(c, voltage=3.9, permits="c") == (VOLTAGE, 4.0)  # below: it will charge
    assert tick(c, voltage=4.0, current=-1e-3, permits="c") == (VOLTAGE, 4.0)
    assert tick(c, voltage=4.0, current=1e-3, permits="c") == OPEN
    assert tick(c, voltage=4.1, permits="c") == OPEN  # above: it would discharge
    assert tick(c, voltage=4.1, permits="d") == (VOLTAGE, 4.0)


def test_hold_ends_below_its_current_but_not_before_it_began() -> None:
    c = cycler(HOLD)
    tick(c, voltage=3.9, current=0.0)
    assert not c.finished
    tick(c, voltage=4.0, current=-2e-4)
    assert not c.finished
    tick(c, voltage=4.0, current=-1e-4)
    assert c.ended_by == COMPLETE


@pytest.mark.parametrize(("voltage", "words"), [(4.4, "at or over"), (2.5, "at or under"), (math.nan, "not a number")])
@pytest.mark.parametrize("permits", ["cd", ""])
def test_limits_end_the_run(voltage: float, words: str, permits: str) -> None:
    c = cycler(CHARGE, lower_V=2.5, upper_V=4.4)
    tick(c)
    tick(c, permits=permits)
    assert tick(c, voltage=voltage, permits=permits) == OPEN
    assert c.finished
    assert words in c.ended_by
    assert tick(c) == OPEN
    assert c.progress() == 1


def test_a_current_that_is_not_a_number_ends_the_run() -> None:
    c = cycler(CHARGE)
    tick(c)
    tick(c, current=math.nan)
    assert "current" in c.ended_by


@pytest.mark.parametrize("start", ["", "cd"])
def test_permits_low_for_long_end_the_run(start: str) -> None:
    c = cycler(CHARGE, open_limit_s=1.0)
    tick(c, permits=start)
    for _ in range(20):
        tick(c, permits="")
    assert "permits stayed low" in c.ended_by


def test_short_losses_of_permit_do_not_add_up() -> None:
    c = cycler(Phase("current", -1.0, 1, 1, duration_s=1e3), open_limit_s=0.5)
    for _ in range(50):
        tick(c)
        for _ in range(4):
            tick(c, permits="")
    assert not c.finished


def profile(*current: float) -> Profile:
    return Profile(np.arange(len(current), dtype=np.float64), np.array(current, dtype=np.float64), "p", "")


def test_profile_goes_round_and_pauses() -> None:
    c = cycler(Phase("profile", 0.0, 1, 1, duration_s=4.0, profile=profile(1, -1, 0)))
    sent = [tick(c)[1] for _ in range(40)]
    assert sent == ([1.0] * 10 + [-1.0] * 10) * 2
    c = cycler(Phase("profile", 0.0, 1, 1, duration_s=4.0, profile=profile(1, -1, 0)))
    assert [tick(c, permits="d")[1] for _ in range(30)] == [1.0] * 10 + [0.0] * 20
    assert c.opened


def test_profile_at_zero_needs_no_permit() -> None:
    c = cycler(Phase("profile", 0.0, 1, 1, duration_s=2.0, profile=profile(0, 1, 0)))
    tick(c)
    for _ in range(9):
        tick(c, permits="")
    assert not c.opened
    tick(c, permits="")
    assert c.opened


def test_bookkeeping() -> None:
    c = cycler(CHARGE, DISCHARGE)
    current = 0.0
    while not c.finished:
        _, current = tick(c, current=current)
    assert c.charge_C == pytest.approx(0, abs=1e-12)
    assert c.throughput_C == pytest.approx(2e-3)
    assert (c.step_index, c.cycle_count) == (2, 1)


def test_plan() -> None:
    full = Phase("current", -1e-3, 1, 1, above_V=4.2)
    empty = Phase("current", 2e-3, 2, 1, below_V=3.0)
    c = cycler(full, REST, empty)
    assert c.planned_duration_s() == pytest.approx(3600 + 0.5 + 1800)
    assert cycler(HOLD).planned_duration_s() > 0
    assert cycler(Phase("voltage", 4.0, 1, 1, duration_s=60)).planned_duration_s() == 60
    p = Phase("profile", 0.0, 1, 1, charge_C=1.8, profile=profile(1e-3, 0))
    assert cycler(p).planned_duration_s() == pytest.approx(1800)


@pytest.mark.parametrize(
    ("phases", "options"), [((), {}), *[((CHARGE,), {"lower_V": 4.0, "upper_V": upper}) for upper in (3.0, 4.0)]]
)
def test_refused(phases: tuple[Phase, ...], options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"at least one phase|must be below"):
        cycler(*phases, **options)
