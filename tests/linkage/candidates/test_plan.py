"""A plan knows its pairs before any is compared, names its largest blocks, and says nothing of their keys."""

import numpy as np
import oracle_candidates
import pytest
from hypothesis import given
from oracle_blocks import Case, cases

from linkage.candidates import BlockSpace, KeyRange, plan_candidates


@given(cases())
def test_planned_pairs_equal_the_oracle(case: Case) -> None:
    plan = case.plan
    for offsets, cost in zip(case.spaces, plan.costs, strict=True):
        expected = oracle_candidates.pairs_to_look_at(
            case.words,
            case.sources.tolist(),
            offsets,
            case.n_sources,
            fresh=None if case.fresh is None else case.fresh.tolist(),
            classes=None if case.classes is None else case.classes.tolist(),
        )
        assert cost.n_pairs == expected
    assert plan.n_pairs == sum(cost.n_pairs for cost in plan.costs)
    for blocks in plan.blocks:
        assert blocks.class_pairs.sum() == blocks.n_pairs.sum()


def test_largest_blocks_are_named_without_their_keys() -> None:
    words = np.array([[7], [7], [7], [9], [9], [0], [0], [0], [0], [123456]], dtype=np.uint64)
    plan = plan_candidates(words, np.zeros(10, np.int16), [BlockSpace("postcode", (0,))])
    assert [(block.n_rows, block.n_pairs) for block in plan.largest()] == [(3, 3), (2, 1)]
    assert plan.costs[0].n_blocks == 2
    assert "123456" not in repr(plan) + repr(plan.blocks) + repr(KeyRange(0, 123456, 123456))


def test_no_records_make_no_pairs() -> None:
    plan = plan_candidates(np.empty((0, 1), np.uint64), np.empty(0, np.int16), [BlockSpace("a", (0,))])
    assert (plan.n_pairs, plan.largest(), plan.n_sources) == (0, [], 1)


def test_unusable_input_is_refused() -> None:
    words, sources, spaces = np.ones((3, 2), np.uint64), np.zeros(3, np.int16), [BlockSpace("a", (0,))]
    with pytest.raises(ValueError, match="uint64"):
        plan_candidates(words.astype(np.int64), sources, spaces)
    with pytest.raises(ValueError, match="sources: expected shape"):
        plan_candidates(words, sources[:2], spaces)
    with pytest.raises(ValueError, match="sources: expected numbers"):
        plan_candidates(words, sources + 2, spaces, n_sources=2)
    with pytest.raises(ValueError, match="fresh"):
        plan_candidates(words, sources, spaces, fresh=np.ones(2, np.bool_))
    with pytest.raises(ValueError, match="classes"):
        plan_candidates(words, sources, spaces, classes=np.ones(2, np.bool_))
    with pytest.raises(ValueError, match="at least one"):
        plan_candidates(words, sources, [])
    with pytest.raises(ValueError, match="offsets"):
        plan_candidates(words, sources, [BlockSpace("a", (2,))])
