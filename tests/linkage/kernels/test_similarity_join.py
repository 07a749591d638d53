"""A join finds exactly the pairs that looking at every pair finds, whatever the width, the metric, the buffer."""

import numpy as np
import oracle_cases
import oracle_similarity
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.kernels import Similarity, similarity_join

METRICS: list[Similarity] = ["dice", "jaccard", "hamming"]


def _joined(
    left: np.ndarray, right: np.ndarray | None, threshold: float, **options: object
) -> list[tuple[int, int, int]]:
    chunks = list(similarity_join(left, right, threshold, **options))  # type: ignore[arg-type]
    return sorted(
        pair
        for chunk in chunks
        for pair in zip(chunk.left.tolist(), chunk.right.tolist(), chunk.overlap.tolist(), strict=True)
    )


@given(
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 2, 63, 65]),
    st.sampled_from([0, 1, 3, 64, 70]),
    st.sampled_from([1, 2, 3, 5]),
    st.sampled_from(["0.001", "0.3", "0.5", "0.7", "0.8", "0.9", "0.999", "1.0"]),
    st.sampled_from(METRICS),
)
def test_pairs_equal_the_oracle(
    seed: int, n_left: int, n_right: int, n_words: int, threshold: str, metric: Similarity
) -> None:
    left = oracle_cases.record_words(seed, n_left, n_words)
    right = oracle_cases.record_words(seed, n_left + n_right, n_words)[n_left:]
    expected = oracle_similarity.join(left, right, threshold, metric)
    assert _joined(left, right, float(threshold), metric=metric) == expected


@given(
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 2, 64, 100]),
    st.sampled_from(["0.4", "0.75", "1.0"]),
    st.sampled_from(METRICS),
)
def test_a_self_join_gives_each_pair_once(seed: int, n_rows: int, threshold: str, metric: Similarity) -> None:
    filters = oracle_cases.record_words(seed, n_rows, 3)
    expected = oracle_similarity.join(filters, None, threshold, metric)
    assert _joined(filters, None, float(threshold), metric=metric, threads=2) == expected


@pytest.mark.parametrize("n_rows", [1023, 1024, 1025, 2100])
def test_panels_are_joined_without_a_seam(n_rows: int) -> None:
    rng = np.random.default_rng(n_rows)
    filters = (rng.random((n_rows, 2)) * 2**64).astype(np.uint64)
    half = n_rows // 2
    filters[half : 2 * half] = filters[:half]
    pairs = _joined(filters, None, 1.0)
    assert [(left, right) for left, right, _ in pairs] == [(row, row + half) for row in range(half)]


@given(st.integers(128, 400), st.integers(1, 3))
def test_a_dense_result_comes_in_bounded_chunks(buffer_pairs: int, threads: int) -> None:
    filters = oracle_cases.record_words(5, 80, 2)
    chunks = list(similarity_join(filters, None, 0.01, buffer_pairs=buffer_pairs, threads=threads))
    assert max(map(len, chunks)) <= buffer_pairs
    assert min(map(len, chunks)) > 0
    whole = next(similarity_join(filters, None, 0.01))
    assert np.array_equal(np.concatenate([chunk.left for chunk in chunks]), whole.left)
    assert np.array_equal(np.concatenate([chunk.similarity for chunk in chunks]), whole.similarity)


def test_the_widest_filters_do_not_overflow() -> None:
    filters = np.full((3, 512), 2**64 - 1, dtype=np.uint64)
    filters[2, 0] = 1
    for metric in METRICS:
        expected = oracle_similarity.join(filters, None, "0.999", metric)
        assert _joined(filters, None, 0.999, metric=metric) == expected
        assert _joined(filters, None, 1.0, metric=metric) == [(0, 1, 32768)]


def test_a_filter_without_bits_is_similar_to_nothing() -> None:
    filters = np.zeros((4, 2), dtype=np.uint64)
    filters[3] = 1
    for metric in METRICS:
        assert _joined(filters, None, 0.001, metric=metric) == []
        assert _joined(filters, filters, 0.001, metric=metric) == [(3, 3, 2)]


def test_similarities_are_those_of_the_definition() -> None:
    left = np.array([[0b1111]], dtype=np.uint64)
    right = np.array([[0b10111]], dtype=np.uint64)
    expected = {"dice": 0.75, "jaccard": 0.6, "hamming": 1 - 2 / 64}
    for metric in METRICS:
        (chunk,) = similarity_join(left, right, 0.1, metric=metric)
        assert chunk.similarity.tolist() == [pytest.approx(expected[metric], abs=1e-15)]


def test_a_stated_error_is_kept_on_exchangeable_bits() -> None:
    # Pairs exactly at the threshold, differing bits drawn uniformly: the worst that the sequential test meets.
    rng = np.random.default_rng(7)
    n, n_bits, distance = 4000, 512, 150
    bits = rng.random((n, n_bits)) < 0.5
    flips = np.argsort(rng.random((n, n_bits)), axis=1)[:, :distance]
    other = bits.copy()
    np.put_along_axis(other, flips, ~np.take_along_axis(bits, flips, axis=1), axis=1)
    left, right = (np.packbits(side, axis=1).view(np.uint64) for side in (bits, other))
    threshold = 1 - distance / n_bits
    found = {(a, b) for a, b, _ in _joined(left, right, threshold, metric="hamming", error=0.009)}
    missed = sum((row, row) not in found for row in range(n))
    assert missed <= 0.009 * n + 4 * np.sqrt(0.009 * n)
    exact = {(a, b) for a, b, _ in _joined(left, right, threshold, metric="hamming")}
    assert found <= exact
    assert all((row, row) in exact for row in range(n))


@pytest.mark.parametrize(
    "arguments,options,message",
    [
        ((np.zeros((1, 2), np.uint64), np.zeros((1, 3), np.uint64), 0.5), {}, "differ in width"),
        ((np.zeros((1, 2), np.int64), None, 0.5), {}, "left: expected uint64"),
        ((np.zeros((1, 2), np.uint64), np.zeros(2, np.uint64), 0.5), {}, "right: expected uint64"),
        ((np.zeros((1, 0), np.uint64), None, 0.5), {}, "1 to 512 words"),
        ((np.zeros((1, 2), np.uint64), None, 0.0), {}, "threshold"),
        ((np.zeros((1, 2), np.uint64), None, 1.01), {}, "threshold"),
        ((np.zeros((1, 2), np.uint64), None, float("nan")), {}, "threshold"),
        ((np.zeros((1, 2), np.uint64), None, 0.5), {"metric": "cosine"}, "metric"),
        ((np.zeros((1, 2), np.uint64), None, 0.5), {"error": 1e-9}, "error"),
        ((np.zeros((1, 2), np.uint64), None, 0.5), {"buffer_pairs": 10}, "buffer_pairs"),
    ],
)
def test_unusable_arguments_are_refused_at_once(
    arguments: tuple[np.ndarray, np.ndarray | None, float], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        similarity_join(*arguments, **options)  # type: ignore[arg-type]
