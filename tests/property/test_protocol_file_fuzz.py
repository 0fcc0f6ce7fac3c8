"""Whatever an input file holds, it is either accepted or refused in one line."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hil.experiment_file import load
from hil.profile_file import read_profile
from twin.errors import InputError

VALID = b"""format = 1
[cell]
diameter_mm = 13
[fixture]
kind = "actuated_spring"
spring_N_per_mm = 1000
[protocol]
steps = [{ charge_C = 0.1, until_V = 4.2 }, { repeat = 2, steps = [{ rest_h = 1 }, { hold_V = 4, until_C = 0.1 }] }]
[control]
setpoint_MPa = 5.0
charge_window_MPa = [4, 6]
[sensor]
load_cell_kN = 2
[run]
tick_s = 0.1
"""
KEYS = ["setpoint_MPa", "fixture.kind", "protocol.steps", "protocol.steps.0", "protocol.steps.1.steps.0.rest_h"]
KEYS += ["run.tick_s", "cell", "format", "actuator.travel_um", "ambient.steps", "a.b.c", "log.formats.0", "title"]
TOKENS = ["nan", "inf", "-inf", "true", "[]", "{}", "1e400", "-0.0", "0", "[[[]]]", "{ a = 1 }", "1979-05-27"]
TOKENS += ["9" * 400, '"\\u0000"', "[1, 2]", '[{ profile = "/", positive_current = "charge" }]', "none", "''"]


def accepted_or_refused(path: Path, *overrides: str) -> None:
    try:
        load(path, overrides)
    except InputError as error:
        line = str(error)
        assert line
        assert len(line.splitlines()) == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@fuzzed
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))))
def test_random_bytes(folder: Path, data: bytes) -> None:
    (folder / "f.toml").write_bytes(data)
    accepted_or_refused(folder / "f.toml")


@fuzzed
@given(
    st.integers(0, len(VALID)),
    st.integers(0, 30),
    st.one_of(st.binary(max_size=20), st.sampled_from([t.encode() for t in TOKENS])),
)
def test_mutated_file(folder: Path, at: int, cut: int, insert: bytes) -> None:
    (folder / "f.toml").write_bytes(VALID[:at] + insert + VALID[at + cut :])
    accepted_or_refused(folder / "f.toml")


@fuzzed
@given(st.integers(0, 13), st.sampled_from(TOKENS))
def test_replaced_values(folder: Path, line: int, value: str) -> None:
    lines = VALID.decode().splitlines()
    lines[line] = lines[line].partition("=")[0] + "= " + value
    (folder / "f.toml").write_text("\n".join(lines))
    accepted_or_refused(folder / "f.toml")


words = st.text(string.printable + "äµ\u2028\x85", max_size=30)


@fuzzed
@given(
    st.lists(
        st.one_of(
            words,
            st.builds(
                "{}={}".format, st.one_of(st.sampled_from(KEYS), words), st.one_of(st.sampled_from(TOKENS), words)
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
@example(["protocol.steps=1", "protocol.steps.0=2"])
@example(["title=x", "title.x=1"])
@example(["a.=1"])
def test_random_overrides(folder: Path, overrides: list[str]) -> None:
    (folder / "g.toml").write_bytes(VALID)
    accepted_or_refused(folder / "g.toml", *overrides)


@fuzzed
@given(
    st.one_of(
        st.binary(max_size=100),
        st.lists(
            st.lists(st.sampled_from(["0", "1", "nan", "x", "", '"', "-1e9", "time [s]"]), max_size=3), max_size=5
        ).map(lambda rows: "\n".join(map(",".join, rows)).encode()),
    )
)
def test_random_profiles(folder: Path, data: bytes) -> None:
    path = folder / "p.csv"
    path.write_bytes(data)
    try:
        profile = read_profile(path, positive_current="charge")
    except InputError as error:
        profile, lines = None, str(error).splitlines()
    assert profile.duration_s > 0 if profile is not None else len(lines) == 1
