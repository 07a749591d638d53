"""Expected quality without labels: many thresholds at once give the figures that each gives by itself."""

import numpy as np
import pytest

from linkage.weights import ScoredCounts, expected_qualities, expected_quality

THRESHOLDS = [-np.inf, -7.5, -2.0, 0.0, 3.25, 8.0, np.inf]


@pytest.fixture(scope="module")
def scored():
    generator = np.random.default_rng(3)
    odds = np.sort(np.round(generator.normal(-4.0, 6.0, 300), 1))[::-1]
    return ScoredCounts(odds, generator.integers(1, 5000, 300).astype(np.float64))


def test_all_thresholds_at_once_are_each_by_itself(scored):
    together = expected_qualities(scored, THRESHOLDS)
    assert together == [expected_quality(scored, threshold) for threshold in THRESHOLDS]


def test_links_and_expected_matches_are_sums_over_the_patterns(scored):
    probability = 1.0 / (1.0 + np.exp2(-scored.log_odds))
    for found in expected_qualities(scored, THRESHOLDS):
        linked = scored.log_odds >= found.threshold
        true = (scored.counts * probability)[linked].sum()
        assert found.n_links == scored.counts[linked].sum()
        assert found.true_links.estimate == pytest.approx(true)
        assert found.false_links.estimate == pytest.approx(scored.counts[linked].sum() - true)
        assert found.missed_links.estimate == pytest.approx((scored.counts * probability)[~linked].sum())
        for part in (found.precision, found.recall, found.f1, found.false_links):
            assert part.low <= part.estimate <= part.high


def test_nothing_linked_has_precision_one_and_recall_zero(scored):
    found = expected_quality(scored, np.inf)
    assert (found.n_links, found.precision.estimate, found.recall.estimate) == (0, 1.0, 0.0)


def test_no_candidates_at_all():
    nothing = ScoredCounts(np.empty(0), np.empty(0))
    for found in expected_qualities(nothing, THRESHOLDS):
        assert (found.n_links, found.precision.estimate, found.recall.estimate) == (0, 1.0, 1.0)
