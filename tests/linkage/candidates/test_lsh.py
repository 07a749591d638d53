"""Hashing by sampled bits: recall as the theory says, samples as an oracle takes them, each pair compared once."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from linkage.candidates import (
    BlockSpace,
    LshTables,
    chance_to_meet,
    cheapest_sample,
    count_patterns,
    emit_pairs,
    plan_candidates,
    tables_needed,
)
from linkage.comparison import Comparison, ComparisonPlan, Metric

N_WORDS, N_BITS = 16, 1024


def pack(bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Rows of bits as words."""
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def pairs_at(distance: int, n: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Pairs of filters that differ in so many bits, anywhere."""
    rng = np.random.default_rng(distance)
    left = rng.random((n, N_BITS)) < 0.5
    flipped = rng.random((n, N_BITS)).argsort(axis=1) < distance
    return pack(left), pack(left ^ flipped)


@pytest.mark.parametrize(
    ("similarity", "recall", "n_sampled"), [(0.9, 0.95, 16), (0.85, 0.9, 12), (0.95, 0.99, 24)]
)
def test_recall_is_what_was_asked_for(similarity: float, recall: float, n_sampled: int) -> None:
    n, distance = 3_000, int((1 - similarity) * N_BITS)
    tables = LshTables("names", 0, N_WORDS, n_sampled, tables_needed(N_BITS, similarity, recall, n_sampled))
    left, right = pairs_at(distance, n)
    met = (tables.keys(left) == tables.keys(right)).any(axis=1).mean()
    expected = chance_to_meet(N_BITS, distance, n_sampled, tables.n_tables)
    assert recall <= expected
    # Pairs share the samples, whose overlaps make them a little less than independent.
    assert abs(met - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 0.01


def test_one_table_fewer_would_not_reach_the_recall() -> None:
    n_tables = tables_needed(N_BITS, 0.9, 0.95, 16)
    distance = int(0.1 * N_BITS)
    assert chance_to_meet(N_BITS, distance, 16, n_tables) >= 0.95
    assert chance_to_meet(N_BITS, distance, 16, n_tables - 1) < 0.95


def test_chances_at_the_ends() -> None:
    assert chance_to_meet(N_BITS, 0, 16, 1) == 1
    assert chance_to_meet(N_BITS, N_BITS, 16, 100) == 0
    assert tables_needed(N_BITS, 1.0, 0.999, 56) == 1


def test_the_cheapest_sample_reaches_the_recall_and_grows_with_the_records() -> None:
    few, many = (cheapest_sample(N_BITS, 0.9, 0.95, n) for n in (1_000, 10_000_000))
    assert few[0] < many[0]
    for n_sampled, n_tables in (few, many):
        assert n_tables == tables_needed(N_BITS, 0.9, 0.95, n_sampled)


@pytest.mark.parametrize(
    ("similarity", "recall", "n_sampled"), [(0.6, 0.95, 40), (0.9, 1.0, 16), (0.0, 0.5, 4), (0.9, 0.0, 16)]
)
def test_what_cannot_be_reached_is_refused(similarity: float, recall: float, n_sampled: int) -> None:
    with pytest.raises(ValueError, match="similarity"):
        tables_needed(N_BITS, similarity, recall, n_sampled)


@pytest.mark.parametrize(("n_sampled", "n_tables"), [(0, 1), (57, 1), (16, 0), (16, 256)])
def test_sizes_that_a_key_cannot_hold_are_refused(n_sampled: int, n_tables: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to"):
        LshTables("names", 0, N_WORDS, n_sampled, n_tables)


def test_keys_are_the_sampled_bits_under_the_number_of_the_table() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(2**64, size=(20, 5), dtype=np.uint64)
    words[3, 1:4] = 0
    tables = LshTables("names", 1, 3, 56, 3)
    keys = tables.keys(words)
    for row, table in np.ndindex(*keys.shape):
        sampled = [int(words[row, 1 + bit // 64]) >> int(bit % 64) & 1 for bit in tables.bits[table]]
        whole = (table + 1 << 56) + sum(bit << place for place, bit in enumerate(sampled))
        assert int(keys[row, table]) == (0 if row == 3 else whole)
    assert np.array_equal(tables.bits, LshTables("names", 7, 3, 56, 3).bits), (
        "samples depend on the name alone"
    )


def test_each_pair_is_compared_once_however_many_keys_it_shares() -> None:
    rng = np.random.default_rng(2)
    left, right = pairs_at(60, 60)
    words = np.vstack([left, right, left[:10]])
    words[rng.random(len(words)) < 0.05] = 0
    blocks = rng.integers(0, 8, size=(len(words), 1)).astype(np.uint64)
    tables = LshTables("names", 0, N_WORDS, 6, 9)
    rows = np.hstack([words, blocks, tables.keys(words)])
    spaces = [BlockSpace("block", (N_WORDS,)), tables.space(N_WORDS + 1)]
    candidates = plan_candidates(rows, rng.integers(2, size=len(rows)), spaces, n_sources=2)
    plan = ComparisonPlan((Comparison.of("names", Metric.HAMMING, (100,), 0, N_WORDS),))
    keys = rows[:, N_WORDS:]
    expected = {
        (i, j) for i, j in combinations(range(len(rows)), 2) if ((keys[i] == keys[j]) & (keys[i] != 0)).any()
    }
    assert count_patterns(candidates, plan).n_pairs == len(expected)
    found = list(emit_pairs(candidates, plan, np.zeros(plan.n_patterns), -1.0))
    pairs = [pair for part in found for pair in zip(part.left.tolist(), part.right.tolist(), strict=True)]
    assert sorted(pairs) == sorted(expected)
