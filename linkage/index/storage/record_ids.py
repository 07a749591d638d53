"""A record id, 16 bytes, as two 64-bit halves, most significant first: numbers compare as the bytes do."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.schema import RECORD_ID_BYTES

__all__ = ["Halves", "halves_of", "hexadecimal", "join_record_id", "joined_halves", "split_record_id"]


class Halves(NamedTuple):
    """Both halves of many ids: uint64, shape (n,) each."""

    high: npt.NDArray[np.uint64]
    low: npt.NDArray[np.uint64]


def halves_of(ids: npt.NDArray[np.uint8]) -> Halves:
    """Split ids given as uint8, shape (n, 16)."""
    numbers = np.ascontiguousarray(ids).view(">u8").astype(np.uint64)
    return Halves(np.ascontiguousarray(numbers[:, 0]), np.ascontiguousarray(numbers[:, 1]))


def joined_halves(halves: Halves) -> npt.NDArray[np.uint8]:
    """The ids back as uint8, shape (n, 16)."""
    return np.stack(halves, axis=1).astype(">u8").view(np.uint8).reshape(-1, RECORD_ID_BYTES)


def split_record_id(record_id: bytes) -> tuple[int, int]:
    """Split one id.

    Raises
    ------
    ValueError
        If there are not 16 bytes.
    """
    if len(record_id) != RECORD_ID_BYTES:
        raise ValueError(f"an id has {RECORD_ID_BYTES} bytes, got {len(record_id)}")
    return int.from_bytes(record_id[:8], "big"), int.from_bytes(record_id[8:], "big")


def join_record_id(high: int, low: int) -> bytes:
    """Put one id together again."""
    return int(high).to_bytes(8, "big") + int(low).to_bytes(8, "big")


def hexadecimal(ids: npt.NDArray[np.uint8]) -> pa.StringArray:
    """Ids, uint8, shape (n, 16), as texts of 32 lower-case hexadecimal digits."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = np.empty((len(ids), 2 * RECORD_ID_BYTES), dtype=np.uint8)
    text[:, 0::2], text[:, 1::2] = digits[ids >> 4], digits[ids & 15]
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * (2 * RECORD_ID_BYTES)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))
