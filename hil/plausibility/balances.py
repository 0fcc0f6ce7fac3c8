"""Rules on a whole run: charge, energy and heat that go in come out, or stay where the log can show them.

Each keeps running sums over the rows. A row's current flowed during its whole tick, and its voltage is that at the
tick's end; what that leaves open is bounded by how far voltage and current moved in the tick, and summed as slack. The
last row is left out where a model came to its limit within the tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from hil.columns import AMBIENT, CURRENT, LITHIUM, STEP, SURFACE, VOLTAGE
from hil.plausibility.cell import Cell, LEAST_STRIPPED_m
from hil.plausibility.findings import Array, Finding, Rows, Worst, not_checked

RELATIVE: Final = 1e-6  # of all charge that passed: rounding over millions of ticks, and the stepper's own
LENGTH_m: Final = 1e-12
ENERGY_SHARE: Final = 1e-4  # of all energy that passed
HEAT_SHARE: Final = 1e-3  # of all heat that was made or passed on
HEAT_K: Final = 1e-3
SIMULATION_FAILED: Final = 4


@dataclass
class LastLeftOut:
    """The worst row, and the worst of all rows but the last."""

    _all: Worst = field(default_factory=Worst)
    _but_last: Worst = field(default_factory=Worst)
    _last: tuple[Any, ...] | None = None

    def see(self, excess: Array, values: Array, rows: Rows) -> None:
        """As `Worst.see`."""
        if self._last is not None:
            self._but_last.put(*self._last)
        if len(excess) > 1:
            self._but_last.see(excess[:-1], values[:-1], rows)
        beyond = float(excess[-1])
        self._last = (np.inf if np.isnan(beyond) else beyond, float(values[-1]), rows, len(excess) - 1)
        self._all.see(excess, values, rows)

    def finding(self, rule: str, bound: str, outcome: Mapping[str, Any]) -> Finding:
        """What it comes to; a simulation that failed stopped within its last tick."""
        if outcome.get("exit_code") != SIMULATION_FAILED:
            return self._all.finding(rule, bound)
        if self._but_last.row is None:
            return not_checked(rule, "the simulation stopped within the only row")
        return self._but_last.finding(rule, bound)


@dataclass
class Slack:
    """Charge that rows of a held voltage leave open [C]: their current moves within the tick."""

    held_steps: frozenset[int]
    _sum: float = 0.0

    def see(self, rows: Rows) -> tuple[Array, Array]:
        """Each row's own, and the sum so far."""
        if not self.held_steps:
            own = np.zeros(len(rows.time))
            return own, own
        held = np.isin(rows[STEP], list(self.held_steps))
        moved = 2 * np.abs(rows.change(CURRENT)) + 0.05 * np.abs(rows[CURRENT])
        own = np.where(held, moved * np.abs(rows.lasted), 0.0)
        total = self._sum + np.cumsum(own)
        self._sum = float(total[-1])
        return own, total


