"""Pairs that people have judged, counted by pattern, so that a fit can learn from them.

Pairs picked by their score, as in clerical review, do no harm: within a pattern the judged pairs are as good as random.
"""

import numpy as np

from linkage.analysis import JudgedPairs
from linkage.comparison import compare_pairs, pair_classes
from linkage.comparison.specified import rare_words_of
from linkage.exchange.specification import Specification
from linkage.index import Index
from linkage.weights import LabelledCounts
from pipelines.at_unit.linking.comparable import Comparable

__all__ = ["judged_counts"]


def judged_counts(
    judged: JudgedPairs, index: Index, specification: Specification, records: Comparable
) -> LabelledCounts:
    """Count judged pairs by pair class and pattern."""
    live, plan = records.live, records.plan
    rows, place = np.unique(np.concatenate([judged.left, judged.right]), return_inverse=True)
    words = rare_words_of(specification, records.common).extend(index.words(live.rows[rows]))
    codes = compare_pairs(words, place[: len(judged)], place[len(judged) :], plan)
    classes = pair_classes(len(index.sources))[live.sources[judged.left], live.sources[judged.right]]
    n_classes = int(pair_classes(len(index.sources)).max()) + 1
    cells = classes * plan.n_patterns + codes
    matches, others = (
        np.bincount(cells[chosen], minlength=n_classes * plan.n_patterns).reshape(n_classes, plan.n_patterns)
        for chosen in (judged.is_match, ~judged.is_match)
    )
    return LabelledCounts(matches.astype(np.int64), others.astype(np.int64))
