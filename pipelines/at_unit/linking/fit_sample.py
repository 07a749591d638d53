"""How many pairs the model is fitted to, where there are more than it needs.

A model has some dozens of parameters, and a few thousand million pairs tell them as well as a hundred times as many.
Spaces with few pairs, such as those of identifiers, hold most of the matches and are counted whole; of the large ones
whole blocks are drawn at random, and their counts are multiplied by what was left out.
"""

from collections.abc import Sequence

import numpy as np

from linkage.candidates import SpaceBlocks, no_blocks, sample_blocks
from linkage.comparison import PatternTable

__all__ = ["FIT_PAIRS", "pairs_by_space", "sampled_blocks", "scaled"]

FIT_PAIRS = 1 << 32
SAMPLE_SEED = 2


def pairs_by_space(n_pairs: Sequence[int], budget: int) -> list[int]:
    """Share a number of pairs out to spaces: none more than it has, and what a small one leaves goes to the others."""
    shares = [0] * len(n_pairs)
    ascending = sorted(range(len(n_pairs)), key=lambda space: n_pairs[space])
    for place, space in enumerate(ascending):
        shares[space] = min(n_pairs[space], budget // (len(ascending) - place))
        budget -= shares[space]
    return shares


def sampled_blocks(
    blocks: Sequence[SpaceBlocks], budget: int, space: int | None = None
) -> tuple[SpaceBlocks, ...]:
    """Blocks of every space that together hold about so many pairs, the same ones each time; of one space if given."""
    if space is not None:
        shares = [budget if number == space else 0 for number in range(len(blocks))]
    else:
        shares = pairs_by_space([int(own.n_pairs.sum()) for own in blocks], budget)
    return tuple(
        sample_blocks(own, share, SAMPLE_SEED) if share or space is None else no_blocks()
        for own, share in zip(blocks, shares, strict=True)
    )


def scaled(table: PatternTable, counted: Sequence[int], n_pairs: Sequence[int]) -> PatternTable:
    """Counts of a sample as of the whole, stratum by stratum."""
    factors = np.array([whole / part if part else 1.0 for part, whole in zip(counted, n_pairs, strict=True)])
    if (factors == 1).all():
        return table
    return PatternTable(
        table.n_levels, np.rint(table.counts * factors[:, np.newaxis, np.newaxis]).astype(np.int64)
    )
