"""Labels that contradict a model are told, and those that fit it or say little are not."""

import numpy as np
import pytest

from linkage.weights import label_warnings

RNG = np.random.default_rng(5)
ODDS = RNG.uniform(-8, 8, 80)
NONE = np.zeros(80, dtype=np.int64)


def checked(odds, is_match):
    matches = np.asarray(is_match, dtype=np.int64)
    return label_warnings(odds, matches, 1 - matches)


def drawn(odds):
    return RNG.random(len(odds)) < 1 / (1 + np.exp2(-odds))


def test_labels_that_the_model_would_give_are_no_matter():
    assert all(not checked(ODDS, drawn(ODDS)) for _ in range(50))


def test_a_model_that_is_too_sure_is_none_either():
    assert all(not checked(3 * ODDS, drawn(ODDS)) for _ in range(50))


@pytest.mark.parametrize("labels", [RNG.random(80) < 0.5, ODDS < 0])
def test_tossed_and_swapped_labels_are_told(labels):
    (told,) = checked(ODDS, labels)
    against = int((labels != (ODDS > 0)).sum())
    assert f"{against} of 80 labels say the opposite" in told


def test_where_the_model_is_in_doubt_any_label_will_do():
    doubtful = np.linspace(-0.1, 0.1, 80)
    assert not checked(doubtful, doubtful < 0)


def test_one_slip_is_no_contradiction_and_no_label_none():
    assert not checked(np.array([40.0, -np.inf, 12.0]), [True, False, False])
    assert not label_warnings(ODDS, NONE, NONE)
    assert label_warnings(np.array([np.inf]), np.array([0]), np.array([3]))
