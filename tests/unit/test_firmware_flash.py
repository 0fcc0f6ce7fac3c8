"""A flash that is cut anywhere: the board starts the old firmware, the new one, or nothing."""

import errno
import hashlib
import io
import sys
import types
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.host.build import file_list
from firmware.host.errors import FirmwareError
from firmware.host.flash import install

MAIN = (Path(__file__).parents[2] / "firmware" / "boards" / "main.py").read_text(encoding="utf-8")
STORED = {"record0": b"iso of today", "record1": b"iso of yesterday", "notes/mine.txt": b"the user's own"}


class Cut(BaseException):
    """The cable is out, the power gone."""


class Disk:
    """A board's filesystem that stops after so many units: one per byte written, one per other change.

    ``torn``: a file that was being written keeps what had arrived; else, as on littlefs, what it held before.
    """

    def __init__(self, files, units=None, torn=True, size=1 << 20):
        self.files, self.folders = dict(files), {p[: i + 1] for p in files for i, c in enumerate(p) if c == "/"}
        self.units, self.torn, self.size, self.used, self.order = units, torn, size, 0, []

    def spend(self, units):
        self.used += units
        if self.units is not None and self.used > self.units:
            raise Cut

    def tree(self):
        return {**dict.fromkeys(self.folders, 0), **{path: len(data) for path, data in self.files.items()}}

    def room(self):
        return self.size - sum(-(-len(data) // 4096) * 4096 for data in self.files.values())

    def make(self, folder):
        self.spend(1)
        self.folders.add(folder + "/")

    def remove(self, path):
        self.spend(1)
        self.order.append(("remove", path))
        if path.endswith("/"):
            assert not [other for other in self.tree() if other.startswith(path) and other != path]
            self.folders.remove(path)
        else:
            del self.files[path]

    def write(self, path, data):
        assert "/" not in path or path.rpartition("/")[0] + "/" in self.folders
        if len(data) > self.room() + len(self.files.get(path, b"")):
            raise OSError(errno.ENOSPC, path)
        arrived = len(data) if self.units is None else min(len(data), self.units - self.used)
        if self.torn or arrived == len(data):
            self.files[path] = data[:arrived]
        self.order.append(("write", path))
        self.spend(len(data))

    def rename(self, old, new):
        self.spend(1)
        self.order.append(("rename", new))
        self.files[new] = self.files.pop(old)

    def sha256(self, path):
        return hashlib.sha256(self.files[path]).hexdigest()


def firmware(word, names=("law", "core", "frames")):
    """A firmware of a few files, each of a few bytes that depend on ``word``."""
    files = {f"controller/{name}.mpy": f"{name} {word}".encode() for name in names}
    files["firmware/boards/pico.mpy"] = f"pico {word}".encode()
    return {**files, "files.txt": file_list(files), "main.py": MAIN.encode()}


def boot(disk, monkeypatch):
    """Runs the board's own main.py on what is on the disk: the files of the firmware that started, or None."""
    if "main.py" not in disk.files:
        return None
    pins, started = [], []
    machine = types.SimpleNamespace(Pin=type("Pin", (), {"IN": 0, "__init__": lambda self, n, mode: pins.append(mode)}))
    entry = types.SimpleNamespace(main=started.append)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "machine", machine)
        patch.setitem(sys.modules, "os", types.SimpleNamespace(stat=lambda path: stat(disk, path)))
        patch.setitem(sys.modules, "firmware.boards.pico", entry)
        patch.setitem(sys.modules, "firmware.identity", types.SimpleNamespace(IDENTITY=(0, 1, 0, 2)))
        space = {"open": lambda path, mode="r": opened(disk, path, mode), "__name__": "__main__", "print": lambda _: 0}
        exec(compile(disk.files["main.py"], "main.py", "exec"), space)
    assert pins
    assert set(pins) == {0}
    return code(disk.files) if started else None


def stat(disk, path):
    if path not in disk.files and path + "/" not in disk.folders:
        raise OSError(errno.ENOENT)


def opened(disk, path, mode):
    if path not in disk.files:
        raise OSError(errno.ENOENT)
    return io.BytesIO(disk.files[path]) if "b" in mode else io.StringIO(disk.files[path].decode())


def code(files):
    """What can run: all files but the list, main.py and the user's."""
    return {path: data for path, data in files.items() if path.startswith(("controller/", "firmware/"))}


def flashed(old, new, units=None, torn=True):
    disk = Disk({**old, **STORED}, units, torn)
    with suppress(Cut):
        install(disk, new)
    disk.units = None
    return disk


OLD, NEW = firmware("old"), firmware("new", ("law", "core", "scale", "fields"))


@pytest.mark.parametrize("torn", [True, False])
@pytest.mark.parametrize("old", [OLD, {}, firmware("new", ("law",))], ids=["over an old one", "first", "over a part"])
def test_cut_at_every_byte_and_between_all_files(old, torn, monkeypatch, record_property):
    """The heart of it: every single point of a flash, judged by the board's own main.py."""
    total = flashed(old, NEW).used
    assert total > 500
    outcomes = []
    for units in range(total + 1):
        disk = flashed(old, NEW, units, torn)
        started = boot(disk, monkeypatch)
        assert started in (None, code(old), code(NEW)), f"a mixture runs after {units} of {total}"
        outcomes.append(started)
        assert {path: disk.files[path] for path in STORED} == STORED
        install(disk, NEW)
        assert boot(disk, monkeypatch) == code(NEW)
    assert outcomes[-1] == code(NEW)
    assert outcomes[0] == (code(old) if old else None)
    assert None in outcomes
    record_property("figure", ("flash cut at every byte, boots safe", f"{len(outcomes)} of {total + 1}", "all"))


@given(st.lists(st.integers(0, 900), max_size=6), st.booleans(), st.randoms(use_true_random=False))
def test_cut_again_and_again_between_any_firmwares(cuts, torn, dice):
    """However many attempts failed, with whichever firmware, never a mixture."""
    kinds = [firmware(word, dice.sample(("law", "core", "scale", "fields"), 3)) for word in "abc"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        files = dict(kinds[0])
        for units in cuts:
            disk = Disk(files, units, torn)
            with suppress(Cut):
                install(disk, dice.choice(kinds))
            files = disk.files
            assert boot(disk, monkeypatch) in (None, *map(code, kinds))


def test_main_leaves_first_and_comes_back_last():
    order = flashed(OLD, NEW).order
    assert order[0] == ("remove", "main.py")
    assert order[-1] == ("rename", "main.py")
    assert ("write", "main.py") not in order


def test_what_is_there_already_is_not_written_again():
    disk = Disk(NEW)
    install(disk, NEW)
    assert [path for act, path in disk.order if act == "write"] == ["files.txt", "main.py.new"]


def damages():
    """Every way a complete firmware can be spoilt afterwards."""
    yield "a file changed", lambda f: f.update({"controller/law.mpy": b"law net"})
    yield "a file gone", lambda f: f.pop("controller/law.mpy")
    yield "a file longer", lambda f: f.update({"controller/law.mpy": f["controller/law.mpy"] + b"x"})
    yield "a source beside its bytecode", lambda f: f.update({"controller/law.py": b""})
    yield "a package's source beside it", lambda f: f.update({"firmware/boards/pico.py": b""})
    yield "a folder that hides a file", lambda f: f.update({"controller/law/__init__.py": b""})
    yield "the list gone", lambda f: f.pop("files.txt")
    yield "the list's end gone", lambda f: f.update({"files.txt": f["files.txt"][:-12]})
    yield "the list's first line gone", lambda f: f.update({"files.txt": f["files.txt"].partition(b"\n")[2]})
    yield "the list empty", lambda f: f.update({"files.txt": b""})
    yield "the list is something else", lambda f: f.update({"files.txt": b"complete\n"})
    yield "the list is not text", lambda f: f.update({"files.txt": b"\xff\xfe\x00"})


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=what) for what, spoil in damages()])
def test_nothing_starts_from_files_that_are_not_as_listed(spoil, monkeypatch):
    files = dict(NEW)
    spoil(files)
    assert boot(Disk(files), monkeypatch) is None
    assert boot(Disk(NEW), monkeypatch) == code(NEW)


