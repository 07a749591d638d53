"""Exact keyed values: tokens, blocking keys and record ids.

HMAC-SHA-256, cut to the wanted width. Whoever has no key cannot encode a guess; equal values give equal codes, so
a code has the frequency of its value. Buckets trade that frequency away: see ``encoders.blocking_keys``.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.hashing.hmac_columns import hmac_column
from linkage.exchange.errors import FeedRefused
from linkage.exchange.schema import RECORD_ID_BYTES, WORD_BYTES

__all__ = ["given_ids", "keyed_ids", "keyed_words"]


def keyed_words(key: bytes, values: pa.StringArray, *, buckets: int = 0) -> npt.NDArray[np.uint64]:
    """A 64-bit code of each value.

    Parameters
    ----------
    key
        32 bytes.
    values
        Texts; null is missing.
    buckets
        0 for one code a value; else codes are 1 to `buckets`.

    Returns
    -------
    uint64, shape (len(values),); 0 where the value is missing, and nowhere else.
    """
    codes = hmac_column(key, values, WORD_BYTES).view("<u8").ravel().astype(np.uint64)
    if buckets:
        codes = codes % np.uint64(buckets) + np.uint64(1)
    present = np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    return np.where(present, np.maximum(codes, np.uint64(1)), np.uint64(0))


def keyed_ids(key: bytes, ids: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The pseudonym of each record id.

    Returns
    -------
    uint8, shape (len(ids), 16).
    """
    return hmac_column(key, ids, RECORD_ID_BYTES)


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
