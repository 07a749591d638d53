"""Which pairs to look at, and the passes that look at them: counting patterns and emitting pairs."""

from linkage.candidates.counting import count_patterns
from linkage.candidates.emission import EmittedPairs, emit_pairs
from linkage.candidates.plan import CandidatePlan, LargeBlock, SpaceCost, plan_candidates
from linkage.candidates.segments import (
    Segment,
    blocks_of_keys,
    cut_segments,
    sample_blocks,
    segment_candidates,
)
from linkage.candidates.spaces import BlockSpace, KeyRange, SpaceBlocks
from linkage.candidates.work import Progress

__all__ = [
    "BlockSpace",
    "CandidatePlan",
    "EmittedPairs",
    "KeyRange",
    "LargeBlock",
    "Progress",
    "Segment",
    "SpaceBlocks",
    "SpaceCost",
    "blocks_of_keys",
    "count_patterns",
    "cut_segments",
    "emit_pairs",
    "plan_candidates",
    "sample_blocks",
    "segment_candidates",
]
