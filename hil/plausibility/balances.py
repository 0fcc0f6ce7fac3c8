"""Rules on a whole run: charge, energy and heat that go in come out, or stay where the log can show them.

Each keeps running sums over the rows. A row's current is the mean over its tick, its voltage that at the end
of the tick. What that leaves open of energy and heat is bounded by how far the voltage moved, and summed as
slack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from hil.columns import AMBIENT, CURRENT, CYCLE, LITHIUM, STEP_ID, SURFACE, VOLTAGE
from hil.plausibility.cell import Cell, LEAST_STRIPPED_m
from hil.plausibility.findings import Array, Finding, Rows, Worst, not_checked

RELATIVE: Final = 1e-6  # of all charge that passed: rounding over millions of ticks, and the stepper's own
LENGTH_m: Final = 1e-12
ENERGY_SHARE: Final = 1e-4  # of all energy that passed
HEAT_SHARE: Final = 1e-3  # of all heat that was made or passed on
HEAT_K: Final = 1e-3
FIRST: Final = 20.0  # times as much in the first tick: a contact that was never pressed takes its pressure in it
SIMULATION_FAILED: Final = 4


@dataclass
class OneLater:
    """The worst row, each judged with the slack of the row after it: a step that ends within a tick shows there.

    The last row is left out where the simulation failed: it stopped within that tick.
    """

    _worst: Worst = field(default_factory=Worst)
    _last: tuple[float, float, float, Rows] | None = None

    def see(self, beyond: Array, slack: Array, values: Array, rows: Rows) -> None:
        """``beyond``: how far each row's value is beyond its bound; ``slack``: by how much it may be, so far."""
        if self._last is not None:
            before, _, value, there = self._last
            self._worst.put(_known(before - slack[0]), value, there, len(there.time) - 1)
        if len(beyond) > 1:
            self._worst.see(beyond[:-1] - slack[1:], values[:-1], rows)
        self._last = float(beyond[-1]), float(slack[-1]), float(values[-1]), rows

    def finding(self, rule: str, bound: str, outcome: Mapping[str, Any]) -> Finding:
        """What it comes to."""
        if self._last is not None and outcome.get("exit_code") != SIMULATION_FAILED:
            beyond, slack, value, there = self._last
            self._worst.put(_known(beyond - slack), value, there, len(there.time) - 1)
        elif self._worst.row is None:
            return not_checked(rule, "the simulation failed within the first row")
        return self._worst.finding(rule, bound)


def _known(excess: float) -> float:
    return np.inf if np.isnan(excess) else excess


@dataclass
class Charge:
    """Charge is the integral of current: in the metal's thickness at each row, in the plant's own count at the end.

    And no more of it can pass than the electrodes hold.
    """

    cell: Cell
    _metal: Worst = field(default_factory=Worst)
    _held: Worst = field(default_factory=Worst)
    _through: float = 0.0
    _rows: Rows | None = None

    def see(self, rows: Rows) -> None:
        """Take the next rows."""
        passed = rows.charge
        through = self._through + np.cumsum(np.abs(rows[CURRENT] * rows.lasted))
        self._through = float(through[-1])
        tolerance = RELATIVE * through
        self._rows = rows
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
            held = self._held.finding("capacity", bound)
        return [self._charge(outcome), held]

    def _charge(self, outcome: Mapping[str, Any]) -> Finding:
        found = None
        if self.cell.chosen.anode == "metal":
            found = self._metal.finding("charge", "0 um between the metal and the integral of current")
        counted = outcome.get("discharge_capacity_Ah")
        if counted is None or self._rows is None or (found is not None and found.verdict == "violated"):
            return found or not_checked("charge", "neither metal nor a counted charge is recorded")
        off = float(counted) * 3600 - float(self._rows.charge[-1])
        worst = Worst()
        worst.put(abs(off) - RELATIVE * self._through - 1e-9, off, self._rows, len(self._rows.time) - 1)
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
    started_C: float
    most_A: float
    _energy: OneLater = field(default_factory=OneLater)
    _heat: OneLater = field(default_factory=OneLater)
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
        at_rest = np.interp(rows.charge, charges, volts)
        lost, given = (at_rest - V) * passed, V * passed
        slack = self._slack(rows)
        warm, cool, unsure = self._warmth(rows)
        terms = np.array([
            given,
            np.abs(given) * ENERGY_SHARE + slack,
            lost - cool,
            (np.abs(lost) + warm) * HEAT_SHARE + 2 * slack + unsure,
        ])  # fmt: skip
        sums = self._sums + np.cumsum(terms, axis=1)
        self._sums = sums[:, -1:]
        spent = sums[0] - np.interp(rows.charge, charges, stored)
        self._energy.see(spent, sums[1] + 1e-9, -spent, rows)
        off = rows[SURFACE] - self.started_C - sums[2] / self._heat_capacity
        self._heat.see(np.abs(off), sums[3] / self._heat_capacity + HEAT_K, off, rows)

    def _slack(self, rows: Rows) -> Array:
        """Energy of each row that its mean current and its last voltage leave open [J].

        Where a step of the protocol ends within a tick, the parts of the tick may have carried all that the protocol
        draws, from one cut-off to the other.
        """
        charges, volts, _ = self.cell.at_rest or (np.zeros(1),) * 3
        V = rows[VOLTAGE]
        flowed = np.maximum(np.abs(rows[CURRENT]), np.abs(rows.previous(CURRENT)))
        before = float(np.interp(0.0, charges, volts)) if self._last_V is None else self._last_V
        self._last_V = float(V[-1])
        moved = np.abs(np.diff(V, prepend=before))
        ends = (rows.change(STEP_ID) != 0) | (rows.change(CYCLE) != 0)
        apart = np.maximum(flowed, self.most_A) * (self.cell.upper_V - self.cell.lower_V)
        if rows.first == 0:
            ends[0] = True
            apart[0] *= FIRST
        return np.where(ends, apart, flowed * moved) * np.abs(rows.lasted)

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
