"""Mutates controller, firmware, link, cycler and sensors, and names what no test notices (`make mutation`).

    python tests/mutation/mutation.py [--sample N --seed S] [--only TEXT] [--again] [--jobs 2] [--out DIR]

A run that was interrupted goes on where it stopped. Ends with 0 if every survivor is listed in `equivalent.toml` and
everything listed there survives, else with 1.
"""

import argparse
import hashlib
import json
import os
import random
import sys
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import equivalents
import meanings
import trial
from mutants import Mutant, Source, code_of
from mutated_files import ROOT, Target, targets
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

EARLY = 12
Item = tuple[Target, Source, Mutant]
Done = Callable[[Target, Mutant, trial.Verdict], None]


class Results:
    """Verdicts on disk, a line each; those of other sources or other tests do not count."""

    def __init__(self, path: Path, digests: dict[str, str]) -> None:
        self.path, self.digests = path, digests
        self.known: dict[equivalents.Key, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                row = json.loads(line)
                if row["digest"] in digests.values():
                    self.known[tuple(row["key"])] = row

    def add(self, target: str, mutant: Mutant, verdict: trial.Verdict) -> None:
        row = {"digest": self.digests[target], "key": mutant.key, "row": mutant.row, **vars(verdict)}
        self.known[mutant.key] = row
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def digest(target: Target) -> str:
    """Of everything a verdict depends on."""
    total = hashlib.sha256()
    helpers = sorted(p for d in {Path(t).parent for t in target.tests} for p in (ROOT / d).glob("[!t]*.py"))
    whole = [*helpers, Path(trial.__file__), *([meanings.FILE] if meanings.FILE.exists() else [])]
    for path in [*map(ROOT.joinpath, (*target.sources, *target.tests)), *whole]:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def judge(one: trial.Running) -> trial.Verdict:
    """Wait for one trial."""
    return one.verdict(os.waitpid(one.pid, 0)[1])


def baseline(target: Target, collected: trial.Collected) -> dict[str, float]:
    """The tests' files, which pass without a mutant, and the CPU time [s] each may take with one.

    Raises
    ------
    SystemExit
        If one does not pass.
    """
    limits = {}
    for file in target.tests:
        began = trial.cpu()
        verdict = judge(trial.Running(partial(collected.run, {file: 3600.0})))
        if verdict.killed:
            sys.exit(f"{file} fails without a mutant: {verdict.by}")
        limits[file] = 5 + 10 * max(0.0, verdict.cpu_s - began)
    return limits


def run(work: list[Item], start: Callable[[Item], trial.Running], jobs: int, done: Done) -> None:
    """Try mutants, ``jobs`` at a time; ``done`` is told of each as it ends."""
    waiting, running = deque(work), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            item = waiting.popleft()
            one = start(item)
            running[one.pid] = (item, one)
        pid, status = os.wait()
        (target, _, mutant), one = running.pop(pid)
        done(target, mutant, one.verdict(status))


def module_of(mutant: Mutant) -> str:
    return mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def in_function(item: Item) -> bool:
    _, source, mutant = item
    return source.is_function(mutant.function)


def try_outside(target: Target, work: list[Item], jobs: int, done: Done) -> None:
    """Mutants of one target outside of functions, on modules loaded anew; none may have been imported here."""

    def anew(limits: Mapping[str, float], item: Item) -> trial.Running:
        _, source, mutant = item
        return trial.Running(partial(trial.run_tests, limits, module_of(mutant), source.compiled(mutant.place)))

    run(work, partial(anew, dict.fromkeys(target.tests, 120.0)), jobs, done)


def try_bodies(target: Target, work: list[Item], jobs: int, done: Done) -> None:
    """Mutants of one target within functions, on collected tests; the modules stay imported in this process."""

    def with_tests(collected: trial.Collected) -> None:
        found = baseline(target, collected)

        killers: dict[str, Counter[str]] = {file: Counter() for file in target.sources}

        def start(item: Item) -> trial.Running:
            _, source, mutant = item
            code = code_of(source.compiled(mutant.place), mutant.function)
            put = partial(trial.put_in, module_of(mutant), mutant.function, code)
            early = [test for test, _ in killers[mutant.file].most_common(EARLY)]
            return trial.Running(partial(collected.run, found, put, early))

        def noted(target: Target, mutant: Mutant, verdict: trial.Verdict) -> None:
            if verdict.killed:
                killers[mutant.file][verdict.by] += 1
            done(target, mutant, verdict)

        run(work, start, jobs, noted)

    trial.collect(target.tests, with_tests)


def table(results: Results, listed: dict[equivalents.Key, str], work: list[Item]) -> Table:
    """Mutants by file."""
    count: Counter[tuple[str, str]] = Counter()
    for _, _, mutant in work:
        row = results.known[mutant.key]
        fate = "killed" if row["killed"] else "equivalent" if mutant.key in listed else "survived"
        count[mutant.file, fate] += 1
        count["all", fate] += 1
    fates = ("killed", "equivalent", "survived")
    shown = Table("file", "mutants", *fates)
    for file in [*dict.fromkeys(m.file for _, _, m in work), "all"]:
        numbers = [count[file, fate] for fate in fates]
        shown.add_row(file, str(sum(numbers)), *map(str, numbers))
    return shown


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sample", type=int, help="try so many, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only mutants whose key holds this text")
    parser.add_argument("--tests", nargs="+", default=[], help="only these files of tests, as paths from the root")
    parser.add_argument("--again", action="store_true", help="only those that survived when last tried")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "mutation")
    parser.add_argument("--equivalents", type=Path, default=equivalents.FILE)
    return parser.parse_args()


