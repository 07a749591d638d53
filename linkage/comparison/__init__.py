"""Similarities to agreement levels, patterns of levels, and tables that count them."""

from linkage.comparison.common_values import CommonValues, RareWords, find_common_values
from linkage.comparison.pairs import compare_pairs
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
from linkage.comparison.random_pairs import (
    RandomGroups,
    count_random_groups,
    draw_random_groups,
    random_pair_table,
)

__all__ = [
    "CommonValues",
    "Comparison",
    "ComparisonPlan",
    "Metric",
    "PatternTable",
    "RandomGroups",
    "RareWords",
    "View",
    "compare_pairs",
    "count_random_groups",
    "decode_patterns",
    "draw_random_groups",
    "encode_patterns",
    "find_common_values",
    "n_pair_classes",
    "pair_class",
    "pair_class_members",
    "pair_classes",
    "random_pair_table",
]
