"""The curve says at every threshold what counting would say."""

from itertools import combinations

import numpy as np
import oracle_evaluation as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from linkage.evaluation import one_to_one, threshold_curve

Pairs = tuple[list[tuple[int, int]], list[float], list[int], list[int]]


@st.composite
def weighted_pairs(draw: st.DrawFn) -> Pairs:
    """Some pairs of a few records with weights (many equal), entities and sources."""
    n = draw(st.integers(2, 7))
    pairs = draw(st.lists(st.sampled_from(list(combinations(range(n), 2))), unique=True))
    weights = draw(st.lists(st.integers(-2, 3).map(float), min_size=len(pairs), max_size=len(pairs)))
    truth = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    sources = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return pairs, weights, truth, sources


def sides(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    array = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@given(weighted_pairs(), st.integers(-3, 4))
def test_each_threshold_links_the_pairs_that_reach_it(drawn: Pairs, threshold: int) -> None:
    pairs, weights, truth, _ = drawn
    curve = threshold_curve(*sides(pairs), np.array(weights), np.array(truth))
    linked = [pair for pair, weight in zip(pairs, weights, strict=True) if weight >= threshold]
    linked = [(a, b) for a, b in linked if truth[a] != -1 and truth[b] != -1]
    right = sum(truth[a] == truth[b] for a, b in linked)
    n_true = sum(truth[a] == truth[b] for a, b in oracle.known_pairs(truth))
    quality = curve.at(threshold)
    assert (quality.true_links, quality.false_links) == (right, len(linked) - right)
    assert quality.missed_links == curve.n_true - right == n_true - right
    best = curve.best[1].f1
    if not np.isnan(quality.f1):
        assert best >= quality.f1
    assert len(curve.to_json()["points"]) == len(curve.thresholds)


@given(weighted_pairs())
def test_one_to_one_takes_a_pair_unless_a_better_one_stands_against_it(drawn: Pairs) -> None:
    pairs, weights, _, sources = drawn
    chosen = one_to_one(*sides(pairs), np.array(weights), np.array(sources))
    assert chosen.tolist() == oracle.one_to_one(pairs, weights, sources)


@given(weighted_pairs(), st.integers(-2, 3))
def test_one_to_one_at_a_threshold_does_not_depend_on_weaker_pairs(drawn: Pairs, threshold: int) -> None:
    pairs, weights, _, sources = drawn
    left, right = sides(pairs)
    strong = np.array(weights) >= threshold
    whole = one_to_one(left, right, np.array(weights), np.array(sources))
    part = one_to_one(left[strong], right[strong], np.array(weights)[strong], np.array(sources))
    assert np.array_equal(whole[strong], part)


def test_the_best_threshold_is_the_highest_of_equals() -> None:
    truth = np.array([0, 0, 1, 1, 2, 3])
    curve = threshold_curve(
        np.array([0, 2, 4]), np.array([1, 3, 5]), np.array([3.0, 2.0, 2.0]), truth, n_true=2
    )
    assert curve.thresholds.tolist() == [3.0, 2.0]
    assert curve.precision.tolist() == [1.0, 2 / 3]
    assert curve.recall.tolist() == [0.5, 1.0]
    assert curve.best[0] == 2.0
    assert curve.to_json(most_points=1)["points"][0]["links"] == 1


def test_sklearn_draws_the_same_curve() -> None:
    rng = np.random.default_rng(4)
    right = rng.random(500) < 0.3
    weights = np.round(rng.normal(right * 1.5, 1.0), 1)
    rows = np.arange(1000).reshape(-1, 2)
    truth = np.where(np.repeat(right, 2), np.repeat(np.arange(500), 2), 1000 + np.arange(1000))
    curve = threshold_curve(rows[:, 0], rows[:, 1], weights, truth)
    precision, recall, thresholds = precision_recall_curve(right, weights)
    assert np.array_equal(curve.thresholds[::-1], thresholds)
    assert np.allclose(curve.precision[::-1], precision[:-1])
    assert np.allclose(curve.recall[::-1], recall[:-1])


def test_no_pairs_and_no_true_links() -> None:
    nothing, no_weights = np.empty(0, dtype=np.int64), np.empty(0)
    curve = threshold_curve(nothing, nothing, no_weights, np.array([0, 0]))
    assert curve.best[0] == np.inf
    assert curve.at(0.0).missed_links == 1
    assert curve.to_json()["best"]["threshold"] is None
    alone = threshold_curve(np.array([0]), np.array([1]), np.array([1.0]), np.array([0, 1]))
    assert alone.to_json()["points"][0]["recall"] is None
    with pytest.raises(ValueError, match="one length"):
        threshold_curve(nothing, nothing, np.zeros(1), np.array([0]))
