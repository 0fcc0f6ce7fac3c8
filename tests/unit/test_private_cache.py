"""The cache holds code: what others may write or own is refused, in one line that says what to do, and is not loaded.

Every folder and file on the way to a library, every mode, every owner.
"""

import os
import stat
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import private
from twin.cache import cache_root
from twin.compiled import library
from twin.errors import InputError, SimulationError

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX file owners and modes")

TEXT = f"int answer(void) {{ return 42; }} /* {uuid.uuid4()} */"
FILES = ("library.so", "library.c", "manifest.json")
STRANGER = 12345
GROUP, WORLD = 0o020, 0o002


@pytest.fixture
def top(tmp_path, monkeypatch):
    """A cache with one library in it, beneath a folder of its own."""
    folder = tmp_path / "above" / "cache"
    monkeypatch.setenv("ISOSTACK_CACHE", str(folder))
    assert library(TEXT).answer() == 42
    return folder


def entry(top):
    (found,) = (top / "libraries").iterdir()
    return found


def parts(top):
    """Every folder and file that decides what is loaded, by what a test calls it."""
    inside = entry(top)
    return {"top": top, "kind": inside.parent, "entry": inside} | {name: inside / name for name in FILES}


def refused(top=None):
    with pytest.raises(InputError, match="ISOSTACK_CACHE") as caught:
        library(TEXT)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_what_others_may_write_is_refused_and_nothing_else_is(top, data):
    name = data.draw(st.sampled_from(["top", "kind", "entry", *FILES]))
    path = parts(top)[name]
    own = 0o700 if path.is_dir() else 0o600
    before = stat.S_IMODE(path.stat().st_mode)
    mode = data.draw(st.integers(0, 0o1777)) | own
    path.chmod(mode)
    try:
        if mode & (GROUP | WORLD):
            said = refused()
            assert said.startswith(f"{path}: ")
            assert f"chmod go-w {path}" in said
        else:
            assert library(TEXT).answer() == 42
    finally:
        path.chmod(before)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o775])
def test_a_folder_above_that_others_may_write_is_refused_unless_it_is_sticky(top, mode):
    """Who may rename the cache's folder may put another in its place."""
    top.parent.chmod(mode)
    assert str(top.parent) in refused()
    top.parent.chmod(mode | stat.S_ISVTX)
    assert library(TEXT).answer() == 42
    top.parent.chmod(0o755)


def test_a_sticky_cache_is_refused_all_the_same(top):
    top.chmod(0o1777)
    assert "may write it" in refused()


@pytest.mark.parametrize("name", ["top", "kind", "entry", *FILES])
def test_what_another_owns_is_refused(top, monkeypatch, name):
    """One of them is another's: the system's answer for it alone is changed, so that this needs no root."""
    path = parts(top)[name]
    real, opened, handles = os.lstat, os.fstat, os.open
    by_handle = {}

    def theirs(found):
        fields = list(found)
        fields[stat.ST_UID] = os.getuid() + STRANGER
        return os.stat_result(fields)

    def lstat(self):
        return theirs(real(self)) if self == path else real(self)

    def remember(name_, *rest, **keys):
        handle = handles(name_, *rest, **keys)
        by_handle[handle] = Path(name_)
        return handle

    def fstat(handle):
        return theirs(opened(handle)) if by_handle.get(handle) == path else opened(handle)

    monkeypatch.setattr(Path, "lstat", lstat)
    monkeypatch.setattr(os, "open", remember)
    monkeypatch.setattr(os, "fstat", fstat)
    assert f"{path}: belongs to user {os.getuid() + STRANGER}" in refused()


def test_nothing_of_mine_is_used_by_another_user(top, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: STRANGER)
    assert "belongs to user" in refused()


def give_away(path, monkeypatch):
    """Changes the owner; only root can, so for another user the system's answers about this file are changed."""
    if os.getuid() == 0:
        os.chown(path, STRANGER, -1)
        return
    given = path.lstat().st_ino

    def changed(real):
        def answer(*args, **options):
            found = real(*args, **options)
            return os.stat_result((*found[:4], STRANGER, *found[5:])) if found.st_ino == given else found

        return answer

    for name in ("stat", "lstat", "fstat"):
        monkeypatch.setattr(os, name, changed(getattr(os, name)))


@pytest.mark.parametrize("name", ["above", "top", "kind", "entry", *FILES])
def test_a_file_given_away_is_refused(top, name, monkeypatch):
    path = {**parts(top), "above": top.parent}[name]
    give_away(path, monkeypatch)
    assert f"{path}: belongs to user {STRANGER}" in refused()


@pytest.mark.parametrize("name", ["top", "kind", "entry", *FILES])
def test_a_link_is_refused_wherever_it_leads(top, name):
    path = parts(top)[name]
    away = top.parent / "elsewhere"
    path.rename(away)
    path.symlink_to(away)
    assert f"{path}: is a symbolic link" in refused()


def test_links_above_the_cache_are_followed_and_their_target_is_looked_at(top, monkeypatch):
    link = top.parent.parent / "link"
    link.symlink_to(top.parent)
    monkeypatch.setenv("ISOSTACK_CACHE", str(link / "cache"))
    assert library(TEXT).answer() == 42
    top.parent.chmod(0o777)
    assert str(top.parent) in refused()


def test_a_circle_of_links_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "circle" / "cache"))
    with pytest.raises((InputError, SimulationError), match="circle") as caught:
        library(TEXT)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_what_is_made_is_open_to_the_user_alone_whatever_the_umask(tmp_path, monkeypatch, umask):
    """Parents that had to be made too."""
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "new" / "newer" / "cache"))
    before = os.umask(umask)
    try:
        assert library(f"{TEXT} // {umask}").answer() == 42
        assert library(f"{TEXT} // {umask}").answer() == 42
    finally:
        os.umask(before)
    found = sorted((tmp_path / "new").rglob("*"))
    assert len(found) == 3 + 1 + 3
    for path in (tmp_path / "new", *found):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_made_where_it_is_refused(tmp_path, monkeypatch):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "open" / "cache"))
    refused()
    assert list((tmp_path / "open").iterdir()) == []


def test_steppers_are_refused_alike(top, plant_of):
    """The same doors for the plant's functions, whatever loads them."""
    from twin.resolve import default_sections

    (top / "steppers").mkdir(mode=0o700)
    (top / "steppers").chmod(0o777)
    from twin.plant import Plant

    with pytest.raises(InputError, match="chmod go-w"):
        Plant.from_sections(*default_sections("fixed_gap"))


@pytest.mark.parametrize("kind", ["fifo", "folder", "endless"])
def test_what_is_no_file_does_not_hold_up_the_reader(tmp_path, kind):
    path = tmp_path / "library.so"
    if kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/zero")
    with pytest.raises((OSError, InputError)):
        private.content(path)


def test_a_system_without_owners_still_works(top, monkeypatch):
    monkeypatch.delattr(os, "getuid")
    top.chmod(0o777)
    assert library(TEXT).answer() == 42
    top.chmod(0o700)


def test_the_root_is_where_the_variable_says(top):
    assert cache_root() == top
