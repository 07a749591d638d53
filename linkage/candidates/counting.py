"""Counting the patterns of all candidate pairs, without storing a pair."""

import numpy as np
import numpy.typing as npt

from linkage.candidates.kernel_input import block_arrays, check_width, chunk_part
from linkage.candidates.plan import CandidatePlan
from linkage.candidates.work import Chunk, Progress, cut_chunks
from linkage.comparison import ComparisonPlan, PatternTable, n_pair_classes
from linkage.comparison.shared_tables import fill_table
from linkage.comparison.tiling import packed_plan
from linkage.kernels.block_patterns import count_blocks
from linkage.kernels.running import available_threads

__all__ = ["count_patterns"]

TABLE_PAIRS = 8
"""A table of its own costs a thread about as much as one pair for so many of its cells."""


def count_patterns(
    candidates: CandidatePlan,
    plan: ComparisonPlan,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    by_stratum: bool = True,
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
    by_stratum
        False for all spaces in one stratum: a table instead of as many as there are spaces, which takes less time than
        counting where there are few pairs.

    Returns
    -------
    PatternTable with one stratum a space, or one of all; a pair that an earlier space or a smaller key gave counts
    once. Memory is one table a thread and a few buffers, whatever the number of pairs.
    """
    threads = threads or available_threads()
    check_width(candidates, plan)
    n_classes = n_pair_classes(candidates.n_sources)
    # One more class than there are: where kernels put pairs of classes that are not wanted.
    n_strata = len(candidates.spaces) if by_stratum else 1
    counts = np.zeros((n_strata, n_classes + 1, plan.n_patterns), dtype=np.int64)
    rows_plan = packed_plan(plan)
    chunks = cut_chunks(candidates)
    inputs = {space: block_arrays(candidates, space, plan) for space in {chunk.space for chunk in chunks}}

    def count(chunk: Chunk, table: npt.NDArray[np.int64]) -> None:
        arrays, layout = inputs[chunk.space]
        count_blocks(arrays, chunk_part(chunk), rows_plan, layout, table)

    done, planned = 0, candidates.n_pairs
    for stratum, table in enumerate(counts):
        own = [chunk for chunk in chunks if not by_stratum or chunk.space == stratum]
        worth = 1 + TABLE_PAIRS * sum(chunk.n_pairs for chunk in own) // table.size
        for chunk in fill_table(own, count, table, min(threads, worth)):
            done += chunk.n_pairs
            if progress is not None:
                progress(done, planned)
    return PatternTable(plan.n_levels, counts[:, :-1])
