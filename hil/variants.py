"""The same cell in other fixtures: what a run is compared with."""

from dataclasses import replace

from hil.experiment_file import Experiment
from twin.files import FixtureSection

LABELS = {
    "actuator_locked": "actuator locked",
    "fixed_gap": "fixed gap",
    "spring": "spring frame, same spring",
    "pneumatic": "pneumatic press",
}
SHOP_AIR_Pa = 6e5  # the press that stands in where a file describes none: sized for ordinary compressed air


def variant(experiment: Experiment, name: str) -> Experiment:
    """Return ``experiment`` in the fixture called ``name`` (see `LABELS`), with nothing controlling it."""
    file = experiment.schema
    fixture = file.fixture if name == "actuator_locked" else _fixture(experiment, name)
    passive = file.model_copy(
        update={
            "fixture": fixture,
            "control": file.control.model_copy(update={"enabled": False}),
            "actuator": file.actuator.model_copy(update={"kind": "none"}),
            "run": file.run.model_copy(update={"tick_s": file.compare.tick_s}),
        }
    )
    return replace(experiment, schema=passive)


def _fixture(experiment: Experiment, kind: str) -> FixtureSection:
    here = experiment.schema.fixture
    changes: dict[str, object] = {"kind": kind}
    if kind == "fixed_gap":
        changes["spring_N_per_mm"] = None
    if kind == "pneumatic" and here.piston_cm2 is None:
        area = experiment.schema.cell.area_m2
        changes["piston_cm2"] = min(max(here.preload_MPa * 1e6 * area / SHOP_AIR_Pa * 1e4, 0.1), 10000.0)
    return FixtureSection.model_validate({**here.model_dump(), **changes})
