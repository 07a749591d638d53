"""Frequencies survive every deterministic encoding, and nothing else of a code is needed."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.attacks import SimilarTop, collusion_bound, component_attack, frequency_attack
from encoders.attacks.frequency import rank_alignment
from encoders.attacks.similarity import normal_scores
from encoders.attacks.value_numbers import code_numbers, combined, value_numbers_of

RNG = np.random.default_rng


def zipf(n, n_values, seed):
    shares = 1 / np.arange(1, n_values + 1)
    return RNG(seed).choice(n_values, size=n, p=shares / shares.sum())


def test_frequent_values_are_read_off_any_renaming():
    values = zipf(20_000, 200, 0)
    codes = RNG(1).permutation(200)[values]
    own = frequency_attack(codes, values, target="t", rng=RNG(2))
    other = frequency_attack(codes, values, target="t", rng=RNG(2), reference=zipf(20_000, 200, 3))
    assert own.rate > 0.7
    assert 0.2 < other.rate < own.rate
    assert own.details["top 50 codes right"] > 0.7


def test_unique_codes_give_chance():
    n = 5_000
    result = frequency_attack(RNG(0).permutation(n), np.arange(n), target="t", rng=RNG(1))
    assert result.hits <= 6


def test_missing_values_are_left_out():
    result = frequency_attack(np.array([0, 0, -1, 1]), np.array([4, 4, 4, -1]), target="t", rng=RNG(0))
    assert (result.n, result.hits) == (4, 2)
    nothing = frequency_attack(np.full(3, -1), np.full(3, -1), target="t", rng=RNG(0))
    assert nothing.hits == 0


def test_similarities_sort_out_what_ranks_cannot():
    rng = RNG(4)
    n_values = 60
    points = rng.normal(size=(n_values, 6))
    similarity = normal_scores((points @ points.T).astype(np.float32))
    counts = np.r_[np.arange(400, 390, -1), np.full(n_values - 10, 20)]
    values = np.repeat(np.arange(n_values), counts)
    renamed = rng.permutation(n_values)
    codes = renamed[values]
    order = np.argsort(renamed)
    similar = SimilarTop(
        np.arange(n_values), np.arange(n_values), similarity[np.ix_(order, order)], similarity
    )
    with_ranks = frequency_attack(codes, values, target="t", rng=RNG(0))
    with_both = frequency_attack(codes, values, target="t", rng=RNG(0), similar=similar)
    assert with_both.hits > with_ranks.hits
    assert with_both.rate > 0.9


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=20),
    st.lists(st.integers(0, 30), min_size=1, max_size=20),
)
def test_rank_alignment_uses_each_value_once_and_keeps_the_order(code_counts, value_counts):
    assigned = rank_alignment(np.array(code_counts), np.array(value_counts), RNG(0))
    used = assigned[assigned >= 0]
    assert len(set(used.tolist())) == len(used)
    by_code = sorted(
        (-code_counts[code], -value_counts[value]) for code, value in enumerate(assigned) if value >= 0
    )
    frequencies = [value for _, value in by_code]
    assert frequencies == sorted(frequencies)


def test_components_of_popular_values_are_read_by_size():
    values = zipf(5_000, 50, 5)
    result = component_attack(
        values * 100, {"forename": values, "born": RNG(0).integers(0, 4000, 5_000)}, target="t", rng=RNG(1)
    )
    assert result.rate > 0.9
    assert "forename" in result.assumptions
    alone = component_attack(np.arange(5_000), {"forename": values}, target="t", rng=RNG(1))
    assert alone.hits == 0
    assert alone.details["records with a neighbour"] == 0


def test_collusion_bound_counts_lonely_codes():
    result = collusion_bound(np.array([0, 0, 1, 2, -1]), target="t")
    assert (result.n, result.hits) == (4, 2)
    assert result.details["largest group"] == 2


def test_numbers_tell_values_and_codes_apart():
    assert value_numbers_of(pa.array(["a", None, "b", "a"])).tolist() == [0, -1, 1, 0]
    both = combined([np.array([0, 0, 1, -1]), np.array([5, 5, 5, 5])])
    assert both[0] == both[1] != both[2]
    assert both[3] == -1
    codes = code_numbers(np.array([[1, 2], [2, 1], [1, 2], [0, 0]], dtype=np.uint64))
    assert codes[0] == codes[2] != codes[1]
    assert codes[3] == -1


@pytest.mark.parametrize("n_words", [1, 2, 16])
def test_code_numbers_agree_with_unique_rows(n_words):
    codes = RNG(n_words).integers(1, 4, size=(500, n_words), dtype=np.uint64)
    numbers = code_numbers(codes)
    _, expected = np.unique(codes, axis=0, return_inverse=True)
    assert len(np.unique(numbers)) == len(np.unique(expected))
    assert len(np.unique(numbers * 10_000 + expected)) == len(np.unique(expected))
