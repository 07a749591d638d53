"""Pairwise and B-cubed measures, overall, by feed pair, by group and among relatives, against their definitions."""

import math

import numpy as np
import oracle_evaluation as oracle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics.cluster import pair_confusion_matrix

from linkage.evaluation import (
    PairQuality,
    bcubed,
    links_among_relatives,
    pair_quality,
    quality_by_feed_pair,
    quality_by_group,
)

Records = tuple[list[int], list[int], list[int], list[int]]


def counts(quality: PairQuality) -> tuple[int, int, int]:
    return quality.true_links, quality.false_links, quality.missed_links


@st.composite
def clusterings(draw: st.DrawFn) -> Records:
    """Labels, entities (some unknown), sources and groups of a few records; labels have gaps and are unordered."""
    n = draw(st.integers(0, 12))
    few = st.lists(st.sampled_from([3, 0, 70, 12]), min_size=n, max_size=n)
    entities = st.lists(st.integers(-1, 3), min_size=n, max_size=n)
    sources = st.lists(st.integers(0, 2), min_size=n, max_size=n)
    return draw(few), draw(entities), draw(sources), draw(entities)


@given(clusterings())
def test_links_are_counted_as_pairs(records: Records) -> None:
    labels, truth, _, _ = records
    assert counts(pair_quality(np.array(labels, int), np.array(truth, int))) == oracle.count_links(
        labels, truth
    )


@given(clusterings())
def test_sklearn_counts_the_same_pairs(records: Records) -> None:
    labels, truth, _, _ = records
    assume(labels)
    truth = [entity + 1 for entity in truth]
    (_, false), (missed, true) = pair_confusion_matrix(truth, labels) // 2
    assert counts(pair_quality(np.array(labels), np.array(truth))) == (true, false, missed)


@given(clusterings())
def test_bcubed_is_a_mean_over_records(records: Records) -> None:
    labels, truth, _, _ = records
    assume(any(entity != -1 for entity in truth))
    measured = bcubed(np.array(labels), np.array(truth))
    assert (measured.precision, measured.recall) == pytest.approx(oracle.bcubed(labels, truth))


@given(clusterings())
def test_links_are_counted_by_the_feeds_of_their_ends(records: Records) -> None:
    labels, truth, sources, _ = records
    measured = quality_by_feed_pair(np.array(labels, int), np.array(truth, int), np.array(sources, int))
    n_sources = max(sources, default=-1) + 1
    assert list(measured) == [(a, b) for a in range(n_sources) for b in range(a, n_sources)]
    for (a, b), quality in measured.items():
        expected = oracle.count_links(
            labels, truth, lambda x, y, pair=[a, b]: sorted((sources[x], sources[y])) == pair
        )
        assert counts(quality) == expected


@given(clusterings())
def test_a_group_has_the_links_that_its_records_take_part_in(records: Records) -> None:
    labels, truth, _, groups = records
    measured = quality_by_group(np.array(labels, int), np.array(truth, int), np.array(groups, int))
    known = {group for group, entity in zip(groups, truth, strict=True) if group != -1 and entity != -1}
    assert sorted(measured) == sorted(known)
    for group, quality in measured.items():
        expected = oracle.count_links(
            labels, truth, lambda x, y, group=group: group in (groups[x], groups[y])
        )
        assert counts(quality) == expected


@given(clusterings())
def test_links_among_relatives_are_false_links_at_home(records: Records) -> None:
    labels, truth, sources, homes = records
    twins = [source == 0 for source in sources]

    def at_home(a: int, b: int) -> bool:
        return homes[a] == homes[b] != -1 and truth[a] != truth[b]

    def twinned(a: int, b: int) -> bool:
        return at_home(a, b) and twins[a] and twins[b]

    found = links_among_relatives(
        np.array(labels, int), np.array(truth, int), np.array(homes, int), np.array(twins, bool)
    )
    pairs = oracle.known_pairs(truth)
    assert found.to_json() == {
        "false_household": oracle.count_links(labels, truth, at_home)[1],
        "possible_household": sum(at_home(*pair) for pair in pairs),
        "false_twin": oracle.count_links(labels, truth, twinned)[1],
        "possible_twin": sum(twinned(*pair) for pair in pairs),
    }


def test_measures_of_nothing_are_not_numbers() -> None:
    nothing = np.empty(0, dtype=np.int64)
    quality = pair_quality(nothing, nothing)
    assert all(math.isnan(share) for share in (quality.precision, quality.recall, quality.f1))
    assert quality.to_json()["f1"] is None
    assert quality.to_json()["recall"]["value"] is None
    assert bcubed(nothing, nothing).to_json() == {"precision": None, "recall": None, "f1": None}
    assert quality_by_feed_pair(nothing, nothing, nothing) == {}
    assert quality_by_group(nothing, nothing, nothing) == {}


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"labels \(2,\), truth \(3,\)"):
        pair_quality(np.zeros(2, int), np.zeros(3, int))
    with pytest.raises(ValueError, match="from 0"):
        quality_by_feed_pair(np.zeros(1, int), np.zeros(1, int), np.full(1, -1))


def test_many_records_are_counted_without_making_pairs() -> None:
    labels = np.zeros(3_000_000, dtype=np.int64)
    truth = np.arange(3_000_000) % 2
    half = 1_500_000 * 1_499_999 // 2
    assert counts(pair_quality(labels, truth)) == (2 * half, 1_500_000**2, 0)
