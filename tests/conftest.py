"""What tests of the twin share: plants by fixture and keys of the file, on steppers built once per session."""

from collections.abc import Callable
from functools import cache as remembered
from typing import Any

import evidence
import pytest

from twin import cache, resolve
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.plant import Plant

SPECIAL: dict[str, dict[str, Any]] = {
    "fixed_gap": {},
    "spring": {"spring_N_per_mm": 2000.0},
    "actuated_spring": {"spring_N_per_mm": 2000.0},
    "pneumatic": {"piston_cm2": 10.0},
    "pneumatic_closed": {"piston_cm2": 10.0, "gas_cm3": 50.0},
    "hydraulic": {"piston_cm2": 10.0, "fluid_cm3": 50.0},
    "isostatic": {"vessel_cm3": 50.0},
}


@remembered
def _stepper(options: tuple[tuple[str, str], ...], engine: str) -> cache.Stepper:
    return cache.stepper(dict(options), "NMC811_LPSCl_Li", engine=engine)


def _plant(
    kind: str = "fixed_gap",
    *,
    engine: str = "auto",
    options: dict[str, str] | None = None,
    values: dict[str, float] | None = None,
    **keys: Any,
) -> Plant:
    """A 13 mm die in a fixture of ``kind``; other keys as in a file, in whichever section knows them."""
    if not keys.keys() & {"area_cm2", "diameter_mm"}:
        keys["diameter_mm"] = 13.0
    given = {"kind": kind, **SPECIAL[kind], **keys}
    sections = [
        section.model_validate({k: v for k, v in given.items() if k in section.model_fields})
        for section in (CellSection, FixtureSection, AmbientSection)
    ]
    cell, fixture, ambient = sections
    chosen = {**resolve.options_of(cell, fixture), **(options or {})}
    parameters = {**resolve.values_of(cell, fixture, ambient), **(values or {})}
    return Plant(_stepper(tuple(sorted(chosen.items())), engine), parameters)


@pytest.fixture(scope="session")
def plant_of() -> Callable[..., Plant]:
    return _plant


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests measured, as a table."""
    lines = evidence.table(terminalreporter.getreports("passed") + terminalreporter.getreports("failed"))
    if lines:
        terminalreporter.section("evidence" if evidence.FULL else "evidence, a tenth of it (all: make evidence)")
        for line in lines:
            terminalreporter.write_line(line)
