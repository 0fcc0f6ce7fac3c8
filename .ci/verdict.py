"""Judge a JUnit report: tests ran, none failed, and none was skipped without leave.

Leave is given by the reason's first words (ALLOWED); everything else must run on a Debian machine.
"""

import sys
import xml.etree.ElementTree as ET

ALLOWED = ("no RP2040 image",)


def why(skipped: ET.Element) -> str:
    """Why a test, or a whole file of them, was skipped."""
    message = str(skipped.get("message"))
    if message == "collection skipped":
        # pytest gives (file, line, "Skipped: why") as text.
        return str(skipped.text).partition("Skipped: ")[2]
    return message


def main(path: str) -> int:
    """Print the verdict and return the exit code."""
    cases = list(ET.parse(path).getroot().iter("testcase"))
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    skipped = [(c, c.find("skipped")) for c in cases]
    unexpected = [
        (c.get("classname"), c.get("name"), why(s))
        for c, s in skipped
        if s is not None and not why(s).startswith(ALLOWED)
    ]
    n_skipped = sum(s is not None for _, s in skipped)
    for where, name, reason in unexpected:
        print(f"skipped without leave: {where}::{name}: {reason}")
    print(f"{len(cases) - len(failed) - n_skipped} passed, {len(failed)} failed, {n_skipped} skipped")
    return int(bool(failed or unexpected or len(cases) == n_skipped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
