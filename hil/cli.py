"""The command line: `isostack`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console

from firmware.host import cli as firmware_commands
from twin import cli as twin_commands
from twin import parameters_command
from twin.errors import InputError, SimulationError

# Heavy modules are imported where they are used: help and errors come at once, and a warm start is quick.

DIFFERS, BAD_INPUT, SIMULATION_FAILED, NOT_POSSIBLE, INTERRUPTED, PIPE_CLOSED = 1, 2, 4, 5, 130, 141

app = typer.Typer(
    name="isostack",
    help="Holds the stack pressure of all-solid-state cells: simulate a cell in its fixture under control, "
    "run the controller on boards, keep and read logs.\n\nExit codes: 0 done, 1 a replay differs, 2 bad input, "
    "3 a safety trip ended the run, 4 the simulation failed, 5 a log holds values that are not possible, "
    "130 interrupted, 141 the reader of its output has gone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

File = Annotated[Path, typer.Argument(help="Experiment file (TOML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the file; may be given several times."),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for log and figure [default: runs/NAME]")
]
Force = Annotated[bool, typer.Option("--force", help="Replace logs and figures of an earlier run.")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as JSON, for programs.")]
Engine = Annotated[
    str,
    typer.Option(metavar="auto|c|vm", help="Plant stepper: compiled C, CasADi's virtual machine, or what there is."),
]


@app.command()
def run(
    file: File,
    out: Out = None,
    set_: Set = None,
    force: Force = False,
    json: Json = False,
    engine: Engine = "auto",
) -> None:
    """Run an experiment; write its log, a figure and a table.

    The fixtures named in the file's `[compare]` section run beside it and appear in figure and table.
    """
    from hil import figures
    from hil.batch import Job
    from hil.hazards import say_hazards
    from hil.metrics import Goal
    from hil.variants import LABELS

    overrides = tuple(set_ or ())
    experiment = _checked(file, overrides)
    folder = out or Path("runs") / file.stem
    label = _label(experiment)
    jobs = [Job(file, overrides, None, folder, file.stem, label, force, _engine(engine))]
    for name in experiment.compare.fixtures:
        jobs.append(Job(file, overrides, name, folder, f"{file.stem}-{name}", LABELS[name], force, engine))
    _check_places(jobs)
    say_hazards(experiment)
    finished = _run(jobs)
    entries, series = _figures_of(finished, jobs, judged=(_has_actuator(experiment),))
    _say(entries, Goal(), json, experiment.title)
    figure = figures.cycle_figure(series, folder / f"{file.stem}.png", experiment.title)
    _paths(finished[0].logs, figure)
    _end(finished, [(str(file), finished[0].outcome)])


@app.command("hil")
def hil_(
    file: File,
    board: Annotated[
        str,
        typer.Option(metavar="NAME", help="cpython, unix, wasm, microbit, pico or serial:PORT", show_default=False),
    ],
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep pace with the clock; else as fast as can be.")
    ] = False,
    out: Out = None,
    set_: Set = None,
    force: Force = False,
    json: Json = False,
    engine: Engine = "auto",
) -> None:
    """Run an experiment with its controller on a board: hardware in the loop.

    Logs, figure and table as by `run`; the fixtures in the file's `[compare]` section do not run.
    """
    from hil import figures
    from hil.batch import Job
    from hil.hazards import say_hazards
    from hil.hil_command import board_for, drive
    from hil.metrics import Goal

    overrides = tuple(set_ or ())
    experiment = _checked(file, overrides)
    job = Job(file, overrides, None, out or Path("runs") / file.stem, file.stem, _label(experiment), force)
    job.check_place()
    engine = _engine(engine)
    with board_for(experiment, board, realtime) as found:
        say_hazards(experiment)
        with _bars([f"{job.label} on {board}"]) as progress:
            finished, latency = drive(
                experiment, found, job.folder, job.name,
                label=job.label, engine=engine, realtime=realtime, overwrite=force,
                progress=lambda done: progress(0, done),
            )  # fmt: skip
    if latency is not None:
        _err().print(str(latency), soft_wrap=True)
    if len(finished.log()):
        entries, series = _figures_of([finished], [job], judged=(True,))
        _say(entries, Goal(), json, experiment.title)
        figure = figures.cycle_figure(series, job.folder / f"{job.name}.png", experiment.title)
        _paths(finished.logs, figure)
    _end([finished], [(str(file), finished.outcome)])


@app.command()
def bench(
    file: File,
    port: Annotated[str, typer.Option("--port", help="Serial port of the board.", show_default=False)],
    recalibrate: Annotated[
        bool,
        typer.Option("--recalibrate", help="Leave the board's calibration aside; make another before arming."),
    ] = False,
    out: Out = None,
    set_: Set = None,
    force: Force = False,
) -> None:
    """Run a real bench: a board on its own pins, you at the keyboard (type `help`), a log like any run's.

    Without a terminal, commands are read line by line from standard input, each after the answer to the last.
    """
    from hil import figures
    from hil.bench_command import expected_build, hold
    from hil.keyboard import Keyboard
    from hil.serial_wire import SerialWire

    experiment = _checked(file, tuple(set_ or ()))
    folder, name = out or Path("runs") / f"{file.stem}-bench", f"{file.stem}-bench"
    wire = SerialWire(port)
    try:
        finished = hold(
            experiment, wire, port, folder, name,
            builds=expected_build, keyboard=Keyboard(), console=_out(), overwrite=force, recalibrate=recalibrate,
        )  # fmt: skip
    finally:
        wire.close()
    figure = None
    if len(finished.log()):
        series = [figures.Series.of_log(finished.log(), experiment.title, actuated=True)]
        figure = figures.cycle_figure(series, folder / f"{name}.png", experiment.title)
    _paths(finished.logs, figure)
    _end([finished], [(port, finished.outcome)])


@app.command()
def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Experiment files (TOML), or logs (Parquet, CSV or a journal), of isostack or of another origin.",
            show_default=False,
        ),
    ],
    set_: Set = None,
    json: Json = False,
) -> None:
    """Check experiment files without running them, and show what follows; check whether what logs hold is possible.

    A log is judged rule by rule; exit 5 where one is violated. What cannot be checked is said to be not checked.
    """
    from hil.plausibility.foreign import is_log
    from hil.summary import summary

    logs, experiments = [path for path in files if is_log(path)], [path for path in files if not is_log(path)]
    if json and experiments:
        raise InputError(f"{experiments[0]}: --json is for logs; an experiment file is shown as a table")
    if set_ and logs:
        raise InputError(f"{logs[0]}: --set changes an experiment file; a log stays as it is")
    for path in experiments:
        _out().print(summary(_checked(path, tuple(set_ or ()))))
    if logs:
        _check_logs(logs, json)


@app.command()
def plot(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help="Logs (Parquet, CSV or a journal).")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Figure: .png, .svg or .pdf")] = None,
) -> None:
    """Draw logs: pressure, voltage, current and thickness over time."""
    from hil import figures
    from hil.log import read

    opened = [read(path) for path in logs]
    series = [
        figures.Series.of_log(log, _label_of(log), actuated=bool(log.metadata.get("controlled"))) for log in opened
    ]
    to = out or logs[0].with_name(logs[0].name.split(".")[0] + ".png")
    title = str(opened[0].metadata.get("title", ""))
    _paths((), figures.cycle_figure(series, to, title))


@app.command()
def compare(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Experiment files (TOML).")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for logs and figures.")] = Path(
        "runs/compare"
    ),
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=V1,V2,...", help="Change a key; several values make one run each."),
    ] = None,
    force: Force = False,
    json: Json = False,
    engine: Engine = "auto",
) -> None:
    """Run several files, or one over several values of a key; one figure, one table."""
    from hil import figures
    from hil.batch import Job
    from hil.experiment_file import expand_sweeps
    from hil.metrics import Goal

    combinations = expand_sweeps(set_ or ())
    fixed = set.intersection(*map(set, combinations))
    jobs: list[Job] = []
    for file in files:
        for combination in combinations:
            changed = [item for item in combination if item not in fixed]
            label = ", ".join(([file.stem] if len(files) > 1 or not changed else []) + changed)
            name = label.replace(", ", "_").replace("/", "-")
            jobs.append(Job(file, combination, None, out, name, label, force, _engine(engine)))
    if len({job.name for job in jobs}) < len(jobs):
        raise InputError("two files of the same name: rename one, or run them apart")
    experiments = [_checked(job.path, job.overrides) for job in jobs]
    _check_places(jobs)
    finished = _run(jobs)
    entries, series = _figures_of(finished, jobs, judged=[_has_actuator(e) for e in experiments], reject=False)
    _say(entries, Goal(), json, "")
    _paths((), figures.compare_figure(series, out / "compare.png", ", ".join(f.stem for f in files)))
    _sweep(files, [[i for i in c if i not in fixed] for c in combinations], entries, out)
    _end(finished, [(job.label, done.outcome) for job, done in zip(jobs, finished, strict=True)])


@app.command()
def replay(
    log: Annotated[Path, typer.Argument(help="Log of a run (Parquet, CSV or a journal).")],
    board: Annotated[str, typer.Option("--board", metavar="NAME", help="As for `isostack hil`.")] = "cpython",
    json: Json = False,
) -> None:
    """Run a log's sensor frames through the controller of today; exit 1 at the first command that differs."""
    import dataclasses
    from json import dumps

    from hil import replay as replays
    from hil.boards.selection import opened
    from hil.log import read

    source = read(log)
    with opened(board, replays.configuration(source)) as running:
        difference = replays.replay(source, running)
    if json:
        found = None if difference is None else dataclasses.asdict(difference) | {"fields": difference.fields}
        print(dumps({"ticks": len(source), "board": board, "difference": found}, indent=2))
    else:
        _out().print(f"{len(source):,} ticks, " + ("none differs" if difference is None else "one differs"))
    if difference is not None:
        _fail(f"{log}: {difference}", DIFFERS)


