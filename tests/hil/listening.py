"""What a command and every Python process it starts bind to: an audit hook that each of them puts in at its start."""

import json
import os
import subprocess
from pathlib import Path

from command_line import PROGRAM

# Python runs this before anything else where it is on the path; each event is one line, appended whole.
HOOK = """
import json, os, stat, sys

def heard(event, arguments):
    if event in ("socket.bind", "socket.connect"):
        address = arguments[1]
        line = {"event": event, "address": address if isinstance(address, (str, list, tuple)) else repr(address)}
        if isinstance(address, str):
            folder = os.stat(os.path.dirname(address) or ".")
            line |= {"mode": stat.S_IMODE(folder.st_mode), "owner": folder.st_uid}
        with open(os.environ["HEARD"], "a") as file:
            file.write(json.dumps(line) + "\\n")

sys.addaudithook(heard)
"""


def heard_by(folder: Path, command, **environment):
    """The events of a command and its children, and how it ended."""
    (folder / "sitecustomize.py").write_text(HOOK)
    heard = folder / "heard"
    heard.touch()
    done = subprocess.run(
        [*map(str, command)],
        env={**os.environ, "PYTHONPATH": str(folder), "HEARD": str(heard), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [json.loads(line) for line in heard.read_text().splitlines()], done


def isostack_heard(folder, *words):
    return heard_by(folder, [PROGRAM, *words])
