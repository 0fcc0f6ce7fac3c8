"""The examples that come with isostack, wherever it is installed."""

import shutil
import sysconfig
import tomllib
from pathlib import Path

from twin.errors import InputError


def folder() -> Path:
    """Where the examples are: beside the source in a checkout, among the shared data of an installation."""
    here = Path(__file__).resolve().parent.parent / "examples"
    if here.is_dir():
        return here
    for scheme in (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")):
        shared = Path(sysconfig.get_path("data", scheme)) / "share" / "isostack" / "examples"
        if shared.is_dir():
            return shared
    raise InputError("the examples are not installed; reinstall isostack, or copy examples/ from its source")


def examples() -> dict[str, str]:
    """Name of each example file -> its title."""
    return {
        path.name: str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))
        for path in sorted(folder().glob("*.toml"))
    }


def copy(to: Path, names: tuple[str, ...] = ()) -> list[Path]:
    """Copy examples (all without ``names``) and what they read into the folder ``to``; nothing is overwritten.

    Raises
    ------
    twin.errors.InputError
        Unknown name, a file in the way, or a folder that cannot be written.
    """
    known = examples()
    for name in names:
        if name not in known:
            raise InputError(f"{name}: no such example; choose from {', '.join(known)}")
    source = folder()
    files = [source / name for name in (names or known)] + sorted((source / "profiles").glob("*.csv"))
    targets = [to / path.relative_to(source) for path in files]
    in_the_way = [target for target in targets[: len(names or known)] if target.exists()]
    if in_the_way:
        raise InputError(f"{in_the_way[0]}: exists already; choose another folder with --to")
    try:
        for path, target in zip(files, targets, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(path, target)
    except OSError as error:
        raise InputError(f"{to}: cannot be written: {error.strerror}; choose another folder with --to") from error
    return targets
