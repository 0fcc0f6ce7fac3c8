"""Places that refuse: a disk with so much room, a read-only one, and a user who may not write."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from command_line import PROGRAM, Ran

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
OWN_DISKS = shutil.which("unshare") and os.geteuid() == 0
REASON = "no disks of one's own: needs root and unshare"

# Within a mount namespace of its own, so that nothing of it is left: mount, run, and keep what lies there.
IN_NAMESPACE = """
mount -t tmpfs -o "$1" none "$2" || exit 99
place="$2"; kept="$3"; shift 3
"$@"
code=$?
cp -a "$place/." "$kept/"
exit $code
"""


@contextmanager
def folders(*names):
    """Folders that any user may look into (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        made = [Path(top) / name for name in names]
        for path in made:
            path.mkdir()
        yield made


def ran(command, **keys):
    """The program, in a process of its own."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **keys)
    return Ran(done.returncode, done.stdout, done.stderr)


def on_disk(option, words):
    """`isostack`, its words called with the folder of a disk mounted with ``option``; and a copy of what is there."""
    with folders("disk", "kept") as (disk, kept):
        command = ["unshare", "-m", "sh", "-c", IN_NAMESPACE, "sh", option, str(disk), str(kept)]
        result = ran([*command, str(PROGRAM), *map(str, words(disk))])
        assert result.code != 99, result.err
        files = {path.name: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    return result, files


def without_privilege():
    """Before the program starts: root is asked no permission, unless it gives up the capabilities that say so."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "capability not given up")


def forbidden(words):
    """`isostack` by a user who may look into a folder but not write there."""
    with folders("closed") as (closed,):
        os.chmod(closed, 0o555)
        result = ran([str(PROGRAM), *map(str, words(closed))], preexec_fn=without_privilege)
        assert list(closed.iterdir()) == []
    return result
