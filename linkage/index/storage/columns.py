"""The encoded records on disk: one file a column, row after row at a fixed width, appended to and never moved.

File ``columns/<label>.words``: row ``r`` of a column of ``w`` words lies at byte ``8 * w * r``, little-endian.
Nothing but words: what a row is, and whether it is live, stands in the store. Rows behind the number that the
store knows are the rest of a load that was killed, and are cut off when the index is opened for writing. A row
that was scrubbed is all zeros, as if every column of it were missing.

Measured on 1,000,000 rows of 250 words (2 GB): appending 1.0 GB/s with the flush to disk, gathering whole rows
3.3 GB/s, one column alone without any copy; DuckDB's BLOB column 0.05 and 0.5 to 1.4 GB/s (docs/index-folder.md).
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import IndexRefused
from linkage.exchange.schema import WORD_BYTES, Column, RecordSchema
from linkage.index.storage.durable_files import flush_folder

__all__ = ["ColumnFiles"]

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

BATCH_BYTES = 64 << 20
FLUSHES_AT_ONCE = 8


class ColumnFiles:
    """The encoded records of an index, by row id.

    Parameters
    ----------
    folder
        Where the files lie.
    schema
        The columns.
    n_rows
        Rows that the store knows of.
    """

    def __init__(self, folder: Path, schema: RecordSchema, n_rows: int) -> None:
        self._folder = folder
        self.schema = schema
        self.n_rows = n_rows

    @staticmethod
    def create(folder: Path, schema: RecordSchema) -> None:
        """Make an empty file for every column."""
        for column in schema.columns:
            _path(folder, column).touch(mode=0o600)
        flush_folder(folder)

    def check(self) -> None:
        """See that every row that the store knows of is there.

        Raises
        ------
        IndexRefused
            If a file is missing or too short; names the column and how many rows there are.
        """
        for column in self.schema.columns:
            path = _path(self._folder, column)
            found = path.stat().st_size // (WORD_BYTES * column.n_words) if path.is_file() else 0
            if found < self.n_rows:
                raise IndexRefused(
                    f"column {column.label} holds {found} rows, the store knows {self.n_rows}; "
                    "restore the index from its backup"
                )

    def cut(self, n_rows: int) -> None:
        """Forget the rows from `n_rows` on."""
        for column in self.schema.columns:
            path = _path(self._folder, column)
            size = WORD_BYTES * column.n_words * n_rows
            if path.stat().st_size > size:
                os.truncate(path, size)
        self.n_rows = n_rows

    def append(self, words: Words) -> None:
        """Write rows behind the last one; they last only after `flush`.

        Parameters
        ----------
        words
            uint64, shape (n, schema.n_words).
        """
        for column in self.schema.columns:
            part = np.ascontiguousarray(words[:, column.offset : column.stop], dtype="<u8")
            with _path(self._folder, column).open("r+b") as file:
                file.seek(WORD_BYTES * column.n_words * self.n_rows)
                file.write(part.data)
        self.n_rows += len(words)

    def flush(self) -> None:
        """Wait until what was appended is on the disk."""

        def flush(column: Column) -> None:
            with _path(self._folder, column).open("r+b") as file:
                os.fsync(file.fileno())

        # Together they wait for the disk about as long as one would.
        with ThreadPoolExecutor(FLUSHES_AT_ONCE) as pool:
            list(pool.map(flush, self.schema.columns))

    def scrub(self, rows: Rows) -> None:
        """Overwrite rows with zeros, on the disk before it returns."""
        for column in self.schema.columns:
            with _path(self._folder, column).open("r+b") as file:
                width = WORD_BYTES * column.n_words
                for first, n in _stretches(rows):
                    file.seek(width * first)
                    file.write(bytes(width * n))
                file.flush()
                os.fsync(file.fileno())

    def column(self, column: Column) -> Words:
        """A column of all rows, as a read-only view of its file: nothing is read before it is used.

        Returns
        -------
        uint64, shape (n_rows, column.n_words).
        """
        shape = (self.n_rows, column.n_words)
        if self.n_rows == 0:
            return np.empty(shape, dtype=np.uint64)
        return np.memmap(_path(self._folder, column), dtype="<u8", mode="r", shape=shape)

    def gather(
        self, rows: Rows, columns: Iterable[Column] | None = None, *, spare: int = 0, threads: int = 1
    ) -> Words:
        """Whole rows, or some columns of them, as one array in memory.

        Parameters
        ----------
        rows
            int64: row ids, in any order; ascending ones are read fastest.
        columns
            The columns wanted, laid side by side in this order; by default all of them, as in the schema.
        spare
            Words of zeros behind them.
        threads
            How many threads copy: while one waits for the disk, another works.

        Returns
        -------
        uint64, shape (len(rows), total number of words + spare), C-contiguous.
        """
        wanted = tuple(self.schema.columns if columns is None else columns)
        n_words = sum(column.n_words for column in wanted)
        gathered = np.empty((len(rows), n_words + spare), dtype=np.uint64)
        gathered[:, n_words:] = 0
        views = [self.column(column) for column in wanted]
        # A batch of rows is finished in all its columns while its part of the result is still in cache.
        n_batch = max(1, min(4096, BATCH_BYTES // max(1, gathered.shape[1] * WORD_BYTES)))

        def copy(start: int) -> None:
            batch = rows[start : start + n_batch]
            which = _as_slice(batch)
            place = 0
            for column, view in zip(wanted, views, strict=True):
                gathered[start : start + n_batch, place : place + column.n_words] = view[which]
                place += column.n_words

        starts = range(0, len(rows), n_batch)
        if threads == 1 or len(starts) < 2:
            for start in starts:
                copy(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(copy, starts))
        return gathered


def _path(folder: Path, column: Column) -> Path:
    return folder / f"{column.label}.words"


def _as_slice(rows: Rows) -> Rows | slice:
    """A stretch of neighbouring rows as a slice, which numpy copies instead of picking."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _stretches(rows: Rows) -> Iterator[tuple[int, int]]:
    """First row and length of each stretch of neighbouring rows."""
    ordered = np.unique(rows)
    starts = np.flatnonzero(np.diff(ordered, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(ordered))
    return zip(ordered[starts].tolist(), lengths.tolist(), strict=True)
