"""The same cell in other fixtures: what a run is compared with."""

from dataclasses import replace

from hil.experiment_file import Experiment
from twin.design.cell_mass import cell_of
from twin.files import NEEDED, TOLERATED, FixtureSection

LABELS = {
    "actuator_locked": "actuator locked",
    "fixed_gap": "fixed gap",
    "spring": "spring frame, same spring",
    "pneumatic": "pneumatic press",
    "pneumatic_closed": "sealed gas",
    "hydraulic": "trapped oil",
    "isostatic": "isostatic vessel",
}
SHOP_AIR_Pa = 6e5  # the press that stands in where a file describes none: sized for ordinary compressed air
GAS_HEIGHT_m = 0.05  # of a sealed gas over its piston
OIL_HEIGHT_m = 0.01  # of a trapped liquid under its piston
ROOM = 1.3  # an isostatic vessel over the cell in its pouch


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
    for key, kinds in NEEDED.items():
        if kind not in (*kinds, *TOLERATED.get(key, ())):
            changes[key] = None
    if kind not in NEEDED["spring_N_per_mm"]:
        changes["spring_ageing"] = "none"
    changes["supply"] = "regulated" if kind == "isostatic" else "trapped"
    changes |= {key: value for key, value in _sizes(experiment, kind).items() if getattr(here, key) is None}
    return FixtureSection.model_validate({**here.model_dump(), **changes})


def _sizes(experiment: Experiment, kind: str) -> dict[str, float]:
    """What a fixture of ``kind`` needs and the file may not say: piston [cm2] and volumes [cm3]."""
    fixture, cell = experiment.schema.fixture, experiment.schema.cell
    piston = fixture.piston_cm2 or min(max(fixture.preload_MPa * 1e6 * cell.area_m2 / SHOP_AIR_Pa * 1e4, 0.1), 10000.0)
    sizes = {
        "piston_cm2": piston,
        "gas_cm3": piston * GAS_HEIGHT_m * 100,
        "fluid_cm3": piston * OIL_HEIGHT_m * 100,
        "vessel_cm3": max(ROOM * cell_of(cell).volume * 1e6, 0.01),
    }
    return {key: value for key, value in sizes.items() if kind in NEEDED[key]}
