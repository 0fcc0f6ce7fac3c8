"""The proof of the filter, as `make prove` runs it; and that a wrong source is refuted by a counterexample."""

import types
from pathlib import Path

import pytest
import z3
from filter_alone import TICK, FilterAlone
from prove import MET, PROVEN, REFUTED, Question, about, about_operations, all_of, decide, main
from restated_limits import NAMES, TRIPPED, Int31

import controller.safety
from controller import configuration

SAFETY = Path(controller.safety.__file__).read_text()


@pytest.fixture(scope="module")
def alone():
    return FilterAlone()


def test_every_claim_on_the_filter_alone_is_proven(alone):
    asked = list(about("the filter alone", alone))
    for question in (q for q in asked if q.met):
        assert decide(question).verdict == MET, question.name
    for facts in (alone.boot_facts, alone.facts):
        goals = {q.name: q.goal for q in asked if q.facts is facts and not q.met}
        answer = decide(Question("", "all of them", facts, z3.And(*goals.values())))
        if answer.verdict != PROVEN:  # which?
            alike = [name for name, goal in goals.items() if not decide(Question("", name, facts, goal)).good]
            pytest.fail(f"{answer.verdict}: {alike}: {answer.counterexample}")


def test_what_it_takes_for_granted_is_proven(alone):
    for question in about_operations({"the filter alone": alone}):
        assert decide(question).verdict == PROVEN, question.name


def test_the_defaults_pass_their_check():
    assert configuration.check(configuration.DEFAULT) == 0


