"""Agreement levels with Python integers: one number a filter, no words, no accumulators."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkage.comparison import Comparison, ComparisonPlan, Metric, View


def _filter(row: Sequence[int], offset: int, n_words: int) -> int:
    return sum(int(word) << (64 * place) for place, word in enumerate(row[offset : offset + n_words]))


def _raw_level(a: int, b: int, comparison: Comparison) -> int:
    if a == 0 or b == 0:
        return 0
    if comparison.metric == Metric.EXACT:
        return 2 if a == b else 1
    if comparison.metric == Metric.HAMMING:
        return 1 + sum((a ^ b).bit_count() <= distance for distance in comparison.thresholds)
    overlap, total = (a & b).bit_count(), a.bit_count() + b.bit_count()
    return 1 + sum(2000 * overlap >= t * total for t in comparison.thresholds)


def _view_level(left: Sequence[int], right: Sequence[int], comparison: Comparison, view: View) -> int:
    level_map = view.level_map or tuple(range(comparison.n_levels))
    ways = [(left, right), (right, left)]
    return max(
        level_map[
            _raw_level(
                _filter(a, view.left_offset, view.n_words),
                _filter(b, view.right_offset, view.n_words),
                comparison,
            )
        ]
        for a, b in ways
    )


def levels(left: Sequence[int], right: Sequence[int], plan: ComparisonPlan) -> list[int]:
    """Agreement level of each comparison of two rows of words."""
    return [
        max(_view_level(left, right, comparison, view) for view in comparison.views)
        for comparison in plan.comparisons
    ]


def code(left: Sequence[int], right: Sequence[int], plan: ComparisonPlan) -> int:
    """Pattern code of two rows of words."""
    result = 0
    for level, radix in zip(levels(left, right, plan), plan.n_levels, strict=True):
        result = result * radix + level
    return result


def pattern_counts(
    words: npt.NDArray[np.uint64],
    pairs: Sequence[tuple[int, int, int, int]],
    plan: ComparisonPlan,
    shape: tuple[int, int],
) -> npt.NDArray[np.int64]:
    """Count patterns of pairs (left, right, stratum, pair class) into (n_strata, n_classes, n_patterns)."""
    rows = [[int(word) for word in row] for row in words]
    counts = np.zeros((*shape, plan.n_patterns), dtype=np.int64)
    for left, right, stratum, pair_class in pairs:
        counts[stratum, pair_class, code(rows[left], rows[right], plan)] += 1
    return counts
