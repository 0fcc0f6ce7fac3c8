"""Writes one row per control tick to a journal, in constant memory and about a microsecond a row.

A row is packed into a preallocated block; a full block becomes one record batch of the journal. What was
flushed survives a killed process, what was synced survives a power cut. Syncing costs milliseconds, so a
run in virtual time, which makes a hundred thousand rows a second, syncs more rarely than it flushes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

from hil.columns import DTYPE, ROW
from hil.journal import (
    BEFORE_KEY,
    CRC_KEY,
    OUTCOME_KEY,
    SUFFIX,
    LogError,
    checksum,
    encode,
    explain,
    header,
    schema,
    to_batch,
    try_lock,
)

_Kind = type[BaseException] | None


class Recorder:
    """An open journal.

    Args:
        path: where the journal is made, `NAME.journal.arrows`; it must not exist yet.
        metadata: configuration text and resolved values, versions, engine, build hash, board, seed:
            whatever JSON holds.
        flush_rows: rows of one batch; that many at most are lost when the process is killed. In real time,
            take what ten seconds hold.
        sync_rows: rows after which a flush also waits for the disk; what a power cut may cost.

    Attributes:
        path: the journal.
        record: `record(*row)`, the values in the order of `hil.columns.COLUMNS`. A closure, so that a tick
            pays no attribute look-ups; bind it to a local name in a loop. `struct.error` says that a row
            has the wrong number or type of values; nothing of it is recorded.

    Raises:
        LogError: the journal exists already, or the file system refuses. What is on disk stays readable.
    """

    record: Callable[..., None]

    def __init__(
        self, path: Path, metadata: Mapping[str, Any], flush_rows: int = 6000, sync_rows: int = 600_000
    ) -> None:
        """Makes the journal and writes its header to disk."""
        if flush_rows < 1 or sync_rows < 1:
            raise ValueError("flush_rows and sync_rows are at least 1")
        if not path.name.endswith(SUFFIX):
            raise ValueError(f"a journal's name ends in {SUFFIX}")
        self.path = path
        self._rows = 0
        self._unsynced = 0
        self._sync_rows = sync_rows
        self._closed = False
        opening = header(metadata, flush_rows, path)
        self._schema = schema()
        self._empty = to_batch(np.empty(0, DTYPE), self._schema)
        self._block = bytearray(ROW.size * flush_rows)
        self._open(opening)
        self.record, self._take = self._bind()

    def _open(self, opening: pa.Schema) -> None:
        try:
            # One batch is one write: Arrow's many small ones meet in this buffer.
            room = len(self._block) + (1 << 16)
            self._file = open(self.path, "xb", buffering=room)  # noqa: SIM115 - closed by close()
        except FileExistsError:
            raise LogError(
                f"{self.path}: a journal of an interrupted run is in the way: `isostack recover` it first"
            ) from None
        except OSError as error:
            raise explain(error, self.path, "start the journal") from None
        try_lock(self._file.fileno())
        self._good_bytes = 0
        try:
            with self._writing(kept=False):
                self._stream = pa.ipc.new_stream(self._file, opening)
                # Arrow holds the header back until the first batch: an empty one brings it to disk.
                self._put(self._empty, {}, sync=True)
        except BaseException:
            # Without a header it is no journal, and would only be in the way of the next run.
            with suppress(OSError):
                self.path.unlink()
            raise

    def _bind(self) -> tuple[Callable[..., None], Callable[[], int]]:
        """Two closures over the block's fill: one adds a row, one tells how many there are and empties it."""
        block, pack, size, limit = self._block, ROW.pack_into, ROW.size, len(self._block)
        flush = self.flush
        fill = 0

        def record(*row: float) -> None:
            nonlocal fill
            pack(block, fill, *row)
            fill += size
            if fill == limit:
                flush()

        def take() -> int:
            nonlocal fill
            rows, fill = fill // size, 0
            return rows

        return record, take

    @property
    def rows(self) -> int:
        """Rows flushed so far [1]."""
        return self._rows

    def flush(self, sync: bool = False) -> None:
        """Hands the rows recorded so far to the operating system, and with `sync` to the disk.

        Raises:
            LogError: disk full, read-only and the like. The journal is cut back to its last whole batch;
                the rows of this block are lost and the recorder takes no more.
        """
        rows = self._take()
        if self._closed:
            raise LogError(f"{self.path}: the journal is closed, it takes no more rows")
        if rows:
            batch = to_batch(np.frombuffer(self._block, DTYPE, rows), self._schema)
            self._unsynced += rows
            self._write(batch, {}, sync or self._unsynced >= self._sync_rows)
            self._rows += rows
        elif sync:
            with self._writing():
                self._push(sync=True)

    def close(self, outcome: Mapping[str, Any]) -> None:
        """Flushes, writes the outcome (exit code, reason, trip cause) as end record and closes the journal.

        Raises:
            LogError: as `flush`; the journal then counts as one of a killed run.
        """
        if self._closed:
            return
        mark = encode(outcome, self.path)
        self.flush()
        self._write(self._empty, {OUTCOME_KEY: mark}, sync=False)
        with self._writing():
            self._stream.close()
            self._push(sync=True)
            self._closed = True
            self._file.close()

    def abandon(self) -> None:
        """Closes the file as a killed run leaves it: without the rows since the last flush or an outcome."""
        self._take()
        if not self._closed:
            self._closed = True
            self._file.close()

    def __enter__(self) -> Self:
        """The recorder itself."""
        return self

    def __exit__(self, kind: _Kind, error: BaseException | None, trace: TracebackType | None) -> None:
        """Flushes what there is when an exception left the block before `close`; there is no outcome then."""
        if self._closed:
            return
        try:
            self.flush(sync=True)
        finally:
            self.abandon()

    def _write(self, batch: pa.RecordBatch, marks: dict[bytes, bytes], sync: bool) -> None:
        with self._writing():
            self._put(batch, marks, sync)

    def _put(self, batch: pa.RecordBatch, marks: dict[bytes, bytes], sync: bool) -> None:
        own = {BEFORE_KEY: b"%d" % self._rows, CRC_KEY: b"%d" % checksum(batch)}
        self._stream.write_batch(batch, custom_metadata=own | marks)
        self._push(sync)

    def _push(self, sync: bool) -> None:
        self._file.flush()
        if sync:
            os.fsync(self._file.fileno())
            self._unsynced = 0
        self._good_bytes = self._file.tell()

    @contextmanager
    def _writing(self, kept: bool = True) -> Iterator[None]:
        """Whatever stops a write half-way (a full disk, an interrupt) leaves a journal of whole batches."""
        try:
            yield
        except BaseException as error:
            self._cut()
            if isinstance(error, OSError):
                raise explain(error, self.path, "write the journal", kept=kept) from None
            raise

    def _cut(self) -> None:
        """Closes the journal at the end of its last whole batch; cutting a file works on a full disk."""
        self._closed = True
        handle = os.dup(self._file.fileno())
        with suppress(OSError):  # raised once more: it still holds what could not be written
            self._file.close()
        with suppress(OSError):
            os.ftruncate(handle, self._good_bytes)
        os.close(handle)
