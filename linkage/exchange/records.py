"""A batch of encoded records: what travels and what the unit stores."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.schema import RECORD_ID_BYTES, RecordSchema

__all__ = ["EncodedRecords", "Operation", "RecordFlag"]


class Operation(IntEnum):
    """What a record asks of the index."""

    UPSERT = 0
    DELETE = 1


class RecordFlag(IntFlag):
    """Properties of a record that travel in the clear inside the package.

    ``LATER_AGE``: its source keeps it in the index beyond the usual age, see ``lifecycle`` in the specification.
    """

    NONE = 0
    SHIELDED = 1
    CANARY = 2
    LATER_AGE = 4


@dataclass(frozen=True, repr=False)
class EncodedRecords:
    """Encoded records of one source.

    Attributes
    ----------
    record_ids
        uint8, shape (n, 16): the source's pseudonyms of its own record ids.
    operations
        uint8, shape (n,): values of `Operation`.
    flags
        uint8, shape (n,): bits of `RecordFlag`.
    words
        uint64, shape (n, schema.n_words), C-contiguous: filters, tokens and blocking keys side by side in the
        order of the schema. An all-zero column is a missing value.
    """

    record_ids: npt.NDArray[np.uint8]
    operations: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]

    def __post_init__(self) -> None:
        n = len(self.record_ids)
        if self.record_ids.shape != (n, RECORD_ID_BYTES):
            raise ValueError(
                f"record_ids: expected shape (n, {RECORD_ID_BYTES}), got {self.record_ids.shape}"
            )
        for name, array in (("operations", self.operations), ("flags", self.flags)):
            if array.shape != (n,):
                raise ValueError(f"{name}: expected shape ({n},), got {array.shape}")
        if self.words.ndim != 2 or len(self.words) != n:
            raise ValueError(f"words: expected shape ({n}, n_words), got {self.words.shape}")

    def __len__(self) -> int:
        return len(self.record_ids)

    def __repr__(self) -> str:
        return f"EncodedRecords({len(self)} records of {self.words.shape[1]} words)"

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice) -> "EncodedRecords":
        """The records at the given rows, in that order."""
        return EncodedRecords(
            self.record_ids[rows], self.operations[rows], self.flags[rows], self.words[rows]
        )

    @classmethod
    def concatenate(cls, parts: list["EncodedRecords"]) -> "EncodedRecords":
        """Put batches of one schema behind each other; at least one is needed."""
        return cls(
            np.concatenate([part.record_ids for part in parts]),
            np.concatenate([part.operations for part in parts]),
            np.concatenate([part.flags for part in parts]),
            np.concatenate([part.words for part in parts]),
        )

    def to_arrow(self, schema: RecordSchema) -> pa.RecordBatch:
        """As an Arrow record batch with one fixed-width column for each of the schema's columns."""
        arrays = [_fixed(self.record_ids), pa.array(self.operations), pa.array(self.flags)]
        arrays += [
            _fixed(np.ascontiguousarray(self.words[:, column.offset : column.stop]).view(np.uint8))
            for column in schema.columns
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=schema.arrow_schema())

    @classmethod
    def from_arrow(cls, batch: pa.RecordBatch, schema: RecordSchema) -> "EncodedRecords":
        """Read back what `to_arrow` made.

        Raises
        ------
        ValueError
            If the batch's schema is not exactly the expected one.
        """
        if not batch.schema.equals(schema.arrow_schema()):
            raise ValueError("the batch does not have the columns and widths of the specification")
        words = np.empty((batch.num_rows, schema.n_words), dtype=np.uint64)
        for column in schema.columns:
            words[:, column.offset : column.stop] = _bytes(batch.column(column.label)).view("<u8")
        return cls(
            _bytes(batch.column("record_id")),
            np.asarray(batch.column("operation")),
            np.asarray(batch.column("flags")),
            words,
        )


def _fixed(rows: npt.NDArray[np.uint8]) -> pa.FixedSizeBinaryArray:
    n, width = rows.shape
    data = pa.py_buffer(np.ascontiguousarray(rows))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), n, [None, data])


def _bytes(array: pa.FixedSizeBinaryArray) -> npt.NDArray[np.uint8]:
    width = array.type.byte_width
    flat = np.frombuffer(array.buffers()[1], dtype=np.uint8)
    start = array.offset * width
    return flat[start : start + len(array) * width].reshape(len(array), width)
