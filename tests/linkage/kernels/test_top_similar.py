"""The best k are those of ranking everything, ties by row, whatever the width, the metric, the threads."""

import numpy as np
import oracle_cases
import oracle_similarity
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kernels import Similarity, top_k


@given(
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 7, 70]),
    st.sampled_from([0, 1, 63, 64, 65, 150]),
    st.integers(1, 5),
    st.sampled_from([1, 2, 9]),
    st.sampled_from(["dice", "jaccard", "hamming"]),
)
def test_best_rows_equal_the_oracle(
    seed: int, n_left: int, n_right: int, n_words: int, k: int, metric: Similarity
) -> None:
    filters = oracle_cases.record_words(seed, n_left + n_right, n_words)
    left, right = filters[:n_left], filters[n_left:]
    best = top_k(left, right, k, metric=metric, threads=2)
    expected = oracle_similarity.top_k(left, right, k, metric)
    for row, ranked in enumerate(expected):
        n = len(ranked)
        assert best.rows[row, :n].tolist() == [other for other, _ in ranked]
        assert best.similarity[row, :n] == pytest.approx([float(value) for _, value in ranked], abs=1e-12)
        assert (best.rows[row, n:] == -1).all()
        assert np.isnan(best.similarity[row, n:]).all()


def test_more_than_a_panel() -> None:
    rng = np.random.default_rng(1)
    right = (rng.random((300, 2)) * 2**64).astype(np.uint64)
    chosen = rng.integers(300, size=5000)
    best = top_k(right[chosen], right, 1)
    assert np.array_equal(best.rows[:, 0], chosen)
    assert (best.similarity == 1).all()


@pytest.mark.parametrize(
    "n_words,k,metric,message",
    [(3, 1, "dice", "differ in width"), (2, 0, "dice", "k: expected"), (2, 1, "cosine", "metric")],
)
def test_unusable_arguments_are_refused(n_words: int, k: int, metric: Similarity, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        top_k(np.zeros((1, 2), np.uint64), np.zeros((1, n_words), np.uint64), k, metric=metric)
