"""The cycler, tick by tick."""

import math

import numpy as np
import pytest

from hil.cycler import COMPLETE, CURRENT, OPEN, VOLTAGE, Cycler
from hil.profile import Profile
from hil.protocol import Phase
from twin.plant import NO_LIMITS, Limits

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


def test_a_run_begins_with_a_permit_even_where_its_first_phase_needs_none() -> None:
    c = cycler(REST, CHARGE)
    for _ in range(20):
        assert tick(c, permits="") == OPEN
    assert (c.started, c.phase_index, c.run_s) == (False, 0, 0)


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


def test_a_current_or_a_charge_that_is_not_a_number_ends_the_run_by_itself() -> None:
    c = cycler(CHARGE, REST)
    tick(c)
    c.account(DT, math.nan, 3.7, -1e-3)
    assert "not a number" in c.ended_by
    c = cycler(CHARGE, REST)
    c.decide(1.0, 3.7, 0.0, True, True)
    c.account(1.0, -1e-3, 3.7, math.nan)
    assert "not a number" in c.ended_by, "no later than with its phase"


def test_a_run_begins_with_any_permit_and_its_wait_does_not_count_as_opened() -> None:
    c = cycler(CHARGE, open_limit_s=0.5)
    for permit in ("", "d"):
        for _ in range(3):
            assert c.decide(0.125, 3.7, 0.0, False, permit == "d") == OPEN
            assert c.opened == c.started == (permit == "d")
            c.account(0.125, 0.0, 3.7, 0.0)
    assert (c.waited_s, c.opened_s) == (0.375, 0.375)
    assert not c.finished
    c.decide(0.125, 3.7, 0.0, False, False)
    c.account(0.125, 0.0, 3.7, 0.0)
    assert "permits stayed low for 0.5 s" in c.ended_by
    before = (c.waited_s, c.opened_s, c.run_s, c.ended_by)
    for voltage in (3.7, math.nan):
        c.account(0.125, 0.0, voltage, 0.0)
    assert (c.waited_s, c.opened_s, c.run_s, c.ended_by) == before, "what is over stays as it ended"


def test_a_voltage_beyond_its_limit_is_the_reason_though_permits_were_low_for_long() -> None:
    c = cycler(CHARGE, open_limit_s=0.125, upper_V=4.4)
    c.decide(0.125, 3.7, 0.0, False, False)
    c.account(0.125, 0.0, 4.4, 0.0)
    assert "at or over" in c.ended_by


def test_no_current_needs_no_permit() -> None:
    c = cycler(Phase("current", 0.0, 1, 1, duration_s=1.0), CHARGE)
    tick(c)
    for _ in range(5):
        assert tick(c, permits="") == (CURRENT, 0.0)
    assert not c.opened


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


# --- ends within a tick, and limits for the plant ---------------------------------------------------------------------


NEARLY = 1e-10
"""Of a tick: within the slack."""


@pytest.mark.parametrize(
    ("asked", "span", "ended"),
    [
        (0.1, 0.1, False),
        (0.4 * (1 - 1e-6), 0.4 * (1 - 1e-6), False),
        (0.4 * (1 - NEARLY), 0.4 * (1 - NEARLY), True),
        (0.4, 0.4, True),
        (0.4 * (1 + NEARLY), 0.4 * (1 + NEARLY), True),
        (0.5, 0.4, True),
        (10.0, 0.4, True),
    ],
)
def test_an_answer_holds_no_longer_than_the_phase(asked: float, span: float, ended: bool) -> None:
    """Less than a billionth of a tick beside the end is at the end: rounding makes no parts."""
    c = cycler(CHARGE, REST)
    c.decide(0.6, 3.7, 0.0, True, True)
    assert c.span == 0.6
    c.account(0.6, -6e-4, 3.7, -1e-3)
    c.decide(asked, 3.7, -1e-3, True, True)
    assert c.span == pytest.approx(span, rel=1e-15)
    c.account(c.span, 0.0, 3.7, -1e-3)
    assert c.phase_index == ended


@pytest.mark.parametrize(
    "seconds", [[0.1] * 10, [0.3, 0.3, 0.4], [0.25, 0.5, 0.25], [1 - 1e-6, 1e-6], [0.5, 0.5 - 1e-9, 1e-9]]
)
@pytest.mark.parametrize("times", [1.0, 1e3, 1e6])
def test_a_phase_lasts_its_duration_in_whatever_parts(seconds: list[float], times: float) -> None:
    c = cycler(Phase("current", -1e-3, 1, 1, duration_s=times), REST)
    for part in seconds:
        assert c.phase_index == 0
        c.decide(part * times, 3.7, 0.0, True, True)
        c.account(part * times, 0.0, 3.7, -1e-3)
    assert c.phase_index == 1
    assert c.run_s == pytest.approx(times)


