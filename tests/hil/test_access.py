"""Nothing listens on a network; what passes between processes of one run is the owner's alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import BRIEF, DIE, PROGRAM, sets
from evidence import FULL
from listening import heard_by, isostack_heard

ROOT = DIE.parents[1]
GOLDEN = ROOT / "tests" / "golden" / "press.bdf.parquet"
CAMPAIGN = DIE.with_name("campaign.toml")
SHORTEST = sets(*BRIEF, "run.stop_after_h=0.002")
VM = ("--engine", "vm")

COMMANDS = {
    "compare": lambda to: ["compare", DIE, "--out", to, *SHORTEST, *sets("setpoint_MPa=4.9,5.0"), *VM],
}
MORE = {
    "hil on unix": lambda to: ["hil", DIE, "--board", "unix", "--out", to, *SHORTEST, *VM],
    "run": lambda to: ["run", DIE, "--out", to, *SHORTEST, *VM],
    "hil on wasm": lambda to: ["hil", DIE, "--board", "wasm", "--out", to, *SHORTEST, *VM],
    "hil on microbit": lambda to: ["hil", DIE, "--board", "microbit", "--out", to, *SHORTEST, *VM],
    "replay": lambda to: ["replay", GOLDEN],
    "plot": lambda to: ["plot", GOLDEN, "--out", to / "a.png"],
    "doctor": lambda to: ["doctor"],
    "firmware build": lambda to: ["firmware", "build", "--board", "pico", "--out", to],
    "bench": lambda to: ["bench", DIE, "--port", "/dev/null", "--out", to],
    "experiment": lambda to: ["experiment", "creep-rate", "--out", to],
    "validate": lambda to: ["validate", "creep", "--out", to],
    "campaign": lambda to: ["campaign", CAMPAIGN, "--out", to, "--only", "link_cut", "--runs", "1", "--workers", "2"],
}
TRIED = COMMANDS | (MORE if FULL else {})


def is_private(event):
    """A socket of the file system in a folder that its owner alone may enter."""
    return isinstance(event["address"], str) and event["mode"] & 0o077 == 0 and event["owner"] == os.geteuid()


@pytest.mark.skipif(os.name != "posix", reason="reads modes of POSIX files")
@pytest.mark.parametrize("name", TRIED)
def test_no_command_listens_on_a_network(tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    events, done = isostack_heard(tmp_path, *TRIED[name](out))
    assert "Traceback" not in done.stderr
    assert [event for event in events if not is_private(event)] == []
    if name == "compare":
        # Its workers report over such a socket, and show a key that only their parent gave them.
        assert {event["event"] for event in events} == {"socket.bind", "socket.connect"}


def test_the_listener_hears_processes_of_processes(tmp_path):
    """The test above can fail."""
    inner = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    events, _ = heard_by(tmp_path, [sys.executable, "-c", outer])
    assert [event["event"] for event in events] == ["socket.bind"]
    assert not is_private(events[0])
    assert not is_private({"address": "/tmp/s", "mode": 0o755, "owner": os.geteuid()})


@pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0, reason="no networks of one's own: needs root and unshare"
)
@pytest.mark.parametrize("board", ["unix", *(["wasm", "microbit"] if FULL else [])])
def test_a_board_needs_no_network_at_all(tmp_path, board):
    """Also what is no Python: in a network namespace with nothing in it, not even loopback."""
    words = ["hil", DIE, "--board", board, "--out", tmp_path, *SHORTEST, *VM]
    done = subprocess.run(["unshare", "-n", PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals need POSIX")
def test_the_emulated_serial_port_is_its_owners_alone():
    """Pins: a pseudo-terminal may be written to by the system's group for terminals unless it is closed to it."""
    from hil.emulated.pty_port import PtyPort

    class Still:
        now_ns = 0.0
        plugged = True

        def advance(self, ns):
            pass

        def take(self):
            return b""

    with PtyPort(Still()) as port:
        assert Path(port.name).stat().st_mode & 0o077 == 0
        assert Path(port.name).stat().st_uid == os.geteuid()


def test_no_source_binds_to_an_address():
    """Whatever else listens would show here first; only files that are allowed to may speak of servers."""
    words = (".bind(", ".listen(", "create_server", "socketserver", "http.server", "start_server", "0.0.0.0")
    allowed = {"hil/session.py", "hil/bench.py", "hil/boards/pico.py"}  # `listen` there is to a board's link
    found = {
        str(path.relative_to(ROOT))
        for folder in ("twin", "controller", "firmware", "hil")
        for path in (ROOT / folder).rglob("*.py")
        if any(word in path.read_text() for word in words)
    }
    assert found <= allowed
