"""Missed links are found, and each is charged to the step that lost it."""

import numpy as np
import oracle_evaluation as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.evaluation import Lost, MissedLinks, count_losses, loss_of, missed_links, shares_key


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), max_size=12))
def test_missed_links_are_the_true_pairs_in_different_clusters(records: list[tuple[int, int]]) -> None:
    labels, truth = [label for label, _ in records], [entity for _, entity in records]
    missed = missed_links(np.array(labels, int), np.array(truth, int))
    expected = [
        (a, b) for a, b in oracle.known_pairs(truth) if truth[a] == truth[b] and labels[a] != labels[b]
    ]
    assert list(zip(missed.left.tolist(), missed.right.tolist(), strict=True)) == expected
    assert len(missed) == len(expected)


def test_each_missed_link_is_charged_to_one_step() -> None:
    # Record 0 shares no key with 1; 0 and 2 were compared and weak; 1 and 2 were strong, and parted. 3 is of no use.
    missed = missed_links(np.array([0, 1, 2, 3]), np.array([7, 7, 7, -1]))
    keys = np.array([[1, 2], [3, 4], [2, 3], [0, 0]], dtype=np.uint64)
    candidate = shares_key(missed.left, missed.right, keys, np.array([0, 0]))
    assert candidate.tolist() == [False, True, True]
    lost = loss_of(missed, np.array([3, 2]), np.array([0, 1]), candidate)
    assert lost.tolist() == [Lost.BLOCKING, Lost.WEIGHT, Lost.RESOLUTION]
    assert count_losses(lost).to_json() == {"blocking": 1, "weight": 1, "resolution": 1}


def test_keys_are_shared_inside_a_space_only_and_missing_keys_never() -> None:
    keys = np.array([[5, 0], [0, 5], [5, 0]], dtype=np.uint64)
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    assert shares_key(left, right, keys, np.array([0, 1])).tolist() == [False, True, False]
    assert shares_key(left, right, keys, np.array([0, 0])).tolist() == [True, True, True]
    assert shares_key(left, right, np.zeros((3, 2), np.uint64), np.array([0, 0])).tolist() == [False] * 3


def test_nothing_missed_and_wrong_lengths() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert loss_of(MissedLinks(nothing, nothing), nothing, nothing, np.empty(0, bool)).size == 0
    with pytest.raises(ValueError, match="expected 1 values"):
        loss_of(MissedLinks(np.array([0]), np.array([1])), nothing, nothing, np.empty(0, bool))
