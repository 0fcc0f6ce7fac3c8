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


def _found(*patterns: str) -> list[str]:
    """Files that match, each once, in the order of the patterns."""
    paths = [p for pattern in patterns for p in sorted(ROOT.glob(pattern))]
    return list(dict.fromkeys(str(p.relative_to(ROOT)) for p in paths))


def targets() -> list[Target]:
    """The controller, and both ends' parser of the link."""
    # Fewer tests than there are, which is stricter: simulations and adversarial sequences of the controller, which take
    # ten times as long, may notice more, and are not asked.
    controller = _found(
        "tests/property/test_controller_reach.py",
        "tests/unit/test_safe_output.py",
        "tests/property/test_controller_errands.py",
        "tests/property/test_controller_exact.py",
        "tests/property/test_controller_*_exact.py",
    )
    link = _found("tests/conformance/test_link_vectors.py", "tests/unit/test_link_*.py", "tests/property/test_link.py")
    return [
        Target("controller", tuple(_found("controller/*.py")), tuple(controller)),
        Target("link", ("firmware/link.py", "hil/link.py"), tuple(link)),
    ]
