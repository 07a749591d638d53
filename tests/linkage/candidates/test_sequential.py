"""The sequential test on diffused filters: what it may miss, how often, and what it never does."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from linkage.candidates import BlockSpace, CandidatePlan, count_patterns, emit_pairs, plan_candidates
from linkage.comparison import Comparison, ComparisonPlan, Metric
from linkage.kernels.stopping import shares_of_unrelated, stopping_distances

N_WORDS = 16
DISTANCES = (389, 317, 184)


def plan(stop_error: float) -> ComparisonPlan:
    """Two diffused filters of 1024 bits."""
    return ComparisonPlan(
        tuple(
            Comparison.of(f"filter_{k}", Metric.HAMMING, DISTANCES, N_WORDS * k, N_WORDS) for k in range(2)
        ),
        stop_error,
    )


def diffused_records(n: int, *, pairs_at: int) -> CandidatePlan:
    """Unrelated records with half of their bits set; every second one is that distance from the one before.

    Some have no filter. All are in one block.
    """
    rng = np.random.default_rng(5)
    bits = rng.random((n, 2 * 64 * N_WORDS)) < 0.5
    for row in range(1, n, 2):
        for filter_bits in (slice(0, 64 * N_WORDS), slice(64 * N_WORDS, None)):
            bits[row, filter_bits] = bits[row - 1, filter_bits]
            flipped = rng.choice(64 * N_WORDS, pairs_at, replace=False)
            bits[row, filter_bits][flipped] ^= True
    words = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    words[rng.random(n) < 0.05, :N_WORDS] = 0
    words = np.hstack([words, np.ones((n, 1), np.uint64)])
    return plan_candidates(words, np.zeros(n, np.int16), [BlockSpace("all", (2 * N_WORDS,))])


@pytest.mark.parametrize("pairs_at", [0, 184, 185, 389, 390])
def test_the_default_error_changes_no_table(pairs_at: int) -> None:
    candidates = diffused_records(400, pairs_at=pairs_at)
    exact = count_patterns(candidates, plan(0.0))
    assert np.array_equal(count_patterns(candidates, plan(1e-9)).counts, exact.counts)


def test_the_default_error_changes_no_emitted_pair() -> None:
    candidates = diffused_records(400, pairs_at=300)
    score = np.arange(plan(0.0).n_patterns, dtype=np.float64)
    exact = next(iter(emit_pairs(candidates, plan(0.0), score, 7.0)))
    stopped = next(iter(emit_pairs(candidates, plan(1e-9), score, 7.0)))
    assert np.array_equal(stopped.left, exact.left)
    assert np.array_equal(stopped.patterns, exact.patterns)


@pytest.mark.parametrize("error", [0.001, 0.009])
def test_pairs_at_the_weakest_threshold_are_missed_as_often_as_stated_and_no_more(error: float) -> None:
    n_pairs, distance = 100_000, DISTANCES[0]
    rng = np.random.default_rng(3)
    bounds = stopping_distances(N_WORDS, distance, error)
    # Differing bits in each word: a draw without replacement from the words' bits.
    differing = rng.multivariate_hypergeometric([64] * N_WORDS, distance, size=n_pairs).cumsum(axis=1)
    for points in ([4, 8, 12], [11, 13, 14]):
        missed = (differing[:, points] > bounds[points]).any(axis=1).mean()
        assert 0 < missed <= error + 4 * np.sqrt(error / n_pairs)


def test_bounds_without_error_are_those_of_the_whole_filter() -> None:
    bounds: npt.NDArray[np.int64] = stopping_distances(4, 60, 0.0)
    assert bounds.tolist() == [60, 60, 60, 60]


@pytest.mark.parametrize("n_words", [1, 4, 16])
@pytest.mark.parametrize("error", [1e-3, 1e-9, 1e-12])
def test_where_a_pass_stops_is_the_quantile_of_the_law(n_words: int, error: float) -> None:
    seen = 64 * np.arange(1, n_words + 1)
    for distance in {0, 1, 5, 13 * n_words, 28 * n_words, 64 * n_words}:
        expected = np.minimum(stats.hypergeom.isf(error / 3, 64 * n_words, distance, seen), distance)
        bounds = stopping_distances(n_words, distance, error)
        assert bounds.tolist() == expected.tolist()
        alive = 1 - stats.binom.sf(bounds, seen, 0.5) ** 64
        assert np.allclose(shares_of_unrelated(bounds, 64), alive, atol=1e-12)
