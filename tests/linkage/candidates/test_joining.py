"""A join gives what blocks give: the same pairs, patterns, strata and number of pairs compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.candidates import BlockSpace, EmittedPairs, emit_pairs, joining, plan_candidates
from linkage.candidates.joining import SeedJoin
from linkage.comparison import Comparison, ComparisonPlan, Metric, View, n_pair_classes
from linkage.kernels.key_join import PAIRS_AT_ONCE

N_WORDS = 12
"""A Dice filter of two words, a diffused one of two and its like that lacks a field, a token, five keys."""

PLAN = ComparisonPlan(
    (
        Comparison.of("dice", Metric.DICE, (600, 800, 1000), 0, 2),
        Comparison(
            "diffused",
            Metric.HAMMING,
            (60, 40, 0),
            (View(2, 2, 2), View(2, 4, 2, (0, 1, 1, 2, 2)), View(4, 4, 2, (0, 0, 0, 2, 2))),
            5,
        ),
        Comparison.of("token", Metric.EXACT, (), 6, 1),
    )
)
SPACES = (
    BlockSpace("one", (7,)),
    BlockSpace("crossing", (8, 9)),
    BlockSpace("apart", (10, 11), crossing=False),
)


def records(rng: np.random.Generator, n: int, n_keys: int) -> np.ndarray:
    """Records of few values, many of them missing or nearly alike."""
    words = np.zeros((n, N_WORDS), dtype=np.uint64)
    values = rng.integers(1, 2**63, size=(4, 7), dtype=np.uint64)
    words[:, :7] = values[rng.integers(4, size=(n, 7)), np.arange(7)]
    words[:, :4] ^= np.uint64(1) << rng.integers(64, size=(n, 4), dtype=np.uint64)
    words[:, :2][rng.random(n) < 0.1] = 0
    lacking = rng.random(n) < 0.3
    words[lacking, 2:4] = 0
    words[~lacking, 4:6] = 0
    words[:, 7:] = rng.integers(n_keys, size=(n, 5), dtype=np.uint64)
    # Keys of columns that do not cross are never the same.
    words[:, 11] += np.where(words[:, 11] > 0, np.uint64(n_keys), np.uint64(0))
    return words


def by_blocks(words, sources, fresh, score, cutoff, n_sources):
    candidates = plan_candidates(words, sources, SPACES, n_sources=n_sources, fresh=fresh)
    only_fresh = plan_candidates(words[fresh], sources[fresh], SPACES, n_sources=n_sources)
    pairs = EmittedPairs.concatenate(list(emit_pairs(candidates, PLAN, score, cutoff, threads=1)))
    crosses = fresh[pairs.left] != fresh[pairs.right]
    found = zip(
        pairs.left[crosses], pairs.right[crosses], pairs.patterns[crosses], pairs.strata[crosses], strict=True
    )
    return sorted(found), candidates.n_pairs - only_fresh.n_pairs


def by_join(words, sources, fresh, score, cutoff, order):
    join = SeedJoin.of(words[fresh], sources[fresh], SPACES, PLAN, score, cutoff, order)
    met = join.meet(words[~fresh], sources[~fresh])
    seeds, rows = np.flatnonzero(fresh)[met.seeds], np.flatnonzero(~fresh)[met.rows]
    left, right = np.minimum(seeds, rows), np.maximum(seeds, rows)
    return sorted(zip(left, right, met.patterns, met.strata, strict=True)), met.n_compared


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 90),
    n_keys=st.integers(2, 30),
    n_sources=st.integers(1, 3),
    share=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    buffer_pairs=st.sampled_from([PAIRS_AT_ONCE, PAIRS_AT_ONCE + 7, 1 << 14]),
    order=st.permutations(range(3)),
)
def test_a_join_gives_what_blocks_give(seed, n, n_keys, n_sources, share, buffer_pairs, order):
    rng = np.random.default_rng(seed)
    words = records(rng, n, n_keys)
    sources = rng.integers(n_sources, size=n).astype(np.int16)
    fresh = rng.random(n) < share
    score = rng.normal(size=(n_pair_classes(n_sources), PLAN.n_patterns))
    score[rng.random(score.shape) < 0.1] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "_BUFFER_PAIRS", buffer_pairs)
        joined = by_join(words, sources, fresh, score, 0.5, list(order))
    assert joined == by_blocks(words, sources, fresh, score, 0.5, n_sources)


def test_large_blocks_and_many_seeds():
    rng = np.random.default_rng(7)
    words = records(rng, 3000, 12)
    sources = rng.integers(2, size=3000).astype(np.int16)
    fresh = rng.random(3000) < 0.2
    score = rng.normal(size=(3, PLAN.n_patterns))
    joined, n_compared = by_join(words, sources, fresh, score, 1.0, [2, 0, 1])
    assert (joined, n_compared) == by_blocks(words, sources, fresh, score, 1.0, 2)
    assert len(joined) > 10_000


def test_shapes_are_checked():
    words, sources = np.zeros((1, N_WORDS), dtype=np.uint64), np.zeros(1, dtype=np.int16)
    with pytest.raises(ValueError, match="score"):
        SeedJoin.of(words, sources, SPACES, PLAN, np.zeros((2, PLAN.n_patterns)), 0.0, [0, 1, 2])
    with pytest.raises(ValueError, match="words"):
        SeedJoin.of(words[:, :5], sources, SPACES, PLAN, np.zeros((1, PLAN.n_patterns)), 0.0, [0, 1, 2])
