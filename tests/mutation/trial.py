"""One mutant against the tests, in a process of its own that is forked from one that has them already collected.

A mutant within a function is put in as that function's code. One outside of functions needs its module loaded anew, and
with it all that imported it: it is forked from a process that has imported no module under test yet.
"""

import importlib.abc
import importlib.util
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[2]
MEMORY_bytes = 3 << 30
OPTIONS = ["-x", "-o", "addopts=", "--noconftest", "-p", "no:cacheprovider", "-p", "no:terminal"]

# The same examples each time, none remembered, and no search for a simpler one: a failure is enough.
settings.register_profile("mutation", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])


@dataclass(frozen=True)
class Verdict:
    """Whether any test noticed, and the first that did."""

    killed: bool
    by: str
    cpu_s: float


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from code instead of from its file."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=self.code.co_filename)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


class _First:
    """What failed first."""

    def __init__(self) -> None:
        self.by = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.by:
            self.by = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.by:
            self.by = f"import by {report.nodeid}"


def cpu() -> float:
    """CPU time [s] of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def put_in(module: str, function: str, code: CodeType) -> None:
    """Give a function of an imported module, or what reads a property, another body."""
    target = sys.modules[module]
    for name in function.split("."):
        target = vars(target)[name]
    if isinstance(target, property):
        target = target.fget
    target.__code__ = code  # type: ignore[attr-defined]


def _confine(limit: float) -> None:
    """Let the kernel end this process after ``limit`` [s] more of CPU time, which does not depend on what else runs."""
    end = int(cpu() + limit) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


class Collected:
    """Plugin: once the tests are collected, ``work`` takes the place of running them."""

    def __init__(self, work: Callable[["Collected"], None]) -> None:
        self.work = work
        self.first = _First()
        self.ended_by: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        session.config.pluginmanager.register(self.first)
        try:
            self.work(self)
        except BaseException as error:  # pytest would print it where nobody looks, and go on
            self.ended_by = error
        return True

    def run(
        self, limits: Mapping[str, float], put: Callable[[], None] = lambda: None, early: Sequence[str] = ()
    ) -> str:
        """In a forked process: ``put`` a mutant in, run file after file within its CPU time [s]; the first failure.

        The tests named in ``early`` come first: what told the last mutants of a file apart likely tells the next.
        """
        put()
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_bytes, MEMORY_bytes))
        known = [item for item in self.session.items if str(item.path.relative_to(ROOT)) in limits]
        items = sorted(known, key=lambda item: early.index(item.nodeid) if item.nodeid in early else len(early))
        file = ""
        for item, following in zip(items, [*items[1:], None], strict=True):
            if str(item.path.relative_to(ROOT)) != file:
                file = str(item.path.relative_to(ROOT))
                _confine(limits[file])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.first.by:
                break
        return self.first.by


def collect(tests: Sequence[str], work: Callable[[Collected], None]) -> None:
    """Collect the tests' files in their order, in this process, and do ``work`` with them.

    Raises
    ------
    RuntimeError
        If they cannot be collected.
    BaseException
        What ``work`` raised.
    """
    settings.load_profile("mutation")
    collected = Collected(work)
    code = pytest.main([*OPTIONS, "-s", *(str(ROOT / test) for test in tests)], plugins=[collected])
    if collected.ended_by is not None:
        raise collected.ended_by
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"pytest ended with {code!r}")


def run_tests(limits: Mapping[str, float], module: str, code: CodeType) -> str:
    """In a forked process that imported nothing under test: one module from changed code; the first failure."""
    if module in sys.modules:
        raise RuntimeError(f"{module} is imported already: its mutant would not be tried")
    sys.meta_path.insert(0, _Instead(module, code))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_bytes, MEMORY_bytes))
    settings.load_profile("mutation")
    for file, limit in limits.items():
        _confine(limit)
        first = _First()
        code = pytest.main([*OPTIONS, str(ROOT / file)], plugins=[first])
        if code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            return first.by or f"{code.name} in {file}"  # type: ignore[union-attr]
        if code != pytest.ExitCode.OK:
            raise RuntimeError(f"{file}: pytest ended with {code!r}: that is no verdict")
    return ""


class Running:
    """A trial under way."""

    def __init__(self, work: Callable[[], str]) -> None:
        """``work`` runs in the forked process; it returns the test that failed, or nothing."""
        sys.stdout.flush()
        self._start = time.perf_counter()
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            status = 1
            try:
                quiet = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1, 2):
                    os.dup2(quiet, stream)
                answer = json.dumps({"by": work(), "cpu_s": cpu()})
                os.write(writer, answer.encode()[:4000])
                status = 0
            except BaseException as error:
                os.write(writer, json.dumps({"broken": repr(error)[:3000]}).encode())
            finally:
                os._exit(status)
        os.close(writer)
        self._reader = reader

    def verdict(self, status: int) -> Verdict:
        """What came of it; ``status`` as ``os.wait`` gives it.

        Raises
        ------
        RuntimeError
            If the trial itself broke: that is no verdict on the mutant.
        """
        with os.fdopen(self._reader, "rb") as pipe:
            answer = pipe.read()
        if os.WIFSIGNALED(status):
            return Verdict(True, f"the kernel (signal {os.WTERMSIG(status)}): it does not end, or takes all memory", 0)
        result = json.loads(answer)
        if "broken" in result:
            raise RuntimeError(result["broken"])
        return Verdict(bool(result["by"]), result["by"], round(result["cpu_s"], 2))
