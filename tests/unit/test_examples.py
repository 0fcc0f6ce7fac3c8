"""Every file in examples/ is valid and runs, shortened; a new one is picked up by being there."""

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from hil import shipped
from hil.cli import main
from hil.log import read

EXAMPLES = Path(__file__).parents[2] / "examples"
US06 = "us06_die.toml"
VENTED = ("press_pneumatic.toml", "hydraulic_pouch.toml", "isostatic_pouch.toml")
CAMPAIGN = "campaign.toml"
MEASURED = Path(__file__).parents[3] / "shared" / "data" / "us06_current.csv"
STAND_IN = "time [s],current [A]\n0,0.5\n10,-0.2\n20,0.9\n30,0.9\n"


def found():
    """Experiment files; a campaign is one of a kind of its own and runs in tests/hil/test_campaign.py."""
    return sorted(path.name for path in EXAMPLES.glob("*.toml") if path.name != CAMPAIGN)


@pytest.fixture
def isostack(monkeypatch, capsys):
    """One command in this process: exit code and stderr."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["isostack", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capsys.readouterr().err

    return command


@pytest.fixture
def copied(tmp_path, isostack):
    """The examples where a user would have them, with a profile beside the one that asks for it."""
    assert isostack("examples", "--to", tmp_path)[0] == 0
    (tmp_path / "us06_current.csv").write_text(STAND_IN)
    return tmp_path


def shortened(steps, path="protocol.steps"):
    """Overrides that end each step, nested ones too, after 20 seconds; keys of the step's own kind."""
    for number, step in enumerate(steps):
        here = f"{path}.{number}"
        if "steps" in step:
            yield f"{here}.repeat=1"
            yield from shortened(step["steps"], f"{here}.steps")
            continue
        rest = next((key for key in step if key.startswith("rest_")), None)
        for key in ("for_h", "for_min"):
            if key in step:
                yield f"{here}.{key}=0.006"
        if rest is not None:
            yield f"{here}.{rest}=0.02"
        elif not {"for_h", "for_min", "for_s"} & set(step):
            yield f"{here}.for_s=20.0"


def run_briefly(isostack, file, out, *overrides):
    """Half charged, so that no step is cut short by a voltage limit, and without companions."""
    steps = tomllib.loads(file.read_text())["protocol"]["steps"]
    given = [*shortened(steps), "cell.state_of_charge=0.5", "compare.fixtures=[]", *overrides]
    words = [word for item in given for word in ("--set", item)]
    return isostack("run", file, "--out", out, *words)


@pytest.mark.parametrize("name", found())
def test_every_example_is_valid(copied, isostack, name):
    assert isostack("check", copied / name) == (0, "")


@pytest.mark.parametrize("name", found())
def test_every_example_runs(copied, isostack, name):
    code, said = run_briefly(isostack, copied / name, copied / "out")
    assert code == 0, said
    log = read(next((copied / "out").glob("*.bdf.parquet")))
    assert log.outcome["reason"] == "protocol complete"
    assert len(log) * log.metadata["tick_s"] > 20
    assert (copied / "out" / f"{Path(name).stem}.png").exists()


def test_a_new_example_is_picked_up_by_being_there(monkeypatch, tmp_path):
    """What this file runs, what is shipped and what is in the folder are the same list."""
    assert {*found(), CAMPAIGN} == set(shipped.examples())
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    (tmp_path / "examples" / "new.toml").write_text('title = "New"\n')
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "examples")
    monkeypatch.setitem(globals(), "EXAMPLES", tmp_path / "examples")
    assert shipped.examples()["new.toml"] == "New"
    assert "new.toml" in found()


def test_every_example_has_a_title_and_ends_in_a_comparison_or_says_why_not():
    """A picture is worth a table: all run companions but those that start vented, under a supply."""
    for name, title in shipped.examples().items():
        assert title, name
        if name == CAMPAIGN:
            continue
        companions = tomllib.loads((EXAMPLES / name).read_text()).get("compare", {}).get("fixtures", [])
        assert bool(companions) == (name not in VENTED), name


def test_every_profile_shipped_is_read_by_an_example():
    texts = "".join((EXAMPLES / name).read_text() for name in found())
    for path in EXAMPLES.glob("profiles/*"):
        assert f'"profiles/{path.name}"' in texts


def test_without_its_profile_the_drive_cycle_says_what_is_missing(tmp_path, isostack):
    isostack("examples", US06, "--to", tmp_path)
    code, said = isostack("check", tmp_path / US06)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert "us06_current.csv" in said
    assert "protocol.steps.0.profile" in said


needs_measured = pytest.mark.skipif(not MEASURED.exists(), reason=f"no measured US06 profile at {MEASURED}")


@needs_measured
def test_the_measured_drive_cycle_runs_from_where_it_lies(tmp_path, isostack):
    code, said = run_briefly(isostack, EXAMPLES / US06, tmp_path, f"protocol.steps.0.profile='{MEASURED}'")
    assert code == 0, said


@needs_measured
def test_the_measured_drive_cycle_runs_beside_the_file(copied, isostack):
    """Two passes of 600 s; the largest current density is the one the file states."""
    shutil.copy(MEASURED, copied / "us06_current.csv")
    code, said = run_briefly(isostack, copied / US06, copied / "out", "protocol.steps.0.for_s=1200.0")
    assert code == 0, said
    log = read(copied / "out" / "us06_die.bdf.parquet")
    density = log["Current / A"] * 1e3 / log.metadata["electrode_cm2"]
    assert abs(density).max() == pytest.approx(0.25, rel=1e-6)
    assert density.min() < 0 < density.max()
