"""Several runs at once, over the machine's cores, with their progress brought together."""

import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from hil.experiment_file import Experiment, load
from hil.run import Finished, execute, free_place
from hil.variants import variant

POLL_S = 0.1  # how often the display of progress looks; nothing of a run depends on it

Progress = Callable[[int, float], None]
"""Called with the number of a job and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Job:
    """One run: a file, its overrides, the fixture to put the cell in, and where the log goes."""

    path: Path
    overrides: tuple[str, ...]
    fixture: str | None
    folder: Path
    name: str
    label: str
    overwrite: bool
    engine: str = "auto"

    def experiment(self) -> Experiment:
        """The experiment of this job."""
        experiment = load(self.path, self.overrides)
        return experiment if self.fixture is None else variant(experiment, self.fixture)

    def check_place(self) -> None:
        """Raise what would keep the log from being written, before anything is run."""
        free_place(self.folder, self.name, self.overwrite)

    def execute(self, progress: Callable[[float], None] | None) -> Finished:
        """Run it here."""
        return execute(
            self.experiment(),
            self.folder,
            self.name,
            label=self.label,
            engine=self.engine,
            overwrite=self.overwrite,
            progress=progress,
        )


def run_all(jobs: Sequence[Job], progress: Progress) -> list[Finished]:
    """Run all jobs, the first in this process and the others beside it; the results in the order of the jobs.

    Raises what a job raises, once the others have ended.
    """
    if len(jobs) == 1:
        return [jobs[0].execute(lambda done: progress(0, done))]
    context = get_context("spawn")  # the same on every system, and no thread is copied half-way
    with context.Manager() as manager:
        return _beside(jobs, progress, context, manager)


def _beside(jobs: Sequence[Job], progress: Progress, context: Any, manager: SyncManager) -> list[Finished]:
    news = manager.Queue()

    def drain(wait: bool) -> None:
        try:
            while True:
                progress(*news.get(wait, POLL_S))
        except queue.Empty:
            return

    def here(done: float) -> None:
        progress(0, done)
        drain(wait=False)

    workers = max(1, min((os.cpu_count() or 2) - 1, len(jobs) - 1))
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        futures = [pool.submit(_work, job, i, news) for i, job in enumerate(jobs) if i]
        first = jobs[0].execute(here)
        while not all(future.done() for future in futures):
            drain(wait=True)
        return [first, *_results(futures)]
    finally:
        # An error or an interrupt here leaves no job waiting; those that run end by themselves.
        pool.shutdown(wait=True, cancel_futures=True)


def _results(futures: Sequence[Future[Finished]]) -> list[Finished]:
    return [future.result() for future in futures]


def _work(job: Job, number: int, news: Any) -> Finished:
    return job.execute(lambda done: news.put((number, done)))
