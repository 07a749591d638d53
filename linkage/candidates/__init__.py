"""Which pairs to look at, and the passes that look at them: counting patterns and emitting pairs."""

from linkage.candidates.counting import count_patterns
from linkage.candidates.emission import EmittedPairs, emit_pairs
from linkage.candidates.plan import CandidatePlan, LargeBlock, SpaceCost, plan_candidates
from linkage.candidates.spaces import BlockSpace, KeyRange
from linkage.candidates.work import Progress

__all__ = [
    "BlockSpace",
    "CandidatePlan",
    "EmittedPairs",
    "KeyRange",
    "LargeBlock",
    "Progress",
    "SpaceCost",
    "count_patterns",
    "emit_pairs",
    "plan_candidates",
]
