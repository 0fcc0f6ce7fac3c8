"""The draw: which runs a campaign consists of, each from a seed of its own, whatever the order they are made in."""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hil.campaign.faults import BEFORE_ARMING, HEALTHY, LOW_SETPOINT, MID_RUN, Fault, When
from hil.campaign.file import Campaign, CampaignSection, FaultEntry
from hil.scaling import hPa_per_MPa
from twin.errors import InputError

ACTIONS = ("charge", "discharge", "rest")
CLOSE_S = 1.0  # a setpoint that is to be on its way at the moment moves off so long before
LONGEST_WAIT_S = 300.0  # else within so long of it
LOWERED_S = 5.0  # a setpoint that is to be low at the moment is lowered so early
RAISED_S = (30.0, 300.0)  # and in every other run raised again so long after it
APART_H = (0.5, 3.0)  # a healthy run's steps of setpoint and room lie so far apart

Steps = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Draw:
    """One run: everything that was drawn for it.

    Attributes
    ----------
    kind, fixture, number
        What goes wrong (`faults.HEALTHY`: nothing), where, and the how-manieth of these.
    seed
        Of the sensors' noise and of what a fault draws while it lasts.
    severity, moment_s, watch_s
        In the unit of the kind's key; when; how long the run goes on afterwards.
    action, current_mA_per_cm2, state_of_charge, temperature_C
        What the cycler does, with a cell how far charged, in which room.
    setpoint_steps
        When the setpoint moves [s], and how far from the file's [MPa].
    room_steps
        When the room changes [s], and its temperature from then on [degC].
    when
        Where in the run the moment lies.
    homes
        The operator homes the screw instead of confirming where it stands.
    """

    kind: str
    fixture: str
    number: int
    seed: int
    severity: float
    moment_s: float
    watch_s: float
    action: str
    current_mA_per_cm2: float
    state_of_charge: float
    temperature_C: float
    setpoint_steps: Steps = ()
    room_steps: Steps = ()
    when: When = MID_RUN
    homes: bool = False

    @property
    def key(self) -> str:
        """Its name."""
        return f"{self.kind}/{self.fixture}/{self.number:05d}"

    def to_json(self) -> dict[str, Any]:
        """As a table."""
        return asdict(self)

    def without_fault(self) -> "Draw":
        """The same run with nothing wrong."""
        return replace(self, kind=HEALTHY)


def plan(campaign: Campaign, *, runs: int | None = None, only: Sequence[str] = ()) -> list[Draw]:
    """Every run of a campaign, in the order of its tables.

    Parameters
    ----------
    runs
        Of each fault in each fixture, in the place of the file's.
    only
        Kinds to be run; all when empty. `faults.HEALTHY` names the healthy ones.

    Raises
    ------
    twin.errors.InputError
        If ``only`` names what the file does not declare, or nothing is left to run.
    """
    schema = campaign.schema
    declared = [fault.kind for fault in schema.faults]
    for kind in only:
        if kind not in (*declared, HEALTHY):
            raise InputError(f"--only {kind}: {campaign.path} declares {', '.join([*declared, HEALTHY])}")
    draws = []
    for entry in schema.faults:
        for fixture in campaign.experiments if not only or entry.kind in only else ():
            if applies(campaign, entry, fixture):
                count = runs or entry.runs or schema.campaign.runs
                draws += [_faulty(campaign, entry, fixture, i) for i in range(count)]
    if not only or HEALTHY in only:
        draws += _healthy(campaign)
    if not draws:
        raise InputError(f"{campaign.path}: nothing to run: no fault fits any of its fixtures")
    return draws


def applies(campaign: Campaign, entry: FaultEntry, fixture: str) -> bool:
    """Whether this can go wrong there: an actuator's fault needs an actuator."""
    if entry.fixtures is not None and fixture not in entry.fixtures:
        return False
    if entry.fault.needs_regulator and campaign.experiments[fixture].schema.actuator.kind != "regulator":
        return False
    return has_actuator(campaign, fixture) or not entry.fault.needs_actuator


def has_actuator(campaign: Campaign, fixture: str) -> bool:
    """Whether the controller can move anything there."""
    file = campaign.experiments[fixture].schema
    return file.control.enabled and file.actuator.kind != "none"


def seeded(campaign: Campaign, *names: object) -> random.Random:
    """Randomness that follows from the campaign's seed and a name, and from nothing else."""
    text = "/".join(map(str, (campaign.schema.campaign.seed, *names)))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


