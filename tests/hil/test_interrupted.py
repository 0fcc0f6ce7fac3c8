"""A run that is killed or interrupted leaves a journal, nothing under a final name, and its rows are recovered."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from command_line import ALONE, DIE, HALF, PROGRAM, isostack, logs, rows, sets

from hil.log import read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

JOURNAL, LOG = "die_13mm.journal.arrows", "die_13mm.bdf.parquet"
ENOUGH = 1_000_000  # bytes: some thousand rows
LOOKS = 6000  # how often at most the journal is looked at, 20 ms apart
START = (ALONE, HALF, "protocol.steps.0.for_h=0.1", "log.flush_s=5.0")
# It would go on for a year: whatever the machine is doing, the run is under way when the signal comes.
ENDLESS = (*START, "protocol.steps.1.rest_h=10000.0")


@pytest.fixture(autouse=True, scope="module")
def heard():
    """A shell starts what it sends to the background deaf to SIGINT, and what that starts inherits it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(folder, by):
    """Start a run that does not end, and send it a signal once its journal has grown."""
    command = [PROGRAM, "run", DIE, "--out", folder, *sets(*ENDLESS)]
    journal = folder / JOURNAL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(LOOKS):
            if journal.exists() and journal.stat().st_size > ENOUGH:
                break
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        process.send_signal(by)
        try:
            out, err = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()  # it would fill the disk
            raise
    return process.returncode, out, err


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The rows of the same start, run to an end."""
    folder = tmp_path_factory.mktemp("whole")
    assert isostack("run", DIE, "--out", folder, *sets(*START, "protocol.steps.2.for_s=1.0")).code == 0
    return rows(folder / LOG)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    code, _, _ = interrupted(folder, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert logs(folder) == [JOURNAL]
    return folder


def test_a_journal_can_be_looked_at_before_it_is_recovered(killed, tmp_path):
    ran = isostack("plot", killed / JOURNAL, "--out", tmp_path / "so_far.png")
    assert ran.code == 0
    assert logs(tmp_path) == ["so_far.png"]


def test_a_new_run_does_not_write_over_the_journal(killed):
    before = (killed / JOURNAL).read_bytes()
    ran = isostack("run", DIE, "--out", killed, *sets(*START))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "recover" in ran.reason
    assert (killed / JOURNAL).read_bytes() == before


def test_recovered_rows_begin_the_uninterrupted_run(killed, uninterrupted):
    ran = isostack("recover", killed, "--csv")
    assert ran.code == 0
    assert logs(killed) == ["die_13mm.bdf.csv", "die_13mm.bdf.csv.metadata.json", LOG]
    found = rows(killed / LOG)
    assert len(found) * found.dtype.itemsize > ENOUGH / 2
    assert len(found) % 50 == 0  # whole flushes of five seconds
    shared = min(len(found), len(uninterrupted))
    assert np.array_equal(found[:shared], uninterrupted[:shared])
    log = read(killed / LOG)
    assert log.outcome["reason"] == "recovered"
    assert log.metadata["seed"] == 1
    # What is whole is not recovered twice.
    again = isostack("recover", killed)
    assert (again.code, len(again.lines)) == (2, 1)


def test_an_interrupt_ends_with_130_and_keeps_every_row(tmp_path, uninterrupted):
    code, out, err = interrupted(tmp_path, signal.SIGINT)
    assert code == 130
    assert out == ""
    assert "Traceback" not in err
    assert "isostack recover" in err.splitlines()[-1]
    assert logs(tmp_path) == [JOURNAL]
    assert isostack("recover", tmp_path / JOURNAL).code == 0
    assert logs(tmp_path) == [LOG]
    found = rows(tmp_path / LOG)
    shared = min(len(found), len(uninterrupted))
    assert np.array_equal(found[:shared], uninterrupted[:shared])


def test_the_journal_of_a_running_run_is_left_alone(tmp_path):
    command = [PROGRAM, "run", DIE, "--out", tmp_path, *sets(*ENDLESS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(LOOKS):
                if (tmp_path / JOURNAL).exists() and (tmp_path / JOURNAL).stat().st_size > ENOUGH:
                    break
                try:
                    process.wait(timeout=0.02)
                except subprocess.TimeoutExpired:
                    continue
                break
            ran = isostack("recover", tmp_path)
        finally:
            process.kill()
            process.communicate()
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "still writing" in ran.reason
    assert logs(tmp_path) == [JOURNAL]
