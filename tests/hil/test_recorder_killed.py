"""A run killed without warning leaves everything up to its last flush."""

import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from hil.columns import COLUMNS, DTYPE, TIME
from hil.log import journal_path, read, recover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

FLUSH_ROWS = 50

# Prints its progress each 10 rows: what it says it flushed must be there afterwards.
RUN = f"""
import sys
from pathlib import Path
from hil.columns import COLUMNS
from hil.recorder import Recorder

recorder = Recorder(Path(sys.argv[1]), {{"seed": 4}}, flush_rows={FLUSH_ROWS})
number = 0
while True:
    recorder.record(*(float(number) if column.code == "d" else number for column in COLUMNS))
    number += 1
    if number % 10 == 0:
        print(recorder.rows, flush=True)
"""


def record_until_killed(path, lines):
    """Kills a recording process once it has printed so many lines; the rows it had said were flushed."""
    said = 0
    command = [sys.executable, "-c", RUN, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            said = int(process.stdout.readline())
        process.kill()
        for line in process.stdout:  # what it printed before the signal reached it; the last line may be torn
            if line.endswith("\n"):
                said = int(line)
    assert process.returncode == -signal.SIGKILL
    return said


@pytest.mark.parametrize("seed", range(4))
def test_everything_up_to_the_last_flush_is_there(tmp_path, seed):
    path = journal_path(tmp_path / "run")
    said = record_until_killed(path, random.Random(seed).randint(1, 400))
    [log_file] = recover(path)
    log = read(log_file)
    count = len(log)
    assert count >= said
    assert count % FLUSH_ROWS == 0
    for column in COLUMNS:
        assert np.array_equal(log[column.name], np.arange(count, dtype=DTYPE[column.name]))
    assert log.metadata["seed"] == 4
    assert log.outcome["reason"] == "recovered"
    assert np.all(np.diff(log[TIME]) == 1)
    assert not path.exists()
