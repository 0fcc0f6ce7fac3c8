"""Arrows point one way: hil -> twin, hil -> controller, hil -> firmware, firmware -> controller; nobody -> tests."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"twin", "controller", "firmware", "hil", "tests"}
MAY = {
    "controller": {"controller"},
    "firmware": {"controller", "firmware"},
    "twin": {"twin"},
    "hil": {"controller", "firmware", "hil", "twin"},
}
MICROPYTHON = {"micropython"}  # all a controller may import that is not ours; its host words take nothing more
SOURCES = sorted(path for folder in MAY if (ROOT / folder).is_dir() for path in (ROOT / folder).rglob("*.py"))


def imported(path):
    """Names of all modules that a file imports, wherever in it; relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found |= {f"{name}.{alias.name}" for alias in node.names} if name in OURS else {name}
        elif isinstance(node, ast.Call):
            found |= _by_call(node)
    return found


def _by_call(node):
    """``__import__("x")`` and ``import_module("x")``."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ("__import__", "import_module") or not node.args:
        return set()
    return {node.args[0].value} if isinstance(node.args[0], ast.Constant) else {"something that is computed"}


def tops(path):
    return {name.partition(".")[0] for name in imported(path)}


def test_every_folder_of_ours_has_a_rule():
    """A new package gets a line here before anything imports it."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} <= set(MAY)
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} >= {"twin", "controller", "hil"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_arrows_point_one_way(path):
    folder = path.relative_to(ROOT).parts[0]
    assert tops(path) & OURS <= MAY[folder]


@pytest.mark.parametrize("path", sorted((ROOT / "controller").rglob("*.py")), ids=lambda path: path.name)
def test_the_controller_imports_its_own_and_micropythons(path):
    assert tops(path) <= {"controller", *MICROPYTHON}


def test_no_board_carries_the_words_for_people():
    """vocabulary.py is for hosts: nothing else in the controller imports it."""
    for path in (ROOT / "controller").rglob("*.py"):
        assert "controller.vocabulary" not in imported(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import hil.cli", "hil"),
        ("from twin import plant", "twin"),
        ("def f():\n    import hil", "hil"),
        ("from ..twin import x", "twin"),
        ("__import__('twin.plant')", "twin"),
        ("import importlib\nimportlib.import_module('hil')", "hil"),
    ],
)
def test_the_rule_sees_every_way_of_importing(monkeypatch, tmp_path, text, found):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "controller" / "deep").mkdir(parents=True)
    path = tmp_path / "controller" / "deep" / "guilty.py"
    path.write_text(text.replace("..twin", "...twin"))
    assert found in tops(path)


# --- what is loaded when -------------------------------------------------------------------------------------------

HEAVY = ("pybamm", "matplotlib", "scipy", "pandas", "pyarrow.parquet", "casadi")


def loaded_by(code, *words):
    """Which of the heavy modules a fresh interpreter has loaded after running ``code``."""
    script = f"{code}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True, cwd=ROOT)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_the_command_line_comes_without_heavy_modules():
    assert loaded_by("import hil.cli") == []


def test_help_and_mistakes_come_without_heavy_modules():
    code = "import contextlib, hil.cli\nwith contextlib.suppress(SystemExit): hil.cli.main()"
    assert not {"pybamm", "matplotlib"} & set(loaded_by(code, "run", "--help"))
    assert not {"pybamm", "matplotlib"} & set(loaded_by(code, "check", "nowhere.toml"))


def test_check_comes_without_the_model_and_figures():
    code = "import contextlib, hil.cli\nwith contextlib.suppress(SystemExit): hil.cli.main()"
    assert not {"pybamm", "matplotlib"} & set(loaded_by(code, "check", str(ROOT / "examples" / "die_13mm.toml")))


def test_importing_the_controller_loads_nothing_else():
    code = "import sys\nbefore = set(sys.modules)\nimport controller.controller"
    script = code + "\nprint(sorted(name for name in set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert all(name.partition(".")[0] == "controller" for name in ast.literal_eval(done.stdout))