# What is changed, the claim that no longer holds, and how the replay shows it.
WRONG = {
    "no look at the soft limit": (
        "self.active & (C_SOFT | C_NO_LOAD | C_FORCE)", "self.active & (C_NO_LOAD | C_FORCE)",
        "S1 no compression at or over the soft limit", lambda c, f, move: move > 0 and f.cell & 8192,
    ),
    "no look at the sample": (
        "if self.valid == 0 or self.standing & C_POSITION", "if self.standing & C_POSITION",
        "S1 no compression on an invalid or stale load cell", lambda c, f, move: move > 0 and f.valid == 0,
    ),
    "no end of travel": (
        "if top > room:", "if top > room + 1:",
        "S2 travel", lambda c, f, move: not c["travel_min"] <= f.position <= c["travel_max"],
    ),
    "speeds up at once": (
        "if top > ramp:", "if top < ramp:",
        "S2 acceleration", lambda c, f, move: abs(move) > c["accel"] + 4096 or f.move == move,
    ),
    "an emergency stop that trips nothing": (
        "active |= switches & (C_STOP | C_LINK | C_FORCE)", "active |= switches & (C_LINK | C_FORCE)",
        "S14 emergency stop: tripped, and named", lambda c, f, move: f.switches & 4 and not (f.latched | f.active) & 4,
    ),
    "no compress limit": (
        "if self.switches & COMPRESS_LIMIT:", "if self.switches & 16:",
        "S15 no move past the compress limit", lambda c, f, move: f.switches & 2 and move > 0,
    ),
    "a position taken for known": (
        "self.standing & C_POSITION or self.active", "self.active",
        "S16 position unknown: decompression only, but for homing", lambda c, f, move: f.standing & 4096 and move > 0,
    ),
    "a permit without hysteresis": (
        "gap = self.config[PERMIT_HYSTERESIS_hPa]", "gap = 0",
        "S13 permit to charge: hysteresis",
        lambda c, f, move: f.outputs & 1 and not c["charge_min"] + c["hysteresis"] <= f.pressure
        <= c["charge_max"] - c["hysteresis"],
    ),
    "a comparator that does not stop compression": (
        "(C_SOFT | C_NO_LOAD | C_FORCE)", "(C_SOFT | C_NO_LOAD)",
        "S1 no compression while the over-force comparator is active",
        lambda c, f, move: move > 0 and f.switches & 1048576,
    ),
    "a regulator's code that a latch holds up": (
        "if c[ACTUATOR_KIND] == 1:\n            if self.latched",
        "if c[ACTUATOR_KIND] < 3:\n            if self.latched",
        "S3 a regulator over the limit lowers its code, whatever is latched",
        lambda c, f, move: f.state == TRIPPED and f.retreat and move == 0,
    ),
    "a trip left by disarming": (
        "if self.state == TRIPPED:\n            return E_STATE\n        self.state = IDLE", "self.state = IDLE",
        "S3 a trip is left by reset only, its causes gone", lambda c, f, move: f.state != TRIPPED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_filter_is_refuted_and_the_counterexample_does_it_in_python(name):
    old, new, claim, shows = WRONG[name]
    assert SAFETY.count(old) == 1
    text = SAFETY.replace(old, new)
    subject = FilterAlone({"controller.safety": text})
    answer = decide(Question("", claim, [*subject.facts, *plain(subject)], subject.goals[claim]))
    assert answer.verdict == REFUTED
    found, f, move = replay(text, answer.counterexample)
    assert shows(found, f, move)


# Every cause of S3, and how a filter no longer knows it.
CAUSES = {
    "CLOCK": ("            active |= C_CLOCK\n", "            pass\n"),
    "STALE": ("            active |= C_STALE\n", "            pass\n"),
    "SENSOR": ("            cell |= C_SENSOR\n", "            pass\n"),
    "OVER": ("            cell |= C_OVER\n", "            pass\n"),
    "STUCK": ("            cell |= C_STUCK\n", "            pass\n"),
    "STOP": ("switches & (C_STOP | C_LINK | C_FORCE)", "switches & (C_LINK | C_FORCE)"),
    "LINK": ("switches & (C_STOP | C_LINK | C_FORCE)", "switches & (C_STOP | C_FORCE)"),
    "FORCE": ("switches & (C_STOP | C_LINK | C_FORCE)", "switches & (C_STOP | C_LINK)"),
    "LIMITS": ("                active |= C_LIMITS\n", "                pass\n"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_S3_a_filter_without_one_of_its_causes_is_refuted(cause):
    old, new = CAUSES[cause]
    assert SAFETY.count(old) == 1
    subject = FilterAlone({"controller.safety": SAFETY.replace(old, new)})
    goal = subject.goals["S3 every cause trips when armed"]
    assert decide(Question("", cause, subject.facts, goal)).verdict == REFUTED


@pytest.mark.parametrize("cause", ["WATCHDOG", "SELF_TEST"])
def test_S3_a_filter_that_does_not_trip_by_what_was_found_at_boot_is_refuted(cause):
    other = {"WATCHDOG": "C_SELF_TEST", "SELF_TEST": "C_WATCHDOG"}[cause]
    old, new = "self.latched = found & (C_WATCHDOG | C_SELF_TEST)", f"self.latched = found & {other}"
    assert SAFETY.count(old) == 1
    subject = FilterAlone({"controller.safety": SAFETY.replace(old, new)})
    goal = subject.boot_goals[f"S3 at boot: {cause} trips and is named"]
    assert decide(Question("", cause, subject.boot_facts, goal)).verdict == REFUTED


def test_a_reading_believed_at_once_is_refuted():
    """One sample decides nothing: the filter's pressure follows a jump after so many samples in a row only."""
    old = "if self.odd >= c[DEBOUNCE_samples]:"
    assert SAFETY.count(old) == 1
    subject = FilterAlone({"controller.safety": SAFETY.replace(old, "if self.odd:")})
    goal = subject.goals["kept: pressure"]
    assert decide(Question("", "pressure", subject.facts, goal)).verdict == REFUTED


def plain(subject):
    """No fresh sample and a whole tick: what the counterexample is made of is then no named product."""
    c = {name: z3.BitVec(f"record {name}", 64) for name in NAMES}
    dt = (subject.inputs[0].term - subject.was["time"]) & (2**30 - 1)
    return [subject.inputs[2].term == subject.was["sample"], dt >= c["tick"]]


def replay(text, values, number=int):
    """The wrong filter, in Python, from the counterexample's state through its frame."""
    module = types.ModuleType("wrong_filter")
    exec(compile(text, "wrong_filter", "exec"), module.__dict__)
    record = [number(values.get(f"record {name}", 0)) for name in [*NAMES, "checksum"]]
    f = module.SafetyFilter(record, 0)
    for path in vars(f):
        if path in values:
            setattr(f, path, number(values[path]))
    frame = [number(values.get(f"frame {i}", 0)) for i in range(9)]
    asked = [number(values.get(name, 0)) for name in ("message", "place", "ask")]
    names = {}
    exec(TICK, names)
    move = names["step"](f, frame, *asked, [0])
    return dict(zip(NAMES, record, strict=False)), f, move


def test_a_number_beyond_31_bits_is_refuted_and_raises_in_python():
    old = "self.permit(self.charge_wait, good"
    assert SAFETY.count(old) == 1
    text = SAFETY.replace(old, "self.permit(self.charge_wait << 11, good")
    subject = FilterAlone({"controller.safety": text})
    answer = decide(Question("", "S8", [*subject.facts, *plain(subject)], all_of(subject.duties)))
    assert answer.verdict == REFUTED
    with pytest.raises(OverflowError, match="S8"):
        replay(text, answer.counterexample, Int31)


def test_the_command_ends_with_a_table_and_its_exit_code_is_the_verdict(capsys):
    assert main(["--only", "functions: clamp"]) == 0
    assert "1 of 1 proven" in capsys.readouterr().out
