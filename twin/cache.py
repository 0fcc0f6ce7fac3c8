"""Steppers on disk: built once, named by the hash of everything they depend on, shared by all processes.

An entry is a folder: generated C, the compiled library when there is a compiler, the same functions for CasADi's
virtual machine, and a manifest with the hash of each file. A folder appears under its final name only when complete;
one that does not match its manifest is built again. What is loaded is code: folders and files that others may write
are refused (`twin.private`).
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import casadi
from platformdirs import user_cache_path

from twin import private
from twin.errors import SimulationError

FORMAT = 3
STEPPERS = "steppers"
FUNCTIONS = ("initial", "prepare", "step")
QUICK = ("prepare_quick", "quick", "prepare_fine", "fine")
"""Functions every stepper has, and those only models without algebraic equations of their own have."""
APART = ("experiments", "validation", "cli.py", "plant.py", "fleet.py", "lanes.py", "compiled.py")  # users of steppers
# No -march=native, no -ffast-math: the same file gives the same bits on every machine of a kind.
FLAGS = ("-O2", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno")


@dataclass(frozen=True)
class Stepper:
    """Functions of a plant, ready to call.

    ``engine`` is ``"c"`` or ``"vm"``; ``build`` the hash that names it in logs; ``options`` and ``parameter_set`` are
    what it was built for.
    """

    initial: Any
    prepare: Any
    step: Any
    names: tuple[str, ...]
    events: tuple[str, ...]
    engine: str
    build: str
    prepare_quick: Any = None
    quick: Any = None
    prepare_fine: Any = None
    fine: Any = None
    options: Mapping[str, str] = field(default_factory=dict)
    parameter_set: str = ""


def stepper(
    options: Mapping[str, str],
    parameter_set: str,
    *,
    method: str = "RODAS3",
    substeps: int = 1,
    engine: str = "auto",
) -> Stepper:
    """Load the stepper for these options from the cache, building it first when it is not there.

    Parameters
    ----------
    options, parameter_set
        As for `twin.SolidStateCell`.
    engine : {"auto", "c", "vm"}
        ``auto`` compiles where it can and falls back to CasADi's virtual machine.

    Raises
    ------
    twin.errors.SimulationError
        If ``engine`` is ``"c"`` and there is no compiler, or the build fails.
    twin.errors.InputError
        If others may write the cache, or it is not the user's own.
    """
    key = _key(options, parameter_set, method, substeps)
    folder = private.trusted(cache_root(), STEPPERS, key)
    manifest = _manifest(folder)
    found = compiler()
    if engine == "c" and found is None:
        raise SimulationError("no C compiler found (cc, gcc or clang): install one, or use the engine 'vm'")
    wants_c = engine != "vm" and found is not None
    if manifest is None or (wants_c and "step.so" not in manifest["files"]):
        _build(folder, (options, parameter_set, method, substeps), compile_c=wants_c, must_compile=engine == "c")
        manifest = _manifest(folder)
        if manifest is None:
            raise SimulationError(f"{folder}: the stepper could not be kept; check space and permissions")
    private.trusted(cache_root(), STEPPERS, key)
    loaded = _load(folder, key, manifest, "c" if wants_c and "step.so" in manifest["files"] else "vm")
    return replace(loaded, options=dict(options), parameter_set=parameter_set)


def compiler() -> str | None:
    """Path of the C compiler, or None; ``ISOSTACK_CC`` set to nothing hides it."""
    named = os.environ.get("ISOSTACK_CC")
    if named is not None:
        return shutil.which(named) if named else None
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def cache_folder() -> Path:
    """Where steppers are kept."""
    return cache_root() / STEPPERS


def cache_root() -> Path:
    """Where compiled code is kept; ``ISOSTACK_CACHE`` overrides the user's cache directory."""
    named = os.environ.get(private.VARIABLE)
    return Path(named) if named else Path(user_cache_path("isostack"))


def functions(built: Stepper, names: Sequence[str]) -> list[Any]:
    """Functions of a stepper from its entry, for CasADi's virtual machine; raises as `source`."""
    folder = private.trusted(cache_root(), STEPPERS, built.build)
    return [_function(folder, name) for name in names]


def source(built: Stepper) -> str:
    """The C text of a stepper, from its entry.

    Raises
    ------
    twin.errors.InputError
        If others may write it.
    """
    return private.content(private.trusted(cache_root(), STEPPERS, built.build) / "step.c").decode()


def _function(folder: Path, name: str) -> Any:
    path = folder / f"{name}.casadi"
    private.content(path)  # looked at once more where it is loaded
    return casadi.Function.load(str(path))


