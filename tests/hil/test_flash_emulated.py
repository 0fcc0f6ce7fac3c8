"""A real mpremote against real MicroPython on an emulated Pico: whole flashes, cut ones, crowded ones."""

import json
import random
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import rp2040_image
import serial
from evidence import amount
from typer.testing import CliRunner

from firmware.host import build, cli, session
from firmware.host.errors import FirmwareError
from firmware.host.flash import install
from firmware.host.hello import compare, leave
from firmware.host.port import Board

ROOT = Path(__file__).parents[2]
UF2 = str(rp2040_image.needed())

# A firmware that shows which one runs, and whether it is of one piece: pin 4 for old, 5 for new, 6 for a mixture.
ENTRY = """
from machine import Pin
from controller import law
from firmware import word
def main(identity):
    same = law.WORD == word.WORD == {word!r} and identity[3]
    Pin({pin} if same else 6, Pin.OUT, value=1)
"""
OLD, NEW = [4], [5]


class Pico:
    """The emulated board in its process; answers are the pins it drives."""

    def __init__(self, image):
        words = [sys.executable, str(Path(__file__).with_name("emulated_pico.py")), image]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def booted(self, word):
        """The pins it drives once it has booted, to a prompt, after ``word``."""
        with serial.Serial(self.port, timeout=30, exclusive=True) as wire:
            self.ask(word)
            wire.reset_input_buffer()  # a prompt of before
            wire.write(b"\r\n")
            assert wire.read_until(b">>> ").endswith(b">>> ")
        return self.ask("driven")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0
        self.process.stdout.close()


@pytest.fixture
def pico():
    board = Pico(UF2)
    yield board
    board.close()


def small(root, word, pin):
    """An image of a few files, built as the real one is."""
    (root / "controller").mkdir(parents=True)
    (root / "firmware" / "boards").mkdir(parents=True)
    for folder in ("controller", "firmware", "firmware/boards"):
        (root / folder / "__init__.py").write_text("")
    (root / "controller" / "law.py").write_text(f"WORD = {word!r}\n" + f"TABLE = {list(range(100))}\n")
    (root / "firmware" / "word.py").write_text(f"WORD = {word!r}\n")
    (root / "firmware" / f"only_{word}.py").write_text("")
    (root / "firmware" / "boards" / "pico.py").write_text(
        ENTRY.format(word=word, pin=pin) + f"from firmware import only_{word}\n"
    )
    shutil.copy(ROOT / "firmware" / "boards" / "main.py", root / "firmware" / "boards" / "main.py")
    return build.image("pico", root)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return [small(tmp_path_factory.mktemp(word), word, pin) for word, pin in (("old", 4), ("new", 5))]


class Cut(BaseException):
    """The cable is out."""


class Counted:
    """A board whose bytes on the wire are counted, and cut off after so many; ``marks``: counts between its files."""

    def __init__(self, board, most=None):
        self.board, self.sent, self.most, self.marks = board, 0, most, []
        self.send, board.serial.write = board.serial.write, self.wire

    def wire(self, data):
        if self.most is not None and self.sent + len(data) > self.most:
            self.send(data[: self.most - self.sent])
            raise Cut
        self.sent += len(data)
        return self.send(data)

    def __getattr__(self, name):
        """Each of the board's operations on files ends at a mark."""
        act = getattr(self.board, name)

        def marked(*words):
            out = act(*words)
            self.marks.append(self.sent)
            return out

        return marked


def cut_flash(pico, files, most):
    """Flashes until ``most`` bytes were sent, then pulls the cable."""
    board = Board(pico.port)
    try:
        with pytest.raises(Cut):
            install(Counted(board, most), files)
    finally:
        board.serial.close()


def test_cut_between_all_files_and_inside_each(pico, images, record_property):
    """Power goes with the cable: it boots the old firmware, the new, or none; never a mixture, and nothing else."""
    old, new = (image.files for image in images)
    with Board(pico.port) as board:
        install(board, old)
    assert pico.booted("cut") == OLD
    pico.ask("keep")
    with Board(pico.port) as board:
        counted = Counted(board)
        install(counted, new)
    assert pico.booted("cut") == NEW
    points = sorted(set(counted.marks[:-1]) | set(inside(counted.marks)))
    assert len(points) > 40
    points = random.Random(7).sample(points, amount(len(points)))
    outcomes = {}
    for most in points:
        assert pico.booted("back") == OLD
        cut_flash(pico, new, most)
        outcomes[most] = pico.booted("cut")
        assert outcomes[most] in ([], OLD, NEW), f"after {most} of {counted.sent} bytes"
    assert [] in outcomes.values()
    record_property(
        "figure", ("flash cut on the emulated Pico, boots safe", f"{len(outcomes)} of {len(points)}", "all")
    )
    with Board(pico.port) as board:
        install(board, new)
    assert pico.booted("cut") == NEW