@dataclass
class Charge:
    """Charge is the integral of current: in the metal's thickness at each row, in the plant's own count at the end.

    And no more of it can pass than the electrodes hold.
    """

    cell: Cell
    slack: Slack
    _metal: LastLeftOut = field(default_factory=LastLeftOut)
    _held: LastLeftOut = field(default_factory=LastLeftOut)
    _through: float = 0.0
    _open: float = 0.0
    _end: tuple[float, float] = (0.0, 0.0)
    _rows: Rows | None = None

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        passed = rows.charge
        through = self._through + np.cumsum(np.abs(rows[CURRENT] * rows.lasted))
        self._through = float(through[-1])
        tolerance = RELATIVE * through + self.slack.see(rows)[1]
        self._rows, self._open = rows, float(tolerance[-1])
        self._end = float(passed[-1]), abs(float(rows[CURRENT][-1] * rows.lasted[-1]))
        if self.cell.chosen.anode == "metal":
            plated = -self.cell.per_charge / self.cell.active * passed
            off = rows[LITHIUM] - self.cell.lithium - plated
            allowed = LENGTH_m + self.cell.per_charge / self.cell.active * tolerance
            self._metal.see(np.abs(off) - allowed, off * 1e6, rows)
        if not self.cell.ageing:
            spare = 1e-3 * (self.cell.fullest - self.cell.emptiest) + self._least_metal() + tolerance
            self._held.see(np.maximum(passed - self.cell.fullest, self.cell.emptiest - passed) - spare, passed, rows)

    def _least_metal(self) -> float:
        return LEAST_STRIPPED_m / self.cell.per_charge * self.cell.active if self.cell.per_charge else 0.0

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found of charge, and of capacity."""
        held = not_checked("capacity", "side reactions of an ageing cell take charge that is not recorded")
        if not self.cell.ageing:
            bound = f"{self.cell.emptiest:.6g} to {self.cell.fullest:.6g} C, net, from what the electrodes hold"
            held = self._held.finding("capacity", bound, outcome)
        return [self._charge(outcome), held]

    def _charge(self, outcome: Mapping[str, Any]) -> Finding:
        found = None
        if self.cell.chosen.anode == "metal":
            found = self._metal.finding("charge", "0 um between the metal and the integral of current", outcome)
        counted = outcome.get("discharge_capacity_Ah")
        if counted is None or self._rows is None or (found is not None and found.verdict == "violated"):
            return found or not_checked("charge", "neither metal nor a counted charge is recorded")
        last = self._end[1] if outcome.get("exit_code") == SIMULATION_FAILED else 0.0
        off = float(counted) * 3600 - self._end[0]
        worst = Worst()
        worst.put(abs(off) - self._open - last - 1e-9, off, self._rows, len(self._rows.time) - 1)
        end = worst.finding("charge", "0 C between the plant's own count and the integral of current")
        return end if found is None or end.verdict == "violated" else found


@dataclass
class Energy:
    """Energy: no cell gives out more than it stores, and what it loses is the heat that it shows.

    A cell that starts in equilibrium has lost, at any later time, what its charge held at rest less what came out of
    it: never less than nothing (gradients within its particles only add to what is lost). The heat of that loss warms
    the cell and passes on to its frame, which follows the room.
    """

    cell: Cell
    slack: Slack
    started_C: float
    _energy: LastLeftOut = field(default_factory=LastLeftOut)
    _heat: LastLeftOut = field(default_factory=LastLeftOut)
    _sums: Array = field(default_factory=lambda: np.zeros((4, 1)))
    _frame_C: float = field(init=False)
    _over_C: float = 0.0
    _last_V: float | None = None

    def __post_init__(self) -> None:
        self._frame_C = self.started_C

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        if self.cell.at_rest is None:
            return
        charges, volts, stored = self.cell.at_rest
        V, passed = rows[VOLTAGE], rows[CURRENT] * rows.lasted
        own, _ = self.slack.see(rows)
        at_rest = np.interp(rows.charge, charges, volts)
        moved = np.abs(np.diff(V, prepend=self._voltage(charges, volts))) * np.abs(passed)
        self._last_V = float(V[-1])
        lost = (at_rest - V) * passed
        warm, cool, unsure = self._warmth(rows)
        given = V * passed
        terms = np.array([
            given,
            np.abs(given) * ENERGY_SHARE + moved + own * np.abs(V),
            lost - cool,
            (np.abs(lost) + warm) * HEAT_SHARE + 2 * moved + own * np.abs(at_rest - V) + unsure,
        ])  # fmt: skip
        sums = self._sums + np.cumsum(terms, axis=1)
        self._sums = sums[:, -1:]
        energy = np.interp(rows.charge, charges, stored) - sums[0]
        self._energy.see(-energy - sums[1] - 1e-9, energy, rows)
        heat_capacity = self._heat_capacity
        kept = heat_capacity * (rows[SURFACE] - self.started_C)
        off = (kept - sums[2]) / heat_capacity
        self._heat.see(np.abs(off) - HEAT_K - sums[3] / heat_capacity, off, rows)

    def _voltage(self, charges: Array, volts: Array) -> float:
        """Voltage before the batch [V]: before the first row, that at rest."""
        return float(np.interp(0.0, charges, volts)) if self._last_V is None else self._last_V

    @property
    def _heat_capacity(self) -> float:
        return self.cell.values["Cell heat capacity per area [J.K-1.m-2]"] * self.cell.active

    @property
    def _transfer(self) -> float:
        return self.cell.values["Cell heat transfer coefficient [W.m-2.K-1]"] * self.cell.area

    def _warmth(self, rows: Rows) -> tuple[Array, Array, Array]:
        """Heat of each row [J]: passed on either way, given to the frame, and what its trapezoid leaves open."""
        frame = self._frames(rows)
        over = rows[SURFACE] - frame
        before = np.concatenate(([self._over_C], over[:-1]))
        self._over_C = float(over[-1])
        spread = np.abs(over) + np.abs(rows[AMBIENT] - frame)
        per_kelvin = self._transfer * np.abs(rows.lasted)
        return spread * per_kelvin, 0.5 * (over + before) * per_kelvin, 0.5 * np.abs(over - before) * per_kelvin

    def _frames(self, rows: Rows) -> Array:
        """The frame's temperature at each row [degC]: it nears the room's, which is constant in pieces."""
        room, tau = rows[AMBIENT], self.cell.values["Frame thermal time [s]"]
        edges = [0, *(np.flatnonzero(np.diff(room)) + 1).tolist(), len(room)]
        frame, at = np.empty(len(room)), self._frame_C
        for start, end in pairwise(edges):
            passed = np.cumsum(rows.lasted[start:end])
            frame[start:end] = room[start] + (at - room[start]) * np.exp(-passed / tau)
            at = float(frame[end - 1])
        self._frame_C = at
        return frame

    def findings(self, outcome: Mapping[str, Any]) -> list[Finding]:
        """What was found of energy, and of heat."""
        if self.cell.at_rest is None:
            return [not_checked(rule, self.cell.why_not) for rule in ("energy", "heat")]
        return [
            self._energy.finding("energy", "0 J or more lost since the start", outcome),
            self._heat.finding("heat", "0 K between the temperature and the heat that was lost", outcome),
        ]
