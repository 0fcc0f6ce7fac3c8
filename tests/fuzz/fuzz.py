"""Coverage-guided fuzzing of everything that reads bytes from outside (`make fuzz`); needs the extra `fuzz`.

    python tests/fuzz/fuzz.py [NAME ...] [--bytes 10000000] [--seconds 600] [--seed 1] [--out DIR]

Each harness runs in a process of its own until it has taken so many bytes or seconds; an input that fails is kept in
DIR, and ``--replay FILE`` runs it again.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMORY_MiB = 2048
HANG_s = 60


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--bytes", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def worker(name: str, asked: argparse.Namespace) -> None:
    """Fuzz one harness in this process, which ends when enough bytes were taken."""
    import atheris

    # What is instrumented reports which of its branches ran; the libraries below it are left alone.
    with atheris.instrument_imports(include=["firmware", "controller", "hil", "twin", "harnesses"]):
        from harnesses import HARNESSES
    harness = HARNESSES[name]
    taken = runs = 0
    begun = time.perf_counter()

    def one(data: bytes) -> None:
        nonlocal taken, runs
        harness.run(data)
        taken += len(data)
        runs += 1
        spent = time.perf_counter() - begun
        if taken >= asked.bytes or spent > asked.seconds:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"\n{name}\t{runs}\t{taken}\t{spent:.0f}\t{peak}", flush=True)
            os._exit(0)

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(harness.seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        prefix = f"-artifact_prefix={asked.out / name}-"
        limits = [f"-max_len={harness.longest}", f"-rss_limit_mb={MEMORY_MiB}", f"-timeout={HANG_s}"]
        atheris.Setup([sys.argv[0], folder, f"-seed={asked.seed}", prefix, *limits], one)
        atheris.Fuzz()


def main() -> int:
    """Fuzz the harnesses asked for, one after the other; a table at the end."""
    asked = options()
    for folder in (ROOT, ROOT / "tests", Path(__file__).parent):
        sys.path.insert(0, str(folder))
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.worker:
        worker(asked.names[0], asked)
        return 1
    from harnesses import HARNESSES
    from rich.console import Console
    from rich.table import Table

    unknown = set(asked.names) - set(HARNESSES)
    if unknown:
        sys.exit(f"{', '.join(unknown)}: no such harness: choose from {', '.join(HARNESSES)}")
    if asked.replay is not None:
        HARNESSES[asked.names[0]].run(asked.replay.read_bytes())
        return 0
    table = Table("harness", "inputs", "bytes", "seconds", "peak memory / MiB")
    failed = False
    for name in asked.names or HARNESSES:
        print(f"fuzzing {name}, up to {asked.bytes:,} bytes or {asked.seconds} s", file=sys.stderr)
        words = ["--worker", name, "--bytes", asked.bytes, "--seconds", asked.seconds, "--seed", asked.seed]
        command = [sys.executable, __file__, *map(str, words), "--out", str(asked.out)]
        log = asked.out / f"{name}.log"
        with log.open("w") as file:
            code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
        last = log.read_text(errors="replace").rstrip().splitlines()[-1:] or [""]
        row = last[0].split("\t")
        if code or len(row) != 5:
            failed = True
            row = [name, "failed", f"see {log}", "", ""]
        table.add_row(row[0], *(f"{int(v):,}" if v.isdigit() else v for v in row[1:]))
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
