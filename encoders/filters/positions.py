"""Keyed positions of tokens in a filter: independent hashing with rejection sampling.

A token's positions are read from HMAC-SHA-256(key, counter || token), counter = 0, 1, 2, ..., as a stream of
16-bit big-endian numbers. A number at or above the largest multiple of the filter's width is rejected (so every
position is equally likely) and a position already taken is skipped, until `k` distinct ones are found.

Double hashing, which many encoders use instead, can only make l**2 patterns and was used to break Bloom-filter
encodings (Kirsch & Mitzenmacher 2006 for the scheme; Niedermeyer et al. 2014, Christen et al. 2017 for the attacks).
Hashing, however independent, hides a value only from those without the key: it does not hide frequencies or
similarities.
"""

import hmac
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from encoders.compiling import kernel

__all__ = ["masks_of", "positions_of"]

DIGEST_NUMBERS = 16
RANGE = 1 << 16


def positions_of(key: bytes, tokens: Sequence[bytes], *, n_bits: int, k: int) -> npt.NDArray[np.int64]:
    """Draw the positions of each token.

    Parameters
    ----------
    key
        The hashing key of one field (32 bytes).
    tokens
        Their bytes; equal tokens get equal positions.
    n_bits
        Width of the filter, at most 65,536.
    k
        Positions a token, at most `n_bits`.

    Returns
    -------
    int64, shape (len(tokens), k), in the order of drawing.

    Raises
    ------
    ValueError
        If `n_bits` or `k` is out of range.
    """
    if not 1 <= n_bits <= RANGE:
        raise ValueError(f"n_bits: expected 1 to {RANGE}, got {n_bits}")
    if not 1 <= k <= n_bits:
        raise ValueError(f"k: expected 1 to {n_bits} positions in {n_bits} bits, got {k}")
    positions = np.full((len(tokens), k), -1, dtype=np.int64)
    found = np.zeros(len(tokens), dtype=np.int64)
    pending = np.arange(len(tokens), dtype=np.int64)
    counter = 0
    while len(pending):
        numbers = _stream(key, [tokens[row] for row in pending.tolist()], counter)
        _take_distinct(numbers, pending, n_bits, positions, found)
        pending = pending[found[pending] < k]
        counter += 1
    return positions


def masks_of(key: bytes, tokens: Sequence[bytes], *, n_bits: int, k: int) -> npt.NDArray[np.uint64]:
    """The positions of each token as a row of bits.

    Returns
    -------
    uint64, shape (len(tokens), n_bits / 64); bit ``b`` of word ``w`` is position ``64 w + b``.
    """
    positions = positions_of(key, tokens, n_bits=n_bits, k=k)
    masks = np.zeros((len(tokens), n_bits // 64), dtype=np.uint64)
    rows = np.repeat(np.arange(len(tokens)), k)
    flat = positions.ravel()
    bits = np.left_shift(np.uint64(1), (flat & 63).astype(np.uint64))
    np.bitwise_or.at(masks, (rows, flat >> 6), bits)
    return masks


def _stream(key: bytes, tokens: Sequence[bytes], counter: int) -> npt.NDArray[np.int64]:
    prefix = counter.to_bytes(2, "big")
    digests = b"".join(hmac.digest(key, prefix + token, "sha256") for token in tokens)
    return np.frombuffer(digests, dtype=">u2").astype(np.int64).reshape(len(tokens), DIGEST_NUMBERS)


@kernel
def _take_distinct(
    numbers: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    n_bits: int,
    positions: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
) -> None:
    limit = (65536 // n_bits) * n_bits
    k = positions.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        for column in range(numbers.shape[1]):
            if found[row] == k:
                break
            if numbers[i, column] >= limit:
                continue
            position = numbers[i, column] % n_bits
            taken = False
            for earlier in range(found[row]):
                if positions[row, earlier] == position:
                    taken = True
                    break
            if not taken:
                positions[row, found[row]] = position
                found[row] += 1
