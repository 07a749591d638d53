"""Comparing more records than fit into memory: the blocks of one space in stretches, in the order of keys.

The blocks of a space are known from its key columns alone. A stretch of neighbouring blocks needs the whole rows of
its own records and of no others, so a pass over all stretches of all spaces holds a bounded number of rows at a time
and looks at exactly the pairs of one pass over everything: whether a pair was met before follows from the keys in
its own two rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.candidates.plan import CandidatePlan, no_blocks, plan_candidates
from linkage.candidates.spaces import BlockSpace, SpaceBlocks
from linkage.comparison import pair_classes
from linkage.kernels.block_sizes import count_block_pairs

__all__ = ["Segment", "blocks_of_keys", "cut_segments", "sample_blocks", "segment_candidates"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segment:
    """Blocks `first .. stop - 1` of one space.

    Attributes
    ----------
    n_rows
        Rows of all its blocks; a row with several keys may count several times.
    n_pairs
        Pairs to look at.
    """

    space: int
    first: int
    stop: int
    n_rows: int
    n_pairs: int


def blocks_of_keys(
    keys: npt.NDArray[np.uint64], sources: npt.NDArray[np.integer], n_sources: int
) -> SpaceBlocks:
    """The blocks of one space, from its key columns.

    Parameters
    ----------
    keys
        uint64 (n, n_columns): the block columns of the space, 0 for missing.
    sources
        Integers (n,).
    """
    space = BlockSpace("keys", tuple(range(keys.shape[1])))
    return plan_candidates(keys, sources, (space,), n_sources=n_sources).blocks[0]


def cut_segments(blocks: SpaceBlocks, space: int, n_rows: int) -> list[Segment]:
    """Cut the blocks of a space into segments of at most `n_rows` rows; a block that has more is one by itself."""
    segments = []
    n_blocks, first = blocks.keys.size, 0
    pairs = np.concatenate([[0], np.cumsum(blocks.n_pairs)])
    while first < n_blocks:
        stop = int(np.searchsorted(blocks.starts, blocks.starts[first] + n_rows, "right")) - 1
        stop = min(max(stop, first + 1), n_blocks)
        rows = int(blocks.starts[stop] - blocks.starts[first])
        segments.append(Segment(space, first, stop, rows, int(pairs[stop] - pairs[first])))
        first = stop
    return segments


def segment_candidates(
    words: npt.NDArray[np.uint64],
    rows: Rows,
    sources: npt.NDArray[np.int16],
    spaces: Sequence[BlockSpace],
    blocks: SpaceBlocks,
    segment: Segment,
    n_sources: int,
) -> CandidatePlan:
    """The candidates of one segment, among the rows in memory.

    Parameters
    ----------
    words
        uint64 (len(rows), n_words): whole rows.
    rows
        int64, ascending: which rows of the whole these are; every row of the segment is among them.
    sources
        int16 (len(rows),).
    spaces, blocks
        All spaces, and the blocks of the segment's space, with rows of the whole.

    Returns
    -------
    A plan whose rows are positions in `rows`.
    """
    table = pair_classes(n_sources)
    own = _taken(blocks, np.arange(segment.first, segment.stop))
    places = np.empty(int(rows[-1]) + 1 if rows.size else 0, dtype=np.int64)
    places[rows] = np.arange(rows.size)
    local = places[own.rows]
    class_pairs = np.zeros_like(own.class_pairs)
    again = np.zeros_like(own.n_pairs), np.zeros_like(own.n_fresh)
    fresh = np.ones(len(rows), dtype=np.bool_)
    count_block_pairs(local, own.starts, sources, fresh, table, *again, class_pairs)
    own = replace(own, rows=local, class_pairs=class_pairs)
    every = tuple(own if place == segment.space else no_blocks() for place in range(len(spaces)))
    return CandidatePlan(words, sources, tuple(spaces), every, table)


def sample_blocks(blocks: SpaceBlocks, n_pairs: int, seed: int) -> SpaceBlocks:
    """Whole blocks drawn at random, all alike, until they hold about `n_pairs` pairs; in the order of keys.

    Blocks and not pairs: what two records of a block have in common is then sampled as it occurs. A sample that would
    hold everything is everything. The blocks' `class_pairs` stay those of the whole.
    """
    if int(blocks.n_pairs.sum()) <= n_pairs:
        return blocks
    drawn = np.random.default_rng(seed).permutation(blocks.keys.size)
    n_blocks = int(np.searchsorted(np.cumsum(blocks.n_pairs[drawn]), n_pairs)) + 1
    return _taken(blocks, np.sort(drawn[:n_blocks]))


def _taken(blocks: SpaceBlocks, which: npt.NDArray[np.int64]) -> SpaceBlocks:
    sizes = blocks.sizes[which]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.arange(int(starts[-1])) + np.repeat(blocks.starts[which] - starts[:-1], sizes)
    return SpaceBlocks(
        blocks.rows[places],
        starts,
        blocks.n_fresh[which],
        blocks.keys[which],
        blocks.n_pairs[which],
        blocks.class_pairs,
    )
