"""Counting the patterns of all candidate pairs, without storing a pair."""

import queue

import numpy as np
import numpy.typing as npt

from linkage.candidates.plan import CandidatePlan
from linkage.candidates.work import Chunk, Progress, cut_chunks, default_threads, run_in_order
from linkage.comparison import ComparisonPlan, PatternTable, n_pair_classes
from linkage.kernels.block_patterns import BlockArrays, count_blocks

__all__ = ["block_arrays", "chunk_part", "count_patterns"]


def count_patterns(
    candidates: CandidatePlan,
    plan: ComparisonPlan,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> PatternTable:
    """Count the patterns of every candidate pair under its stratum and pair class.

    Parameters
    ----------
    candidates
        What to compare, from `plan_candidates`.
    plan
        How to compare.
    threads
        By default all processors. The result does not depend on it.
    progress
        Called with the pairs done and the pairs planned.

    Returns
    -------
    PatternTable with one stratum a space; pairs that an earlier space or a smaller key gave are not in it.
    Memory is one table a thread and a few buffers, whatever the number of pairs.
    """
    threads = threads or default_threads()
    _check_width(candidates, plan)
    n_classes = n_pair_classes(candidates.n_sources)
    counts = np.zeros((len(candidates.spaces), n_classes, plan.n_patterns), dtype=np.int64)
    chunks = cut_chunks(candidates)
    done, planned = 0, candidates.n_pairs
    for space in range(len(candidates.spaces)):
        arrays = block_arrays(candidates, space)
        # Each thread adds to a table of its own; sums of integers do not depend on who counted what.
        tables: queue.SimpleQueue[npt.NDArray[np.int64]] = queue.SimpleQueue()
        every = [np.zeros((n_classes, plan.n_patterns), dtype=np.int64) for _ in range(threads)]
        for table in every:
            tables.put(table)

        def count(
            chunk: Chunk,
            arrays: BlockArrays = arrays,
            tables: "queue.SimpleQueue[npt.NDArray[np.int64]]" = tables,
        ) -> int:
            table = tables.get()
            count_blocks(arrays, chunk_part(chunk), plan.arrays, table)
            tables.put(table)
            return chunk.n_pairs

        own = [chunk for chunk in chunks if chunk.space == space]
        for n_pairs in run_in_order(own, count, threads):
            done += n_pairs
            if progress is not None:
                progress(done, planned)
        counts[space] = np.sum(every, axis=0)
    return PatternTable(plan.n_levels, counts)


def chunk_part(chunk: Chunk) -> tuple[int, int, int, int, int, int]:
    """The chunk as the kernels take it."""
    return (
        chunk.first,
        chunk.stop,
        chunk.query_first,
        chunk.query_stop,
        chunk.column_first,
        chunk.column_stop,
    )


def block_arrays(candidates: CandidatePlan, space: int) -> BlockArrays:
    """The blocks of one space, with the block columns that tell whether a pair was met before."""
    blocks = candidates.blocks[space]
    earlier = [(a, b) for other in candidates.spaces[:space] for a in other.offsets for b in other.offsets]
    own = candidates.spaces[space].offsets
    same = [(a, b) for a in own for b in own] if len(own) > 1 else []
    return BlockArrays(
        candidates.words,
        candidates.sources,
        blocks.rows,
        blocks.starts,
        blocks.n_fresh,
        blocks.keys,
        np.array(earlier, dtype=np.int64).reshape(-1, 2),
        np.array(same, dtype=np.int64).reshape(-1, 2),
        candidates.class_table,
    )


def _check_width(candidates: CandidatePlan, plan: ComparisonPlan) -> None:
    if candidates.words.shape[1] < plan.n_words:
        raise ValueError(
            f"words: expected rows of at least {plan.n_words} words, got {candidates.words.shape[1]}"
        )
