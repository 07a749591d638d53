"""Encoded records once more, row after row, for passes that fetch rows in every order.

The columns of an index lie each in a file of its own, which is right for reading a column and wrong for fetching
single rows: one row lies in as many places as there are columns. A row file holds whole rows side by side. It has no
name in the file system, so that it is gone with the process that made it, also when that is killed: no encoded record
outlives an erasure in it.

Measured on 2.4 million records of 42 words (0.8 GB), rows drawn at random: docs/storage.md.
"""

import mmap
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import ChildindexError

__all__ = ["RowFile"]

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

STRIPE_BYTES = 256 << 20


class RowFile:
    """Rows of fixed width on disk, fetched by position. A context: the file is gone behind it.

    Parameters
    ----------
    folder
        Where there is room.
    n_words
        Words of a row.
    """

    def __init__(self, folder: Path, n_words: int) -> None:
        # Deleted from the folder at once: it lives as long as it is open.
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._n_words = n_words
        self.n_rows = 0

    def __enter__(self) -> Self:
        """Nothing to open: the file was made by the constructor."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the file go."""
        self._file.close()

    def append(self, words: Words) -> None:
        """Write rows, uint64 (n, n_words), behind the last one.

        Raises
        ------
        ChildindexError
            If the disk is full.
        """
        try:
            self._file.write(np.ascontiguousarray(words).data)
        except OSError as error:
            raise _no_room(error) from None
        self.n_rows += len(words)

    def gather(self, rows: Rows, *, threads: int = 1) -> Words:
        """Rows by position, as one array in memory.

        Parameters
        ----------
        rows
            int64, ascending.
        threads
            How many threads copy.

        Returns
        -------
        uint64 (len(rows), n_words). Of the file, no more than a stripe a thread is mapped into memory at a time.
        """
        self._file.flush()
        gathered = np.empty((len(rows), self._n_words), dtype=np.uint64)

        def copy(stripe: tuple[int, int, int, int]) -> None:
            first, stop, start, end = stripe
            with _mapped(self._file.fileno(), first * self._n_words * 8, stop * self._n_words * 8) as words:
                np.take(
                    words.reshape(-1, self._n_words),
                    rows[start:end] - first,
                    axis=0,
                    out=gathered[start:end],
                    mode="clip",
                )

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(copy, self._stripes(rows)))
        return gathered

    def _stripes(self, rows: Rows) -> Iterator[tuple[int, int, int, int]]:
        """Stretches of the file, and which of the wanted rows lie in each."""
        height = max(1, STRIPE_BYTES // (8 * self._n_words))
        for first in range(0, self.n_rows, height):
            stop = min(first + height, self.n_rows)
            start, end = np.searchsorted(rows, [first, stop])
            if start < end:
                yield first, stop, int(start), int(end)


def _no_room(error: OSError) -> ChildindexError:
    return ChildindexError(
        f"the rows of the index could not be laid out for linking (system error {error.errno}): make room beside the"
        " index, or give linking more memory (--memory), then repeat the command"
    )


class _mapped:  # noqa: N801 - a context manager, used like a function
    """A stretch of a file as words, unmapped again at once: its pages do not count as memory of the process."""

    def __init__(self, descriptor: int, first: int, stop: int) -> None:
        start = first // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        self._map = mmap.mmap(descriptor, stop - start, access=mmap.ACCESS_READ, offset=start)
        self._skip, self._n = first - start, (stop - first) // 8

    def __enter__(self) -> Words:
        return np.frombuffer(self._map, dtype=np.uint64, count=self._n, offset=self._skip)

    def __exit__(self, *_: object) -> None:
        # The view may still be referred to by the caller's frame: the map goes with its last reference.
        del self._map
