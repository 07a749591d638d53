"""The encoded records behind a published snapshot: for a question about one child, while a night may be loading.

Rows never change and are only appended, so a reader needs no lock: it reads no further than the last published row.
What is overwritten with zeros (undone, erased) is in no snapshot that a reader opens afterwards.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.candidates.key_scan import rows_with_keys
from linkage.exchange.schema import Column, RecordSchema
from linkage.index.reading.published import PublishedIndex
from linkage.index.storage.columns import ColumnFiles
from linkage.index.storage.folder import IndexFolder

__all__ = ["PublishedRecords"]

Places = npt.NDArray[np.int64]


class PublishedRecords:
    """Encoded records of a published index, by their place in it.

    Parameters
    ----------
    path
        The index.
    published
        The snapshot to answer from.
    """

    def __init__(self, path: Path, published: PublishedIndex) -> None:
        folder = IndexFolder(path)
        self._rows = published.rows()
        n_rows = int(self._rows.max(initial=-1)) + 1
        self.schema: RecordSchema = folder.read_card().schema
        self._columns = ColumnFiles(folder.columns, self.schema, n_rows)

    def sharing_keys(
        self, spaces: Sequence[Sequence[Column]], words: npt.NDArray[np.uint64], *, threads: int = 1
    ) -> Places:
        """Places of the records that share a blocking key of some space with one of some encoded records.

        Parameters
        ----------
        spaces
            The block columns of each space.
        words
            uint64, shape (n, schema.n_words).
        """
        found = np.zeros(self._columns.n_rows, dtype=np.bool_)
        for space in spaces:
            views = [np.asarray(self._columns.column(column)).reshape(-1) for column in space]
            keys = np.concatenate([words[:, column.offset] for column in space])
            found |= rows_with_keys(views, keys, threads=threads)
        return np.flatnonzero(found[self._rows]).astype(np.int64)

    def words(self, places: Places) -> npt.NDArray[np.uint64]:
        """The encoded records at some places, uint64, shape (len(places), schema.n_words)."""
        return self._columns.gather(np.asarray(self._rows[places], dtype=np.int64))

    def column(self, column: Column) -> npt.NDArray[np.uint64]:
        """One column by row, not by place, as a read-only view of its file; see `PublishedIndex.rows`."""
        return self._columns.column(column)
