"""Every command: its help, what it prints, what it writes, and how it ends."""

import json
import re

import pytest
from command_line import ALONE, BRIEF, DIE, EXAMPLES, HALF, SHORT, isostack, logs, rows, sets

OPTIONS = {
    "run": {"--out", "--set", "--force", "--json", "--engine"},
    "hil": {"--board", "--realtime", "--out", "--set", "--force", "--json", "--engine"},
    "bench": {"--port", "--recalibrate", "--out", "--set", "--force"},
    "replay": {"--board", "--json"},
    "doctor": {"--json"},
    "check": {"--set", "--json"},
    "plot": {"--out"},
    "compare": {"--out", "--set", "--force", "--json", "--engine"},
    "recover": {"--csv"},
    "examples": {"--to"},
}
BRIEF_SETS = sets(*BRIEF)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One short run, and the folder it wrote to."""
    folder = tmp_path_factory.mktemp("run")
    return isostack("run", DIE, "--out", folder, *BRIEF_SETS), folder


# --- help ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option(command):
    ran = isostack(command, "--help")
    assert ran.code == 0
    assert OPTIONS[command] | {"--help"} == set(re.findall(r"--[a-z]+", ran.out))


def test_help_names_every_command_and_exit_code():
    ran = isostack("--help")
    assert ran.code == 0
    for command in OPTIONS:
        assert re.search(rf"\b{command}\b", ran.out)
    assert "0 done, 1 a replay differs, 2 bad input, 3 a safety trip ended the run" in " ".join(ran.out.split())


def test_alone_it_shows_its_help():
    ran = isostack()
    assert ran.code in (0, 2)
    assert "Usage: " in ran.out + ran.err
    assert all(command in ran.out + ran.err for command in OPTIONS)
    assert "Traceback" not in ran.err


# Pins: usage errors came out as tracebacks with exit code 1.
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "Missing argument"),
        (["nosuch"], "nosuch"),
        (["--bogus"], "--bogus"),
        (["check", str(DIE), "--bogus"], "--bogus"),
        (["run", str(DIE), "--set"], "--set"),
        (["compare"], "Missing argument"),
    ],
)
def test_a_misused_command_ends_with_2_and_says_how_to_use_it(words, said):
    ran = isostack(*words)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


# --- check ---------------------------------------------------------------------------------------------------------


def test_check_says_what_follows_from_the_file():
    ran = isostack("check", DIE)
    assert (ran.code, ran.err) == (0, "")
    # 5 MPa on a disc of 13 mm, of a load cell of 2 kN; 30 N/um and 2000 N/mm in series over the same disc.
    assert "663.7 N, 33.2 %" in ran.out
    assert "14.13 kPa per um" in ran.out


def test_check_takes_overrides():
    assert "530.9 N" in isostack("check", DIE, *sets("preload_MPa=4.0", "setpoint_MPa=4.0")).out


# --- run -----------------------------------------------------------------------------------------------------------


def test_a_run_ends_with_0_and_leaves_a_log_and_a_figure(run):
    ran, folder = run
    assert ran.code == 0
    assert logs(folder) == ["die_13mm.bdf.parquet", "die_13mm.png"]
    assert (folder / "die_13mm.png").read_bytes().startswith(b"\x89PNG")
    for name in logs(folder):
        assert f"wrote {folder / name}" in ran.lines


def test_a_run_prints_its_table(run):
    ran, _ = run
    assert "actuated spring" in ran.out
    assert "max dev" in ran.out
    assert "Traceback" not in ran.err


def test_json_goes_alone_to_stdout(tmp_path):
    ran = isostack("run", DIE, "--out", tmp_path, "--json", *BRIEF_SETS)
    document = json.loads(ran.out)
    assert set(document) == {"goal", "pass", "variants"}
    assert document["goal"] == {
        "max_deviation_percent": 1.0, "rms_deviation_percent": 0.2, "rejection": 10.0, "least_contact": 0.9,
    }  # fmt: skip
    [variant] = document["variants"]
    assert variant["metrics"]["rows"] == len(rows(tmp_path / "die_13mm.bdf.parquet"))
    held = variant["fixture"]
    assert 0 < held["with_fixture_Wh_per_kg"] < held["cell_Wh_per_kg"]
    assert held["fixture_kg"] == sum(held["parts_kg"].values())


def test_without_out_the_log_goes_to_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert isostack("run", DIE, *BRIEF_SETS).code == 0
    assert logs(tmp_path / "runs" / "die_13mm") == ["die_13mm.bdf.parquet", "die_13mm.png"]


def test_force_replaces_an_earlier_log(tmp_path):
    command = ["run", DIE, "--out", tmp_path, *BRIEF_SETS]
    assert isostack(*command).code == 0
    before = (tmp_path / "die_13mm.bdf.parquet").read_bytes()
    refused = isostack(*command, *sets("run.seed=5"))
    assert refused.code == 2
    assert "--force" in refused.reason
    assert (tmp_path / "die_13mm.bdf.parquet").read_bytes() == before
    assert isostack(*command, *sets("run.seed=5"), "--force").code == 0
    assert (tmp_path / "die_13mm.bdf.parquet").read_bytes() != before


def test_the_fixtures_of_the_compare_section_run_beside(tmp_path):
    """All four companions, each with a log of its own, none judged."""
    companions = ["actuator_locked", "fixed_gap", "spring", "pneumatic"]
    ran = isostack(
        "run", DIE, "--out", tmp_path, "--json", *sets(*SHORT, HALF, f"compare.fixtures={json.dumps(companions)}")
    )
    assert ran.code == 0
    first, *others = ran.figures["variants"]
    assert first["judged"]
    assert first["rejection"] is not None
    assert [other["judged"] for other in others] == [False] * 4
    assert logs(tmp_path) == sorted(
        ["die_13mm.bdf.parquet", "die_13mm.png", *(f"die_13mm-{name}.bdf.parquet" for name in companions)]
    )


# --- compare -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    swept = ["--set", "spring_N_per_mm=500,1000,2000"]
    return isostack("compare", DIE, "--out", folder, "--json", *swept, *BRIEF_SETS), folder


def test_a_swept_key_gives_a_log_for_each_value_and_two_figures(sweep):
    ran, folder = sweep
    assert ran.code == 0
    assert [variant["variant"] for variant in ran.figures["variants"]] == [
        "spring_N_per_mm=500",
        "spring_N_per_mm=1000",
        "spring_N_per_mm=2000",
    ]
    written = logs(folder)
    assert sum(name.endswith(".bdf.parquet") for name in written) == 3
    assert [name for name in written if name.endswith(".png")] == ["compare.png", "sweep.png"]


def test_each_log_of_a_sweep_carries_its_own_value(sweep):
    from hil.log import read

    _, folder = sweep
    stiffness = [read(path).metadata["resolved"]["fixture"]["spring_N_per_mm"] for path in folder.glob("*.parquet")]
    assert sorted(stiffness) == [500, 1000, 2000]


def test_two_files_are_compared_by_name(tmp_path):
    (tmp_path / "stiff.toml").write_text(
        DIE.read_text().replace("spring_N_per_mm = 2000.0", "spring_N_per_mm = 2500.0")
    )
    ran = isostack("compare", DIE, tmp_path / "stiff.toml", "--out", tmp_path / "out", *BRIEF_SETS)
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines() if line.startswith((" die", " stiff"))] == [
        "die_13mm",
        "stiff",
    ] * 2
    assert "with fixture" in ran.out
    assert logs(tmp_path / "out") == ["compare.png", "die_13mm.bdf.parquet", "stiff.bdf.parquet"]


def test_two_files_of_one_name_are_refused(tmp_path):
    other = tmp_path / "die_13mm.toml"
    other.write_text(DIE.read_text())
    ran = isostack("compare", DIE, other, "--out", tmp_path / "out")
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "same name" in ran.reason
    assert logs(tmp_path / "out") == []


def test_a_bad_value_in_a_sweep_is_refused_before_any_run(tmp_path):
    ran = isostack("compare", DIE, "--out", tmp_path / "out", *sets("spring_N_per_mm=500,-1", ALONE))
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "fixture.spring_N_per_mm = -1" in ran.reason
    assert logs(tmp_path / "out") == []


# --- plot ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plot_draws_a_log(run, tmp_path, suffix):
    _, folder = run
    to = tmp_path / f"figure{suffix}"
    ran = isostack("plot", folder / "die_13mm.bdf.parquet", "--out", to)
    assert ran.code == 0
    assert to.stat().st_size > 1000


def test_plot_refuses_what_is_no_log(tmp_path):
    ran = isostack("plot", DIE)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert str(DIE) in ran.reason


# --- examples ------------------------------------------------------------------------------------------------------


def test_examples_are_listed_by_name_and_title():
    ran = isostack("examples")
    assert ran.code == 0
    for path in EXAMPLES.glob("*.toml"):
        assert path.name in ran.out


def test_examples_are_copied_with_what_they_read(tmp_path):
    assert isostack("examples", "--to", tmp_path).code == 0
    for path in [*EXAMPLES.glob("*.toml"), *EXAMPLES.glob("profiles/*")]:
        assert (tmp_path / path.relative_to(EXAMPLES)).read_bytes() == path.read_bytes()


def test_one_example_is_copied_on_its_own(tmp_path):
    assert isostack("examples", DIE.name, "--to", tmp_path).code == 0
    assert [name for name in logs(tmp_path) if name.endswith(".toml")] == [DIE.name]


def test_a_copy_never_overwrites(tmp_path):
    (tmp_path / DIE.name).write_text("mine")
    ran = isostack("examples", "--to", tmp_path)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert str(tmp_path / DIE.name) in ran.reason
    assert (tmp_path / DIE.name).read_text() == "mine"


def test_an_unknown_example_is_refused_with_the_known_ones(tmp_path):
    ran = isostack("examples", "die_14mm.toml", "--to", tmp_path)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert DIE.name in ran.reason


# --- recover -------------------------------------------------------------------------------------------------------


def test_recover_without_a_journal_says_so(tmp_path):
    ran = isostack("recover", tmp_path)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "nothing to recover" in ran.reason
