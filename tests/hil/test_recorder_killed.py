"""A run killed without warning leaves everything up to its last flush."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from evidence import amount

from hil.columns import COLUMNS, DTYPE, TIME
from hil.journal import Journal, packed
from hil.log import LogError, journal_path, read, recover

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


@pytest.mark.parametrize("seed", range(2))
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


def test_everything_up_to_the_last_flush_is_there_wherever_the_kill_comes(tmp_path, record_property):
    """SIGKILL at 300 random moments (30 in `make test`): between rows, and after any byte of a write."""
    moments = amount(300)
    command = [sys.executable, str(Path(__file__).with_name("killed_recorder.py"))]
    words = [tmp_path, FLUSH_ROWS, 500, 20261125, moments]
    done = subprocess.run([*command, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True)
    said = [int(line) for line in done.stdout.split()]
    assert len(said) == moments
    counts = [rows_of(journal_path(tmp_path / f"{number:03}"), whole=number % 10 == 0) for number in range(moments)]
    lost = sum(max(0, flushed - count) for flushed, count in zip(said, counts, strict=True))
    record_property("figure", ("recorder killed: moments, flushed rows lost", f"{moments}, {lost}", "0 lost"))
    assert lost == 0
    assert len(set(counts)) > 4
    assert counts.count(0) < moments / 2


def rows_of(path, whole):
    """Rows of a killed recorder's journal, nothing invented; 0 where it was killed before its header was written."""
    try:
        journal = Journal(path)
    except LogError:
        return 0
    rows = np.concatenate([np.empty(0, DTYPE), *map(packed, journal.batches())])
    journal.close()
    assert len(rows) % FLUSH_ROWS == 0
    for column in COLUMNS:
        assert np.array_equal(rows[column.name], np.arange(len(rows), dtype=DTYPE[column.name]))
    if whole:
        [log] = recover(path)
        assert len(read(log)) == len(rows)
    return len(rows)
