"""Cutting a pass over blocks into chunks of about equal work, and running them on threads.

Chunks are cut by the plan alone and their results are taken in order, so a result does not depend on the
number of threads. A chunk that fails fails the pass: nothing is skipped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from linkage.candidates.plan import CandidatePlan

__all__ = ["Chunk", "Progress", "cut_chunks"]

Progress = Callable[[int, int], None]
"""Called with the pairs done and the pairs planned."""

CHUNK_PAIRS = 1 << 26
LEAST_CHUNK_PAIRS = 1 << 22
CHUNKS = 8
"""A space of middling size is cut into so many, so that every thread has work to the end."""
PANEL_ROWS = 512
ROW_PAIRS = 16
"""A block costs something even when it holds a single pair: each row is fetched, which is as much as so many pairs."""


@dataclass(frozen=True)
class Chunk:
    """A range of blocks of one space, or a part of one block.

    Attributes
    ----------
    space
        Index of the space.
    first, stop
        Blocks `first .. stop - 1`.
    query_first, query_stop, column_first, column_stop
        Places inside the one block, counted from its start: rows of the first range meet later rows of the
        second. All of every block where the chunk holds whole blocks.
    n_pairs
        Pairs planned.
    """

    space: int
    first: int
    stop: int
    query_first: int
    query_stop: int
    column_first: int
    column_stop: int
    n_pairs: int


_EVERYTHING = np.iinfo(np.int64).max


def cut_chunks(plan: CandidatePlan) -> list[Chunk]:
    """Cut the whole pass into chunks, by the work of each space, in the order of spaces and keys."""
    chunks: list[Chunk] = []
    for space, blocks in enumerate(plan.blocks):
        chunk_pairs = _chunk_pairs(int(blocks.n_pairs.sum()) + ROW_PAIRS * int(blocks.sizes.sum()))
        large = np.flatnonzero(blocks.n_pairs > chunk_pairs)
        first = 0
        for block in [*large.tolist(), blocks.keys.size]:
            chunks += _whole_blocks(plan, space, first, block, chunk_pairs)
            if block < blocks.keys.size:
                chunks += _parts_of_block(plan, space, block, chunk_pairs)
            first = block + 1
    return chunks


def _chunk_pairs(work: int) -> int:
    return min(max(work // CHUNKS, LEAST_CHUNK_PAIRS), CHUNK_PAIRS)


def _whole_blocks(
    plan: CandidatePlan, space: int, first: int, stop: int, chunk_pairs: int
) -> Iterator[Chunk]:
    pairs = plan.blocks[space].n_pairs[first:stop]
    if not pairs.size:
        return
    ends = np.cumsum(pairs + ROW_PAIRS * plan.blocks[space].sizes[first:stop])
    marks = np.searchsorted(ends, np.arange(chunk_pairs, int(ends[-1]), chunk_pairs))
    edges = np.unique(np.concatenate([[0], marks, [pairs.size]]))
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        n_pairs = int(pairs[a:b].sum())
        yield Chunk(space, first + a, first + b, 0, _EVERYTHING, 0, _EVERYTHING, n_pairs)


def _parts_of_block(plan: CandidatePlan, space: int, block: int, chunk_pairs: int) -> Iterator[Chunk]:
    blocks = plan.blocks[space]
    size, n_fresh = int(blocks.sizes[block]), int(blocks.n_fresh[block])
    width = max(PANEL_ROWS, chunk_pairs // PANEL_ROWS)
    parts = [
        (query, min(query + PANEL_ROWS, n_fresh), column, min(column + width, size))
        for query in range(0, n_fresh, PANEL_ROWS)
        for column in range(query // width * width, size, width)
    ]
    areas = np.array([_pairs_in_part(*part) for part in parts])
    # Only some pair classes may be wanted: planned pairs are shared out in proportion, and add up exactly.
    shares = np.diff(
        np.round(np.concatenate([[0.0], np.cumsum(areas)]) / areas.sum() * int(blocks.n_pairs[block]))
    )
    for part, share in zip(parts, shares.astype(np.int64).tolist(), strict=True):
        yield Chunk(space, block, block + 1, *part, share)


def _pairs_in_part(query: int, query_stop: int, column: int, column_stop: int) -> float:
    """Pairs (i, j) with i in the first range, j in the second and i < j."""
    total = 0
    for i in range(query, query_stop):
        total += max(0, column_stop - max(column, i + 1))
    return float(total)
