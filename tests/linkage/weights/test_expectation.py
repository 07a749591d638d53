"""Expected quality without labels: many thresholds at once give the figures that each gives by itself."""

from dataclasses import replace

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


def test_an_interval_leaves_room_for_errors_that_the_model_does_not_foresee():
    certain = ScoredCounts(np.array([40.0, -40.0]), np.array([100.0, 1e6]))
    found = expected_quality(certain, 0.0)
    for part in (found.precision, found.recall):
        assert part.estimate == pytest.approx(1.0)
        assert 0.95 < part.low <= 0.99
    apart = expected_quality(ScoredCounts(certain.log_odds[1:], certain.counts[1:]), 0.0)
    assert apart.n_links == 0
    assert apart.missed_links.high == pytest.approx(0.0, abs=1e-3)


def test_odds_that_rest_on_priors_are_doubted_more():
    learned = ScoredCounts(np.array([4.0, 1.0, -8.0]), np.array([20.0, 20.0, 1e4]))
    known, unknown = (
        expected_quality(one, 0.0).precision for one in (learned, replace(learned, rests_on_priors=True))
    )
    assert unknown.estimate == known.estimate
    assert unknown.low < known.low - 0.05
