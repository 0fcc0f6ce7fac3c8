"""Files that a user names: read within bounds, refused in one line, and never quoted.

Every command's reader of TOML and JSON, over foreign content, nesting and size.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hil import log
from hil.campaign.file import read as read_campaign
from hil.columns import NAMES
from hil.experiment_file import load
from twin import documents
from twin.bpx_file import read as read_bpx
from twin.errors import InputError
from twin.parameters_command import section
from twin.plant import Plant

READERS = {
    "experiment": (load, ".toml"),
    "plant": (Plant.from_file, ".toml"),
    "campaign": (read_campaign, ".toml"),
    "parameters": (lambda path: section(path, ()), ".toml"),
    "bpx": (read_bpx, ".json"),
    "toml": (documents.read_toml, ".toml"),
    "json": (documents.read_json, ".json"),
}
SECRET = "s3cretDoNotShow"
SHARED = [HealthCheck.function_scoped_fixture]


def refused(name, content, folder):
    read, suffix = READERS[name]
    path = folder / f"file{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((InputError, ValueError)) as caught:
        read(path)
    said = str(caught.value)
    assert isinstance(caught.value, InputError), said
    assert "\n" not in said
    assert said.startswith(f"{path}: ")
    return said


FOREIGN = [
    f"root:$6${SECRET}:19000:0:99999:7:::\n",
    f"{SECRET}\n",
    f"password = {SECRET}\n",
    f"password = '{SECRET}'\npassword = '{SECRET}'\n",
    f"[{SECRET}]\n[{SECRET}]\n",
    f"{SECRET} = 1\n{SECRET} = 2\n",
    f"[a]\n{SECRET} = 1\n[a.{SECRET}]\n",
    f"x = {{ {SECRET} = 1, {SECRET} = 2 }}\n",
    f'x = """{SECRET}\n',
    f'x = "\\{SECRET}"\n',
    f"x = 2026-13-45 # {SECRET}\n",
    f'{{"password": "{SECRET}"}}',
    f'{{"password": "{SECRET}',
    f'["{SECRET}"]',
    f'{{"Header": {{"BPX": "{SECRET}", "Model": "{SECRET}"}}, "Parameterisation": {{}}}}',
    f'{{"Header": {{"BPX": "1.0.0", "Model": "Partial"}}, "Parameterisation": {{"Cell": "{SECRET}"}}}}',
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n",
    f"export TOKEN={SECRET}\n",
    f"tool = '{SECRET}'\n",
    f"[tool]\nkey = '{SECRET}'\n",
]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_not_of_the_kind_is_never_quoted(name, content, tmp_path):
    """A parser that takes it, because it is TOML or JSON, is no error; what reads the sections then is."""
    try:
        said = refused(name, content, tmp_path)
    except pytest.fail.Exception:
        assert name in ("toml", "json")
        return
    assert SECRET not in said


@settings(max_examples=80, deadline=None, suppress_health_check=SHARED)
@given(name=st.sampled_from(sorted(READERS)), before=st.text(max_size=40), after=st.text(max_size=40))
@example(name="toml", before="\x00", after="")
def test_whatever_stands_round_a_secret_does_not_bring_it_out(tmp_path, name, before, after):
    read, suffix = READERS[name]
    path = tmp_path / f"file{suffix}"
    path.write_bytes(f"{before}{SECRET}{after}".encode("utf-8", "surrogatepass"))
    said = ""
    try:
        read(path)
    except InputError as error:
        said = str(error)
    assert SECRET not in said


@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
@given(name=st.sampled_from(sorted(READERS)), levels=st.integers(25, 200_000), kind=st.sampled_from("[{"))
@example(name="bpx", levels=200_000, kind="[")
@example(name="parameters", levels=5000, kind="{")
def test_nesting_is_bounded(tmp_path, name, levels, kind):
    if READERS[name][1] == ".json":
        content = "[" * levels + "]" * levels if kind == "[" else '{"a":' * levels + "1" + "}" * levels
    else:
        content = "a = " + ("[" * levels + "]" * levels if kind == "[" else "{a=" * levels + "1" + "}" * levels)
    assert "nested too deep" in refused(name, content, tmp_path)


def test_nesting_within_the_bound_is_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([[[[{"a": [1]}]]]]))
    (tmp_path / "a.toml").write_text("a = [[[{a = [1]}]]]")
    assert documents.read_json(tmp_path / "a.json") == [[[[{"a": [1]}]]]]
    assert documents.read_toml(tmp_path / "a.toml") == {"a": [[[{"a": [1]}]]]}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("place", ["/dev/zero", "/dev/stdin", "fifo", "folder", "absent", "huge", "binary", "digits"])
def test_what_is_endless_or_no_file_is_one_line(name, place, tmp_path):
    read, suffix = READERS[name]
    path = tmp_path / f"file{suffix}"
    if place.startswith("/"):
        path.symlink_to(place)
    elif place == "fifo":
        os.mkfifo(path)
    elif place == "folder":
        path.mkdir()
    elif place == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 34)
    elif place == "binary":
        path.write_bytes(b"a\n\xff\xfe")
    elif place == "digits":
        path.write_text(("a = " if suffix == ".toml" else "") + "9" * 10_000)
    with pytest.raises(InputError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


LOGS = ["run.bdf.parquet", "run.bdf.csv", "run.journal.arrows"]


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("place", ["/dev/zero", "fifo"])
@pytest.mark.parametrize("command", [log.read, log.recover])
def test_a_log_that_is_a_device_or_a_pipe_is_one_line(name, place, command, tmp_path):
    path = tmp_path / name
    if place == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(place)
    with pytest.raises(log.LogError) as caught:
        command(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[" * 200_000, '{"a":' * 200_000, "/dev/zero"])
def test_metadata_beside_a_table_are_bounded(content, tmp_path):
    path = tmp_path / "run.bdf.csv"
    path.write_text(",".join(f'"{name}"' for name in NAMES) + "\n")
    side = log.sidecar_path(path)
    if content.startswith("/"):
        side.symlink_to(content)
    else:
        side.write_text(content)
    with pytest.raises(log.LogError) as caught:
        log.read(path)
    assert "\n" not in str(caught.value)


def test_the_place_of_a_fault_is_named(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("a = 1\nb = = 2\n")
    with pytest.raises(InputError, match="at line 2, column 5"):
        documents.read_toml(path)
    path.write_text('{"a": 1,\n "b" 2}')
    with pytest.raises(InputError, match="at line 2, column 6"):
        documents.read_json(path)
