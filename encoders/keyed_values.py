"""Exact keyed values: tokens, blocking keys and record ids.

HMAC-SHA-256, cut to the wanted width. Whoever has no key cannot encode a guess; equal values give equal codes, so
a code has the frequency of its value. Buckets trade that frequency away: see ``encoders.blocking_keys``.
"""

import hmac

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.exchange.errors import FeedRefused
from linkage.exchange.schema import RECORD_ID_BYTES

__all__ = ["given_ids", "keyed_ids", "keyed_words", "words_of_values"]


def keyed_words(key: bytes, values: list[bytes], *, buckets: int = 0) -> npt.NDArray[np.uint64]:
    """A non-zero 64-bit code of each value.

    Parameters
    ----------
    key
        32 bytes.
    values
        Any bytes.
    buckets
        0 for one code a value; else codes are 1 to `buckets`.

    Returns
    -------
    uint64, shape (len(values),); never zero, which means missing.
    """
    digests = b"".join([hmac.digest(key, value, "sha256")[:8] for value in values])
    codes: npt.NDArray[np.uint64] = np.frombuffer(digests, dtype="<u8").astype(np.uint64)
    if buckets:
        codes = codes % np.uint64(buckets) + np.uint64(1)
    return np.maximum(codes, np.uint64(1))


def words_of_values(key: bytes, values: pa.StringArray) -> npt.NDArray[np.uint64]:
    """The code of each value of a column; 0 where it is null."""
    encoded = values.dictionary_encode()
    codes = keyed_words(key, [value.encode() for value in encoded.dictionary.to_pylist()])
    out = np.zeros(len(values), dtype=np.uint64)
    rows = np.flatnonzero(np.asarray(encoded.indices.is_valid()))
    out[rows] = codes[np.asarray(pc.fill_null(encoded.indices, 0))[rows]]
    return out


def keyed_ids(key: bytes, ids: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The pseudonym of each record id.

    Returns
    -------
    uint8, shape (len(ids), 16).
    """
    digests = b"".join(
        [hmac.digest(key, value.encode(), "sha256")[:RECORD_ID_BYTES] for value in ids.to_pylist()]
    )
    return np.frombuffer(digests, dtype=np.uint8).reshape(len(ids), RECORD_ID_BYTES)


def given_ids(ids: pa.StringArray, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Record ids that are pseudonyms already, as 32 hexadecimal digits.

    Returns
    -------
    uint8, shape (len(ids), 16).

    Raises
    ------
    FeedRefused
        If an id is anything else; the message names its row of the feed, taken from `rows`.
    """
    fits = np.asarray(pc.match_substring_regex(ids, "^[0-9a-fA-F]{32}$"))
    if not fits.all():
        raise FeedRefused(
            f"row {rows[np.flatnonzero(~fits)[0]]}: with 'pseudonymise = false' a record id is 32 hexadecimal"
            f" digits, {np.count_nonzero(~fits)} of this batch are not; set it to true to have ids replaced"
        )
    return np.frombuffer(bytes.fromhex("".join(ids.to_pylist())), dtype=np.uint8).reshape(
        len(ids), RECORD_ID_BYTES
    )
