"""A campaign file says what may go wrong and is refused in one line; the draw follows from its seed alone."""

import math

import pytest
from campaigns import EXAMPLES, FAULTS, HEAD, written

from hil.campaign.faults import KINDS
from hil.campaign.file import read
from hil.campaign.plan import plan
from twin.errors import InputError


@pytest.fixture
def campaign(tmp_path):
    return read(written(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 7", "seed = -1", ("campaign.seed", "-1")),
        ("seed = 7", "sed = 7", ("campaign.sed",)),
        ("format = 1", "format = 2", ("format",)),
        ("runs = 2", "runs = 0", ("campaign.runs", "0")),
        ("moment_s = [20.0, 30.0]", "moment_s = [30.0, 20.0]", ("moment_s", "[30, 20]")),
        ("offset_MPa = [0.02, 4.0]", "offset_MPa = [4.0, 0.02]", ("offset_MPa", "[least, most]")),
        ("offset_MPa = [0.02, 4.0]", "offset_MPa = [0.02, 4000.0]", ("offset_MPa", "100")),
        ("offset_MPa = [0.02, 4.0]", "for_s = [0.02, 4.0]", ("load_cell_offset", "offset_MPa", "missing")),
        ("offset_MPa = [0.02, 4.0]", "offset_MPa = [0.02, 4.0]\nfor_s = [1.0, 2.0]", ("for_s",)),
        ('kind = "load_cell_offset"', 'kind = "gremlin"', ("gremlin", "choose from", "load_cell_stuck")),
        (
            'kind = "load_cell_dropout"\nfor_s',
            'kind = "load_cell_stuck"\nfixtures = ["moon"]\nfor_s',
            ("moon", "spring"),
        ),
        ('kind = "load_cell_dropout"', 'kind = "link_cut"', ("link_cut", "twice")),
        ('name = "actuated spring"', 'name = "spring"', ("spring", "twice")),
        ("die_13mm.toml", "nowhere.toml", ("nowhere.toml", "no such file")),
        ("cell.lithium_um=5.0", "cell.lithium_um=-5.0", ("cell.lithium_um", "-5")),
        ("format = 1", "format == 1", ("not valid TOML",)),
        ("for_ms = [100, 2000]", 'for_ms = [100, 2000]\nwhen = ["at_noon"]', ("when", "before_arming")),
        ("for_ms = [100, 2000]", "for_ms = [100, 2000]\nwhen = []", ("when",)),
        ("for_ms = [100, 2000]", "for_ms = [100, 2000]\nruns = 0", ("runs", "0")),
        ("seed = 7", "seed = 7\nlow_setpoint_share = [0.9, 0.2]", ("low_setpoint_share", "[0.9, 0.2]")),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(tmp_path, old, new, words):
    assert old in HEAD + FAULTS
    with pytest.raises(InputError) as error:
        read(written(tmp_path, (HEAD + FAULTS).replace(old, new)))
    assert len(str(error.value).splitlines()) == 1
    for word in words:
        assert word in str(error.value)


def test_the_same_file_draws_the_same_runs(campaign, tmp_path):
    again = read(written(tmp_path, name="elsewhere.toml"))
    assert plan(campaign) == plan(again)
    assert campaign.sha256 == again.sha256


def test_another_seed_draws_other_runs(campaign, tmp_path):
    other = read(written(tmp_path, (HEAD + FAULTS).replace("seed = 7", "seed = 8"), "other.toml"))
    assert campaign.sha256 != other.sha256
    pairs = list(zip(plan(campaign), plan(other), strict=True))
    assert all(a.key == b.key and a.seed != b.seed for a, b in pairs)


def test_a_run_is_the_same_whatever_else_is_drawn(campaign):
    whole = {draw.key: draw for draw in plan(campaign, runs=5)}
    for draw in plan(campaign, runs=2, only=["link_cut"]):
        assert whole[draw.key] == draw


def test_draws_lie_within_what_the_file_states(campaign):
    draws = [draw for draw in plan(campaign, runs=40) if draw.kind != "healthy"]
    ranges = {fault.kind: fault.severity for fault in campaign.schema.faults}
    for draw in draws:
        low, high = ranges[draw.kind]
        assert low <= abs(draw.severity) <= high
        assert draw.severity > 0 or KINDS[draw.kind].either_sign
        assert 20 <= draw.moment_s <= 30
        assert 0.05 <= draw.current_mA_per_cm2 <= 0.25
        assert draw.action in ("charge", "discharge", "rest")
    signs = {math.copysign(1, draw.severity) for draw in draws if KINDS[draw.kind].either_sign}
    assert signs == {-1, 1}
    assert len({draw.seed for draw in draws}) == len(draws)


EVERY_WHEN = (HEAD + FAULTS).replace(
    "offset_MPa = [0.02, 4.0]",
    'offset_MPa = [0.02, 4.0]\nwhen = ["before_arming", "mid_run", "low_setpoint"]\nruns = 12',
)


def offsets(folder, fixture):
    found = plan(read(written(folder, EVERY_WHEN)), only=["load_cell_offset"])
    return [draw for draw in found if draw.fixture == fixture]


def test_a_fault_comes_by_turns_before_arming_in_mid_run_and_at_a_low_setpoint(tmp_path):
    draws = offsets(tmp_path, "actuated spring")
    assert [draw.when for draw in draws] == ["before_arming", "mid_run", "low_setpoint"] * 4
    for draw in draws:
        if draw.when == "before_arming":
            assert draw.moment_s == 0.0, "it is there while the operator homes or confirms, and arms"
        else:
            assert 20 <= draw.moment_s <= 30
    homes = [draw.homes for draw in draws if draw.when == "before_arming"]
    assert homes == [False, True, False, True]
    assert not any(draw.homes for draw in draws if draw.when != "before_arming")


def test_a_low_setpoint_is_under_what_lies_between_soft_and_hard_limit(tmp_path):
    low = [draw for draw in offsets(tmp_path, "actuated spring") if draw.when == "low_setpoint"]
    for draw in low:
        (at, step), *back = draw.setpoint_steps
        assert at < draw.moment_s
        assert 0.7 * 1.5 <= 5.0 + step <= 0.99 * 1.5, "hard limit 8 MPa, soft limit 6.5"
        assert [step for _, step in back] in ([], [0.0])
        assert all(at > draw.moment_s for at, _ in back)
    assert {len(draw.setpoint_steps) for draw in low} == {1, 2}, "some are raised again"


def test_where_nothing_holds_a_setpoint_none_is_lowered(tmp_path):
    assert {draw.when for draw in offsets(tmp_path, "spring")} == {"before_arming", "mid_run"}


def test_a_fault_of_the_wiring_is_there_from_the_start(tmp_path):
    text = (HEAD + FAULTS).replace(
        'kind = "actuator_runaway"\nrate_MPa_per_s = [0.05, 0.5]', 'kind = "actuator_coarse"\ngain = [16, 16]'
    )
    draws = plan(read(written(tmp_path, text)), only=["actuator_coarse"])
    assert {(draw.when, draw.moment_s, draw.severity) for draw in draws} == {("before_arming", 0.0, 16.0)}
    with pytest.raises(InputError, match="when = 'mid_run'"):
        read(written(tmp_path, text.replace("gain = [16, 16]", 'gain = [16, 16]\nwhen = ["mid_run"]')))


def test_the_shipped_campaign_has_its_runs_in_every_fixture():
    shipped = read(EXAMPLES / "campaign.toml")
    draws = plan(shipped)
    assert draws == plan(shipped)
    assert sum(draw.kind != "healthy" for draw in draws) >= 3000
    assert {draw.fixture for draw in draws if draw.kind == "healthy"} == {
        "fixed gap", "spring", "sealed gas", "trapped oil",
        "actuated spring", "pneumatic press", "hydraulic press", "isostatic vessel",
    }  # fmt: skip
    assert sum(draw.watch_s for draw in draws if draw.kind == "healthy") >= 1000 * 3600
    regulated = {"pneumatic press", "hydraulic press", "isostatic vessel"}
    for kind in ("supply_loss", "driver_bits", "actuator_coarse"):
        assert {draw.fixture for draw in draws if draw.kind == kind} == regulated
    for kind in ("load_cell_open", "load_cell_gain", "zero_jump", "load_cell_outliers", "supply_loss"):
        assert {draw.when for draw in draws if draw.kind == kind} == {"before_arming", "mid_run", "low_setpoint"}


def test_an_actuators_fault_needs_an_actuator(campaign):
    places = {draw.fixture for draw in plan(campaign) if draw.kind == "actuator_runaway"}
    assert places == {"actuated spring"}


def test_a_fault_may_be_kept_to_fixtures(tmp_path):
    text = (HEAD + FAULTS).replace("for_s = [1.0, 2.0]", 'for_s = [1.0, 2.0]\nfixtures = ["spring"]')
    places = {draw.fixture for draw in plan(read(written(tmp_path, text))) if draw.kind == "link_cut"}
    assert places == {"spring"}


def test_the_healthy_hours_are_full_and_in_every_fixture(campaign):
    healthy = plan(campaign, only=["healthy"])
    assert sum(draw.watch_s for draw in healthy) == pytest.approx(0.4 * 3600)
    assert {draw.fixture for draw in healthy} == {"spring", "actuated spring"}


def test_what_is_not_declared_cannot_be_asked_for(campaign):
    with pytest.raises(InputError, match=r"--only gremlin: .*healthy"):
        plan(campaign, only=["gremlin"])


def test_a_campaign_of_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing to run"):
        plan(read(written(tmp_path, HEAD.replace("hours = 0.4", "hours = 0.0"))))
