"""The command line as a user meets it: what goes in, and what comes out of it."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hil.cli import main
from hil.columns import DTYPE, NAMES
from hil.log import read

EXAMPLES = Path(__file__).parents[2] / "examples"
DIE, POUCH = EXAMPLES / "die_13mm.toml", EXAMPLES / "pouch_5x5cm.toml"
PROGRAM = Path(sys.executable).with_name("isostack")

# A minute of each step, and nothing beside it: the shortest run that has every part.
SHORT = ("protocol.steps.0.for_h=0.02", "protocol.steps.1.rest_h=0.005", "protocol.steps.2.for_h=0.01")
ALONE = "compare.fixtures=[]"
# Half charged, so that no step meets a voltage limit.
HALF = "cell.state_of_charge=0.5"
BRIEF = (*SHORT, ALONE, HALF)


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()

    @property
    def reason(self) -> str:
        """The last line on stderr."""
        return self.lines[-1]

    @property
    def figures(self) -> dict:
        return json.loads(self.out)


def isostack(*words) -> Ran:
    """One command, in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["isostack", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv = before
    return Ran(int(code), out.getvalue(), err.getvalue())


def sets(*items: str) -> list[str]:
    """``--set`` before each item."""
    return [word for item in items for word in ("--set", item)]


def rows(path: Path) -> np.ndarray:
    """Every row of a log, shape (n,), one field per column."""
    log = read(path)
    table = np.empty(len(log), DTYPE)
    for name in NAMES:
        table[name] = log[name]
    return table


def logs(folder: Path) -> list[str]:
    """What lies in a folder under a final name or any other; nothing when there is no folder."""
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []
