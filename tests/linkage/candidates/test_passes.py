"""Counting and emitting over blocks give what looking at every pair gives: each pair once, none lost."""

import numpy as np
import oracle_blocks
import oracle_cases
import oracle_patterns
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_blocks import Case

from linkage.candidates import (
    BlockSpace,
    EmittedPairs,
    KeyRange,
    count_patterns,
    emit_pairs,
    plan_candidates,
)
from linkage.comparison import ComparisonPlan, compare_pairs, n_pair_classes


def _oracle_counts(case: Case, plan: ComparisonPlan) -> np.ndarray:
    shape = (len(case.spaces), n_pair_classes(case.n_sources))
    return oracle_patterns.pattern_counts(case.words, case.pairs, plan, shape)


def _emitted(pairs: EmittedPairs) -> list[tuple[int, int, int, int]]:
    columns = (pairs.left, pairs.right, pairs.strata, pairs.patterns)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def _oracle_emitted(
    case: Case, plan: ComparisonPlan, score: np.ndarray, cutoff: float
) -> list[tuple[int, int, int, int]]:
    found = []
    for left, right, stratum, index in case.pairs:
        code = oracle_patterns.code(case.words[left].tolist(), case.words[right].tolist(), plan)
        if score[index, code] >= cutoff:
            found.append((left, right, stratum, code))
    return sorted(found)


@given(oracle_blocks.cases(), oracle_cases.plans, st.integers(1, 3))
def test_counts_equal_the_oracle(case: Case, plan: ComparisonPlan, threads: int) -> None:
    table = count_patterns(case.plan, plan, threads=threads)
    counts = _oracle_counts(case, plan)
    assert np.array_equal(table.counts, counts)
    together = count_patterns(case.plan, plan, threads=threads, by_stratum=False)
    assert np.array_equal(together.counts, counts.sum(axis=0, keepdims=True))


@given(
    oracle_blocks.cases(), oracle_cases.plans, st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 0.95, 2.0])
)
def test_emitted_pairs_equal_the_oracle(case: Case, plan: ComparisonPlan, seed: int, cutoff: float) -> None:
    score = np.random.default_rng(seed).random((n_pair_classes(case.n_sources), plan.n_patterns))
    pairs = EmittedPairs.concatenate(list(emit_pairs(case.plan, plan, score, cutoff, threads=2)))
    assert _emitted(pairs) == _oracle_emitted(case, plan, score, cutoff)


@pytest.mark.parametrize("n_rows", [31, 32, 33, 63, 64, 65, 127, 129, 200])
def test_blocks_around_the_width_of_a_tile(n_rows: int) -> None:
    case = oracle_blocks.make_case(n_rows, n_rows, 1)
    plan = oracle_cases.mixed_plan()
    assert np.array_equal(count_patterns(case.plan, plan).counts, _oracle_counts(case, plan))


def test_a_large_block_is_cut_into_parts_that_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.candidates.work.PANEL_ROWS", 48)
    monkeypatch.setattr("linkage.candidates.work.CHUNK_PAIRS", 4_000)
    case = oracle_blocks.make_case(1, 700, 2, some_fresh=True)
    plan = oracle_cases.six_filters(1)
    calls: list[tuple[int, int]] = []
    table = count_patterns(case.plan, plan, progress=lambda done, planned: calls.append((done, planned)))
    pairs = np.array(case.pairs)
    codes = compare_pairs(case.words, pairs[:, 0].copy(), pairs[:, 1].copy(), plan)
    expected = np.zeros_like(table.counts)
    np.add.at(expected, (pairs[:, 2], pairs[:, 3], codes), 1)
    assert np.array_equal(table.counts, expected)
    assert len(calls) > 10
    assert calls[-1] == (case.plan.n_pairs, case.plan.n_pairs)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@given(st.integers(1, 5), st.integers(128, 300))
@settings(max_examples=20)
def test_a_small_buffer_gives_the_same_pairs_in_the_same_order(threads: int, buffer_pairs: int) -> None:
    case = oracle_blocks.make_case(7, 90, 2)
    plan = oracle_cases.mixed_plan()
    score = np.random.default_rng(1).random(plan.n_patterns)
    small = list(emit_pairs(case.plan, plan, score, 0.4, threads=threads, buffer_pairs=buffer_pairs))
    whole = EmittedPairs.concatenate(list(emit_pairs(case.plan, plan, score, 0.4, threads=1)))
    assert max(map(len, small)) <= buffer_pairs
    assert min(map(len, small)) > 0
    together = EmittedPairs.concatenate(small)
    assert np.array_equal(together.left, whole.left)
    assert np.array_equal(together.right, whole.right)


def test_batches_of_key_ranges_add_up_to_the_full_pass() -> None:
    case = oracle_blocks.make_case(11, 120, 12)
    plan = oracle_cases.mixed_plan()
    full = count_patterns(case.plan, plan)
    spaces = [BlockSpace(str(place), offsets) for place, offsets in enumerate(case.spaces)]
    parts = []
    for space, offsets in enumerate(case.spaces):
        for first, last in ((1, 5), (6, 9), (10, 2**64 - 1)):
            keys = case.words[:, list(offsets)]
            rows = ((keys >= np.uint64(first)) & (keys <= np.uint64(last))).any(axis=1)
            batch = plan_candidates(
                case.words[rows],
                case.sources[rows],
                spaces,
                n_sources=case.n_sources,
                key_range=KeyRange(space, first, last),
            )
            parts.append(count_patterns(batch, plan).counts)
    assert np.array_equal(np.sum(parts, axis=0), full.counts)


def test_an_interrupt_stops_the_pass() -> None:
    case = oracle_blocks.make_case(3, 200, 4)

    def stop(_done: int, _planned: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_patterns(case.plan, oracle_cases.mixed_plan(), progress=stop)


def test_an_abandoned_emission_ends_its_threads() -> None:
    case = oracle_blocks.make_case(3, 200, 1)
    plan = oracle_cases.mixed_plan()
    emission = emit_pairs(case.plan, plan, np.ones(plan.n_patterns), 0.0, buffer_pairs=128)
    assert len(next(emission)) > 64
    emission.close()


def test_unusable_scores_and_rows_are_refused() -> None:
    case = oracle_blocks.make_case(3, 20, 2)
    plan = oracle_cases.mixed_plan()
    with pytest.raises(ValueError, match="score: expected shape"):
        list(emit_pairs(case.plan, plan, np.zeros(3), 0.0))
    with pytest.raises(ValueError, match="buffer_pairs"):
        list(emit_pairs(case.plan, plan, np.zeros(plan.n_patterns), 0.0, buffer_pairs=1))
    narrow = plan_candidates(np.ones((2, 3), np.uint64), np.zeros(2, np.int16), [BlockSpace("a", (0,))])
    with pytest.raises(ValueError, match="at least 10 words"):
        count_patterns(narrow, plan)
    with pytest.raises(ValueError, match="at least 10 words"):
        list(emit_pairs(narrow, plan, np.zeros(plan.n_patterns), 0.0))