def test_a_file_of_an_earlier_firmware_that_hides_nothing_does_no_harm(monkeypatch):
    """As mip leaves it, which removes nothing."""
    files = {**NEW, "controller/stale.mpy": b"stale"}
    assert boot(Disk(files), monkeypatch) == code(files)


def test_a_list_cut_anywhere_starts_nothing(monkeypatch):
    whole = NEW["files.txt"]
    for end in range(len(whole) - 1):
        assert boot(Disk({**NEW, "files.txt": whole[:end]}), monkeypatch) is None


def test_a_full_board_is_refused_before_anything_is_touched():
    disk = Disk({**OLD, "log.csv": bytes(90_000)}, size=110_000)
    before = dict(disk.files)
    with pytest.raises(FirmwareError, match=r"full: \d+ KB needed, \d+ KB to be had"):
        install(disk, NEW)
    assert disk.files == before


def test_a_board_that_fills_up_on_the_way_boots_safe(monkeypatch):
    disk = Disk(OLD)
    disk.room = lambda: 1 << 20

    def write(path, data):
        raise OSError(errno.ENOSPC, path)

    disk.write = write
    with pytest.raises(FirmwareError, match="filesystem is full"):
        install(disk, NEW)
    assert boot(disk, monkeypatch) is None


@pytest.mark.parametrize("worn", ["controller/law.mpy", "files.txt", "main.py.new"])
def test_a_board_that_stores_other_bytes_is_told_and_starts_nothing(worn, monkeypatch):
    class Worn(Disk):
        def write(self, path, data):
            super().write(path, data[:-1] + b"\x00" if path == worn else data)

    disk = Worn(OLD)
    with pytest.raises(FirmwareError, match=f"{worn}: the board holds other bytes than were sent"):
        install(disk, NEW)
    assert "main.py" not in disk.files
    assert boot(disk, monkeypatch) is None


def test_a_main_that_cannot_be_removed_stops_the_flash():
    class Stuck(Disk):
        def remove(self, path):
            pass

    disk = Stuck(OLD)
    with pytest.raises(FirmwareError, match=r"main\.py: the board does not let go of it"):
        install(disk, NEW)
    assert disk.files == OLD
