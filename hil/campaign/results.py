"""From results of runs to the table: a verdict on each, and what a fault comes to in each fixture."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hil.campaign.faults import HEALTHY

Verdict = Literal["caught", "harmless", "unprevented", "missed"]
VERDICTS: dict[Verdict, str] = {
    "caught": "the controller showed it, and nothing was harmed",
    "harmless": "not shown, and the true pressure stayed under the soft limit, with no current outside its window",
    "unprevented": "shown, and harmed all the same",
    "missed": "not shown, and harmed or over the soft limit",
}
SURE = 3.0  # with no event in T hours, the rate is under 3/T with 95 % confidence
ALL = "all fixtures"


def verdict(result: Mapping[str, Any]) -> Verdict:
    """What became of one run."""
    harmed = result["harmed_at_s"] is not None
    if result["seen"]:
        return "unprevented" if harmed else "caught"
    return "missed" if harmed or result["peak_MPa"] >= result["soft_MPa"] else "harmless"


@dataclass(frozen=True)
class Line:
    """One fault in one fixture, or in all.

    Attributes
    ----------
    runs : int
    peak_MPa, peak_of_hard, over_hard : float, float, int
        Highest true pressure of all runs, as a share of the hard limit, and runs that went over that limit.
    safe_p50_s, safe_p95_s, safe_max_s : float or None
        From the moment to the safe state, of the runs that reached it.
    seen_p50_s, seen_p95_s, seen_max_s : float or None
        From the moment to the first thing shown, of the runs that were shown.
    told, told_seen : int
        Runs in which the actuator was told to move by more than the tare limit; those of them that were shown.
    told_p50_s, told_p95_s, told_max_s : float or None
        From that order to the first thing shown, of the latter; zero where it was shown before.
    seen, caught, harmless, unprevented, missed : int
        Runs.
    by : dict of str to int
        What showed it first, and in how many runs.
    shows : dict of str to int
        Everything shown, and in how many runs.
    would_see : dict of str to int
        Of the runs that were not shown: in how many another instrument would have shown it.
    could_see : int
        Of the runs over the hard limit: those that a sensor on board could have seen, and the controller did nothing.
    tripped : int
        Runs that tripped.
    off_of_setpoint : float or None
        Largest difference of the true pressure from the same run without the fault, as a share of the setpoint.
    """

    kind: str
    fixture: str
    runs: int
    peak_MPa: float
    peak_of_hard: float
    over_hard: int
    safe_p50_s: float | None
    safe_p95_s: float | None
    safe_max_s: float | None
    seen_p50_s: float | None
    seen_p95_s: float | None
    seen_max_s: float | None
    told: int
    told_seen: int
    told_p50_s: float | None
    told_p95_s: float | None
    told_max_s: float | None
    seen: int
    caught: int
    harmless: int
    unprevented: int
    missed: int
    by: dict[str, int]
    shows: dict[str, int]
    would_see: dict[str, int]
    could_see: int
    tripped: int
    off_of_setpoint: float | None

    @property
    def unseen(self) -> int:
        """Runs that were not shown."""
        return self.runs - self.seen

    def to_json(self) -> dict[str, Any]:
        """As a table."""
        return asdict(self)


@dataclass(frozen=True)
class Health:
    """The healthy runs: how long, how often one tripped, and what else was shown."""

    runs: int
    hours: float
    trips: int
    false_trips: int
    rate_below_per_1000_h: float | None
    shows: dict[str, int]


@dataclass(frozen=True)
class Over:
    """One run over the hard limit.

    Attributes
    ----------
    could_see, on_board_saw, would_see : tuple of str
        Sensors on board that showed it while the controller did nothing; that showed it, and it did what it could;
        instruments beside the board that would have.
    """

    key: str
    when: str
    severity: float
    peak_of_hard: float
    over_hard_s: float
    seen: tuple[str, ...]
    could_see: tuple[str, ...]
    on_board_saw: tuple[str, ...]
    would_see: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What a campaign comes to."""

    lines: tuple[Line, ...]
    totals: tuple[Line, ...]
    health: Health
    over: tuple[Over, ...] = ()

    @property
    def could_see(self) -> int:
        """Runs over the hard limit that a sensor on board could have seen, and the controller did nothing."""
        return sum(bool(run.could_see) for run in self.over)

    @property
    def runs(self) -> int:
        """Runs with a fault."""
        return sum(line.runs for line in self.totals)

    def count(self, name: Verdict) -> int:
        """Runs of a verdict."""
        return sum(getattr(line, name) for line in self.totals)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "runs": self.runs,
            "verdicts": {name: self.count(name) for name in VERDICTS},
            "faults": [line.to_json() for line in self.totals],
            "faults_by_fixture": [line.to_json() for line in self.lines],
            "healthy": asdict(self.health),
            "over_hard_limit": {
                "runs": len(self.over),
                "could_have_been_seen_on_board": self.could_see,
                "each": [asdict(run) for run in self.over],
            },
        }


