"""Profiles: what they are at a time, and the two that are at hand."""

from pathlib import Path

import numpy as np
import pytest

from hil.profile import DST_STEPS, Profile, dst_csv
from hil.profile_file import read_profile

EXAMPLES = Path(__file__).parents[2] / "examples"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "p.csv"
    path.write_text(text)
    return path


def read(path: Path, **options: object) -> Profile:
    return read_profile(path, positive_current="discharge", **options)  # type: ignore[arg-type]


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