@app.command()
def campaign(
    file: Annotated[Path, typer.Argument(help="Campaign file (TOML).", show_default=False)],
    runs: Annotated[
        int | None, typer.Option("--runs", min=1, help="Of each fault in each fixture, in the place of the file's.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FAULT", help="Only this kind (`healthy`: none); may be given several times."),
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes [default: one a core]")] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Send the runs to this Dask scheduler (host:port, or a port here)."
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option("--tls-ca", metavar="PEM", help="The scheduler speaks TLS; its authority.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="PEM", help="This process's certificate for it.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="PEM", help="Its private key [default: in --tls-cert]")
    ] = None,
    out: Out = None,
    force: Annotated[
        bool, typer.Option("--force", help="Drop the results of an earlier campaign in that folder.")
    ] = False,
    json: Json = False,
    engine: Engine = "auto",
) -> None:
    """Run a fault campaign: declared faults at random moments; a table, a figure, a verdict on each run.

    One that was stopped goes on with the runs that are missing.
    """
    from hil.campaign import command, report
    from hil.campaign.execute import Certificates

    if (tls_ca is None) != (tls_cert is None) or (tls_key is not None and tls_cert is None):
        raise InputError("--tls-ca and --tls-cert go together, --tls-key with both: give what is missing")
    certificates = Certificates(tls_ca, tls_cert, tls_key) if tls_ca is not None and tls_cert is not None else None
    done = command.campaign(
        file, out or Path("runs") / file.stem,
        runs=runs, only=tuple(only or ()), workers=workers, scheduler=scheduler, certificates=certificates,
        engine=_engine(engine), anew=force, console=_err(),
    )  # fmt: skip
    if json:
        print(done.json)
    else:
        report.show(done.table, done.title, _out())
    _paths(done.paths, None)


@app.command()
def recover(
    log: Annotated[Path, typer.Argument(help="Journal of a run that was killed, or the folder it is in.")],
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet.")] = False,
) -> None:
    """Turn the journal of an interrupted run into a log, up to its last flush."""
    from hil.log import recover as recover_log
    from hil.plausibility import Check

    _paths(recover_log(log, ("parquet", "csv") if csv else ("parquet",), judged_by=Check), None)


@app.command()
def examples(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all when left out.")] = None,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Copy them there.")] = None,
) -> None:
    """List the examples, or copy them to a folder of yours."""
    from rich.table import Table

    from hil import shipped

    if to is not None:
        _paths(shipped.copy(to, tuple(names or ())), None)
        return
    table = Table.grid(padding=(0, 2))
    for name, title in shipped.examples().items():
        table.add_row(name, title)
    _out().print(table)
    _out().print("\nCopy them with: isostack examples --to DIR")


