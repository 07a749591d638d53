"""Learning attacks on encodings that were made to be learned."""

import numpy as np
import pytest

from encoders.attacks import ExactColumn, joint_known_pairs_attack, known_pairs_attack, learned_network_attack
from encoders.attacks.joint_known_pairs import book_scores
from encoders.attacks.known_pairs import dictionary_scores, rank_of_truth
from encoders.attacks.token_matrix import indicator

N = 300


@pytest.fixture(scope="module")
def linear():
    """Tokens mapped to signs by a random matrix: what a ridge should undo."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.arange(N), 6)
    tokens = indicator(rows, rng.integers(0, 60, size=N * 6), (N, 60))
    bits = np.sign(tokens @ rng.normal(size=(60, 256)) + 1e-9).astype(np.float32)
    return bits, tokens


def test_a_linear_encoding_is_learned(linear):
    bits, tokens = linear
    result = known_pairs_attack(
        bits, tokens, np.arange(N), known=np.arange(150), targets=np.arange(150, N), target="t"
    )
    assert result.rate > 0.9
    assert result.details["top 10"] >= result.rate


def test_more_pairs_than_bits_and_fewer_give_the_same_regression(linear):
    bits, tokens = linear
    narrow = bits[:, :40]
    by_bits = dictionary_scores(narrow[:100], np.arange(100), narrow[100:120], tokens, penalty=3.0)
    weighted = dictionary_scores(
        np.hstack([narrow, np.zeros((N, 100), np.float32)])[:100],
        np.arange(100),
        np.hstack([narrow, np.zeros((N, 100), np.float32)])[100:120],
        tokens,
        penalty=3.0,
    )
    assert np.allclose(by_bits, weighted, atol=1e-3)


def test_random_codes_give_chance(linear):
    _, tokens = linear
    bits = np.random.default_rng(3).choice([-1, 1], size=(N, 256)).astype(np.float32)
    result = known_pairs_attack(
        bits, tokens, np.arange(N), known=np.arange(150), targets=np.arange(150, N), target="t"
    )
    assert result.rate < 0.06


def test_a_network_learns_a_linear_encoding_too(linear):
    bits, tokens = linear
    result = learned_network_attack(
        bits, tokens, np.arange(N), known=np.arange(199), targets=np.arange(199, N), target="t", rounds=50
    )
    assert result.rate > 0.9


def test_ties_count_half():
    scores = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]], dtype=np.float32)
    assert rank_of_truth(scores, np.array([0, 0])).tolist() == [0.5, 2.0]


def test_a_key_over_few_values_is_learned_and_one_over_many_is_not(linear):
    _, tokens = linear
    rng = np.random.default_rng(1)
    bits = rng.choice([-1, 1], size=(N, 256)).astype(np.float32)
    known, targets = np.arange(150), np.arange(150, N)

    def columns(n_values):
        values = [rng.integers(0, n_values, size=N) for _ in range(6)]
        return [ExactColumn(value * 7919 % n_values, value) for value in values]

    few = joint_known_pairs_attack(bits, tokens, columns(12), known=known, targets=targets)
    many = joint_known_pairs_attack(bits, tokens, columns(100_000), known=known, targets=targets)
    assert few.rate > 0.9
    assert many.rate < 0.06


def test_the_book_says_nothing_of_missing_and_unseen_values():
    column = ExactColumn(np.array([5, 6, -1, 5]), np.array([0, 1, 2, 3]))
    scores = book_scores([column], known=np.array([0]), targets=np.array([2, 3]))
    assert scores[0].tolist() == [0, 0, 0, 0]
    assert scores[1, 0] >= 0
    assert scores[1, 1:].tolist() == [0, 0, 0]
