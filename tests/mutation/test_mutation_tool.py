"""The tool of `make mutation`: it makes the faults it says, finds a planted survivor, and its list stays true."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import equivalents
import meanings
import pytest
from mutants import Source, code_of
from mutated_files import targets

ROOT = Path(__file__).resolve().parents[2]
SCALE = "controller/scale.py"
forked = pytest.mark.skipif(not hasattr(os, "fork"), reason="mutants are tried in forked processes")

# One line of source, and what has to be among its changes.
LINES = {
    "x = 5": ["5 -> 6", "5 -> 4", "x = 5 -> pass"],
    "x = 0": ["0 -> -1", "0 -> 1"],
    "x = -1": ["-1 -> 1", "1 -> 0", "1 -> 2"],
    "x = True": ["True -> False"],
    "x = a < b": ["a < b -> a <= b", "a < b -> a >= b"],
    "x = a <= b < c": ["a <= b < c -> a < b < c", "a <= b < c -> a > b < c", "a <= b < c -> a <= b <= c"],
    "x = a == b": ["a == b -> a != b"],
    "x = a + b - c": ["a + b - c -> a + b + c", "a + b -> a - b"],
    "x = a * b // c": ["a * b -> a // b", "a * b // c -> a * b * c", "a * b // c -> a * b % c"],
    "x = a >> b << c": ["a >> b << c -> a >> b >> c", "a >> b -> a << b"],
    "x = a & b | c ^ d": ["a & b -> a | b", "c ^ d -> c & d", "a & b | c ^ d -> a & b & (c ^ d)"],
    "x = ~a": ["~a -> a"],
    "x = not a": ["not a -> a"],
    "x = a and b": ["a and b -> a or b", "a and b -> a", "a and b -> b"],
    "x += 1": ["x += 1 -> x -= 1", "x += 1 -> pass"],
    "x = a if b else c": ["a if b else c -> a if True else c", "a if b else c -> a if not b else c"],
    "while a: pass": ["while a: -> while False:", "while a: -> while not a:"],
    "for i in range(3): pass": ["for i in range(3): -> for i in ():", "3 -> 4"],
    "if a & 1: b()": ["if a & 1: -> if True:", "if a & 1: -> if False:", "if a & 1: -> if not a & 1:", "b() -> pass"],
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_changed_in_these_ways(line):
    assert set(LINES[line]) <= {mutant.change for mutant in Source("f.py", line).mutants}


def test_words_annotations_and_imports_are_left_alone():
    text = 'import a\n"""1 + 1"""\ndef f(x: list[1]) -> 2:\n    """3"""\n'
    assert Source("f.py", text).mutants == []


def test_a_mutant_is_found_again_where_its_line_has_moved():
    text = "def f(a):\n    if a < 1:\n        return 2\n    return a < 1\n"
    before = Source("f.py", text).mutants
    after = Source("f.py", "x = 1\n\n\n" + text).mutants
    assert {mutant.key for mutant in before} <= {mutant.key for mutant in after}
    assert len({mutant.key for mutant in before}) == len(before)


def test_a_mutant_does_what_its_name_says_and_leaves_no_trace():
    source = Source("f.py", "def f(a):\n    return a + 1\n")
    results = {}
    for mutant in [*source.mutants, *source.mutants]:
        space = {}
        exec(source.compiled(mutant.place), space)
        results[mutant.change] = space["f"](5) if "f" in space else None
        if "f" in space:
            assert space["f"].__code__ == code_of(source.compiled(mutant.place), "f")
    assert results["a + 1 -> a - 1"] == 4
    assert results["1 -> 2"] == 7
    assert results["1 -> 0"] == 5
    assert results["return a + 1 -> pass"] is None


MEANING = """file = "f.py"
function = "f"
name = "wrong"
old = "a + 1"
new = "a + 2"
"""


def test_a_fault_of_sense_is_a_mutant_under_its_name():
    source = Source("f.py", "def f(a):\n    return a + 1\n", meanings.read("[[meaning]]\n" + MEANING))
    (mutant,) = [mutant for mutant in source.mutants if mutant.change == "sense"]
    assert (mutant.function, mutant.line, mutant.row) == ("f", "wrong", 2)
    space = {}
    exec(source.compiled(mutant.place), space)
    assert space["f"](5) == 7


@pytest.mark.parametrize("text", ["def f(a):\n    return a\n", "def f(a):\n    return a + 1 or a + 1\n"])
def test_a_fault_of_sense_stands_in_the_source_once(text):
    with pytest.raises(ValueError, match=r"wrong: stands there [02] times"):
        Source("f.py", text, meanings.read("[[meaning]]\n" + MEANING))


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (MEANING.replace("name", "called"), "are wanted"),
        (MEANING.replace("a + 2", "a + 1"), "another new"),
        (MEANING + "\n[[meaning]]\n" + MEANING, "is there twice"),
    ],
)
def test_an_incomplete_fault_of_sense_is_an_error(spoilt, says):
    with pytest.raises(ValueError, match=says):
        meanings.read("[[meaning]]\n" + spoilt)


def test_every_fault_of_sense_is_of_a_file_that_is_mutated():
    sources = {file for target in targets() for file in target.sources}
    found = meanings.read(meanings.FILE.read_text())
    assert {one.file for one in found} <= sources
    for file in {one.file for one in found}:
        text = (ROOT / file).read_text()
        source = Source(file, text, [one for one in found if one.file == file])
        for one in source.mutants:
            if one.change == "sense":
                assert source.is_function(one.function)
                code_of(source.compiled(one.place), one.function)


def copied(to):
    """What the tool needs, where it may be spoilt."""
    for folder in ("controller", "firmware", "hil", "tests/property", "tests/conformance", "tests/mutation"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def mutation(root, *words):
    command = [sys.executable, str(root / "tests" / "mutation" / "mutation.py"), "--out", str(root / "out"), *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(root)}
    )


JUDGE = """
import pytest
from controller.scale import scale