def test_time_in_a_phase_is_the_sum_of_its_parts() -> None:
    c = cycler(Phase("current", -1e-3, 1, 1, duration_s=1e3))
    total = 0.0
    for seconds in (0.1, 0.1, 0.1, 0.25, 0.1, 0.5, 0.5):
        c.decide(seconds, 3.7, 0.0, True, True)
        c.account(seconds, 0.0, 3.7, -1e-3)
        total += seconds
        assert c.phase_s == pytest.approx(total, rel=1e-12)


def test_a_thousand_ticks_are_as_long_as_a_thousand_times_one() -> None:
    c = cycler(Phase("rest", 0.0, 1, 1, duration_s=1e9))
    c.decide(0.1, 3.7, 0.0, True, True)
    for _ in range(1000):
        c.account(0.1, 0.0, 3.7, 0.0)
    assert c.phase_s == 1000 * 0.1


def test_the_plant_stops_where_the_phase_ends_or_the_cell_may_not_go() -> None:
    """Charge of a hold counts from the start of the run [A.h]; an open circuit has no limits."""
    charged = Phase("current", -1.0, 1, 1, above_V=4.2, charge_C=3.6)
    hold = Phase("voltage", 4.2, 2, 1, below_A=0.1, charge_C=7.2)
    rest = Phase("rest", 0.0, 3, 1, duration_s=1.0)
    c = cycler(charged, hold, rest, lower_V=2.5, upper_V=4.4)
    assert c.limits == NO_LIMITS
    c.decide(1.0, 3.7, 0.0, True, True)
    assert c.limits == Limits(2.5, 4.2, -math.inf, -math.inf, math.inf)
    c.account(1.0, -1.0, 4.2, -1.0, ended=True)
    assert c.decide(1.0, 4.2, -1.0, True, True) == (VOLTAGE, 4.2)
    assert c.limits == Limits(2.5, 4.4, 0.1, (-1.0 - 7.2) / 3600, (-1.0 + 7.2) / 3600)
    c.decide(1.0, 4.2, -1.0, False, True)
    assert c.opened
    assert c.limits == NO_LIMITS
    c.decide(1.0, 4.2, -1.0, True, True)
    c.account(0.5, -0.1, 4.2, -0.3, ended=True)
    assert c.phase is rest, "the plant says so, whatever the numbers"


@pytest.mark.parametrize("mode", ["voltage", "profile"])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("passed", "ended"), [(0.9, False), (1 - 1e-9, False), (1.0, True), (1.1, True)])
def test_a_phase_ends_at_its_charge_either_way(mode: str, sign: int, passed: float, ended: bool) -> None:
    hold = Phase("voltage", 4.0, 1, 1, charge_C=1.0)
    c = cycler(
        hold if mode == "voltage" else Phase("profile", 0.0, 1, 1, charge_C=1.0, profile=profile(sign, sign)), REST
    )
    for _ in range(2):
        c.decide(0.1, 4.0, float(sign), True, True)
        c.account(0.1, sign * passed / 2, 4.0, float(sign))
    assert (c.phase_index == 1) == ended
    assert c.charge_C == pytest.approx(sign * passed)
    assert c.throughput_C == pytest.approx(passed)


@pytest.mark.parametrize(
    ("current", "ended"), [(-2e-4, False), (-1e-4, True), (0.0, True), (1e-4, True), (2e-4, False)]
)
def test_a_hold_ends_at_its_current_either_way(current: float, ended: bool) -> None:
    c = cycler(HOLD)
    tick(c, voltage=4.0)
    tick(c, voltage=4.0, current=current)
    assert c.finished == ended


@pytest.mark.parametrize(
    ("voltage", "current", "permit"),
    [(4.1, -1e-3, "c"), (3.9, 1e-3, "d"), (4.1, 0.0, "d"), (4.0, 0.0, "c"), (3.9, 0.0, "c")],
)
def test_a_hold_needs_the_permit_of_its_current_or_of_where_the_voltage_stands(
    voltage: float, current: float, permit: str
) -> None:
    for given in "cd":
        c = cycler(HOLD)
        assert (c.decide(DT, voltage, current, given == "c", given == "d") == (VOLTAGE, 4.0)) == (given == permit)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("permits", ["c", "d", "cd"])