app.add_typer(firmware_commands.app, name="firmware")
app.command()(firmware_commands.doctor)
app.command(add_help_option=False)(twin_commands.experiment)
app.command()(twin_commands.validate)
app.command()(parameters_command.parameters)


# --- what the commands share -------------------------------------------------------------------------------------


def _check_logs(logs: Sequence[Path], json: bool) -> None:
    """A table of findings for each log, or all of them as JSON; exit 5 where a rule is violated, 2 where one is no log.

    One that cannot be read keeps no other from being checked.
    """
    from hil.journal import LogError
    from hil.plausibility import VIOLATED, check_log
    from hil.plausibility.foreign import opened
    from hil.plausibility.table import table, to_json

    found, unread = {}, []
    for path in logs:
        try:
            found[path] = check_log(opened(path))
        except LogError as error:
            unread.append(str(error))
    if json:
        print(to_json(found))
    else:
        for path, findings in found.items():
            _out().print(table(path, findings))
    wrong = [_not_possible(path, [f for f in findings if f.verdict == VIOLATED]) for path, findings in found.items()]
    lines = [line for line in wrong if line]
    _leave([*unread, *lines], NOT_POSSIBLE if lines else BAD_INPUT)


def _not_possible(path: Path, violations: Sequence[Any]) -> str:
    """The line that names what a log holds that is not possible; empty where there is nothing."""
    return f"{path}: not possible: {'; '.join(map(str, violations))}" if violations else ""


