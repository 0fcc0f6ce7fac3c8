"""Rows of the validation: how they are scored, and that every group can be drawn."""

import math
from pathlib import Path

import pytest

from twin import validation
from twin.errors import InputError
from twin.validation import absolute, decades, factor, page, relative
from twin.validation.framework import Row, Scored, Tolerance

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("tolerance", "published", "inside", "outside"),
    [
        (relative(0.1), 50.0, (45.0, 50.0, 55.0), (44.9, 55.1, -50.0)),
        (factor(2.5), 1.0, (0.4, 1.0, 2.5), (0.39, 2.51, -1.0)),
        (decades(0.11), 100.0, (77.7, 128.8), (77.6, 128.9, math.inf, 0.0)),
        (absolute(0.15, "%"), 0.0, (-0.15, 0.15), (0.16, -0.16)),
        (Tolerance("sign"), -3.9, (-0.1, -100.0), (0.1,)),
    ],
    ids=str,
)
def test_a_tolerance_holds_up_to_its_limit_and_no_further(tolerance, published, inside, outside):
    assert all(tolerance.holds(model, published) for model in inside)
    assert not any(tolerance.holds(model, published) for model in (*outside, math.nan))


def test_two_infinite_times_agree():
    assert decades(0.11).holds(math.inf, math.inf)


def row(tolerance):
    return Row("a figure", 2.0, "MPa", "someone", "table", lambda: 3.0, tolerance)


def test_a_miss_is_shown_as_one():
    assert Scored(row(relative(0.1)), 3.0).verdict == "MISS"
    assert Scored(row(factor(2)), 3.0).verdict == "within"
    assert Scored(row(None), 3.0).verdict == "-"


def test_every_row_says_where_it_comes_from():
    for name in validation.NAMES:
        for found in validation.group(name).rows():
            assert found.quantity, name
            assert found.source, found.quantity
            assert found.how, found.quantity


def test_an_unknown_group_is_one_line():
    with pytest.raises(InputError, match=r"choose from .*creep"):
        validation.group("phlogiston")


def test_the_page_of_a_group_has_a_line_per_row_and_a_figure(tmp_path):
    scored = {"creep": validation.group("creep").scored()}
    text = page.document(scored)
    assert all(entry.row.quantity in text for entry in scored["creep"])
    written = page.write(scored, tmp_path)
    assert (tmp_path / "validation.md").read_text() == text
    assert all(path.stat().st_size for path in written)


def test_the_committed_page_is_what_the_twin_says_today():
    shown = page.document({name: validation.group(name).scored() for name in validation.NAMES})
    committed = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert committed == shown, "make it again: isostack validate --out docs"
    for name in validation.NAMES:
        assert (ROOT / "docs" / "figures" / "validation" / f"{name}.svg").exists()
