"""Pairs that people have judged, counted by pattern, so that a fit can learn from them.

Pairs picked by their score, as in clerical review, do no harm: within a pattern the judged pairs are as good as random.
"""

import numpy as np

from linkage.analysis import JudgedPairs
from linkage.comparison import ComparisonPlan, compare_pairs, pair_classes
from linkage.index import Index, LiveRows
from linkage.weights import LabelledCounts

__all__ = ["judged_counts"]


def judged_counts(judged: JudgedPairs, index: Index, live: LiveRows, plan: ComparisonPlan) -> LabelledCounts:
    """Count judged pairs by pair class and pattern."""
    rows, place = np.unique(np.concatenate([judged.left, judged.right]), return_inverse=True)
    words = index.words(live.rows[rows])
    codes = compare_pairs(words, place[: len(judged)], place[len(judged) :], plan)
    classes = pair_classes(len(index.sources))[live.sources[judged.left], live.sources[judged.right]]
    n_classes = int(pair_classes(len(index.sources)).max()) + 1
    cells = classes * plan.n_patterns + codes
    matches, others = (
        np.bincount(cells[chosen], minlength=n_classes * plan.n_patterns).reshape(n_classes, plan.n_patterns)
        for chosen in (judged.is_match, ~judged.is_match)
    )
    return LabelledCounts(matches.astype(np.int64), others.astype(np.int64))
