"""What is mutated, and the tests that have to notice: the quick ones first."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """Files to mutate and files of tests, as paths from the root."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


def _target(name: str, sources: str, *tests: str) -> Target:
    """A target of sources in one folder, by their names without suffix."""
    folder, _, names = sources.rpartition("/")
    return Target(name, tuple(f"{folder}/{part}.py" for part in names.split()), tests)


REACH = "tests/property/test_controller_reach.py"
ERRANDS = "tests/property/test_controller_errands.py"
ROT = "tests/property/test_controller_record_rot.py"
SAFE = "tests/unit/test_safe_output.py"
CODES = "tests/unit/test_contract_codes.py"
APP = "tests/unit/test_firmware_app.py"
MACHINE = "tests/unit/test_drivers_machine.py"
SMALL = "tests/unit/test_drivers_small.py"
EXACT = "tests/property/test_controller{}_exact.py"


def targets() -> list[Target]:
    """The controller, the firmware that needs no pins, both ends' parser of the link, cycler and sensors of the twin.

    Fewer tests than there are judge each file, which is stricter: simulations and adversarial sequences of the whole
    controller take ten times as long, may notice more, and are not asked.
    """
    link = ("tests/conformance/test_link_vectors.py", "tests/property/test_link.py")
    return [
        _target("filter", "controller/safety", REACH, EXACT.format("_filter")),
        _target("law", "controller/law clamp", REACH, EXACT.format("_law")),
        _target("response", "controller/response policy", EXACT.format("_response"), EXACT.format("")),
        _target("record", "controller/configuration scale", REACH, EXACT.format("_record")),
        _target("controller", "controller/controller core manual", REACH, ERRANDS, EXACT.format(""), ROT),
        _target("names", "controller/__init__ fields frames vocabulary", CODES, REACH, SAFE, EXACT.format("")),
        _target("board's link", "firmware/link", *link),
        _target("host's link", "hil/link", *link),
        _target("app", "firmware/app", APP),
        _target("store", "firmware/store", "tests/unit/test_firmware_store.py", APP),
        _target("machine", "firmware/machine", MACHINE, "tests/unit/test_shipped_wiring.py"),
        _target("load cell", "firmware/drivers/hx711", "tests/unit/test_drivers_hx711.py"),
        _target("motor", "firmware/drivers/stepper", "tests/unit/test_drivers_stepper.py", MACHINE),
        _target("small drivers", "firmware/drivers/current_sense permits regulator switches watchdog", SMALL),
        _target("cycler", "hil/cycler", "tests/unit/test_cycler.py"),
        _target("sensors", "hil/sensors", "tests/unit/test_sensors.py"),
    ]  # fmt: skip
