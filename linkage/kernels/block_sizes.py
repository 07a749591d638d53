"""How many candidate pairs each block holds, by pair class; linear in the rows.

Limit: pair counts are int64, so a block may hold up to 4e9 rows.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel

__all__ = ["count_block_pairs"]


@kernel
def count_block_pairs(
    rows: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int16],
    fresh: npt.NDArray[np.bool_],
    class_table: npt.NDArray[np.int64],
    n_pairs: npt.NDArray[np.int64],
    n_fresh: npt.NDArray[np.int64],
    class_pairs: npt.NDArray[np.int64],
) -> None:
    """Fill `n_pairs` and `n_fresh` (n_blocks,) and add to `class_pairs` (n_classes,).

    A pair counts if either row is fresh and its class in `class_table` is not negative.
    """
    n_sources = class_table.shape[0]
    new = np.zeros(n_sources, dtype=np.int64)
    old = np.zeros(n_sources, dtype=np.int64)
    for block in range(starts.size - 1):
        for source in range(n_sources):
            new[source] = 0
            old[source] = 0
        n_fresh[block] = 0
        for place in range(starts[block], starts[block + 1]):
            row = rows[place]
            if fresh[row]:
                new[sources[row]] += 1
                n_fresh[block] += 1
            else:
                old[sources[row]] += 1
        if n_fresh[block] == 0 or starts[block + 1] - starts[block] < 2:
            continue
        for a in range(n_sources):
            for b in range(a, n_sources):
                index = class_table[a, b]
                if index < 0:
                    continue
                if a == b:
                    pairs = new[a] * (new[a] - 1) // 2 + new[a] * old[a]
                else:
                    pairs = new[a] * new[b] + new[a] * old[b] + old[a] * new[b]
                n_pairs[block] += pairs
                class_pairs[index] += pairs