def _end(finished: Sequence[Any], ended: Sequence[tuple[str, Any]]) -> None:
    """Leave with the worst code of the runs in ``ended``, or with 5 where any log holds what is not possible."""
    failed = [(name, outcome) for name, outcome in ended if outcome.code]
    lines = [f"{failed[0][0]}: {_why(failed[0][1])}"] if failed else []
    wrong = [line for done in finished if (line := _not_possible(done.logs[0], done.violations()))]
    _leave([*lines, *wrong], NOT_POSSIBLE if wrong else max((outcome.code for _, outcome in failed), default=0))


def _leave(lines: Sequence[str], code: int) -> None:
    """Say why, and leave with ``code``; nothing to say is no reason to."""
    for line in lines[:-1]:
        print(line, file=sys.stderr)
    if lines:
        _fail(lines[-1], code)


def _checked(file: Path, overrides: tuple[str, ...]) -> Any:
    """The experiment, after every check that can be made before it runs."""
    from hil.experiment_file import load
    from hil.run import checked_configuration

    experiment = load(file, overrides)
    experiment.phases()
    checked_configuration(experiment)
    return experiment


def _engine(engine: str) -> str:
    from twin.cache import compiler

    if engine not in ("auto", "c", "vm"):
        raise InputError(f"--engine {engine}: choose auto, c or vm")
    if engine == "auto" and compiler() is None:
        _err().print("no C compiler found: CasADi's virtual machine steps the plant, about three times slower")
    return engine


def _check_places(jobs: Sequence[Any]) -> None:
    for job in jobs:
        job.check_place()


def _run(jobs: Sequence[Any]) -> list[Any]:
    """Run the jobs with a progress bar each."""
    from hil.batch import run_all

    with _bars([job.label for job in jobs]) as progress:
        return run_all(jobs, progress)


@contextmanager
def _bars(labels: Sequence[str]) -> Iterator[Callable[[int, float], None]]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err()) as bars:
        tasks = [bars.add_task(label, total=1.0) for label in labels]
        yield lambda number, done: bars.update(tasks[number], completed=done)


def _figures_of(
    finished: Sequence[Any], jobs: Sequence[Any], *, judged: Sequence[bool], reject: bool = True
) -> tuple[list[Any], list[Any]]:
    """Entries of the table and series of the figure, in the order of the jobs; ``judged`` may be shorter."""
    from hil.figures import Series
    from hil.metrics import measure_log, rejection
    from hil.report import Entry
    from hil.summary import designed

    logs = [done.log() for done in finished]
    metrics = [measure_log(log, log.metadata["settle_percent"]) for log in logs]
    passive = next(
        (m for m, job in zip(metrics, jobs, strict=True) if job.fixture in ("actuator_locked", "spring")), None
    )
    entries = []
    for i, (job, found) in enumerate(zip(jobs, metrics, strict=True)):
        is_judged = i < len(judged) and judged[i]
        rejected = rejection(passive, found) if reject and is_judged and passive is not None else None
        entries.append(Entry(job.label, found, is_judged, rejected, designed(job.experiment()), logs[i].outcome))
    series = [
        Series.of_log(log, job.label, actuated=bool(log.metadata["controlled"]))
        for log, job in zip(logs, jobs, strict=True)
    ]
    return entries, series


