"""The journal: what a running test has on disk, and how to read it whatever happened to it.

A journal is an Arrow IPC stream, `NAME.journal.arrows`. Its schema carries the log's metadata as JSON, so a
killed run keeps them. Each record batch carries the number of rows before it and a CRC-32 of its columns: a
power cut may leave a file of the right length filled with zeros, and rows must not be invented from it. A
run that ended adds one empty batch with its outcome. Whatever follows the last good batch is left unread,
and its size is known.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from hil.columns import COLUMNS, CURRENT_SIGN, DTYPE, NAMES, ROW, units

try:
    import fcntl
except ImportError:  # Windows: the lock is a kindness, not a need
    fcntl = None  # type: ignore[assignment]

SUFFIX: Final = ".journal.arrows"
FORMAT: Final = 2
READABLE: Final = (1, FORMAT)
"""Format 1 had other columns of steps (`hil.columns`)."""
META_KEY: Final = b"isostack"
FLUSH_KEY: Final = b"isostack.flush_rows"
OUTCOME_KEY: Final = b"outcome"
CRC_KEY: Final = b"crc32"
BEFORE_KEY: Final = b"rows_before"

Metadata = dict[str, Any]
Columns = dict[str, "np.ndarray[Any, np.dtype[Any]]"]

# What pyarrow raises on a damaged stream depends on where the damage is.
_DAMAGE: Final = (pa.ArrowException, OSError, MemoryError, ValueError, KeyError, IndexError, OverflowError)


class LogError(Exception):
    """A log or journal that cannot be written or read; `str()` is the one line the user reads."""


def explain(error: OSError, path: Path, doing: str, *, kept: bool = True) -> LogError:
    """The one line a user needs when the file system refuses, what to do included; ``kept``: a journal is there."""
    then = ", then `isostack recover` what is there" if kept else ", then try again"
    advice = {
        errno.ENOSPC: f"the disk is full: free space{then}",
        errno.EDQUOT: f"the disk quota is used up: free space{then}",
        errno.EFBIG: f"the file size limit is reached: raise it{then}",
        errno.EACCES: "permission denied: choose a folder you may write to with --out",
        errno.EPERM: "permission denied: choose a folder you may write to with --out",
        errno.EROFS: "the file system is read-only: choose another folder with --out",
        errno.ENOENT: "no such file or folder",
        errno.EISDIR: "is a folder, not a file",
    }.get(error.errno or 0, error.strerror or str(error))
    return LogError(f"{path}: cannot {doing}: {advice}")


def check_regular(path: Path, doing: str) -> None:
    """Raise `LogError` where there is a device, a pipe or a socket: to open one may block, to read it never end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise explain(error, path, doing) from None
    except ValueError:
        raise LogError(f"{path}: cannot {doing}: no file can have this name") from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise LogError(f"{path}: cannot {doing}: is a device, a pipe or a socket; name a log")


