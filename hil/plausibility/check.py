"""Which rules apply to a log, and the walk over its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from hil.columns import (
    ACTUATOR,
    AMBIENT,
    CURRENT,
    CYCLE,
    FLOATS,
    MEASURED,
    NAMES,
    PRESSURE,
    SETPOINT,
    STEP_ID,
    SURFACE,
    TIME,
    VOLTAGE,
)
from hil.plausibility.balances import Charge, Energy
from hil.plausibility.cell import COLDEST_C, REST_V, WARMEST_C, cell_of, largest_current, leaves
from hil.plausibility.findings import NOT_CHECKED, VIOLATED, Batch, Finding, Rows, Rule, not_checked
from hil.plausibility.fixture import LARGEST_Pa, pressure_rules
from hil.plausibility.ranges import Finite, Integers, Rising, Within, between
from hil.plausibility.readings import CountsAgree, CurrentAgrees, LoadCellAgrees, setpoint_rule
from hil.schema import SensorSection
from twin.errors import InputError
from twin.resolve import ZERO_CELSIUS

RULES: Final = (
    "finite", "time", "integers", "voltage", "current", "temperature", "ambient", "pressure", "thickness", "lithium",
    "contact", "charge", "capacity", "energy", "heat", "setpoint", "actuator", "load cell", "current sense",
)  # fmt: skip
"""Names of all rules, in the order in which they are shown."""

NO_METADATA: Final = "no metadata"
BENCH: Final = "none"
"""What stands for an engine in the metadata of a bench."""
NO_PLANT: Final = "a bench records no plant"
UNUSABLE: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, InputError)
CARRIED: Final = (TIME, VOLTAGE, CURRENT, SURFACE, STEP_ID, CYCLE)


class Source(Protocol):
    """A log or a foreign table."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What it says of itself."""

    @property
    def names(self) -> Sequence[str]:
        """The columns it has."""

    def batches(self, names: Sequence[str]) -> Iterable[Batch]:
        """Rows in order, so many at a time."""


class Check:
    """Takes the rows of one log, batch by batch, and says what its rules found.

    Attributes:
        columns: the columns that `add` needs.
    """

    def __init__(self, metadata: Mapping[str, Any], columns: Iterable[str] = NAMES) -> None:
        """``metadata`` as the log has them; ``columns`` that it has."""
        self._rules, self._why = _chosen(metadata, tuple(columns))
        self.columns = tuple(columns)
        # A simulated run's first row lies one tick after its start.
        self._started_s: float | None = 0.0 if _simulated(metadata) else None
        self._before: dict[str, Any] = {}
        self._rows = 0
        self._charge = 0.0

    def add(self, batch: Batch) -> None:
        """Take the next rows: each of ``columns``, shape (n,)."""
        count = len(batch[TIME])
        if not count:
            return
        with np.errstate(all="ignore"):  # what is not possible may well overflow
            started = float(batch[TIME][0]) if self._started_s is None else self._started_s
            rows = Rows(batch, self._rows, self._before, started, self._charge)
            self._charge = float(rows.charge[-1]) if len(rows.charge) else 0.0
            self._rules = [rule for rule in self._rules if self._sees(rule, rows)]
        self._rows += count
        self._before = {name: batch[name][-1] for name in CARRIED if name in batch}

    def _sees(self, rule: Rule, rows: Rows) -> bool:
        """Show the rows to a rule; one that cannot read what the metadata say must not cost a run its log."""
        try:
            rule.see(rows)
        except UNUSABLE as error:
            self._why = _unusable(error)
            return False
        return True

    def findings(self, outcome: Mapping[str, Any] | None = None) -> list[Finding]:
        """One finding for each of `RULES`; ``outcome`` is the log's closing record."""
        with np.errstate(all="ignore"):
            found = {f.rule: f for rule in self._rules for f in rule.findings(outcome or {})}
        return [found.get(name) or not_checked(name, self._why) for name in RULES]

    def summary(self, outcome: Mapping[str, Any]) -> dict[str, Any]:
        """What a log's closing record keeps: what is violated in full, and what was not checked by name."""
        found = self.findings(outcome)
        return {
            "violations": [f.to_json() for f in found if f.verdict == VIOLATED],
            "not_checked": [f.rule for f in found if f.verdict == NOT_CHECKED],
        }


