"""Blocks of one space: the rows that share a key, in the order in which they are compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates.key_scan import rows_with_keys
from linkage.comparison import n_pair_classes
from linkage.kernels.block_sizes import count_block_pairs

__all__ = ["BlockSpace", "KeyRange", "SpaceBlocks", "build_blocks"]


@dataclass(frozen=True)
class BlockSpace:
    """Block columns whose keys can meet.

    Attributes
    ----------
    name
        For plans and progress.
    offsets
        Word offsets of the block columns inside a row; a key of one column meets equal keys of every other.
    crossing
        False where no two columns can hold the same key, so that each meets only itself and less is looked up.
    """

    name: str
    offsets: tuple[int, ...]
    crossing: bool = True

    @property
    def meetings(self) -> list[tuple[int, int]]:
        """Offsets of the columns, left and right, whose keys can meet."""
        if not self.crossing:
            return [(offset, offset) for offset in self.offsets]
        return [(left, right) for left in self.offsets for right in self.offsets]


@dataclass(frozen=True, repr=False)
class KeyRange:
    """The blocks of one space with keys in `first .. last`, both included: a batch of a streamed pass."""

    space: int
    first: int
    last: int


@dataclass(frozen=True, repr=False)
class SpaceBlocks:
    """Blocks of two or more rows, ascending by key.

    Attributes
    ----------
    rows
        int64: rows of all blocks, one block behind the other; inside a block fresh rows come first, then by
        source, then by row.
    starts
        int64 (n_blocks + 1,): where each block starts in `rows`.
    n_fresh
        int64 (n_blocks,): fresh rows of each block; only pairs with a fresh row are candidates.
    keys
        uint64 (n_blocks,).
    n_pairs
        int64 (n_blocks,): candidate pairs of each block, before those already met in another block are
        dropped.
    class_pairs
        int64 (n_pair_classes,): the same over all blocks, by pair class.
    """

    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    n_fresh: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    n_pairs: npt.NDArray[np.int64]
    class_pairs: npt.NDArray[np.int64]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Rows of each block."""
        return np.diff(self.starts)


def build_blocks(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.int16],
    fresh: npt.NDArray[np.bool_],
    space: BlockSpace,
    class_table: npt.NDArray[np.int64],
    key_range: KeyRange | None,
) -> SpaceBlocks:
    """Sort the rows of one space into blocks; rows without a key, and blocks without a pair, are left out.

    `class_table` int64 (n_sources, n_sources) holds the pair class of two sources, -1 where it is not wanted.
    """
    offsets = list(space.offsets)
    wanted = np.arange(len(words))
    if not fresh.all():
        # A block without a fresh row has no pair: a row whose keys no fresh row has is not worth sorting.
        wanted = np.flatnonzero(
            rows_with_keys([words[:, place] for place in offsets], words[fresh][:, offsets].ravel())
        )
    base = wanted[np.lexsort((sources[wanted], ~fresh[wanted]))]
    keys = words[:, offsets][base].ravel()
    rows = np.repeat(base, len(offsets))
    keep = keys != 0
    if key_range is not None:
        keep &= (keys >= np.uint64(key_range.first)) & (keys <= np.uint64(key_range.last))
    keys, rows = keys[keep], rows[keep]
    # Stable, so that inside a block the order of `base` remains.
    by_key = np.argsort(keys, kind="stable")
    keys, rows = keys[by_key], rows[by_key]
    # A row that holds one key twice, say as surname and as former surname, is in the block once.
    if len(space.offsets) > 1 and keys.size:
        first = np.ones(keys.size, dtype=np.bool_)
        first[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
        keys, rows = keys[first], rows[first]
    return _without_empty_blocks(keys, rows, sources, fresh, class_table)


def _without_empty_blocks(
    keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int16],
    fresh: npt.NDArray[np.bool_],
    class_table: npt.NDArray[np.int64],
) -> SpaceBlocks:
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    starts = (
        np.concatenate([[0], changes, [keys.size]]).astype(np.int64) if keys.size else np.zeros(1, np.int64)
    )
    n_classes = n_pair_classes(len(class_table))
    n_pairs = np.zeros(starts.size - 1, dtype=np.int64)
    n_fresh = np.zeros(starts.size - 1, dtype=np.int64)
    class_pairs = np.zeros(n_classes, dtype=np.int64)
    count_block_pairs(rows, starts, sources, fresh, class_table, n_pairs, n_fresh, class_pairs)
    wanted = n_pairs > 0
    kept_rows = rows[np.repeat(wanted, np.diff(starts))]
    kept_starts = np.concatenate([[0], np.cumsum(np.diff(starts)[wanted])]).astype(np.int64)
    return SpaceBlocks(
        kept_rows, kept_starts, n_fresh[wanted], keys[starts[:-1]][wanted], n_pairs[wanted], class_pairs
    )
