"""What stands in a filter for a field that a record does not have.

A filter over three fields says much about the other two where one is missing. Left empty, the missing field's share
would make records that lack the same field and agree in the others equal: strangers would pass for people who agree in
all. So some positions are made up: drawn under the project key for the record alone, by its id. Two records hardly
ever have the same, the same record has them again each time it is encoded, and nobody without the key can tell them
from a value's.

What this does not hide: that the filter has fewer bits before diffusion, as a short value has.
"""

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.hashing.hmac_columns import DIGEST_BYTES, hmac_column
from linkage.exchange.specification.encoding import FilterRule

__all__ = ["add_stand_ins", "filters_made"]

NUMBER_BYTES = 4
Flags = npt.NDArray[np.bool_]


def filters_made(rule: FilterRule, present: Flags) -> Flags:
    """Which records have a filter.

    Parameters
    ----------
    rule
        The filter's section.
    present
        bool, shape (fields of the filter, n): which fields each record has.

    Returns
    -------
    bool, shape (n,): where no field is missing that has to be there, or as many are present as have to be.
    """
    if rule.least_fields is not None:
        return np.asarray(present.sum(axis=0) >= rule.least_fields)
    required = np.array([not member.optional for member in rule.fields])
    return np.asarray(present[required].all(axis=0) & present.any(axis=0))


def add_stand_ins(
    key: bytes,
    record_ids: npt.NDArray[np.uint8],
    rows: npt.NDArray[np.int64],
    k: int,
    out: npt.NDArray[np.uint64],
) -> None:
    """Set up to `k` positions in the rows that lack a field.

    Parameters
    ----------
    key
        Of the field in its filter, 32 bytes.
    record_ids
        uint8, shape (n, 16).
    rows
        int64: which rows lack the field.
    k
        Positions to draw; a position may be drawn twice.
    out
        uint64, shape (n, words): the filters, changed in place.
    """
    n_bits = out.shape[1] * 64
    for counter in range(math.ceil(k * NUMBER_BYTES / DIGEST_BYTES)):
        numbers = hmac_column(key, _numbered(record_ids[rows], counter), DIGEST_BYTES).view(">u4")
        # Of 2**32 numbers so few are left over at the end that no position is likelier by one in a hundred thousand.
        positions = (numbers % n_bits).astype(np.int64)[:, : k - counter * DIGEST_BYTES // NUMBER_BYTES]
        bits = np.left_shift(np.uint64(1), (positions & 63).astype(np.uint64))
        np.bitwise_or.at(out, (rows[:, None], positions >> 6), bits)


def _numbered(record_ids: npt.NDArray[np.uint8], counter: int) -> pa.StringArray:
    """Ids with a byte behind, as the column of bytes that is hashed."""
    bytes_of = np.concatenate([record_ids, np.full((len(record_ids), 1), counter, np.uint8)], axis=1)
    offsets = np.arange(len(bytes_of) + 1, dtype=np.int32) * np.int32(bytes_of.shape[1])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(bytes_of))]
    return pa.Array.from_buffers(pa.string(), len(bytes_of), buffers)
