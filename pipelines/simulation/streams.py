"""Random streams and keyed permutations: every number follows from the seed, the chunk and a purpose.

A chunk of households has its own streams, so it comes out the same whichever worker makes it, and when. Numbers
that must be unique over all chunks (record ids, NHS numbers) are not drawn but permuted: a bijection cannot
repeat itself, and needs no memory of what was given out.

This is simulation. Nothing here protects anything, and none of it may be used where privacy matters.
"""

import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["key_of", "mixed", "permuted", "stream"]

_ROUNDS = 4


def stream(seed: int, chunk: int, purpose: str) -> np.random.Generator:
    """A random generator that belongs to one chunk and one purpose.

    Parameters
    ----------
    seed, chunk
        Not negative.
    purpose
        A label; different labels give independent streams.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, chunk, _label(purpose)))))


def key_of(seed: int, purpose: str) -> int:
    """A 64-bit key for `permuted` or `mixed`, from the seed and a label."""
    return int(np.random.SeedSequence((seed, _label(purpose))).generate_state(1, np.uint64)[0])


def _label(purpose: str) -> int:
    return zlib.crc32(purpose.encode())


def mixed(values: npt.NDArray[np.int64], key: int) -> npt.NDArray[np.uint64]:
    """Scatter whole numbers over 64 bits (SplitMix64; Steele, Lea and Flood 2014, section 5).

    Parameters
    ----------
    values
        Any shape. Equal values give equal results under one key.
    key
        64 bits.
    """
    word = values.astype(np.uint64) + np.uint64(key)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def permuted(values: npt.NDArray[np.int64], half: int, key: int) -> npt.NDArray[np.int64]:
    """A keyed bijection of the numbers 0 to `half` squared, less one (a Feistel network of four rounds).

    Parameters
    ----------
    values
        Numbers within the domain.
    half
        Square root of the size of the domain.
    key
        64 bits.

    Returns
    -------
    int64, same shape
        Distinct values give distinct results.
    """
    left, right = np.divmod(values, half)
    for turn in range(_ROUNDS):
        scattered = mixed(right + np.int64(turn * half), key) % np.uint64(half)
        left, right = right, (left + scattered.astype(np.int64)) % half
    return np.asarray(left * half + right, dtype=np.int64)
