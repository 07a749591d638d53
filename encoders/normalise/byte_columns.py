"""A text column as flat bytes and offsets, the form in which NumPy rewrites every row of it in one pass.

Regular expressions cost about a microsecond a row on columns that are nearly all distinct (addresses, identifiers,
postcodes). Table look-ups and shifts over the flat bytes of a whole batch cost a few nanoseconds a byte.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["ByteColumn", "EqualLengths"]


@dataclass(frozen=True)
class ByteColumn:
    """The bytes of all rows one after another, without gaps.

    Parameters
    ----------
    data
        uint8 (n_bytes,).
    offsets
        int64 (n_rows + 1,), ascending from 0 to n_bytes; row i is ``data[offsets[i]:offsets[i + 1]]``.
    """

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def from_arrow(cls, column: pa.StringArray) -> "ByteColumn":
        """View a string column without copying its bytes; nulls must not hold bytes (Arrow's readers keep none)."""
        n_rows = len(column)
        if n_rows == 0:
            return cls(np.zeros(0, np.uint8), np.zeros(1, np.int64))
        _, offset_buffer, data_buffer = column.buffers()
        raw = np.frombuffer(offset_buffer, np.int32)[column.offset : column.offset + n_rows + 1]
        data = np.zeros(0, np.uint8) if data_buffer is None else np.frombuffer(data_buffer, np.uint8)
        return cls(data[raw[0] : raw[-1]], raw.astype(np.int64) - raw[0])

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes in each row, int64 (n_rows,)."""
        return np.diff(self.offsets)

    def per_byte(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Spread one flag a row, bool (n_rows,), over the bytes of the rows, bool (n_bytes,)."""
        return np.repeat(flags, self.lengths)

    def where(self, keep: npt.NDArray[np.bool_]) -> "ByteColumn":
        """The column without the bytes whose flag is false; `keep` is bool (n_bytes,)."""
        dropped = np.flatnonzero(~keep)
        if dropped.size == 0:
            return self
        # The number of bytes dropped before each row's start.
        return ByteColumn(self.data[keep], self.offsets - np.searchsorted(dropped, self.offsets))

    def by_length(self, widths: Iterable[int]) -> Iterator["EqualLengths"]:
        """The rows of each of the lengths asked for, in turn."""
        lengths = self.lengths
        of_byte = np.repeat(lengths, lengths)
        for width in widths:
            chosen = of_byte == width
            characters = np.ascontiguousarray(self.data[chosen].reshape(-1, width).T)
            yield EqualLengths(width, lengths == width, chosen, characters)

    def to_arrow(self, missing: npt.NDArray[np.bool_] | None = None) -> pa.StringArray:
        """The column as Arrow strings; flagged rows become null and lose their bytes."""
        kept, validity = self, None
        if missing is not None and missing.any():
            kept = self.where(~self.per_byte(missing))
            validity = pa.py_buffer(np.packbits(~missing, bitorder="little"))
        return pa.StringArray.from_buffers(
            self.offsets.size - 1,
            pa.py_buffer(kept.offsets.astype(np.int32)),
            pa.py_buffer(np.ascontiguousarray(kept.data)),
            validity,
        )


@dataclass(frozen=True)
class EqualLengths:
    """The rows of one length, character by character.

    Parameters
    ----------
    width
        Bytes in each of the rows.
    rows, of_bytes
        Which rows, bool (n_rows,), and which bytes of the column, bool (n_bytes,), they are.
    characters
        uint8 (width, n_of_this_length): one array for each place in the text.
    """

    width: int
    rows: npt.NDArray[np.bool_]
    of_bytes: npt.NDArray[np.bool_]
    characters: npt.NDArray[np.uint8]

    def spread(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Flags of these rows as flags of all rows, bool (n_rows,), false elsewhere."""
        spread = np.zeros(self.rows.size, np.bool_)
        spread[self.rows] = flags
        return spread
