"""What a fit scores: the patterns of the pairs, if every pair is counted, and all patterns if only some are."""

import numpy as np
import pytest

from linkage.comparison import n_pair_classes
from linkage.index import open_index
from linkage.weights import LabelledCounts, score_patterns
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.fitting import fit
from pipelines.at_unit.linking.records import open_records
from pipelines.progress import Silent


def test_pairs_are_the_same_by_the_patterns_that_occur_as_by_all(linked):
    specification = index_specification(linked.index)
    with open_index(linked.index) as index, open_records(index, specification) as records:
        fitted = fit(specification, records, Silent(), 1)
        occurring = records.count_patterns(Silent(), 1).occurring()
        some = Scores.of(fitted.decided, specification, index.sources, fitted.scored)
        every = Scores.of(fitted.decided, specification, index.sources)
        assert np.isneginf(some.odds).any()
        assert len(occurring) < every.odds.shape[1]
        assert np.array_equal(some.table[:, occurring], every.table[:, occurring])
        pairs, again = (records.emit(each.table, each.cutoff, Silent(), 1) for each in (some, every))
        assert len(pairs) > 100
        for name, column in vars(pairs).items():
            assert np.array_equal(column, vars(again)[name])


@pytest.mark.parametrize("has_labels", [False, True])
def test_every_pattern_is_scored_where_pairs_may_show_others_than_were_counted(linked, has_labels):
    specification = index_specification(linked.index)
    with open_index(linked.index) as index, open_records(index, specification) as records:
        none = np.zeros((n_pair_classes(len(records.sources)), records.plan.n_patterns), dtype=np.int64)
        if has_labels:
            fitted = fit(specification, records, Silent(), 1, LabelledCounts(none, none))
        else:
            fitted = fit(specification, records.fitted_to(records.n_pairs - 1), Silent(), 1)
    whole = score_patterns(fitted.decided.model)
    assert np.array_equal(fitted.scored.odds, whole.odds)
    assert np.array_equal(fitted.scored.twin_shares, whole.twin_shares)
