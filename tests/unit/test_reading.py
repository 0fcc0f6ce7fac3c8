"""Files are read whole within a bound, and refused in one line otherwise."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.reading import read_bounded

HIDDEN = "not-to-be-shown"


def refused(path: Path, most_bytes: int = 100, **words: str) -> str:
    with pytest.raises(InputError) as caught:
        read_bounded(path, most_bytes, **words)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert line.startswith(f"{path}: ")
    assert HIDDEN not in line
    return line


@given(data=st.binary(max_size=50), bound=st.integers(0, 50))
def test_whole_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, bound: int) -> None:
    path = tmp_path_factory.mktemp("bounded") / "f"
    path.write_bytes(data)
    if len(data) <= bound:
        assert read_bounded(path, bound) == data
    else:
        assert f"{bound} bytes" in refused(path, bound)


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10 * 2**30)
    assert "10737418240 bytes; at most 100 bytes" in refused(tmp_path / "sparse")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX devices and pipes")
def test_what_never_ends_is_not_begun(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path / "link"):
        assert "is a device, a pipe or a socket" in refused(path)


def test_an_empty_size_does_not_unbound_what_is_read() -> None:
    """Files of /proc say that they hold nothing."""
    path = Path("/proc/self/environ")
    if not path.exists():
        pytest.skip("needs /proc (Linux)")
    with pytest.raises(InputError, match="larger than 1 bytes"):
        read_bounded(path, 1)


def test_absent_and_directory(tmp_path: Path) -> None:
    assert refused(tmp_path / "none", absent="look elsewhere").endswith("no such file; look elsewhere")
    assert refused(tmp_path / "none").endswith("no such file")
    assert refused(tmp_path, named="the TOML file").endswith("is a directory; name the TOML file in it")
    assert "cannot be read" in refused(Path("a\0b"))


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the file system says it to those who may not read; the superuser may read everything."""

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = tmp_path / "f"
    path.write_text(HIDDEN)
    monkeypatch.setattr("twin.reading.os.open", refuse)
    assert "cannot be read" in refused(path)
