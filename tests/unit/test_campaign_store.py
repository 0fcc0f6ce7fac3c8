"""Results are kept line by line: a torn line is left out, a foreign file is refused, nothing is made twice."""

import pytest
from campaigns import FAULTS, HEAD, written

from hil.campaign import store as stores
from hil.campaign.file import read
from hil.campaign.store import Store
from hil.journal import LogError
from twin.errors import InputError


@pytest.fixture
def campaign(tmp_path):
    return read(written(tmp_path))


def fill(folder, campaign, count):
    with Store(folder, campaign) as store:
        for i in range(count):
            store.keep({"key": f"link_cut/spring/{i}", "peak_MPa": 5.0 + i / 7})
    return folder / "runs.jsonl"


def test_what_was_kept_is_there_again(tmp_path, campaign):
    fill(tmp_path / "out", campaign, 3)
    with Store(tmp_path / "out", campaign) as store:
        assert list(store.held) == [f"link_cut/spring/{i}" for i in range(3)]
        assert store.held["link_cut/spring/2"]["peak_MPa"] == 5.0 + 2 / 7


def test_cut_anywhere_whole_lines_remain_and_the_next_goes_behind_them(tmp_path, campaign):
    whole = fill(tmp_path / "out", campaign, 3).read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole)):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / "runs.jsonl").write_bytes(whole[:cut])
        with Store(folder, campaign) as store:
            assert len(store.held) == max(0, sum(end <= cut for end in ends) - 1)
            store.keep({"key": "last", "peak_MPa": 1.0})
        with Store(folder, campaign) as store:
            assert "last" in store.held


def test_results_of_another_file_are_refused_until_forced(tmp_path, campaign):
    path = fill(tmp_path / "out", campaign, 2)
    other = read(written(tmp_path, (HEAD + FAULTS).replace("seed = 7", "seed = 8"), "other.toml"))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"another campaign.*--force"):
        Store(tmp_path / "out", other)
    assert path.read_bytes() == before
    with Store(tmp_path / "out", other, anew=True) as store:
        assert store.held == {}


def test_results_of_other_code_are_refused(tmp_path, campaign, monkeypatch):
    fill(tmp_path / "out", campaign, 2)
    monkeypatch.setattr(stores, "code_sha256", lambda: "other")
    with pytest.raises(InputError, match="other code"):
        Store(tmp_path / "out", campaign)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, campaign):
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="cannot be written to"):
        Store(tmp_path / "file" / "out", campaign)
