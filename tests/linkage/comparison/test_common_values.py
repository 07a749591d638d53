"""Agreement on a rare value is told from agreement on a common one by counting equal filters."""

import json

import numpy as np
import pytest

from linkage.comparison import (
    CommonValues,
    Comparison,
    ComparisonPlan,
    Metric,
    RareWords,
    View,
    compare_pairs,
    find_common_values,
)
from linkage.comparison.common_values import LEAST_RECORDS, split_by_rarity

WIDTH = 4


def plain(n_words=WIDTH):
    return ComparisonPlan(
        (
            Comparison.of("surname", Metric.DICE, (600, 800, 1000), 0, WIDTH),
            Comparison.of("other", Metric.EXACT, (), n_words - 1, 1),
        )
    )


def drawn(seed=1, n_values=400, n_records=4000, n_words=WIDTH + 1):
    """Records whose first filter holds values of which some are far more common than others."""
    rng = np.random.default_rng(seed)
    bits = rng.random((n_values, 64 * WIDTH)) < 0.3
    filters = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    weights = 1.0 / np.arange(1, n_values + 1)
    values = rng.choice(n_values, n_records, p=weights / weights.sum())
    words = np.zeros((n_records, n_words), dtype=np.uint64)
    words[:, :WIDTH] = filters[values]
    words[:, -1] = rng.integers(0, 3, n_records)
    words[:50, :WIDTH] = 0
    return words, np.where(np.arange(n_records) < 50, -1, values)


def found_in(words, plan):
    return find_common_values(plan.comparisons[:1], lambda view: words[:, : view.n_words], most_patterns=4)


def test_levels_tell_rare_from_common_and_change_nothing_else():
    words, values = drawn()
    plan = plain(words.shape[1])
    (common,) = found_in(words, plan)
    wide = RareWords.of(plan, [common]).extend(words)
    split = split_by_rarity(plan, [common], words.shape[1])
    rng = np.random.default_rng(2)
    left, right = rng.integers(len(words), size=(2, 200_000))
    before = compare_pairs(words, left, right, plan)
    after = compare_pairs(wide, left, right, split)
    old, new = before // 3, after // 3
    assert (before % 3 == after % 3).all()
    top = plan.n_levels[0] - 1
    assert (old == np.minimum(new, top)).all()
    equal = (values[left] == values[right]) & (values[left] >= 0)
    assert ((new >= top) == equal).all()
    counts = np.bincount(values[values >= 0], minlength=400)
    least_common = counts[values[left][new == top]].min()
    most_rare = counts[values[left][new > top]].max()
    assert least_common > most_rare
    assert least_common >= LEAST_RECORDS
    assert sum(common.shares) == pytest.approx(1.0)
    assert common.shares[0] == pytest.approx(counts[counts >= least_common].sum() / counts.sum())


def test_values_that_are_held_alike_are_not_split():
    words, _ = drawn()
    rng = np.random.default_rng(3)
    # Every value twenty times, and every value once.
    for repeated in (np.repeat(np.arange(100), 20), np.arange(2000)):
        filters = rng.integers(1, 2**63, size=(2000, WIDTH), dtype=np.int64).astype(np.uint64)
        words = np.hstack([filters[repeated], np.ones((2000, 1), dtype=np.uint64)])
        assert found_in(words, plain(WIDTH + 1)) == ()


def test_nothing_is_listed_that_few_records_share():
    words, _ = drawn(n_values=300, n_records=40)
    assert found_in(words, plain(WIDTH + 1)) == ()


def test_a_plan_that_would_have_too_many_patterns_stays_as_it_is():
    words, _ = drawn()
    plan = plain(WIDTH + 1)
    assert find_common_values(plan.comparisons[:1], lambda _: words[:, :WIDTH], most_patterns=1.0) == ()


def test_common_values_survive_the_model_file():
    words, _ = drawn()
    (common,) = found_in(words, plain(words.shape[1]))
    again = CommonValues.from_json(json.loads(json.dumps(common.to_json())))
    assert again.comparison == common.comparison
    assert again.shares == common.shares
    assert all((a == b).all() for a, b in zip(again.groups, common.groups, strict=True))
    for broken in (
        {"comparison": "a"},
        common.to_json() | {"shares": [1.0]},
        common.to_json() | {"groups": [["x"]]},
    ):
        with pytest.raises((ValueError, KeyError)):
            CommonValues.from_json(broken)


def test_other_views_of_a_comparison_keep_their_levels():
    words, _ = drawn(n_words=2 * WIDTH + 1)
    words[:, WIDTH : 2 * WIDTH] = np.roll(words[:, :WIDTH], 1, axis=0)
    former = View(0, WIDTH, WIDTH, (0, 1, 2, 3, 3))
    surname = Comparison("surname", Metric.DICE, (600, 800, 1000), (View(0, 0, WIDTH), former), 5)
    plan = ComparisonPlan((surname,))
    (common,) = found_in(words, plan)
    split = split_by_rarity(plan, [common], words.shape[1])
    rows = np.arange(60, len(words))
    codes = compare_pairs(RareWords.of(plan, [common]).extend(words), rows - 1, rows, split)
    differs = (words[rows, :WIDTH] != words[rows - 1, :WIDTH]).any(axis=1)
    assert (codes[differs] == 3).all()
    assert (codes[~differs] >= 4).all()