def _say(entries: Sequence[Any], goal: Any, json: bool, title: str) -> None:
    from hil import report

    if json:
        print(report.to_json(entries, goal))
    else:
        report.show(entries, goal, report.console(), title)


def _sweep(files: Sequence[Path], changed: Sequence[Sequence[str]], entries: Sequence[Any], out: Path) -> None:
    """A figure over the swept key, where exactly one key was swept and its values are numbers."""
    from hil import figures

    if len(changed) < 2 or any(len(items) != 1 for items in changed):
        return
    key = changed[0][0].partition("=")[0]
    try:
        values = [float(items[0].partition("=")[2]) for items in changed]
    except ValueError:
        return
    swings = [entry.metrics.swing_percent for entry in entries]
    n = len(values)
    lines = {file.stem: swings[i * n : (i + 1) * n] for i, file in enumerate(files)}
    _paths((), figures.sweep_figure(key, values, lines, out / "sweep.png"))


def _has_actuator(experiment: Any) -> bool:
    return bool(experiment.actuator.kind != "none")


def _label(experiment: Any) -> str:
    kind = str(experiment.fixture.kind).replace("_", " ")
    if not _has_actuator(experiment):
        return kind
    return kind if experiment.control.enabled else f"{kind}, controller off"


def _label_of(log: Any) -> str:
    return str(log.metadata.get("label") or log.path.name.split(".")[0])


def _why(outcome: Any) -> str:
    from controller import vocabulary

    bits = outcome.faults or outcome.blocks
    words = "; ".join(f"{n}: {m}; {a}" for bit, (n, m, a) in vocabulary.CONDITIONS.items() if bits & bit)
    return f"{outcome.reason} ({words})" if words else str(outcome.reason)


def _paths(logs: Sequence[Path], figure: Path | None) -> None:
    """Say what was written; on stderr, so that --json leaves stdout to programs."""
    for path in [*logs, *([figure] if figure else [])]:
        _err().print(f"wrote {path}", soft_wrap=True)


def _out() -> Console:
    from hil.report import console

    return console()


def _err() -> Console:
    return Console(stderr=True, highlight=False)


def _fail(line: str, code: int) -> None:
    # Plain text: a path with brackets is not markup.
    print(line, file=sys.stderr)
    raise typer.Exit(code)


def _nowhere(stream: TextIO) -> None:
    """What is still to be written there is let go, so that the interpreter's end does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _refused_by_the_system(error: OSError) -> str:
    """The line for what nobody nearer to it explained; without a file's name it was standard output."""
    if error.filename is not None:
        return f"{error.filename}: {error.strerror or error}"
    _nowhere(sys.stdout)
    return f"standard output: cannot be written: {error.strerror or error}; logs and figures named above are whole"


def _written() -> None:
    """The command, and all that it printed on its way: at the interpreter's end nobody could answer for that."""
    try:
        app()  # exits by itself: with 0, the code of `_fail`, or 2 and usage
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer turns it into an exit with 1
            raise end.__context__ from None
        sys.stdout.flush()
        raise


def main() -> None:
    """Entry point: errors that a user can mend are one line on stderr."""
    from hil.journal import LogError

    try:
        _written()
    except (InputError, LogError) as error:
        code, line = BAD_INPUT, str(error)
    except SimulationError as error:
        code, line = SIMULATION_FAILED, str(error)
    except SystemExit as end:  # typer turns an interrupt into an exit of its own, without a word
        if end.code != INTERRUPTED:
            raise
        code = INTERRUPTED
        line = "interrupted; what was recorded is kept: `isostack recover DIR`, or a campaign's command again"
    except BrokenPipeError:
        _nowhere(sys.stdout)
        sys.exit(PIPE_CLOSED)  # as a shell reports it; 1 would say that a replay differs
    except OSError as error:
        code, line = BAD_INPUT, _refused_by_the_system(error)
    else:
        return
    print(line, file=sys.stderr)
    sys.exit(code)
