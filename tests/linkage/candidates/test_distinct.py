"""The estimate of different pairs covers the number that a pass over all pairs finds."""

import numpy as np
import oracle_blocks
import pytest

from linkage.candidates import BlockSpace, distinct_pairs, draw_pairs, plan_candidates


@pytest.mark.parametrize("n_keys", [2, 20])
def test_the_interval_covers_the_number_of_different_pairs(n_keys: int) -> None:
    case = oracle_blocks.make_case(11, 300, n_keys, 2)
    plan = case.plan
    drawn = draw_pairs(plan.blocks)
    found = distinct_pairs(plan.n_pairs, drawn, case.words[drawn.left], case.words[drawn.right], plan.spaces)
    assert found.low <= len(case.pairs) <= found.high
    assert found.low <= found.estimate <= found.high
    assert len(case.pairs) < plan.n_pairs
    assert found.high - found.low < 0.02 * plan.n_pairs


def test_one_key_gives_every_pair_once() -> None:
    words = np.repeat(np.arange(1, 5, dtype=np.uint64), 3)[:, None]
    plan = plan_candidates(words, np.zeros(12, np.int16), [BlockSpace("key", (0,))])
    drawn = draw_pairs(plan.blocks)
    found = distinct_pairs(plan.n_pairs, drawn, words[drawn.left], words[drawn.right], plan.spaces)
    assert (found.estimate, found.low, found.high) == (12, 12, 12)


def test_no_pairs_are_none() -> None:
    words = np.arange(1, 5, dtype=np.uint64)[:, None]
    plan = plan_candidates(words, np.zeros(4, np.int16), [BlockSpace("key", (0,))])
    drawn = draw_pairs(plan.blocks)
    assert distinct_pairs(0, drawn, words[drawn.left], words[drawn.right], plan.spaces).high == 0
