"""Steppers on disk: built once, whole or built again, with or without a compiler.

The model is stood in for by three tiny functions; keeping, compiling and loading are the real ones.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import casadi
import pytest

import twin.build
from twin import cache
from twin.errors import SimulationError

OPTIONS = {"fixture": "spring"}
ROOT = Path(__file__).parents[2]


def tiny(*_, **__):
    """A model with one parameter, that doubles its state."""
    p, x, u = (casadi.SX.sym(name) for name in "pxu")
    stated = {
        "initial": casadi.Function("initial", [p], [p]),
        "prepare": casadi.Function("prepare", [p], [3 * p]),
        "step": casadi.Function("step", [x, u, p], [2 * x + u * p, x, u]),
        "names": ("Some parameter [m]",),
        "events": ("Some event",),
    }
    fields = [field.name for field in dataclasses.fields(twin.build.PlantFunctions)]
    return twin.build.PlantFunctions(**{name: stated.get(name) for name in fields})


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """How often something was built, in a cache of its own."""
    count = []

    def build(*arguments, **keys):
        count.append(arguments)
        return tiny()

    monkeypatch.setattr(twin.build, "build", build)
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ISOSTACK_CC", raising=False)
    return count


def load(**keys):
    return cache.stepper(OPTIONS, "NMC811_LPSCl_Li", **keys)


def serves(stepper, engine):
    assert stepper.engine == engine
    assert stepper.names == ("Some parameter [m]",)
    assert stepper.events == ("Some event",)
    state, out, event = stepper.step(1.0, 2.0, 10.0)
    assert (float(state), float(out), float(event)) == (22.0, 1.0, 2.0)
    return True


def folder():
    (found,) = [p for p in cache.cache_folder().iterdir() if not p.name.startswith(".")]
    return found


def left_over():
    return [p.name for p in cache.cache_folder().iterdir() if p.name.startswith(".")]


def test_built_once(builds):
    assert serves(load(), "c")
    before = {p.name: p.stat().st_mtime_ns for p in folder().iterdir()}
    assert serves(load(), "c")
    assert len(builds) == 1
    assert {p.name: p.stat().st_mtime_ns for p in folder().iterdir()} == before
    assert left_over() == []


@pytest.mark.parametrize("change", [{"method": "RODAS4"}, {"substeps": 2}])
def test_another_method_is_another_entry(builds, change):
    first, second = load(engine="vm"), load(engine="vm", **change)
    assert first.build != second.build
    assert len(builds) == 2


def test_the_key_is_the_content_of_the_package(monkeypatch):
    """Every source file, the versions, and what was asked for."""
    from twin.cache import _key

    key = _key(OPTIONS, "NMC811_LPSCl_Li", "RODAS3", 1)
    assert key == _key(dict(OPTIONS), "NMC811_LPSCl_Li", "RODAS3", 1)
    monkeypatch.setattr(cache, "version", lambda name: "0.0")
    assert key != _key(OPTIONS, "NMC811_LPSCl_Li", "RODAS3", 1)


def emptied(entry):
    for path in entry.iterdir():
        path.unlink()


def cut_in_half(entry, name):
    content = (entry / name).read_bytes()
    (entry / name).write_bytes(content[: len(content) // 2])


def rewritten(entry, change):
    manifest = json.loads((entry / "manifest.json").read_text())
    change(manifest)
    (entry / "manifest.json").write_text(json.dumps(manifest))


def as_a_file(entry):
    shutil.rmtree(entry)
    entry.write_bytes(b"not a folder")


DAMAGE = {
    "library cut": lambda e: cut_in_half(e, "step.so"),
    "library foreign": lambda e: (e / "step.so").write_bytes(b"\x7fELF, or so it says"),
    "library gone": lambda e: (e / "step.so").unlink(),
    "function cut": lambda e: cut_in_half(e, "step.casadi"),
    "manifest gone": lambda e: (e / "manifest.json").unlink(),
    "manifest cut": lambda e: cut_in_half(e, "manifest.json"),
    "manifest no text": lambda e: (e / "manifest.json").write_bytes(b"\xff\x00\xfe"),
    "manifest a list": lambda e: (e / "manifest.json").write_text("[1, 2]"),
    "manifest a number": lambda e: (e / "manifest.json").write_text("7"),
    "manifest hollow": lambda e: rewritten(e, lambda m: m["files"].clear()),
    "manifest nameless": lambda e: rewritten(e, lambda m: m.pop("names")),
    "manifest with names of numbers": lambda e: rewritten(e, lambda m: m.update(names=[1])),
    "manifest without functions": lambda e: rewritten(e, lambda m: m["files"].pop("prepare.casadi")),
    "manifest of another format": lambda e: rewritten(e, lambda m: m.update(format=0)),
    "folder empty": emptied,
    "a file instead of the folder": as_a_file,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_entry_is_built_again(builds, damage):
    load()
    damage(folder())
    # A library is loaded by its path: what this process has loaded before stays loaded, so a new one looks.
    assert serves(load(), "c")
    assert len(builds) == 2
    assert load().build
    assert len(builds) == 2
    assert left_over() == []


def test_a_file_nobody_knows_does_no_harm(builds):
    load()
    (folder() / "notes.txt").write_text("hello")
    assert serves(load(), "c")
    assert len(builds) == 1


def test_without_a_compiler_the_virtual_machine_serves(builds, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "")
    assert cache.compiler() is None
    assert serves(load(), "vm")
    assert not (folder() / "step.so").exists()
    assert serves(load(), "vm")
    assert len(builds) == 1


def test_a_compiler_that_came_later_is_used(builds, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "")
    load()
    monkeypatch.delenv("ISOSTACK_CC")
    assert serves(load(), "c")
    assert len(builds) == 2


def test_the_virtual_machine_can_be_asked_for(builds):
    load()
    assert serves(load(engine="vm"), "vm")
    assert len(builds) == 1


@pytest.mark.parametrize("named", ["", "no-such-compiler"])
def test_engine_c_without_a_compiler_is_one_line(builds, monkeypatch, named):
    monkeypatch.setenv("ISOSTACK_CC", named)
    with pytest.raises(SimulationError, match="no C compiler found") as caught:
        load(engine="c")
    assert "\n" not in str(caught.value)
    assert builds == []


def test_a_compiler_that_fails_leaves_the_virtual_machine_and_says_so(builds, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "false")
    with pytest.warns(RuntimeWarning, match="virtual machine") as said:
        assert serves(load(), "vm")
    assert "\n" not in str(said[0].message)
    assert left_over() == []


def test_engine_c_with_a_compiler_that_fails_is_one_line(builds, monkeypatch):
    monkeypatch.setenv("ISOSTACK_CC", "false")
    with pytest.raises(SimulationError, match="failed on the stepper") as caught:
        load(engine="c")
    assert "\n" not in str(caught.value)
    assert left_over() == []


def test_a_folder_that_cannot_be_made_is_one_line_before_anything_is_built(builds, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path / "file" / "under"))
    with pytest.raises(SimulationError, match="cannot keep the stepper there") as caught:
        load()
    assert "\n" not in str(caught.value)
    assert builds == []


def test_a_folder_that_cannot_be_written_is_one_line(builds, monkeypatch):
    """Root may write anywhere, so the refusal is the system's, played back."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(SimulationError, match="Permission denied"):
        load()
    assert builds == []


