"""A campaign on a real Dask cluster on loopback: one of its two workers is killed, and the table is the same."""

import signal
import subprocess
import sys

import pytest
from campaigns import written

from hil.campaign.execute import address, execute
from hil.campaign.file import read
from hil.campaign.plan import plan
from hil.campaign.store import Store

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'isostack[cluster]'")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
HERE = "127.0.0.1"
PATIENCE_S = 60


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers' processes."""
    place = tmp_path / "scheduler.json"
    common = ("--host", HERE, "--scheduler-file", str(place))
    processes = [started("scheduler", *common, "--port", "0", "--no-dashboard")]
    try:
        for name in ("one", "two"):
            words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--name", name)
            processes.append(started("worker", *common, *words, "--local-directory", str(tmp_path / name)))
        with distributed.Client(scheduler_file=str(place), timeout=PATIENCE_S, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=PATIENCE_S)
            found = client.scheduler.address
        yield found, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def test_a_killed_worker_changes_nothing(cluster, tmp_path):
    campaign = read(written(tmp_path))
    draws = plan(campaign)
    with Store(tmp_path / "here", campaign) as store:
        here = execute(campaign, draws, store, workers=1)
    found, workers = cluster
    killed = []

    def kill_one(done):
        if done >= 1 and not killed:
            killed.append(done)
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()

    with Store(tmp_path / "there", campaign) as store:
        assert execute(campaign, draws, store, scheduler=found, progress=kill_one) == here
    assert killed
    assert killed[0] < len(draws) // 2
    assert workers[1].poll() is None


def test_a_bare_port_is_of_this_machine():
    assert address("8786") == "tcp://127.0.0.1:8786"
    assert address("tcp://far.example:8786") == "tcp://far.example:8786"
