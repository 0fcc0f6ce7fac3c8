"""The page on fixtures: nothing left out, and its figures are those of the code."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from hil.variants import LABELS
from twin.files import FIXTURES
from twin.options import OPTIONS
from twin.submodels.fixture import KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fixtures.md").read_text()
EXAMPLES = {path.name: tomllib.loads(path.read_text()) for path in (ROOT / "examples").glob("*.toml")}


def test_files_options_and_submodels_know_the_same_kinds():
    words = {kind.replace("_", " ") for kind in FIXTURES}
    assert words == set(OPTIONS["fixture"]) == set(KINDS)


@pytest.mark.parametrize("kind", FIXTURES)
def test_every_kind_has_its_line_and_an_example_or_companion(kind):
    assert f"| `{kind}` |" in PAGE
    used = {content["fixture"]["kind"] for content in EXAMPLES.values() if "fixture" in content}
    assert kind in used | set(LABELS)


def test_every_example_on_the_page_is_one_of_its_kind():
    rows = re.findall(r"^\| `(\w+)` \|.*\| `(\w+\.toml)` \|$", PAGE, re.M)
    assert len(rows) >= 6
    for kind, name in rows:
        assert EXAMPLES[name]["fixture"]["kind"] == kind


def test_the_energies_on_the_page_are_those_of_the_figure():
    """At 5 MPa, Wh/kg: the cell alone, a fixed gap, a spring, a vessel; one, ten, thirty layers."""
    drawn = runpy.run_path(str(ROOT / "docs" / "figures" / "draw_fixtures.py"))

    def held(kind, layers):
        pouch = drawn["cell"](layers)
        return drawn["best"](kind, pouch, 5.0)

    said = " ".join(PAGE.split())
    gaps = [held("fixed_gap", n) for n in drawn["LAYERS"]]
    one, ten, thirty = ((gap.Wh_per_kg, gap.cell_Wh_per_kg) for gap in gaps)
    assert f"leaves {one[0]:.1f} of the cell's {one[1]:.0f} Wh/kg to one layer" in said
    assert f"{ten[0]:.0f} of {ten[1]:.0f} to ten, {thirty[0]:.0f} of {thirty[1]:.0f} to thirty" in said
    springs = [held("spring", n).Wh_per_kg for n in drawn["LAYERS"]]
    assert f"swings by a tenth {springs[0]:.1f}, {springs[1]:.0f} and {springs[2]:.0f}" in said
    vessels = [held("isostatic", n).Wh_per_kg for n in drawn["LAYERS"]]
    assert "not counted, " + "{:.1f}, {:.0f} and {:.0f}".format(*vessels) in said
