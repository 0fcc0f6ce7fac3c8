"""Measured profiles: formats, signs, refusals, and reading them at a time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hil.profile import DST_STEPS, Profile, dst_csv, read_profile
from twin.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"


def written(tmp_path: Path, text: str | bytes, name: str = "p.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path, **options: object) -> Profile:
    return read_profile(path, positive_current="discharge", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n1,2\n3,0\n",
        "# US06\n# time [s],current [A]\n0,1\n\n1,2\n3,0\n",
        "time [s],current [A]\n0,1\n1,2\n3,0\n",
        "t,i\n0,1\n1,2\n3,0\n",
        "\ufeff0,1\r\n1,2\r\n3,0\r\n",
        "5,1\n6,2\n8,0",
        "Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,2\n3,3,0\n",
        "Current / A,Voltage / V,Test Time / s\n1,,0\n2,,1\n0,,3\n",
        "test_time_second,voltage_volt,current_ampere\n0,3,1\n1,3,2\n3,3,0\n",
    ],
)
def test_reads(tmp_path: Path, text: str) -> None:
    profile = read(written(tmp_path, text))
    assert profile.time_s.tolist() == [0, 1, 3]
    assert profile.current_A.tolist() == [1, 2, 0]
    assert profile.charge_C == 5
    assert profile.peak_A == 2
    assert profile.source == "p.csv"


def test_sign_is_what_the_key_says(tmp_path: Path) -> None:
    path = written(tmp_path, "0,1\n1,2\n")
    assert read_profile(path, positive_current="charge").current_A.tolist() == [-1, -2]


def test_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame({"Test Time / s": [0.0, 1, 3], "Voltage / V": 3.0, "Current / A": [1.0, 2, 0]})
    table.to_parquet(tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet").charge_C == 5
    table.drop(columns="Current / A").to_parquet(tmp_path / "q.parquet")
    with pytest.raises(InputError, match="missing column 'Current / A'"):
        read(tmp_path / "q.parquet")
    with pytest.raises(InputError, match="not a Parquet table"):
        read(written(tmp_path, b"PAR1 nonsense", "r.parquet"))


def test_time_units(tmp_path: Path) -> None:
    path = written(tmp_path, "0,1\n1,2\n")
    assert read(path, time_unit="min").duration_s == 60
    stated = written(tmp_path, "time [h],current [A]\n0,1\n1,2\n", "h.csv")
    assert read(stated).duration_s == 3600
    with pytest.raises(InputError, match="contradicts time_unit"):
        read(stated, time_unit="s")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("0,1\n", "at least two"),
        ("time,current\n", "at least two"),
        ("0,1\n1,2\n1,3\n", "line 3: time repeats"),
        ("0,1\n2,2\n1,3\n", "line 3: time runs backwards"),
        ("# c\n0,1\n1,abc\n", "line 3: current = 'abc': not a number"),
        ("0,1\nx,2\n", "line 2: time = 'x'"),
        ("0,abc\n1,2\n", "line 1: current = 'abc'"),
        ("0,nan\n1,2\n", "line 1: current = nan: not a finite"),
        ("0,1\ninf,2\n", "line 2: time = inf"),
        ("0,1\n1,1e9\n", "beyond"),
        ("0,1\n1\n", "line 2: 1 cells"),
        ("0\n1\n", "one column"),
        ("0,1,2\n1,1,2\n", "no header"),
        ("Test Time / s,Voltage / V\n0,1\n1,2\n", "missing column 'Current / A'"),
        ("Voltage / V,Current / A,x\n0,1,2\n1,2,3\n", "missing column 'Test Time / s'"),
        ("time [s],current [mA]\n0,1\n1,2\n", "not in ampere"),
        ("Test Time / s,Current / mA,x\n0,1,2\n1,2,3\n", "not in ampere"),
        ("I,x,y\n0,1,2\n1,2,3\n", "missing column 'Test Time / s'"),
        ("time [d],current [A]\n0,1\n1,2\n", "none of s, min, h"),
        (b"0,1\n\xff,2\n", "not UTF-8"),
    ],
)
def test_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert words in line
    assert "\n" not in line


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="is a directory"):
        read(tmp_path)


def test_interpolation(tmp_path: Path) -> None:
    path = written(tmp_path, "0,1\n2,3\n4,0\n")
    held, joined = read(path).cursor(), read(path, interpolation="linear").cursor()
    stretches = [(0, 1), (1, 1), (1, 2), (2, 2), (3, 1), (3, 2), (0, 4), (0, 40)]
    assert [held.mean(*s) for s in stretches] == [1, 1, 2, 3, 3, 2, 2, 2]
    assert [joined.mean(*s) for s in stretches] == [1.5, 2.5, 2.375, 1.5, 0.75, 1.125, 1.75, 1.75]
    assert read(path, interpolation="linear").charge_C == 7


def test_scaled(tmp_path: Path) -> None:
    profile = read(written(tmp_path, "0,1\n1,-2\n2,0\n"))
    assert np.allclose(profile.scaled(3).current_A, [3, -6, 0])
    assert profile.scaled(3).sha256 == profile.sha256


def test_dst_is_the_published_table() -> None:
    assert len(DST_STEPS) == 20
    assert sum(d for d, _ in DST_STEPS) == 360
    assert max(f for _, f in DST_STEPS) == 1
    assert min(f for _, f in DST_STEPS) == -0.5
    # Its peak is eight times its mean.
    assert sum(d * f for d, f in DST_STEPS) / 360 == 0.125


def test_dst_example_is_what_the_generator_writes() -> None:
    path = EXAMPLES / "profiles" / "dst.csv"
    assert path.read_text() == dst_csv()
    profile = read(path)
    assert profile.duration_s == 360
    assert profile.charge_C == pytest.approx(45)


def test_us06_when_present() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "us06_current.csv"
    if not path.exists():
        pytest.skip("../shared/data/us06_current.csv is absent")
    profile = read(path)
    assert profile.duration_s == 600
    assert profile.peak_A == pytest.approx(8.1)
