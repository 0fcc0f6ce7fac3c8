"""Finished logs: made from a journal, recovered after a kill, and read back.

A log is `NAME.bdf.parquet`, or `NAME.bdf.csv` with its metadata in `NAME.bdf.csv.metadata.json` beside it (a
Battery Data Format CSV is a plain table without room for them; `batterydf` names its own so). The `.bdf.` is
what makes `bdf.validate(path)` take a Parquet file. Files are written under a temporary name, synced, then
renamed: under the final name there is either nothing or a whole log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from hil.columns import DTYPE, FLOATS, FORMERLY, INTEGERS, NAMES, SINCE_2
from hil.journal import (
    META_KEY,
    SUFFIX,
    Journal,
    LogError,
    Metadata,
    check_regular,
    decode,
    encode,
    explain,
    schema,
    try_lock,
)
from twin.errors import InputError
from twin.reading import read_bounded

__all__ = ["Log", "LogError", "finalise", "journal_path", "log_path", "read", "recover"]

Array = np.ndarray[Any, np.dtype[Any]]

# Rows of a Parquet row group. Fixed, so that a log's bytes do not depend on how often its run was flushed.
GROUP_ROWS: Final = 65_536
MOST_METADATA_BYTES: Final = 64_000_000
_FAULTS: Final = (pa.ArrowException, OSError, ValueError, KeyError)


def journal_path(base: Path) -> Path:
    """Journal of a log named `base` (a path without suffix)."""
    return base.with_name(base.name + SUFFIX)


def log_path(base: Path, form: str) -> Path:
    """Final name of a log named `base` in a format, `parquet` or `csv`."""
    return base.with_name(f"{base.name}.bdf.{form}")


def sidecar_path(csv: Path) -> Path:
    """Metadata beside a CSV log."""
    return csv.with_name(csv.name + ".metadata.json")


# --- writing ----------------------------------------------------------------------------------------------


class Judge(Protocol):
    """Sees the rows of a log while it is written, and has something to say in its closing record."""

    def add(self, batch: Mapping[str, Array]) -> None: ...
    def summary(self, outcome: Mapping[str, Any]) -> Mapping[str, Any]: ...


class _Target(Protocol):
    """A log on its way to disk, under temporary names until `commit`."""

    path: Path

    def write(self, table: pa.Table) -> None: ...
    def finish(self, metadata: bytes) -> None: ...
    def commit(self) -> None: ...
    def clear(self) -> None: ...


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


class _Parquet:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = _temporary(path)
        # Neighbouring floats share their high bytes: splitting the bytes lets zstd find that. Counters and
        # bit fields differ by little from row to row.
        encodings = dict.fromkeys(FLOATS, "BYTE_STREAM_SPLIT")
        encodings |= dict.fromkeys(INTEGERS, "DELTA_BINARY_PACKED")
        self._file = open(self._part, "wb")  # noqa: SIM115 - closed by finish() or clear()
        self._writer = pq.ParquetWriter(
            self._file,
            schema(),
            compression="zstd",
            use_dictionary=False,
            column_encoding=encodings,
            write_page_checksum=True,
        )

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table, row_group_size=GROUP_ROWS)

    def finish(self, metadata: bytes) -> None:
        self._writer.add_key_value_metadata({META_KEY: metadata})
        self._writer.close()
        _sync_and_close(self._file)

    def commit(self) -> None:
        os.replace(self._part, self.path)

    def clear(self) -> None:
        _close_quietly(self._writer, self._file)
        _remove_quietly(self._part)


class _Csv:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = _temporary(path)
        self._side_part = _temporary(sidecar_path(path))
        self._file = open(self._part, "wb")  # noqa: SIM115 - closed by finish() or clear()
        options = pyarrow.csv.WriteOptions(quoting_header="none", quoting_style="none", batch_size=8192)
        self._writer = pyarrow.csv.CSVWriter(self._file, schema(), write_options=options)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def finish(self, metadata: bytes) -> None:
        self._writer.close()
        _sync_and_close(self._file)
        with open(self._side_part, "wb") as side:
            side.write(metadata + b"\n")
            _sync_and_close(side)

    def commit(self) -> None:
        # The table comes last: with it the log is there, and then its metadata must be, too.
        os.replace(self._side_part, sidecar_path(self.path))
        os.replace(self._part, self.path)

    def clear(self) -> None:
        _close_quietly(self._writer, self._file)
        _remove_quietly(self._part, self._side_part)


_TARGETS: Final[dict[str, Callable[[Path], _Target]]] = {"parquet": _Parquet, "csv": _Csv}
FORMATS: Final = tuple(_TARGETS)


def _sync_and_close(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _close_quietly(*opened: Any) -> None:
    """Closes what an error may have left half-written and is about to be removed."""
    for thing in opened:
        with suppress(*_FAULTS):
            thing.close()


def _remove_quietly(*parts: Path) -> None:
    """Removes temporary files, where the file system still lets it: the error that is on its way says more."""
    for part in parts:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes renames survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in tables of `GROUP_ROWS`, the last one shorter."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= GROUP_ROWS:
            table = pa.Table.from_batches(held)
            yield table.slice(0, GROUP_ROWS)
            held = table.slice(GROUP_ROWS).to_batches()
            rows -= GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(held)


def _check_targets(base: Path, formats: Sequence[str], overwrite: bool) -> None:
    for form in formats:
        if form not in _TARGETS:
            raise LogError(f"{base}: unknown log format {form!r}: use {' or '.join(FORMATS)}")
        path = log_path(base, form)
        if path.exists() and not overwrite:
            raise LogError(f"{path}: exists already: move it away, or choose another folder")
    if not formats:
        raise LogError(f"{base}: no log format given: use {' or '.join(FORMATS)}")


@contextmanager
def _written(
    source: Journal, base: Path, formats: Sequence[str], judge: Judge | None = None
) -> Iterator[list[_Target]]:
    """Targets that hold all rows of a journal; their temporary files are gone at the end of the block."""
    targets: list[_Target] = []
    try:
        for form in formats:
            targets.append(_TARGETS[form](log_path(base, form)))
        for table in _groups(source.batches()):
            for target in targets:
                target.write(table)
            if judge is not None:
                [batch] = table.combine_chunks().to_batches()
                judge.add({name: batch.column(name).to_numpy() for name in NAMES})
        yield targets
    except OSError as error:
        raise explain(error, base, "write the log") from None
    finally:
        for target in targets:
            target.clear()


def _commit(source: Journal, targets: Iterable[_Target], outcome: Mapping[str, Any]) -> None:
    metadata = encode({**source.metadata, "rows": source.rows, "outcome": dict(outcome)}, source.path)
    for target in targets:
        target.finish(metadata)
    for target in targets:
        target.commit()
        _sync_folder(target.path.parent)


def _said(judge: Judge | None, outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {} if judge is None else dict(judge.summary(outcome))


def _remove(journal: Path) -> None:
    try:
        journal.unlink()
    except OSError as error:
        raise explain(error, journal, "remove the journal (its log is complete)") from None


def finalise(
    journal: Path,
    out_base: Path,
    formats: Sequence[str] = ("parquet",),
    *,
    overwrite: bool = False,
    judged_by: Callable[[Metadata], Judge] | None = None,
) -> list[Path]:
    """Turns the journal of an ended run into logs; only then the journal is removed.

    The same rows and metadata give the same bytes.

    Args:
        journal: `NAME.journal.arrows`, closed by its recorder.
        out_base: path of the logs without suffix.
        formats: any of `parquet` and `csv`.
        overwrite: replace logs of the same name.
        judged_by: makes, from the metadata, what sees the rows and adds to the closing record.

    Returns:
        The logs, in the order of `formats`.

    Raises:
        LogError: the journal has no end record or is damaged, a log is in the way, or the file system
            refuses. The journal is then untouched.
    """
    _check_targets(out_base, formats, overwrite)
    # Held, so that a `recover` of the same folder waits for the whole log.
    with _left_alone(journal):
        source = Journal(journal)
        try:
            judge = judged_by(source.metadata) if judged_by else None
            with _written(source, out_base, formats, judge) as targets:
                if source.outcome is None:
                    raise LogError(f"{journal}: damaged, or its run did not end: `isostack recover` it")
                _commit(source, targets, source.outcome | _said(judge, source.outcome))
        finally:
            source.close()
        _remove(journal)
    return [log_path(out_base, form) for form in formats]


def recover(
    path: Path, formats: Sequence[str] = ("parquet",), *, judged_by: Callable[[Metadata], Judge] | None = None
) -> list[Path]:
    """Turns journals left by killed runs into logs up to their last whole batch.

    The outcome in the metadata is the run's own where it had ended, else its reason is `recovered`;
    `recovered` and `unread_bytes` are added. The journal is removed once its log is complete; it is kept where
    more than one torn batch could not be read, as after damage in its middle.

    Args:
        path: a journal, or a folder that holds some.
        formats: any of `parquet` and `csv`.
        judged_by: as for `finalise`.

    Returns:
        The logs.

    Raises:
        LogError: no journal there, its header is cut, its run still writes it, or its log exists already.
    """
    if not path.is_dir():
        return _recover_one(path, formats, judged_by)
    journals = sorted(path.glob("*" + SUFFIX))
    if not journals:
        raise LogError(f"{path}: no journal (*{SUFFIX}) in this folder, nothing to recover")
    made: list[Path] = []
    refused: list[LogError] = []
    for journal in journals:
        try:
            made += _recover_one(journal, formats, judged_by)
        except LogError as error:
            refused.append(error)
    if refused:
        others = f"; recovered beside it: {', '.join(log.name for log in made)}" if made else ""
        raise LogError("; ".join(map(str, refused)) + others)
    return made


def _recover_one(journal: Path, formats: Sequence[str], judged_by: Callable[[Metadata], Judge] | None) -> list[Path]:
    if not journal.name.endswith(SUFFIX):
        raise LogError(f"{journal}: not a journal: give a file NAME{SUFFIX} or the folder it is in")
    base = journal.with_name(journal.name.removesuffix(SUFFIX))
    with _left_alone(journal):
        _check_targets(base, formats, overwrite=False)
        source = Journal(journal)
        try:
            judge = judged_by(source.metadata) if judged_by else None
            with _written(source, base, formats, judge) as targets:
                unread = source.unread_bytes()
                own = source.outcome or {"exit_code": None, "reason": "recovered", "trip_cause": None}
                own = {**own, "recovered": True, "unread_bytes": unread}
                _commit(source, targets, own | _said(judge, own))
        finally:
            source.close()
        if unread <= source.torn_bytes:
            _remove(journal)
    return [log_path(base, form) for form in formats]


@contextmanager
def _left_alone(journal: Path) -> Iterator[None]:
    """Holds the lock of a journal whose run is over; refuses one that is still being written."""
    check_regular(journal, "recover it")
    try:
        handle = os.open(journal, os.O_RDONLY)
    except OSError as error:
        raise explain(error, journal, "recover it") from None
    try:
        if not try_lock(handle):
            raise LogError(f"{journal}: its run is still writing it: wait for the end of the run")
        yield
    finally:
        os.close(handle)


# --- reading ----------------------------------------------------------------------------------------------


class Log:
    """A log or journal on disk; its rows stay there until they are asked for.

    `log["Voltage / V"]` loads one column, `log.batches(...)` walks over all rows in bounded memory.

    Attributes:
        path: the file.
        metadata: configuration, versions, engine, board, seed, `current_sign`, `columns`, `rows`, `outcome`.
        dtype: structured dtype of a row.
        names: its columns; a log of format 1 lacks two.
    """

    dtype: Final = DTYPE

    def __init__(self, path: Path, metadata: Metadata) -> None:
        """Use `read`."""
        self.path = path
        self.metadata = metadata
        self._old = metadata.get("log_format") == 1
        self.names = tuple(name for name in NAMES if not (self._old and name in SINCE_2))

    def _stored(self, name: str) -> str:
        """The label that a column has in the file."""
        return FORMERLY.get(name, name) if self._old else name

    @property
    def stored(self) -> tuple[str, ...]:
        """Labels of its columns in the file."""
        return tuple(self._stored(name) for name in self.names)

    @property
    def outcome(self) -> Metadata:
        """How the run ended; empty for a journal."""
        return dict(self.metadata.get("outcome", {}))

    def __len__(self) -> int:
        """Number of rows; counted where the metadata do not know it (journals)."""
        if "rows" in self.metadata:
            return int(self.metadata["rows"])
        return sum(batch.num_rows for batch in self._raw((NAMES[0],)))

    def __getitem__(self, name: str) -> Array:
        """One column, shape (rows,), float64 or int32.

        Raises:
            KeyError: no column of that name.
            LogError: the file is damaged.
        """
        parts = [batch[name] for batch in self.batches((name,))]
        return np.concatenate([np.empty(0, DTYPE[name]), *parts])

    def batches(self, names: Sequence[str] | None = None) -> Iterator[dict[str, Array]]:
        """Rows in order, at most 65,536 at a time: column name to array of shape (n,); all columns by default.

        Raises:
            KeyError: no column of that name.
            LogError: the file is damaged, or has more or fewer rows than its metadata say.
        """
        names = self.names if names is None else names
        for name in names:
            if name not in self.names:
                raise KeyError(name)
        stored = [self._stored(name) for name in names]
        rows = 0
        try:
            for batch in self._raw(stored):
                rows += batch.num_rows
                arrays = (batch.column(at).to_numpy(zero_copy_only=False) for at in stored)
                yield dict(zip(names, arrays, strict=True))
        except _FAULTS as error:
            raise LogError(f"{self.path}: damaged ({_first_line(error)}): restore it from a copy") from None
        expected = self.metadata.get("rows", rows)
        if rows != expected:
            raise LogError(f"{self.path}: {rows} rows where its metadata say {expected}: restore it from a copy")

    def _raw(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        raise NotImplementedError


class _ParquetLog(Log):
    def _raw(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
            yield from file.iter_batches(GROUP_ROWS, columns=list(names))


class _CsvLog(Log):
    def _raw(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Without this list `nan` would be read as "no value".
        convert = pyarrow.csv.ConvertOptions(
            column_types=schema(), include_columns=list(names), null_values=[], check_utf8=True
        )
        with pyarrow.csv.open_csv(self.path, convert_options=convert) as reader:
            yield from reader


class _JournalLog(Log):
    def _raw(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        journal = Journal(self.path)
        try:
            yield from journal.batches()
        finally:
            journal.close()


def read(path: Path) -> Log:
    """Opens a Parquet or CSV log, or a journal up to its last whole batch.

    Raises:
        LogError: missing, foreign or damaged; one line that names the file and what to do.
    """
    check_regular(path, "read the log")
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        raise explain(error, path, "read the log") from None
    if path.name.endswith(SUFFIX):
        return _open_journal(path)
    if path.suffix == ".parquet":
        return _open_parquet(path)
    if path.suffix == ".csv":
        return _open_csv(path)
    raise LogError(f"{path}: not a log by its name: give a .bdf.parquet, .bdf.csv or {SUFFIX} file")


def _open_journal(path: Path) -> Log:
    journal = Journal(path)
    journal.close()
    return _JournalLog(path, journal.metadata)


def _open_parquet(path: Path) -> Log:
    try:
        with pq.ParquetFile(path) as file:
            raw = (file.metadata.metadata or {}).get(META_KEY)
            names = file.schema_arrow.names
    except _FAULTS:
        raise LogError(f"{path}: not a whole Parquet file: restore it from a copy, or recover its run") from None
    _check_names(path, names, COMMON)
    return _checked(_ParquetLog(path, decode(raw, path)), names)


def _open_csv(path: Path) -> Log:
    side = sidecar_path(path)
    with open(path, encoding="utf-8", errors="replace") as file:
        names = [name.strip('"') for name in file.readline(10_000).rstrip("\r\n").split(",")]
    _check_names(path, names, COMMON)
    try:
        raw = read_bounded(side, MOST_METADATA_BYTES)
    except InputError:
        raise LogError(
            f"{path}: its metadata {side.name} are missing or no file: keep the two files together"
        ) from None
    return _checked(_CsvLog(path, decode(raw, side)), names)


# Columns of every format; the others are looked for once the metadata have said which format it is.
COMMON: Final = tuple(name for name in NAMES if name not in (*SINCE_2, *FORMERLY))


def _checked(log: Log, names: Sequence[str]) -> Log:
    """The log, once all columns of its format are there."""
    _check_names(log.path, names, log.stored)
    return log


def _check_names(path: Path, names: Iterable[str], needed: Iterable[str]) -> None:
    """A log has all our columns; more of them, added by its user, do not matter."""
    missing = set(needed) - set(names)
    if missing:
        first = next(name for name in needed if name in missing)
        raise LogError(f"{path}: not an isostack log: column {first!r} is missing; give a log isostack wrote")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
