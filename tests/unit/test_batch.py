"""Several runs at once: results in the order of the jobs, progress of each, and errors that come out."""

from pathlib import Path

import pytest

from hil.batch import Job, run_all
from hil.journal import LogError
from twin.errors import InputError

DIE = Path(__file__).parents[2] / "examples" / "die_13mm.toml"
BRIEF = (
    "cell.state_of_charge=0.5",
    "protocol.steps.0.for_h=0.01",
    "protocol.steps.1.rest_h=0.005",
    "protocol.steps.2.for_h=0.005",
)


def job(folder, name, *overrides, fixture=None, path=DIE):
    return Job(path, (*BRIEF, *overrides), fixture, folder, name, name, False)


class Bars:
    def __init__(self):
        self.shares = {}

    def __call__(self, number, done):
        self.shares.setdefault(number, []).append(done)


def test_one_job_runs_here(tmp_path):
    bars = Bars()
    [finished] = run_all([job(tmp_path, "one")], bars)
    assert finished.outcome.code == 0
    assert finished.logs == (tmp_path / "one.bdf.parquet",)
    assert bars.shares[0][-1] == 1.0


def test_results_come_in_the_order_of_the_jobs(tmp_path):
    """The first is the longest, and still the first."""
    jobs = [
        job(tmp_path, "a", "protocol.steps.1.rest_h=0.2"),
        job(tmp_path, "b", "run.seed=2"),
        job(tmp_path, "c", fixture="fixed_gap"),
    ]
    bars = Bars()
    finished = run_all(jobs, bars)
    assert [done.log().metadata["label"] for done in finished] == ["a", "b", "c"]
    assert finished[1].log().metadata["seed"] == 2
    assert finished[2].log().metadata["resolved"]["fixture"]["kind"] == "fixed_gap"
    assert set(bars.shares) == {0, 1, 2}
    for shares in bars.shares.values():
        assert all(0 <= share <= 1 for share in shares)


def test_beside_or_alone_a_job_gives_the_same_bytes(tmp_path):
    alone = run_all([job(tmp_path / "alone", "x")], Bars())[0].logs[0]
    beside = run_all([job(tmp_path / "beside", "y"), job(tmp_path / "beside", "x")], Bars())[1].logs[0]
    assert alone.read_bytes() == beside.read_bytes()


@pytest.mark.parametrize("bad", [0, 1])
def test_what_a_job_raises_comes_out_and_the_others_are_finished(tmp_path, bad):
    jobs = [job(tmp_path, "good"), job(tmp_path, "good2")]
    jobs[bad] = job(tmp_path, "bad", path=tmp_path / "nowhere.toml")
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        run_all(jobs, Bars())
    assert not list(tmp_path.glob("bad*"))
    assert not list(tmp_path.glob("*.journal.arrows"))


def test_a_place_is_checked_without_running(tmp_path):
    job(tmp_path / "new", "x").check_place()
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "new" / "x.bdf.csv").write_text("mine")
    with pytest.raises(LogError, match="--force"):
        job(tmp_path / "new", "x").check_place()
