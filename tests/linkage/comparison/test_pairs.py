"""Codes of listed pairs equal the oracle's."""

import numpy as np
import oracle_cases
import oracle_patterns
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.comparison import (
    Comparison,
    ComparisonPlan,
    Metric,
    compare_pairs,
)


@given(st.integers(0, 2**32), oracle_cases.plans)
def test_codes_equal_the_oracle(seed: int, plan: ComparisonPlan) -> None:
    words = oracle_cases.record_words(seed, 9, 10)
    left, right = (side.ravel().astype(np.int64) for side in np.indices((9, 9)))
    expected = [
        oracle_patterns.code(words[a].tolist(), words[b].tolist(), plan)
        for a, b in zip(left, right, strict=True)
    ]
    assert compare_pairs(words, left, right, plan).tolist() == expected


@given(st.integers(0, 2**32), oracle_cases.plans)
def test_a_pattern_does_not_depend_on_the_order_of_the_pair(seed: int, plan: ComparisonPlan) -> None:
    words = oracle_cases.record_words(seed, 6, 10)
    left, right = (side.ravel().astype(np.int64) for side in np.indices((6, 6)))
    assert np.array_equal(compare_pairs(words, left, right, plan), compare_pairs(words, right, left, plan))


def test_thresholds_are_met_exactly() -> None:
    # 3 of 4 bits shared with 4 and 4 set: Dice is 0.75 to the bit.
    words = np.array([[0b1111], [0b10111]], dtype=np.uint64)
    pair = (np.array([0]), np.array([1]))
    for threshold, level in ((749, 2), (750, 2), (751, 1)):
        plan = ComparisonPlan((Comparison.of("a", Metric.DICE, (threshold,), 0, 1),))
        assert compare_pairs(words, *pair, plan).tolist() == [level]


def test_all_ones_of_the_widest_filter_do_not_overflow() -> None:
    words = np.full((2, 512), 2**64 - 1, dtype=np.uint64)
    dice = Comparison.of("dice", Metric.DICE, (1000,), 0, 512)
    hamming = Comparison.of("hamming", Metric.HAMMING, (0,), 0, 512)
    codes = compare_pairs(words, np.array([0]), np.array([1]), ComparisonPlan((dice, hamming)))
    assert codes.tolist() == [2 * 3 + 2]


def test_no_pairs_give_no_codes() -> None:
    empty = np.empty(0, dtype=np.int64)
    words = np.empty((0, 10), dtype=np.uint64)
    assert compare_pairs(words, empty, empty, oracle_cases.mixed_plan()).shape == (0,)


@pytest.mark.parametrize(
    "words,left,right,message",
    [
        (np.zeros((2, 3), np.uint64), [0], [1], "at least 10 words"),
        (np.zeros((2, 10), np.int64), [0], [1], "uint64"),
        (np.zeros((2, 10), np.uint64), [0], [2], "right"),
        (np.zeros((2, 10), np.uint64), [-1], [1], "left"),
        (np.zeros((2, 10), np.uint64), [0, 1], [1], "one length"),
    ],
)
def test_unusable_pairs_are_refused(
    words: np.ndarray, left: list[int], right: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compare_pairs(words, np.array(left), np.array(right), oracle_cases.mixed_plan())