def check_log(log: Source) -> list[Finding]:
    """What each rule finds in a log or table, in bounded memory.

    Raises:
        hil.journal.LogError: the log is damaged.
    """
    columns = tuple(log.names)
    check = Check(log.metadata, columns)
    for batch in log.batches(columns):
        check.add(batch)
    return check.findings(log.metadata.get("outcome"))


def _unusable(error: Exception) -> str:
    return f"its metadata cannot be used: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _simulated(metadata: Mapping[str, Any]) -> bool:
    return "parameters" in metadata and "resolved" in metadata


def _chosen(metadata: Mapping[str, Any], columns: tuple[str, ...]) -> tuple[list[Rule], str]:
    """The rules for a log, and why the others are not checked."""
    try:
        if _simulated(metadata):
            return _of_simulation(metadata), ""
        if str(metadata.get("engine", "")).startswith(BENCH):
            return _of_bench(metadata), NO_PLANT
    except UNUSABLE as error:
        return _of_anything(columns), _unusable(error)
    return _of_anything(columns), NO_METADATA


def _of_simulation(metadata: Mapping[str, Any]) -> list[Rule]:
    resolved, cell = metadata["resolved"], cell_of(metadata)
    protocol, run = resolved["protocol"], resolved["run"]
    steps = leaves(protocol["steps"])
    held = frozenset(i for i, step in enumerate(steps, 1) if step.get("hold_V") is not None)
    # A companion's tick is its own; resolved says it.
    tick_s, controlled = float(run["tick_s"]), bool(metadata["configuration"])
    asked_A, most = largest_current(cell, protocol)
    words = f"{most:.6g} A either way, the most that the protocol can draw"
    room = [resolved["ambient"]["temperature_C"], *(s["temperature_C"] for s in resolved["ambient"].get("steps", ()))]
    sensor = SensorSection.model_validate(resolved["sensor"])
    start_C = cell.values["Initial temperature [K]"] - ZERO_CELSIUS
    return [
        Finite(FLOATS),
        Rising(tick_s),
        Integers(len(steps)),
        between("voltage", VOLTAGE, cell.lower_V - REST_V, cell.upper_V + REST_V, "V"),
        Within("current", CURRENT, lambda _: (-most, most), words),
        between("temperature", SURFACE, min(room) - 0.5, WARMEST_C, "degC"),
        between("ambient", AMBIENT, min(room) - 1e-6, max(room) + 1e-6, "degC"),
        *pressure_rules(cell, resolved, controlled),
        Charge(cell),
        Energy(cell, start_C, asked_A),
        setpoint_rule(resolved, metadata["configuration"]),
        LoadCellAgrees(sensor, cell.area, cell.values["Preload pressure [Pa]"], tick_s, start_C),
        CurrentAgrees(sensor, measured=False, held_steps=held),
    ]


def _of_bench(metadata: Mapping[str, Any]) -> list[Rule]:
    """A bench has no plant: true pressure is the measured one, and what only a plant knows is not a number."""
    resolved, configuration = metadata["resolved"], metadata["configuration"]
    known = [TIME, CURRENT, PRESSURE, MEASURED, SETPOINT]
    if resolved["actuator"]["kind"] == "stepper":
        known.append(ACTUATOR)
    return [
        Finite(known),
        Rising(),
        Integers(),
        setpoint_rule(resolved, configuration),
        CountsAgree(configuration),
        CurrentAgrees(SensorSection.model_validate(resolved["sensor"]), measured=True),
    ]


PLAUSIBLE: Final[tuple[tuple[str, str, float, float, str], ...]] = (
    ("voltage", VOLTAGE, -10.0, 10.0, "V"),
    ("current", CURRENT, -1000.0, 1000.0, "A"),
    ("temperature", SURFACE, COLDEST_C - 40, WARMEST_C, "degC"),
    ("ambient", AMBIENT, -60.0, WARMEST_C, "degC"),
    ("pressure", PRESSURE, 0.0, LARGEST_Pa, "Pa"),
)
"""What is plausible of any single cell: rule, column, lowest, highest, unit."""


def _of_anything(columns: tuple[str, ...]) -> list[Rule]:
    """What can be asked of a table that says nothing of itself."""
    asked: list[Rule] = [Finite([name for name in FLOATS if name in columns]), Rising()]
    asked += [between(rule, name, low, high, unit) for rule, name, low, high, unit in PLAUSIBLE if name in columns]
    return asked
