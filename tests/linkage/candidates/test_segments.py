"""Segments of blocks: together they are the whole pass, and none holds more rows than allowed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.candidates import BlockSpace, blocks_of_keys, cut_segments, plan_candidates, sample_blocks
from linkage.candidates.segments import segment_candidates

SPACES = (BlockSpace("one", (0,)), BlockSpace("two", (1, 2)))


@st.composite
def records(draw):
    n = draw(st.integers(0, 60))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    words = rng.integers(0, draw(st.integers(1, 12)), size=(n, 4)).astype(np.uint64)
    return words, rng.integers(0, 3, size=n).astype(np.int16)


def blocks_of(words, sources, space):
    return blocks_of_keys(words[:, list(SPACES[space].offsets)], sources, 3)


@given(records(), st.integers(1, 50))
def test_segments_hold_every_block_once_and_few_rows(made, most):
    words, sources = made
    plan = plan_candidates(words, sources, SPACES, n_sources=3)
    for space in range(2):
        blocks = blocks_of(words, sources, space)
        assert np.array_equal(blocks.rows, plan.blocks[space].rows)
        segments = cut_segments(blocks, space, most)
        ends = [0, *(segment.stop for segment in segments)]
        assert [segment.first for segment in segments] == ends[:-1]
        assert ends[-1] == blocks.keys.size
        for segment in segments:
            assert segment.n_rows <= most or segment.stop == segment.first + 1
        assert sum(segment.n_pairs for segment in segments) == int(blocks.n_pairs.sum())


@given(records(), st.integers(1, 50))
def test_a_segment_is_planned_as_a_part_of_the_whole(made, most):
    words, sources = made
    for space in range(2):
        blocks = blocks_of(words, sources, space)
        class_pairs = np.zeros_like(blocks.class_pairs)
        for segment in cut_segments(blocks, space, most):
            rows = np.unique(blocks.rows[blocks.starts[segment.first] : blocks.starts[segment.stop]])
            plan = segment_candidates(words[rows], rows, sources[rows], SPACES, blocks, segment, 3)
            own = plan.blocks[space]
            assert np.array_equal(
                rows[own.rows], blocks.rows[blocks.starts[segment.first] :][: own.rows.size]
            )
            assert plan.n_pairs == segment.n_pairs
            class_pairs += own.class_pairs
        assert np.array_equal(class_pairs, blocks.class_pairs)


def test_a_sample_of_blocks_has_about_as_many_pairs_as_asked():
    rng = np.random.default_rng(1)
    keys = rng.integers(1, 2_000, size=(40_000, 1)).astype(np.uint64)
    blocks = blocks_of_keys(keys, np.zeros(40_000, dtype=np.int16), 1)
    sample = sample_blocks(blocks, 50_000, 3)
    assert 50_000 <= int(sample.n_pairs.sum()) < 51_000
    assert (np.diff(sample.keys.astype(np.int64)) > 0).all()
    place = np.searchsorted(blocks.keys, sample.keys)
    assert np.array_equal(blocks.n_pairs[place], sample.n_pairs)
    first = blocks.rows[blocks.starts[place[0]] : blocks.starts[place[0] + 1]]
    assert np.array_equal(sample.rows[: sample.starts[1]], first)
    assert sample_blocks(blocks, 10**9, 3) is blocks