def _faulty(campaign: Campaign, entry: FaultEntry, fixture: str, number: int) -> Draw:
    draw = seeded(campaign, entry.kind, fixture, number)
    section = campaign.schema.campaign
    severity = _severity(draw, entry.fault, entry.severity)
    moment = draw.uniform(*(entry.moment_s or section.moment_s))
    common = _common(draw, section)
    step = _away(draw, _most_step(campaign, fixture))
    at = moment + draw.uniform(-0.5, 1.0) * LONGEST_WAIT_S
    moves = draw.random() < 0.5
    if entry.fault.in_a_stroke:
        at, moves = moment - CLOSE_S, True
    steps: Steps = ((at, step),) if moves else ()
    # A setpoint can be lowered only where there is a controller that holds one.
    whens = [when for when in entry.moments if when != LOW_SETPOINT or has_actuator(campaign, fixture)] or [MID_RUN]
    when = whens[number % len(whens)]
    if when == LOW_SETPOINT:
        steps = _lowered(campaign, fixture, draw, moment, raised=moves)
    if when == BEFORE_ARMING:
        moment = 0.0
    return Draw(
        kind=entry.kind,
        fixture=fixture,
        number=number,
        severity=severity,
        moment_s=moment,
        watch_s=entry.watch_s or section.watch_s,
        setpoint_steps=steps,
        when=when,
        homes=when == BEFORE_ARMING and number // len(whens) % 2 == 1,
        **common,
    )


def _severity(draw: random.Random, fault: type[Fault], between: tuple[float, float]) -> float:
    """Each decade as likely as the next, for faults know no scale; uniform where the range is none of decades."""
    low, high = between
    value = math.exp(draw.uniform(math.log(low), math.log(high))) if low > 0 else draw.uniform(low, high)
    value = min(max(value, low), high)  # exp and log may round past the ends
    if fault.whole:
        value = float(round(value))
    return value * draw.choice((-1, 1)) if fault.either_sign else value


def _lowered(campaign: Campaign, fixture: str, draw: random.Random, moment: float, *, raised: bool) -> Steps:
    """Steps of a setpoint that is under hard limit minus soft limit at the moment: no fall of a reading is so large."""
    control = campaign.experiments[fixture].schema.control
    share = draw.uniform(*campaign.schema.campaign.low_setpoint_share)
    low = share * (control.hard_limit_MPa - control.soft_limit_MPa)
    steps = ((LOWERED_S, max(low, 2 / hPa_per_MPa) - control.setpoint_MPa),)
    return (*steps, (moment + draw.uniform(*RAISED_S), 0.0)) if raised else steps


def _common(draw: random.Random, section: CampaignSection) -> dict[str, Any]:
    """What is drawn for every run."""
    return {
        "seed": draw.randrange(2**32),
        "action": draw.choice(ACTIONS),
        "current_mA_per_cm2": draw.uniform(*section.current_mA_per_cm2),
        "state_of_charge": draw.uniform(*section.state_of_charge),
        "temperature_C": draw.uniform(*section.temperature_C),
    }


def _most_step(campaign: Campaign, fixture: str) -> float:
    """Largest step of the setpoint there [MPa]."""
    setpoint = campaign.experiments[fixture].schema.control.setpoint_MPa
    return campaign.schema.campaign.setpoint_step_share * setpoint


def _away(draw: random.Random, most: float) -> float:
    """A step either way, half of ``most`` at least."""
    return draw.choice((-1, 1)) * draw.uniform(0.5, 1.0) * most


def _healthy(campaign: Campaign) -> list[Draw]:
    """Healthy runs, by turns in each fixture, until their hours are full."""
    section = campaign.schema.healthy
    fixtures = list(campaign.experiments)
    draws = []
    for i in range(math.ceil(section.hours / section.hours_per_run - 1e-9)):
        hours = min(section.hours_per_run, section.hours - i * section.hours_per_run)
        draws.append(_whole(campaign, fixtures[i % len(fixtures)], i // len(fixtures), 3600 * hours))
    return draws


def _whole(campaign: Campaign, fixture: str, number: int, lasts_s: float) -> Draw:
    """A healthy run: setpoint and room move in it, again and again."""
    draw = seeded(campaign, HEALTHY, fixture, number)
    section = campaign.schema.campaign
    common = _common(draw, section)
    room, step = common["temperature_C"], campaign.schema.healthy.room_step_K
    most = _most_step(campaign, fixture)
    return Draw(
        kind=HEALTHY,
        fixture=fixture,
        number=number,
        severity=0.0,
        moment_s=section.moment_s[0],
        watch_s=lasts_s,
        setpoint_steps=tuple((at, draw.uniform(-1, 1) * most) for at in _moments(draw, lasts_s)),
        room_steps=tuple((at, room + draw.uniform(-1, 1) * step) for at in _moments(draw, lasts_s)),
        **common,
    )


def _moments(draw: random.Random, until_s: float) -> list[float]:
    """Moments [s] in order, hours apart."""
    found: list[float] = []
    at = 3600 * draw.uniform(*APART_H)
    while at < until_s:
        found.append(at)
        at += 3600 * draw.uniform(*APART_H)
    return found
