"""Makes the runs that are missing: here, over the machine's cores, or on a Dask cluster."""

import hashlib
import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from multiprocessing import get_context
from typing import Any

from hil.campaign.file import Campaign
from hil.campaign.plan import Draw
from hil.campaign.run_one import run_one
from hil.campaign.store import Store, code_sha256
from twin.errors import InputError
from twin.plant import Plant

LOOPBACK = "127.0.0.1"
WAIT_S = 10.0  # for a first worker
RETRIES = 5  # of a task whose worker died
AT_ONCE = 8  # runs of one task: few enough to share out, many enough to be worth sending

Results = list[dict[str, Any]]
Coming = Generator[dict[str, Any], None, None]


def execute(
    campaign: Campaign,
    draws: Sequence[Draw],
    store: Store,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> Results:
    """Results of all draws, in their order; those that ``store`` has are not made again.

    Parameters
    ----------
    workers
        Processes; one for each core when None, none but this when 1.
    scheduler
        Address of a Dask scheduler whose workers make the runs: `host:port`, or a port of this machine.
    progress
        Is told how many results there are, after each that comes.

    Raises
    ------
    twin.errors.InputError
        If the scheduler does not answer, or Dask is not installed.
    """
    missing = [draw for draw in draws if draw.key not in store.held]
    done = len(draws) - len(missing)
    if progress is not None:
        progress(done)
    if missing:
        _warm(campaign, engine)
        with closing(_made(campaign, missing, workers, scheduler, engine)) as coming:
            for result in coming:
                store.keep(result)
                done += 1
                if progress is not None:
                    progress(done)
    return [store.held[draw.key] for draw in draws]


def _made(campaign: Campaign, draws: Sequence[Draw], workers: int | None, scheduler: str | None, engine: str) -> Coming:
    if scheduler is not None:
        return _on_cluster(campaign, draws, scheduler, engine)
    count = min(workers or os.cpu_count() or 1, len(draws))
    if count == 1:
        return (run_one(campaign, draw, engine=engine).to_json() for draw in draws)
    return _over_cores(campaign, draws, count, engine)


def several(campaign: Campaign, draws: Sequence[Draw], engine: str, code: str) -> Results:
    """One task: results of a few draws, by the code that asks for them.

    Raises
    ------
    twin.errors.InputError
        If the sources here are others.
    """
    if code_sha256() != code:
        raise InputError(
            "a worker runs other code than this process: install the same isostack there, and start it anew"
        )
    return [run_one(campaign, draw, engine=engine).to_json() for draw in draws]


def _tasks(draws: Sequence[Draw]) -> list[Sequence[Draw]]:
    return [draws[i : i + AT_ONCE] for i in range(0, len(draws), AT_ONCE)]


def _over_cores(campaign: Campaign, draws: Sequence[Draw], workers: int, engine: str) -> Coming:
    # An interrupt is this process's to handle; spawned ones are the same on every system.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        for future in as_completed(
            [pool.submit(several, campaign, task, engine, code_sha256()) for task in _tasks(draws)]
        ):
            yield from future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_cluster(campaign: Campaign, draws: Sequence[Draw], scheduler: str, engine: str) -> Coming:
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as completed
    except ModuleNotFoundError:
        raise InputError("--scheduler needs Dask: pip install 'isostack[cluster]'") from None
    try:
        client = Client(address(scheduler), timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {scheduler}: no Dask scheduler answers there: {error}") from None
    code = code_sha256()
    name = hashlib.sha256(f"{campaign.sha256} {code}".encode()).hexdigest()
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
            futures = [
                client.submit(several, campaign, task, engine, code, key=f"{name}-{task[0].key}", retries=RETRIES)
                for task in _tasks(draws)
            ]
            for future in completed(futures, loop=client.loop):
                yield from future.result()
        except TimeoutError:
            raise InputError(f"--scheduler {scheduler}: it has no workers: start `dask worker {scheduler}`") from None
        except KilledWorker as error:
            raise InputError(f"--scheduler {scheduler}: workers die at it: {error.task}") from None


def address(scheduler: str) -> str:
    """A scheduler's address as Dask writes it; a bare port is of this machine, reached over loopback."""
    return f"tcp://{LOOPBACK}:{scheduler}" if scheduler.isdigit() else scheduler


def _warm(campaign: Campaign, engine: str) -> None:
    """Build every fixture's stepper once, before many processes ask for it."""
    for experiment in campaign.experiments.values():
        file = experiment.schema
        Plant.from_sections(file.cell, file.fixture, file.ambient, engine=engine)
