"""Handing chunks and blocks to the kernels."""

import numpy as np

from linkage.candidates.plan import CandidatePlan
from linkage.candidates.work import Chunk
from linkage.comparison import ComparisonPlan
from linkage.comparison.tiling import tile_layout
from linkage.kernels.blocks import BlockArrays, Part
from linkage.kernels.tile_layout import TileLayout

__all__ = ["block_arrays", "check_width", "chunk_part"]


def chunk_part(chunk: Chunk) -> Part:
    """The chunk as the kernels take it."""
    return (
        chunk.first,
        chunk.stop,
        chunk.query_first,
        chunk.query_stop,
        chunk.column_first,
        chunk.column_stop,
    )


def block_arrays(
    candidates: CandidatePlan, space: int, plan: ComparisonPlan
) -> tuple[BlockArrays, TileLayout]:
    """The blocks of one space for the kernels, and the packed rows in which they look for keys met before."""
    blocks = candidates.blocks[space]
    own = candidates.spaces[space].offsets
    offsets = [offset for other in candidates.spaces[:space] for offset in other.offsets]
    offsets += own if len(own) > 1 else ()
    offsets = list(dict.fromkeys(offsets))
    layout = tile_layout(plan, offsets)
    place = {offset: position for position, offset in enumerate(offsets)}
    earlier = [(place[a], place[b]) for other in candidates.spaces[:space] for a, b in other.meetings]
    own_meetings = candidates.spaces[space].meetings if len(own) > 1 else []
    same = [(place[a], place[b]) for a, b in own_meetings]
    arrays = BlockArrays(
        candidates.words,
        candidates.sources,
        blocks.rows,
        blocks.starts,
        blocks.n_fresh,
        blocks.keys,
        np.array(earlier, dtype=np.int64).reshape(-1, 2),
        np.array(same, dtype=np.int64).reshape(-1, 2),
        layout.n_filter_words,
        candidates.class_table,
    )
    return arrays, layout


def check_width(candidates: CandidatePlan, plan: ComparisonPlan) -> None:
    """Refuse rows that are too short for a plan."""
    if candidates.words.shape[1] < plan.n_words:
        raise ValueError(
            f"words: expected rows of at least {plan.n_words} words, got {candidates.words.shape[1]}"
        )
