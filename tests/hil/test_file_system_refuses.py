"""Disk full, read-only folder, permission denied: one line, an exit code, and what was recorded is kept."""

import os
import subprocess

import pytest
from command_line import ALONE, BRIEF, DIE, PROGRAM, isostack, logs, sets
from evidence import FULL
from small_disks import OWN_DISKS, REASON, forbidden, on_disk

from hil.log import read
from hil.recorder import Recorder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file systems")
own_disk = pytest.mark.skipif(not OWN_DISKS, reason=REASON)

GOLDEN = DIE.parents[1] / "tests" / "golden" / "press.bdf.parquet"
CAMPAIGN = DIE.with_name("campaign.toml")
OFTEN = (*BRIEF, "log.flush_s=5.0")
ROWS_PER_FLUSH = 50
JOURNAL = "die_13mm.journal.arrows"

# How each command that keeps something is called, with the folder it keeps it in.
KEEPERS = {
    "run": lambda to: ["run", DIE, "--out", to, *sets(*OFTEN), "--engine", "vm"],
    "hil": lambda to: ["hil", DIE, "--board", "unix", "--out", to, *sets(*OFTEN), "--engine", "vm"],
    "compare": lambda to: ["compare", DIE, "--out", to, *sets(*OFTEN, "setpoint_MPa=4.9,5.0"), "--engine", "vm"],
    "bench": lambda to: ["bench", DIE, "--port", "/dev/null", "--out", to, *sets(ALONE)],
    "plot": lambda to: ["plot", GOLDEN, "--out", to / "figure.png"],
    "examples": lambda to: ["examples", "--to", to / "mine"],
    "firmware": lambda to: ["firmware", "build", "--board", "pico", "--out", to / "image"],
    "campaign": lambda to: ["campaign", CAMPAIGN, "--out", to, "--only", "link_cut", "--runs", "1", "--workers", "1"],
    "experiment": lambda to: ["experiment", "creep-rate", "--out", to],
    "validate": lambda to: ["validate", "creep", "--out", to],
}
RECORDERS = ["run", "hil", "compare"]
# Both refusals meet every command in `make evidence`; in `make test` they share them out.
READ_ONLY = list(KEEPERS) if FULL else ["run", "plot", "examples", "validate"]
FORBIDDEN = list(KEEPERS) if FULL else ["hil", "compare", "bench", "firmware", "campaign", "experiment"]


def said(ran, *words):
    """One line of refusal, exit code 2, no traceback."""
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.reason
    return ran


@own_disk
@pytest.mark.parametrize("command", READ_ONLY)
def test_a_read_only_folder_is_said_before_anything_runs(command):
    ran, files = on_disk("ro", KEEPERS[command])
    said(ran)
    assert (ran.out, files) == ("", {})


@pytest.mark.parametrize("command", FORBIDDEN)
def test_a_folder_one_may_not_write_to_is_said_before_anything_runs(command):
    assert said(forbidden(KEEPERS[command])).out == ""


@own_disk
@pytest.mark.parametrize("command", RECORDERS if FULL else ["hil", "compare"])
def test_a_disk_that_fills_up_in_mid_run_keeps_every_row_flushed(command, tmp_path):
    """The journal is cut back to its last whole batch, and `recover` reads all of it."""
    ran, files = on_disk("size=160k", KEEPERS[command])
    said(ran, "the disk is full", "recover")
    journals = [name for name in files if name.endswith(".journal.arrows")]
    assert journals
    assert not [name for name in files if name.endswith((".parquet", ".png", ".part"))]
    counts = []
    for name in journals:
        (tmp_path / name).write_bytes(files[name])
        assert isostack("recover", tmp_path / name).code == 0
        log = read(tmp_path / name.replace(".journal.arrows", ".bdf.parquet"))
        counts.append(len(log))
        assert log.outcome["unread_bytes"] == 0
        assert len(log) % ROWS_PER_FLUSH == 0
    assert max(counts) >= 2 * ROWS_PER_FLUSH


@own_disk
def test_a_disk_too_full_for_the_header_leaves_nothing_in_the_way():
    """Pins: an empty journal was left, which could not be recovered and kept the next run from starting."""
    ran, files = on_disk("size=4k", KEEPERS["run"])
    said(ran, "the disk is full", "try again")
    assert files == {}


@own_disk
def test_a_disk_too_full_for_the_log_keeps_the_journal(tmp_path):
    """The run is over, its log has no room beside the journal: nothing under the final name, the journal whole."""
    ran, files = on_disk("size=312k", KEEPERS["run"])
    said(ran, "cannot write the log", "the disk is full")
    assert list(files) == [JOURNAL]
    (tmp_path / JOURNAL).write_bytes(files[JOURNAL])
    assert isostack("recover", tmp_path).code == 0
    assert read(tmp_path / "die_13mm.bdf.parquet").outcome["reason"] == "protocol complete"


@own_disk
def test_a_disk_too_full_for_the_figure():
    ran, files = on_disk("size=40k", KEEPERS["plot"])
    said(ran, "cannot write the figure", "the disk is full")
    assert files == {}


def test_a_figure_that_cannot_be_written_does_not_cost_the_log(tmp_path):
    (tmp_path / "die_13mm.png").mkdir()
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*BRIEF))
    said(ran, "die_13mm.png")
    assert logs(tmp_path) == ["die_13mm.bdf.parquet", "die_13mm.png"]
    assert read(tmp_path / "die_13mm.bdf.parquet").outcome["exit_code"] == 0


@pytest.fixture(params=["", "1"], ids=["kept back", "at once"])
def buffered(request):
    """Python keeps output back unless it is told not to; what refuses it is met at another place."""
    return {"PYTHONUNBUFFERED": request.param}


def told_to(output, *words, **environment):
    """A command that writes to ``output``."""
    return subprocess.run(
        [PROGRAM, *words],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | environment,
    )


@pytest.mark.parametrize("words", [["--help"], ["replay", GOLDEN, "--json"], *([["check", DIE]] if FULL else [])])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_an_output_that_takes_no_more_is_one_line(words, buffered):
    """Pins: a traceback, and exit code 1, which means that a replay differs; or 120, where output is kept back."""
    with open("/dev/full", "w") as full:
        done = told_to(full, *words, **buffered)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "standard output: cannot be written: No space left on device; logs and figures named above are whole"
    ]


def test_a_reader_that_has_gone_is_told_apart_from_a_replay_that_differs(buffered):
    """Pins: `isostack replay LOG --json | head -0` ended with 1, as a replay that differs does."""
    reader, writer = os.pipe()
    os.close(reader)
    done = told_to(writer, "replay", GOLDEN, "--json", **buffered)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_of_several_journals_one_that_is_none_does_not_cost_the_others(tmp_path):
    """Pins: the others were left unrecovered where the first by name was damaged."""
    (tmp_path / "a.journal.arrows").write_bytes(b"")
    recorder = Recorder(tmp_path / "b.journal.arrows", {"seed": 1})
    recorder.abandon()
    ran = said(isostack("recover", tmp_path), "a.journal.arrows", "remove it", "b.bdf.parquet")
    assert len(ran.lines) == 1
    assert logs(tmp_path)[:2] == ["a.journal.arrows", "b.bdf.parquet"]
