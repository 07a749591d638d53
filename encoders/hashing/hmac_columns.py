"""HMAC-SHA-256 of every value of a column at once (RFC 2104, FIPS 180-4).

A feed of a million records asks for several million short HMACs, and a call of the library for each costs more than
the hashing does. Here the key is absorbed once and kernels walk the Arrow buffers, without holding the interpreter:
values that fit into a block sixteen at a time (``encoders.hashing.sha256_lanes``), longer ones one by one.
The codes are those of ``hmac``, which the tests compare byte by byte. Keys pass through memory only; the running time
depends on the lengths of values, which nobody but the source can observe.
"""

import hmac
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.hashing.sha256_lanes import LANES, LONGEST, compress, hash_short_rows

__all__ = ["hmac_column"]

Words = npt.NDArray[np.uint32]
BLOCK_BYTES = 64
DIGEST_BYTES = 32


def hmac_column(key: bytes, values: pa.StringArray, n_bytes: int) -> npt.NDArray[np.uint8]:
    """The first bytes of the HMAC of each value.

    Parameters
    ----------
    key
        At most 64 bytes.
    values
        Any texts; the code is over their UTF-8 bytes.
    n_bytes
        1 to 32.

    Returns
    -------
    uint8, shape (len(values), n_bytes); zeros where the value is null.

    Raises
    ------
    ValueError
        If the key is longer than a block, or `n_bytes` is out of range.
    """
    if len(key) > BLOCK_BYTES:
        raise ValueError(f"key: expected at most {BLOCK_BYTES} bytes, got {len(key)}")
    if not 1 <= n_bytes <= DIGEST_BYTES:
        raise ValueError(f"n_bytes: expected 1 to {DIGEST_BYTES}, got {n_bytes}")
    out = np.zeros((len(values), n_bytes), dtype=np.uint8)
    if not len(values):
        return out
    _, offsets, data = values.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    flat = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    present = np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    short = np.diff(starts) <= LONGEST
    hash_short_rows(*_lane_states(key), _constants(), starts, flat, np.flatnonzero(present & short), out)
    for row in np.flatnonzero(present & ~short):
        code = hmac.digest(key, flat[starts[row] : starts[row + 1]].tobytes(), "sha256")
        out[row] = np.frombuffer(code, dtype=np.uint8)[:n_bytes]
    return out


@cache
def _constants() -> Words:
    """The round constants, then the initial state: fractional parts of cube and square roots of the first primes."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, int(n**0.5) + 1))][:64]
    cubes = [_root_fraction(prime, 3) for prime in primes]
    squares = [_root_fraction(prime, 2) for prime in primes[:8]]
    return np.array(cubes + squares, dtype=np.uint32)


def _root_fraction(number: int, degree: int) -> int:
    """The first 32 bits of the fraction of a root, exactly: floor(root * 2**32) by bisection in integers."""
    scaled = number << (32 * degree)
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        if middle**degree <= scaled:
            low = middle
        else:
            high = middle
    return low & 0xFFFFFFFF


def _lane_states(key: bytes) -> tuple[Words, Words]:
    """The states after the inner and the outer key, in every lane: all values of a column have them in common."""
    constants = _constants()
    start = np.repeat(constants[64:], LANES)
    block = np.frombuffer(key.ljust(BLOCK_BYTES, b"\x00"), dtype=np.uint8)
    inner, outer = np.empty_like(start), np.empty_like(start)
    for pad, state in ((0x36, inner), (0x5C, outer)):
        numbers = (block ^ np.uint8(pad)).view(">u4").astype(np.uint32)
        compress(start, np.repeat(numbers, LANES), constants, state)
    return inner, outer
