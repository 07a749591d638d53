"""A feed in a Parquet file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from encoders.feeds.checks import check_columns
from encoders.feeds.text_columns import as_text_or_dates
from linkage.exchange.errors import FeedRefused

__all__ = ["ParquetSource"]

# Pages are read through a buffer of this size, so that a row group need not fit into memory.
_BUFFER_BYTES = 1 << 20


class ParquetSource:
    """The wanted columns of a Parquet file, as text or dates.

    Raises
    ------
    FeedRefused
        If the file is not Parquet or damaged, or lacks a column.
    """

    def __init__(self, path: Path, columns: Sequence[str], batch_rows: int) -> None:
        self._path, self._columns, self._batch_rows = path, list(columns), batch_rows
        self._n_rows_read = 0
        try:
            self._file = pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        except (pa.ArrowException, OSError):
            opened = False
        else:
            opened = True
        if not opened:
            raise self._damaged()
        check_columns(str(path), self._file.schema_arrow.names, columns, may_be_a_record=True)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of the wanted columns, in order."""
        stream = self._file.iter_batches(self._batch_rows, columns=self._columns)
        while (batch := self._next(stream)) is not None:
            arrays = [self._readable(batch.column(name), name) for name in self._columns]
            self._n_rows_read += batch.num_rows
            yield pa.RecordBatch.from_arrays(arrays, names=self._columns)

    def bytes_read(self) -> int:
        """The size of the file in proportion to the rows that have been read."""
        n_rows = max(self._file.metadata.num_rows, 1)
        return int(self._path.stat().st_size * self._n_rows_read / n_rows)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._file.close()

    def _next(self, stream: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        try:
            return next(stream, None)
        except (pa.ArrowException, OSError):
            pass
        # Raised out here, so that Arrow's error, which may quote a value, is not even its context.
        raise self._damaged()

    def _readable(self, column: "pa.Array[Any]", name: str) -> "pa.Array[Any]":
        array = as_text_or_dates(column, name=name)
        if pa.types.is_string(array.type):
            self._check_utf8(array, name)
        return array

    def _check_utf8(self, array: pa.StringArray, name: str) -> None:
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            faulty = True
        else:
            faulty = False
        if not faulty:
            return
        cells = array.cast(pa.binary())
        wrong = [not _is_utf8(cells[position].as_py()) for position in range(len(cells))]
        row = self._n_rows_read + int(np.argmax(wrong)) + 1
        raise FeedRefused(
            f"{self._path}: row {row}: column {name!r} is not valid UTF-8; write the file again with text as UTF-8"
        )

    def _damaged(self) -> FeedRefused:
        return FeedRefused(
            f"{self._path}: cannot be read as Parquet (after row {self._n_rows_read}): the file is damaged, cut short"
            " or of another kind; export the feed again"
        )


def _is_utf8(cell: bytes | None) -> bool:
    if cell is None:
        return True
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True