def tabulate(results: Sequence[Mapping[str, Any]]) -> Table:
    """The table of these results, in their order."""
    faulty = [result for result in results if result["kind"] != HEALTHY]
    pairs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for result in faulty:
        pairs.setdefault((result["kind"], result["fixture"]), []).append(result)
        kinds.setdefault(result["kind"], []).append(result)
    return Table(
        lines=tuple(_line(kind, fixture, found) for (kind, fixture), found in pairs.items()),
        totals=tuple(_line(kind, ALL, found) for kind, found in kinds.items()),
        health=_health([result for result in results if result["kind"] == HEALTHY]),
        over=tuple(_over(result) for result in results if result["over_hard_at_s"] is not None),
    )


def _over(result: Mapping[str, Any]) -> Over:
    return Over(
        key=result["key"],
        when=result["when"],
        severity=result["severity"],
        peak_of_hard=result["peak_MPa"] / result["hard_MPa"],
        over_hard_s=result["over_hard_s"],
        seen=tuple(result["seen"]),
        could_see=tuple(result["could_see"]),
        on_board_saw=tuple(result["on_board_saw"]),
        would_see=tuple(result["would_see"]),
    )


def _line(kind: str, fixture: str, results: Sequence[Mapping[str, Any]]) -> Line:
    verdicts = Counter(verdict(result) for result in results)
    safe = _times(results, "safe_at_s")
    seen = _times(results, "seen_at_s")
    unseen = [result for result in results if not result["seen"]]
    told = [result for result in results if result["told_at_s"] is not None]
    after = sorted(max(0.0, r["seen_at_s"] - r["told_at_s"]) for r in told if r["seen"])
    return Line(
        kind=kind,
        fixture=fixture,
        runs=len(results),
        peak_MPa=max(result["peak_MPa"] for result in results),
        peak_of_hard=max(result["peak_MPa"] / result["hard_MPa"] for result in results),
        over_hard=sum(result["over_hard_at_s"] is not None for result in results),
        safe_p50_s=rank(safe, 0.5),
        safe_p95_s=rank(safe, 0.95),
        safe_max_s=rank(safe, 1.0),
        seen_p50_s=rank(seen, 0.5),
        seen_p95_s=rank(seen, 0.95),
        seen_max_s=rank(seen, 1.0),
        told=len(told),
        told_seen=len(after),
        told_p50_s=rank(after, 0.5),
        told_p95_s=rank(after, 0.95),
        told_max_s=rank(after, 1.0),
        seen=len(results) - len(unseen),
        caught=verdicts["caught"],
        harmless=verdicts["harmless"],
        unprevented=verdicts["unprevented"],
        missed=verdicts["missed"],
        by=_counted(result["seen"][:1] for result in results),
        shows=_counted(result["seen"] for result in results),
        would_see=_counted(result["would_see"] for result in unseen),
        could_see=sum(bool(result["could_see"]) for result in results),
        tripped=sum(result["tripped"] for result in results),
        off_of_setpoint=max(
            (result["off_MPa"] / result["setpoint_MPa"] for result in results if result["off_MPa"] is not None),
            default=None,
        ),
    )


def _health(results: Sequence[Mapping[str, Any]]) -> Health:
    hours = math.fsum(result["hours"] for result in results)
    false = sum(result["false_trip"] for result in results)
    return Health(
        runs=len(results),
        hours=hours,
        trips=sum(result["tripped"] for result in results),
        false_trips=false,
        rate_below_per_1000_h=1000 * SURE / hours if hours and not false else None,
        shows=_counted(result["seen"] for result in results),
    )


def _times(results: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    return sorted(result[name] for result in results if result[name] is not None)


def rank(ordered: Sequence[float], share: float) -> float | None:
    """The least value that ``share`` of the values do not exceed; None of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _counted(lists: Iterable[Sequence[str]]) -> dict[str, int]:
    """How often each word comes, the commonest first, equals by name."""
    counts = Counter(word for words in lists for word in words)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
