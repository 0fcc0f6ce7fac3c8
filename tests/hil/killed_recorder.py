"""A process that forks recorders and kills each with SIGKILL in the middle of a write, after so many bytes.

    python killed_recorder.py FOLDER FLUSH_ROWS LONGEST_ROWS SEED MOMENTS

For each moment it prints the number of rows that the recorder had said were flushed.
"""

import io
import os
import random
import signal
import sys
from pathlib import Path

import hil.recorder
from hil.columns import COLUMNS
from hil.journal import SUFFIX


class Mortal(io.FileIO):
    """A file whose process dies once ``left`` bytes have gone to it; what the last write still had is cut."""

    left = 0

    def write(self, data):
        data = bytes(data)
        if len(data) < Mortal.left:
            Mortal.left -= len(data)
            return super().write(data)
        super().write(data[: Mortal.left])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")


def mortal_open(path, mode, buffering):
    return io.BufferedWriter(Mortal(path, mode), buffering)


def recorder_until_killed(path, flush_rows, rows, left, tell):
    Mortal.left = left
    hil.recorder.open = mortal_open
    recorder = hil.recorder.Recorder(path, {"seed": 4}, flush_rows=flush_rows)
    for number in range(rows):
        recorder.record(*(float(number) if column.code == "d" else number for column in COLUMNS))
        os.pwrite(tell, recorder.rows.to_bytes(4, "little"), 0)
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder, flush_rows, longest, seed, moments):
    draw = random.Random(seed)
    said = os.open(folder / "said", os.O_RDWR | os.O_CREAT)
    for number in range(moments):
        os.pwrite(said, bytes(4), 0)
        rows = draw.randint(0, longest)
        # Half die between two writes, after their rows; half within one, after so many bytes.
        left = draw.choice([1 << 40, draw.randrange(1, longest * 250)])
        child = os.fork()
        if child == 0:
            try:
                recorder_until_killed(folder / f"{number:03}{SUFFIX}", flush_rows, rows, left, said)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        print(int.from_bytes(os.pread(said, 4, 0), "little"), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