def _key(options: Mapping[str, str], parameter_set: str, method: str, substeps: int) -> str:
    """Hash of everything the built functions depend on."""
    digest = hashlib.sha256()
    stated = [
        FORMAT,
        sorted(options.items()),
        parameter_set,
        method,
        substeps,
        FLAGS,
        sys.platform,
        platform.machine(),
    ]
    digest.update(json.dumps([*stated, version("pybamm"), version("casadi")]).encode())
    root = Path(__file__).parent
    for source in sorted(root.rglob("*.py")):
        if source.relative_to(root).parts[0] in APART:
            continue
        digest.update(source.relative_to(root).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _file_hash(path: Path) -> str:
    return hashlib.sha256(private.content(path)).hexdigest()


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The folder's manifest if every file is what it says, else None."""
    try:
        manifest: dict[str, Any] = json.loads(private.content(folder / "manifest.json"))
        files = manifest["files"]
        needed = {f"{name}.casadi" for name in FUNCTIONS}
        whole = (
            manifest["format"] == FORMAT
            and needed <= files.keys()
            and all(isinstance(name, str) for name in (*manifest["names"], *manifest["events"]))
            and all(_file_hash(folder / n) == h for n, h in files.items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if whole else None


def _build(folder: Path, what: tuple[Any, ...], *, compile_c: bool, must_compile: bool) -> None:
    """Build into a temporary folder beside the final one, then rename."""
    from twin.build import build

    try:
        private.made(cache_root(), STEPPERS)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise SimulationError(f"{folder.parent}: cannot keep the stepper there: {error.strerror}") from error
    try:
        functions = build(*what)
        for name in present(functions):
            getattr(functions, name).save(str(work / f"{name}.casadi"))
        if compile_c:
            _compile(functions, work, must_compile)
        private.close_to_others(work)
        files = {path.name: _file_hash(path) for path in sorted(work.iterdir())}
        manifest = {"format": FORMAT, "names": functions.names, "events": functions.events, "files": files}
        (work / "manifest.json").write_text(json.dumps(manifest))
        private.close_to_others(work)
        _publish(work, folder)
    except OSError as error:
        raise SimulationError(f"{folder.parent}: cannot keep the stepper there: {error.strerror}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(functions: Any, work: Path, must: bool) -> None:
    """Compile into ``step.so``; a compiler that fails is an error only where it ``must`` not."""
    generator = casadi.CodeGenerator("step.c", {"with_header": False})
    for name in present(functions):
        generator.add(getattr(functions, name))
    generator.generate(str(work) + os.sep)
    command = [str(compiler()), *FLAGS, "-o", str(work / "step.so"), str(work / "step.c"), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and (work / "step.so").exists():
        return
    (work / "step.so").unlink(missing_ok=True)
    said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    if must:
        raise SimulationError(f"the C compiler {command[0]} failed on the stepper: {said}")
    warnings.warn(
        f"the C compiler {command[0]} failed ({said}): CasADi's virtual machine steps the plant, more slowly",
        RuntimeWarning,
        stacklevel=4,
    )


def _publish(work: Path, folder: Path) -> None:
    """Give the finished folder its name; another process may have been first, with the same content."""
    try:
        work.rename(folder)
    except OSError:
        if _manifest(folder) is None or "step.so" not in _manifest(folder)["files"]:  # type: ignore[index]
            broken = Path(tempfile.mkdtemp(prefix=".broken-", dir=folder.parent))
            try:
                folder.rename(broken / "old")
                work.rename(folder)
            except OSError:
                pass  # the other process has just published: its folder serves
            shutil.rmtree(broken, ignore_errors=True)


def present(functions: Any) -> tuple[str, ...]:
    """Names of the functions a model has."""
    return FUNCTIONS if functions.quick is None else (*FUNCTIONS, *QUICK)


def _load(folder: Path, key: str, manifest: dict[str, Any], engine: str) -> Stepper:
    names = [name for name in (*FUNCTIONS, *QUICK) if f"{name}.casadi" in manifest["files"]]
    if engine == "c":
        private.content(folder / "step.so")  # looked at once more where it is loaded
        found = {name: casadi.external(name, str(folder / "step.so")) for name in names}
    else:
        found = {name: _function(folder, name) for name in names}
    loaded: dict[str, Any] = {name: found.get(name) for name in (*FUNCTIONS, *QUICK)}
    return Stepper(
        **loaded,
        names=tuple(manifest["names"]),
        events=tuple(manifest["events"]),
        engine=engine,
        build=key,
    )
