"""Pattern codes of all pairs of a block."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel, kernel
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.row_comparison import pattern_code

__all__ = ["BlockArrays", "count_blocks", "emit_blocks"]


class BlockArrays(NamedTuple):
    """The blocks of one space as the kernels see them.

    Attributes
    ----------
    words, sources
        uint64 (n, n_words) and int16 (n,): all records.
    rows, starts, n_fresh, keys
        As in `SpaceBlocks`.
    earlier
        int64 (n, 2): offsets of two block columns of the same earlier space; a pair equal in them (and not
        zero) has been compared there.
    same
        int64 (n, 2): offsets of two block columns of this space, empty if it has one column; a pair equal in
        them under a smaller key has been compared there.
    class_table
        int64 (n_sources, n_sources), -1 for pair classes that are not wanted.
    """

    words: npt.NDArray[np.uint64]
    sources: npt.NDArray[np.int16]
    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    n_fresh: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    earlier: npt.NDArray[np.int64]
    same: npt.NDArray[np.int64]
    class_table: npt.NDArray[np.int64]


@inline_kernel
def _met_before(blocks: BlockArrays, left: int, right: int, key: np.uint64) -> bool:
    for check in range(blocks.earlier.shape[0]):
        a = blocks.words[left, blocks.earlier[check, 0]]
        if a != 0 and a == blocks.words[right, blocks.earlier[check, 1]]:
            return True
    for check in range(blocks.same.shape[0]):
        a = blocks.words[left, blocks.same[check, 0]]
        if a != 0 and a < key and a == blocks.words[right, blocks.same[check, 1]]:
            return True
    return False


@kernel
def count_blocks(
    blocks: BlockArrays,
    part: tuple[int, int, int, int, int, int],
    plan: PlanArrays,
    counts: npt.NDArray[np.int64],
) -> None:
    """Add the patterns of a chunk to `counts` (n_pair_classes, n_patterns)."""
    for block in range(part[0], part[1]):
        start = blocks.starts[block]
        size = blocks.starts[block + 1] - start
        key = blocks.keys[block]
        for query in range(part[2], min(part[3], blocks.n_fresh[block])):
            left = blocks.rows[start + query]
            for column in range(max(part[4], query + 1), min(part[5], size)):
                right = blocks.rows[start + column]
                index = blocks.class_table[blocks.sources[left], blocks.sources[right]]
                if index >= 0 and not _met_before(blocks, left, right, key):
                    counts[index, pattern_code(blocks.words, left, right, plan)] += 1


@kernel
def emit_blocks(
    blocks: BlockArrays,
    part: tuple[int, int, int, int, int, int],
    plan: PlanArrays,
    score: npt.NDArray[np.float64],
    cutoff: float,
    cursor: npt.NDArray[np.int64],
    out_rows: npt.NDArray[np.int64],
    out_patterns: npt.NDArray[np.int64],
) -> int:
    """Write pairs with ``score[class, pattern] >= cutoff`` until the buffer is full or the chunk is done.

    `cursor` int64 (3,) is where to go on: block, query and column; the block is ``part[1]`` when all is done.
    Returns the number of pairs written.
    """
    written = 0
    capacity = out_patterns.size
    block, query, column = cursor
    while block < part[1]:
        start = blocks.starts[block]
        size = blocks.starts[block + 1] - start
        key = blocks.keys[block]
        query = max(query, part[2])
        while query < min(part[3], blocks.n_fresh[block]):
            left = blocks.rows[start + query]
            for place in range(max(column, part[4], query + 1), min(part[5], size)):
                right = blocks.rows[start + place]
                index = blocks.class_table[blocks.sources[left], blocks.sources[right]]
                if index < 0:
                    continue
                code = pattern_code(blocks.words, left, right, plan)
                if score[index, code] >= cutoff and not _met_before(blocks, left, right, key):
                    if written == capacity:
                        cursor[0], cursor[1], cursor[2] = block, query, place
                        return written
                    out_rows[written, 0] = min(left, right)
                    out_rows[written, 1] = max(left, right)
                    out_patterns[written] = code
                    written += 1
            query += 1
            column = 0
        block += 1
        query = 0
    cursor[0] = block
    return written
