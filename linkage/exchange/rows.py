"""Rows of fixed width: how encoded records lie inside a package.

::

    record id (16) | operation (1) | flags (1) | words (8 each, little-endian)

The width follows from the schema alone, so a reader parses nothing: it needs no description from the sender, and no
byte of a row can be anything but what the specification says. Rows stand in ascending order of their record ids,
each id once. So the order is a function of the content: it says nothing about the order of the feed, and nobody can
hide a message in it.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import PackageRefused
from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.schema import RECORD_ID_BYTES, WORD_BYTES, RecordSchema

__all__ = ["RowCheck", "pack_rows", "row_width", "unpacked"]

OPERATION_AT = RECORD_ID_BYTES
FLAGS_AT = OPERATION_AT + 1
WORDS_AT = FLAGS_AT + 1
KNOWN_FLAGS = int(RecordFlag.SHIELDED | RecordFlag.CANARY | RecordFlag.LATER_AGE)
LITTLE_ENDIAN = np.dtype("<u8")


def row_width(schema: RecordSchema) -> int:
    """Bytes of a row."""
    return WORDS_AT + WORD_BYTES * schema.n_words


def pack_rows(records: EncodedRecords) -> npt.NDArray[np.uint8]:
    """Lay records out as rows: uint8, shape (n, row width), C-contiguous."""
    words = np.ascontiguousarray(records.words, dtype=LITTLE_ENDIAN)
    rows = np.empty((len(records), WORDS_AT + WORD_BYTES * words.shape[1]), dtype=np.uint8)
    rows[:, :OPERATION_AT] = records.record_ids
    rows[:, OPERATION_AT] = records.operations
    rows[:, FLAGS_AT] = records.flags
    rows[:, WORDS_AT:] = words.view(np.uint8)
    return rows


def unpacked(pieces: Iterable[npt.NDArray[np.uint8]], n_rows: int, most: int) -> Iterator[EncodedRecords]:
    """Read rows back into arrays of their own.

    Parameters
    ----------
    pieces
        Of rows, uint8, shape (n, row width), `n_rows` in all; one need not last until the next is taken.
    most
        Rows at a time: a number of whole pieces.
    """
    filled = 0
    for rows in pieces:
        if filled == 0:
            n = min(most, n_rows)
            ids = np.empty((n, RECORD_ID_BYTES), dtype=np.uint8)
            operations, flags = np.empty((2, n), dtype=np.uint8)
            words = np.empty((n, (rows.shape[1] - WORDS_AT) // WORD_BYTES), dtype=LITTLE_ENDIAN)
        part = slice(filled, filled + len(rows))
        ids[part] = rows[:, :OPERATION_AT]
        operations[part] = rows[:, OPERATION_AT]
        flags[part] = rows[:, FLAGS_AT]
        words.view(np.uint8)[part] = rows[:, WORDS_AT:]
        filled += len(rows)
        if filled == n:
            yield EncodedRecords(ids, operations, flags, words.astype(np.uint64, copy=False))
            n_rows -= n
            filled = 0


class RowCheck:
    """Checks what rows may say, batch after batch in the order of the package.

    Attributes
    ----------
    rows, deletes
        Counts so far.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.deletes = 0
        self._last_id = b""

    def take(self, rows: npt.NDArray[np.uint8]) -> None:
        """Check the next rows: uint8, shape (n, row width).

        Raises
        ------
        PackageRefused
            With the number of the first row that has an unknown operation or flag, deletes and yet carries an
            encoding, or whose record id does not follow the one before.
        """
        if len(rows) == 0:
            return
        operations, flags = rows[:, OPERATION_AT], rows[:, FLAGS_AT]
        self._refuse(operations > Operation.DELETE, "an operation other than upsert and delete")
        self._refuse(flags > KNOWN_FLAGS, "unknown flags")
        deletes = np.flatnonzero(operations == Operation.DELETE)
        filled = np.zeros(len(rows), dtype=np.bool_)
        filled[deletes] = rows[deletes, WORDS_AT:].any(axis=1)
        self._refuse(filled, "a delete that carries an encoding")
        self._refuse(
            self._out_of_order(rows), "a record id that does not follow the one before, ascending, each once"
        )
        self.rows += len(rows)
        self.deletes += len(deletes)
        self._last_id = rows[-1, :RECORD_ID_BYTES].tobytes()

    def _out_of_order(self, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        halves = rows[:, :RECORD_ID_BYTES].copy().view(">u8")
        high, low = halves[:, 0], halves[:, 1]
        out_of_order = np.empty(len(rows), dtype=np.bool_)
        out_of_order[0] = rows[0, :RECORD_ID_BYTES].tobytes() <= self._last_id
        same_high = high[1:] == high[:-1]
        out_of_order[1:] = (high[1:] < high[:-1]) | (same_high & (low[1:] <= low[:-1]))
        return out_of_order

    def _refuse(self, at_fault: npt.NDArray[np.bool_], fault: str) -> None:
        if at_fault.any():
            row = self.rows + int(np.argmax(at_fault)) + 1
            raise PackageRefused(
                f"rows: row {row} has {fault}; the source has to encode and seal its feed again"
            )