def main() -> int:
    """Try what is asked for, print the table, and name what is wrong."""
    asked = options()
    console = Console(width=None if sys.stdout.isatty() else 160)
    asked.out.mkdir(parents=True, exist_ok=True)
    for folder in (ROOT, ROOT / "tests"):
        sys.path.insert(0, str(folder))
    listed = equivalents.read(asked.equivalents.read_text())
    meant = meanings.by_file()
    everything = [
        (replace(target, tests=tuple(asked.tests)) if asked.tests else target, source, mutant)
        for target in targets()
        for source in (Source(f, (ROOT / f).read_text(), meant.get(f, [])) for f in target.sources)
        for mutant in source.mutants
    ]
    work = [item for item in everything if asked.only in " ".join(map(str, item[2].key))]
    past = asked.out / "results.jsonl"
    if asked.again and past.exists():
        last = {tuple(row["key"]): row["killed"] for row in map(json.loads, past.read_text().splitlines())}
        work = [item for item in work if last.get(item[2].key) is False]
    if asked.sample is not None:
        work = random.Random(asked.seed).sample(work, min(asked.sample, len(work)))
    chosen = {target.name: target for target, _, _ in work}
    results = Results(past, {name: digest(target) for name, target in chosen.items()})
    todo = [item for item in work if item[2].key not in results.known]
    bar = Progress(
        TextColumn("mutants"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[alive]} survive"),
        TimeElapsedColumn(), TimeRemainingColumn(), console=console, auto_refresh=False,
    )  # fmt: skip
    with bar:
        alive = sum(not results.known[m.key]["killed"] for _, _, m in work if m.key in results.known)
        task = bar.add_task("", total=len(work), completed=len(work) - len(todo), alive=alive)

        def done(target: Target, mutant: Mutant, verdict: trial.Verdict) -> None:
            nonlocal alive
            results.add(target.name, mutant, verdict)
            alive += not verdict.killed
            bar.update(task, advance=1, alive=alive)
            bar.refresh()

        for attempt, inside in ((try_outside, False), (try_bodies, True)):
            for target in chosen.values():
                items = [item for item in todo if item[0] == target and in_function(item) == inside]
                if items:
                    attempt(target, items, asked.jobs, done)
    console.print(table(results, listed, work))
    verdicts = {m.key: results.known[m.key] for _, _, m in work}
    killed = {key: row["by"] for key, row in verdicts.items() if row["killed"]}
    if len(work) < len(everything):
        there = {m.key for _, _, m in everything}
        listed = {key: why for key, why in listed.items() if key in verdicts or key not in there}
    wrong = equivalents.faults(listed, killed, verdicts.keys() - killed.keys())
    for fault in wrong:
        console.print(fault, markup=False, highlight=False, soft_wrap=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