def test_a_read_only_cache_that_has_the_entry_works(builds, monkeypatch):
    load()
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: pytest.fail("nothing is to be written"))
    cache.cache_folder().chmod(0o500)
    folder().chmod(0o500)
    try:
        assert serves(load(), "c")
    finally:
        cache.cache_folder().chmod(0o700)
        folder().chmod(0o700)
    assert len(builds) == 1


def test_a_full_disk_leaves_nothing_behind(builds, monkeypatch):
    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SimulationError, match="No space left"):
        load(engine="vm")
    assert list(cache.cache_folder().iterdir()) == []


RACER = """
import sys, twin.build
sys.path.insert(0, sys.argv[1])
from test_twin_cache import tiny, serves, load
twin.build.build = tiny
print("ready", flush=True)
sys.stdin.readline()
assert serves(load(), "c")
"""


def test_processes_at_once_end_with_one_whole_entry(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "ISOSTACK_CC"} | {"ISOSTACK_CACHE": str(tmp_path)}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(Path(__file__).parent)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
        )
        for _ in range(3)
    ]  # fmt: skip
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        _, said = racer.communicate(timeout=60)
        assert racer.returncode == 0, said
    entries = list((tmp_path / "steppers").iterdir())
    assert len(entries) == 1
    assert cache._manifest(entries[0]) is not None


def test_a_warm_start_does_not_import_pybamm(plant_of):
    plant_of()  # the cache is warm from here on
    code = (
        "import sys\n"
        "from twin.plant import Plant, Inputs\n"
        "from twin.resolve import default_sections\n"
        "out = Plant.from_sections(*default_sections('fixed_gap')).step(Inputs(), 0.1)\n"
        "assert abs(out.pressure - 5e6) < 1e3\n"
        "sys.exit('pybamm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_real_model_builds_into_an_empty_cache_without_a_compiler(tmp_path, monkeypatch, plant_of):
    """The whole path once, cold."""
    from twin.plant import Inputs, Plant
    from twin.resolve import default_sections

    monkeypatch.setenv("ISOSTACK_CACHE", str(tmp_path))
    monkeypatch.setenv("ISOSTACK_CC", "")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        plant = Plant.from_sections(*default_sections("fixed_gap"))
    assert plant.stepper.engine == "vm"
    expected = plant_of().step(Inputs("current", -1e-3), 1.0)
    assert plant.step(Inputs("current", -1e-3), 1.0) == pytest.approx(expected, rel=1e-9, abs=1e-18)