def inside(marks):
    """A point within each stretch between marks that is long enough to have one, at random but the same every time."""
    dice = random.Random(4)
    return [dice.randrange(low + 1, high) for low, high in pairwise(marks) if high - low > 60]


def test_the_cable_alone_is_out_and_in_again(pico, images):
    """The board keeps its power and half a program: the next flash gets in."""
    old, new = (image.files for image in images)
    with Board(pico.port) as board:
        install(board, old)
    for most in (150, 1200, 2500, 4000):
        cut_flash(pico, new, most)
    with Board(pico.port) as board:
        install(board, new)
    assert pico.booted("cut") == NEW


def crowd(board, blocks):
    """Leaves so many free blocks of 4096 bytes on the board."""
    fill = board.room() // 4096 - blocks
    board.run(f"b = bytes(4096)\nwith open('/log.csv', 'wb') as f:\n for i in range({fill}):\n  f.write(b)")


def test_a_crowded_board_is_refused_and_stays_as_it_is(pico, images):
    old, new = (image.files for image in images)
    with Board(pico.port) as board:
        install(board, old)
        crowd(board, 20)
        with pytest.raises(FirmwareError, match="filesystem is full"):
            install(board, {**new, "controller/big.mpy": bytes(200_000)})
    assert pico.booted("cut") == OLD


def test_a_board_that_fills_up_on_the_way_boots_safe(pico, images):
    old, new = (image.files for image in images)
    with Board(pico.port) as board:
        install(board, old)
        crowd(board, 2)
        board.room = lambda: 1 << 30
        with pytest.raises(FirmwareError, match="filesystem is full"):
            install(board, {**new, "controller/big.mpy": random.Random(1).randbytes(60_000)})
    assert pico.booted("cut") == []


# --- the firmware itself -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def firmware():
    return build.image("pico")


def test_flash_info_flash_again(pico, firmware):
    """As a user does: over nothing, then over a running firmware, whose record stays."""
    done = CliRunner().invoke(cli.app, ["flash", "--port", pico.port])
    assert done.exit_code == 0, done.output
    assert f"runs pico {'.'.join(map(str, firmware.version))} build {firmware.build:07x}" in done.output
    facts = CliRunner().invoke(cli.app, ["info", "--port", pico.port, "--json"])
    assert facts.exit_code == 0
    assert json.loads(facts.stdout)["build number"] == firmware.build
    assert "the one this isostack makes" in json.loads(facts.stdout)["build"]
    with Board(pico.port, lambda wire: leave(wire, pico.port)) as board:
        board.write("record9", b"the user's calibration")
    pico.ask("cut")
    said = session.flash(pico.port, firmware)
    assert said.build == firmware.build
    older = build.Image("pico", (0, 0, 9), firmware.build, firmware.files)
    with pytest.raises(FirmwareError, match=r"runs pico .*, this isostack has pico 0\.0\.9"):
        compare(said, older, pico.port)
    with Board(pico.port, lambda wire: leave(wire, pico.port)) as board:
        assert board.tree()["record9"] == len(b"the user's calibration")


def test_a_firmware_that_does_not_start_is_told(pico, images):
    """It says nothing on the link; main.py has returned to the prompt."""
    with pytest.raises(FirmwareError, match=r"says no hello .*info --port"):
        session.flash(pico.port, images[1])
    with pytest.raises(FirmwareError, match="did not start or was stopped"):
        session.ask(pico.port)


def test_a_board_without_firmware_is_told(pico):
    with pytest.raises(FirmwareError, match=r"no firmware.*firmware flash --port"):
        session.ask(pico.port)


def mip(pico, folder):
    """mpremote's own command, on a build's package.json."""
    words = [sys.executable, "-m", "mpremote", "connect", pico.port, "mip", "install", "--target", "/"]
    done = subprocess.run([*words, str(folder / "package.json")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mip_installs_a_build_and_one_over_another(pico, images, tmp_path):
    """Cut between any two files, it starts nothing; whole, it starts what was installed last."""
    for name, image in zip(("old", "new"), images, strict=True):
        build.write(image, tmp_path / name)
    mip(pico, tmp_path / "old")
    assert pico.booted("cut") == OLD
    package = json.loads((tmp_path / "new" / "package.json").read_text())
    for end in range(2, len(package["urls"]) - 1, 3):
        (tmp_path / "new" / "package.json").write_text(json.dumps({**package, "urls": package["urls"][:end]}))
        mip(pico, tmp_path / "new")
        assert pico.booted("cut") == []
    (tmp_path / "new" / "package.json").write_text(json.dumps(package))
    mip(pico, tmp_path / "new")
    assert pico.booted("cut") == NEW
