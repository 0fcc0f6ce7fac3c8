"""What a campaign file may say, read and checked; whatever is wrong comes out as one line."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from hil.campaign.faults import KINDS, MID_RUN, Fault, When
from hil.experiment_file import Experiment, load, one_line
from hil.schema import Companion, Tuple
from hil.variants import variant
from twin.documents import read_toml
from twin.errors import InputError
from twin.files import Section

MOST_RUNS = 100_000
Range = Annotated[tuple[float, float], Tuple]


def ordered(name: str, values: tuple[float, float], low: float, high: float) -> None:
    """Raise ValueError unless the two values are in order and within bounds."""
    if not low <= values[0] <= values[1] <= high:
        raise ValueError(f"{name} = [{values[0]:g}, {values[1]:g}]: must be [least, most] within {low:g} and {high:g}")


def twice(names: Sequence[str], where: str, key: str) -> None:
    """Raise ValueError where a name comes twice."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{where}: {key} = {name!r} is there twice: keep one")


class CampaignSection(Section):
    """`[campaign]`: how many runs, and when in them something goes wrong."""

    seed: int = Field(1, ge=0, le=2**32 - 1, description="of every draw and of the sensors' noise [1]")
    runs: int = Field(16, ge=1, le=MOST_RUNS, description="of each fault in each fixture [1]")
    moment_s: Range = Field((240.0, 480.0), description="a fault comes between these times of its run [s]")
    watch_s: float = Field(900.0, ge=1, le=1e6, description="a run goes on for so long after the moment [s]")
    current_mA_per_cm2: Range = Field((0.05, 0.25), description="the cycler's current lies between these [mA/cm2]")
    state_of_charge: Range = Field((0.25, 0.75), description="of the cell at the start lies between these [1]")
    temperature_C: Range = Field((18.0, 32.0), description="of the room lies between these [degC]")
    setpoint_step_share: float = Field(
        0.1, ge=0, le=1, description="in every other run the setpoint moves by up to so much of itself [1]"
    )
    low_setpoint_share: Range = Field(
        (0.7, 0.99), description="a low setpoint lies between these shares of hard limit minus soft limit [1]"
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for name, low, high in (
            ("moment_s", 0, 1e6),
            ("current_mA_per_cm2", 1e-4, 100),
            ("state_of_charge", 0, 1),
            ("low_setpoint_share", 0.05, 2),
            ("temperature_C", -20, 100),
        ):
            ordered(name, getattr(self, name), low, high)
        return self


class HealthySection(Section):
    """`[healthy]`: runs without a fault, to count false trips in."""

    hours: float = Field(1000.0, ge=0, le=1e6, description="of simulated time in all [h]")
    hours_per_run: float = Field(8.0, ge=0.1, le=1000, description="of one run [h]")
    room_step_K: float = Field(5.0, ge=0, le=50, description="the room moves by up to so much, hours apart [K]")


class HarmSection(Section):
    """`[harm]`: from when on a run counts as harmed."""

    peak_of_hard_limit: float = Field(
        1.25, ge=1, le=10, description="true pressure over so many times the hard limit, even for a tick [1]"
    )
    over_hard_limit_s: float = Field(5.0, ge=0, le=1e6, description="true pressure over the hard limit so long [s]")
    outside_window_s: float = Field(
        60.0, ge=0, le=1e6, description="current so long outside its pressure window, by more than the tare limit [s]"
    )


class FixtureEntry(Section):
    """One table of `[[fixtures]]`: an experiment file, changed."""

    name: str = Field(min_length=1, max_length=40, description="in tables and figures")
    file: str = Field(min_length=1, description="experiment file, beside this one")
    variant: Companion | None = Field(None, description="the cell of that file in another fixture, without actuator")
    set: Annotated[tuple[str, ...], Tuple] = Field((), description='changes, "key=value" each')


class FaultEntry(Section):
    """One table of `[[faults]]`."""

    kind: str = Field(description="what goes wrong")
    severity: Range = Field(description="under the key that the kind has for it: its range")
    runs: int | None = Field(None, ge=1, le=MOST_RUNS, description="in the place of [campaign]'s [1]")
    when: Annotated[tuple[When, ...], Tuple] | None = Field(
        None,
        min_length=1,
        description="by turns: before_arming (there from the start), mid_run (at moment_s), low_setpoint (at moment_s, "
        "the setpoint lowered before); default: mid_run, or all the kind can",
    )
    moment_s: Range | None = Field(None, description="in the place of [campaign]'s [s]")
    watch_s: float | None = Field(None, ge=1, le=1e6, description="in the place of [campaign]'s [s]")
    fixtures: Annotated[tuple[str, ...], Tuple] | None = Field(None, description="only in these")

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        fault = self.fault
        ordered(fault.key, self.severity, *fault.bounds)
        if self.moment_s is not None:
            ordered("moment_s", self.moment_s, 0, 1e6)
        for when in self.when or ():
            if when not in fault.whens:
                raise ValueError(f"{self.kind}: when = {when!r}: choose from {', '.join(fault.whens)}")
        return self

    @property
    def moments(self) -> tuple[When, ...]:
        """When it comes, by turns."""
        return self.when or ((MID_RUN,) if MID_RUN in self.fault.whens else self.fault.whens)

    @property
    def fault(self) -> type[Fault]:
        """The class of this kind."""
        return KINDS[self.kind]


class CampaignSchema(Section):
    """A whole campaign file."""

    format: Literal[1] = Field(description="version of this layout, 1")
    title: str = Field("", max_length=200, description="shown in the figure")
    campaign: CampaignSection = CampaignSection.model_validate({})
    healthy: HealthySection = HealthySection.model_validate({})
    harm: HarmSection = HarmSection.model_validate({})
    fixtures: Annotated[tuple[FixtureEntry, ...], Tuple] = Field(min_length=1, description="where faults happen")
    faults: Annotated[tuple[FaultEntry, ...], Tuple] = Field((), description="what goes wrong")

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [fixture.name for fixture in self.fixtures]
        twice([fault.kind for fault in self.faults], "faults", "kind")
        twice(names, "fixtures", "name")
        for fault in self.faults:
            for name in fault.fixtures or ():
                if name not in names:
                    raise ValueError(f"faults: {fault.kind}: fixtures = {name!r}: choose from {', '.join(names)}")
        return self


@dataclass(frozen=True)
class Campaign:
    """A campaign file with the experiments it names.

    Attributes
    ----------
    path : Path
        Where it was read.
    schema : CampaignSchema
        Every section, validated.
    experiments : dict of str to hil.experiment_file.Experiment
        By name of the fixture.
    sha256 : str
        Of everything that the runs follow from: the file and the experiments with their changes.
    """

    path: Path
    schema: CampaignSchema
    experiments: Mapping[str, Experiment]
    sha256: str

    @property
    def title(self) -> str:
        """The title, or the file's name."""
        return self.schema.title or self.path.stem


def read(path: Path) -> Campaign:
    """Read a campaign file and the experiment files it names.

    Raises
    ------
    twin.errors.InputError
        One line: the first thing that is wrong.
    """
    try:
        tree = read_toml(path)
    except InputError as error:
        raise InputError(one_line(str(error))) from None
    if "campaign" not in tree and "fixtures" not in tree:
        raise InputError(one_line(f"{path}: not a campaign file: it has neither [campaign] nor [[fixtures]]"))
    try:
        schema = CampaignSchema.model_validate({**tree, "faults": _faults(path, tree.get("faults", []))})
    except ValidationError as error:
        raise InputError(one_line(f"{path}: {_describe(error)}")) from None
    experiments = {entry.name: _experiment(path, entry) for entry in schema.fixtures}
    digest = hashlib.sha256(schema.model_dump_json().encode())
    for name, experiment in experiments.items():
        digest.update(f"{name} {experiment.resolved_sha256()}".encode())
    return Campaign(path, schema, experiments, digest.hexdigest())


def _faults(path: Path, tables: Any) -> Any:
    """Each kind's own key for its severity, turned into the one that all have."""
    if not isinstance(tables, list):
        return tables
    return [_fault(path, table) if isinstance(table, dict) else table for table in tables]


def _fault(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(one_line(f"{path}: faults.kind = {kind!r}: not known; choose from {', '.join(KINDS)}"))
    key = KINDS[kind].key
    if key not in table or "severity" in table:
        raise InputError(f"{path}: faults: {kind}: {key}: missing; give its range as {key} = [least, most]")
    rest = {name: value for name, value in table.items() if name != key}
    return {**rest, "severity": table[key]}


def _describe(error: ValidationError) -> str:
    """The first problem: key, value, reason."""
    first: Any = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    value = "" if first["type"] in ("missing", "value_error", "extra_forbidden") else f" = {first['input']!r}"
    reason = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}{value}: {reason}" if where else reason


def _experiment(path: Path, entry: FixtureEntry) -> Experiment:
    """The experiment of one fixture; a variant keeps the tick of its file, for its controller guards it."""
    experiment = load(path.parent / entry.file, entry.set)
    if entry.variant is None:
        return experiment
    found = variant(experiment, entry.variant)
    run = found.schema.run.model_copy(update={"tick_s": experiment.schema.run.tick_s})
    return replace(found, schema=found.schema.model_copy(update={"run": run}))