@pytest.mark.parametrize("counts", [*range(-9, 9), 4095, 4096, 2**20, 2**20 + 1, 2**20 + 2, -(2**20), -(2**20) - 1])
def test_scale(counts):
    for shift in (12, 13):
        exact = counts * 4097 >> shift
        assert scale([0, 0, 4097, shift, 0], counts) == min(max(exact, -(2**20)), 2**20)
    assert scale([0, 0, 4097, 12, 5], counts + 5) == scale([0, 0, 4097, 12, 0], counts)
"""


@forked
def test_a_planted_survivor_is_found_and_what_is_tested_is_killed(tmp_path):
    """A branch that no test asks for, in code that is otherwise tested."""
    root = copied(tmp_path)
    planted = "    if counts == 7654321:\n        return 0\n"
    source = (root / SCALE).read_text().replace("    d = counts", planted + "    d = counts", 1)
    (root / SCALE).write_text(source)
    (root / "tests" / "mutation" / "equivalent.toml").write_text("")
    (root / "tests" / "test_judge.py").write_text(JUDGE)
    words = ("--only", SCALE, "--tests", "tests/test_judge.py")
    ran = mutation(root, *words)
    survivors = [line for line in ran.stdout.splitlines() if line.startswith("survives, and is not listed")]
    assert ran.returncode == 1, ran.stderr
    assert any(line.endswith("7654321 -> 7654322") for line in survivors)
    assert any(line.endswith("return 0 -> pass") for line in survivors)
    tested = [line for line in survivors if "4095" in line or ">> 12" in line or "d = " in line]
    assert not tested, tested
    # A second run has nothing left to try, and says the same.
    assert mutation(root, *words).stdout.splitlines()[-len(survivors) :] == survivors


@forked
def test_tests_that_fail_without_a_mutant_are_named_and_judge_nothing(tmp_path):
    root = copied(tmp_path)
    (root / "tests" / "test_judge.py").write_text(JUDGE + "\ndef test_wrong():\n    assert False\n")
    ran = mutation(root, "--only", SCALE, "--tests", "tests/test_judge.py")
    assert ran.returncode == 1
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("tests/test_judge.py fails without a mutant: ")
    assert last.endswith("test_judge.py::test_wrong")


PLANTED = """
import controller.scale
import firmware.link
import hil.link

