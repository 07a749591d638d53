"""The blocks of one space as the kernels see them, and what two of their rows share elsewhere."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import inline_kernel
from linkage.kernels.lane_programs import equal_keys
from linkage.kernels.tile_loading import Tile

__all__ = ["SMALL_BLOCK", "BlockArrays", "Part", "lanes_met_before", "met_before"]

SMALL_BLOCK = 12
"""Blocks of at most so many rows are compared row by row: a tile would be mostly empty."""

Part = tuple[int, int, int, int, int, int]
"""Blocks `first, stop`, and inside the block (where it is one) queries `first, stop`, columns `first, stop`."""


class BlockArrays(NamedTuple):
    """The blocks of one space.

    Attributes
    ----------
    words, sources
        uint64 (n, n_words) and int16 (n,): all records.
    rows, starts, n_fresh, keys
        As in `linkage.candidates.spaces.SpaceBlocks`.
    earlier
        int64 (n, 2): places in a packed row, and in the keys of a tile, of two block columns of the same earlier
        space; a pair equal in them (and not zero) has been compared there.
    same
        int64 (n, 2): the same for two block columns of this space, empty if it has one column; a pair equal in
        them under a smaller key has been compared there.
    n_filter_words
        Packed words before the first block column.
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
    n_filter_words: int
    class_table: npt.NDArray[np.int64]


@inline_kernel
def met_before(
    blocks: BlockArrays,
    lefts: npt.NDArray[np.uint64],
    left: int,
    rights: npt.NDArray[np.uint64],
    right: int,
    key: np.uint64,
) -> bool:
    """Whether two packed rows share an earlier space, or a smaller key of this one."""
    first = blocks.n_filter_words
    for check in range(blocks.earlier.shape[0]):
        shared = lefts[left, first + blocks.earlier[check, 0]]
        if shared != 0 and shared == rights[right, first + blocks.earlier[check, 1]]:
            return True
    for check in range(blocks.same.shape[0]):
        shared = lefts[left, first + blocks.same[check, 0]]
        if shared != 0 and shared < key and shared == rights[right, first + blocks.same[check, 1]]:
            return True
    return False


@inline_kernel
def lanes_met_before(
    blocks: BlockArrays, lefts: npt.NDArray[np.uint64], left: int, tile: Tile, key: np.uint64
) -> int:
    """As `met_before` for a packed query and the lanes of a tile: one bit a lane."""
    first = blocks.n_filter_words
    met = 0
    for check in range(blocks.earlier.shape[0]):
        shared = lefts[left, first + blocks.earlier[check, 0]]
        if shared != 0:
            met |= equal_keys(tile.keys, blocks.earlier[check, 1], shared)
    for check in range(blocks.same.shape[0]):
        shared = lefts[left, first + blocks.same[check, 0]]
        if shared != 0 and shared < key:
            met |= equal_keys(tile.keys, blocks.same[check, 1], shared)
    return met
