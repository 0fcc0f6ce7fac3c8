"""Opens what is to be checked: a log of ours, or any table with the columns of the Battery Data Format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from hil.columns import CURRENT, FLOATS, TIME, VOLTAGE
from hil.journal import META_KEY, SUFFIX, LogError, check_regular, explain
from hil.log import COMMON, GROUP_ROWS, Log, read, sidecar_path
from hil.plausibility.findings import Batch

SUFFIXES: Final = (".parquet", ".csv", SUFFIX)
NEEDED: Final = (TIME, VOLTAGE, CURRENT)
_FAULTS: Final = (pa.ArrowException, OSError, ValueError)


def is_log(path: Path) -> bool:
    """Whether a path is that of a log or table, by its name."""
    return path.name.endswith(SUFFIXES)


class Table:
    """A table of another origin, which says nothing of itself.

    Attributes:
        path: the file.
        metadata: none.
        names: those it has of our columns that are numbers with a unit.
    """

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        """``names``: its headings."""
        self.path = path
        self.metadata: dict[str, Any] = {}
        self.names = tuple(name for name in FLOATS if name in set(names))

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Rows in order, at most 65,536 at a time; what is missing in a row is not a number.

        Raises:
            LogError: it cannot be read as numbers.
        """
        try:
            for batch in self._raw(names):
                yield {name: batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names}
        except _FAULTS as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise LogError(f"{self.path}: cannot be read as numbers: {why}") from None

    def _raw(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if self.path.suffix == ".parquet":
            with pq.ParquetFile(self.path) as file:
                yield from file.iter_batches(GROUP_ROWS, columns=list(names))
            return
        convert = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.float64()), include_columns=list(names)
        )
        with pyarrow.csv.open_csv(self.path, convert_options=convert) as reader:
            yield from reader


def opened(path: Path) -> Log | Table:
    """A log of ours with its metadata, or a foreign table.

    Raises:
        LogError: missing, damaged, or without the columns that every battery test has.
    """
    if path.name.endswith(SUFFIX):
        return read(path)
    check_regular(path, "read the log")
    try:
        names, ours = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    except OSError as error:
        raise explain(error, path, "read the log") from None
    except pa.ArrowException:
        raise LogError(f"{path}: not a whole Parquet file: restore it from a copy, or recover its run") from None
    if ours and set(COMMON) <= set(names):
        return read(path)
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise LogError(f"{path}: column {missing[0]!r} is missing; give a log, or a table of the Battery Data Format")
    return Table(path, names)


def _parquet(path: Path) -> tuple[list[str], bool]:
    with pq.ParquetFile(path) as file:
        return list(file.schema_arrow.names), META_KEY in (file.metadata.metadata or {})


def _csv(path: Path) -> tuple[list[str], bool]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        names = [name.strip().strip('"') for name in file.readline(10_000).rstrip("\r\n").split(",")]
    return names, sidecar_path(path).exists()
