"""Graph matching on graphs whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.attacks import graph_matching_attack, match_graphs
from encoders.attacks.similarity import bit_correlation, code_dice, normal_scores, people_dice
from encoders.attacks.token_matrix import indicator


def noisy_copy(n, noise, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 8))
    order = rng.permutation(n)
    blurred = points + noise * rng.normal(size=points.shape)
    return normal_scores(_products(blurred[order])), normal_scores(_products(points)), order


def _products(points):
    return np.asarray(points @ points.T, dtype=np.float32)


def test_equal_graphs_are_matched_without_seeds():
    codes, people, order = noisy_copy(60, 0.0, 1)
    assigned = match_graphs(codes, people, np.zeros((0, 2), np.int64))
    assert np.mean(assigned == order) > 0.95


def test_seeds_find_what_noise_hides():
    codes, people, order = noisy_copy(150, 0.2, 2)
    result = graph_matching_attack(
        codes, people, order.astype(np.int64), n_seeds=30, rng=np.random.default_rng(0), target="t"
    )
    assert result.rate > 0.9
    assert result.n == 120
    assert result.chance == pytest.approx(1 / 150)


def test_unrelated_graphs_give_chance():
    codes, _, order = noisy_copy(150, 0.0, 3)
    _, people, _ = noisy_copy(150, 0.0, 4)
    result = graph_matching_attack(
        codes, people, order.astype(np.int64), n_seeds=20, rng=np.random.default_rng(0), target="t"
    )
    assert result.rate < 0.06


def test_people_who_are_not_listed_are_not_under_attack():
    codes, people, order = noisy_copy(80, 0.0, 5)
    truth = np.where(order < 40, order, -1).astype(np.int64)
    listed = people[:40, :40]
    result = graph_matching_attack(codes, listed, truth, n_seeds=10, rng=np.random.default_rng(0), target="t")
    assert result.n == 30
    assert result.hits <= 30


def test_seeds_keep_their_people():
    codes, people, _ = noisy_copy(30, 0.0, 6)
    seeds = np.array([[3, 7], [4, 2]], dtype=np.int64)
    assigned = match_graphs(codes, people, seeds)
    assert assigned[3] == 7
    assert assigned[4] == 2
    assert sorted(assigned.tolist()) == list(range(30))


@given(st.integers(2, 12), st.integers(0, 10))
def test_normal_scores_keep_the_order_and_are_symmetric(n, seed):
    values = np.random.default_rng(seed).integers(0, 4, size=(n, n)).astype(np.float32)
    values = values + values.T
    scores = normal_scores(values)
    assert np.array_equal(scores, scores.T)
    rows, columns = np.triu_indices(n, 1)
    order = np.argsort(values[rows, columns], kind="stable")
    assert (np.diff(scores[rows, columns][order]) >= 0).all()
    assert (np.diff(scores[rows, columns][order])[np.diff(values[rows, columns][order]) == 0] == 0).all()


def test_similarities_by_hand():
    codes = np.array([[0b1111], [0b0011], [0]], dtype=np.uint64)
    assert code_dice(codes)[0, 1] == pytest.approx(2 * 2 / 6)
    assert bit_correlation(codes)[0, 1] == pytest.approx((64 - 2 * 2) / 64)
    assert bit_correlation(codes)[0, 2] == 0
    tokens = indicator(np.array([0, 0, 1]), np.array([0, 1, 1]), (2, 2))
    assert people_dice(tokens)[0, 1] == pytest.approx(2 / 3)
