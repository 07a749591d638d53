"""Which pairs to look at, and the passes that look at them: counting patterns and emitting pairs."""

from linkage.candidates.counting import count_patterns
from linkage.candidates.distinct import DistinctPairs, DrawnPairs, distinct_pairs, draw_pairs
from linkage.candidates.emission import EmittedPairs, emit_pairs
from linkage.candidates.joining import JoinedPairs, SeedJoin
from linkage.candidates.lsh import LshTables, chance_to_meet, cheapest_sample, tables_needed
from linkage.candidates.plan import CandidatePlan, LargeBlock, SpaceCost, no_blocks, plan_candidates
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
    "DistinctPairs",
    "DrawnPairs",
    "EmittedPairs",
    "JoinedPairs",
    "KeyRange",
    "LargeBlock",
    "LshTables",
    "Progress",
    "SeedJoin",
    "Segment",
    "SpaceBlocks",
    "SpaceCost",
    "blocks_of_keys",
    "chance_to_meet",
    "cheapest_sample",
    "count_patterns",
    "cut_segments",
    "distinct_pairs",
    "draw_pairs",
    "emit_pairs",
    "no_blocks",
    "plan_candidates",
    "sample_blocks",
    "segment_candidates",
    "tables_needed",
]
