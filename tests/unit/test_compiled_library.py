"""Small C libraries in the user's cache: compiled once, whole or not at all, whoever else is at it."""

import ctypes
import subprocess
import sys
import uuid

import pytest

from twin.compiled import library
from twin.errors import SimulationError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path))
    return tmp_path / "libraries"


def answer(number):
    """A text no other test has: dlopen remembers paths."""
    return f"int answer(void) {{ return {number}; }} /* {uuid.uuid4()} */"


def test_it_is_compiled_once(folder):
    text = answer(42)
    assert library(text).answer() == 42
    (entry,) = folder.iterdir()
    made = (entry / "library.so").stat().st_mtime_ns
    assert library(text).answer() == 42
    assert (entry / "library.so").stat().st_mtime_ns == made


def test_other_flags_are_another_library(folder):
    text = f"int answer(void) {{ return ANSWER; }} /* {uuid.uuid4()} */"
    assert library(text, ("-DANSWER=1",)).answer() == 1
    assert library(text, ("-DANSWER=2",)).answer() == 2


@pytest.mark.parametrize("name", ["library.so", "library.c", "manifest.json"])
def test_what_was_cut_or_changed_is_compiled_again(folder, name):
    text = answer(7)
    code = f"from twin.compiled import library; print(library({text!r}).answer())"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "7"
        (entry,) = (path for path in folder.iterdir() if not path.name.startswith("."))
        content = (entry / name).read_bytes()
        assert len(content) > 10
        (entry / name).write_bytes(content[: len(content) // 2])


def test_two_processes_at_once_both_get_it(folder):
    code = f"from twin.compiled import library; print(library({answer(5)!r}).answer())"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate()[0].strip() for one in both] == ["5", "5"]
    assert len(list(folder.iterdir())) == 1


def test_what_does_not_compile_is_one_line(folder):
    with pytest.raises(SimulationError, match=r"failed on the toy.*error") as caught:
        library("int answer(void) { return nonsense; }", stem="the toy")
    assert "\n" not in str(caught.value)
    assert not list(folder.iterdir())


def test_no_compiler_is_one_line(folder, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "")
    with pytest.raises(SimulationError, match="no C compiler"):
        library(answer(1))


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "file"))
    with pytest.raises(SimulationError, match="cannot keep"):
        library(answer(1))


def test_it_is_a_library(folder):
    assert isinstance(library(answer(1)), ctypes.CDLL)
