"""Random pairs: what is drawn into a group, and that every pair of the groups is counted once."""

from itertools import combinations

import numpy as np
import oracle_cases
import pytest

from linkage.comparison import (
    Comparison,
    ComparisonPlan,
    Metric,
    compare_pairs,
    count_random_groups,
    draw_random_groups,
    pair_classes,
    random_pair_table,
)


def test_groups_hold_as_many_rows_of_every_source_and_none_twice() -> None:
    sources = (np.arange(3_000) % 3).astype(np.int16)
    groups = draw_random_groups(sources, 3, 1_000_000, seed=3)
    assert groups.starts[-1] == groups.rows.size
    drawn = np.split(groups.rows, groups.starts[1:-1])
    assert len(drawn) > 1
    for group in drawn:
        assert np.unique(group).size == group.size
        assert np.bincount(sources[group]).tolist() == [170] * 3
    sizes = np.diff(groups.starts)
    assert 1_000_000 <= (sizes * (sizes - 1) // 2).sum() < 1_000_000 + 510 * 509 // 2


def test_no_row_is_drawn_twice_before_all_were() -> None:
    groups = draw_random_groups(np.zeros(5_120, dtype=np.int16), 1, 10 * 512 * 511 // 2, seed=0)
    assert np.array_equal(np.sort(groups.rows), np.arange(5_120))


def test_a_small_source_is_in_every_group_and_an_empty_one_in_none() -> None:
    sources = np.array([0] * 4_000 + [2] * 5, dtype=np.int16)
    groups = draw_random_groups(sources, 4, 500_000, seed=1)
    for group in np.split(groups.rows, groups.starts[1:-1]):
        assert np.bincount(sources[group], minlength=4).tolist() == [256, 0, 5, 0]


def test_few_rows_are_all_there_is() -> None:
    words = oracle_cases.record_words(5, 40, 10)
    sources = (np.arange(40) % 2).astype(np.int16)
    plan = oracle_cases.mixed_plan()
    table = random_pair_table(words, sources, plan, 3_000, seed=1)
    assert np.array_equal(table.counts, _counted(words, sources, list(combinations(range(40), 2)), plan, 2))


def test_every_pair_of_every_group_is_counted_once() -> None:
    words = oracle_cases.record_words(6, 700, 10)
    sources = (np.arange(700) % 3).astype(np.int16)
    plan = oracle_cases.mixed_plan()
    groups = draw_random_groups(sources, 3, 200_000, seed=2)
    pairs = [
        pair
        for group in np.split(groups.rows, groups.starts[1:-1])
        for pair in combinations(group.tolist(), 2)
    ]
    table = count_random_groups(words, sources, groups, plan, 3)
    assert np.array_equal(table.counts, _counted(words, sources, pairs, plan, 3))


def test_agreement_by_chance_is_found() -> None:
    """One value of ten, drawn evenly: a tenth of the pairs agree."""
    rng = np.random.default_rng(4)
    words = np.zeros((6_000, 10), dtype=np.uint64)
    words[:, -1] = rng.integers(1, 11, size=6_000).astype(np.uint64)
    plan = ComparisonPlan((Comparison.of("value", Metric.EXACT, (), 9, 1),))
    table = random_pair_table(words, np.zeros(6_000, np.int16), plan, 1 << 20, seed=5)
    counts = table.counts[0, 0]
    assert counts[2] / counts.sum() == pytest.approx(0.1, abs=0.002)


@pytest.mark.parametrize("n", [0, 1])
def test_random_pairs_of_nothing_are_none(n: int) -> None:
    words = np.ones((n, 10), dtype=np.uint64)
    table = random_pair_table(words, np.zeros(n, np.int16), oracle_cases.mixed_plan(), 100, seed=1)
    assert table.n_pairs == 0


def _counted(
    words: np.ndarray, sources: np.ndarray, pairs: list[tuple[int, int]], plan: ComparisonPlan, n_sources: int
) -> np.ndarray:
    left, right = np.array(pairs).T
    codes = compare_pairs(words, left, right, plan)
    classes = pair_classes(n_sources)
    counts = np.zeros((1, classes.max() + 1, plan.n_patterns), dtype=np.int64)
    np.add.at(counts[0], (classes[sources[left], sources[right]], codes), 1)
    return counts
