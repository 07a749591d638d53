"""HMAC-SHA-256 of every value of a column at once (RFC 2104, FIPS 180-4).

A feed of a million records asks for several million short HMACs, and a call of the library for each costs more than
the hashing does. Here the key is absorbed once and a kernel walks the Arrow buffers, without holding the interpreter.
The codes are those of ``hmac``, which the tests compare byte by byte. Keys pass through memory only; the running time
depends on the lengths of values, which nobody but the source can observe.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.compiling import kernel

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
    block = np.frombuffer(key.ljust(BLOCK_BYTES, b"\x00"), dtype=np.uint8)
    _, offsets, data = values.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    flat = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    present = np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    _hash_rows(block ^ np.uint8(0x36), block ^ np.uint8(0x5C), _constants(), starts, flat, present, out)
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


@kernel
def _turn(word: Any, by: int) -> Any:
    return ((word >> by) | (word << (32 - by))) & 0xFFFFFFFF


@kernel
def _absorb(state: Words, block: npt.NDArray[np.uint8], schedule: Words, constants: Words) -> None:
    """The compression function on one block of 64 bytes."""
    for place in range(16):
        at = 4 * place
        schedule[place] = (
            np.uint32(block[at]) << np.uint32(24)
            | np.uint32(block[at + 1]) << np.uint32(16)
            | np.uint32(block[at + 2]) << np.uint32(8)
            | np.uint32(block[at + 3])
        )
    for place in range(16, 64):
        older, newer = np.uint32(schedule[place - 15]), np.uint32(schedule[place - 2])
        first = _turn(older, 7) ^ _turn(older, 18) ^ (older >> 3)
        second = _turn(newer, 17) ^ _turn(newer, 19) ^ (newer >> 10)
        schedule[place] = np.uint32(schedule[place - 16] + first + schedule[place - 7] + second)
    a, b, c, d = np.uint32(state[0]), np.uint32(state[1]), np.uint32(state[2]), np.uint32(state[3])
    e, f, g, h = np.uint32(state[4]), np.uint32(state[5]), np.uint32(state[6]), np.uint32(state[7])
    for place in range(64):
        turned = _turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25)
        one = np.uint32(h + turned + ((e & f) ^ (~e & g)) + constants[place] + schedule[place])
        two = np.uint32((_turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)))
        h, g, f, e = g, f, e, np.uint32(d + one)
        d, c, b, a = c, b, a, np.uint32(one + two)
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
    state[5] += f
    state[6] += g
    state[7] += h


@kernel
def _finish(
    state: Words,
    data: npt.NDArray[np.uint8],
    start: int,
    stop: int,
    block: npt.NDArray[np.uint8],
    schedule: Words,
    constants: Words,
) -> None:
    """Absorb ``data[start:stop]`` and the padding, behind one block that was absorbed before."""
    place = start
    while stop - place >= 64:
        for i in range(64):
            block[i] = data[place + i]
        _absorb(state, block, schedule, constants)
        place += 64
    left = stop - place
    for i in range(64):
        block[i] = data[place + i] if i < left else 0
    block[left] = 0x80
    if left >= 56:
        _absorb(state, block, schedule, constants)
        for i in range(64):
            block[i] = 0
    n_bits = 8 * (64 + stop - start)
    for i in range(8):
        block[63 - i] = (n_bits >> (8 * i)) & 0xFF
    _absorb(state, block, schedule, constants)


@kernel
def _hash_rows(
    inner_key: npt.NDArray[np.uint8],
    outer_key: npt.NDArray[np.uint8],
    constants: Words,
    offsets: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    present: npt.NDArray[np.bool_],
    out: npt.NDArray[np.uint8],
) -> None:
    schedule = np.empty(64, dtype=np.uint32)
    block = np.empty(64, dtype=np.uint8)
    digest = np.empty(32, dtype=np.uint8)
    inner, outer = constants[64:72].copy(), constants[64:72].copy()
    _absorb(inner, inner_key, schedule, constants)
    _absorb(outer, outer_key, schedule, constants)
    state = np.empty(8, dtype=np.uint32)
    for row in range(len(present)):
        if not present[row]:
            continue
        state[:] = inner
        _finish(state, data, int(offsets[row]), int(offsets[row + 1]), block, schedule, constants)
        for i in range(32):
            digest[i] = (state[i >> 2] >> np.uint32(24 - 8 * (i & 3))) & 0xFF
        state[:] = outer
        _finish(state, digest, 0, 32, block, schedule, constants)
        for i in range(out.shape[1]):
            out[row, i] = (state[i >> 2] >> np.uint32(24 - 8 * (i & 3))) & 0xFF