def test_a_profile_needs_the_permit_of_its_current(sign: int, permits: str) -> None:
    c = cycler(Phase("profile", 0.0, 1, 1, duration_s=4.0, profile=profile(sign, sign)))
    assert (tick(c, permits=permits) == (CURRENT, float(sign))) == (("d" if sign > 0 else "c") in permits)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_profiles_answer_holds_until_its_charge_has_passed(sign: int) -> None:
    c = cycler(Phase("profile", 0.0, 1, 1, charge_C=0.25, profile=profile(0, 0.5 * sign, 0)), REST)
    c.decide(1.0, 3.7, 0.0, True, True)
    assert c.span == 1.0, "nothing passes"
    c.account(1.0, 0.0, 3.7, 0.0)
    c.decide(DT, 3.7, 0.0, True, True)
    assert c.span == DT
    c.account(DT, 0.05 * sign, 3.7, 0.5 * sign)
    c.decide(0.9, 3.7, 0.5 * sign, True, True)
    assert c.span == pytest.approx(0.4)


def test_modes_are_where_the_plants_inputs_have_them() -> None:
    """Its input vector begins with the two."""
    assert (CURRENT, VOLTAGE) == (0, 1)
    assert cycler(CHARGE).ended_by == ""


# --- estimates ------------------------------------------------------------------------------------------------------


def test_progress_goes_from_0_to_1_through_all_phases() -> None:
    c = cycler(CHARGE, REST, DISCHARGE)
    assert c.progress() == 0
    seen = []
    while not c.finished and len(seen) < 100:
        tick(c, current=-1e-3)
        seen.append(c.progress())
    assert seen == pytest.approx([n / 25 for n in range(26)])
    late = cycler(Phase("current", -1e-3, 1, 1, above_V=4.2), CHARGE)  # 3600 s planned
    late.decide(7200.0, 3.7, 0.0, True, True)
    late.account(7200.0, 0.0, 3.7, -1e-3)
    assert late.progress() == pytest.approx(3600 / 3601)


FULL_C = 3.6  # of 1 mA.h
# Phases, charge at the start, planned duration.
PLANS = [
    ([Phase("current", -1e-3, 1, 1, above_V=4.2)], 0.25, 2700.0),
    ([Phase("current", 1e-3, 1, 1, below_V=3.0)], 0.25, 900.0),
    ([Phase("current", -1e-3, 1, 1, above_V=4.2, charge_C=1.8)], 0.25, 1800.0),
    ([Phase("current", -1e-3, 1, 1, charge_C=7.2)], 0.25, 7200.0),
    ([Phase("current", -1e-3, 1, 1, above_V=4.2, duration_s=60.0)], 0.0, 60.0),
    ([Phase("current", -2e-3, 1, 1, above_V=4.2), Phase("current", 1e-3, 2, 1, below_V=3.0)], 0.5, 900.0 + 3600),
    ([Phase("current", -1e-3, 1, 1, charge_C=7.2), Phase("current", 1e-3, 2, 1, below_V=3.0)], 0.0, 7200.0 + 3600),
    ([Phase("current", 1e-3, 1, 1, charge_C=7.2), Phase("current", -1e-3, 2, 1, above_V=4.2)], 0.0, 7200.0 + 3600),
    ([Phase("current", 0.0, 1, 1, duration_s=30.0)], 0.0, 30.0),
    ([Phase("current", 0.0, 1, 1, above_V=4.2)], 0.0, 3600.0),
    ([Phase("current", 0.0, 1, 1, charge_C=1.0)], 0.0, 3600.0),
    ([Phase("voltage", 4.0, 1, 1, below_A=1e-4)], 0.0, 0.05 * FULL_C / 3e-4),
    ([Phase("voltage", 4.0, 1, 1, below_A=1e-4, duration_s=60.0)], 0.0, 60.0),
    ([Phase("voltage", 4.0, 1, 1, below_A=1e-4, duration_s=9000.0)], 0.0, 600.0),
    ([Phase("voltage", 4.0, 1, 1, below_A=0.0, duration_s=9000.0)], 0.0, 9000.0),
    ([Phase("voltage", 4.0, 1, 1, charge_C=1.0)], 0.0, 3600.0),
    ([Phase("voltage", 4.0, 1, 1, duration_s=9000.0)], 0.0, 9000.0),
    ([REST, HOLD], 0.0, 0.5 + 600),
]


@pytest.mark.parametrize(("phases", "charge", "seconds"), PLANS)
def test_planned_durations(phases: list[Phase], charge: float, seconds: float) -> None:
    """Current ends at its charge; by voltage no later than the cell is full or empty; what has no end takes an hour."""
    assert cycler(*phases, state_of_charge=charge).planned_duration_s() == pytest.approx(seconds, rel=1e-12)
