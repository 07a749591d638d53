"""Similarities to agreement levels, patterns of levels, and tables that count them."""

from linkage.comparison.pairs import (
    compare_pairs,
    draw_random_pairs,
    random_pair_table,
    similarity_histogram,
)
from linkage.comparison.patterns import (
    PatternTable,
    decode_patterns,
    encode_patterns,
    n_pair_classes,
    pair_class,
    pair_class_members,
    pair_classes,
)
from linkage.comparison.plan import Comparison, ComparisonPlan, Metric, View

__all__ = [
    "Comparison",
    "ComparisonPlan",
    "Metric",
    "PatternTable",
    "View",
    "compare_pairs",
    "decode_patterns",
    "draw_random_pairs",
    "encode_patterns",
    "n_pair_classes",
    "pair_class",
    "pair_class_members",
    "pair_classes",
    "random_pair_table",
    "similarity_histogram",
]
