"""What the documents say can be run, runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hil import reference

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
SHORT = {
    "run": ["--set", "stop_after_h=0.02", "--set", "compare.fixtures=[]"],
    "compare": ["--set", "stop_after_h=0.02"],
}


def fences(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.M | re.S)


def isostack(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    assert words[0] == "isostack", f"only isostack's own commands stand in a sh block: {line}"
    command = [sys.executable, "-m", "hil", *words[1:], *SHORT.get(words[1], [])]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_command_in_the_documents_runs_in_the_order_it_is_read(tmp_path):
    ran = 0
    for document in DOCUMENTS:
        for block in fences(document, "sh"):
            for line in block.strip().splitlines():
                done = isostack(line, tmp_path)
                assert done.returncode == 0, f"{document.name}: {line}\n{done.stderr}"
                ran += 1
    assert ran >= 6


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if fences(d, "python")], ids=lambda d: d.name)
def test_python_in_the_documents_runs(document, tmp_path):
    for block in fences(document, "python"):
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
        )
        assert done.returncode == 0, done.stderr


def test_the_reference_of_keys_is_current():
    assert (ROOT / "docs" / "file-reference.md").read_text(encoding="utf-8") == reference.document()


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_of_the_readme_are_made(target):
    assert f"    make {target}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_page_of_materials_is_current_and_names_each_with_its_source():
    from twin.parameters import CATALOGUE, page

    text = (ROOT / "docs" / "cells.md").read_text(encoding="utf-8")
    assert text == page.document()
    for material in (m for materials in CATALOGUE.values() for m in materials):
        (line,) = (line for line in text.splitlines() if line.startswith(f"| `{material.name}`"))
        for function in material.functions.values():
            if "exchange" not in function.call.__name__:
                assert function.source.replace("|", "/") in line
                assert function.validity in line


def test_every_form_that_materials_choose_has_its_line():
    from twin.options import OF_MATERIALS, OPTIONS

    said = (ROOT / "docs" / "cells.md").read_text(encoding="utf-8").lower()
    words = {"single particle": "one particle", "porous electrode": "one at each", "lithium metal": "metal",
             "reversible": "laterally confined", "host": "host anode", "residual": "residual swelling"}  # fmt: skip
    for option in OF_MATERIALS:
        for value in OPTIONS[option]:
            assert words.get(value, value) in said, value