def encode(metadata: Mapping[str, Any], path: Path) -> bytes:
    """Metadata as canonical JSON: sorted keys, so that equal metadata give equal bytes.

    Raises:
        LogError: a value has no JSON form (NaN and infinities included).
    """
    try:
        return json.dumps(metadata, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise LogError(f"{path}: metadata cannot be written as JSON: {error}") from None


def decode(raw: bytes | None, path: Path) -> Metadata:
    """Metadata from JSON.

    Raises:
        LogError: there are none, they are damaged, or their format is newer than this program.
    """
    if raw is None:
        raise LogError(f"{path}: not an isostack log (it has no metadata of ours): give a log isostack wrote")
    try:
        metadata = json.loads(raw)
        version = metadata["log_format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LogError(f"{path}: damaged metadata: restore the file from a copy") from None
    if version not in READABLE:
        raise LogError(f"{path}: log format {version!r}, not {FORMAT}: read it with the isostack that wrote it")
    return dict(metadata)


def schema() -> pa.Schema:
    """Arrow schema of a row, in the order of the columns."""
    kinds = {"d": pa.float64(), "i": pa.int32()}
    fields = [pa.field(column.name, kinds[column.code], nullable=False) for column in COLUMNS]
    return pa.schema(fields)


def header(metadata: Mapping[str, Any], flush_rows: int, path: Path) -> pa.Schema:
    """Schema that opens a journal: the caller's metadata beside what every log states of itself."""
    own = {"log_format": FORMAT, "current_sign": CURRENT_SIGN, "columns": units()}
    both = {META_KEY: encode({**metadata, **own}, path), FLUSH_KEY: b"%d" % flush_rows}
    return schema().with_metadata(both)


def checksum(batch: pa.RecordBatch) -> int:
    """CRC-32 over the values of a batch, column after column."""
    crc = 0
    for column in batch.columns:
        crc = zlib.crc32(column.to_numpy(), crc)
    return crc


def to_batch(rows: np.ndarray[Any, np.dtype[Any]], columns: pa.Schema) -> pa.RecordBatch:
    """Record batch of packed rows (structured array of `DTYPE`, shape (n,))."""
    arrays = [pa.array(np.ascontiguousarray(rows[name])) for name in NAMES]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def try_lock(handle: int) -> bool:
    """Takes the lock that a running recorder holds on its journal; False when another process has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Network file systems without locks must not stop a run.
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


class Journal:
    """A journal read up to its last good batch, one batch in memory at a time.

    Attributes:
        path: the file.
        metadata: what the recorder was given, and what every log states of itself.
        rows: rows read so far.
        outcome: the end record, None until it was read or where the run was killed.
        good_bytes: size of what was read and found good.
        torn_bytes: the most that a batch cut by a kill can have left [bytes].

    Raises:
        LogError: the file is missing, foreign, or cut within its header.
    """

    def __init__(self, path: Path) -> None:
        """Opens the journal and reads its header."""
        check_regular(path, "read the journal")
        self.path = path
        self.rows = 0
        self.outcome: Metadata | None = None
        try:
            self._source = pa.OSFile(str(path))
        except OSError as error:
            raise explain(error, path, "read the journal") from None
        try:
            self._open()
        except BaseException:
            self._source.close()
            raise

    def _open(self) -> None:
        try:
            self._stream = pa.ipc.open_stream(self._source)
            self.good_bytes = int(self._source.tell())
            notes = self._stream.schema.metadata or {}
            flush_rows = int(notes.get(FLUSH_KEY, b"0"))
        except _DAMAGE:
            raise LogError(
                f"{self.path}: not a journal, or cut within its header: nothing can be recovered from it, remove it"
            ) from None
        self.metadata = decode(notes.get(META_KEY), self.path)
        # Arrow's own description of a batch and the padding of its columns come to less than 16 KiB.
        self.torn_bytes = flush_rows * ROW.size + (1 << 14)
        if self.metadata["log_format"] != FORMAT:
            raise LogError(f"{self.path}: a journal of an older format: recover it with the isostack that wrote it")
        if not self._stream.schema.equals(schema(), check_metadata=False):
            raise LogError(f"{self.path}: its columns are not those of an isostack log")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Good batches in the order of recording; stops before the first that is cut or damaged."""
        while self.outcome is None:
            batch = self._next()
            if batch is None:
                return
            if batch.num_rows:
                yield batch

    def _next(self) -> pa.RecordBatch | None:
        try:
            batch, marks = self._stream.read_next_batch_with_custom_metadata()
            batch.validate(full=True)
            good = marks is not None and int(marks[BEFORE_KEY]) == self.rows and int(marks[CRC_KEY]) == checksum(batch)
            outcome = json.loads(marks[OUTCOME_KEY]) if good and OUTCOME_KEY in marks else None
        except (StopIteration, *_DAMAGE):
            return None
        if not good:
            return None
        self.rows += batch.num_rows
        self.outcome = outcome
        self.good_bytes = int(self._source.tell())
        return batch

    def unread_bytes(self) -> int:
        """Bytes after the last good batch; 8 of them are the stream's own end mark after an orderly end."""
        rest = os.path.getsize(self.path) - self.good_bytes
        return 0 if self.outcome is not None and rest == 8 else rest

    def close(self) -> None:
        """Closes the file."""
        self._source.close()


def packed(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[Any]]:
    """Rows of a batch as a structured array of `DTYPE`, shape (n,)."""
    rows = np.empty(batch.num_rows, DTYPE)
    for name, column in zip(NAMES, batch.columns, strict=True):
        rows[name] = column.to_numpy()
    return rows