def test_planted():
    assert (controller.scale.planted(), firmware.link.PLANTED, hil.link.PLANTED) == (7, 7, 7)
"""


@forked
def test_a_constant_is_tried_though_another_target_imports_its_module(tmp_path):
    """Pins: from the second target on, such mutants were judged on modules imported before, and survived."""
    root = copied(tmp_path)
    for file, text in (
        ("controller/scale.py", "def planted():\n    PLANTED = 7\n    return PLANTED\n"),
        ("firmware/link.py", "PLANTED = 7\n"),
        ("hil/link.py", "PLANTED = 7\n"),
    ):
        (root / file).write_text((root / file).read_text() + "\n\n" + text)
    (root / "tests" / "mutation" / "equivalent.toml").write_text("")
    (root / "tests" / "test_judge.py").write_text(PLANTED)
    ran = mutation(root, "--only", "PLANTED", "--tests", "tests/test_judge.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr


KEY = ("a.py", "f", "x = 1", "1 -> 2", 1)
ENTRY = (
    '[[equivalent]]\nfile = "a.py"\nfunction = "f"\nline = "x = 1"\nchange = "1 -> 2"\nwhy = "nobody ever reads it"\n'
)


@pytest.mark.parametrize(
    ("listed", "killed", "survived", "said"),
    [
        ({}, {}, {KEY}, "survives, and is not listed"),
        ({KEY: "why"}, {KEY: "test_x"}, set(), "test_x tells it apart"),
        ({KEY: "why"}, {}, set(), "is not there"),
        ({KEY: "why"}, {}, {KEY}, None),
        ({}, {KEY: "test_x"}, set(), None),
    ],
)
def test_the_list_and_the_run_have_to_agree(listed, killed, survived, said):
    faults = equivalents.faults(listed, killed, survived)
    assert (len(faults) == 1 and said in faults[0]) if said else faults == []


def test_an_entry_without_a_reason_or_given_twice_is_refused():
    assert equivalents.read(ENTRY) == {KEY: "nobody ever reads it"}
    for text in (ENTRY + ENTRY, ENTRY.replace("nobody ever reads it", "trust me"), ENTRY + "no = 1\n"):
        with pytest.raises(ValueError, match=r"reason|twice"):
            equivalents.read(text)


ON_PINS = {"firmware/drivers/pulse_program.py", "firmware/drivers/pulser_pio.py", "firmware/drivers/__init__.py"}


def test_every_file_of_the_controller_and_of_the_firmware_without_pins_is_mutated():
    mutated = {file for target in targets() for file in target.sources}
    whole = {
        str(p.relative_to(ROOT)) for where in ("controller", "firmware/drivers") for p in (ROOT / where).glob("*.py")
    }
    parts = {f"firmware/{name}.py" for name in ("app", "store", "machine", "link")}
    assert mutated == whole - ON_PINS | parts | {f"hil/{name}.py" for name in ("link", "cycler", "sensors")}
    assert all((ROOT / test).exists() for target in targets() for test in target.tests)


def test_every_listed_mutant_is_there():
    """Without a run: what is listed names a change that the tool makes today."""
    listed = equivalents.read(equivalents.FILE.read_text())
    there = {
        mutant.key for file in {key[0] for key in listed} for mutant in Source(file, (ROOT / file).read_text()).mutants
    }
    assert listed.keys() <= there
