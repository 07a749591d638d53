"""Weighted pools: draws stay in their pool and follow its weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.simulation.lists.weighted import Pools, alphabet_of, pools_of

TEXTS = ["Anna", "Anne", "Ben", "Beth", "Cara", "Dan"]
weights = st.dictionaries(st.integers(0, 5), st.floats(0.01, 10), min_size=1)


def pools(*lists: dict[int, float]) -> Pools:
    laid = [(np.array(list(each), np.int32), np.array(list(each.values()))) for each in lists]
    return pools_of(laid, alphabet_of(TEXTS))


@given(st.lists(weights, min_size=1, max_size=6), st.integers(0, 2**32))
def test_draws_stay_in_their_pool(lists: list[dict[int, float]], seed: int) -> None:
    laid = pools(*lists)
    which = np.arange(300) % len(lists)
    rng = np.random.default_rng(seed)
    found = laid.draw(rng, which)
    alike = laid.draw_alike(rng, found)
    near = laid.neighbour(found)
    for pool, at, like, other in zip(which, found, alike, near, strict=True):
        assert laid.codes[at] in lists[pool]
        assert laid.codes[like] in lists[pool]
        assert TEXTS[laid.codes[like]][:2] == TEXTS[laid.codes[at]][:2]
        assert laid.codes[other] in lists[pool]
        assert (laid.codes[other] != laid.codes[at]) == (len(lists[pool]) > 1)


def test_draws_follow_the_weights() -> None:
    laid = pools({0: 1.0}, {0: 6.0, 3: 3.0, 5: 1.0})
    found = laid.codes[laid.draw(np.random.default_rng(1), np.ones(20_000, np.int64))]
    assert np.bincount(found, minlength=6) / 20_000 == pytest.approx([0.6, 0, 0, 0.3, 0, 0.1], abs=0.02)


def test_an_empty_pool_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="pool 1 is empty"):
        pools({0: 1.0}, {})
