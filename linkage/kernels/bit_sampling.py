"""Keys of sampled bits: the blocks of locality-sensitive hashing over filters."""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel

__all__ = ["sample_keys"]

TABLE_SHIFT = np.uint64(56)
"""A key is the number of its table, from 1 on, above 56 sampled bits: none is 0, and no two tables share one."""


@kernel
def sample_keys(
    words: npt.NDArray[np.uint64], offset: int, n_words: int, bits: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """One key a row and table, uint64 (n, n_tables), 0 where the filter at `offset` has no bit set.

    `bits` int64 (n_tables, n_sampled), at most 255 tables of 56 bits, are places inside the filter.
    """
    keys = np.zeros((words.shape[0], bits.shape[0]), dtype=np.uint64)
    for row in range(words.shape[0]):
        anything = np.uint64(0)
        for word in range(offset, offset + n_words):
            anything |= words[row, word]
        if anything == 0:
            continue
        for table in range(bits.shape[0]):
            key = np.uint64(table + 1) << TABLE_SHIFT
            for place in range(bits.shape[1]):
                bit = bits[table, place]
                one = (words[row, offset + (bit >> 6)] >> np.uint64(bit & 63)) & np.uint64(1)
                key |= one << np.uint64(place)
            keys[row, table] = key
    return keys
