"""Reading a feed, CSV or Parquet, as a stream of record batches: never the whole feed in memory.

Every fault of a feed is a `FeedRefused` that says in which row it is. Row numbers count records from 1, the first
after the header; blank lines are not counted. No message holds a value of a row.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.checks import checked
from encoders.feeds.csv_files import CsvSource
from encoders.feeds.packed_files import PACKED, plain_suffix
from encoders.feeds.parquet_files import ParquetSource
from linkage.exchange.errors import FeedRefused

__all__ = ["CSV_SUFFIXES", "PARQUET_SUFFIXES", "Feed", "is_feed", "join_columns", "open_feed"]

CSV_SUFFIXES = (".csv", ".tsv")
PARQUET_SUFFIXES = (".parquet", ".pq")


class Source(Protocol):
    """What a file format gives to a feed."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of any size with the columns asked for, in order, as strings or dates."""

    def bytes_read(self) -> int:
        """How much of the file has been read."""

    def close(self) -> None:
        """Close the file; a second time does nothing."""


class Feed:
    """A feed that is being read; iterate over it once.

    Every batch but the last has `batch_rows` rows. Its columns are those asked for, in order, as strings (or dates,
    where a Parquet file has dates or time stamps), null where the cell is empty. The first batch is read when the
    feed opens, so that most faults show before anything else is done.

    Attributes
    ----------
    path
        The file.
    columns
        The columns of every batch, each once.
    size_bytes
        Size of the file; with `bytes_read` the progress of reading.
    """

    def __init__(self, path: Path, columns: Sequence[str], source: Source, batch_rows: int) -> None:
        self.path = path
        self.columns = tuple(columns)
        self.size_bytes = path.stat().st_size
        self._source = source
        self._batches = _regrouped(checked(source.batches(), str(path)), batch_rows)
        self._used = False
        try:
            first = next(self._batches, None)
        except BaseException:
            source.close()
            raise
        if first is None:
            source.close()
            raise FeedRefused(
                f"{path}: the feed is empty: expected rows after the header, got none; where it would hold the changes"
                " since the last package and there are none, nothing has to be sent"
            )
        self._first: pa.RecordBatch | None = first

    def bytes_read(self) -> int:
        """How much of the file has been read; for Parquet in proportion to the rows."""
        return min(self._source.bytes_read(), self.size_bytes)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._used:
            raise RuntimeError("a feed is read once; open it again")
        self._used = True
        return self._all()

    def _all(self) -> Iterator[pa.RecordBatch]:
        first, self._first = self._first, None
        if first is not None:
            yield first
            # A batch that the caller has let go of must not stay in memory here.
            del first
        yield from self._batches

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_feed(
    path: Path | str,
    *,
    columns: Sequence[str],
    batch_rows: int = 65_536,
    encoding: str = "utf-8",
    delimiter: str | None = None,
) -> Feed:
    """Open a feed for one pass over some of its columns.

    Parameters
    ----------
    path
        A ``.csv`` or ``.tsv`` file, as it stands or packed (``.csv.gz``), or a ``.parquet`` or ``.pq`` file.
    columns
        Names of the columns to read; one named twice is read once.
    batch_rows
        Rows in each batch but the last.
    encoding
        Of CSV: ``utf-8`` (with or without byte order mark), ``utf-8-sig``, ``cp1252``,
        ``latin-1`` or ``utf-16``.
    delimiter
        Of CSV; found out from the header where not given (comma, semicolon, tabulator or bar).

    Raises
    ------
    FeedRefused
        If there is no such file or it cannot be read, has another extension, lacks a column, names one twice or has
        no rows; and then, while reading, for a row that is ragged, wrongly encoded, or holds a NUL.
    """
    path = Path(path)
    if not path.exists():
        raise FeedRefused(f"{path}: there is no such feed; correct the path")
    if not path.is_file():
        raise FeedRefused(f"{path}: expected a file, got a folder")
    wanted = tuple(dict.fromkeys(columns))
    suffix = plain_suffix(path)
    if not is_feed(path):
        known = ", ".join((*CSV_SUFFIXES, *(suffix + PACKED for suffix in CSV_SUFFIXES), *PARQUET_SUFFIXES))
        raise FeedRefused(
            f"{path}: unknown extension {path.suffix!r}: expected one of {known}; convert or rename the feed"
        )
    if suffix in CSV_SUFFIXES:
        return Feed(path, wanted, CsvSource(path, wanted, encoding, delimiter), batch_rows)
    return Feed(path, wanted, ParquetSource(path, wanted, batch_rows), batch_rows)


def is_feed(path: Path) -> bool:
    """Whether a file's name says that it is a feed: CSV, also packed by gzip, or Parquet, which packs by itself."""
    suffix = plain_suffix(path)
    return suffix in CSV_SUFFIXES or (suffix in PARQUET_SUFFIXES and path.suffix.lower() != PACKED)


def join_columns(batch: pa.RecordBatch, names: Sequence[str]) -> "pa.Array[Any]":
    """The values of several columns joined by a blank, row by row; empty cells are left out.

    A single column is returned as it is, so that a column of dates stays one. A row whose cells are all null is null.
    """
    if len(names) == 1:
        return batch.column(names[0])
    parts = [batch.column(name).cast(pa.string()) for name in names]
    # With "skip", Arrow drops a row whose cells are all null (narwhals issue 3965) and the rows after it move up: the
    # first part must not be null there.
    all_null = reduce(pc.and_, [part.is_null() for part in parts])
    parts[0] = pc.if_else(all_null, "", parts[0])
    joined = pc.binary_join_element_wise(*parts, " ", null_handling="skip")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _regrouped(batches: Iterator[pa.RecordBatch], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of exactly `batch_rows`, but for the last."""
    held: list[pa.RecordBatch] = []
    n_held = 0
    for batch in batches:
        start = 0
        while batch.num_rows - start >= batch_rows - n_held:
            piece = batch.slice(start, batch_rows - n_held)
            start += piece.num_rows
            yield pa.concat_batches([*held, piece]) if held else piece
            held, n_held = [], 0
        if start < batch.num_rows:
            held.append(batch.slice(start))
            n_held += batch.num_rows - start
    if held:
        yield pa.concat_batches(held)
