"""Which pairs will be compared, known before any is: blocks, their sizes and their cost.

A pair is a candidate if the two records share a key of some space. It is compared once, under its stratum:
the first space in which it shares a key, and there under the smallest key that it shares. Blocks are never
cut: a large one is compared in tiles like any other, and named in the plan.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates.spaces import BlockSpace, KeyRange, SpaceBlocks, build_blocks
from linkage.comparison import pair_classes

__all__ = ["CandidatePlan", "LargeBlock", "SpaceCost", "no_blocks", "plan_candidates"]


@dataclass(frozen=True)
class LargeBlock:
    """One of the largest blocks, without its key."""

    space: str
    n_rows: int
    n_pairs: int


@dataclass(frozen=True)
class SpaceCost:
    """What one space adds to the work.

    Attributes
    ----------
    name
        The space.
    n_rows
        Rows in its blocks (a row with several keys counts several times).
    n_blocks
        Blocks that hold a candidate pair.
    n_pairs
        Pairs to look at, including those that an earlier space or a smaller key already gave.
    largest
        Rows of its largest block.
    """

    name: str
    n_rows: int
    n_blocks: int
    n_pairs: int
    largest: int


@dataclass(frozen=True, repr=False)
class CandidatePlan:
    """The records, their blocks, and what the pass over them will cost.

    Attributes
    ----------
    words, sources
        uint64 (n, n_words) C-contiguous and int16 (n,): the records.
    spaces, blocks
        The spaces in the order of the strata, and the blocks of each; empty blocks for a space outside the
        pass.
    class_table
        int64 (n_sources, n_sources): pair class of two sources, -1 where it is not wanted.
    """

    words: npt.NDArray[np.uint64]
    sources: npt.NDArray[np.int16]
    spaces: tuple[BlockSpace, ...]
    blocks: tuple[SpaceBlocks, ...]
    class_table: npt.NDArray[np.int64]

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return len(self.class_table)

    @property
    def n_pairs(self) -> int:
        """Pairs to look at, over all spaces, before pairs met twice are dropped."""
        return sum(int(blocks.n_pairs.sum()) for blocks in self.blocks)

    @property
    def costs(self) -> list[SpaceCost]:
        """The cost of each space, in order."""
        return [
            SpaceCost(
                space.name,
                blocks.rows.size,
                blocks.keys.size,
                int(blocks.n_pairs.sum()),
                int(blocks.sizes.max(initial=0)),
            )
            for space, blocks in zip(self.spaces, self.blocks, strict=True)
        ]

    def largest(self, n: int = 10) -> list[LargeBlock]:
        """The `n` blocks with the most pairs, largest first."""
        found = []
        for space, blocks in zip(self.spaces, self.blocks, strict=True):
            top = np.argsort(-blocks.n_pairs, kind="stable")[:n]
            found += [
                LargeBlock(space.name, int(rows), int(pairs))
                for rows, pairs in zip(blocks.sizes[top], blocks.n_pairs[top], strict=True)
            ]
        return sorted(found, key=lambda block: -block.n_pairs)[:n]


def plan_candidates(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.integer],
    spaces: Sequence[BlockSpace],
    *,
    n_sources: int | None = None,
    fresh: npt.NDArray[np.bool_] | None = None,
    classes: npt.NDArray[np.bool_] | None = None,
    key_range: KeyRange | None = None,
    threads: int = 1,
) -> CandidatePlan:
    """Sort the records into blocks and count the pairs in them.

    Parameters
    ----------
    words
        uint64 (n, n_words): encoded records; key 0 is missing and never makes a pair.
    sources
        integer (n,): number of each record's source.
    spaces
        In the order of the strata; at least one.
    n_sources
        Where not every source occurs; by default the highest number plus one.
    fresh
        bool (n,): only pairs with at least one fresh record are candidates. By default all are fresh.
    classes
        bool (n_pair_classes,): pair classes that are wanted. By default all.
    key_range
        Only the blocks of one space whose keys lie in a range, so that records can be streamed in batches:
        the table must hold every record that has a key of the range. Strata stay those of the full pass.
    threads
        How many spaces are sorted at a time.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, a source number or an offset is out of range, or there is no space.
    """
    numbers = np.ascontiguousarray(sources).astype(np.int16)
    found = int(numbers.max(initial=-1)) + 1
    n_sources = n_sources if n_sources is not None else max(found, 1)
    fresh = np.ones(len(words), dtype=np.bool_) if fresh is None else np.ascontiguousarray(fresh)
    _check(words, numbers, spaces, fresh)
    if found > n_sources or numbers.min(initial=0) < 0:
        raise ValueError(f"sources: expected numbers 0 to {n_sources - 1}, got up to {found - 1}")
    class_table = pair_classes(n_sources)
    if classes is not None:
        if classes.shape != (class_table.max() + 1,) or classes.dtype != np.bool_:
            raise ValueError(f"classes: expected bool ({class_table.max() + 1},), got {classes.shape}")
        class_table = np.where(classes[class_table], class_table, -1)
    words = np.ascontiguousarray(words)

    def sorted_into_blocks(place: int) -> SpaceBlocks:
        if key_range is not None and key_range.space != place:
            return no_blocks()
        return build_blocks(words, numbers, fresh, spaces[place], class_table, key_range)

    if threads == 1:
        blocks = tuple(map(sorted_into_blocks, range(len(spaces))))
    else:
        with ThreadPoolExecutor(threads) as pool:
            blocks = tuple(pool.map(sorted_into_blocks, range(len(spaces))))
    return CandidatePlan(words, numbers, tuple(spaces), blocks, class_table)


def _check(
    words: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.int16],
    spaces: Sequence[BlockSpace],
    fresh: npt.NDArray[np.bool_],
) -> None:
    if words.ndim != 2 or words.dtype != np.uint64:
        raise ValueError(f"words: expected uint64 of shape (n, n_words), got {words.dtype} {words.shape}")
    if sources.shape != (len(words),):
        raise ValueError(f"sources: expected shape ({len(words)},), got {sources.shape}")
    if fresh.shape != (len(words),) or fresh.dtype != np.bool_:
        raise ValueError(f"fresh: expected bool of shape ({len(words)},), got {fresh.dtype} {fresh.shape}")
    if not spaces:
        raise ValueError("spaces: at least one is needed")
    for space in spaces:
        if not space.offsets or min(space.offsets) < 0 or max(space.offsets) >= words.shape[1]:
            raise ValueError(f"space {space.name!r}: offsets must lie in 0 .. {words.shape[1] - 1}")


def no_blocks() -> SpaceBlocks:
    """The blocks of a space outside the pass."""
    none = np.zeros(0, dtype=np.int64)
    return SpaceBlocks(none, np.zeros(1, np.int64), none, none.astype(np.uint64), none, none)
